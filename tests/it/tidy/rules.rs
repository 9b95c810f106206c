//! The rules of the house, each from text to findings, so that each can be shown a broken text.

use std::fmt;

use super::source::{Kind, PathAt, Source, Token};

/// What is wrong, where, and what would be right.
#[derive(Debug)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: [{}] {}", self.path, self.line, self.rule, self.what)
    }
}

/// Files of more lines are two ideas.
pub const FILE_LINES_LIMIT: usize = 500;
/// Functions of more lines are counted, and their number may only fall.
pub const FUNCTION_LINES_LIMIT: usize = 60;

/// Handlers of more lines do more than translate.
pub const HANDLER_LINES_LIMIT: usize = 25;

/// Rooms where every quantity is an integer.
const INTEGER_ROOMS: [&str; 13] = [
    "ledger",
    "totals",
    "reconciliation",
    "pledges",
    "consignments",
    "items",
    "stock",
    "distributions",
    "needs",
    "gaps",
    "lots",
    "cold",
    "captures",
];
const CLOCK_AND_CHANCE: [&str; 10] = [
    "SystemTime",
    "Instant",
    "OsRng",
    "SysRng",
    "ThreadRng",
    "thread_rng",
    "now_v7",
    "now_v6",
    "now_v1",
    "new_v4",
];
const OUTSIDE_CRATES: [&str; 9] =
    ["diesel", "diesel_migrations", "tokio", "r2d2", "awc", "rand", "getrandom", "fastrand", "futures_util"];

/// The rooms in the order of lib.rs.
pub fn rooms_of(lib: &str) -> Vec<String> {
    let source = Source::new("src/lib.rs", lib);
    let tokens = source.tokens();
    tokens
        .windows(3)
        .filter(|three| three[0].is("mod") && three[1].kind == Kind::Word && three[2].is(";"))
        .map(|three| three[1].text.clone())
        .collect()
}

/// A room uses only rooms above it in lib.rs.
pub fn room_order(rooms: &[String], source: &Source) -> Vec<Finding> {
    let rule = "room order";
    let Some(room) = source.room() else { return Vec::new() };
    let place = |name: &str| rooms.iter().position(|known| known == name);
    let Some(here) = place(room) else {
        let what = format!("the room `{room}` is not in the list of src/lib.rs");
        return vec![finding(source, 1, rule, what)];
    };
    let mut found = Vec::new();
    for path in source.paths() {
        let Some(used) = used_from_root(&path, source.depth()) else { continue };
        if used == "*" {
            found.push(finding(
                source,
                path.line,
                rule,
                "`crate::*` hides which rooms are used: name them".into(),
            ));
        } else if place(used).is_some_and(|there| there > here) {
            let what = format!("`{room}` uses `{}`, but `{used}` is below it in src/lib.rs", path.shown());
            found.push(finding(source, path.line, rule, what));
        }
    }
    found
}

/// The first word behind the crate's root, for `crate::x`, `relief_ledger::x` and `super::super::x`.
fn used_from_root(path: &PathAt, depth: usize) -> Option<&str> {
    let behind = match path.segments.first()?.as_str() {
        "crate" | "relief_ledger" => 1,
        "super" => {
            let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
            if supers < depth {
                return None;
            }
            supers
        }
        _ => return None,
    };
    path.segments.get(behind).map(String::as_str)
}

/// `core`, `atlas` and every rules.rs know nothing of servers, databases, files, clocks and chance.
pub fn purity(source: &Source) -> Vec<Finding> {
    let pure = matches!(source.room(), Some("core" | "atlas"))
        || source.path.ends_with("/rules.rs")
        || source.path.contains("/rules/");
    if !pure {
        return Vec::new();
    }
    let impure = |path: &PathAt| {
        let first = path.segments[0].as_str();
        first.starts_with("actix")
            || OUTSIDE_CRATES.contains(&first)
            || ["fs", "env", "net", "process", "thread"].iter().any(|module| path.contains(&["std", module]))
            || (path.segments.len() > 1 && matches!(first, "fs" | "env"))
            || path.segments.iter().any(|segment| CLOCK_AND_CHANCE.contains(&segment.as_str()))
            || path.contains(&["Utc", "now"])
            || path.contains(&["Local", "now"])
    };
    let what = |path: &PathAt| {
        format!("`{}` in pure code: take the value as an argument, or move the code out", path.shown())
    };
    paths_where(source, "purity", impure, what)
}

/// Only `db` and `writer` know that there are two databases.
pub fn two_databases(source: &Source) -> Vec<Finding> {
    if matches!(source.room(), Some("db" | "writer")) {
        return Vec::new();
    }
    let names_one = |path: &PathAt| {
        path.segments.iter().any(|segment| {
            matches!(segment.as_str(), "SqliteConnection" | "PgConnection" | "MultiConnection")
        }) || path.contains(&["diesel", "pg"])
            || path.contains(&["diesel", "sqlite"])
            || path.segments.windows(2).any(|pair| pair[0] == "Conn" && starts_upper(&pair[1]))
    };
    let what = |path: &PathAt| {
        format!("`{}` outside src/db and src/writer: ask `db` for what you need", path.shown())
    };
    paths_where(source, "two databases", names_one, what)
}

