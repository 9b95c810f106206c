//! Figures of the past beside a scan of the same postings by DuckDB, which is made for such scans.
//!
//! DuckDB runs in a Python of its own, over a table of its own that holds just what the question needs. Both answer in
//! turns, and what counts is the CPU time of all their threads.

use super::cpu::of_this_process;
use super::failed;
use super::figure::Figure;
use super::scratch::Scratch;
use super::synthetic::Synthetic;
use super::totals::question;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, Database, connect, read_failure};
use crate::events::Kind;
use crate::ledger::{Account, keep_next};
use crate::totals::answer;
use crate::totals::rules::{KnownAt, Question};
use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

/// Turns; the middle one counts.
const TURNS: usize = 7;
/// Questions of a turn: the kernel counts CPU time in steps of 10 ms.
const ASKED: u32 = 20;
/// The day figures are asked for, in the middle of the ledger and of a month.
const AS_OF: &str = "2021-10-12";
/// Entries recorded after those that are asked for.
const UNKNOWN: i64 = 1_000;
/// Sequences written to DuckDB's table at once.
const PER_READ: i64 = 50_000;

/// What DuckDB is asked, and answers on each line of its input.
const SCRIPT: &str = r#"
import sys, time
try:
    import duckdb
except ImportError:
    sys.exit(3)
table, as_of, known_at = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
db = duckdb.connect()
db.execute("CREATE TABLE postings AS SELECT * FROM read_csv(?, header=true)", [table])
print(db.execute("SELECT count(*) FROM postings").fetchone()[0], flush=True)
for line in sys.stdin:
    keys, times = line.split(" ")
    sql = f"SELECT {keys}, account, sum(quantity) FROM postings WHERE effective_at <= ? AND sequence <= ? GROUP BY ALL"
    began = time.process_time()
    for _ in range(int(times)):
        rows = db.execute(sql, [as_of, known_at]).fetchall()
    used = time.process_time() - began
    delivered = sum(int(row[-1]) for row in rows if row[-2] == 7)
    print(used, delivered, flush=True)
"#;
const _: () = assert!(Account::Delivered as i32 == 7, "the script names the account by its code");

/// Makes the dated blocks of the large ledger, and compares.
///
/// # Errors
/// Whatever the database says, or where the two do not find the same.
pub(super) fn measure(
    scratch: &Scratch,
    database: &Database,
    synthetic: &Synthetic,
    python: &Path,
    figures: &mut Vec<Figure>,
) -> Outcome<()> {
    let mut conn = connect(database.url())?;
    synthetic.write_facts(&mut conn)?;
    let began = Instant::now();
    while keep_next(&mut conn, Kind::is_deploying)? {}
    let name = format!("dated blocks made of {} entries", synthetic.last());
    figures.push(Figure::shown(name, "s", began.elapsed().as_secs_f64()));
    let as_of = Timestamp::parse_last(AS_OF).ok_or_else(|| failed("the day of the bench is none"))?;
    let known_at = synthetic.last() - UNKNOWN;
    let Some(mut duck) = Duck::start(scratch, &mut conn, python, (as_of, known_at))? else {
        eprintln!("relief: DuckDB is not compared with; name a Python that has it with --duckdb");
        return Ok(());
    };
    // The names of the groups are those of the columns in DuckDB's table.
    for groups in ["country", "country,month", "item,country"] {
        let asked =
            Question { as_of: Some(as_of), known_at: Some(KnownAt::Sequence(known_at)), ..question(groups)? };
        let ours = || -> Outcome<(f64, i64)> {
            let before = of_this_process()?;
            let mut delivered = 0;
            for _ in 0..ASKED {
                let view = database.read(|conn| answer(conn, &asked))?;
                delivered = view.total.delivered;
            }
            Ok(((of_this_process()? - before).as_secs_f64(), delivered))
        };
        let mut turns = Vec::with_capacity(TURNS);
        for _ in 0..TURNS {
            let (ours, theirs) = (ours()?, duck.ask(groups)?);
            if ours.1 != theirs.1 {
                return Err(failed(format!("{groups}: {} delivered, and DuckDB finds {}", ours.1, theirs.1)));
            }
            turns.push((ours.0, theirs.0));
        }
        turns.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        figures.extend(told(groups, duck.postings, turns[TURNS / 2]));
    }
    Ok(())
}

