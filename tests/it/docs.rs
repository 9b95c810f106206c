//! Keeps the documentation equal to the code: commands, routes and who may call them, kinds of event and their
//! members, bodies and problem codes. Each check is also shown a broken text that it must catch.

mod commands;
mod jobs;
mod tables;

use std::collections::BTreeSet;
use std::path::Path;

use relief_ledger::app;
use relief_ledger::auth::POLICY;
use relief_ledger::core::problem::{Code, Fault};
use relief_ledger::events::Kind;
use relief_ledger::web::Access;

use self::commands::{curl_faults, help, relief_faults, shell_commands};
use self::tables::{members_of_kinds, rows_of, section, table_after};

/// Every page with commands in it.
const PAGES: [&str; 9] = [
    "README.md",
    "docs/api.md",
    "docs/officer.md",
    "docs/donor.md",
    "docs/auditor.md",
    "docs/verifier/FORMAT.md",
    "docs/operations.md",
    "docs/import.md",
    "CONTRIBUTING.md",
];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in one and not in the other, in words.
fn differences(documented: &BTreeSet<String>, real: &BTreeSet<String>) -> Vec<String> {
    let more = documented.difference(real).map(|one| format!("only documented: {one}"));
    let less = real.difference(documented).map(|one| format!("not documented: {one}"));
    more.chain(less).collect()
}

/// Method, path and who may, as the code says it.
fn real_routes() -> BTreeSet<String> {
    let routes = app::routes();
    let document = app::openapi();
    let mut found = BTreeSet::new();
    for (method, path, access) in routes.declared() {
        let method = method.as_str();
        if !document["paths"][path][method.to_lowercase()].is_object() {
            continue;
        }
        let who = match access {
            Access::Public => "everyone".to_owned(),
            Access::Throttled(_) => "everyone, slowed down".to_owned(),
            Access::Action(action) | Access::Page(action) => {
                let roles = POLICY.iter().filter(|rule| rule.action == action).map(|rule| rule.role.word());
                roles.collect::<Vec<_>>().join(", ")
            }
        };
        found.insert(format!("{method} {path}: {who}"));
    }
    found
}

fn documented_routes(text: &str) -> BTreeSet<String> {
    let routes = rows_of(text).filter_map(|cells| match cells.as_slice() {
        [method, path, who, _] if path.starts_with("`/") => {
            Some(format!("{} {}: {who}", method.trim_matches('`'), path.trim_matches('`')))
        }
        _ => None,
    });
    routes.collect()
}

#[test]
fn every_route_is_in_the_guide_with_who_may_call_it() {
    let real = real_routes();
    let text = page("docs/api.md");
    assert_eq!(differences(&documented_routes(&text), &real), Vec::<String>::new());

    let broken = text.replace("`/api/v1/loads` | officer |", "`/api/v1/lads` | officer |").replacen(
        "`/api/v1/totals` | officer, ",
        "`/api/v1/totals` | ",
        1,
    );
    assert_eq!(
        differences(&documented_routes(&broken), &real),
        [
            "only documented: GET /api/v1/totals: donor, auditor, manager",
            "only documented: POST /api/v1/lads: officer",
            "not documented: GET /api/v1/totals: officer, donor, auditor, manager",
            "not documented: POST /api/v1/loads: officer",
        ]
    );
}

fn documented_codes(text: &str) -> BTreeSet<String> {
    let rows = table_after(text, "## Problems");
    rows.iter().map(|cells| format!("{} {}", cells[0].trim_matches('`'), cells[1])).collect()
}

#[test]
fn every_problem_code_is_in_the_guide_with_its_status() {
    let real: BTreeSet<String> =
        Code::ALL.iter().map(|code| format!("{} {}", code.word(), code.status())).collect();
    let text = page("docs/api.md");
    assert_eq!(differences(&documented_codes(&text), &real), Vec::<String>::new());

    let broken = text.replace("| `insufficient` | 409 |", "| `insufficient` | 422 |");
    assert_eq!(
        differences(&documented_codes(&broken), &real),
        ["only documented: insufficient 422", "not documented: insufficient 409"]
    );
}

fn documented_faults(text: &str) -> BTreeSet<String> {
    table_after(text, "### Fields").iter().map(|cells| cells[0].trim_matches('`').to_owned()).collect()
}

