//! What is tried once more where it fails: stories that wait for clocks, other processes or browsers, and they are there.

use std::path::Path;

/// The modules that the filter in front of `retries = 1` names; nothing where no such filter can be read.
fn tried_again(settings: &str) -> Vec<&str> {
    let before = settings.split_once("\nretries = 1").map_or("", |(before, _)| before);
    let filter = before.lines().next_back().unwrap_or_default();
    let names = filter.strip_prefix("filter = 'test(/^(").and_then(|rest| rest.strip_suffix(")::/)'"));
    names.map_or(Vec::new(), |names| names.split('|').collect())
}

/// Whether a module of the tests is there.
fn is_there(module: &str) -> bool {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let path = module.replace("::", "/");
    tests.join("it").join(&path).with_extension("rs").exists() || tests.join(&path).join("mod.rs").exists()
}

#[test]
fn only_what_waits_is_tried_once_more() {
    let settings = include_str!("../../../.config/nextest.toml");
    assert_eq!(settings.matches("\nretries = 1").count(), 1, "in one place, for stories that are named");
    assert!(settings.contains("\nretries = 0\n"), "everything else fails where it fails");
    let named = tried_again(settings);
    assert!(named.contains(&"browser") && !named.contains(&"properties"), "{named:?}");
    let missing: Vec<&&str> = named.iter().filter(|module| !is_there(module)).collect();
    assert!(missing.is_empty(), "there are no such modules of tests: {missing:?}");
}

#[test]
fn a_filter_that_is_not_read_or_names_what_is_not_there_is_noticed() {
    assert_eq!(
        tried_again("filter = 'test(/^(browser|log::gone)::/)'\nretries = 1\n"),
        ["browser", "log::gone"]
    );
    assert!(tried_again("retries = 1\n").is_empty() && tried_again("\nretries = 1\n").is_empty());
    assert!(tried_again("filter = 'all()'\nretries = 1\n").is_empty());
    assert!(is_there("browser") && is_there("log::doubt") && !is_there("log::gone"));
}
