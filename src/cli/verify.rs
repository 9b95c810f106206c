//! `relief verify`: the only command whose exit code says more than done or not done.

use super::print::{progress_bar, say};
use super::{Common, complain, open_to_read};
use crate::app::{Layer, Settings};
use crate::audit::beside::{Beside, Doubt};
use crate::audit::bundle_read::Bundle;
use crate::audit::bundle_verify::verify_bundle;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::finding::Report;
use crate::audit::keys::KeyRing;
use crate::audit::note::{Note, VerifierKey};
use crate::audit::rows::RowSource;
use crate::audit::tree::TreeHead;
use crate::audit::verify::{Progress, verify_log};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::ledger;
use crate::ledger::verify::verify_seeing;
use crate::writer::{log_state, row_source};
use crate::{
    approvals, areas, auth, baselines, captures, claims, cold, confirmations, consignments, counts,
    distributions, documents, events, evidence, exchange, exports, facts, items, kits, mail, needs, parties,
    people, pledges, programmes, proposals, reach, sites, stock, unwanted, users, webhooks,
};
use clap::Args;
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Folds every figure again and compares the whole database, or a bundle of it, with its log
#[derive(Args)]
#[command(after_help = "Examples:\n  relief verify\n  relief verify --json\n  \
                        relief verify --database-url postgres://relief@localhost/relief\n  \
                        relief verify --key 'relief-ledger+1a2b3c4d+AQ…'\n  \
                        relief verify --checkpoint kept.checkpoint\n  relief verify --bundle log.bundle --key '…'\n\n\
                        Exit codes: 0 sound, 1 tampered, 2 cannot tell. Nothing is changed in the database, and a\n\
                        server may run meanwhile. Signatures are checked with the key in the key folder, or with\n\
                        --key; beside it is noted whether something was found, which servers with that folder then\n\
                        say.")]
pub(super) struct Verify {
    /// One JSON object with all findings
    #[arg(long)]
    json: bool,
    /// A bundle instead of a database; see `relief audit bundle`
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere, which the log must still begin with; may be given more than once
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
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
        let bar = progress_bar("{spinner} {elapsed} {human_pos} {msg}");
        bar.enable_steady_tick(Duration::from_millis(200));
        let report = match &self.bundle {
            Some(path) => self.bundle(path, &settings, &mut showing(&bar))?,
            None => self.database(&settings, &bar)?,
        };
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

    /// The log with its rows, and beside it what is folded again: two threads, each with a snapshot of its own. Neither
    /// asks what the other sees, so a server may record between the two.
    fn database(&self, settings: &Settings, bar: &ProgressBar) -> Outcome<Report> {
        let database = open_to_read(&settings.database_url)?.in_order(2)?;
        // What was signed is read first: a server may record and sign meanwhile, and what is read later has all of it.
        let signed = database.read(|conn| self.signed(conn, settings))?;
        let (log, figures) = std::thread::scope(|scope| {
            let folding = || database.read(|conn| figures(conn, &mut showing(bar)));
            let figures =
                std::thread::Builder::new().name("relief-figures".to_owned()).spawn_scoped(scope, folding);
            let log = database.read(|conn| log(conn, &signed, &mut showing(bar)));
            (log, figures.map(std::thread::ScopedJoinHandle::join))
        });
        let mut report = log?;
        let stopped = |_| Problem::internal("the thread that folds figures stopped");
        report.absorb(figures.map_err(|error| Problem::internal(error.to_string()))?.map_err(stopped)??);
        tell_servers(&report, &signed.beside, settings);
        Ok(report)
    }

