//! `relief verify`: the only command whose exit code says more than done or not done.

use super::print::{progress_bar, say};
use super::{Common, complain, open_to_read};
use crate::app::Layer;
use crate::audit::finding::Report;
use crate::audit::keys::KeyRing;
use crate::audit::note::VerifierKey;
use crate::audit::rows::RowSource;
use crate::audit::verify::verify_log;
use crate::core::problem::{Code, Outcome, Problem};
use crate::ledger;
use crate::ledger::verify::verify_figures;
use crate::writer::{log_state, row_source};
use crate::{
    approvals, auth, claims, consignments, documents, events, evidence, facts, items, parties, people,
    pledges, programmes, proposals, sites, stock, users,
};
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

/// Folds every figure again and compares the whole database with its log
#[derive(Args)]
#[command(after_help = "Examples:\n  relief verify\n  relief verify --json\n  \
                        relief verify --database-url postgres://relief@localhost/relief\n  \
                        relief verify --key 'relief-ledger+1a2b3c4d+AQ…'\n\n\
                        Exit codes: 0 sound, 1 tampered, 2 cannot tell. Nothing is changed, and a server may run\n\
                        meanwhile. Signatures are checked with the key in the key folder, or with --key.")]
pub(super) struct Verify {
    /// One JSON object with all findings
    #[arg(long)]
    json: bool,
    /// The verifier key of the log, where its key folder is not here
    #[arg(long, value_name = "KEY")]
    key: Option<VerifierKey>,
    #[command(flatten)]
    common: Common,
}

impl Verify {
    pub(super) fn run(self) -> ExitCode {
        match self.verify() {
            Ok(report) if report.count > 0 => ExitCode::from(1),
            Ok(report) if !report.unchecked.is_empty() => ExitCode::from(2),
            Ok(_) => ExitCode::SUCCESS,
            Err(problem) => {
                complain(&problem);
                ExitCode::from(2)
            }
        }
    }

    fn verify(self) -> Outcome<Report> {
        let settings = self.common.settings(Layer::default())?;
        let database = open_to_read(&settings.database_url)?;
        let found = KeyRing::find_log_key(&settings.keys)
            .map_err(|error| Problem::new(Code::Invalid, error.to_string()).at("/keys"))?;
        let bar = progress_bar("{spinner} {elapsed} {human_pos} {msg}");
        bar.enable_steady_tick(Duration::from_millis(200));
        let report = database.read(|conn| {
            let key = match (self.key, found) {
                (Some(key), _) => Some(key),
                (None, Some(public)) => {
                    let origin = log_state(conn).map(|state| state.origin);
                    // Where even the origin cannot be read, that is found below.
                    let origin = origin.unwrap_or_else(|_| crate::writer::LEDGER_ORIGIN.to_owned());
                    VerifierKey::new(&origin, public).ok()
                }
                (None, None) => None,
            };
            let mut report = Report::default();
            let mut progress = |what: &str, count: u64| {
                bar.set_message(what.to_owned());
                bar.inc(count);
            };
            verify_log(conn, &sources(), key.as_ref(), &mut report, &mut progress)?;
            verify_figures(conn, events::Kind::is_deploying, &mut report, &mut progress)?;
            events::verify_flows(conn, &mut report, &mut progress)?;
            approvals::verify_approvals(conn, &mut report, &mut progress)?;
            Ok(report)
        })?;
        bar.finish_and_clear();
        if self.json {
            let mut value =
                serde_json::to_value(&report).map_err(|error| Problem::internal(error.to_string()))?;
            value["verdict"] = verdict(&report).into();
            value["uncovered"] = UNCOVERED.iter().map(|(table, _)| *table).collect();
            say(format!("{value:#}"))?;
        } else {
            say(words(&report))?;
        }
        Ok(report)
    }
}

