//! An invented programme of the size of the published one: 1,094,000 masks from several donors to 22
//! countries of the global South, with everything that goes wrong on the way.
//!
//! Nothing here is anybody's: every organization and site says "synthetic" in its name, and which country
//! got how much is drawn by lot.

use super::chance::Chance;
use super::lacking;
use super::script::{Does, Gift, Journey, Promise, Script};
use super::shipment::{Shipment, Turn, days_after};
use crate::atlas::{CountryCode, Language};
use crate::consignments::rules::Mode;
use crate::core::id::{ItemId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::ledger::TitlePasses;
use crate::pledges::rules::PledgeKind;
use crate::sites::SiteKind;
use serde_json::json;

/// The code of the invented programme.
pub const PROGRAMME_CODE: &str = "SYNTHETIC-MASKS";
const PROGRAMME_NAME: &str = "Masks for cities (synthetic: invented data)";
/// Masks delivered in the invented programme: as many as were published of the real one.
pub const DEPLOYED_MASKS: i64 = 1_094_000;
/// Drawn from this number; another one is another world.
const SEED: u64 = 1_094_000;
/// Countries of Asia without Japan, Africa, Latin America and the Caribbean: developing by the UN's M49
/// list of 2021, which is the rule used here for "global South".
const COUNTRIES: [&str; 22] = [
    "BD", "BO", "EC", "ET", "FJ", "GH", "GM", "GT", "HT", "JM", "KE", "KH", "LK", "MW", "MZ", "NP", "PE",
    "RW", "SL", "SN", "UG", "ZM",
];
/// Consignments that arrive in each country.
const PER_COUNTRY: usize = 4;
/// Consignments that have not arrived: on the way too long, or waiting for an earlier leg.
const NOT_ARRIVED: usize = 6;
/// Base units of each of those.
const NOT_ARRIVED_PIECES: i64 = 4_000;
/// The consignment that is allocated and has not left, where it goes, and the day it is made ready: after all
/// others have left.
const READY_REFERENCE: &str = "SYN-READY";
const READY_COUNTRY: &str = "GM";
const READY_DAY: i64 = 320;
/// A box of masks.
const BOX_PIECES: i64 = 50;
/// What donors promise beyond what is shipped, for each warehouse and item.
const RESERVE: i64 = 20_000;
const DONORS: [(&str, &str); 6] = [
    ("Jade River Province", "CN"),
    ("Youth Entrepreneurs of the Delta", "CN"),
    ("Association of Port Traders", "CN"),
    ("Bosphorus Solidarity Fund", "TR"),
    ("Anatolian Textile Cooperative", "TR"),
    ("Southern Cities Alliance", "TR"),
];

/// The reference of the n-th donor.
pub(super) fn donor_reference(index: usize) -> String {
    format!("synthetic:donor:{index}")
}

/// The reference of the n-th pledge.
pub(super) fn pledge_reference(index: usize) -> String {
    format!("SYN-PLEDGE-{index:02}")
}

/// The reference of the n-th consignment.
pub(super) fn consignment_reference(index: usize) -> String {
    format!("SYN-{index:03}")
}

/// What the whole story shares.
struct World {
    programme: ProgrammeId,
    donors: Vec<OrganizationId>,
    carrier: OrganizationId,
    warehouses: [SiteId; 2],
    hubs: Vec<(SiteId, &'static [&'static str])>,
    items: [ItemId; 2],
    begins: Timestamp,
}

/// Tells the invented programme.
///
/// # Errors
/// `internal` where the country table lacks what is needed.
pub(super) fn tell(script: &mut Script) -> Outcome<()> {
    let mut chance = Chance::new(SEED);
    let world = world(script)?;
    let shipments = shipments(script, &world, &mut chance)?;
    promises(script, &world, &shipments, &mut chance)?;
    for shipment in &shipments {
        shipment.tell(script)?;
    }
    ready(script, &world)?;
    lacking::tell(script, world.programme, world.items[0])?;
    extras(script, &world)
}

fn country(code: &str) -> Outcome<CountryCode> {
    let country: CountryCode =
        code.parse().map_err(|error| Problem::internal(format!("country {code}: {error}")))?;
    if country.country().is_developing() == Some(true) {
        return Ok(country);
    }
    Err(Problem::internal(format!("{code} is not on the list of developing countries")))
}

