//! `relief bench`: every figure the ledger promises, measured against its limit in one run.
//!
//! Limits are ratios within the run or CPU times, so that a slower machine is not a failure. Everything is
//! made in a temporary folder and thrown away; no database of anybody's is touched.
//!
//! | file | what it is |
//! |---|---|
//! | `figure` | a figure, its limit and the report |
//! | `scratch` | the temporary folder and the private PostgreSQL |
//! | `cpu` | CPU time and memory from `/proc` |
//! | `load` | the process that sends requests |
//! | `house` | what updates are posted to |
//! | `logging` | what the log costs of the throughput |
//! | `updates`, `limit` | updates in batches against one by one and against bulk SQL |
//! | `reading` | one consignment with its history |
//! | `totals` | totals over few and many consignments |
//! | `past`, `synthetic` | figures of the past beside another program's scan; the ledger they are asked of |
//! | `importing` | a table through the ledger against bulk SQL |
//! | `verifying` | a million entries verified against importing them |
//! | `starting` | start to ready |
//! | `points` | which area a place lies in |
//! | `arrival` | forecasts of arrivals against what then happened |
//! | `reach` | people reached out of a million lines |
//! | `pages` | what pages weigh and cost |
//! | `doors`, `crowd` | what others feel of many logins and of connections held open |
//!
//! Never here: a way of recording that the server does not have.

mod arrival;
mod cpu;
mod crowd;
mod doors;
mod figure;
mod house;
mod importing;
mod limit;
mod load;
mod logging;
mod pages;
mod past;
mod points;
mod reach;
mod reading;
mod scratch;
mod starting;
mod synthetic;
mod totals;
mod updates;
mod verifying;

use super::print::say;
use crate::core::problem::{Outcome, Problem};
use clap::{Args, ValueEnum};
use figure::Figure;
use house::House;
use scratch::{Cluster, NewDatabase, Scratch};
use std::path::PathBuf;
use std::sync::Mutex;
use updates::{Counts, Targets};

/// Measures the promised figures against their limits, in a temporary folder
#[derive(Args)]
#[command(after_help = "Examples:\n  relief bench --quick\n  relief bench --json\n  \
                        relief bench --only postgres --postgres postgres://postgres@localhost/postgres\n  \
                        relief bench --only doors\n  relief bench --only log\n  \
                        relief bench --only points\n  \
                        relief bench --only arrival --scms delivery_history.csv\n  \
                        relief bench --only points\n  relief bench --only reach\n  \
                        relief bench --only pages\n  \
                        relief bench --only import --scms delivery_history.csv\n\n\
                        PostgreSQL is measured where a server's programs are installed, or at --postgres, where two\n\
                        databases are made and dropped. Exit codes: 0 every limit kept, 1 one was missed.")]
pub(super) struct Bench {
    /// Fewer updates and a smaller ledger: takes minutes
    #[arg(long)]
    quick: bool,
    /// Prints the figures as JSON
    #[arg(long)]
    json: bool,
    /// Measures only these parts
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
    /// A PostgreSQL server where databases may be made
    #[arg(long, env = "RELIEF_BENCH_POSTGRES", hide_env_values = true, value_name = "URL")]
    postgres: Option<String>,
    /// The SCMS delivery history, for the import, for what is verified and for arrivals
    #[arg(long, env = "RELIEF_BENCH_SCMS", value_name = "FILE")]
    scms: Option<PathBuf>,
    /// A Python that has DuckDB (`pip install duckdb`), to compare figures of the past and of people with
    #[arg(long, env = "RELIEF_BENCH_DUCKDB", value_name = "PYTHON", default_value = "python3")]
    duckdb: PathBuf,
    /// Sends the requests read from standard input: the bench starts itself so
    #[arg(long, hide = true)]
    client: bool,
    /// Holds a server up as standard input says: the bench starts itself so
    #[arg(long, hide = true)]
    crowd: bool,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Updates, reads and start on SQLite.
    Sqlite,
    /// The same on PostgreSQL.
    Postgres,
    /// Totals over few and many consignments, and of the past beside DuckDB.
    Totals,
    /// The import of a file.
    Import,
    /// Verifying a million entries of such imports.
    Verify,
    /// Many logins and connections held open, on SQLite.
    Doors,
    /// What the log costs, on both.
    Log,
    /// Which area a place lies in, against an R-tree.
    Points,
    /// Arrivals of a file's deliveries, each forecast from those before.
    Arrival,
    /// People reached out of a million lines, beside DuckDB.
    Reach,
    /// What pages weigh on the wire and cost the server.
    Pages,
}

/// Whatever goes wrong around the measuring.
fn failed(error: impl std::fmt::Display) -> Problem {
    let mut problem = Problem::internal(error.to_string());
    "The bench could not be run.".clone_into(&mut problem.detail);
    problem
}

