//! The header of a room that has a table of its files names each of them, and none that is gone.

use std::collections::BTreeSet;

use super::rules::{Finding, finding};
use super::source::{Kind, Source};
use super::{caught, check_each};

/// The modules that a file declares.
fn declared(source: &Source) -> BTreeSet<String> {
    let tokens = source.tokens();
    let modules = tokens
        .windows(3)
        .filter(|three| three[0].is("mod") && three[1].kind == Kind::Word && three[2].is(";"));
    modules.map(|three| three[1].text.clone()).collect()
}

/// What the table of a header names: each word in backticks in the first cell of a row, but for files of other kinds.
fn named(header: &str) -> BTreeSet<String> {
    let cells = header.lines().filter_map(|line| line.strip_prefix("//! | `")?.split(" |").next());
    let words = cells.flat_map(|cell| cell.split('`').step_by(2));
    words.filter(|word| !word.contains(['.', '/']) && *word != "mod").map(str::to_owned).collect()
}

/// What is wrong with the table of files in a header, where there is one.
fn tables_of_files(source: &Source) -> Vec<Finding> {
    const HEAD: &str = "//! | file |";
    if !source.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    let Some(line) = source.text.lines().position(|line| line.starts_with(HEAD)) else { return Vec::new() };
    let (declared, named) = (declared(source), named(&source.text));
    let wrong = |what: String| finding(source, line + 1, "table of files", what);
    let missing =
        declared.difference(&named).map(|file| wrong(format!("`{file}` is not in the table of files")));
    let gone = named.difference(&declared);
    missing.chain(gone.map(|file| wrong(format!("`{file}` of the table of files is not there")))).collect()
}

#[test]
fn a_header_with_a_table_of_files_names_each_of_them() {
    check_each(tables_of_files);
}

#[test]
fn a_table_that_lacks_a_file_or_has_one_too_many_is_caught() {
    let header =
        "//! Goods.\n//!\n//! | file | what it is |\n//! |---|---|\n//! | `rules`, `store` | words |\n";
    let with = |modules: &str| caught(tables_of_files, "src/goods/mod.rs", &format!("{header}\n{modules}"));
    assert!(with("mod rules;\npub(super) mod store;\nuse a::b;").is_empty());
    assert_eq!(with("mod rules;\nmod store;\npub mod http;"), [3], "one is not named");
    assert_eq!(with("mod rules;"), [3], "one is gone");
    assert!(
        caught(tables_of_files, "src/goods/mod.rs", "//! Goods.\nmod rules;").is_empty(),
        "it has no table"
    );
}
