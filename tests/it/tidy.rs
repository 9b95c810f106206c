//! Keeps the drawing of the house true: reads `src/` as text and checks the rules of ARCHITECTURE.md.
//!
//! Each rule comes twice: on the house, and on a small broken text that it must catch. A rule that finds
//! nothing anywhere guards nothing.

mod again;
mod headers;
pub mod rules;
pub mod scopes;
mod source;
mod unscoped;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use self::rules::Finding;
use self::source::Source;
use self::unscoped::UNSCOPED;

/// Files that may be longer than the limit, each with its reason. None has one.
const LONG_FILES: [&str; 0] = [];

/// How many functions are longer than the limit. It may only fall: who shortens one lowers it.
const LONG_FUNCTIONS: usize = 0;

/// Dependencies that no file names, each with its reason.
const UNNAMED_DEPENDENCIES: [(&str, &str); 2] = [
    ("libsqlite3-sys", "its feature puts SQLite into the build"),
    ("pq-sys", "its feature puts libpq into the build"),
];

/// What the rule about unused dependencies passes over.
fn excused() -> Vec<(&'static str, &'static str)> {
    UNNAMED_DEPENDENCIES.to_vec()
}

/// Files that make a scope of everything although they are neither the policy nor the command line, each with its reason.
const EVERYTHING: [(&str, &str); 5] = [
    ("src/exchange/sheets/state.rs", "the command line imports as whoever has the database"),
    (
        "src/highlights/store.rs",
        "that somebody published the programme is the permission, and nothing of others is asked",
    ),
    (
        "src/reach/linked.rs",
        "the private link is the permission, and no goods but those of its pledge are asked about",
    ),
    (
        "src/people/http.rs",
        "who was recorded under an identifier before is asked wherever they are, or it would be two people's",
    ),
    ("src/exchange/demo/decided.rs", "it says in words how far somebody made up reached"),
];

/// The rooms that answer over HTTP.
fn answering(sources: &[Source]) -> Vec<String> {
    let answers =
        |source: &&Source| source.path.split('/').nth(2).is_some_and(|file| file.starts_with("http"));
    sources.iter().filter(answers).filter_map(Source::room).map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder of the repository with this ending; none when the folder is missing.
fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), ending, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let name =
                path.strip_prefix(root()).expect("the file is below the root").to_string_lossy().into_owned();
            Source { path: name, text }
        })
        .collect()
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn check(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "the house is not tidy:\n{}\n", lines.join("\n"));
}

fn check_each(rule: impl Fn(&Source) -> Vec<Finding>) {
    let sources = files("src", ".rs");
    assert!(sources.len() > 20, "src/ was not found");
    check(&sources.iter().flat_map(rule).collect::<Vec<_>>());
}

/// The findings of a rule on one text, as `line: what` with the message cut to what names the culprit.
fn caught(rule: impl Fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
    rule(&Source::new(path, text)).iter().map(|finding| finding.line).collect()
}

