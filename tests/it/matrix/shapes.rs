//! A body for every shape an event has, about one subject; and what becomes of each when one thing it names is another's
//! or nobody's.

use std::collections::BTreeSet;

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::events::Kind;
use serde_json::{Value, json};

use super::names::{identifiers, kind_of};
use super::policy::without_ids;
use super::stage::{Subject, subjects};
use crate::stories::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// An event without what all events have.
pub struct Shape {
    pub kind: &'static str,
    pub details: Value,
    /// Whether it is for whoever decides about goods.
    decides: bool,
}

fn shape(kind: &'static str, details: Value) -> Shape {
    Shape { kind, details, decides: false }
}

fn decided(kind: &'static str, details: Value) -> Shape {
    Shape { kind, details, decides: true }
}

/// Goods of a pledge come into a store.
pub fn collected(of: &Subject) -> Value {
    json!({"pledge": of.pledge, "site": of.site, "lines": goods(of)})
}

/// A vehicle arrives.
pub fn arrived(of: &Subject) -> Value {
    json!({"consignment": of.consignment, "leg": of.leg, "load": of.load})
}

/// What was collected is put right.
fn corrected(of: &Subject) -> Value {
    json!({"event": of.event, "right": collected(of), "reason": "counted again"})
}

/// A lot is held wherever it is.
pub fn recalled(of: &Subject) -> Value {
    json!({"item": of.item, "lot": format!("LOT-{}", of.country)})
}

fn goods(of: &Subject) -> Value {
    json!([{"item": of.item, "quantity": 1}])
}

fn with(mut details: Value, members: &[(&str, &str)]) -> Value {
    for (name, value) in members {
        details[*name] = json!(value);
    }
    details
}

fn of_pledges(of: &Subject) -> Vec<Shape> {
    let pledge = || json!({"pledge": of.pledge, "reason": "said so"});
    let consent = json!({"organization": of.organization, "given_on": "2020-07-30", "filed": "letter 7"});
    vec![
        decided("pledge_accepted", json!({"pledge": of.pledge})),
        decided("pledge_declined", pledge()),
        shape("pledge_withdrawn", pledge()),
        shape(
            "earmark_changed",
            json!({"pledge": of.pledge, "line": id(), "country": "SN", "consent": consent, "reason": "asked"}),
        ),
        shape("collected", collected(of)),
    ]
}

fn of_consignments(of: &Subject) -> Vec<Shape> {
    let lines = || json!({"consignment": of.consignment, "lines": goods(of)});
    let child = json!({"id": id(), "consignee": of.organization, "destination": of.city});
    let leg = json!({"id": id(), "mode": "road", "from": of.site, "to": of.city, "carrier": of.organization});
    let (site, on_leg) = (of.site.as_str(), of.leg.as_str());
    vec![
        shape("allocated", with(lines(), &[("site", site)])),
        shape("allocated", with(lines(), &[("pledge", &of.pledge)])),
        shape("released", lines()),
        shape("packed", with(lines(), &[("site", site)])),
        shape("split", {
            let mut body = lines();
            body["child"] = child;
            body
        }),
        shape("departed", with(lines(), &[("leg", on_leg), ("load", &of.load)])),
        shape("arrived", arrived(of)),
        shape("customs_held", with(lines(), &[("leg", on_leg)])),
        shape("customs_released", with(lines(), &[("site", site)])),
        shape(
            "received",
            json!({"consignment": of.consignment, "leg": of.leg, "lines": [{"item": of.item, "good": 1}]}),
        ),
        shape(
            "diverted",
            json!({"consignment": of.consignment, "leg": of.leg, "legs": [leg], "reason": "the road is closed"}),
        ),
    ]
}

