//! How much of what is needed is met, as the public map shades and tells it.

use serde_json::{Value, json};

use super::page;
use crate::gaps::Ground;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn publish(scene: &Scene) {
    let path = format!("/api/v1/programmes/{}", scene.programme);
    let revision = scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
    scene.manager.patch(&path, revision, &json!({"published": true})).expect(200);
}

on_both_databases! {
    migrate: migrate;

    fn the_map_shades_what_part_of_published_needs_is_there_and_the_table_says_the_same(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let stranger = ground.scene.house.stranger();
        publish(&ground.scene);
        let unknown = page(&stranger, "/map?measure=need-met", 200);
        assert!(unknown.contains("Nothing of this programme is known here yet."), "{unknown}");
        let public = || json!({"circulated": true});
        // Thirty are needed sooner, and nobody published that: what meets them meets nothing else.
        ground.needs("GM-B", 30, json!({"needed_by": "2099-01-01"}));
        ground.needs("GM-B", 100, public());
        ground.needs("GM-W", 40, public());
        ground.given(&ground.store, 70, json!({}), json!({}));
        ground.given(&ground.beijing, 50, json!({}), json!({}));
        ground.coming(Some("2099-08-01"), 10);

        let figures = stranger.get("/api/v1/highlights").expect(200);
        let gambia = figures["by_country"].as_array().expect("rows").iter().find(|row| row["code"] == "GM").cloned();
        let gambia = gambia.unwrap_or(Value::Null);
        assert_eq!((&gambia["needed"], &gambia["met"], &gambia["met_per_million"]), (&json!(140), &json!(40), &json!(285_714)), "{figures}");
        let world = page(&stranger, "/map?measure=need-met", 200);
        assert!(world.contains("28% (40 of 140)") && world.contains("<path class=\"map2\""), "{world}");
        for words in ["Above 0, below 20%", "From 20%, below 40%", "80% or more", "No rate is known", "What is only on its way is not counted."] {
            assert!(world.contains(words), "{words}: {world}");
        }
        assert!(!world.contains("class=\"count\""), "a share is no circle");
        let country = page(&stranger, "/map/GM?measure=need-met", 200);
        assert!(country.contains("40% (40 of 100)") && country.contains("<path class=\"map3\""), "{country}");
        // Nothing was ever sent to the second area, which is drawn all the same: nothing is met, which is not the same as unknown.
        let lacking = country.matches("0% (0 of 40)").count();
        assert!(lacking >= 2, "on the drawing and in the table: {lacking} times in {country}");
        let sum = |places: &Value, name: &str| places.as_array().expect("rows").iter().filter_map(|row| row[name].as_i64()).sum::<i64>();
        assert_eq!(sum(&figures["by_country"], "needed"), 140);
        let before = page(&stranger, "/map?measure=need-met&as_of=2020-07-01", 200);
        assert!(before.contains("0% (0 of 140)"), "nothing lay there by then: {before}");

        // What was answered is kept for no longer than nothing is recorded: thirty more, and each of the three knows.
        ground.given(&ground.store, 30, json!({}), json!({}));
        let figures = stranger.get("/api/v1/highlights").expect(200);
        assert_eq!(sum(&figures["by_country"], "met"), 70, "{figures}");
        let world = page(&stranger, "/map?measure=need-met", 200);
        assert!(world.contains("50% (70 of 140)"), "{world}");
        let country = page(&stranger, "/map/GM?measure=need-met", 200);
        assert!(country.contains("70% (70 of 100)"), "{country}");
        // Another country is another question.
        assert!(!page(&stranger, "/map/SN?measure=need-met", 200).contains("(70 of 100)"));
    }
}
