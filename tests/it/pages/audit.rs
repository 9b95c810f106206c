//! An auditor's job by hand: whether it adds up, down to the paper; last month's figures once more; who checked the log.

use super::browse::{Page, visit};
use crate::papers::files::photo;
use crate::reconciliation::rich::Rich;
use crate::stories::scene::id;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use relief_ledger::auth::Role;
use serde_json::json;

/// Where the first link behind some words leads.
fn link(page: &Page, behind: &str) -> String {
    let rest = page.text.split(behind).nth(1).unwrap_or_else(|| panic!("no {behind}: {}", page.text));
    let path = rest.split("href=\"").nth(1).and_then(|rest| rest.split('"').next());
    path.expect("a link").replace("&amp;", "&").replace("&#38;", "&")
}

/// The tables of a page: what is reproduced for ever.
fn tables(page: &Page) -> Vec<String> {
    let tables = page.text.split("<tbody>").skip(1);
    tables.map(|rest| rest.split("</table>").next().unwrap_or_default().to_owned()).collect()
}

/// The entry of the log that figures include.
fn sequence(page: &Page) -> String {
    let words = page.text.split("Figures include entry ").nth(1).expect("an entry");
    words.chars().take_while(char::is_ascii_digit).collect()
}

/// What answers a page that is refused, with what was typed and what is wrong with it.
fn refused(caller: &Caller, path: &str) -> Page {
    let reply = caller.get(path);
    assert_eq!(reply.status, 422, "{path}: {}", reply.text);
    Page::of(&reply, path)
}

