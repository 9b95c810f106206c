//! The command line: one file per subcommand.
//!
//! Exit codes: 0 done, 1 where the data say no (a change is refused, a row rejected, a limit missed), 2 where the
//! command could not be tried: a bad flag, file, setting or database. `verify` says its own. Answers go to standard
//! output, words about the way there to standard error. Never here: a decision that the server would not make as well.

mod api_key;
mod audit;
mod backup;
mod bench;
mod copy;
mod demo;
mod export;
mod import;
mod import_sheet;
mod keys;
mod letters;
mod mail;
mod migrate;
mod openapi;
mod person;
mod print;
mod restore;
mod serve;
mod totals;
mod user;
mod verify;
mod webhook;

use crate::app::{Layer, SETTINGS_FILE, Settings};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{self, Conn, Database};
use crate::users::sealing::{is_sealing_due, seal_users};
use crate::vault::Vault;
use crate::writer::{Writer, WriterSettings};
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "relief",
    version,
    about = "Tracks donated relief supplies from a donor's pledge to the people they reached",
    after_help = "Examples:\n  relief serve\n  \
                  relief serve --listen 0.0.0.0:8080 --database-url postgres://relief@db/relief\n  \
                  relief user add --login amina --name 'Amina Jallow' --role officer\n\n\
                  Settings come from flags, then from the environment (RELIEF_…), then from relief.toml."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Export(export::WriteExport),
    Import(import::Import),
    Migrate(migrate::Migrate),
    User(user::User),
    Person(person::Person),
    Keys(keys::Keys),
    ApiKey(api_key::ApiKey),
    Webhook(webhook::Webhook),
    Mail(mail::Mail),
    Totals(totals::Totals),
    Verify(verify::Verify),
    Audit(audit::Audit),
    Backup(backup::WriteBackup),
    Restore(restore::Restore),
    Copy(copy::CopyDatabase),
    Openapi(openapi::Openapi),
    Bench(bench::Bench),
}

/// What every command that opens the database takes.
#[derive(Args, Clone)]
pub(crate) struct Common {
    /// The database: sqlite://FILE or postgres://USER@HOST/NAME [default: sqlite://relief.db]
    #[arg(long, env = "RELIEF_DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    database_url: Option<String>,
    /// The folder of the signing keys, made where it is missing [default: relief-keys]
    #[arg(long, env = "RELIEF_KEYS", value_name = "DIR", global = true)]
    keys: Option<PathBuf>,
    /// The settings file
    #[arg(long, env = "RELIEF_CONFIG", value_name = "FILE", default_value = SETTINGS_FILE, global = true)]
    config: PathBuf,
}

impl Common {
    /// These flags over the settings file, with what the command adds.
    pub(crate) fn settings(&self, more: Layer) -> Outcome<Settings> {
        let flags = Layer { database_url: self.database_url.clone(), keys: self.keys.clone(), ..more };
        let layers = flags.over(Layer::file(&self.config)?);
        layers.check()?;
        Ok(layers.settings())
    }
}

/// Opens a database in order to change it: brings it to the present schema first, and seals users that are not sealed.
pub(crate) fn open_to_change(settings: &Settings) -> Outcome<(Conn, Vault)> {
    let mut conn = db::connect(&settings.database_url)?;
    db::migrate(&mut conn)?;
    let vault = Vault::open_or_create(&settings.keys)?;
    if is_sealing_due(&mut conn)? {
        let done = with_writer(&settings.database_url, |writer| seal_users(&mut conn, writer, &vault))?;
        if let Some(cause) = done.left {
            eprintln!("relief: what is sealed now is in the database's files still; try again: {cause}");
        }
    }
    Ok((conn, vault))
}

/// Lets something be recorded by this process.
pub(crate) fn with_writer<T>(url: &str, work: impl FnOnce(&Writer) -> Outcome<T>) -> Outcome<T> {
    let writer = Writer::start(WriterSettings::of(url))?;
    let done = work(&writer);
    writer.stop();
    done
}

/// Opens a database that is there already and has the present schema; nothing is made or changed.
pub(crate) fn open_to_read(url: &str) -> Outcome<Database> {
    if let Some(path) = url.strip_prefix("sqlite://")
        && !Path::new(path).exists()
    {
        return Err(Problem::field("/database_url", format!("There is no database {path:?} here.")));
    }
    let database = Database::open(db::Settings { url: url.to_owned() })?;
    let waiting = database.read(db::pending)?;
    if waiting.is_empty() {
        return Ok(database);
    }
    let words = format!("The database lacks migrations: {}. Run relief migrate.", waiting.join(", "));
    Err(Problem::new(Code::Unavailable, words))
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Where not even this can be written there is nobody to tell.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let result = match line.command {
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Import(command) => return command.run(),
        Command::Migrate(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Person(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::ApiKey(command) => command.run(),
        Command::Webhook(command) => command.run(),
        Command::Mail(command) => command.run(),
        Command::Totals(command) => command.run(),
        Command::Verify(command) => return command.run(),
        Command::Audit(command) => return command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Copy(command) => command.run(),
        Command::Openapi(command) => command.run(),
        Command::Bench(command) => match command.run() {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::from(DATA_SAY_NO),
            Err(problem) => Err(problem),
        },
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&problem);
            ExitCode::from(code_of(&problem))
        }
    }
}

/// Whether the data said no, or the command could not be tried at all.
fn code_of(problem: &Problem) -> u8 {
    let untried = [
        Code::Invalid,
        Code::Malformed,
        Code::Unavailable,
        Code::KeyMissing,
        Code::StorageFull,
        Code::Internal,
    ];
    if untried.contains(&problem.code) { NOT_TRIED } else { DATA_SAY_NO }
}

/// The exit code where the data say no, as when a row of a file is rejected.
pub(crate) const DATA_SAY_NO: u8 = 1;
/// The exit code where the command could not be tried: a bad flag, file or database.
pub(crate) const NOT_TRIED: u8 = 2;

/// Tells the person at the terminal everything: the operator is who the internal words are for.
fn complain(problem: &Problem) {
    eprintln!("relief: {}", problem.detail);
    for error in problem.errors.iter().filter(|error| error.detail != problem.detail) {
        eprintln!("  {}: {}", error.pointer, error.detail);
    }
    if let Some(internal) = &problem.internal {
        eprintln!("  cause: {internal}");
    }
}
