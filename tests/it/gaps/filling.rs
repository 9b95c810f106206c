//! Whatever is needed and there is: what a filling must keep to.

use chrono::NaiveDate;
use proptest::prelude::*;
use relief_ledger::core::id::{ItemId, NeedId, ProgrammeId};
use relief_ledger::gaps::rules::{Fill, Filled, Fitness, Place, Supply, Wanted, Way, fill, rows};
use relief_ledger::needs::Priority;
use uuid::Uuid;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2030, 1, 1).expect("a day") + chrono::Days::new(number.into())
}

fn place(number: usize) -> Place {
    let (country, area) = [("GM", None), ("GM", Some("GM-B")), ("GM", Some("GM-L")), ("KE", None)][number];
    Place { country: country.to_owned(), area: area.map(str::to_owned) }
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

prop_compose! {
    fn any_need()(number in 0..1_000_u128, item in 0..2_u128, at in 0..4_usize, quantity in 1..500_i64,
        served in 0..100_i64, by in 0..40_u32, priority in 0..4_usize, shelf in 0..30_u64) -> Wanted
    {
        Wanted { need: NeedId(uuid(number)), programme: ProgrammeId(uuid(1)), item: ItemId(uuid(item)), place: place(at),
            quantity, served, needed_by: day(by), priority: Priority::ALL[priority], shelf_life_days: shelf }
    }
}

prop_compose! {
    fn any_supply()(item in 0..2_u128, at in 0..4_usize, way in 0..4_u8, comes in 0..40_u32, keeps in prop::option::of(0..60_u32),
        earmark in prop::option::of(0..4_usize), fitness in 0..4_u8, quantity in 0..400_i64,
        key in "[a-d]") -> Supply
    {
        let way = match way {
            0 => Way::Delivered,
            1 => Way::InStorage,
            2 => Way::Pipeline(None),
            _ => Way::Pipeline(Some(day(comes))),
        };
        let fitness = match fitness {
            0 => Fitness::Held,
            1 => Fitness::Damaged,
            _ => Fitness::Good,
        };
        Supply { programme: ProgrammeId(uuid(1)), item: ItemId(uuid(item)), place: place(at), way, expires_on: keeps.map(day),
            earmark: earmark.map(place), fitness, key, quantity }
    }
}

/// What is wrong with a filling.
fn wrong(wanted: &[Wanted], supplies: &[Supply], filled: &Filled, today: NaiveDate) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (one, fill) in wanted.iter().zip(&filled.needs) {
        let Fill { served, delivered, in_storage, pipeline, gap } = *fill;
        if [served, delivered, in_storage, pipeline, gap].iter().any(|figure| *figure < 0) {
            found.push("a figure is below 0");
        }
        if served + delivered + in_storage + pipeline + gap != one.quantity {
            found.push("a need does not add up");
        }
    }
    let used: i64 = supplies.iter().zip(&filled.left).map(|(supply, left)| supply.quantity - left).sum();
    let fills: i64 = filled.needs.iter().map(|fill| fill.delivered + fill.in_storage + fill.pipeline).sum();
    if used != fills || filled.left.iter().any(|left| *left < 0) {
        found.push("more is filled than is taken");
    }
    for (supply, left) in supplies.iter().zip(&filled.left) {
        let fits = |one: &Wanted| {
            one.item == supply.item && supply.place.is_in(&one.place) && supply.check(one, today).is_ok()
        };
        if *left < supply.quantity && !wanted.iter().any(fits) {
            found.push("what fits nothing was taken");
        }
        // What is left fits no need that lacks anything.
        let lacks = wanted.iter().zip(&filled.needs).any(|(one, fill)| fill.gap > 0 && fits(one));
        if *left > 0 && lacks {
            found.push("what fits was left");
        }
    }
    found
}

