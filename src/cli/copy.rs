//! `relief copy`

use super::open_to_read;
use super::print::{progress_bar, say};
use crate::audit::whole::whole_database;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::carry::{Copied, copy_all};
use crate::db::{connect, migrate};
use crate::users::sealing::is_sealing_due;
use crate::writer::last_sequence;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::json;

/// Copies a database into an empty one of the same or the other kind, with equal log and totals
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief copy --from sqlite://relief.db --to postgres://relief@localhost/relief\n  \
                        relief copy --from postgres://relief@localhost/relief --to sqlite://relief.db --json\n\n\
                        Everything is copied in one transaction and kept only if the log has the same root and all\n\
                        sums are the same. Stop the server first, or what it records meanwhile is not in the copy;\n\
                        then serve one of the two, with the same key folder. Everybody logs in again.\n\n\
                        Exit codes: 0 copied, 1 the copy would differ, 2 could not be copied."
)]
pub(super) struct CopyDatabase {
    /// The database to copy: sqlite://FILE or postgres://USER@HOST/NAME
    #[arg(long, value_name = "URL", env = "RELIEF_COPY_FROM", hide_env_values = true)]
    from: String,
    /// The database to copy into, empty or a file that is not there
    #[arg(long, value_name = "URL", env = "RELIEF_COPY_TO", hide_env_values = true)]
    to: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl CopyDatabase {
    pub(super) fn run(self) -> Outcome<()> {
        if self.from == self.to {
            return Err(Problem::field("/to", "This is the database to copy from. Name another one."));
        }
        drop(open_to_read(&self.from)?);
        let mut from = connect(&self.from)?;
        if is_sealing_due(&mut from)? {
            let words =
                "The database has users in clear, which are not copied so. Run relief migrate on it first.";
            return Err(Problem::new(Code::WrongState, words));
        }
        let mut to = connect(&self.to)?;
        migrate(&mut to)?;
        let bar = progress_bar("{bar:40} {human_pos}/{human_len} rows, {eta} left, {msg}");
        let mut tell = |table: &'static str, done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(table);
        };
        let (copied, head) = copy_all(&mut from, &mut to, &mut tell, |from, to| {
            let ours = whole_database(from, &[], None, &mut |_| {})?;
            let theirs = whole_database(to, &[ours.head], None, &mut |_| {})?;
            if ours == theirs {
                return Ok(ours);
            }
            let words = "The log of the copy is not the one that was copied, so it was not kept.";
            Err(Problem::new(Code::WrongState, words).log(format!("{ours:?} became {theirs:?}")))
        })?;
        bar.finish_and_clear();
        if let Some(cause) = &copied.without_statistics {
            eprintln!(
                "relief: the copy is whole, but no statistics could be gathered of it, without which it is slow. Run \
                 ANALYZE on it: {cause}"
            );
        }
        let since = last_sequence(&mut from)? - i64::try_from(head.head.size).unwrap_or(i64::MAX);
        if since > 0 {
            eprintln!(
                "relief: {since} entries were recorded in the first database meanwhile, which the copy does not have. \
                 Stop its server and copy again into an empty database."
            );
        }
        let (size, root) = (head.head.size, STANDARD.encode(head.head.root.0));
        if self.json {
            let tables: serde_json::Map<_, _> =
                copied.rows.iter().map(|(table, rows)| ((*table).to_owned(), (*rows).into())).collect();
            let value = json!({
                "log": head.origin, "sequence": size, "root": root, "rows": tables, "sums": copied.sums,
                "missed": since,
            });
            return say(format!("{value:#}"));
        }
        say(format!(
            "{} rows of {} tables are copied. Both logs have {size} entries and the root {root}, and {} sums of \
             quantities are the same.",
            rows(&copied),
            copied.rows.len(),
            copied.sums
        ))
    }
}

fn rows(copied: &Copied) -> u64 {
    copied.rows.iter().map(|(_, rows)| rows).sum()
}
