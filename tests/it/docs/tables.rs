//! Tables and sections of a page, and what the code says a kind of event takes.

use std::collections::BTreeSet;

use relief_ledger::events::Command;
use serde_json::json;

/// An identifier as clients make them.
const ID: &str = "01900000-0000-7000-8000-000000000001";
/// Members every event has.
const COMMON: [&str; 4] = ["id", "kind", "occurred_at", "precision"];

/// The cells of every row of every table, without headings.
pub fn rows_of(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.lines().filter_map(cells)
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<String> = inside.split('|').map(|cell| cell.trim().to_owned()).collect();
    if cells.iter().all(|cell| cell.chars().all(|letter| letter == '-')) { None } else { Some(cells) }
}

/// The rows of the first table after a line, without its heading.
pub fn table_after(text: &str, line: &str) -> Vec<Vec<String>> {
    let rest = text.lines().skip_while(|one| *one != line).skip(1).skip_while(|one| !one.starts_with('|'));
    rest.take_while(|one| one.starts_with('|')).filter_map(cells).skip(1).collect()
}

/// A section with everything below its heading, up to the next of the same level.
pub fn section(text: &str, heading: &str) -> String {
    let level = format!("{} ", heading.split(' ').next().unwrap());
    let rest = text.lines().skip_while(|line| *line != heading).skip(1);
    rest.take_while(|line| !line.starts_with(&level)).collect::<Vec<_>>().join("\n")
}

/// `kind.member` for every heading that names kinds and every row below it.
pub fn members_of_kinds(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut kinds: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            kinds = heading.split(", ").map(|kind| kind.trim_matches('`').to_owned()).collect();
            continue;
        }
        let Some(member) = cells(line).and_then(|cells| cells.first().cloned()) else { continue };
        if let Some(member) = member.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            found.extend(kinds.iter().map(|kind| format!("{kind}.{member}")));
        }
    }
    found
}

/// The members a kind takes, out of its own refusal of one it does not take.
pub fn real_members(kind: &str) -> Vec<String> {
    let event = json!({"id": ID, "kind": kind, "occurred_at": "2020-08-06", "zzz": 1});
    let refusal = Command::read(event).expect_err("no kind takes zzz").detail;
    let known = refusal.split_once("expected").expect("the refusal says what is known").1;
    let members: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(
        !members.is_empty() && !members.iter().any(|member| COMMON.contains(&member.as_str())),
        "{refusal}"
    );
    members.into_iter().map(|member| format!("{kind}.{member}")).collect()
}
