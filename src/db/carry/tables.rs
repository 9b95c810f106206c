//! Which tables there are, and what their columns hold, as the database itself says.

use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, read_failure};
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, RunQueryDsl};

/// Every table that is carried from one database to another. Which columns each has is asked of the databases.
pub const TABLES: [&str; 90] = [
    "organizations",
    "items",
    "packs",
    "lots",
    "sites",
    "programmes",
    "reported_figures",
    "item_standards",
    "site_places",
    "boundaries",
    "area_changes",
    "populations",
    "targets",
    "caseloads",
    "rounds",
    "mappings",
    "users",
    "persons",
    "sessions",
    "invitations",
    "access_changes",
    "api_keys",
    "api_key_uses",
    "outside_identities",
    "facts",
    "unwanted",
    "pledges",
    "pledge_lines",
    "earmark_changes",
    "consignments",
    "legs",
    "leg_plans",
    "loads",
    "consignment_terms",
    "customs_requirements",
    "load_limits",
    "kit_recipes",
    "kit_components",
    "handling_units",
    "unit_contents",
    "site_storages",
    "logger_files",
    "logger_contents",
    "logger_readings",
    "needs",
    "need_matches",
    "events",
    "postings",
    "statements",
    "reached_lines",
    "headcounts",
    "balances",
    "rollups",
    "dated_blocks",
    "dated_rollups",
    "waiting",
    "refusals",
    "dismissals",
    "count_sheets",
    "count_lines",
    "decisions",
    "approvals",
    "claims",
    "claim_changes",
    "attachments",
    "attachment_bytes",
    "number_series",
    "number_blocks",
    "documents",
    "document_numbers",
    "document_events",
    "document_attachments",
    "document_signatories",
    "verifications",
    "exports",
    "captures",
    "capture_contents",
    "captured_events",
    "webhooks",
    "mailings",
    "receipt_links",
    "outlets",
    "letters",
    "import_jobs",
    "import_parts",
    "import_rows",
    "log_entries",
    "log_nodes",
    "checkpoints",
    "ledger_state",
];

/// Tables that are not carried, each with its reason.
pub const LEFT: [(&str, &str); 4] = [
    ("session_secrets", "nobody's session goes on in another database: everybody logs in there"),
    ("tellers", "it speaks of the processes of one database, and of some seconds"),
    ("purges_due", "it speaks of the old files of one database, which another does not have"),
    ("__diesel_schema_migrations", "the other database has run its own migrations"),
];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bytes,
    Text,
    BigInt,
    Integer,
    Real,
    Bool,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Described {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is_so: bool,
}

/// The tables of a database, by name.
pub(super) fn tables(conn: &mut Conn) -> Outcome<Vec<String>> {
    let sql = match conn {
        Conn::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        Conn::Postgres(_) => {
            "SELECT table_name::text AS name FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        }
    };
    let found: Vec<Named> = diesel::sql_query(sql).load(conn).map_err(read_failure)?;
    Ok(found.into_iter().map(|one| one.name).collect())
}

/// The tables to carry, and a refusal where there is one that nobody decided about.
pub(super) fn tables_to_carry(conn: &mut Conn) -> Outcome<Vec<&'static str>> {
    let found = tables(conn)?;
    let known = |name: &String| TABLES.contains(&name.as_str()) || LEFT.iter().any(|(left, _)| left == name);
    if let Some(unknown) = found.iter().find(|name| !known(name)) {
        let words = format!(
            "The database has a table {unknown:?}, which this version of relief does not know and would leave behind. \
             Use the version that made it, or drop the table if it is not relief's."
        );
        return Err(Problem::new(Code::WrongState, words));
    }
    Ok(TABLES.into_iter().filter(|name| found.iter().any(|one| one == name)).collect())
}

/// The columns of a table, by name.
pub(super) fn columns(conn: &mut Conn, table: &str) -> Outcome<Vec<Column>> {
    let sql = match conn {
        Conn::Sqlite(_) => "SELECT name, lower(type) AS kind FROM pragma_table_info($1) ORDER BY name",
        Conn::Postgres(_) => {
            "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name::text COLLATE \"C\""
        }
    };
    let found: Vec<Described> =
        diesel::sql_query(sql).bind::<Text, _>(table).load(conn).map_err(read_failure)?;
    found.into_iter().map(|one| Ok(Column { kind: kind(table, &one)?, name: one.name })).collect()
}

fn kind(table: &str, column: &Described) -> Outcome<Kind> {
    match column.kind.as_str() {
        "blob" | "bytea" => Ok(Kind::Bytes),
        "text" => Ok(Kind::Text),
        "bigint" => Ok(Kind::BigInt),
        "integer" => Ok(Kind::Integer),
        "double" | "double precision" => Ok(Kind::Real),
        "boolean" => Ok(Kind::Bool),
        other => Err(Problem::internal(format!("{table}.{} is of type {other:?}", column.name))),
    }
}

/// Whether nothing has been put into a database: it has no table at all, or none of them has a row that says anything.
pub(super) fn is_empty(conn: &mut Conn) -> Outcome<bool> {
    for table in tables(conn)? {
        if table == "__diesel_schema_migrations" {
            continue;
        }
        // A log that was only named so far is a row already.
        let what = if table == "ledger_state" { " WHERE sequence > 0" } else { "" };
        let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\"{what}) AS is_so");
        let found: Is = diesel::sql_query(sql).get_result(conn).map_err(read_failure)?;
        if found.is_so {
            return Ok(false);
        }
    }
    Ok(true)
}
