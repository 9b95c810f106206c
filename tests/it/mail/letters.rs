//! In the language that was asked for, under one name however often, and never lost: what the server of mail did not take is
//! listed and sent again. And nobody's questions keep others from asking.

use std::collections::BTreeSet;
use std::net::IpAddr;

use relief_ledger::app::Buckets;
use relief_ledger::atlas::Language;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::mail::SmtpSettings;
use relief_ledger::mail::phrases::{Happened, Said};
use relief_ledger::tracking::words::Sentence;
use relief_ledger::web::{Door, Throttle as _};
use serde_json::{Value, json};

use super::sink::{Mail, Sink};
use super::{ORIGIN, a_gift, a_while, ask, comes, consignment, depart, press, scene};
use crate::carrying::{count, text};
use crate::stories::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::server::{Caller, migrate};
use crate::support::{on_both_databases, until};
use crate::webhooks::hasty;

/// A donor who said yes to digests; the caller, and what they are about.
fn donor_with_digests(scene: &Scene, sink: &Sink) -> (Caller, String) {
    let ours = a_gift(scene, 500);
    let organization = OrganizationId(ours.parse().expect("an id"));
    let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
    let asked = json!({"about": "digest", "address": "donor@example.org", "days": 1});
    donor.post("/api/v1/mailings", &asked).expect(202);
    assert_eq!(press(&scene.house.stranger(), &comes(sink, 1).page(), "confirm"), 200);
    (donor, ours)
}

fn letters(caller: &Caller, path: &str) -> Vec<Value> {
    caller.get(path).expect(200)["items"].as_array().expect("letters").clone()
}