/// What is kept and the log does not vouch for, and why that is no record.
pub(crate) const UNCOVERED: [(&str, &str); 4] = [
    (
        "session_secrets",
        "the hashes that continue sessions change with each use; the sessions themselves are recorded",
    ),
    (
        "attachment_bytes",
        "what photos and scans show can be erased; the server compares it with the hash in attachments, which is \
         recorded, each time it is opened",
    ),
    ("api_key_uses", "when a machine's key was last used changes with use; the keys themselves are recorded"),
    ("purges_due", "which tables are still to be cleared from the files; it holds nothing else"),
];

/// Every table the log vouches for. What is derived is folded again; `checkpoints` and `ledger_state` are
/// compared with the tree; nothing else is kept but what [`UNCOVERED`] lists.
pub(crate) fn sources() -> Vec<RowSource> {
    let mut sources = vec![
        row_source::<auth::User>(),
        row_source::<auth::Session>(),
        row_source::<auth::ApiKey>(),
        row_source::<users::outside_store::OutsideIdentity>(),
        row_source::<users::invitation_store::Invitation>(),
        row_source::<users::access_store::AccessChange>(),
        row_source::<parties::Organization>(),
        row_source::<people::Person>(),
        row_source::<items::Item>(),
        row_source::<items::Pack>(),
        row_source::<items::Lot>(),
        row_source::<sites::Site>(),
        row_source::<facts::Facts>(),
        row_source::<programmes::Programme>(),
        row_source::<programmes::ReportedFigure>(),
        row_source::<pledges::Pledge>(),
        row_source::<pledges::PledgeLine>(),
        row_source::<pledges::EarmarkChange>(),
        row_source::<consignments::Consignment>(),
        row_source::<consignments::Leg>(),
        row_source::<consignments::Load>(),
        row_source::<events::WaitingRecord>(),
        row_source::<events::RefusalRecord>(),
        row_source::<events::Dismissal>(),
        row_source::<stock::Decision>(),
        row_source::<proposals::Approval>(),
        row_source::<claims::Claim>(),
        row_source::<claims::ClaimChange>(),
        row_source::<evidence::Verification>(),
        row_source::<documents::Attachment>(),
        row_source::<documents::Document>(),
        row_source::<documents::DocumentEvent>(),
        row_source::<documents::DocumentAttachment>(),
        row_source::<documents::Signatory>(),
        row_source::<documents::NumberSeries>(),
        row_source::<documents::NumberBlock>(),
        row_source::<documents::NumberEntry>(),
    ];
    sources.extend(ledger::recorded::sources());
    sources
}

fn verdict(report: &Report) -> &'static str {
    if report.count > 0 {
        "tampered"
    } else if report.unchecked.is_empty() {
        "sound"
    } else {
        "cannot tell"
    }
}

fn words(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let column = finding.column.as_ref().map(|column| format!(".{column}")).unwrap_or_default();
        lines.push(format!("{} {}{column}: {}", finding.table, finding.key, finding.problem));
        if let Some(position) = finding.entry {
            lines.push(format!("  log entry {position}"));
        }
        if let Some(change) = &finding.last_change {
            let at = crate::core::time::Timestamp(change.recorded_at_us);
            lines.push(format!(
                "  last changed {at} by {} as {}: {}",
                change.actor, change.role, change.action
            ));
        }
    }
    lines.extend(report.unchecked.iter().map(|words| format!("not checked: {words}")));
    lines.extend(UNCOVERED.iter().map(|(table, why)| format!("not covered: {table}: {why}")));
    let checked: Vec<String> = report.checked.iter().map(|(what, count)| format!("{count} {what}")).collect();
    lines.push(format!("Checked {}.", checked.join(", ")));
    lines.push(match verdict(report) {
        "sound" => "Sound.".to_owned(),
        "tampered" => format!("TAMPERED: {} places differ from what was recorded.", report.count),
        _ => "Cannot tell: something could not be checked.".to_owned(),
    });
    lines.join("\n")
}