#[test]
fn every_code_of_a_field_is_in_the_guide() {
    let real: BTreeSet<String> = Fault::ALL.iter().map(|fault| fault.word().to_owned()).collect();
    let text = page("docs/api.md");
    assert_eq!(differences(&documented_faults(&text), &real), Vec::<String>::new());

    // The twins: one that the guide does not name, and one that there is not.
    let broken = text.replace("| `too_long` |", "| `too_lengthy` |");
    assert_eq!(
        differences(&documented_faults(&broken), &real),
        ["only documented: too_lengthy", "not documented: too_long"]
    );
}

#[test]
fn every_kind_of_event_is_in_the_guide_with_its_members() {
    let real: BTreeSet<String> = Kind::WORDS.iter().flat_map(|kind| tables::real_members(kind)).collect();
    let text = section(&page("docs/api.md"), "## Kinds of event");
    assert_eq!(differences(&members_of_kinds(&text), &real), Vec::<String>::new());

    let broken = text.replace("### `relotted`", "### `re_lotted`").replace("| `to_site` |", "| `site_to` |");
    let found = differences(&members_of_kinds(&broken), &real);
    assert!(found.contains(&"not documented: relotted.to_lot".to_owned()), "{found:#?}");
    assert!(found.contains(&"only documented: re_lotted.to_lot".to_owned()), "{found:#?}");
    assert!(found.contains(&"only documented: moved.site_to".to_owned()), "{found:#?}");
}

/// The members of a body that the guide has a table for, and those the OpenAPI document has.
fn body_differences(text: &str) -> Vec<String> {
    let document = app::openapi();
    let mut found = Vec::new();
    let mut bodies = 0;
    for (line, title) in text.lines().enumerate() {
        let Some(route) = title.strip_prefix("Body of `") else { continue };
        let (method, path) = route.split_once('`').unwrap().0.split_once(' ').unwrap();
        let rest: Vec<&str> = text.lines().skip(line).collect();
        let rows = table_after(&rest.join("\n"), title);
        let documented = rows.iter().map(|cells| cells[0].trim_matches('`').to_owned()).collect();
        let real = commands::body_members(&document, method, path).unwrap_or_default();
        found.extend(
            differences(&documented, &real).into_iter().map(|fault| format!("{method} {path}: {fault}")),
        );
        bodies += 1;
    }
    assert!(bodies > 6, "the guide has tables of bodies");
    found
}

#[test]
fn bodies_have_the_members_the_guide_says() {
    let text = page("docs/api.md");
    assert_eq!(body_differences(&text), Vec::<String>::new());
    let broken = text.replace("| `volume_cm3` |", "| `volume_l` |");
    assert_eq!(
        body_differences(&broken),
        ["POST /api/v1/loads: only documented: volume_l", "POST /api/v1/loads: not documented: volume_cm3",]
    );
}

#[test]
fn commands_of_the_pages_are_understood() {
    let mut count = 0;
    let mut faults = Vec::new();
    for name in PAGES {
        for command in shell_commands(&page(name)) {
            let found = [relief_faults(&command), curl_faults(&command)].concat();
            faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}: {command}")));
            count += 1;
        }
    }
    assert!(count > 30, "the pages have commands");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn commands_that_nobody_understands_are_caught() {
    let text = "words\n```sh\nX=1 relief serve --prot 80\nrelief fly\ncurl -s $R/api/v1/nowhere -H \"$A\"\n\
                echo x | relief user add \\\n  --logon x\n```\n```toml\nrelief = 1\n```\n";
    let commands = shell_commands(text);
    assert_eq!(commands.len(), 4, "{commands:#?}");
    let faults = |command: &str| [relief_faults(command), curl_faults(command)].concat();
    assert_eq!(faults(&commands[0]), ["relief serve has no flag --prot"]);
    assert_eq!(faults(&commands[1]), ["there is no relief fly"]);
    assert_eq!(faults(&commands[2]), ["there is no GET /api/v1/nowhere"]);
    assert_eq!(faults(&commands[3]), ["relief user add has no flag --logon"]);
    let post = |body: &str| curl_faults(&format!("curl $R/api/v1/sites -d '{body}'"));
    assert_eq!(post("{\"name\": \"x\", \"king\": \"city\"}"), ["POST /api/v1/sites takes no king"]);
    assert_eq!(post("{name}"), ["the body is not JSON"]);
    let event = |body: &str| curl_faults(&format!("curl $R/api/v1/events -d '{body}'"));
    assert_eq!(event("{\"kind\": \"departed\"}").len(), 1, "no id");
    assert!(
        curl_faults("curl -X PUT $R/api/v1/sites/1").contains(&"there is no PUT /api/v1/sites/1".to_owned())
    );
}