fn of_stock(of: &Subject) -> Vec<Shape> {
    let here = || json!({"site": of.site, "lines": goods(of)});
    let carried = || json!({"consignment": of.consignment, "lines": goods(of)});
    let why = || with(here(), &[("reason", "looked for")]);
    let evidence =
        json!({"cause": "storage", "report_number": "R-9", "filed": "cabinet 3", "liable": of.organization});
    let proven = |mut body: Value| {
        body["evidence"] = evidence.clone();
        body
    };
    let on_leg = ("leg", of.leg.as_str());
    vec![
        shape("stored", json!({"site": of.site})),
        shape("stored", json!({"site": of.site, "consignment": of.consignment})),
        shape("kit_packed", json!({"site": of.site, "kit": of.kit, "units": [{}]})),
        shape("kit_unpacked", json!({"site": of.site, "units": [of.unit]})),
        shape("kit_unpacked", json!({"consignment": of.consignment, "units": [of.unit]})),
        shape("moved", with(here(), &[("to_site", &of.city)])),
        shape("counted", json!({"site": of.site, "lines": [{"item": of.item, "counted": 40}]})),
        shape("delivered", with(here(), &[("consignment", &of.consignment)])),
        shape("distributed", here()),
        shape("distributed", with(here(), &[("consignment", &of.consignment)])),
        shape("damaged", here()),
        shape("damaged", with(carried(), &[on_leg])),
        shape("held", here()),
        shape("held", with(here(), &[("consignment", &of.consignment)])),
        shape("released_from_hold", here()),
        shape("relotted", with(here(), &[("to_lot", "L-2")])),
        shape("reported_missing", why()),
        shape("reported_missing", with(carried(), &[("reason", "not there"), on_leg])),
        decided("found", why()),
        decided("miscounted", with(why(), &[("correction", &of.moved_on)])),
        decided("miscounted", with(carried(), &[("reason", "packed short"), ("correction", &of.moved_on)])),
        shape("lost", proven(with(carried(), &[("reason", "never came"), on_leg]))),
        shape("disposed", proven(why())),
        shape("returned", with(here(), &[("consignment", &of.consignment)])),
    ]
}

/// Every kind, and of each every way it can be about something.
fn shapes(of: &Subject) -> Vec<Shape> {
    let mut all = of_pledges(of);
    all.extend(of_consignments(of));
    all.extend(of_stock(of));
    all.push(shape("corrected", corrected(of)));
    all.push(shape("reversed", json!({"event": of.event, "reason": "never happened"})));
    all.push(shape("cancelled", json!({"consignment": of.consignment, "reason": "not needed"})));
    all
}

/// Where a shape names what its poster must reach.
fn asked(shape: &Shape) -> Vec<String> {
    let of = |kind: &str, details: &Value, before: &str| -> Vec<String> {
        let named = kind_of(kind, details).names();
        let asked: Vec<_> = named.iter().filter(|one| one.is_asked()).map(|one| one.uuid()).collect();
        let found = identifiers(details, "").into_iter().filter(|(_, id)| asked.contains(id));
        found.map(|(pointer, _)| format!("{before}{pointer}")).collect()
    };
    let mut found = of(shape.kind, &shape.details, "");
    if shape.kind == "corrected" {
        found.extend(of("collected", &shape.details["right"], "/right"));
    }
    found
}

/// The things of one subject, in an order that all have.
fn things(of: &Subject) -> [&str; 8] {
    [&of.site, &of.pledge, &of.consignment, &of.leg, &of.load, &of.event, &of.moved_on, &of.city]
}

/// The same shape with another's thing in one place; `None` where the other has no such thing.
fn swapped(shape: &Shape, pointer: &str, mine: &Subject, other: &Subject) -> Option<Value> {
    let mut details = shape.details.clone();
    let place = details.pointer_mut(pointer)?;
    let index = things(mine).iter().position(|thing| *place == json!(thing))?;
    *place = json!(things(other)[index]);
    Some(details)
}

fn batch(caller: &Caller, bodies: Vec<(&str, Value)>) -> Vec<Value> {
    let events: Vec<Value> =
        bodies.into_iter().map(|(kind, details)| event(&id(), kind, "2020-08-10", details)).collect();
    let sent = caller.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
    sent["results"].as_array().expect("results").clone()
}

/// Who posts within some bounds.
struct Posters {
    officer: Caller,
    manager: Caller,
}