/// Forms of administrators on which one of all roles is chosen: who goes through them names none.
const OFFERING_ROLES: [&str; 2] = ["src/pages/admin/people.rs", "src/pages/admin/keys.rs"];

/// Only `auth` names roles; the command line may, where it makes users and the demo.
pub fn role_names(source: &Source) -> Vec<Finding> {
    if matches!(source.room(), Some("auth" | "cli")) {
        return Vec::new();
    }
    let offers_all = OFFERING_ROLES.contains(&source.path.as_str());
    let is_named = |name: &str| (starts_upper(name) || name == "*") && !(offers_all && name == "ALL");
    let names_role =
        |path: &PathAt| path.segments.windows(2).any(|pair| pair[0] == "Role" && is_named(&pair[1]));
    let what = |path: &PathAt| {
        format!("`{}` outside src/auth: ask the policy for an action, not for a role", path.shown())
    };
    paths_where(source, "role names", names_role, what)
}

/// No floats where goods are counted.
pub fn no_floats(source: &Source) -> Vec<Finding> {
    let integers = source.path == "src/core/quantity.rs"
        || source.room().is_some_and(|room| INTEGER_ROOMS.contains(&room));
    if !integers {
        return Vec::new();
    }
    let float = |path: &PathAt| {
        path.segments
            .iter()
            .any(|segment| matches!(segment.as_str(), "f32" | "f64" | "Double" | "Float" | "Float8"))
    };
    let what = |path: &PathAt| {
        format!("`{}` where goods are counted: use integers or exact rationals", path.shown())
    };
    paths_where(source, "no floats", float, what)
}

/// What ends the process, excuses a lint silently, or prints past the log.
pub fn forbidden_words(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let prints = matches!(source.room(), Some("cli")) || source.path == "src/main.rs";
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows = |text: &str| tokens.get(at + 1).is_some_and(|next| next.is(text));
        let method = at > 0 && (tokens[at - 1].is(".") || tokens[at - 1].is("::"));
        let what = match token.text.as_str() {
            _ if token.kind != Kind::Word => continue,
            "todo" | "unimplemented" | "panic" | "dbg" if follows("!") => {
                format!("`{}!` stops a server: return an error", token.text)
            }
            "unwrap" | "expect" if method => {
                format!("`.{}` stops a server: use `?`, `let … else` or a default", token.text)
            }
            "println" | "eprintln" | "print" | "eprint" if follows("!") && !prints => {
                format!("`{}!` outside src/cli: use tracing", token.text)
            }
            "allow" if follows("(") && in_attribute(&tokens, at) => {
                "`#[allow]` outlives its reason: use `#[expect(…, reason = \"…\")]`".to_owned()
            }
            _ => continue,
        };
        found.push(finding(source, token.line, "forbidden words", what));
    }
    found
}

/// Whether the token stands in `#[…]` or `#![…]`: looks back to the bracket that opened it.
fn in_attribute(tokens: &[Token], at: usize) -> bool {
    let mut depth = 0;
    for back in (0..at).rev() {
        if tokens[back].is("]") {
            depth += 1;
        } else if tokens[back].is("[") && depth > 0 {
            depth -= 1;
        } else if tokens[back].is("[") {
            return back > 0 && (tokens[back - 1].is("#") || tokens[back - 1].is("!"));
        } else if tokens[back].is(";") {
            return false;
        }
    }
    false
}

/// Pages are by key: an offset skips and repeats rows, and costs what it skips.
pub fn no_offset(source: &Source) -> Vec<Finding> {
    let rule = "no OFFSET";
    let mut found = Vec::new();
    if source.path.ends_with(".sql") {
        for (index, line) in source.text.lines().enumerate() {
            let code = line.split("--").next().unwrap_or_default();
            if says_offset(&code.to_uppercase()) {
                found.push(finding(source, index + 1, rule, "page by key, not by OFFSET".into()));
            }
        }
        return found;
    }
    let tokens = source.tokens();
    for (at, token) in tokens.iter().enumerate() {
        let in_sql =
            token.kind == Kind::Text && (says_offset(&token.text) || offset_of_parameter(&token.text));
        let query_method = token.is("offset")
            && at > 0
            && tokens[at - 1].is(".")
            && source.text.contains("diesel")
            && tokens.get(at + 1).is_some_and(|next| next.is("("));
        if in_sql || query_method {
            found.push(finding(source, token.line, rule, "page by key, not by OFFSET".into()));
        }
    }
    found
}

fn says_offset(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "OFFSET")
}

/// `limit ? offset ?` in lower case; "the offset must be …" in a message is no SQL.
fn offset_of_parameter(text: &str) -> bool {
    text.split("offset ").skip(1).any(|behind| {
        behind.starts_with(['?', '$', '{', ':']) || behind.starts_with(|c: char| c.is_ascii_digit())
    })
}

