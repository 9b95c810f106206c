//! People reached out of a million lines, beside the maxima that DuckDB, which is made for such scans, finds in them.

use super::cpu::of_this_process;
use super::failed;
use super::figure::Figure;
use super::scratch::Scratch;
use crate::auth::Scope;
use crate::baselines::Area;
use crate::core::problem::Outcome;
use crate::db::{Conn, Database, Settings, connect, migrate, read_failure};
use crate::ledger::KnownAt;
use crate::reach::{Question, answer};
use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Lines of a run.
const LINES: i64 = 1_000_000;
const LINES_QUICK: i64 = 100_000;
/// Lines of one distribution.
const PER_EVENT: i64 = 10;
/// Turns; the middle one counts.
const TURNS: usize = 5;
/// Seconds of CPU a figure may take.
const SECONDS: f64 = 10.0;

/// The maxima of the same lines: of a round the largest of its items, of a caseload the largest of its rounds, of a group
/// the largest of its caseloads, and of an area the largest of its sectors.
const SCRIPT: &str = r#"
import sys, time
import duckdb
db = duckdb.connect()
db.execute("CREATE TABLE lines AS SELECT * FROM read_csv(?, header=true)", [sys.argv[1]])
sql = """SELECT sum(people) FROM (SELECT area, max(people) AS people FROM (
    SELECT area, sector, max(people) AS people FROM (
    SELECT area, sector, caseload, round, item, sum(quantity) // 10 AS people FROM lines
    GROUP BY ALL) GROUP BY ALL) GROUP BY ALL)"""
for turn in range(int(sys.argv[2])):
    began = time.process_time()
    people = db.execute(sql).fetchone()[0]
    print(time.process_time() - began, int(people), flush=True)
"#;

/// Measures.
///
/// # Errors
/// Whatever the database says, or where the two do not find the same.
pub(super) fn measure(
    scratch: &Scratch,
    quick: bool,
    python: &Path,
    figures: &mut Vec<Figure>,
) -> Outcome<()> {
    let url = scratch.sqlite("reach.db");
    let mut conn = connect(&url)?;
    migrate(&mut conn)?;
    let lines = if quick { LINES_QUICK } else { LINES };
    write(&mut conn, lines)?;
    let theirs = by_duckdb(scratch, &mut conn, python)?;
    let database = Database::open(Settings { url })?;
    let question = Question {
        area: "GM".parse::<Area>().map_err(failed)?,
        item: None,
        sector: None,
        donor: None,
        pledge: None,
        programme: None,
        from: None,
        to: None,
        as_of: None,
        known_at: Some(KnownAt::Sequence(0)),
        group_by: None,
        population_source: None,
        scope: Scope::everything(),
    };
    let (mut seconds, mut best) = (Vec::with_capacity(TURNS), 0);
    for _ in 0..TURNS {
        let before = of_this_process()?;
        best = database.read(|conn| answer(conn, &question))?.reached.best;
        seconds.push((of_this_process()? - before).as_secs_f64());
    }
    let ours = middle(seconds);
    figures.push(Figure::at_most(format!("reach of {lines} lines, CPU"), "s", ours, SECONDS));
    let Some((theirs, people)) = theirs else {
        eprintln!("relief: DuckDB is not compared with; name a Python that has it with --duckdb");
        return Ok(());
    };
    if people != best {
        return Err(failed(format!("{best} people reached, and DuckDB finds {people}")));
    }
    figures.push(Figure::shown("the same maxima by DuckDB, CPU", "s", theirs));
    figures.push(Figure::shown("reach over those maxima", "times", ours / theirs));
    Ok(())
}

