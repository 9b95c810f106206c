//! What is refused is said beside the field in the page's language, by the codes that the interface gives.

use super::browse::{Page, visit};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use relief_ledger::atlas::Language;
use relief_ledger::core::problem::{Fault, FieldError};
use relief_ledger::pages;
use serde_json::json;

const POST: &str = "/board/post";

/// Sends a form from a browser that asks for a language.
fn send_in(caller: &Caller, language: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept-Language", language)];
    caller.send("POST", path, &headers, Some(&body))
}

/// What a form holds that nobody types.
fn drawn_of(page: &Page, names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), page.hidden(name).to_owned())).collect()
}

/// A form with what somebody fills in.
fn filled<'a>(drawn: &'a [(String, String)], typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let drawn = drawn.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    drawn.chain(typed.iter().copied()).collect()
}

/// What a page says beside a field.
fn beside(page: &Page, field: &str) -> String {
    let behind = page.text.split(&format!("id=\"{field}-error\">")).nth(1);
    let words = behind.and_then(|rest| rest.split("</p>").next());
    words.unwrap_or_else(|| panic!("nothing is said beside {field}: {}", page.text)).to_owned()
}

on_both_databases! {
    migrate: migrate;

    fn an_officer_reads_in_spanish_why_a_quantity_is_refused(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        scene.in_store(&donor, &beijing, 10_000);
        let (consignment, _) = scene.sent(&city, &[&beijing, &banjul], 10_000, "2020-08-01");
        let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
        let link = format!("{POST}?code={}", shown["tracking_code"].as_str().expect("a code"));
        let names = ["id", "document", "occurred_at", "kind", "consignment", "code", "leg", "site", "lines", "item-0", "name-0", "sent-0"];
        let drawn = drawn_of(&visit(&scene.receiver, &link), &names);
        let counted = [("how", "count"), ("good-0", "muchas"), ("reason-0", "Mojado")];
        let refused = send_in(&scene.receiver, "es", POST, &filled(&drawn, &counted));
        assert_eq!(refused.status, 422, "{}", refused.text);
        let page = Page::of(&refused, POST);
        let words = "<span lang=\"es\">No es un número entero. Escríbalo en cifras, como 120.</span>";
        assert_eq!(beside(&page, "good-0"), words);
        assert!(!page.says("is not a whole number"), "no English is left: {}", page.text);

        // Who reads English reads the interface's own words, which name the value.
        let refused = send_in(&scene.receiver, "en", POST, &filled(&drawn, &counted));
        assert!(beside(&Page::of(&refused, POST), "good-0").contains("muchas"), "{}", refused.text);

        // More than is there: how much there is stands in the sentence, as Spanish writes it.
        assert_eq!(send_in(&scene.receiver, "es", POST, &filled(&drawn, &[("how", "all")])).status, 303);
        let drawn = drawn_of(&visit(&scene.receiver, &link), &names);
        let more = send_in(&scene.receiver, "es", POST, &filled(&drawn, &[("good-0", "10001")]));
        assert_eq!(more.status, 409, "{}", more.text);
        let words = "<span lang=\"es\">No hay tantas mercancías; solo hay 10.000.</span>";
        assert_eq!(beside(&Page::of(&more, POST), "good-0"), words);
        scene.closes();
    }

    fn a_page_that_is_a_refusal_says_in_its_language_what_is_wrong_and_what_to_do(database: &TestDatabase) {
        let scene = Scene::new(database);
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, 1, &json!({"published": true})).expect(200);
        let opens = |caller: &Caller, language: &str, path: &str| {
            let headers = [("Accept", "text/html"), ("Accept-Language", language)];
            let reply = caller.send("GET", path, &headers, None);
            (reply.status, Page::of(&reply, path))
        };
        let stranger = scene.house.stranger();
        let (status, page) = opens(&stranger, "fr", "/map?as_of=juin");
        assert_eq!(status, 422, "{}", page.text);
        assert!(page.says("<h1>Une valeur du formulaire n’est pas valable.</h1>"), "{}", page.text);
        assert!(page.says("<p lang=\"fr\">Ce n’est pas une heure."), "the code of the field is said: {}", page.text);
        assert!(page.says("<p>Revenez en arrière et corrigez ce qui est indiqué ici.</p>"), "{}", page.text);
        let detail = page.text.split("lang=\"en\">").find(|rest| rest.contains("is not a time"));
        assert!(detail.is_some(), "the interface's words name the value, as English: {}", page.text);
        for (language, caller, path, status, words) in [
            ("es", &scene.officer, "/admin", 403, "Pídalo a un administrador si su trabajo lo requiere."),
            ("ru", &scene.officer, "/board/consignments/00000000-0000-0000-0000-000000000000", 404, "Возможно, в адресе опечатка"),
            ("zh", &stranger, "/nowhere", 404, "地址可能有误"),
            ("ar", &scene.auditor, "/admin/people", 403, "اطلب ذلك من أحد المسؤولين"),
            ("en", &stranger, "/nowhere", 404, "It may be mistyped, gone, or not for you to see."),
        ] {
            let (answered, page) = opens(caller, language, path);
            assert_eq!(answered, status, "{path}: {}", page.text);
            assert!(page.says(words), "{language} {path}: {}", page.text);
        }
    }

    fn an_administrator_reads_in_arabic_that_a_name_is_missing(database: &TestDatabase) {
        let scene = Scene::new(database);
        let page = visit(&scene.admin, "/admin/organizations");
        let fields = [("id", page.hidden("id")), ("name", ""), ("country", "GM")];
        let refused = send_in(&scene.admin, "ar", "/admin/organizations", &fields);
        assert_eq!(refused.status, 422, "{}", refused.text);
        let page = Page::of(&refused, "/admin/organizations");
        assert_eq!(beside(&page, "name"), "<span lang=\"ar\">املأ هذا الحقل.</span>");
        assert!(page.says("<li lang=\"ar\"><a href=\"#name\">"), "{}", page.text);
    }

    fn a_field_that_is_wrong_has_a_code_and_what_would_be_right(database: &TestDatabase) {
        let scene = Scene::new(database);
        let id = "01900000-0000-7000-8000-000000000001";
        let error = |reply: &Reply| {
            assert!(reply.status >= 400, "{}", reply.text);
            reply.json()["errors"][0].clone()
        };
        let organization = |body: serde_json::Value| error(&scene.admin.post("/api/v1/organizations", &body));
        let missing = organization(json!({"country": "GM"}));
        assert_eq!((&missing["pointer"], &missing["code"]), (&json!("/name"), &json!("required")));
        assert_eq!(missing.get("most"), None, "what there is not is left out");
        assert_eq!(organization(json!({"name": " ", "country": "GM"}))["code"], "required");
        assert_eq!(organization(json!({"name": null, "country": "GM"}))["code"], "required");
        let long = organization(json!({"name": "n".repeat(201), "country": "GM"}));
        assert_eq!((&long["code"], &long["most"]), (&json!("too_long"), &json!(200)));
        assert_eq!(organization(json!({"name": "a\tb", "country": "GM"}))["code"], "not_plain_text");
        assert_eq!(organization(json!({"name": ["a"], "country": "GM"}))["code"], "wrong_type");
        assert_eq!(organization(json!({"name": "A", "country": "Gambia"}))["code"], "not_a_code");
        let unknown = organization(json!({"name": "A", "country": "GM", "colour": "red"}));
        assert_eq!((&unknown["pointer"], &unknown["code"]), (&json!("/colour"), &json!("unknown_field")));
        assert!(unknown["choices"].as_array().is_some_and(|known| known.contains(&json!("name"))), "{unknown}");
        assert_eq!(organization(json!({"id": "x", "name": "A", "country": "GM"}))["code"], "not_an_identifier");

        let query = |path: &str| error(&scene.auditor.get(path));
        let limit = query("/api/v1/organizations?limit=501");
        assert_eq!((&limit["code"], &limit["least"], &limit["most"]), (&json!("too_large"), &json!(1), &json!(500)));
        assert_eq!(query("/api/v1/organizations?limit=many")["code"], "not_a_number");

        let event = |lines: serde_json::Value, at: &str| {
            let body = json!({"id": id, "kind": "allocated", "occurred_at": at, "consignment": id, "lines": lines});
            error(&scene.officer.post("/api/v1/events", &body))
        };
        let none = event(json!([{"item": scene.masks, "quantity": -1}]), "2020-08-06");
        assert_eq!((&none["pointer"], &none["code"], &none["least"]), (&json!("/lines/0/quantity"), &json!("too_small"), &json!(0)));
        assert_eq!(event(json!([{"item": scene.masks, "quantity": "5"}]), "2020-08-06")["code"], "not_a_number");
        assert_eq!(event(json!([{"item": scene.masks, "quantity": 5}]), "yesterday")["code"], "not_a_time");
        scene.closes();
    }
}

