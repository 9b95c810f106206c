//! A consignment that somebody follows by the form of its page: asked first, in the language of the page.

use super::sink::Sink;
use super::{comes, consignment, depart, press, scene};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// Sends the form of a page as a browser does that is in French.
fn follows(stranger: &Caller, page: &str, address: &str) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("address", address).finish();
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept-Language", "fr"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    stranger.send("POST", &format!("{page}/mail"), &headers, Some(&body))
}

on_both_databases! {
    migrate: migrate;

    fn whoever_follows_a_consignment_by_its_page_is_asked_and_then_written_to(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (code, opened, stops) = consignment(&scene);
        let (stranger, page) = (scene.house.stranger(), format!("/track/{code}"));
        let shown = stranger.get(&page);
        assert!(shown.text.contains(&format!("action=\"{page}/mail\"")), "{}", shown.text);

        let refused = follows(&stranger, &page, "amina");
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("<title>Erreur : ") && refused.text.contains("value=\"amina\""), "{}", refused.text);
        assert!(refused.text.contains("id=\"address-error\"><span lang=\"fr\">"), "{}", refused.text);
        assert_eq!(sink.mails().len(), 0);

        let asked = follows(&stranger, &page, "amina@example.org");
        let led_to = format!("{page}?asked=1#follow");
        assert_eq!((asked.status, asked.header("location")), (303, Some(led_to.as_str())), "{}", asked.text);
        let told = stranger.get(&format!("{page}?asked=1"));
        assert!(told.text.contains("a message with a link is on its way to it"), "{}", told.text);
        let question = comes(&sink, 1);
        assert!(question.to == "amina@example.org" && question.text().contains("Si vous le souhaitez"), "{}", question.text());
        assert_eq!(press(&stranger, &question.page(), "confirm"), 200);
        depart(&scene, &opened, &stops[0]);
        let news = comes(&sink, 2).text();
        assert!(news.contains(&code) && news.contains("En route."), "{news}");
    }

    fn a_page_offers_no_mail_where_nobody_sends_any(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (code, ..) = consignment(&scene);
        let page = scene.house.stranger().get(&format!("/track/{code}"));
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("/mail\""), "{}", page.text);
    }
}