/// Where what is another's is not refused as what is missing is: by the kind and the place in it.
fn doors(posters: &Posters, mine: &Subject, other: &Subject, missing: &Subject) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for decides in [false, true] {
        let caller = if decides { &posters.manager } else { &posters.officer };
        let shapes: Vec<Shape> = shapes(mine).into_iter().filter(|one| one.decides == decides).collect();
        let mut places = Vec::new();
        let mut bodies = Vec::new();
        for one in &shapes {
            for pointer in asked(one) {
                for of in [other, missing] {
                    let details = swapped(one, &pointer, mine, of);
                    bodies.push((
                        one.kind,
                        details.unwrap_or_else(|| panic!("{} {pointer} is nobody's", one.kind)),
                    ));
                }
                places.push(format!("{} {pointer}", one.kind));
            }
        }
        for (place, answers) in places.into_iter().zip(batch(caller, bodies).chunks(2)) {
            let words = |answer: &Value| without_ids(&answer["problem"].to_string());
            let is_hidden = answers.iter().all(|answer| answer["status"] == 404);
            if !is_hidden || words(&answers[0]) != words(&answers[1]) {
                found.insert(place);
            }
        }
    }
    found
}

/// Every place where a shape names what must be reached.
fn places(mine: &Subject) -> BTreeSet<String> {
    let of = |one: &Shape| {
        asked(one).into_iter().map(|pointer| format!("{} {pointer}", one.kind)).collect::<Vec<_>>()
    };
    shapes(mine).iter().flat_map(of).collect()
}

fn bound(scene: &Scene, organization: Option<&str>, country: Option<&str>) -> Posters {
    let organization = organization.map(|id| OrganizationId(id.parse().expect("an id")));
    let login = |role| scene.house.login_bound(role, organization, country);
    Posters { officer: login(Role::Officer), manager: login(Role::Manager) }
}

on_both_databases! {
    migrate: migrate;

    fn what_an_event_names_out_of_reach_is_refused_like_what_is_missing(database: &TestDatabase) {
        let scene = Scene::new(database);
        let all = subjects(&scene);
        let (mine, other, missing) = (&all[0], &all[2], &all[3]);
        let kinds: BTreeSet<&str> = shapes(mine).iter().map(|one| one.kind).collect();
        assert_eq!(kinds, Kind::WORDS.iter().copied().collect(), "every kind has a body here");
        let within = [bound(&scene, Some(&mine.organization), None), bound(&scene, None, Some(&mine.country))];
        let size = scene.log_size();
        for posters in &within {
            assert_eq!(doors(posters, mine, other, missing), BTreeSet::new());
        }
        assert_eq!(scene.log_size(), size, "nothing of it was recorded, nor does anything wait");

        // What all of it is within reach is not refused for that.
        for posters in &within {
            for one in shapes(mine) {
                let caller = if one.decides { &posters.manager } else { &posters.officer };
                let reply = scene.post(caller, one.kind, "2020-08-10", one.details.clone());
                assert_ne!(reply.status, 404, "{} {:#}: {}", one.kind, one.details, reply.text);
            }
        }

        // The same things in the same places, by whom nothing binds: each is caught.
        let unbound = Posters { officer: scene.officer.clone(), manager: scene.manager.clone() };
        assert_eq!(doors(&unbound, mine, other, missing), places(mine));
    }

    fn a_whole_lot_is_held_and_released_only_by_who_reaches_everything(database: &TestDatabase) {
        let scene = Scene::new(database);
        let all = subjects(&scene);
        let mine = &all[0];
        let posters = bound(&scene, Some(&mine.organization), None);
        let size = scene.log_size();
        for kind in ["held", "released_from_hold"] {
            let posts = |details: Value| scene.post(&posters.officer, kind, "2020-08-10", details);
            posts(recalled(mine)).refused("not_found", &[]);
            for (place, value) in [("/site", &mine.site), ("/consignment", &mine.consignment)] {
                let details = with(recalled(mine), &[(&place[1..], value)]);
                posts(details.clone()).refused("invalid", &[place]);
                let sent = batch(&posters.officer, vec![(kind, details.clone())]);
                assert_eq!(sent[0]["status"], 422, "{sent:#?}");
                // Nor does it mean only that place where nothing binds.
                scene.does(kind, "2020-08-10", details).refused("invalid", &[place]);
            }
        }
        assert_eq!(scene.log_size(), size);
        let there = || scene.stock(&all[0].site)[0]["held"].as_i64();
        assert_eq!(there(), Some(0));
        scene.does("held", "2020-08-10", recalled(mine)).expect(201);
        assert!(there() > Some(0));
        scene.does("released_from_hold", "2020-08-11", recalled(mine)).expect(201);
        assert_eq!(there(), Some(0));
        scene.closes();
    }
}