fn middle(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Writes lines of verified distributions: a hundred areas, six sectors, five caseloads with twelve rounds, twenty items. They
/// stand before the first entry, since nothing recorded them.
fn write(conn: &mut Conn, lines: i64) -> Outcome<()> {
    let id =
        |kind: u32, number: &str| format!("CAST(char({}) || printf('%015d', {number}) AS BLOB)", kind + 64);
    let numbers = |count: i64| {
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})")
    };
    let (item, event) = (id(1, "i % 20"), id(2, &format!("i / {PER_EVENT}")));
    let statements = [
        "PRAGMA foreign_keys = OFF".to_owned(),
        format!(
            "{} INSERT INTO items (id, code, name, base_unit, category, storage_class, standard_kind, standard_quantity, \
             standard_persons, standard_days, revision, created_at, updated_at) SELECT {}, 'I-' || i, 'Item ' || i, 'piece', \
             'x', 'ambient', 'consumable', 10, 1, 10, 1, 0, 0 FROM n",
            numbers(20),
            id(1, "i")
        ),
        format!(
            "{} INSERT INTO reached_lines (id, event_id, stated_by, ordinal, sequence, item_id, quantity, site_id, \
             programme_id, country, area, sector, caseload, round, people_group, occurred_at, effective_at) \
             SELECT {}, {event}, {event}, i % {PER_EVENT} + 1, -(i / {PER_EVENT}), {item}, i * 7919 % 997 + 1, {}, {}, 'GM', \
             printf('GM%02d', i * 31 % 100), 'sector ' || (i / 7 % 6), 'caseload ' || (i / 3 % 5), 'round ' || (i / 11 % 12), \
             'all', 1600000000000000 + i, 1600000000000000 + i FROM n",
            numbers(lines),
            id(3, "i"),
            id(4, "0"),
            id(5, "0")
        ),
        format!(
            "{} INSERT INTO verifications (id, event_id, how, since) SELECT {}, {}, 'signed', 0 FROM n",
            numbers(lines / PER_EVENT),
            id(6, "i"),
            id(2, "i")
        ),
        format!(
            "{} INSERT INTO populations (id, about, batch_id, ordinal, area, country, people_group, year, source, \
             source_version, people, withdrawn, sequence, recorded_at) SELECT {}, {}, {}, i, CASE WHEN i < 100 THEN \
             printf('GM%02d', i) ELSE 'GM' END, 'GM', 'all', 2024, 'Bench', '1', 1000000000, FALSE, 0, 0 FROM n",
            numbers(101),
            id(7, "i"),
            id(8, "i"),
            id(9, "0")
        ),
    ];
    for text in statements {
        diesel::sql_query(text).execute(conn).map_err(read_failure)?;
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(diesel::QueryableByName)]
struct Last {
    #[diesel(sql_type = BigInt)]
    last: i64,
}

/// Seconds of CPU, and how many people it finds; `None` where this Python has no DuckDB, or is none.
fn by_duckdb(scratch: &Scratch, conn: &mut Conn, python: &Path) -> Outcome<Option<(f64, u64)>> {
    let has = Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let table = scratch.path("lines.csv");
    write_table(conn, &table)?;
    let told = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(&table)
        .arg(TURNS.to_string())
        .output()
        .map_err(failed)?;
    let text = String::from_utf8(told.stdout).map_err(failed)?;
    let (mut seconds, mut people) = (Vec::new(), 0);
    for line in text.lines() {
        let (used, found) = line.split_once(' ').ok_or_else(|| failed(format!("DuckDB said {line:?}")))?;
        seconds.push(used.parse().map_err(failed)?);
        people = found.parse().map_err(failed)?;
    }
    if seconds.len() != TURNS {
        return Err(failed(String::from_utf8_lossy(&told.stderr)));
    }
    Ok(Some((middle(seconds), people)))
}

/// Writes the lines with what they are grouped by, a part after the other.
fn write_table(conn: &mut Conn, path: &Path) -> Outcome<()> {
    const PER_READ: i64 = 20_000;
    let mut file = BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    writeln!(file, "area,sector,caseload,round,item,quantity").map_err(failed)?;
    let ends: Vec<Last> = diesel::sql_query("SELECT -MIN(sequence) AS last FROM reached_lines")
        .load(conn)
        .map_err(read_failure)?;
    let last = ends.first().map_or(0, |end| end.last);
    let mut from = 0;
    while from <= last {
        let rows: Vec<Line> = diesel::sql_query(format!(
            "SELECT area || ',' || sector || ',' || caseload || ',' || round || ',' || hex(item_id) || ',' || quantity AS line \
             FROM reached_lines WHERE sequence <= -{from} AND sequence > -{}",
            from + PER_READ
        ))
        .load(conn)
        .map_err(read_failure)?;
        for row in rows {
            writeln!(file, "{}", row.line).map_err(failed)?;
        }
        from += PER_READ;
    }
    file.flush().map_err(failed)
}
