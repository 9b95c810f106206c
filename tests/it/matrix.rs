//! Who may do what, asked of a running server: every operation by everybody about everything, compared with what the
//! policy's table says.
//!
//! The same comparison is shown to catch what it is for: an operation without a line, a row of the policy that is too
//! wide, and a server that forgets a caller's scope.

mod calls;
mod names;
mod page;
mod papers;
pub mod plans;
mod policy;
mod seats;
mod shapes;
mod stage;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::RunQueryDsl;
use relief_ledger::app::Settings;
use relief_ledger::auth::{POLICY, Reach, Role, Rule};
use relief_ledger::db::connect;
use relief_ledger::web::Access;

use self::calls::{About, CALLS};
use self::policy::{Declared, ask, cells, declared, faults, mismatches};
use self::seats::{Seat, seats};
use self::stage::subjects;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};
use crate::support::until;

fn scene(database: &TestDatabase) -> Scene {
    // Each request says that it comes from an address of its own.
    let adjust = |settings: &mut Settings| settings.trusted_proxies = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let scene = Scene::on(Server::start_with(database, adjust), database);
    // Proofs are there once the log was signed for the first time.
    until("a checkpoint", || {
        (scene.house.stranger().get("/api/v1/audit/checkpoint").status == 200).then_some(())
    });
    scene
}

/// A ledger in which everything that can be recorded is: whoever is bound to nothing calls every operation about one
/// organization. Nobody serves it when this returns; its keys are in the folder that is answered.
pub fn everything_told(database: &TestDatabase, folder: &Path) -> PathBuf {
    let scene = scene(database);
    let subjects = subjects(&scene);
    let unbound: Vec<Seat> = seats(&scene, &subjects[0].organization)
        .into_iter()
        .filter(|seat| seat.name.ends_with(", unbound"))
        .collect();
    ask(&cells(&declared(), &CALLS, &unbound, &subjects));
    let keys = folder.join("keys");
    let copied = Command::new("cp").arg("-a").arg(scene.house.key_folder()).arg(&keys).status();
    assert!(copied.is_ok_and(|status| status.success()), "the keys are copied");
    scene.house.stop();
    keys
}

/// The operations of mismatches.
fn operations(found: &[String]) -> BTreeSet<&str> {
    found.iter().filter_map(|words| words.split(' ').next()).collect()
}

/// The policy with one line changed or added.
fn widened(role: Role, operation: &str, declared: &[Declared], reach: Reach) -> Vec<Rule> {
    let access = declared.iter().find(|one| one.operation == operation).expect("an operation").access;
    let Access::Action(action) = access else { panic!("{operation} is public") };
    let mut rules: Vec<Rule> =
        POLICY.iter().filter(|rule| (rule.role, rule.action) != (role, action)).copied().collect();
    rules.push(Rule { role, action, reach, fields: relief_ledger::auth::Fields::All });
    rules
}

on_both_databases! {
    migrate: migrate;

    fn every_cell_of_the_access_matrix_answers_as_the_policy_says(database: &TestDatabase) {
        let scene = scene(database);
        let subjects = subjects(&scene);
        let seats = seats(&scene, &subjects[0].organization);
        let declared = declared();
        assert_eq!(faults(&declared, &CALLS, &seats[0], &subjects[0]), Vec::<String>::new());
        let asked = cells(&declared, &CALLS, &seats, &subjects);
        assert!(asked.len() > 3_000, "{} cells", asked.len());
        let answers = ask(&asked);
        let found = mismatches(POLICY, &asked, &answers);
        assert!(found.is_empty(), "{} of {} cells:\n{}", found.len(), asked.len(), found.join("\n"));
        println!("{} cells, 0 mismatches", asked.len());

        // A row of the policy that is too wide: the server does not do what such a table says.
        for (role, operation, reach, touched) in [
            (
                Role::Donor,
                "stock_show",
                Reach::OwnPledges,
                vec!["count_sheet_list", "count_sheet_show", "count_sheet_table", "stock_card", "stock_show"],
            ),
            (Role::Officer, "pledge_show", Reach::All, vec!["pledge_index", "pledge_paper", "pledge_show", "pledge_status_show"]),
            (Role::Auditor, "audit_entries", Reach::All, vec!["audit_entries", "audit_entry_bundle", "audit_sample"]),
            (Role::Admin, "event_post", Reach::Own, vec!["event_batch", "event_post", "receipt_link_make"]),
            (Role::Manager, "pledge_offer", Reach::Own, vec!["need_offer", "pledge_offer"]),
        ] {
            let found = mismatches(&widened(role, operation, &declared, reach), &asked, &answers);
            assert_eq!(operations(&found), touched.into_iter().collect::<BTreeSet<&str>>(), "{role}: {operation}");
        }

        // A query without its scope: whoever is bound elsewhere is served as if bound to nothing.
        let named = |name: String| seats.iter().find(|seat| seat.name == name).expect("a seat");
        // A donor is always bound, so one of another organization is served as if our pledges were its own.
        let careless = |roles: &[Role], as_if: &str| -> Vec<Seat> {
            let seat = |role: &Role, binding: &str| named(format!("{role}, {binding}"));
            roles.iter().map(|role| seat(role, "other organisation").with_callers_of(seat(role, as_if))).collect()
        };
        let twins: [(&[Role], &str, Reach); 2] = [
            (&[Role::Officer, Role::Auditor, Role::Manager], "unbound", Reach::Own),
            (&[Role::Donor], "own organisation", Reach::OwnPledges),
        ];
        let narrowed: Vec<_> = CALLS
            .iter()
            .filter(|call| matches!(call.about, About::Scoped { .. } | About::Everywhere { .. } | About::Listed(_)))
            .copied()
            .collect();
        for (roles, as_if, reach) in twins {
            let careless = careless(roles, as_if);
            let asked = cells(&declared, &narrowed, &careless, &subjects);
            let found = mismatches(POLICY, &asked, &ask(&asked));
            let caught = operations(&found);
            for call in &narrowed {
                let Some(one) = declared.iter().find(|one| one.operation == call.operation) else { continue };
                let Access::Action(action) = one.access else { continue };
                let is_narrowed =
                    |rule: &&Rule| rule.action == action && rule.reach == reach && roles.contains(&rule.role);
                let is_caught = caught.contains(call.operation);
                assert_eq!(is_caught, POLICY.iter().any(|rule| is_narrowed(&rule)), "{as_if}, {}: {found:#?}", call.operation);
            }
        }
    }
}

