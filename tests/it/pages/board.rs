//! An officer's work in the pages, without scripts: finding a consignment, posting about it, looking after a warehouse.

use serde_json::json;

use super::browse::{Page, send, sent, visit};
use crate::papers::files::png;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use relief_ledger::auth::Role;

const POST: &str = "/board/post";

/// Masks under way from Beijing to Banjul: their code, consignment and pledge, and the warehouse.
fn under_way(scene: &Scene, quantity: i64) -> (String, String, String, String) {
    let donor = scene.organization("Shenzhen federation", "CN");
    let city = scene.organization("Banjul City Council", "GM");
    let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
    let banjul = scene.site("Banjul", "city", "GM");
    let pledge = scene.in_store(&donor, &beijing, quantity);
    let (consignment, _) = scene.sent(&city, &[&beijing, &banjul], quantity, "2020-08-01");
    (code_of(scene, &consignment), consignment, pledge, beijing)
}

fn code_of(scene: &Scene, consignment: &str) -> String {
    let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
    shown["tracking_code"].as_str().expect("a code").to_owned()
}

/// What a form holds that nobody types.
fn drawn_of(page: &Page) -> Vec<(String, String)> {
    let names = [
        "id",
        "document",
        "occurred_at",
        "kind",
        "consignment",
        "code",
        "leg",
        "site",
        "lines",
        "item-0",
        "name-0",
        "sent-0",
    ];
    names.iter().map(|name| ((*name).to_owned(), page.hidden(name).to_owned())).collect()
}

/// A form with what an officer fills in.
fn filled<'a>(drawn: &'a [(String, String)], typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let drawn = drawn.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    drawn.chain(typed.iter().copied()).collect()
}

/// A form with a photo, as browsers send one.
fn send_with_photo(caller: &Caller, fields: &[(&str, &str)], photo: &[u8]) -> Reply {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    let head = "--edge\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"note.png\"\r\n\
                Content-Type: image/png\r\n\r\n";
    body.extend(head.bytes());
    body.extend(photo);
    body.extend(b"\r\n--edge--\r\n");
    caller.upload(POST, "multipart/form-data; boundary=edge", &body)
}

