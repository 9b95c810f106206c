//! What all pages have in common.

use std::collections::BTreeSet;
use std::io::Write;

use relief_ledger::app;
use relief_ledger::atlas::Language;
use relief_ledger::auth::{Action, POLICY, Role};
use relief_ledger::core::id::OrganizationId;
use relief_ledger::pages;
use relief_ledger::web::Access;
use serde_json::json;
use uuid::Uuid;

use super::browse::{faults, send, visit};
use crate::sessions::{PASSWORD, person};
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, on_both_databases};

const SIGN_IN: &str = "/sign-in";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Pages that ask for more than their routes do, and for what: who may send a form that posts an event hangs on its kind.
const ASKING_MORE: [(&str, &str, Action); 4] = [
    ("GET", "/manager/pledges/{id}", Action::PledgeDecide),
    ("POST", "/manager/pledges/{id}/accept", Action::PledgeDecide),
    ("POST", "/manager/pledges/{id}/decline", Action::PledgeDecide),
    ("POST", "/board/post", Action::EventPost),
];

/// Pages of something that their address names behind a question mark, and what they answer where it names nothing.
const NAMING_NOTHING: [(&str, u16); 2] = [("/manager/proposals/review", 409), ("/missing/decide", 409)];

/// A page that is not for everyone.
struct Guarded {
    method: String,
    /// Its path, with names in place of parameters.
    pattern: String,
    /// Whom its route lets in.
    routed: BTreeSet<Role>,
    /// Whom it shows itself to.
    let_in: BTreeSet<Role>,
}

impl Guarded {
    fn of(method: &str, pattern: &str, action: Action) -> Self {
        let may = |action: Action| -> BTreeSet<Role> {
            POLICY.iter().filter(|rule| rule.action == action).map(|rule| rule.role).collect()
        };
        let routed = may(action);
        let more = ASKING_MORE.iter().find(|(of, path, _)| *of == method && *path == pattern);
        let let_in = match more {
            Some((_, _, more)) => routed.intersection(&may(*more)).copied().collect(),
            None => routed.clone(),
        };
        Self { method: method.to_owned(), pattern: pattern.to_owned(), routed, let_in }
    }

    /// The path with nothing in place of parameters.
    fn path(&self) -> String {
        let part = |part: &str| if part.starts_with('{') { Uuid::nil().to_string() } else { part.to_owned() };
        self.pattern.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// What is wrong with how somebody of a role was answered. What is not there, and a form that says nothing, are
    /// refused, but never as if it were not theirs; what needs nothing to be there is shown.
    fn fault(&self, role: Role, status: u16) -> Option<String> {
        let is_looked_at = self.method == "GET";
        let is_sound = if !self.routed.contains(&role) {
            status == 403
        } else if !self.let_in.contains(&role) {
            status == 403 || (!is_looked_at && (400..500).contains(&status))
        } else if is_looked_at && !self.pattern.contains('{') {
            let otherwise = NAMING_NOTHING.iter().find(|(path, _)| *path == self.pattern);
            status == otherwise.map_or(200, |(_, status)| *status)
        } else {
            status != 403 && status < 500
        };
        (!is_sound).then(|| format!("{} {} answers {status} to {role}", self.method, self.pattern))
    }
}

/// Every page that is not for everyone.
fn guarded() -> Vec<Guarded> {
    let routes = app::routes();
    let pages = routes.declared().filter_map(|(method, path, access)| {
        // Whoever signs out sees none of the pages that come after it.
        let Access::Page(action) = access else { return None };
        (path != "/sign-out").then(|| Guarded::of(method.as_str(), path, action))
    });
    pages.collect()
}

/// Somebody of a role, of an organization where the role is for one.
fn caller(server: &Server, role: Role) -> Caller {
    if !role.needs_organization() {
        return server.login_as(role);
    }
    let body =
        json!({"name": format!("Organization of the {}", role.word()), "country": "CN", "donor": true});
    let made = server.login_as(Role::Admin).post("/api/v1/organizations", &body).expect(201);
    let id: OrganizationId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    server.login_bound(role, Some(id), None)
}

on_both_databases! {
    migrate: migrate;

    fn whoever_may_not_see_a_page_is_told_so_by_a_page_and_strangers_are_asked_to_sign_in(database: &TestDatabase) {
        let server = Server::start(database);
        let callers: Vec<_> = Role::ALL.iter().map(|role| (*role, caller(&server, *role))).collect();
        for page in guarded() {
            let (method, path) = (page.method.as_str(), page.path());
            let stranger = server.stranger().send(method, &path, &[FORM], Some(""));
            assert_eq!(stranger.status, 303, "{method} {path}");
            assert!(stranger.header("location").is_some_and(|to| to.starts_with("/sign-in?to=")), "{path}");
            for (role, caller) in &callers {
                let reply = caller.send(method, &path, &[FORM], (method != "GET").then_some(""));
                assert_eq!(page.fault(*role, reply.status), None, "{}", reply.text);
                if reply.status != 303 && reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                    assert_eq!(faults(&reply.text), Vec::<String>::new(), "{method} {path}");
                }
                if reply.status == 403 || reply.status == 404 {
                    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{path}");
                }
            }
        }
    }