/// Faults as pages meet them: bare, and with every bound and choice.
fn errors_of(code: Fault) -> [FieldError; 2] {
    let bare = FieldError::new("/field", "words of the interface").coded(code);
    let bound = bare.clone().at_least(2).at_most(1_234);
    [bare, FieldError { choices: vec!["good".to_owned(), "damaged".to_owned()], ..bound }]
}

/// The languages in which a code is not said, or says what another does.
fn unsaid(code: Fault, said: impl Fn(Language, &FieldError) -> Option<String>) -> Vec<&'static str> {
    let lacks = |language: Language| {
        errors_of(code).iter().any(|error| {
            let words = said(language, error).unwrap_or_default();
            let is_english =
                language != Language::English && said(Language::English, error).as_ref() == Some(&words);
            words.trim().is_empty() || words.contains('{') || is_english
        })
    };
    Language::ALL.into_iter().filter(|language| lacks(*language)).map(Language::code).collect()
}

#[test]
fn every_code_of_a_field_is_said_in_six_languages() {
    for code in Fault::ALL.iter().copied().filter(|code| *code != Fault::Other) {
        assert_eq!(unsaid(code, pages::fault_said), Vec::<&str>::new(), "{}", code.word());
        // The twins: a language that lacks the words, and one that has them in English.
        let dumb = |language: Language, error: &FieldError| {
            pages::fault_said(language, error).filter(|_| language != Language::Russian)
        };
        assert_eq!(unsaid(code, dumb), ["ru"], "{}", code.word());
        let english = |_: Language, error: &FieldError| pages::fault_said(Language::English, error);
        assert_eq!(unsaid(code, english).len(), 5, "{}", code.word());
    }
    let [bare, bound] = errors_of(Fault::Other);
    assert!([bare, bound].iter().all(|error| pages::fault_said(Language::French, error).is_none()));
}