impl Bench {
    /// Runs; whether every limit was kept.
    pub(super) fn run(self) -> Outcome<bool> {
        if self.client {
            return load::run_client().map(|()| true);
        }
        if self.crowd {
            return crowd::run_crowd().map(|()| true);
        }
        let scratch = Scratch::new()?;
        log_to_file(&scratch)?;
        let mut figures = Vec::new();
        if self.wants(Part::Sqlite) {
            eprintln!("relief: updates, reads and start on SQLite …");
            let house = House::build(scratch.sqlite("updates.db"), scratch.path("keys"))?;
            let targets = Targets { over_one_by_one: 2.5, name: "SQLite" };
            self.on(&scratch, &house, &scratch.sqlite("limit.db"), &targets, &mut figures)?;
        }
        if self.wants(Part::Log) {
            eprintln!("relief: the log on SQLite …");
            let urls = [scratch.sqlite("with.db"), scratch.sqlite("without.db")];
            self.log(&scratch, urls, "SQLite", 0.10, &mut figures)?;
        }
        if self.wants(Part::Postgres) || self.wants(Part::Log) {
            self.on_postgres(&scratch, &mut figures)?;
        }
        if self.wants(Part::Totals) {
            eprintln!("relief: totals …");
            totals::measure(&scratch, self.quick, &self.duckdb, &mut figures)?;
        }
        if self.wants(Part::Points) {
            eprintln!("relief: places and areas …");
            points::measure(self.quick, &mut figures)?;
        }
        if self.wants(Part::Reach) {
            eprintln!("relief: people reached …");
            reach::measure(&scratch, self.quick, &self.duckdb, &mut figures)?;
        }
        if self.wants(Part::Pages) {
            eprintln!("relief: pages …");
            pages::measure(&scratch, self.quick, &mut figures)?;
        }
        if self.wants(Part::Doors) {
            let house = House::build(scratch.sqlite("doors.db"), scratch.path("keys"))?;
            doors::measure(&house, self.quick, &mut figures)?;
        }
        self.on_file(&scratch, &mut figures)?;
        if self.json {
            say(serde_json::to_string_pretty(&figures).map_err(failed)?)?;
        } else {
            say(figure::table(&figures).trim_end())?;
        }
        Ok(figures.iter().all(Figure::passes))
    }

    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn on_postgres(&self, scratch: &Scratch, figures: &mut Vec<Figure>) -> Outcome<()> {
        let cluster = match &self.postgres {
            Some(_) => None,
            None => match Cluster::start(scratch) {
                Ok(cluster) => Some(cluster),
                Err(problem) => {
                    let why = problem.internal.unwrap_or(problem.detail);
                    eprintln!("relief: PostgreSQL is not measured: {why}");
                    return Ok(());
                }
            },
        };
        let server = match (&self.postgres, &cluster) {
            (Some(url), _) => url.as_str(),
            (None, Some(cluster)) => cluster.url(),
            (None, None) => return Ok(()),
        };
        if self.wants(Part::Log) {
            eprintln!("relief: the log on PostgreSQL …");
            let databases = (NewDatabase::create(server, "with")?, NewDatabase::create(server, "without")?);
            let urls = [databases.0.url().to_owned(), databases.1.url().to_owned()];
            self.log(scratch, urls, "PostgreSQL", 0.25, figures)?;
        }
        if !self.wants(Part::Postgres) {
            return Ok(());
        }
        eprintln!("relief: updates, reads and start on PostgreSQL …");
        let updates = NewDatabase::create(server, "updates")?;
        let limit = NewDatabase::create(server, "limit")?;
        let house = House::build(updates.url().to_owned(), scratch.path("keys"))?;
        let targets = Targets { over_one_by_one: 5.0, name: "PostgreSQL" };
        self.on(scratch, &house, limit.url(), &targets, figures)
    }

    /// What is measured on a file from elsewhere.
    fn on_file(&self, scratch: &Scratch, figures: &mut Vec<Figure>) -> Outcome<()> {
        let Some(file) = &self.scms else {
            if self.wants(Part::Import) || self.wants(Part::Verify) || self.wants(Part::Arrival) {
                eprintln!(
                    "relief: import, verifying and arrivals are not measured; name a file for them with --scms"
                );
            }
            return Ok(());
        };
        if self.wants(Part::Import) {
            importing::measure(scratch, file, figures)?;
        }
        if self.wants(Part::Arrival) {
            eprintln!("relief: arrivals …");
            arrival::measure(file, figures)?;
        }
        if self.wants(Part::Verify) {
            eprintln!("relief: verifying …");
            verifying::measure(scratch, file, self.quick, figures)?;
        }
        Ok(())
    }

    /// What the log costs, on two ledgers made for it.
    fn log(
        &self,
        scratch: &Scratch,
        [with, without]: [String; 2],
        name: &str,
        limit: f64,
        figures: &mut Vec<Figure>,
    ) -> Outcome<()> {
        let with = House::build(with, scratch.path("keys"))?;
        let without = House::build(without, scratch.path("keys"))?;
        logging::measure(&with, &without, name, limit, self.quick, figures)
    }

    fn on(
        &self,
        scratch: &Scratch,
        house: &House,
        limit_url: &str,
        targets: &Targets,
        figures: &mut Vec<Figure>,
    ) -> Outcome<()> {
        let counts = Counts::new(self.quick);
        let consignments = updates::measure(house, limit_url, &counts, targets, figures)?;
        reading::measure(house, targets.name, &consignments, self.quick, figures)?;
        starting::measure(house, targets.name, &scratch.path("keys"), figures)
    }
}

/// The server logs as it always does, one JSON line a request; only not to the terminal.
fn log_to_file(scratch: &Scratch) -> Outcome<()> {
    let file = std::fs::File::create(scratch.path("log.json")).map_err(failed)?;
    let logs = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_env_filter(tracing_subscriber::EnvFilter::new("info"))
        .with_writer(Mutex::new(file));
    logs.try_init().map_err(failed)
}