fn world(script: &mut Script) -> Outcome<World> {
    let programme = script.programme(PROGRAMME_CODE, PROGRAMME_NAME, true, &["Public health (synthetic)"]);
    let donors = DONORS.iter().enumerate().map(|(index, (name, home))| {
        script.organization(&donor_reference(index), &format!("{name} (synthetic)"), Some(home), Does::Gives)
    });
    let donors = donors.collect();
    let carrier =
        script.organization("synthetic:carrier", "Open Sky and Sea Lines (synthetic)", None, Does::Carries);
    let keeper =
        script.organization("synthetic:keeper", "Hub Keepers (synthetic)", Some("CN"), Does::Carries);
    let mut store = |code: &str, name: &str, home: &str, position| {
        let code = format!("synthetic:{code}");
        let name = format!("{name} (synthetic)");
        script.site(&code, &name, SiteKind::Warehouse, home, Some(position), Some(keeper))
    };
    let warehouses = [
        store("warehouse:cn", "Consolidation warehouse, Shenzhen", "CN", (22.54, 114.06)),
        store("warehouse:tr", "Consolidation warehouse, Istanbul", "TR", (41.01, 28.98)),
    ];
    let east: &[&str] = &["ET", "KE", "MW", "MZ", "RW", "UG", "ZM"];
    let west: &[&str] = &["GH", "GM", "SL", "SN"];
    let south_asia: &[&str] = &["BD", "KH", "LK", "NP", "FJ"];
    let americas: &[&str] = &["BO", "EC", "GT", "HT", "JM", "PE"];
    let hubs = vec![
        (store("hub:ke", "Hub, Mombasa", "KE", (-4.04, 39.67)), east),
        (store("hub:gh", "Hub, Tema", "GH", (5.67, 0.0)), west),
        (store("hub:th", "Hub, Laem Chabang", "TH", (13.08, 100.88)), south_asia),
        (store("hub:pa", "Hub, Colon", "PA", (9.36, -79.9)), americas),
    ];
    let packs = [("box of 50", BOX_PIECES), ("carton of 2,000", 2_000)];
    let items = [
        script.item("synthetic:surgical-mask", "Surgical mask (synthetic)", "masks", &packs),
        script.item("synthetic:kn95-mask", "KN95 mask (synthetic)", "masks", &packs),
    ];
    let begins = Timestamp::parse("2025-02-03T08:00:00Z")
        .ok_or_else(|| Problem::internal("the first day of the story cannot be read"))?;
    Ok(World { programme, donors, carrier, warehouses, hubs, items, begins })
}

/// The three places in a country where consignments end, with who receives there.
fn ends(script: &mut Script, code: CountryCode) -> [(SiteId, OrganizationId); 3] {
    let country = code.country();
    let name = country.short_name(Language::English);
    let middle = country.label_point().map(|point| (point.latitude(), point.longitude()));
    let near =
        |north: f64, east: f64| middle.map(|(latitude, longitude)| (latitude + north, longitude + east));
    let kinds = [
        ("city", "City hall", SiteKind::City, near(0.0, 0.0)),
        ("hospital", "District hospital", SiteKind::HealthFacility, near(0.1, 0.1)),
        ("store", "Municipal store", SiteKind::FinalDeliveryPoint, near(-0.1, 0.1)),
    ];
    kinds.map(|(key, title, kind, position)| {
        let title = format!("{title}, {name} (synthetic)");
        let reference = format!("synthetic:{}:{key}", code.as_str());
        let consignee = script.organization(&reference, &title, Some(code.as_str()), Does::Receives);
        (script.site(&reference, &title, kind, code.as_str(), position, Some(consignee)), consignee)
    })
}

fn shipments(script: &mut Script, world: &World, chance: &mut Chance) -> Outcome<Vec<Shipment>> {
    let mut shipments = Vec::new();
    let shares = chance.parts(DEPLOYED_MASKS, COUNTRIES.len(), BOX_PIECES * 40);
    for (code, share) in COUNTRIES.iter().zip(shares) {
        let code = country(code)?;
        let ends = ends(script, code);
        for (step, arriving) in chance.parts(share, PER_COUNTRY, BOX_PIECES).into_iter().enumerate() {
            let index = shipments.len();
            let turn = Turn::ARRIVING[index % Turn::ARRIVING.len()];
            let shipment = shipment(world, chance, index, code, ends[step % ends.len()], arriving, turn);
            shipments.push(shipment);
        }
    }
    for step in 0..NOT_ARRIVED {
        let index = shipments.len();
        let code = country(COUNTRIES[(step * 5) % COUNTRIES.len()])?;
        let turn = if step % 3 == 2 { Turn::Waiting } else { Turn::Late };
        let end = ends(script, code)[step % 3];
        shipments.push(shipment(world, chance, index, code, end, NOT_ARRIVED_PIECES, turn));
    }
    Ok(shipments)
}

