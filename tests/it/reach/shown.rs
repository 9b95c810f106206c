//! The figures that the front page tells in large type, with their range where there is one.

use serde_json::json;

use super::stories::Gift;
use crate::public_pages::page;
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn the_front_page_tells_six_figures_and_between_what_people_lie(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        gift.handed("2020-08-09", 1_000, json!([{"line": 0, "people": 1_003}]));
        gift.handed("2020-08-10", 100, json!([{"line": 0, "sector": "shelter", "people": 48}]));
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, 1, &json!({"published": true})).expect(200);
        let stranger = scene.house.stranger();
        let told = stranger.get("/api/v1/highlights").expect(200)["people"].clone();
        // Whether the second were among the first nobody knows.
        assert_eq!((&told["low"], &told["best"], &told["high"]), (&json!(1_003), &json!(1_003), &json!(1_051)), "{told}");
        let front = page(&stranger, "/", 200);
        for (value, label) in [
            ("10,000", "Units deployed"),
            ("1", "Countries"),
            ("1,003", "People reached"),
            ("0", "On the way, in store or missing"),
            ("2", "Donors"),
            ("1", "Corridors"),
        ] {
            let figure = format!("<span class=\"value\">{value}</span><span class=\"label\">{label}</span>");
            assert!(front.contains(&figure), "{figure}: {front}");
        }
        assert_eq!(front.matches("<span class=\"range\">").count(), 1, "the others are counted: {front}");
        assert!(front.contains("<span class=\"range\">between 1,003 and 1,051</span>"), "{front}");
        assert!(front.contains("People reached: 1,003 (between 1,003 and 1,051)."), "{front}");
    }
}