on_both_databases! {
    migrate: migrate;

    fn goods_in_good_order_are_received_in_three_taps(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, consignment, pledge, _) = under_way(&scene, 1_000);
        let board = visit(&scene.receiver, "/board");
        assert!(board.says(&code) && board.says("Beijing warehouse to Banjul"), "{}", board.text);
        let page = visit(&scene.receiver, &format!("{POST}?code={code}"));
        assert!(page.says("<h1>Received at Banjul</h1>"), "the usual event is chosen: {}", page.text);
        let drawn = drawn_of(&page);
        let form = filled(&drawn, &[("how", "all")]);
        let to = sent(&scene.receiver, POST, &form);
        assert!(to.starts_with(&format!("/board/consignments/{consignment}?recorded=")), "{to}");
        let shown = visit(&scene.receiver, &to);
        assert!(shown.says("Recorded: entry "), "{}", shown.text);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 1_000}));
        // The same form sent again, as by somebody who saw no answer, records nothing more.
        let size = scene.log_size();
        assert_eq!(sent(&scene.receiver, POST, &form), to);
        assert_eq!(scene.log_size(), size);
        assert!(visit(&scene.receiver, &format!("{POST}?code={code}")).says("there is nothing to send or receive"));
        scene.closes();
    }

    fn a_short_receipt_is_checked_before_it_is_recorded_and_needs_a_reason(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, _, pledge, _) = under_way(&scene, 10_000);
        let page = visit(&scene.receiver, &format!("{POST}?code={}", code.to_lowercase()));
        assert!(page.says("= 5 × carton"), "the pack helper says what was sent: {}", page.text);
        let drawn = drawn_of(&page);
        let counts = [("how", "count"), ("size-0", "2000/1"), ("packs-0", "4"), ("rest-0", "١٩٨٠")];
        let check = send(&scene.receiver, POST, &filled(&drawn, &counts));
        assert_eq!(check.status, 200);
        let check = Page::of(&check, POST);
        assert!(check.says("9,980 good · 20 missing"), "{}", check.text);
        assert_eq!(check.hidden("checked"), "1");
        assert_eq!(check.hidden("id"), page.hidden("id"), "it is still the same update");
        let size = scene.log_size();
        let mut fields = filled(&drawn, &counts);
        fields.push(("checked", "1"));
        let refused = send(&scene.receiver, POST, &fields);
        assert_eq!(refused.status, 422, "{}", refused.text);
        let refused = Page::of(&refused, POST);
        assert!(refused.says("<title>Error: ") && refused.says("href=\"#reason-0\""), "{}", refused.text);
        assert!(refused.says("name=\"packs-0\" value=\"4\""), "what was typed is kept");
        assert_eq!(scene.log_size(), size);
        fields.push(("reason-0", "Two boxes were wet"));
        sent(&scene.receiver, POST, &fields);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 9_980, "missing": 20}));
        scene.closes();
    }

    fn what_is_no_number_is_refused_at_its_field(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, _, pledge, _) = under_way(&scene, 1_000);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        for typed in [[("good-0", "many"), ("rest-0", "5")], [("packs-0", "-1"), ("good-0", "")]] {
            let mut fields = filled(&drawn, &typed);
            fields.extend([("how", "count"), ("size-0", "2000/1"), ("reason-0", "Wet")]);
            let refused = send(&scene.receiver, POST, &fields);
            assert_eq!(refused.status, 422, "{typed:?}: {}", refused.text);
            assert!(Page::of(&refused, POST).says("href=\"#good-0\""), "{}", refused.text);
        }
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
    }

    fn who_dispatched_is_told_on_the_form_that_somebody_else_receives(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, _, pledge, _) = under_way(&scene, 1_000);
        let drawn = drawn_of(&visit(&scene.officer, &format!("{POST}?code={code}")));
        let refused = send(&scene.officer, POST, &filled(&drawn, &[("how", "all")]));
        assert_eq!(refused.status, 403);
        let with_photo = send_with_photo(&scene.officer, &filled(&drawn, &[("how", "all")]), &png());
        assert!(Page::of(&with_photo, POST).says("Choose the photo again"), "{}", with_photo.text);
        assert!(!refused.text.contains("Choose the photo again"));
        assert!(Page::of(&refused, POST).says("Somebody else must receive what you dispatched."));
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
    }

    fn a_photo_of_the_note_becomes_a_numbered_document(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, consignment, _, _) = under_way(&scene, 1_000);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        let reply = send_with_photo(&scene.receiver, &filled(&drawn, &[("how", "all")]), &png());
        assert_eq!(reply.status, 303, "{}", reply.text);
        assert!(!reply.header("location").expect("it leads on").contains("photo=lost"));
        let documents = scene.receiver.get(&format!("/api/v1/documents?consignment={consignment}")).expect(200);
        let document = &documents["items"][0];
        assert_eq!(document["kind"], "grn");
        assert!(document["number"].as_str().is_some_and(|number| number.contains("GRN")), "{document}");
        // The event counts even where its photo is none, and the page says so.
        let (code, _, pledge, _) = under_way(&scene, 500);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        let reply = send_with_photo(&scene.receiver, &filled(&drawn, &[("how", "all")]), b"no picture");
        let to = reply.header("location").expect("it leads on").to_owned();
        assert!(visit(&scene.receiver, &to).says("but its photo is not"), "{to}");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    }

    fn a_step_that_is_gone_is_said_to_be_gone_and_no_other_is_chosen(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, ..) = under_way(&scene, 1_000);
        let link = format!("{POST}?code={code}");
        let drawn = drawn_of(&visit(&scene.receiver, &link));
        let leg = drawn.iter().find(|(name, _)| name == "leg").map(|(_, leg)| leg.as_str()).expect("a leg");
        // Nothing lies reserved at its start any more, so nothing can leave; it is still there to be received.
        let gone = visit(&scene.receiver, &format!("{link}&leg={leg}&kind=departed"));
        assert!(gone.says("This step is not there any more"), "{}", gone.text);
        assert!(!gone.says("name=\"kind\"") && gone.says("Received at Banjul"), "{}", gone.text);
        sent(&scene.receiver, POST, &filled(&drawn, &[("how", "all")]));
        let gone = visit(&scene.receiver, &format!("{link}&leg={leg}&kind=received"));
        assert!(gone.says("This step is not there any more") && !gone.says("name=\"kind\""), "{}", gone.text);
    }

    fn what_is_sent_for_a_user_is_refused_from_another(database: &TestDatabase) {
        let scene = Scene::new(database);
        let as_user = |user: &str| scene.officer.send("GET", "/api/v1/auth/me", &[("Relief-User", user)], None);
        let own = scene.officer.user.expect("the officer is known").to_string();
        as_user(&own).expect(200);
        let other = scene.receiver.user.expect("the receiver is known").to_string();
        for user in [other.as_str(), "amina", ""] {
            assert_eq!(as_user(user).problem().1, "unauthenticated", "{user:?}");
        }
    }

    fn goods_reserved_leave_by_the_page(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
        let body = json!({"consignment": consignment, "site": beijing, "lines": [scene.line(1_000)]});
        scene.does("allocated", "2020-07-20", body).expect(201);
        let code = code_of(&scene, &consignment);
        let page = visit(&scene.officer, &format!("{POST}?code={code}"));
        assert!(page.says("<h1>Left Beijing warehouse</h1>") && page.says("All of it left"), "{}", page.text);
        let drawn = drawn_of(&page);
        sent(&scene.officer, POST, &filled(&drawn, &[("how", "all")]));
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
    }

    fn a_code_nobody_has_and_a_role_that_may_not_are_told_so(database: &TestDatabase) {
        let scene = Scene::new(database);
        let unknown = scene.officer.get(&format!("{POST}?code=7KQ2-M9XD-4TRF"));
        assert_eq!(unknown.status, 404);
        assert!(Page::of(&unknown, POST).says("No consignment of yours has this code"));
        let (code, ..) = under_way(&scene, 1_000);
        let scanned = visit(&scene.officer, &format!("{POST}?code=https%3A%2F%2Frelief.example.org%2Ftrack%2F{code}"));
        assert!(scanned.says(&code), "a label's address is read too");
        let elsewhere = scene.organization("Somebody else", "FR");
        let bound = scene.house.login_bound(Role::Officer, elsewhere.parse().ok(), None);
        assert_eq!(bound.get(&format!("{POST}?code={code}")).status, 404, "out of reach is missing");
        let donor = scene.house.login_as(Role::Donor);
        for path in ["/board", POST, "/board/queue", "/board/consignments", "/warehouse"] {
            assert_eq!(donor.get(path).status, 403, "{path}");
        }
        let empty = visit(&bound, "/board");
        assert!(empty.says("Nothing is due here now.") && empty.says("Nothing waits for you."), "{}", empty.text);
        assert!(visit(&bound, "/board/consignments").says("There is no consignment of yours yet"));
        assert!(visit(&scene.officer, "/board/consignments").says(&code));
    }

    fn a_warehouse_is_looked_after_in_the_pages(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        scene.in_store(&donor, &beijing, 1_000);
        let only = scene.officer.get("/warehouse");
        assert_eq!(only.header("location"), Some(format!("/warehouse/{beijing}").as_str()), "one site is the page");
        let stock = visit(&scene.officer, &format!("/warehouse/{beijing}"));
        assert!(stock.says("MASK · Surgical masks") && stock.says("1,000"), "{}", stock.text);
        let card = visit(&scene.officer, &format!("/warehouse/{beijing}/card?item={}", scene.masks));
        assert!(card.says("collected") && card.says("1,000"), "{}", card.text);
        let to = sent(&scene.officer, &format!("/warehouse/{beijing}/counts"), &[("id", &id())]);
        let sheet = visit(&scene.officer, &to);
        assert!(!sheet.says("1,000"), "a blind sheet shows nothing that is recorded: {}", sheet.text);
        let early = send(&scene.officer, &to, &[("step", "submit")]);
        assert_ne!(early.status, 303, "a sheet without figures is not handed in");
        for typed in ["many", "-1"] {
            let refused = send(&scene.officer, &to, &[("counted-1", typed), ("step", "save")]);
            assert_eq!(refused.status, 422, "{typed}: {}", refused.text);
            assert!(Page::of(&refused, &to).says("href=\"#counted-1\""), "{typed}: {}", refused.text);
        }
        sent(&scene.officer, &to, &[("counted-1", "٩٨٠"), ("step", "save")]);
        assert_eq!(visit(&scene.officer, &to).hidden("was-1"), "980", "what was entered before");
        let blank = [("was-1", "980"), ("counted-1", ""), ("step", "submit")];
        let refused = send(&scene.officer, &to, &blank);
        assert_eq!(refused.status, 422, "a figure is not taken back by a blank: {}", refused.text);
        assert!(Page::of(&refused, &to).says("write 0 where nothing is there"), "{}", refused.text);
        // Somebody else counted meanwhile: what this form did not change stays.
        sent(&scene.officer, &to, &[("was-1", "970"), ("counted-1", "970"), ("step", "save")]);
        assert_eq!(visit(&scene.officer, &to).hidden("was-1"), "980");
        assert_eq!(sent(&scene.officer, &to, &[("counted-1", "990"), ("step", "submit")]), to);
        let shown = visit(&scene.officer, &to);
        assert!(shown.says("1,000") && shown.says("990") && shown.says("\u{2212}10"), "{}", shown.text);
        let event = shown.hidden("event").to_owned();
        let refused = send(&scene.officer, &to, &[("step", "post"), ("event", &event)]);
        assert_eq!(refused.status, 422, "a difference has a reason: {}", refused.text);
        sent(&scene.officer, &to, &[("step", "post"), ("event", &event), ("reason", "Mice")]);
        assert!(visit(&scene.officer, &to).says("Somebody else decides"));
        assert!(visit(&scene.officer, "/board/queue").says("Nothing expires."));
    }
}

#[test]
fn the_worker_names_the_files_it_keeps_and_makes_no_markup() {
    let database = crate::support::TestDatabase::sqlite(migrate);
    let server = crate::support::server::Server::start(&database);
    let worker = server.stranger().get("/worker.js");
    assert_eq!(worker.status, 200);
    assert_eq!(worker.header("content-type"), Some("text/javascript; charset=utf-8"));
    let files = worker.text.lines().next().expect("a first line");
    for file in ["store.js", "sender.js", "badge.js", "post.js", "scan.js", "queue.js", "style.css"] {
        assert!(files.contains(&format!("/{file}\"")), "{file}: {files}");
        let path = files.split('"').find(|part| part.ends_with(&format!("/{file}"))).expect("its path");
        let text = server.stranger().get(path).text;
        assert!(!text.contains("innerHTML") && !text.contains("eval("), "{file}");
    }
    assert!(worker.header("content-security-policy").is_some_and(|policy| !policy.contains("unsafe")));
}
