//! An officer's work in the pages, without scripts: finding a consignment, posting about it, looking after a warehouse.

use serde_json::json;

use super::browse::{Page, send, sent, visit};
use crate::papers::files::png;
use crate::stories::scene::{Scene, UnderWay, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use relief_ledger::auth::Role;

const POST: &str = "/board/post";

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
        let UnderWay { code, consignment, pledge, .. } = scene.under_way(1_000);
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
        let next = visit(&scene.receiver, &format!("{POST}?code={code}"));
        assert!(next.says("<h1>Handed to people at Banjul</h1>"), "what came next is offered: {}", next.text);
        scene.closes();
    }

    fn what_was_delivered_is_handed_to_people_who_are_counted_where_somebody_did(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, pledge, .. } = scene.under_way(10_000);
        let link = format!("{POST}?code={code}");
        let drawn = drawn_of(&visit(&scene.receiver, &link));
        sent(&scene.receiver, POST, &filled(&drawn, &[("how", "all")]));
        let shown = visit(&scene.receiver, &format!("/board/consignments/{consignment}"));
        assert!(shown.says("Delivered at Banjul, not handed to people yet"), "{}", shown.text);
        let page = visit(&scene.receiver, &link);
        assert!(page.says("10,000 piece there to hand out = 5 × carton"), "{}", page.text);
        let drawn = drawn_of(&page);
        let size = scene.log_size();
        let blank = send(&scene.receiver, POST, &filled(&drawn, &[]));
        assert_eq!(blank.status, 422, "blank is nothing, and never all: {}", blank.text);
        for (good, people, field) in [("many", "", "good-0"), ("300", "all", "people-0")] {
            let typed = [("good-0", good), ("people-0", people)];
            let refused = send(&scene.receiver, POST, &filled(&drawn, &typed));
            assert_eq!(refused.status, 422, "{typed:?}: {}", refused.text);
            assert!(Page::of(&refused, POST).says(&format!("href=\"#{field}\"")), "{field}: {}", refused.text);
        }
        let more = send(&scene.receiver, POST, &filled(&drawn, &[("good-0", "10001")]));
        assert!([409, 422].contains(&more.status) && Page::of(&more, POST).says("There is a problem"), "{}", more.text);
        assert_eq!(scene.log_size(), size);
        let packed = [("size-0", "2000/1"), ("packs-0", "1"), ("rest-0", "٥٠٠"), ("people-0", "480"), ("note", "market stalls")];
        let form = filled(&drawn, &packed);
        let to = sent(&scene.receiver, POST, &form);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 7_500, "distributed": 2_500}));
        assert_eq!(sent(&scene.receiver, POST, &form), to, "sent twice it is recorded once");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 7_500, "distributed": 2_500}));
        let event = scene.receiver.get(&format!("/api/v1/events/{}", page.hidden("id"))).expect(200);
        assert_eq!(event["body"]["reached"], json!([{"line": 0, "people": 480}]), "{event}");
        assert_eq!(event["body"]["note"], "market stalls");
        assert!(visit(&scene.receiver, &link).says("7,500 piece there to hand out"));
        scene.closes();
    }

    fn a_short_receipt_is_checked_before_it_is_recorded_and_needs_a_reason(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, pledge, .. } = scene.under_way(10_000);
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
        assert!(check.says(" data-again") && !page.says(" data-again"), "its script keeps it so: {}", check.text);
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
        let UnderWay { code, pledge, .. } = scene.under_way(1_000);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        for typed in [[("good-0", "many"), ("rest-0", "5")], [("packs-0", "-1"), ("good-0", "")]] {
            let mut fields = filled(&drawn, &typed);
            fields.extend([("how", "count"), ("size-0", "2000/1"), ("reason-0", "Wet")]);
            let refused = send(&scene.receiver, POST, &fields);
            assert_eq!(refused.status, 422, "{typed:?}: {}", refused.text);
            let refused = Page::of(&refused, POST);
            assert!(refused.says("href=\"#good-0\""), "{}", refused.text);
            // What would be right is said in the page's language, what exactly is wrong as the interface says it.
            let words = "id=\"good-0-error\">Write a whole number, such as 120. <span lang=\"en\">";
            assert!(refused.says(words), "{}", refused.text);
        }
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
    }

    fn who_dispatched_is_told_on_the_form_that_somebody_else_receives(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, pledge, .. } = scene.under_way(1_000);
        let drawn = drawn_of(&visit(&scene.officer, &format!("{POST}?code={code}")));
        let refused = send(&scene.officer, POST, &filled(&drawn, &[("how", "all")]));
        assert_eq!(refused.status, 403);
        let with_photo = send_with_photo(&scene.officer, &filled(&drawn, &[("how", "all")]), &png());
        assert!(Page::of(&with_photo, POST).says("Choose the photo again"), "{}", with_photo.text);
        assert!(!refused.text.contains("Choose the photo again"));
        assert!(Page::of(&refused, POST).says("Somebody else must receive what you dispatched."));
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
    }

    fn what_customs_does_is_posted_by_the_page_and_letting_go_only_of_what_is_held(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, .. } = scene.under_way(1_000);
        let link = format!("{POST}?code={code}");
        assert!(!visit(&scene.officer, &link).says("kind=customs_released"), "nothing is held");
        let post = |kind: &str, words: &str| {
            let page = visit(&scene.officer, &format!("{link}&kind={kind}"));
            assert!(page.says(words), "{}", page.text);
            let names = ["id", "document", "occurred_at", "kind", "consignment", "code", "leg", "site", "lines"];
            let drawn: Vec<(&str, &str)> = names.iter().map(|name| (*name, page.hidden(name))).collect();
            sent(&scene.officer, POST, &[drawn.as_slice(), &[("reason", "C-17")]].concat())
        };
        post("customs_held", "<h1>Held by customs on the way to Banjul</h1>");
        let held = visit(&scene.officer, &link);
        assert!(held.says("<h1>Received at Banjul</h1>") && held.says("kind=customs_released"), "{}", held.text);
        let to = post("customs_released", "<h1>Released by customs on the way to Banjul</h1>");
        let shown = visit(&scene.officer, &to);
        assert!(shown.says(">held by customs<") && shown.says(">released by customs<"), "{}", shown.text);
        assert!(!visit(&scene.officer, &link).says("kind=customs_released"));
        let events = scene.officer.get(&format!("/api/v1/events?consignment={consignment}")).expect(200);
        assert!(events.to_string().contains("C-17"), "{events}");
        scene.closes();
    }

    fn a_photo_of_the_note_becomes_a_numbered_document(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, .. } = scene.under_way(1_000);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        let reply = send_with_photo(&scene.receiver, &filled(&drawn, &[("how", "all")]), &png());
        assert_eq!(reply.status, 303, "{}", reply.text);
        assert!(!reply.header("location").expect("it leads on").contains("photo=lost"));
        let documents = scene.receiver.get(&format!("/api/v1/documents?consignment={consignment}")).expect(200);
        let document = &documents["items"][0];
        assert_eq!(document["kind"], "grn");
        assert!(document["number"].as_str().is_some_and(|number| number.contains("GRN")), "{document}");
        // The event counts even where its photo is none, and the page says so.
        let UnderWay { code, pledge, .. } = scene.under_way(500);
        let drawn = drawn_of(&visit(&scene.receiver, &format!("{POST}?code={code}")));
        let reply = send_with_photo(&scene.receiver, &filled(&drawn, &[("how", "all")]), b"no picture");
        let to = reply.header("location").expect("it leads on").to_owned();
        assert!(visit(&scene.receiver, &to).says("but its photo is not"), "{to}");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 500}));
    }

    fn a_step_that_is_gone_is_said_to_be_gone_and_no_other_is_chosen(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, .. } = scene.under_way(1_000);
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

    fn whoever_mends_what_was_refused_reads_what_was_recorded_since_their_copy(database: &TestDatabase) {
        let scene = Scene::new(database);
        let UnderWay { code, consignment, .. } = scene.under_way(1_000);
        let link = format!("{POST}?code={code}");
        let copy = visit(&scene.receiver, &link);
        let known = copy.text.split("id=\"post\" data-copy=\"").nth(1).and_then(|rest| rest.split('"').next());
        let known = known.expect("what the form knows").to_owned();
        assert!(!copy.says("id=\"since\""), "nobody asked");
        let again = format!("{link}&since={known}");
        assert!(visit(&scene.receiver, &again).says("Nothing was recorded about this consignment since"));
        let body = json!({"consignment": consignment, "leg": copy.hidden("leg"), "final": false,
            "lines": [{"item": scene.masks, "good": 200}]});
        scene.does("received", "2020-08-20", body).expect(201);
        let since = visit(&scene.receiver, &again);
        assert!(since.says("<span>received</span>"), "{}", since.text);
        assert!(!since.says("<span>departed</span>"), "the copy knew of that: {}", since.text);
        let now = "On the way, Beijing warehouse to Banjul: MASK · Surgical masks: 800 piece";
        assert!(since.says(now), "{}", since.text);
        assert!(visit(&scene.receiver, &format!("{link}&since=0")).says("<span>departed</span>"));
        assert!(!visit(&scene.receiver, &format!("{link}&since=many")).says("id=\"since\""));
        let elsewhere = scene.organization("Somebody else", "FR");
        let bound = scene.house.login_bound(Role::Officer, elsewhere.parse().ok(), None);
        assert_eq!(bound.get(&again).status, 404, "out of reach is missing");
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
        let UnderWay { code, .. } = scene.under_way(1_000);
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
    for file in ["keep.js", "badge.js", "post.js", "scan.js", "queue.js", "left.js", "style.css"] {
        assert!(files.contains(&format!("/{file}\"")), "{file}: {files}");
        let path = files.split('"').find(|part| part.ends_with(&format!("/{file}"))).expect("its path");
        let text = server.stranger().get(path).text;
        assert!(!text.contains("innerHTML") && !text.contains("eval("), "{file}");
    }
    assert!(worker.header("content-security-policy").is_some_and(|policy| !policy.contains("unsafe")));
}