fn shipment(
    world: &World,
    chance: &mut Chance,
    index: usize,
    code: CountryCode,
    (end, consignee): (SiteId, OrganizationId),
    arriving: i64,
    turn: Turn,
) -> Shipment {
    let origin = index % world.warehouses.len();
    let serving = world.hubs.iter().find(|(_, countries)| countries.contains(&code.as_str()));
    let hub = serving.map_or(world.warehouses[1 - origin], |(hub, _)| *hub);
    let first = if chance.between(0, 2) == 0 { Mode::Air } else { Mode::Sea };
    let onward = if matches!(code.as_str(), "FJ" | "JM" | "HT" | "NP") { Mode::Air } else { Mode::Road };
    let donors = world.donors.len() / world.warehouses.len();
    Shipment {
        reference: consignment_reference(index),
        programme: world.programme,
        consignor: world.donors[origin * donors],
        carrier: world.carrier,
        consignee,
        stops: [world.warehouses[origin], hub, end],
        modes: [first, onward],
        item: world.items[usize::from(chance.between(0, 4) == 0)],
        arriving,
        turn,
        departs_at: Timestamp(
            days_after(world.begins, chance.between(30, 300)).0 + chance.between(0, 36_000) * 1_000_000,
        ),
        handed_out_percent: chance.between(0, 2) * 45,
    }
}

/// Donors promise what is shipped and some more, and bring it to the warehouses.
fn promises(script: &mut Script, world: &World, shipments: &[Shipment], chance: &mut Chance) -> Outcome<()> {
    let per_warehouse = world.donors.len() / world.warehouses.len();
    let mut index = 0;
    for (origin, warehouse) in world.warehouses.iter().enumerate() {
        for item in world.items {
            let leaving = shipments.iter().filter(|one| one.stops[0] == *warehouse && one.item == item);
            let needed: i64 = leaving.map(Shipment::dispatched).sum();
            let shares = chance.parts(needed + RESERVE, per_warehouse, BOX_PIECES);
            for (donor, share) in shares.into_iter().enumerate() {
                let at = days_after(world.begins, chance.between(0, 9));
                let donor = world.donors[origin * per_warehouse + donor];
                promise(script, world, index, donor, (item, share), *warehouse, at)?;
                index += 1;
            }
        }
    }
    Ok(())
}

fn promise(
    script: &mut Script,
    world: &World,
    index: usize,
    donor: OrganizationId,
    (item, share): (ItemId, i64),
    warehouse: SiteId,
    at: Timestamp,
) -> Outcome<()> {
    // Some of it stays with the donor.
    let stays = BOX_PIECES * 20;
    let titles =
        [TitlePasses::Agreement, TitlePasses::HandOver, TitlePasses::Arrival, TitlePasses::ProofOfDelivery];
    let reference = pledge_reference(index);
    let (pledge, _) = script.pledge(Promise {
        reference: &reference,
        programme: world.programme,
        donor: Some(donor),
        kind: PledgeKind::Offered,
        offered_at: at,
        note: Some("Synthetic: invented data.".to_owned()),
        title_passes: titles[index % titles.len()],
        gifts: vec![Gift {
            item,
            quantity: share + stays,
            earmark: None,
            value_cents: Some((share + stays) * 6),
        }],
    });
    let minute = Precision::Minute;
    let key = |what: &str| format!("{reference} {what}");
    script.event(
        &key("accepted"),
        (days_after(at, 2), minute),
        "pledge_accepted",
        json!({"pledge": pledge}),
    )?;
    let details = json!({"pledge": pledge, "site": warehouse, "lines": [{"item": item, "quantity": share}]});
    script.event(&key("collected"), (days_after(at, 12), minute), "collected", details)
}

/// A consignment that stands ready: a visitor sends it off.
fn ready(script: &mut Script, world: &World) -> Outcome<()> {
    let [_, warehouse] = world.warehouses;
    let [(end, consignee), ..] = ends(script, country(READY_COUNTRY)?);
    let (consignment, _) = script.consignment(&Journey {
        reference: READY_REFERENCE,
        programme: world.programme,
        consignor: world.donors[world.donors.len() / world.warehouses.len()],
        consignee,
        carrier: Some(world.carrier),
        stops: &[warehouse, end],
        modes: &[Mode::Air],
        planned_arrival: None,
    });
    let lines = json!([{"item": world.items[0], "quantity": NOT_ARRIVED_PIECES}]);
    let details = json!({"consignment": consignment, "site": warehouse, "lines": lines});
    let at = days_after(world.begins, READY_DAY);
    script.event("SYN-READY allocated", (at, Precision::Minute), "allocated", details)
}