fn rooms() -> Vec<String> {
    let rooms =
        rules::rooms_of(&std::fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs is readable"));
    assert_eq!(rooms.first().map(String::as_str), Some("core"), "lib.rs lists the rooms, core first");
    rooms
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let rooms = rooms();
    check_each(|source| rules::room_order(&rooms, source));
}

#[test]
fn a_room_that_looks_down_is_caught() {
    let rooms =
        rules::rooms_of("/// a\npub mod core;\npub mod db;\nmod pledges;\n// pub mod ghost;\npub mod app;");
    assert_eq!(rooms, ["core", "db", "pledges", "app"]);
    let order = |source: &Source| rules::room_order(&rooms, source);
    for broken in [
        "use crate::app;",
        "use crate::{core::id, app::Config};",
        "use crate::{core::{id, time}, pledges, app};",
        "fn x() { crate::app::start() }",
        "use super::app;",
        "macro_rules! m { () => { $crate::app::start() } }",
        "use crate::*;",
    ] {
        assert_eq!(caught(order, "src/pledges/mod.rs", broken), [1], "{broken}");
    }
    assert_eq!(caught(order, "src/pledges/store.rs", "\n\nuse super::super::app;"), [3]);
    assert_eq!(caught(order, "src/pledges/offers/store.rs", "use super::super::super::app;"), [1]);
    assert_eq!(caught(order, "src/cellar/mod.rs", ""), [1], "a room that lib.rs does not list");
    for sound in [
        "use crate::{core::id, db};\nuse super::core;",
        "// crate::app\n/* crate::app */ fn x() -> &'static str { \"crate::app\" }",
        "use crate::pledges::rules; pub(crate) fn app() { self::app() }",
        "use app::crate_name;",
    ] {
        assert!(caught(order, "src/pledges/mod.rs", sound).is_empty(), "{sound}");
    }
    assert!(caught(order, "src/pledges/store.rs", "use super::app;").is_empty(), "a neighbour in the room");
    assert!(caught(order, "src/lib.rs", "pub mod app; use crate::app;").is_empty(), "the map itself");
}

#[test]
fn pure_code_names_no_server_database_file_clock_or_chance() {
    check_each(rules::purity);
}

#[test]
fn impure_rules_are_caught() {
    for broken in [
        "use actix_web::web;",
        "use diesel::prelude::*;",
        "#[derive(diesel::Queryable)] struct A;",
        "tokio::spawn(x)",
        "use std::{fmt, fs::File};",
        "std::env::var(\"X\")",
        "fs::read(path)",
        "use std::time::{Duration, SystemTime};",
        "Instant::now()",
        "chrono::Utc::now()",
        "rand::rng()",
        "Uuid::now_v7()",
    ] {
        for path in ["src/core/id.rs", "src/atlas/mod.rs", "src/pledges/rules.rs"] {
            assert_eq!(caught(rules::purity, path, broken), [1], "{path}: {broken}");
        }
        assert!(caught(rules::purity, "src/pledges/store.rs", broken).is_empty());
    }
    let sound = "// std::fs\nuse std::{fmt, time::Duration}; const A: &str = env!(\"X\"); let env = include_str!(\"a\");";
    assert!(caught(rules::purity, "src/core/id.rs", sound).is_empty());
}

#[test]
fn only_db_and_writer_know_there_are_two_databases() {
    check_each(rules::two_databases);
}

#[test]
fn a_store_that_asks_which_database_it_has_is_caught() {
    for broken in [
        "match conn { Conn::Sqlite(c) => 1 }",
        "use crate::db::Conn::{Postgres, Sqlite};",
        "fn a(c: &mut PgConnection) {}",
        "use diesel::sqlite::Sqlite;",
    ] {
        assert!(!caught(rules::two_databases, "src/pledges/store.rs", broken).is_empty(), "{broken}");
        assert!(caught(rules::two_databases, "src/db/mod.rs", broken).is_empty());
        assert!(caught(rules::two_databases, "src/writer/batch.rs", broken).is_empty());
    }
    assert!(
        caught(rules::two_databases, "src/pledges/store.rs", "fn a(c: &mut Conn) { Conn::read(c) }")
            .is_empty()
    );
}

#[test]
fn only_auth_and_the_command_line_name_roles() {
    check_each(rules::role_names);
}

#[test]
fn a_handler_that_asks_for_a_role_is_caught() {
    for broken in [
        "if user.role == Role::Officer {}",
        "use crate::auth::Role::*;",
        "use auth::Role::{Admin as A};",
        "if user.role == Role::ALL[4] {}",
    ] {
        assert_eq!(caught(rules::role_names, "src/pledges/http.rs", broken), [1], "{broken}");
        assert!(caught(rules::role_names, "src/auth/policy.rs", broken).is_empty());
    }
    assert!(caught(rules::role_names, "src/pledges/http.rs", "Role::parse(\"officer\")").is_empty());
    let form = "src/pages/admin/people.rs";
    assert!(caught(rules::role_names, form, "Role::ALL.map(choice)").is_empty(), "a form offers all of them");
    assert_eq!(caught(rules::role_names, form, "if role == Role::Officer {}"), [1], "and names none");
}

#[test]
fn goods_are_counted_in_integers() {
    check_each(rules::no_floats);
}

#[test]
fn a_float_in_the_ledger_is_caught() {
    for broken in ["fn a(x: f64) {}", "let a = quantity as f32;", "sql_type = diesel::sql_types::Double"] {
        for path in ["src/ledger/mod.rs", "src/totals/store.rs", "src/core/quantity.rs"] {
            assert_eq!(caught(rules::no_floats, path, broken), [1], "{path}: {broken}");
        }
        assert!(caught(rules::no_floats, "src/atlas/geodesic.rs", broken).is_empty());
    }
}

#[test]
fn nothing_in_src_stops_the_server_or_excuses_itself_silently() {
    check_each(rules::forbidden_words);
}

#[test]
fn words_that_stop_the_server_are_caught() {
    for broken in [
        "a.unwrap();",
        "a\n.expect(\"b\");",
        "map(Option::unwrap)",
        "todo!()",
        "unimplemented!()",
        "panic!(\"x\")",
        "println!(\"x\")",
        "#[allow(dead_code)] fn a() {}",
        "#![allow(unused)]",
        "#[cfg_attr(test, allow(unused))] fn a() {}",
    ] {
        assert_eq!(caught(rules::forbidden_words, "src/pledges/http.rs", broken).len(), 1, "{broken}");
    }
    for sound in [
        "a.unwrap_or(0); // .unwrap()",
        "/// `a.unwrap()` and `panic!`\n#[expect(dead_code, reason = \"x\")] fn expect() {}",
        "fn allow(a: u8) {} let x = [allow(1)]; const T: &str = \"todo!\";",
        "fn unwrap<'a>(c: char) -> bool { c == '\"' } // .expect(",
        "let a = r#\"a \" .unwrap() \"#;",
    ] {
        assert!(caught(rules::forbidden_words, "src/pledges/http.rs", sound).is_empty(), "{sound}");
    }
    assert!(caught(rules::forbidden_words, "src/cli/demo.rs", "println!(\"x\")").is_empty());
}

#[test]
fn pages_are_by_key() {
    check_each(rules::no_offset);
    check(&files("migrations", ".sql").iter().flat_map(rules::no_offset).collect::<Vec<_>>());
}

#[test]
fn an_offset_is_caught() {
    for broken in [
        "sql_query(\"SELECT 1 LIMIT 5 OFFSET 10\")",
        "let a = \"select 1 limit ? offset ?\";",
        "use diesel::prelude::*; fn a() { t.limit(5).offset(10) }",
    ] {
        assert_eq!(caught(rules::no_offset, "src/pledges/store.rs", broken), [1], "{broken}");
    }
    assert_eq!(
        caught(rules::no_offset, "migrations/sqlite/0001_a/up.sql", "-- offset\nselect 1 offset 2;"),
        [2]
    );
    for sound in ["\"the offset of the time zone\"", "let offset = at.offset();", "// OFFSET"] {
        assert!(caught(rules::no_offset, "src/pledges/store.rs", sound).is_empty(), "{sound}");
    }
}

#[test]
fn no_file_is_two_ideas() {
    check_each(|source| rules::file_length(source, &LONG_FILES));
}

#[test]
fn a_long_file_is_caught() {
    let long = "x\n".repeat(rules::FILE_LINES_LIMIT + 1);
    assert_eq!(caught(|source| rules::file_length(source, &[]), "src/a/mod.rs", &long).len(), 1);
    assert!(caught(|source| rules::file_length(source, &["src/a/mod.rs"]), "src/a/mod.rs", &long).is_empty());
    assert!(caught(|source| rules::file_length(source, &[]), "src/a/mod.rs", &long[2..]).is_empty());
}

#[test]
fn long_functions_only_become_fewer() {
    let found: Vec<Finding> = files("src", ".rs").iter().flat_map(rules::long_functions).collect();
    if found.len() > LONG_FUNCTIONS {
        check(&found);
    }
    assert_eq!(found.len(), LONG_FUNCTIONS, "fewer than before: lower LONG_FUNCTIONS to {}", found.len());
}

#[test]
fn a_long_function_is_caught() {
    let body = "    let _ = [0; 3];\n".repeat(rules::FUNCTION_LINES_LIMIT - 1);
    let long = format!("trait A {{ fn short(&self, a: [u8; 3]); }}\n\nfn long() {{\n{body}}}\n");
    assert_eq!(caught(rules::long_functions, "src/a/mod.rs", &long), [3]);
    let fits = format!("fn fits() {{\n{}}}\nfn next() {{}}", &body["    let _ = [0; 3];\n".len()..]);
    assert!(caught(rules::long_functions, "src/a/mod.rs", &fits).is_empty());
}

#[test]
fn handlers_translate_only() {
    check_each(rules::long_handlers);
}

#[test]
fn a_long_handler_is_caught() {
    let lines = "    let _ = 1;\n".repeat(rules::HANDLER_LINES_LIMIT - 1);
    let handler = |lines: &str| {
        format!(
            "#[utoipa::path(get, path = \"/a\",\n    params((\"id\" = String, Path)))]\npub async fn a() {{\n{lines}}}\n"
        )
    };
    assert_eq!(caught(rules::long_handlers, "src/a/http.rs", &handler(&lines)), [3]);
    let fits = &lines["    let _ = 1;\n".len()..];
    assert!(caught(rules::long_handlers, "src/a/http.rs", &handler(fits)).is_empty());
    let no_handler = format!("use utoipa::path;\nfn a() {{\n{lines}}}\n");
    assert!(caught(rules::long_handlers, "src/a/http.rs", &no_handler).is_empty(), "that is another rule's");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        let prefix = format!("{folder}/");
        files(folder, ".sql").into_iter().map(|file| file.path.replacen(&prefix, "", 1)).collect()
    };
    check(&rules::migrations_match(&names("migrations/sqlite"), &names("migrations/postgres")));
}