    /// The key, and the heads that it signed and that are kept outside the database.
    fn signed(&self, conn: &mut Conn, settings: &Settings) -> Outcome<Signed> {
        let origin = log_state(conn).map(|state| state.origin);
        // Where even the origin cannot be read, that is found below.
        let origin = origin.unwrap_or_else(|_| crate::writer::LEDGER_ORIGIN.to_owned());
        let key = self.key(&origin, settings)?;
        let beside = Beside::of(&settings.keys, &origin);
        let mut kept = self.kept(key.as_ref())?;
        // A key under a name the log had before says nothing about what was signed under the present one.
        if let Some(key) = key.as_ref().filter(|key| key.name() == origin)
            && let Some(checkpoint) = beside.checkpoint(key)?
        {
            kept.push((beside.checkpoint_path().display().to_string(), checkpoint.head));
        }
        Ok(Signed { key, kept, beside })
    }

    fn bundle(&self, path: &Path, settings: &Settings, progress: &mut Progress<'_>) -> Outcome<Report> {
        let mut bundle = Bundle::open(path)?;
        let note = bundle.checkpoint()?;
        let stated = Note::parse(&note)
            .ok()
            .and_then(|note| Checkpoint::parse_text(note.unverified_text()).ok())
            .map(|checkpoint| checkpoint.origin);
        let key = self.key(&stated.unwrap_or_default(), settings)?;
        let kept = self.kept(key.as_ref())?;
        let mut report = Report::default();
        verify_bundle(&mut bundle, key.as_ref(), kept, &mut report, progress)?;
        Ok(report)
    }

    /// The key given, or that of the key folder under this origin.
    fn key(&self, origin: &str, settings: &Settings) -> Outcome<Option<VerifierKey>> {
        if let Some(key) = &self.key {
            return Ok(Some(key.clone()));
        }
        let found = KeyRing::find_log_key(&settings.keys)
            .map_err(|error| Problem::new(Code::Invalid, error.to_string()).at("/keys"))?;
        Ok(found.and_then(|public| VerifierKey::new(origin, public).ok()))
    }

    /// The heads of the checkpoints that were named, each believed only if the key signed it.
    fn kept(&self, key: Option<&VerifierKey>) -> Outcome<Vec<(String, TreeHead)>> {
        let read = |path: &PathBuf| {
            let wrong = |error: &dyn std::fmt::Display| {
                Problem::field("/checkpoint", format!("{}: {error}", path.display()))
            };
            let note = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
            let key = key.ok_or_else(|| wrong(&"there is no key to check it with; give it with --key"))?;
            let opened = Checkpoint::open(&note, key).map_err(|error| wrong(&error))?;
            Ok((path.display().to_string(), opened.head))
        };
        self.checkpoint.iter().map(read).collect()
    }
}

/// What is held against the database.
struct Signed {
    key: Option<VerifierKey>,
    kept: Vec<(String, TreeHead)>,
    beside: Beside,
}

/// The log, and every row it vouches for.
fn log(conn: &mut Conn, signed: &Signed, progress: &mut Progress<'_>) -> Outcome<Report> {
    let mut report = Report::default();
    verify_log(conn, &sources(), signed.key.as_ref(), signed.kept.clone(), &mut report, progress)?;
    Ok(report)
}

/// Everything that is folded again, and whether what was decided is what was proposed.
fn figures(conn: &mut Conn, progress: &mut Progress<'_>) -> Outcome<Report> {
    let mut report = Report::default();
    let mut flows = events::FlowsFold::default();
    let mut see = |kind: &str, postings: &[ledger::Posted]| flows.add(kind, postings);
    verify_seeing(conn, events::Kind::is_deploying, &mut see, &mut report, progress)?;
    flows.finish(conn, &mut report, progress)?;
    approvals::verify_approvals(conn, &mut report, progress)?;
    Ok(report)
}

/// Shows on a bar how far something has come.
fn showing(bar: &ProgressBar) -> impl FnMut(&str, u64) {
    |what, count| {
        bar.set_message(what.to_owned());
        bar.inc(count);
    }
}

