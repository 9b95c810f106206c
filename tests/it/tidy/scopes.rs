//! That nothing scoped is read without a scope, and where scopes come from.

use super::rules::{Finding, finding, paths_where};
use super::source::{Kind, PathAt, Source, Token};

/// Tables whose rows are one caller's to read and not another's.
pub const SCOPED_TABLES: [&str; 51] = [
    "pledges",
    "pledge_lines",
    "earmark_changes",
    "consignments",
    "legs",
    "leg_plans",
    "loads",
    "events",
    "postings",
    "reached_lines",
    "statements",
    "balances",
    "rollups",
    "waiting",
    "refusals",
    "dismissals",
    "approvals",
    "facts",
    "claims",
    "needs",
    "need_matches",
    "headcounts",
    "claim_changes",
    "persons",
    "attachments",
    "documents",
    "document_events",
    "document_attachments",
    "document_signatories",
    "number_series",
    "number_blocks",
    "verifications",
    "count_sheets",
    "count_lines",
    "exports",
    "webhooks",
    "mailings",
    "receipt_links",
    "consignment_terms",
    "load_limits",
    "handling_units",
    "unit_contents",
    "logger_files",
    "logger_contents",
    "logger_readings",
    "captures",
    "capture_contents",
    "captured_events",
    "import_jobs",
    "import_parts",
    "import_rows",
];
/// What a function takes that was made of a permit, or is its reach.
const SCOPES: [&str; 3] = ["Permit", "Scope", "Sight"];

/// A function that others may call and that reads a connection, where scoped tables are named, takes a permit or a scope.
/// In rooms that answer over HTTP those others may be files of the same room.
pub fn scoped_queries(source: &Source, answering: &[String], exceptions: &[(&str, &str)]) -> Vec<Finding> {
    let is_left = |key: &str| exceptions.iter().all(|(excused, _)| *excused != key);
    let found = unscoped_queries(source, answering).into_iter();
    found.filter(|(key, _)| is_left(key)).map(|(_, finding)| finding).collect()
}

/// The same without excuses, each by what an excuse would name it: all of them are found in one reading, and each excuse is
/// then compared with what was found.
pub fn unscoped_queries(source: &Source, answering: &[String]) -> Vec<(String, Finding)> {
    let Some(room) = source.room().filter(|room| !matches!(*room, "db" | "writer" | "audit" | "cli")) else {
        return Vec::new();
    };
    // Most files name none of the tables, which is seen without taking their text apart.
    if !SCOPED_TABLES.iter().any(|table| source.text.contains(table)) || !names_scoped_table(source) {
        return Vec::new();
    }
    let tokens = source.tokens();
    let answers = answering.iter().any(|one| one == room);
    let mut found = Vec::new();
    for (at, name) in functions_for_others(&tokens, answers) {
        let signature: Vec<&Token> = tokens[at..].iter().take_while(|token| !token.is("{")).collect();
        let reads =
            signature.windows(3).any(|three| three[0].is("&") && three[1].is("mut") && three[2].is("Conn"));
        let is_scoped = signature.iter().any(|token| SCOPES.iter().any(|scope| token.is(scope)));
        let key = format!("{}::{}", source.path, name.text);
        if reads && !is_scoped {
            let what = format!("`{}` reads scoped data and takes neither a Permit nor a Scope", name.text);
            found.push((key, finding(source, name.line, "queries have a scope", what)));
        }
    }
    found
}

/// The names of functions behind `pub`, with where they stand; of those behind `pub(…)` too, where they are asked for.
fn functions_for_others(tokens: &[Token], also_narrow: bool) -> Vec<(usize, &Token)> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].is("pub")) {
        let is_narrow = tokens.get(at + 1).is_some_and(|next| next.is("("));
        let words = if is_narrow {
            tokens[at..]
                .iter()
                .position(|token| token.is(")"))
                .map_or(tokens.len(), |closing| at + closing + 1)
        } else {
            at + 1
        };
        let is_async = tokens.get(words).is_some_and(|word| word.is("async"));
        let function = words + usize::from(is_async);
        if (!is_narrow || also_narrow) && tokens.get(function).is_some_and(|word| word.is("fn")) {
            found.extend(tokens.get(function + 1).map(|name| (at, name)));
        }
    }
    found
}

/// Only the policy says that somebody reaches everything; the command line is whoever has the database.
pub fn unbound_scopes(source: &Source, exceptions: &[(&str, &str)]) -> Vec<Finding> {
    let is_excused = exceptions.iter().any(|(excused, _)| *excused == source.path);
    if matches!(source.room(), Some("auth" | "cli")) || is_excused {
        return Vec::new();
    }
    let what = |_: &PathAt| "`Scope::everything` outside src/auth: take the scope of a permit".to_owned();
    paths_where(source, "scopes come from permits", |path| path.contains(&["Scope", "everything"]), what)
}

fn names_scoped_table(source: &Source) -> bool {
    let is_scoped = |word: &str| SCOPED_TABLES.contains(&word);
    let in_schema = source
        .paths()
        .iter()
        .any(|path| path.segments.windows(2).any(|two| two[0] == "schema" && is_scoped(&two[1])));
    let in_sql = source.tokens().iter().any(|token| {
        let words: Vec<&str> = token.text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let reads = words.windows(2).any(|two| ["FROM", "JOIN"].contains(&two[0]) && is_scoped(two[1]));
        token.kind == Kind::Text && reads
    });
    in_schema || in_sql
}