#[test]
fn a_migration_without_its_twin_is_caught() {
    let both = ["0001_a/up.sql", "0001_a/down.sql"].map(String::from);
    assert!(rules::migrations_match(&both, &both).is_empty());
    let renamed = ["0001_b/up.sql", "0001_b/down.sql"].map(String::from);
    assert_eq!(rules::migrations_match(&both, &renamed).len(), 4);
    assert_eq!(rules::migrations_match(&both[..1], &both[..1]).len(), 1, "no way back");
}

#[test]
fn every_dependency_is_used() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml is readable");
    let mut sources = files("src", ".rs");
    let mut found = rules::dependencies_used(&manifest, "dependencies", &sources, &excused());
    sources.extend(files("tests", ".rs"));
    sources.extend(files("benches", ".rs"));
    found.extend(rules::dependencies_used(&manifest, "dev-dependencies", &sources, &excused()));
    check(&found);
}

#[test]
fn an_unused_dependency_is_caught() {
    let manifest = "[dependencies]\nserde = \"1\"\nleft-pad = \"1\"\npq-sys = \"1\"\n";
    let uses = |text: &str| [Source::new("src/a/mod.rs", text)];
    let run =
        |text: &str| rules::dependencies_used(manifest, "dependencies", &uses(text), &UNNAMED_DEPENDENCIES);
    let found = run("use serde::Serialize; // left_pad");
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "Cargo.toml:3: [dependencies are used] no file names `left-pad`: remove it from [dependencies]"
    );
    assert!(run("use {serde, left_pad};").is_empty());
}