/// What else happens in warehouses: damage, disposal, a hold, a count, a return, a withdrawal, an offer
/// declined, goods nobody announced, and a receipt of something nobody knows.
fn extras(script: &mut Script, world: &World) -> Outcome<()> {
    let [cn, tr] = world.warehouses;
    let item = world.items[0];
    let on = |day: i64| (days_after(world.begins, day), Precision::Minute);
    let goods = |quantity: i64| json!([{"item": item, "quantity": quantity}]);
    let mut say = |key: &str, day: i64, kind: &str, details| {
        script.event(&format!("SYN-EXTRA {key}"), on(day), kind, details)
    };
    say("damaged", 26, "damaged", json!({"site": cn, "lines": goods(1_000), "reason": "a leaking roof"}))?;
    let evidence = json!({"report_number": "DR-SYN-1", "cause": "storage", "filed": "synthetic file"});
    let details = json!({"site": cn, "lines": goods(600), "reason": "mould", "evidence": evidence});
    say("disposed", 27, "disposed", details)?;
    say("held", 28, "held", json!({"site": tr, "lines": goods(2_000), "reason": "certificate asked for"}))?;
    let details = json!({"site": tr, "lines": goods(1_500), "reason": "certificate came"});
    say("released", 29, "released_from_hold", details)?;
    say("moved", 29, "moved", json!({"site": cn, "to_site": tr, "lines": goods(2_000)}))?;
    say("returned", 29, "returned", json!({"site": tr, "lines": goods(1_000), "reason": "wrong size"}))?;
    let details = json!({"site": cn, "lines": goods(250), "reason": "not on its pallet"});
    say("missing", 29, "reported_missing", details)?;
    let evidence = json!({"report_number": "LR-SYN-OPEN", "cause": "theft", "filed": "synthetic file"});
    let details = json!({"site": cn, "lines": goods(100), "reason": "no trace of it", "evidence": evidence});
    say("proposed lost", 40, "lost", details)?;
    script.leave_open();
    let unknown = script.event_id("SYN-EXTRA a consignment nobody knows").0;
    let details = json!({"consignment": unknown, "final": false, "lines": [{"item": item, "good": 3_000}]});
    script.event("SYN-EXTRA waiting", on(120), "received", details)?;
    unannounced(script, world)
}

fn unannounced(script: &mut Script, world: &World) -> Outcome<()> {
    let offered_at = days_after(world.begins, 60);
    let at = (days_after(world.begins, 61), Precision::Minute);
    let mut offer = |reference: &str, kind, donor, quantity| {
        script.pledge(Promise {
            reference,
            programme: world.programme,
            donor,
            kind,
            offered_at,
            note: Some("Synthetic: invented data.".to_owned()),
            title_passes: TitlePasses::ProofOfDelivery,
            gifts: vec![Gift { item: world.items[0], quantity, earmark: None, value_cents: None }],
        })
    };
    let (declined, _) = offer("SYN-PLEDGE-DECLINED", PledgeKind::Offered, Some(world.donors[2]), 9_000);
    let (partly, lines) = offer("SYN-PLEDGE-PARTLY", PledgeKind::Offered, Some(world.donors[5]), 12_000);
    let (unsolicited, _) = offer("SYN-PLEDGE-UNSOLICITED", PledgeKind::Unsolicited, None, 3_000);
    let details = json!({"pledge": declined, "reason": "past their date"});
    script.event("SYN-EXTRA declined", at, "pledge_declined", details)?;
    let part = json!([{"line": lines[0], "quantity": 7_000}]);
    script.event("SYN-EXTRA partly", at, "pledge_accepted", json!({"pledge": partly, "lines": part}))?;
    let part = json!([{"line": lines[0], "quantity": 1_000}]);
    let details = json!({"pledge": partly, "lines": part, "reason": "needed at home"});
    let later = (days_after(world.begins, 70), Precision::Minute);
    script.event("SYN-EXTRA withdrawn", later, "pledge_withdrawn", details)?;
    let goods = json!([{"item": world.items[0], "quantity": 3_000}]);
    let details = json!({"pledge": unsolicited, "site": world.warehouses[0], "lines": goods});
    script.event("SYN-EXTRA unsolicited", at, "collected", details)
}