/// Lets servers with this key folder say on their answers what was found, or that nothing is any more.
fn tell_servers(report: &Report, beside: &Beside, settings: &Settings) {
    // Whoever has no key folder here verifies a copy, and no server of this machine's.
    if !settings.keys.is_dir() {
        return;
    }
    let told = match report.findings.first() {
        Some(first) => beside.raise(&Doubt { count: report.count, table: first.table.clone() }),
        None if report.unchecked.is_empty() => beside.settle(),
        None => Ok(()),
    };
    if let Err(problem) = told {
        eprintln!("relief: servers are not told of this");
        complain(&problem);
    }
}

/// What is kept and the log does not vouch for, and why that is no record.
pub(crate) const UNCOVERED: [(&str, &str); 13] = [
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
    (
        "balances.revision",
        "it counts how often a balance was written, so that two who write do not cross; no figure is made of it",
    ),
    ("checkpoints.signed_at", "when one was signed is not what was signed"),
    (
        "checkpoints",
        "one that is deleted is not missed, as the log is compared with every other and with the newest beside the key; \
         one that is edited or added is named",
    ),
    ("outlets", "how far others were told changes with each telling; who they are is recorded"),
    (
        "letters",
        "what was not taken changes with each attempt; it names entries of the log and holds nothing of them",
    ),
    ("tellers", "which process tells others, for some seconds"),
    (
        "import_jobs",
        "how far files are imported changes with each step; what they record has entries that name them",
    ),
    ("import_parts", "a file that was sent; the entry by which its import began has its digest"),
    ("import_rows", "what became of each row of a file, for whoever sent it"),
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
        row_source::<items::ItemStandard>(),
        row_source::<sites::Site>(),
        row_source::<sites::SitePlace>(),
        row_source::<areas::Boundaries>(),
        row_source::<areas::ChangedArea>(),
        row_source::<facts::Facts>(),
        row_source::<programmes::Programme>(),
        row_source::<programmes::ReportedFigure>(),
        row_source::<baselines::Population>(),
        row_source::<baselines::Target>(),
        row_source::<baselines::Caseload>(),
        row_source::<baselines::Round>(),
        row_source::<unwanted::Unwanted>(),
        row_source::<pledges::Pledge>(),
        row_source::<pledges::PledgeLine>(),
        row_source::<pledges::EarmarkChange>(),
        row_source::<consignments::Consignment>(),
        row_source::<consignments::Leg>(),
        row_source::<consignments::LegPlan>(),
        row_source::<consignments::Load>(),
        row_source::<distributions::ReachedLine>(),
        row_source::<reach::Headcount>(),
        row_source::<events::WaitingRecord>(),
        row_source::<events::RefusalRecord>(),
        row_source::<events::Dismissal>(),
        row_source::<stock::Decision>(),
        row_source::<proposals::Approval>(),
        row_source::<needs::Need>(),
        row_source::<needs::NeedMatch>(),
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
        row_source::<exchange::kept::KeptMapping>(),
        row_source::<exports::Exported>(),
    ];
    sources.extend(beside_goods());
    sources.extend(ledger::recorded::sources());
    sources
}

/// What is said of goods besides where they are: how they are counted, packed and kept, what is agreed around consignments, and
/// who is told.
fn beside_goods() -> Vec<RowSource> {
    vec![
        row_source::<counts::CountSheet>(),
        row_source::<counts::CountLine>(),
        row_source::<consignments::ConsignmentTerm>(),
        row_source::<consignments::CustomsRequirement>(),
        row_source::<consignments::LoadLimit>(),
        row_source::<kits::KitRecipe>(),
        row_source::<kits::KitComponent>(),
        row_source::<kits::HandlingUnit>(),
        row_source::<kits::UnitContent>(),
        row_source::<cold::LoggerFile>(),
        row_source::<cold::LoggerContent>(),
        row_source::<cold::LoggerReadings>(),
        row_source::<cold::SiteStorage>(),
        row_source::<captures::Capture>(),
        row_source::<captures::CaptureContent>(),
        row_source::<captures::CapturedEvent>(),
        row_source::<webhooks::Webhook>(),
        row_source::<mail::Mailing>(),
        row_source::<confirmations::ReceiptLink>(),
    ]
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
