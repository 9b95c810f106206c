//! The tracking page.

use serde_json::json;

use super::{Gift, TRACK_BYTES, page, sound, weight};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};

on_both_databases! {
    migrate: migrate;

    fn a_consignment_is_followed_by_its_code_without_a_name_or_a_quantity(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let stranger = gift.scene.house.stranger();
        let form = page(&stranger, "/track", 200);
        assert!(form.contains("name=\"code\""), "{form}");
        let typed = gift.code().to_lowercase().replace('-', "");
        let sent_on = stranger.get(&format!("/track?code={typed}"));
        assert_eq!((sent_on.status, sent_on.header("location")), (303, Some(format!("/track/{}", gift.code()).as_str())));

        let path = format!("/track/{}", gift.code());
        let text = page(&stranger, &path, 200);
        for words in ["On the way.", "China", "Gambia", "Departed", "Packed for departure", "<svg", "0 of 1", "recorded on "] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let departed = text.find("<strong>Departed").expect("it departed");
        assert!(text.find("<strong>Packed").is_some_and(|packed| departed < packed), "newest first");
        for secret in ["Shenzhen", "Council", "Beijing", "Banjul", "1,000", "/board/post"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        // A day without a time is told as that; where a clock was read, so is its time.
        assert!(!text.contains("00:00") && !text.contains(" UTC"), "{text}");
        let arrived = json!({"consignment": gift.consignment["id"], "leg": gift.consignment["leg_ids"][0]});
        gift.scene.does("arrived", "2020-08-21T09:30:00Z", arrived).expect(201);
        let text = page(&stranger, &path, 200);
        assert!(text.contains("<time datetime=\"2020-08-21T09:30:00Z\">21 August 2020, 09:30 UTC</time>"), "{text}");
        let officer = page(&gift.scene.officer, &path, 200);
        assert!(officer.contains(&format!("/board/post?code={}", gift.code())), "{officer}");
        let files = text.split('"').filter(|part| part.starts_with("/static/"));
        let parts: Vec<(&str, usize)> = [path.as_str()].into_iter().chain(files).map(|part| (part, weight(&stranger, part))).collect();
        assert!(parts.iter().any(|(part, _)| part.ends_with("/live.js")), "{parts:?}");
        let bytes: usize = parts.iter().map(|(_, bytes)| bytes).sum();
        assert!(bytes < TRACK_BYTES, "{bytes}: {parts:?}");
    }

    fn a_mistyped_code_is_told_apart_from_an_unknown_one_on_the_page(database: &TestDatabase) {
        let house = Server::start(database);
        let stranger = house.stranger();
        for (path, status, words) in [
            ("/track?code=abc", 422, "This code is mistyped"),
            ("/track/abc", 404, "This code is mistyped"),
            ("/track/2222-2222-2222", 404, "no consignment has it"),
        ] {
            let text = page(&stranger, path, status);
            assert!(text.contains(words) && text.contains("<title>Error: "), "{path}: {text}");
        }
        let arabic = stranger.send("GET", "/track", &[("Accept-Language", "ar")], None);
        assert!(sound(arabic, "/track", 200).contains("dir=\"rtl\""));
    }

    fn of_a_sensitive_programme_the_page_tells_no_way(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        let path = format!("/api/v1/programmes/{}", gift.scene.programme);
        gift.scene.manager.patch(&path, 1, &json!({"sensitive": true})).expect(200);
        let stranger = gift.scene.house.stranger();
        let seen = stranger.get(&format!("/api/v1/tracking/{}", gift.code())).expect(200);
        assert_eq!((seen.get("route"), seen.get("arrival")), (None, None), "{seen}");
        let text = page(&stranger, &format!("/track/{}", gift.code()), 200);
        assert!(!text.contains("<svg") && !text.contains("<strong>Departed"), "{text}");
    }
}