/// What both used in the turn that counts, in seconds.
fn told(groups: &str, postings: u64, (ours, theirs): (f64, f64)) -> [Figure; 3] {
    let each = 1_000.0 / f64::from(ASKED);
    let name = format!("totals by {groups} as of a day");
    [
        Figure::shown(format!("{name}, CPU"), "ms", ours * each),
        Figure::shown(format!("a scan of the same {postings} postings by DuckDB, CPU"), "ms", theirs * each),
        Figure::at_most(format!("{name}, over that scan"), "times", ours / theirs, 1.0),
    ]
}

/// DuckDB with the postings in a table.
struct Duck {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    postings: u64,
}

impl Duck {
    /// Starts it; `None` where this Python has no DuckDB, or is none.
    fn start(
        scratch: &Scratch,
        conn: &mut Conn,
        python: &Path,
        (as_of, known_at): (Timestamp, i64),
    ) -> Outcome<Option<Self>> {
        let has = Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
        if !has.is_ok_and(|status| status.success()) {
            return Ok(None);
        }
        let table = scratch.path("postings.csv");
        write_table(conn, &table)?;
        let started = Command::new(python)
            .args(["-c", SCRIPT])
            .arg(&table)
            .args([as_of.0.to_string(), known_at.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("DuckDB has no input or output"));
        };
        let mut duck = Self { child, input, output: BufReader::new(output), postings: 0 };
        duck.postings = duck.line()?.trim().parse().map_err(failed)?;
        Ok(Some(duck))
    }

    /// Seconds of CPU for one turn, and what it finds delivered.
    fn ask(&mut self, keys: &str) -> Outcome<(f64, i64)> {
        writeln!(self.input, "{keys} {ASKED}").map_err(failed)?;
        self.input.flush().map_err(failed)?;
        let line = self.line()?;
        let (used, delivered) =
            line.trim().split_once(' ').ok_or_else(|| failed(format!("DuckDB said {line:?}")))?;
        Ok((used.parse().map_err(failed)?, delivered.parse().map_err(failed)?))
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line).map_err(failed)? {
            0 => Err(failed("DuckDB ended early")),
            _ => Ok(line),
        }
    }
}

impl Drop for Duck {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[derive(diesel::QueryableByName)]
struct Posting {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Integer)]
    account: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    effective_at: i64,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Nullable<Text>)]
    country: Option<String>,
}

/// Writes the postings with what they are grouped by.
fn write_table(conn: &mut Conn, path: &Path) -> Outcome<()> {
    let mut file = BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    writeln!(file, "sequence,account,quantity,effective_at,item,country,month").map_err(failed)?;
    let mut after = 0;
    loop {
        let rows: Vec<Posting> = diesel::sql_query(format!(
            "SELECT sequence, account, quantity, effective_at, hex(item_id) AS item, country FROM postings \
             LEFT JOIN sites ON sites.id = postings.site_id WHERE sequence > {after} AND sequence <= {}",
            after + PER_READ
        ))
        .load(conn)
        .map_err(read_failure)?;
        if rows.is_empty() {
            return file.flush().map_err(failed);
        }
        after += PER_READ;
        for row in rows {
            let Posting { sequence, account, quantity, effective_at, item, country } = row;
            let (country, month) = (country.unwrap_or_default(), Timestamp(effective_at).month().0);
            writeln!(file, "{sequence},{account},{quantity},{effective_at},{item},{country},{month}")
                .map_err(failed)?;
        }
    }
}