fn distinct(mut wanted: Vec<Wanted>) -> Vec<Wanted> {
    wanted.sort_by_key(|one| one.need);
    wanted.dedup_by_key(|one| one.need);
    wanted
}

proptest! {
    #[test]
    fn gaps_add_up_and_nothing_unfit_fills_them(
        wanted in prop::collection::vec(any_need(), 0..12), supplies in prop::collection::vec(any_supply(), 0..16),
        now in 0..20_u32,
    ) {
        let (wanted, today) = (distinct(wanted), day(now));
        let filled = fill(&wanted, &supplies, today);
        prop_assert_eq!(wrong(&wanted, &supplies, &filled, today), Vec::<&str>::new());

        // In any order the same.
        let (mut turned, mut shuffled) = (wanted.clone(), supplies.clone());
        turned.reverse();
        shuffled.rotate_left(supplies.len() / 2);
        let again = fill(&turned, &shuffled, today);
        let told = |wanted: &[Wanted], filled: &Filled| {
            let mut told: Vec<_> = wanted.iter().map(|one| one.need).zip(filled.needs.clone()).map(|(need, fill)| (need, format!("{fill:?}"))).collect();
            told.sort();
            told
        };
        prop_assert_eq!(told(&wanted, &filled), told(&turned, &again));

        // No unit is told in two rows, and rows add up to needs.
        let found = rows(&wanted, &supplies, &filled, today);
        let gaps: i64 = found.values().map(|row| row.fill.gap).sum();
        prop_assert_eq!(gaps, filled.needs.iter().map(|fill| fill.gap).sum::<i64>());
        let apart: i64 = found.values().map(|row| {
            let of = &row.apart;
            of.held + of.damaged + of.expired + of.short_lived + of.late + of.undated + of.elsewhere + of.spare
        }).sum();
        prop_assert!(apart <= filled.left.iter().sum::<i64>());
    }
}

#[test]
fn a_filling_that_takes_what_is_unfit_is_found() {
    let wanted = [Wanted {
        need: NeedId(uuid(1)),
        programme: ProgrammeId(uuid(1)),
        item: ItemId(uuid(0)),
        place: place(1),
        quantity: 100,
        served: 0,
        needed_by: day(20),
        priority: Priority::Normal,
        shelf_life_days: 10,
    }];
    let good = Supply {
        programme: ProgrammeId(uuid(1)),
        item: ItemId(uuid(0)),
        place: place(1),
        way: Way::InStorage,
        expires_on: None,
        earmark: None,
        fitness: Fitness::Good,
        key: "a".to_owned(),
        quantity: 60,
    };
    let unfit = [
        Supply { fitness: Fitness::Held, ..good.clone() },
        Supply { fitness: Fitness::Damaged, ..good.clone() },
        Supply { earmark: Some(place(3)), ..good.clone() },
        Supply { earmark: Some(place(2)), ..good.clone() },
        Supply { expires_on: Some(day(9)), ..good.clone() },
        Supply { way: Way::Pipeline(Some(day(21))), ..good.clone() },
        Supply { way: Way::Pipeline(None), ..good.clone() },
        Supply { place: place(2), ..good.clone() },
    ];
    for one in unfit {
        let supplies = [one];
        let filled = fill(&wanted, &supplies, day(0));
        assert_eq!(
            (filled.needs[0].gap, wrong(&wanted, &supplies, &filled, day(0)).len()),
            (100, 0),
            "{supplies:?}"
        );
        // The twin takes it for good.
        let careless = fill(&wanted, std::slice::from_ref(&good), day(0));
        assert_eq!(
            wrong(&wanted, &supplies, &careless, day(0)),
            ["what fits nothing was taken"],
            "{supplies:?}"
        );
    }
    // And one that leaves what fits.
    let lazy = Filled { needs: vec![Fill { gap: 100, ..Fill::default() }], left: vec![60] };
    assert_eq!(wrong(&wanted, &[good], &lazy, day(0)), ["what fits was left"]);
}