on_both_databases! {
    migrate: migrate;

    fn an_auditor_reads_whether_it_adds_up_and_goes_down_to_an_event(database: &TestDatabase) {
        let rich = Rich::told(database);
        let auditor = &rich.scene.auditor;
        let page = visit(auditor, "/reconciliation?group_by=item");
        assert!(page.says("Closes: residual 0") && page.says("class=\"notice good\""), "{}", page.text);
        assert!(page.says("Surgical masks") && page.says("Residual"), "{}", page.text);
        let entries = link(&page, "data-label=\"lost\"");
        assert!(entries.starts_with("/reconciliation/entries?") && entries.contains("account=lost"), "{entries}");
        let behind = visit(auditor, &entries);
        assert!(behind.says("Together they come to 10:"), "{}", behind.text);
        let event = visit(auditor, &link(&behind, "<tbody>"));
        assert!(event.says("washed away") && event.says("Entry of the log") && event.says("No paper is about this event"), "{}", event.text);
        let entry = visit(auditor, &link(&event, "Entry of the log"));
        assert!(entry.says("id=\"entry\"") && entry.says("relief verify --bundle"), "{}", entry.text);
        for part in ["transit", "roll_forward", "differences", "holders", "values", "numbers", "without_evidence"] {
            for by in ["item", "site", "consignment"] {
                let shown = visit(auditor, &format!("/reconciliation?group_by={by}&then_by=donor&part={part}"));
                assert!(shown.says("Closes: residual 0"), "{part} by {by}: {}", shown.text);
            }
        }
        let differences = visit(auditor, "/reconciliation?part=differences");
        assert!(differences.says("rain on the pier") && differences.says("washed away"), "{}", differences.text);
        // Narrowed to nothing, it says what to do.
        let nothing = visit(auditor, "/reconciliation?as_of=2019-01-01");
        assert!(nothing.says("Choose a later moment"), "{}", nothing.text);
    }

    fn from_a_figure_the_photo_of_its_paper_is_found_and_opened(database: &TestDatabase) {
        let rich = Rich::told(database);
        let (officer, auditor) = (&rich.scene.officer, &rich.scene.auditor);
        let seen = officer.upload("/api/v1/attachments", "image/jpeg", &photo(7)).expect(201);
        let paper = json!({"id": id(), "kind": "distribution_list", "site": rich.hub, "issued_on": "2020-08-05",
            "number": "D-1", "events": [rich.distributed], "attachments": [seen["id"]]});
        officer.post("/api/v1/documents", &paper).expect(201);
        let entries = visit(auditor, "/reconciliation/entries?account=distributed");
        let path = link(&entries, "data-label=\"Papers\"");
        assert!(path.starts_with("/documents/"), "{path}: {}", entries.text);
        let event = visit(auditor, &format!("/events/{}", rich.distributed));
        assert_eq!(link(&event, "<caption>Papers about it</caption>"), path);
        let shown = visit(auditor, &path);
        assert!(shown.says("Paper: distribution list") && shown.says("D-1") && shown.says("Tema"), "{}", shown.text);
        assert_eq!(link(&shown, "<caption>Events it is about</caption>"), format!("/events/{}", rich.distributed));
        let file = link(&shown, "<caption>Photos and scans</caption>");
        assert_eq!(auditor.get(&file).status, 200, "{file}");
        // A donor to whom it was not shared finds nothing there.
        let donor = rich.scene.house.login_bound(Role::Donor, rich.hainan.parse().ok(), None);
        assert_eq!(donor.get(&path).status, 404);
    }

    fn last_months_figures_are_reproduced_and_what_restated_them_is_told(database: &TestDatabase) {
        let rich = Rich::told(database);
        let auditor = &rich.scene.auditor;
        let asked = "/reconciliation?group_by=site&as_of=2020-08-31&part=roll_forward";
        let printed = visit(auditor, asked);
        let known = sequence(&printed);
        let moved = json!({"site": rich.hub, "to_site": rich.banjul, "lines": [rich.scene.line(33)]});
        rich.scene.does("moved", "2020-08-26", moved).expect(201);
        assert_ne!(tables(&visit(auditor, asked)), tables(&printed), "a late entry counts from then");
        let again = visit(auditor, &format!("{asked}&known_at={known}"));
        assert_eq!(tables(&again), tables(&printed));
        let restated = format!("/reconciliation/changes?group_by=site&as_of=2020-08-31&from={known}");
        assert!(again.text.contains(&restated.replace('&', "&#38;")), "it leads there: {}", again.text);
        let changes = visit(auditor, &restated);
        assert!(changes.says("33") && changes.says("moved") && changes.says("/events/"), "{}", changes.text);
    }

    fn what_does_not_close_is_said_in_red_and_never_left_out(database: &TestDatabase) {
        let rich = Rich::told(database);
        tamper(&rich.scene.url, "UPDATE balances SET quantity = quantity + 7 WHERE account = 3");
        let page = visit(&rich.scene.auditor, "/reconciliation?group_by=item");
        assert!(page.says("Does not close") && page.says("class=\"notice bad\"") && page.says("role=\"alert\""), "{}", page.text);
        assert!(!page.says("Closes: residual 0"), "{}", page.text);
        assert!(page.says("<span class=\"bad\">"), "the residual stands in the table: {}", page.text);
        let server = visit(&rich.scene.auditor, "/reconciliation/verify?server=1");
        assert!(server.says("This server says") && server.says("notice bad"), "{}", server.text);
    }

    fn pickers_say_what_is_wrong_beside_the_field_and_keep_what_was_typed(database: &TestDatabase) {
        let rich = Rich::told(database);
        let auditor = &rich.scene.auditor;
        let page = refused(auditor, "/reconciliation?as_of=June");
        assert!(page.says("<title>Error: Does it add up?") && page.says("href=\"#as_of\"") && page.says("value=\"June\""), "{}", page.text);
        assert!(refused(auditor, "/reconciliation?known_at=999999").says("href=\"#known_at\""));
        assert!(refused(auditor, "/reconciliation/changes?from=later").says("href=\"#from\""));
        assert!(refused(auditor, "/reconciliation/flags?days=many").says("href=\"#days\""));
        assert!(refused(auditor, "/reconciliation/sample?size=0").says("href=\"#size\""));
        // What anybody types is text and nothing else.
        let typed = refused(auditor, "/reconciliation?as_of=%3Cscript%3Ealert(1)%3C/script%3E");
        assert!(!typed.says("<script>alert"), "{}", typed.text);
    }

    fn flags_samples_and_files_are_at_hand(database: &TestDatabase) {
        let rich = Rich::told(database);
        let auditor = &rich.scene.auditor;
        let flags = visit(auditor, "/reconciliation/flags?days=30");
        assert!(flags.says("Recorded long after") && flags.says("/events/"), "{}", flags.text);
        let sample = crate::support::until("a checkpoint", || {
            let page = visit(auditor, "/reconciliation/sample?size=5");
            (!page.says("The log has no entries yet")).then_some(page)
        });
        assert_eq!(sample.text.matches("/reconciliation/verify?entry=").count(), 5, "{}", sample.text);
        let page = visit(auditor, "/reconciliation?group_by=item&as_of=2020-08-31");
        let file = link(&page, "id=\"take\"");
        assert!(file.starts_with("/api/v1/exports/csv?as_of=2020-08-31&known_at="), "{file}");
        assert_eq!(auditor.get(&file).status, 200);
        let taken = visit(auditor, "/reconciliation/exports");
        assert!(taken.says("whole") && taken.says("as_of=2020-08-31"), "{}", taken.text);
    }
}