#[test]
fn a_phone_has_the_pages_among_its_apps() {
    let database = crate::support::TestDatabase::sqlite(migrate);
    let server = crate::support::server::Server::start(&database);
    let stranger = server.stranger();
    let told = stranger.send("GET", "/manifest.webmanifest", &[("Accept-Language", "ar")], None);
    assert_eq!(told.header("content-type"), Some("application/manifest+json"));
    let manifest = told.expect(200);
    let named = (&manifest["start_url"], &manifest["display"], &manifest["lang"], &manifest["dir"]);
    assert_eq!(named, (&json!("/board"), &json!("standalone"), &json!("ar"), &json!("rtl")));
    for icon in manifest["icons"].as_array().expect("icons") {
        let (path, kind) = (icon["src"].as_str().expect("a path"), icon["type"].as_str());
        let picture = stranger.get(path);
        assert_eq!((picture.status, picture.header("content-type")), (200, kind), "{path}");
        let Some(side) =
            icon["sizes"].as_str().and_then(|sizes| sizes.split('x').next()?.parse::<u32>().ok())
        else {
            continue;
        };
        assert_eq!(picture.bytes.get(16..20), Some(&side.to_be_bytes()[..]), "{path} is as wide as is said");
    }
    let officer = server.login_as(Role::Officer);
    assert!(visit(&officer, "/board").says("rel=\"manifest\" href=\"/manifest.webmanifest\""));
    let policy = officer.get("/board").header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.contains("manifest-src 'self'"), "{policy}");
    assert!(!visit(&stranger, "/sign-in").says("rel=\"manifest\""), "whoever records nothing needs no app");
}