/// Messages that were taken.
fn taken(sink: &Sink) -> Vec<Mail> {
    sink.mails().into_iter().filter(|mail| !mail.to.is_empty()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn whoever_asks_in_a_language_is_written_in_it(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (code, opened, stops) = consignment(&scene);
        let path = format!("/api/v1/tracking/{code}/mail");
        let asked = |language: &str| json!({"address": format!("{language}@example.org"), "language": language});
        let stranger = scene.house.stranger();
        stranger.post(&path, &asked("xx")).refused("invalid", &["/language"]);
        stranger.post(&path, &asked("fr")).expect(202);
        let question = comes(&sink, 1);
        assert!(question.text().contains("Si vous le souhaitez") && !question.text().contains("If you want"), "{}", question.text());
        let page = stranger.get(&question.page());
        assert!(page.text.contains("<html lang=\"fr\" dir=\"ltr\">") && page.text.contains("Oui, écrivez-moi"), "{}", page.text);
        assert_eq!(press(&stranger, &question.page(), "confirm"), 200);
        depart(&scene, &opened, &stops[0]);
        let news = comes(&sink, 2).text();
        assert!(news.contains("En route.") && news.contains("parti, CN") && news.contains("Y mettre fin"), "{news}");
        stranger.post(&path, &asked("ar")).expect(202);
        let page = stranger.get(&comes(&sink, 3).page());
        assert!(page.text.contains("<html lang=\"ar\" dir=\"rtl\">"), "{}", page.text);
        crate::sessions::verifies(database);
    }

    fn what_the_server_of_mail_did_not_take_is_listed_and_sent_again_when_its_user_says_so(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (donor, ours) = donor_with_digests(&scene, &sink);
        a_while();
        sink.refuses(true);
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&ours, &site, 40);
        let id = donor.get("/api/v1/mailings").expect(200)["items"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/mailings/{id}");
        let given_up = until("a digest that is given up", || {
            Some(letters(&donor, &format!("{path}/letters?state=given_up"))).filter(|found| !found.is_empty())
        });
        assert!(given_up[0]["error"].as_str().is_some_and(|words| words.contains("451")), "{given_up:?}");
        let shown = &donor.get("/api/v1/mailings").expect(200)["items"][0];
        assert!(shown["letters_given_up"].as_i64().is_some_and(|count| count >= 1), "{shown}");
        // It is nobody else's.
        scene.officer.get(&format!("{path}/letters")).refused("not_found", &[]);
        scene.officer.post(&format!("{path}/replay"), &json!({})).refused("not_found", &[]);
        donor.post(&format!("{path}/replay"), &json!({"letters": []})).refused("invalid", &["/letters"]);
        sink.refuses(false);
        let before = taken(&sink).len();
        let one = json!({"letters": [given_up[0]["id"]]});
        assert_eq!(donor.post(&format!("{path}/replay"), &one).expect(200)["letters"], 1);
        let digest = until("the digest", || taken(&sink).get(before).cloned());
        assert_eq!(digest.to, "donor@example.org");
        // The two things of the gift may have come in one message or in two.
        assert!(["collected", "pledge accepted"].iter().any(|what| digest.text().contains(what)), "{}", digest.text());
        crate::sessions::verifies(database);
    }

    fn what_was_given_up_of_a_tracking_code_is_sent_again_by_command(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (code, opened, stops) = consignment(&scene);
        let (other, _, _) = consignment(&scene);
        let stranger = scene.house.stranger();
        ask(&scene, &other, "fatou@example.org").expect(202);
        comes(&sink, 1);
        ask(&scene, &code, "amina@example.org").expect(202);
        let page = comes(&sink, 2).page();
        assert_eq!(press(&stranger, &page, "confirm"), 200);
        a_while();
        sink.refuses(true);
        depart(&scene, &opened, &stops[0]);
        let given_up = "SELECT CAST(COUNT(*) AS TEXT) AS value FROM letters WHERE next_at IS NULL";
        until("a message that is given up", || (text(database.url(), given_up) == "1").then_some(()));
        let keys = scene.house.key_folder();
        let run = |arguments: &[&str]| {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
                .arg("mail")
                .args(arguments)
                .args(["--database-url", database.url(), "--keys"])
                .arg(&keys)
                .output()
                .expect("the command runs");
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let (exit, listed, _) = run(&["list"]);
        assert_eq!((exit, listed.lines().count()), (Some(0), 2), "{listed}");
        assert!(listed.contains(&code) && listed.contains(&other) && !listed.contains("example.org"), "{listed}");
        let (_, listed, _) = run(&["list", "--failing", "--json"]);
        let listed: Value = serde_json::from_str(&listed).expect("one line of JSON");
        let id = listed["id"].as_str().expect("an id").to_owned();
        assert_eq!((&listed["tracking_code"], &listed["letters_given_up"], &listed["user"]), (&json!(code), &json!(1), &Value::Null));
        let (_, letters, _) = run(&["letters", "--id", &id, "--json"]);
        let letter: Value = serde_json::from_str(&letters).expect("one line of JSON");
        assert!(letter["error"].as_str().is_some_and(|words| words.contains("451")) && letter["next_at"].is_null(), "{letter}");

        // What is given up is sent by nobody before somebody says so, though the server of mail takes everything again.
        sink.refuses(false);
        a_while();
        let before = taken(&sink).len();
        assert_eq!(before, 2, "the two questions");
        let one = letter["id"].as_str().expect("an id");
        assert_eq!(run(&["replay", "--id", &id, "--letter", one]).1, "1 letters are sent again.\n");
        let news = until("the message", || taken(&sink).get(before).cloned());
        assert!(news.to == "amina@example.org" && news.text().contains(&code), "{}", news.text());
        until("no letter is left", || run(&["letters", "--id", &id, "--all"]).1.is_empty().then_some(()));
        assert_eq!(run(&["replay", "--id", &id]).1, "0 letters are sent again.\n");
        until("all of it is well", || run(&["list", "--failing"]).1.is_empty().then_some(()));
        // Nothing of one that has ended is left to be sent.
        assert_eq!(press(&stranger, &page, "end"), 200);
        let (exit, _, error) = run(&["replay", "--id", &id]);
        assert!(exit == Some(2) && error.contains("There is no mailing"), "{exit:?} {error}");
        crate::sessions::verifies(database);
    }

    fn a_digest_that_is_told_again_after_a_crash_has_the_name_it_had(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (_, ours) = donor_with_digests(&scene, &sink);
        a_while();
        let told = text(database.url(), "SELECT CAST(told_through AS TEXT) AS value FROM outlets");
        let (before, site) = (sink.mails().len(), scene.site("Tianjin", "warehouse", "CN"));
        scene.in_store(&ours, &site, 40);
        let first = comes(&sink, before + 1);
        // As a server leaves it that stops between sending and writing down: it knows nothing of what it sent.
        let Scene { house, .. } = scene;
        let url = sink.url();
        let at = database.url().to_owned();
        let house = house.restart_with(move |settings| {
            hasty(10)(settings);
            settings.smtp = Some(SmtpSettings {
                url,
                from: "ReliefLedger <relief@example.org>".to_owned(),
                origin: ORIGIN.to_owned(),
            });
            tamper(&at, &format!("UPDATE outlets SET told_through = {told}, due_at = 0, taken_at = NULL"));
        });
        let again = until("it comes again", || {
            let mails = sink.mails();
            let mut same = mails.iter().filter(|mail| mail.header("message-id") == first.header("message-id"));
            same.nth(1).cloned()
        });
        assert!(again.text().contains("collected"), "{}", again.text());
        house.stop();
    }

    fn questions_about_one_code_keep_nobody_from_asking_about_another(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (code, _, _) = consignment(&scene);
        let (other, _, _) = consignment(&scene);
        for number in 0..50 {
            ask(&scene, &code, &format!("reader{number}@example.org")).expect(202);
        }
        ask(&scene, &code, "amina@example.org").refused("too_many_requests", &[]);
        ask(&scene, &other, "amina@example.org").expect(202);
        assert_eq!(count(database.url(), "mailings"), 51);
    }
}

#[test]
fn one_network_asks_so_many_and_its_neighbours_go_on() {
    let throttle = Buckets::default();
    let admit =
        |address: &str| throttle.admit(Door::Questions, address.parse::<IpAddr>().expect("an address"));
    assert!((0..20).all(|_| admit("203.0.113.7").is_ok()));
    let wait = admit("203.0.113.7").expect_err("it asked enough");
    assert!(wait.as_secs() > 60, "{wait:?}: it is no matter of seconds");
    assert!(admit("203.0.113.8").is_ok());
}

#[test]
fn no_phrase_of_a_message_is_missing_in_any_language() {
    let said = |language| {
        Said::ALL
            .iter()
            .map(move |one| one.said(language))
            .chain(Happened::ALL.iter().map(move |one| one.said(language)))
            .chain(Sentence::ALL.iter().map(move |one| one.said(language)))
    };
    for language in Language::ALL {
        let strange = said(language).find(|words| words.trim().is_empty() || words.trim() != *words);
        assert_eq!(strange, None, "{}", language.code());
        let own = |words: &str| {
            words.chars().any(|letter| match language {
                Language::Russian => ('а'..='я').contains(&letter),
                Language::Chinese => ('\u{4e00}'..='\u{9fff}').contains(&letter),
                Language::Arabic => ('\u{620}'..='\u{64a}').contains(&letter),
                Language::English | Language::French | Language::Spanish => letter.is_ascii_lowercase(),
            })
        };
        let foreign = said(language).find(|words| !own(words));
        assert_eq!(foreign, None, "{}", language.code());
    }
    // Every kind of event has its words.
    let words: BTreeSet<String> =
        relief_ledger::events::Kind::WORDS.iter().map(|word| word.replace('_', " ")).collect();
    let known: BTreeSet<String> =
        Happened::ALL.iter().map(|one| one.said(Language::English).to_owned()).collect();
    assert_eq!(words, known);
}

#[test]
fn no_password_of_the_server_of_mail_is_shown_and_nothing_goes_in_the_clear() {
    let settings = |url: &str| SmtpSettings {
        url: url.to_owned(),
        from: "ReliefLedger <relief@example.org>".to_owned(),
        origin: ORIGIN.to_owned(),
    };
    let shown = format!("{:?}", settings("smtps://relief:hunter2@mail.example.org"));
    assert!(!shown.contains("hunter2") && shown.contains("mail.example.org"), "{shown}");
    for url in [
        "smtps://relief:a@mail.example.org",
        "smtp://mail.example.org:587?tls=required",
        "smtp://localhost:25",
        "smtp://[::1]:25",
    ] {
        assert!(settings(url).check().is_ok(), "{url}");
    }
    for url in [
        "smtp://mail.example.org",
        // Words that stand elsewhere say nothing of how it goes.
        "smtp://tls=required:a@mail.example.org",
        "smtp://mail.example.org/?a=tls=required",
        "smtp://mail.example.org#tls=required",
        "smtp://mail.example.org?tls=opportunistic",
        "smtp://mail.example.org?tls=opportunistic&tls=required",
        "smtp://localhost.example.org",
        "smtp://localhost@mail.example.org",
        "mail.example.org",
    ] {
        assert!(settings(url).check().is_err(), "{url}");
    }
}