#[test]
fn what_was_refused_on_the_phone_is_said_by_the_same_phrases() {
    assert_eq!(pages::fault_phrases(Language::English), "", "English has the interface's own words");
    let told: serde_json::Value =
        serde_json::from_str(&pages::fault_phrases(Language::Spanish)).expect("a script can read it");
    for code in Fault::ALL.iter().copied().filter(|code| *code != Fault::Other) {
        let [bare, _] = errors_of(code);
        assert_eq!(told[code.word()][0].as_str(), pages::fault_said(Language::Spanish, &bare).as_deref());
    }
    assert_eq!(told["not_enough"][1], "No hay tantas mercancías; solo hay {0}.");
    assert!(told.get("other").is_none() && told["too_small"][2].is_string(), "{told}");
}

#[test]
fn a_sentence_names_the_bound_as_its_language_writes_it() {
    let said =
        |language: Language, error: &FieldError| pages::fault_said(language, error).expect("it is said");
    let short = FieldError::new("", "").coded(Fault::NotEnough).at_most(12_345);
    assert_eq!(said(Language::Spanish, &short), "No hay tantas mercancías; solo hay 12.345.");
    assert_eq!(
        said(Language::French, &short),
        "Il n’y a pas autant de marchandises : seulement 12\u{202f}345."
    );
    let range = FieldError::new("", "").outside(0, &(1..=180));
    assert_eq!(said(Language::Arabic, &range), "اكتب عددًا صحيحًا من 1 إلى 180.");
    let chosen = FieldError::new("", "").none_of(vec!["good".to_owned(), "damaged".to_owned()]);
    assert!(said(Language::Chinese, &chosen).contains("\u{2068}good\u{2069} · \u{2068}damaged\u{2069}"));
}
