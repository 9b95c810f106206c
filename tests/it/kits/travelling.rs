//! A unit moves as one: between sites, and with a consignment.

use serde_json::{Value, json};

use super::{Workshop, id_of};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn a_unit_moves_whole_or_not_at_all(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        shop.given(&hainan, &shop.soap, 5, Value::Null);
        shop.given(&hainan, &shop.towel, 2, Value::Null);
        let packed = shop.packs(json!([{}, {}])).expect(201);
        let units: Vec<String> = shop.units(&scene.officer, "").iter().map(id_of).collect();
        let hub = scene.site("Kaolack", "warehouse", "SN");
        let moves = |units: Value, lines: Value| {
            let body = json!({"site": shop.store, "to_site": hub, "units": units, "lines": lines});
            scene.does("moved", "2020-07-22", body)
        };
        let moved = moves(json!([units[0]]), json!([{"item": shop.soap, "quantity": 1}])).expect(201);
        assert_eq!((shop.at(&hub, &shop.soap), shop.at(&hub, &shop.towel)), ([1, 2, 0, 0], [0, 1, 0, 0]));
        assert_eq!(shop.units(&scene.officer, &format!("site={hub}")).len(), 1);
        moves(json!([units[0]]), json!([])).refused("invalid", &["/units/0"]);
        moves(json!([]), json!([])).refused("invalid", &["/lines"]);

        // One that is not whole any more stays, and all that was to go with it.
        let wet = json!({"site": shop.store, "lines": [{"item": shop.towel, "quantity": 1}], "reason": "gone"});
        scene.does("reported_missing", "2020-07-22", wet).expect(201);
        moves(json!([units[1]]), json!([])).refused("insufficient", &["/units/0"]);

        // Moves and packings are reversed in turn, and not corrected.
        let right = json!({"site": shop.store, "to_site": hub, "lines": [{"item": shop.soap, "quantity": 1}]});
        let right = json!({"event": moved["id"], "right": right, "reason": "without the kit"});
        scene.does("corrected", "2020-07-23", right).refused("wrong_state", &["/event"]);
        let never = |event: &Value| scene.does("reversed", "2020-07-23", json!({"event": event["id"], "reason": "it never was"}));
        never(&packed).refused("depended_on", &["/event"]);
        never(&moved).expect(201);
        assert_eq!(shop.units(&scene.officer, &format!("site={}", shop.store)).len(), 2);
        assert_eq!(shop.at(&hub, &shop.soap), [0, 0, 0, 0]);
        scene.closes();
        scene.verifies();
    }

    fn a_unit_goes_with_its_consignment(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        let city = scene.organization("City of Banjul", "GM");
        let banjul = scene.site("Banjul", "city", "GM");
        shop.given(&hainan, &shop.soap, 4, json!("GM"));
        shop.given(&hainan, &shop.soap, 2, json!("KE"));
        shop.given(&hainan, &shop.towel, 3, Value::Null);
        let pack = |country: &str| {
            let own = id();
            let body = json!({"site": shop.store, "kit": shop.kit, "units": [{"id": own}], "country": country});
            scene.does("kit_packed", "2020-07-20", body).expect(201);
            own
        };
        let (first, second, kenyan) = (pack("GM"), pack("GM"), pack("KE"));
        let (consignment, leg) = scene.planned(&city, &[&shop.store, &banjul]);
        let reserve = |units: Value| {
            let body = json!({"consignment": consignment, "site": shop.store, "units": units});
            scene.does("allocated", "2020-07-21", body)
        };
        reserve(json!([kenyan])).refused("invalid", &["/units/0"]);
        let reserved = reserve(json!([first, second])).expect(201);
        assert_eq!(shop.units(&scene.officer, &format!("consignment={consignment}")).len(), 2);
        assert_eq!(shop.units(&scene.officer, &format!("site={}", shop.store)).len(), 1, "the Kenyan one");
        reserve(json!([first])).refused("invalid", &["/units/0"]);
        let anywhere = json!({"consignment": consignment, "units": [kenyan]});
        scene.does("allocated", "2020-07-21", anywhere).refused("invalid", &["/site"]);
        let never = json!({"event": reserved["id"], "reason": "another truck"});
        scene.does("reversed", "2020-07-21", never).expect(201);
        assert_eq!(shop.units(&scene.officer, &format!("site={}", shop.store)).len(), 3);
        reserve(json!([first, second])).expect(201);

        // It leaves and arrives with all else of the consignment, and is unpacked there.
        scene.does("departed", "2020-07-22", json!({"consignment": consignment, "leg": leg})).expect(201);
        let lines = json!([{"item": shop.soap, "good": 4}, {"item": shop.towel, "good": 2}]);
        let body = json!({"consignment": consignment, "leg": leg, "final": true, "lines": lines});
        scene.does("received", "2020-07-24", body).expect(201);
        let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
        assert_eq!(shown["standing"]["delivered"], 6);
        let body = json!({"consignment": consignment, "units": [first], "reason": "handed out"});
        scene.does("kit_unpacked", "2020-07-25", body).expect(201);
        assert_eq!(shop.units(&scene.officer, &format!("consignment={consignment}&packed=true")).len(), 1);
        let both = json!({"site": banjul, "consignment": consignment, "units": [second]});
        scene.does("kit_unpacked", "2020-07-25", both).refused("invalid", &["/site"]);
        scene.closes();
        scene.verifies();
    }
}
