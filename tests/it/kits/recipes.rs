//! Recipes, each version of which stays, and the pure rules of kits.

use proptest::prelude::*;
use relief_ledger::kits::rules::{check_digit, deal, read_sscc};
use serde_json::{Value, json};

use super::{Workshop, id_of, sscc};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn a_recipe_has_versions_each_of_which_stays(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let (scene, kit) = (&shop.scene, shop.kit.as_str());
        let path = format!("/api/v1/kits/{kit}");
        let revise = |tag: &str, body: &Value| {
            let headers = [("Content-Type", "application/json"), ("If-Match", tag)];
            scene.admin.send("POST", &format!("{path}/versions"), &headers, Some(&body.to_string()))
        };
        let first = scene.officer.get(&path).expect(200);
        assert_eq!((&first["version"], &first["code"]), (&json!(1), &json!("HYGIENE")));
        assert_eq!(first["components"], json!([{"item": shop.soap, "quantity": 2}, {"item": shop.towel, "quantity": 1}]));
        let known = scene.log_size();

        let more = json!({"components": [{"item": shop.soap, "quantity": 3}]});
        revise("\"7\"", &more).refused("precondition_failed", &[]);
        let second = revise("\"1\"", &more).expect(200);
        assert_eq!((&second["version"], &second["name"]), (&json!(2), &json!("Hygiene kit")));
        revise("\"2\"", &more).expect(200);
        let shown = scene.officer.get(&path).expect(200);
        assert_eq!((&shown["version"], shown["versions"].as_array().map(Vec::len)), (&json!(2), Some(2)));
        assert_eq!(scene.officer.get(&format!("{path}?known_at={known}")).expect(200)["version"], 1);
        let listed = |words: &str| scene.officer.get(&format!("/api/v1/kits{words}")).expect(200)["items"].clone();
        assert_eq!(listed("").as_array().map(Vec::len), Some(1));
        assert_eq!((&listed("")[0]["version"], &listed(&format!("?known_at={known}"))[0]["version"]), (&json!(2), &json!(1)));
        assert_eq!(listed("?known_at=1"), json!([]));

        // The same kit again is the same; another one is refused, as is what is no recipe.
        let own = id();
        let body = |code: &str, components: Value| json!({"id": own, "code": code, "name": "A kit", "components": components});
        let one = json!([{"item": shop.soap, "quantity": 1}]);
        scene.admin.post("/api/v1/kits", &body("SOAP-KIT", one.clone())).expect(201);
        scene.admin.post("/api/v1/kits", &body("SOAP-KIT", one.clone())).expect(200);
        scene.admin.post("/api/v1/kits", &body("OTHER", one.clone())).refused("id_reused", &["/id"]);
        let twice = json!({"code": "HYGIENE", "name": "Again", "components": one});
        scene.admin.post("/api/v1/kits", &twice).refused("duplicate", &["/code"]);
        let refused = |components: Value, pointer: &str| {
            let body = json!({"code": "X", "name": "X", "components": components});
            scene.admin.post("/api/v1/kits", &body).refused("invalid", &[pointer]);
        };
        refused(json!([]), "/components");
        refused(json!([{"item": shop.soap, "quantity": 0}]), "/components/0/quantity");
        refused(json!([{"item": shop.soap, "quantity": 1}, {"item": shop.soap, "quantity": 2}]), "/components/1/item");
        refused(json!([{"item": id(), "quantity": 1}]), "/components/0/item");
        scene.officer.post("/api/v1/kits", &twice).refused("forbidden", &[]);
        scene.officer.get(&format!("/api/v1/kits/{}", id())).refused("not_found", &[]);
        assert_ne!(id_of(&first), own);
        scene.verifies();
    }
}

proptest! {
    #[test]
    fn one_wrong_digit_of_an_sscc_is_always_noticed(number in 0u64..1_000_000_000, place in 0usize..18, other in 0u32..10) {
        let right = sscc(number);
        prop_assert_eq!(read_sscc(&right), Ok(right.clone()));
        let mut digits: Vec<char> = right.chars().collect();
        let written = char::from_digit(other, 10).expect("a digit");
        prop_assume!(digits[place] != written);
        digits[place] = written;
        prop_assert!(read_sscc(&digits.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn whatever_is_read_is_an_sscc_or_refused_in_words(text in any::<String>()) {
        if let Err(words) = read_sscc(&text) {
            prop_assert!(words.contains("is no SSCC"), "{}", words);
        }
    }

    #[test]
    fn all_that_is_dealt_was_there_and_each_unit_gets_its_share(
        heaps in prop::collection::vec(0i64..20, 0..12), units in 0usize..8, each in 0i64..15,
    ) {
        let all: i64 = heaps.iter().sum();
        let wanted = each * i64::try_from(units).expect("few");
        let dealt = deal((0..).zip(heaps.iter().copied()).collect(), units, each);
        prop_assert_eq!(dealt.len(), units);
        let of = |unit: &Vec<(usize, i64)>| unit.iter().map(|(_, quantity)| quantity).sum::<i64>();
        prop_assert_eq!(dealt.iter().map(of).sum::<i64>(), all.min(wanted));
        if all >= wanted {
            prop_assert!(dealt.iter().all(|unit| of(unit) == each));
        }
        for (heap, there) in heaps.iter().enumerate() {
            let taken: i64 = dealt.iter().flatten().filter(|(from, _)| *from == heap).map(|(_, quantity)| quantity).sum();
            prop_assert!(taken <= *there);
        }
    }
}

#[test]
fn the_check_digit_is_that_of_gs1() {
    // The example of the GS1 General Specifications for an SSCC: 37610425002123456 has the check digit 9.
    let digits: Vec<u32> = "37610425002123456".chars().filter_map(|one| one.to_digit(10)).collect();
    assert_eq!(check_digit(&digits), 9);
    assert_eq!(read_sscc(" 376104250021234569 ").as_deref(), Ok("376104250021234569"));
    let told = read_sscc("376104250021234560").unwrap_err();
    assert!(told.contains("would be 9"), "{told}");
    assert!(read_sscc("00376104250021234569").is_err(), "the application identifier is not part of it");
}