#[test]
fn no_query_is_without_its_scope() {
    let sources = files("src", ".rs");
    let rooms = answering(&sources);
    assert!(rooms.len() > 15, "{rooms:?}");
    let mut excused: HashMap<String, usize> = HashMap::new();
    let mut left = Vec::new();
    for (key, finding) in sources.iter().flat_map(|source| scopes::unscoped_queries(source, &rooms)) {
        if UNSCOPED.iter().any(|(excused, _)| *excused == key) {
            *excused.entry(key).or_default() += 1;
        } else {
            left.push(finding);
        }
    }
    check(&left);
    // Without its excuse exactly one function would be found.
    let is_needless = |key: &&str| excused.get(*key) != Some(&1);
    let needless: Vec<_> = UNSCOPED.iter().map(|(key, _)| *key).filter(is_needless).collect();
    assert!(needless.is_empty(), "{needless:?} need no excuse");
}

#[test]
fn scopes_come_from_permits() {
    check_each(|source| scopes::unbound_scopes(source, &EVERYTHING));
    let sources = files("src", ".rs");
    for (excused, _) in EVERYTHING {
        let found = sources.iter().filter(|source| source.path == excused);
        let found: Vec<Finding> = found.flat_map(|source| scopes::unbound_scopes(source, &[])).collect();
        assert!(!found.is_empty(), "{excused} needs no excuse");
    }
}