/// Flags and environment variables that the table of settings has and `relief serve` has not.
fn strange_settings(text: &str) -> Vec<String> {
    let known = help(&["serve"]).expect("relief serve has help");
    let rows = table_after(text, "## Settings");
    assert!(rows.len() > 4, "there is a table of settings");
    let names = rows.iter().flat_map(|cells| [&cells[0], &cells[1]]).map(|name| name.trim_matches('`'));
    names.filter(|name| !known.contains(name)).map(str::to_owned).collect()
}

#[test]
fn settings_of_the_guide_are_those_of_the_server() {
    let text = page("docs/operations.md");
    assert_eq!(strange_settings(&text), Vec::<String>::new());
    assert_eq!(strange_settings(&text.replace("`RELIEF_KEYS`", "`RELIEF_KEYRING`")), ["RELIEF_KEYRING"]);
}

/// Subcommands as the table of commands has them, and as the program lists them.
fn command_differences(text: &str) -> Vec<String> {
    let rows = table_after(text, "## Commands");
    let documented = rows.iter().filter_map(|cells| cells[0].trim_matches('`').strip_prefix("relief "));
    let listed = help(&[]).expect("relief has help");
    let listed =
        listed.split_once("Commands:").expect("it lists commands").1.split("Options:").next().unwrap();
    let real =
        listed.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help");
    differences(&documented.map(str::to_owned).collect(), &real.map(str::to_owned).collect())
}

#[test]
fn every_subcommand_is_in_the_guide() {
    let text = page("docs/operations.md");
    assert_eq!(command_differences(&text), Vec::<String>::new());
    let broken = text.replace("| `relief openapi` |", "| `relief open` |");
    assert_eq!(command_differences(&broken), ["only documented: open", "not documented: openapi"]);
}

/// The rooms the map in words names, in its order.
fn mapped_rooms(text: &str) -> Vec<String> {
    let rows = table_after(text, "## The map, with one promise for each room");
    rows.iter().map(|cells| cells[0].trim_matches('`').to_owned()).collect()
}

#[test]
fn the_map_in_words_has_the_rooms_of_the_map_in_code() {
    let library = page("src/lib.rs");
    let rooms: Vec<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let text = page("ARCHITECTURE.md");
    assert_eq!(mapped_rooms(&text), rooms);
    assert_ne!(mapped_rooms(&text.replace("| `stock` |", "| `cellar` |")), rooms);
}

/// The examples of the guide to imports that are not the files beside it.
fn strange_examples(text: &str) -> Vec<&'static str> {
    let examples = [("```toml\n", "docs/examples/masks.toml"), ("```csv\n", "docs/examples/masks.csv")];
    let is_strange = |(fence, name): &(&str, &'static str)| {
        let shown = text.split(fence).nth(1).and_then(|rest| rest.split("```").next());
        shown != Some(page(name).as_str())
    };
    examples.iter().filter(|example| is_strange(example)).map(|(_, name)| *name).collect()
}

#[test]
fn the_example_of_the_import_guide_is_shipped_as_it_stands_there() {
    let text = page("docs/import.md");
    assert_eq!(strange_examples(&text), Vec::<&str>::new());
    assert_eq!(strange_examples(&text.replace("Banjul", "Bissau")), ["docs/examples/masks.csv"]);
}

/// Links to files that are not there.
fn dead_links(name: &str, text: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let folder = folder.parent().unwrap();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let sources =
        text.split("src=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(target, _)| target);
    targets
        .chain(sources)
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .filter(|target| !folder.join(target.split('#').next().unwrap()).exists())
        .map(str::to_owned)
        .collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages: Vec<String> = PAGES.map(str::to_owned).to_vec();
    pages.extend(["ARCHITECTURE.md".to_owned(), "CHANGELOG.md".to_owned(), "docs/data.md".to_owned()]);
    let decisions = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/decisions");
    for entry in std::fs::read_dir(decisions).unwrap() {
        pages.push(format!("docs/decisions/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    for name in &pages {
        assert_eq!(dead_links(name, &page(name)), Vec::<String>::new(), "{name}");
    }
    assert_eq!(dead_links("docs/api.md", "[a](nowhere.md) [b](api.md#x) [c](https://x.org)"), ["nowhere.md"]);
}