#[test]
fn no_operation_reads_a_table_from_end_to_end() {
    plans::listen();
    let database = TestDatabase::sqlite(migrate);
    let scene = scene(&database);
    let subjects = subjects(&scene);
    let seats = seats(&scene, &subjects[0].organization);
    let declared = declared();
    ask(&cells(&declared, &CALLS, &seats, &subjects));
    for path in
        [format!("pledges/{}/status", subjects[0].pledge), format!("sites/{}/stock", subjects[0].site)]
    {
        scene.auditor.get(&format!("/api/v1/{path}?as_of=2020-08-31&known_at=1")).expect(200);
    }
    let found = plans::whole_reads(database.url());
    assert!(found.is_empty(), "{} statements:\n{}", found.len(), found.join("\n"));

    // Twins: the departures of legs by an index that is not there, and a scope that lists all it reaches first.
    let mut conn = connect(database.url()).expect("the database opens");
    for careless in [
        "SELECT sequence FROM events WHERE leg_id = X'01' AND kind = 'departed'",
        "SELECT id FROM events WHERE id = X'01' AND consignment_id IN (SELECT id FROM consignments WHERE consignee_id = X'02') LIMIT 1",
    ] {
        diesel::sql_query(careless).execute(&mut conn).expect("it is asked");
    }
    assert_eq!(plans::whole_reads(database.url()).len(), 2);

    // What was told late of a site is found by its heaps, and not among all that was told since.
    let mut told_late = plans::asked_with("AND p.sequence > ");
    told_late.retain(|text| text.starts_with("SELECT"));
    assert!(!told_late.is_empty(), "no sheet was shown");
    for text in &told_late {
        let plan = plans::plan(&mut conn, text);
        assert!(plan.contains("balances_at_site") && !plan.contains("(sequence"), "{text}\n{plan}");
    }
    // The twin: by sequence.
    let careless = "SELECT p.quantity FROM postings AS p WHERE p.sequence > 1 AND p.site_id = X'01'";
    assert!(plans::plan(&mut conn, careless).contains("(sequence"));
}

/// The page as it stands in the repository.
fn written() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access-matrix.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    (path, text)
}

#[test]
fn the_access_matrix_is_in_the_guide() {
    let declared = declared();
    let page = page::page(&declared);
    let (path, text) = written();
    if std::env::var_os("RELIEF_WRITE_MATRIX").is_some() {
        std::fs::write(path, &page).expect("the page is written");
        return;
    }
    assert!(
        text == page,
        "docs/access-matrix.md is not what the code says; RELIEF_WRITE_MATRIX=1 cargo test matrix writes it anew"
    );
    for one in &declared {
        assert!(page.contains(&format!("| `{}` |", one.operation)), "{} is in no line", one.operation);
    }
}

#[test]
fn an_operation_that_nobody_wrote_a_line_for_is_caught() {
    let database = TestDatabase::sqlite(migrate);
    let scene = scene(&database);
    let subjects = subjects(&scene);
    let seat = &seats(&scene, &subjects[0].organization)[0];
    let mut declared = declared();
    let hidden = Declared {
        operation: "export_everything".to_owned(),
        method: "GET".to_owned(),
        path: "/api/v1/everything".to_owned(),
        access: Access::Public,
    };
    declared.push(hidden);
    let found = faults(&declared, &CALLS, seat, &subjects[0]);
    assert_eq!(found, ["export_everything has no line in tests/it/matrix/calls/"]);
    // A line that calls something else than it says.
    let index = declared.iter().position(|one| one.operation == "pledge_show").expect("an operation");
    declared[index].path = "/api/v1/promises/{id}".to_owned();
    declared.pop();
    let found = faults(&declared, &CALLS, seat, &subjects[0]);
    assert!(
        found.len() == 1 && found[0].starts_with("pledge_show is called as GET /api/v1/pledges/"),
        "{found:?}"
    );
}