pub fn file_length(source: &Source, exceptions: &[&str]) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= FILE_LINES_LIMIT || exceptions.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let what = format!("{lines} lines, the limit is {FILE_LINES_LIMIT}: this is two ideas, split it");
    vec![finding(source, lines, "file length", what)]
}

/// Functions longer than the limit, from the line of `fn` to its closing brace.
pub fn long_functions(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let named = tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Word);
        if !tokens[at].is("fn") || !named {
            continue;
        }
        let Some(end) = end_of_function(&tokens, at) else { continue };
        let lines = tokens[end].line - tokens[at].line + 1;
        if lines > FUNCTION_LINES_LIMIT {
            let what =
                format!("`{}` has {lines} lines, more than {FUNCTION_LINES_LIMIT}", tokens[at + 1].text);
            found.push(finding(source, tokens[at].line, "function length", what));
        }
    }
    found
}

/// Handlers, which are told by their route, longer than theirs.
pub fn long_handlers(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    for (at, words) in tokens.windows(4).enumerate() {
        if !["utoipa", "::", "path", "("].iter().zip(words).all(|(word, token)| token.is(word)) {
            continue;
        }
        let Some(start) = (at..tokens.len()).find(|index| tokens[*index].is("fn")) else { continue };
        let Some(end) = end_of_function(&tokens, start) else { continue };
        let lines = tokens[end].line - tokens[start].line + 1;
        if lines > HANDLER_LINES_LIMIT {
            let name = &tokens[start + 1].text;
            let what = format!(
                "the handler `{name}` has {lines} lines, more than {HANDLER_LINES_LIMIT}: it translates; what it \
                 decides or puts together has a function of its own"
            );
            found.push(finding(source, tokens[start].line, "handler length", what));
        }
    }
    found
}

/// The closing brace of the function at `at`; none for one without a body.
fn end_of_function(tokens: &[Token], at: usize) -> Option<usize> {
    let (mut depth, mut nested) = (0usize, 0usize);
    for (index, token) in tokens.iter().enumerate().skip(at) {
        if token.is("(") || token.is("[") {
            nested += 1;
        } else if token.is(")") || token.is("]") {
            nested = nested.saturating_sub(1);
        } else if token.is(";") && depth == 0 && nested == 0 {
            return None;
        } else if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(index);
            }
        }
    }
    None
}

/// Both databases have the same migrations, each with an up and a down.
pub fn migrations_match(sqlite: &[String], postgres: &[String]) -> Vec<Finding> {
    let missing = |here: &'static str, have: &[String], there: &str, want: &[String]| -> Vec<Finding> {
        let lacks = want.iter().filter(|name| !have.contains(name));
        lacks
            .map(|name| Finding {
                path: format!("migrations/{here}/{name}"),
                line: 1,
                rule: "migrations match",
                what: format!("is missing: migrations/{there}/{name} has no twin"),
            })
            .collect()
    };
    let mut found = missing("sqlite", sqlite, "postgres", postgres);
    found.extend(missing("postgres", postgres, "sqlite", sqlite));
    for name in sqlite.iter().filter(|name| name.ends_with("/up.sql")) {
        let down = name.replace("/up.sql", "/down.sql");
        if !sqlite.contains(&down) {
            let what = format!("is missing: {name} cannot be undone");
            found.push(Finding {
                path: format!("migrations/sqlite/{down}"),
                line: 1,
                rule: "migrations match",
                what,
            });
        }
    }
    found
}

/// Every dependency of the table is named by some file.
pub fn dependencies_used(
    manifest: &str,
    table: &str,
    sources: &[Source],
    exceptions: &[(&str, &str)],
) -> Vec<Finding> {
    let parsed: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let names =
        parsed.get(table).and_then(toml::Value::as_table).map(|found| found.keys().cloned().collect());
    let names: Vec<String> = names.unwrap_or_default();
    let words: std::collections::HashSet<String> = sources
        .iter()
        .flat_map(Source::tokens)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text)
        .collect();
    let unused = names.into_iter().filter(|name| {
        !words.contains(&name.replace('-', "_")) && !exceptions.iter().any(|(excused, _)| excused == name)
    });
    unused
        .map(|name| {
            let line = manifest.lines().position(|line| line.starts_with(&name)).map_or(1, |index| index + 1);
            let what = format!("no file names `{name}`: remove it from [{table}]");
            Finding { path: "Cargo.toml".to_owned(), line, rule: "dependencies are used", what }
        })
        .collect()
}

fn starts_upper(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

pub fn finding(source: &Source, line: usize, rule: &'static str, what: String) -> Finding {
    Finding { path: source.path.clone(), line, rule, what }
}

pub fn paths_where(
    source: &Source,
    rule: &'static str,
    bad: impl Fn(&PathAt) -> bool,
    what: impl Fn(&PathAt) -> String,
) -> Vec<Finding> {
    source
        .paths()
        .iter()
        .filter(|path| bad(path))
        .map(|path| finding(source, path.line, rule, what(path)))
        .collect()
}