    fn whoever_sends_a_form_signed_out_comes_back_to_its_page_and_where_it_is_sent_to_is_no_place_to_look_at(database: &TestDatabase) {
        let server = Server::start(database);
        let stranger = server.stranger();
        let own = format!("http://{}", server.address());
        let path = format!("/manager/pledges/{}/accept", Uuid::nil());
        let asked = |from: &str| {
            let reply = stranger.send("POST", &path, &[FORM, ("Referer", from)], Some(""));
            reply.header("location").expect("it leads on").to_owned()
        };
        assert_eq!(asked(&format!("{own}/manager/figures?item=a")), "/sign-in?to=%2Fmanager%2Ffigures%3Fitem%3Da");
        for elsewhere in [
            "https://evil.example.org/manager",
            &format!("{own}//evil.example.org"),
            &format!("{own}.evil.example.org/manager"),
            &own,
            "/manager",
            "manager",
        ] {
            assert_eq!(asked(elsewhere), "/sign-in?to=%2F", "{elsewhere}");
        }
        let looked = stranger.send("GET", &path, &[("Accept", "text/html")], None);
        assert_eq!((looked.status, looked.header("allow")), (405, Some("POST")), "{}", looked.text);
        assert_eq!(looked.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(faults(&looked.text), Vec::<String>::new(), "{}", looked.text);
        let asked = stranger.send("GET", &path, &[("Accept", "application/json")], None);
        assert_eq!(asked.problem().1, "method_not_allowed");
    }

    fn somebody_signs_in_by_a_form_comes_back_to_where_they_were_and_signs_out(database: &TestDatabase) {
        let server = Server::start(database);
        person(&server, "amina", Role::Officer);
        let stranger = server.stranger();
        assert!(visit(&stranger, "/sign-in?to=%2Fmap").says("name=\"to\" value=\"/map\""));
        // Whoever makes the link does not choose another server.
        for elsewhere in ["//evil.example.org", "https://evil.example.org", "/\\evil.example.org", "/a b"] {
            let link: String = url::form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
            assert!(visit(&stranger, &format!("{SIGN_IN}?to={link}")).says("name=\"to\" value=\"/\""), "{elsewhere}");
        }
        let origin = format!("http://{}", server.address());
        let body = format!("login=amina&password={}&to=%2Fmap", PASSWORD.replace(' ', "+"));
        let from = |origin: &str, body: &str| {
            let headers = [FORM, ("Origin", origin), ("Sec-Fetch-Site", "same-origin")];
            stranger.send("POST", SIGN_IN, &headers, Some(body))
        };
        assert_eq!(from("https://evil.example.org", &body).status, 403, "only from a page of this server");
        let wrong = from(&origin, "login=amina&password=not+the+one&to=%2Fmap");
        assert_eq!(wrong.status, 401);
        assert_eq!(faults(&wrong.text), Vec::<String>::new());
        assert!(wrong.text.contains("<title>Error: Sign in") && wrong.text.contains("value=\"amina\""), "{}", wrong.text);
        assert!(!wrong.text.contains("not the one"), "what was typed as a password is not shown");
        let right = from(&origin, &body);
        assert_eq!((right.status, right.header("location")), (303, Some("/map")), "{}", right.text);
        let cookie = right.header("set-cookie").expect("a cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().expect("its value");
        let seen = stranger.send("GET", "/", &[("Cookie", cookie)], None);
        assert!(seen.text.contains("action=\"/sign-out\""), "{}", seen.text);
        // Another site's page makes nobody sign out.
        let out = |origin: &str| stranger.send("POST", "/sign-out", &[FORM, ("Cookie", cookie), ("Origin", origin)], Some(""));
        assert_eq!(out("https://evil.example.org").status, 403);
        assert_eq!(out(&origin).status, 303);
        let seen = stranger.send("GET", "/", &[("Cookie", cookie)], None);
        assert!(seen.text.contains("href=\"/sign-in"), "the session has ended");
    }
}

#[test]
fn a_page_that_refuses_whom_it_is_for_or_shows_itself_to_others_is_noticed() {
    let pages = guarded();
    for (method, pattern, _) in ASKING_MORE {
        let page = pages.iter().find(|page| page.method == method && page.pattern == pattern);
        let page = page.unwrap_or_else(|| panic!("{method} {pattern} is no page, and asks for nothing"));
        assert_ne!(page.routed, page.let_in, "{method} {pattern} asks for no more than its route does");
    }
    for (path, _) in NAMING_NOTHING {
        assert!(pages.iter().any(|page| page.method == "GET" && page.pattern == path), "{path} is no page");
    }
    for page in &pages {
        assert!(!page.let_in.is_empty(), "{} {} is for nobody", page.method, page.pattern);
        for role in Role::ALL {
            // The twins: a page that refuses everybody, and one that is shown to everybody.
            let broken = if page.let_in.contains(&role) { 403 } else { 200 };
            let fault = page.fault(role, broken);
            assert!(fault.is_some(), "{} {} may answer {broken} to {role}", page.method, page.pattern);
        }
    }
}

#[test]
fn a_page_is_in_the_language_the_browser_asks_for_and_in_the_one_somebody_chooses() {
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    let stranger = server.stranger();
    let page = |headers: &[(&str, &str)]| stranger.send("GET", SIGN_IN, headers, None).text;
    for (asked, lang, dir) in [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr", "ltr"),
        ("de, ar;q=0.5", "ar", "rtl"),
        ("en;q=0.1, zh-Hant-TW;q=0.7", "zh", "ltr"),
        ("xx, q, ;;;, es;q=1.0", "es", "ltr"),
        ("", "en", "ltr"),
    ] {
        let seen = page(&[("Accept-Language", asked)]);
        assert!(seen.contains(&format!("<html lang=\"{lang}\" dir=\"{dir}\">")), "{asked}: {seen}");
    }
    let chosen = stranger.get("/language?to=%2Fsign-in&code=ru");
    assert_eq!((chosen.status, chosen.header("location")), (303, Some("/sign-in")));
    let cookie = chosen.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    let seen = page(&[("Accept-Language", "fr"), ("Cookie", cookie)]);
    assert!(seen.contains("<html lang=\"ru\"") && seen.contains("Войти"), "{seen}");
    assert_eq!(stranger.get("/language?to=%2F&code=tlh").status, 422);
}

#[test]
fn no_phrase_lacks_a_language_a_form_or_a_part() {
    let wrong = |phrases: &[[&str; 6]]| -> Vec<String> {
        let mut found = Vec::new();
        for phrase in phrases {
            let parts = |text: &str| -> BTreeSet<String> {
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
            };
            for (text, language) in phrase.iter().zip(Language::ALL) {
                if text.trim().is_empty() || parts(text) != parts(phrase[0]) {
                    found.push(format!("{}: {text}", language.code()));
                }
                let is_counted = phrase.iter().any(|text| text.contains('|'));
                if is_counted && text.split('|').count() != pages::forms(language).len() {
                    found.push(format!("{}: {text}", language.code()));
                }
            }
        }
        found
    };
    assert_eq!(wrong(&pages::phrases()), Vec::<String>::new());
    let broken = [
        [
            "{0} trip|{0} trips",
            "{0} trajet|{0} trajets",
            "{0} viaje|{0} viajes|{0} viajes",
            "{0} a|{0} b|{0} c|{0} d",
            "{0} 次",
            "a|b|c|d|e|f",
        ],
        ["As of {0}", "", "A", "По {0}", "{0}", "{0}"],
    ];
    assert_eq!(wrong(&broken).len(), 4, "the twin: a missing form, parts that are missing, nothing at all");
}

#[test]
fn a_broken_page_is_noticed() {
    let sound = "<!doctype html><html lang=\"en\"><h1>A</h1><h2>B</h2><label for=\"a\">A</label><input id=\"a\">\
                 <table><caption>C</caption></table><script src=\"/static/x.js\"></script>";
    assert_eq!(faults(sound), Vec::<String>::new());
    for (from, to) in [
        ("<h1>A</h1>", "<h1>A</h1><h1>B</h1>"),
        ("<h2>", "<h3>"),
        (" lang=\"en\"", ""),
        ("for=\"a\"", "for=\"b\""),
        ("<caption>C</caption>", ""),
        ("<h2>B", "<h2 style=\"color:red\">B"),
        ("src=\"/static/x.js\"", ""),
        ("<h1>A", "<h1 onclick=\"x()\">A"),
    ] {
        assert!(!faults(&sound.replace(from, to)).is_empty(), "{from} as {to}");
    }
}

#[test]
fn style_and_scripts_are_kept_under_names_that_change_with_them() {
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    let stranger = server.stranger();
    let page = stranger.get(SIGN_IN);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(!policy.contains("unsafe") && policy.contains("require-trusted-types-for 'script'"), "{policy}");
    let path = page
        .text
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a style");
    let style = stranger.get(path);
    assert_eq!(style.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(style.text.as_bytes()).expect("it is written");
    let packed = packed.finish().expect("it ends").len();
    assert!(packed <= 10 * 1_024, "{packed} bytes of style on the wire");
    assert_eq!(stranger.get("/static/000000000000/style.css").status, 404);
    assert_eq!(send(&stranger, "/sign-out", &[]).status, 303);
}