#[test]
fn a_scope_of_everything_is_caught() {
    let rule = |source: &Source| scopes::unbound_scopes(source, &[("src/people/http.rs", "a reason")]);
    for broken in ["find(conn, &Scope::everything(), id)", "use crate::auth; auth::Scope::everything()"] {
        assert_eq!(caught(rule, "src/loads/read.rs", broken), [1], "{broken}");
        for allowed in ["src/auth/policy.rs", "src/cli/totals.rs", "src/people/http.rs"] {
            assert!(caught(rule, allowed, broken).is_empty(), "{allowed}: {broken}");
        }
    }
    assert!(
        caught(rule, "src/loads/read.rs", "find(conn, permit.scope(), id) // Scope::everything()").is_empty()
    );
}

#[test]
fn a_query_without_its_scope_is_caught() {
    let rooms = ["loads".to_owned()];
    let excused = [("src/loads/read.rs::excused", "a reason")];
    let rule = |source: &Source| scopes::scoped_queries(source, &rooms, &excused);
    let schema = "use crate::db::schema::{loads, sites};\n";
    for broken in [
        "pub fn load_list(conn: &mut Conn, limit: i64) -> Outcome<Vec<Load>> { loads::table.load(conn) }",
        "pub fn load_read(conn: &mut Conn, id: LoadId) -> Outcome<Load>\nwhere A: B { loads::table.find(id) }",
        "pub(super) fn load_list(conn: &mut Conn) {}",
        "pub(crate) fn load_list(conn: &mut Conn) {}",
        "pub(in crate::loads) async fn load_list(conn: &mut Conn) {}",
    ] {
        assert_eq!(caught(rule, "src/loads/read.rs", &format!("{schema}{broken}")), [2], "{broken}");
        assert!(caught(rule, "src/loads/read.rs", broken).is_empty(), "no scoped table is named");
        assert!(caught(rule, "src/writer/batch.rs", &format!("{schema}{broken}")).is_empty());
    }
    let raw = "pub fn sums(conn: &mut Conn) { sql_query(\"SELECT 1 FROM balances WHERE 1\") }";
    assert_eq!(caught(rule, "src/stock/store.rs", raw), [1]);
    for sound in [
        "pub fn load_list(conn: &mut Conn, permit: &Permit<action::LoadRead>) {}",
        "pub fn load_list(conn: &mut Conn, scope: &Scope) {}",
        "pub(super) fn load_list(conn: &mut Conn, scope: &Scope) {}",
        "fn load_list(conn: &mut Conn) {}",
        "pub fn excused(conn: &mut Conn) {}",
        "pub fn rule(desk: &mut Desk) {}",
    ] {
        assert!(caught(rule, "src/loads/read.rs", &format!("{schema}{sound}")).is_empty(), "{sound}");
    }
    let within = format!("{schema}pub(super) fn load_list(conn: &mut Conn) {{}}");
    assert!(caught(rule, "src/ledger/load.rs", &within).is_empty(), "a room that answers nobody");
}
