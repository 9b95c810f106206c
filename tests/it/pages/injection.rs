//! Whoever types markup, scripts, addresses or formulas where a text is asked for has a text there, on every page that shows
//! it; and the proof that anything more would be noticed.

pub mod corpus;
mod crawl;
mod markup;
pub mod stage;

use actix_web::http::Method;

use corpus::{CORPUS, MARK};
use crawl::{Looked, declared};
use markup::faults;
use stage::{FIELDS, Stage};

use super::browse::send;
use crate::support::TestDatabase;
use crate::support::server::migrate;

/// Kinds of pages that nothing leads to here, and why they are not looked at.
const NOT_LED_TO: [(&str, &str); 2] = [
    ("/imports/{id}/columns", "a table that is rehearsed as one of a kind has none to be told"),
    ("/imports/{id}/refused.csv", "it is a table of what was sent"),
];

#[test]
fn whatever_somebody_types_is_a_text_on_every_page_and_in_every_form() {
    let database = TestDatabase::sqlite(migrate);
    let stage = Stage::told(&database);
    let mut looked = Looked::default();
    let stranger = stage.scene.house.stranger();
    for path in &stage.public {
        let reply = stranger.send("GET", path, &[("Accept", "text/html")], None);
        assert_ne!(reply.status, 429, "{path}: fewer pages for strangers");
        looked.look("a stranger", path, &reply);
    }
    for text in corpus::FORM_TEXTS {
        let reply = send(&stranger, "/sign-in", &[("login", text), ("password", "x"), ("to", text)]);
        looked.look("a stranger", &format!("/sign-in with {text}"), &reply);
    }
    for (who, caller) in &stage.callers {
        looked.crawl(who, caller, &stage.seeds);
    }
    println!("{} pages, {} forms", looked.pages, looked.forms);
    let first: Vec<&String> = looked.faults.iter().take(40).collect();
    assert!(first.is_empty(), "{} faults: {first:#?}", looked.faults.len());

    // All of it was looked at: each kind of page, each text, each field.
    let is_left_out =
        |path: &String| !looked.patterns.contains(path) && !NOT_LED_TO.iter().any(|one| one.0 == *path);
    let missing: Vec<String> = declared(&Method::GET).into_iter().filter(is_left_out).collect();
    assert_eq!(
        missing,
        Vec::<String>::new(),
        "nobody was led to these pages: name one of each in the stage's seeds"
    );
    let unseen: Vec<&&str> = CORPUS.iter().filter(|text| !looked.texts.contains(**text)).collect();
    assert_eq!(unseen, Vec::<&&str>::new(), "these texts were on no page as they were typed");
    let unseen: Vec<&&str> = FIELDS.iter().filter(|field| !looked.fields.contains(**field)).collect();
    assert_eq!(unseen, Vec::<&&str>::new(), "these fields were on no page");
}

/// A text as pages show it.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

/// Pages that show a text in each place where one can stand, the first of them between tags.
fn shown(text: &str) -> Vec<String> {
    [
        "<!doctype html><h1>Sound</h1><p>{}</p>",
        "<!doctype html><h1>Sound</h1><input value=\"{}\">",
        "<!doctype html><h1>Sound</h1><td data-label='{}'>",
        "<!doctype html><title>{}</title><h1>Sound</h1>",
        "<!doctype html><h1>Sound</h1><textarea>{}</textarea>",
        "<!doctype html><h1>Sound</h1><svg><title>{}</title></svg>",
        "<!doctype html><h1>Sound</h1><select><option>{}</option></select>",
    ]
    .map(|page| page.replace("{}", text))
    .to_vec()
}

#[test]
fn a_page_built_with_unescaped_text_is_noticed() {
    let mut noticed = 0;
    for text in CORPUS {
        assert!(text.contains(MARK), "{text} has no mark");
        for page in shown(&escaped(text)) {
            assert_eq!(faults(&page), Vec::<String>::new(), "{page}");
        }
        let broken = shown(text);
        if text.contains('<') {
            assert!(!faults(&broken[0]).is_empty(), "between tags: {text}");
        }
        // Whatever has a quote and more behind it gets out of an attribute.
        if text.starts_with('"') {
            assert!(!faults(&broken[1]).is_empty(), "in an attribute: {text}");
        }
        if text.starts_with('\'') {
            assert!(!faults(&broken[2]).is_empty(), "in an attribute: {text}");
        }
        noticed += broken.iter().filter(|page| !faults(page).is_empty()).count();
    }
    assert!(noticed > 150, "{noticed}");
    for address in
        ["javascript:zq=1", " java\nscript:zq=1", "DATA:text/html,zq", "//zq.example/", "/\\zq.example"]
    {
        let page = format!("<a href=\"{}\">A</a>", escaped(address));
        assert_eq!(faults(&page).len(), 1, "{address} leads away, however it is escaped");
    }
    for sound in [
        "<a href=\"/map?to=javascript:zq\">A</a>",
        "<link rel=\"icon\" href=\"data:,\">",
        "<a href=\"#zq\">A</a>",
    ] {
        assert_eq!(faults(sound), Vec::<String>::new(), "{sound}");
    }
}
