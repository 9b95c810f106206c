//! Whatever is lacking and free: what proposals must keep to.

use chrono::NaiveDate;
use proptest::prelude::*;
use relief_ledger::core::id::{ItemId, NeedId, ProgrammeId};
use relief_ledger::gaps::rules::{Grant, Lack, Place, Source, pour, propose};
use relief_ledger::needs::Priority;
use uuid::Uuid;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2030, 1, 1).expect("a day") + chrono::Days::new(number.into())
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A country, or an area of the Gambia.
fn place(number: usize) -> Place {
    let (country, area) = [("GM", None), ("KE", None), ("GM", Some("GM-B")), ("GM", Some("GM-L"))][number];
    Place { country: country.to_owned(), area: area.map(str::to_owned) }
}

prop_compose! {
    fn any_lack()(number in 0..1_000_u128, item in 0..2_u128, at in 0..4_usize,
        quantity in 1..300_i64, share in 0..=100_i64, by in 0..40_u32, priority in 0..4_usize, shelf in 0..20_u64) -> Lack
    {
        Lack { need: NeedId(uuid(number)), programme: ProgrammeId(uuid(1)), item: ItemId(uuid(item)),
            place: place(at), quantity, gap: quantity * share / 100,
            needed_by: day(by), priority: Priority::ALL[priority], shelf_life_days: shelf }
    }
}

prop_compose! {
    fn any_source()(key in 0..100_u32, item in 0..2_u128, earmark in prop::option::of(0..4_usize),
        keeps in prop::option::of(0..60_u32), is_stock in any::<bool>(), quantity in 0..400_i64) -> Source<u32>
    {
        Source { key, programme: ProgrammeId(uuid(1)), item: ItemId(uuid(item)), earmark: earmark.map(place),
            expires_on: keeps.map(day), is_stock, quantity }
    }
}

/// What is wrong with proposals.
fn wrong(
    lacks: &[Lack],
    sources: &[Source<u32>],
    grants: &[Grant<u32>],
    today: NaiveDate,
) -> Vec<&'static str> {
    let mut found = Vec::new();
    let source_of =
        |grant: &Grant<u32>| sources.iter().find(|source| source.key == grant.source).expect("a source");
    let lack_of = |grant: &Grant<u32>| lacks.iter().find(|lack| lack.need == grant.need).expect("a need");
    let sum =
        |of: &dyn Fn(&&Grant<u32>) -> bool| grants.iter().filter(of).map(|grant| grant.quantity).sum::<i64>();
    if grants.iter().any(|grant| grant.quantity <= 0) {
        found.push("nothing is granted");
    }
    if sources.iter().any(|source| sum(&|grant| grant.source == source.key) > source.quantity) {
        found.push("more than there is");
    }
    let after: Vec<i64> = lacks.iter().map(|lack| lack.gap - sum(&|grant| grant.need == lack.need)).collect();
    if after.iter().any(|gap| *gap < 0) {
        found.push("more than is lacking");
    }
    if grants.iter().any(|grant| !source_of(grant).fits(lack_of(grant), today)) {
        found.push("against an earmark or a shelf life");
    }
    for source in sources {
        let left = source.quantity - sum(&|grant| grant.source == source.key);
        let lacking = lacks.iter().zip(&after).any(|(lack, gap)| *gap > 0 && source.fits(lack, today));
        if left > 0 && lacking {
            found.push("goods are left, and somebody lacks them");
        }
    }
    found
}

fn distinct(mut lacks: Vec<Lack>, mut sources: Vec<Source<u32>>) -> (Vec<Lack>, Vec<Source<u32>>) {
    lacks.sort_by_key(|lack| lack.need);
    lacks.dedup_by_key(|lack| lack.need);
    sources.sort_by_key(|source| source.key);
    sources.dedup_by_key(|source| source.key);
    (lacks, sources)
}

/// Whether somebody got something and now lacks a clearly smaller share than somebody else who got too little.
fn is_unfair(needs: &[(i64, i64)], given: &[i64]) -> bool {
    let after: Vec<(i64, i64)> =
        needs.iter().zip(given).map(|((need, gap), given)| (*need, gap - given)).collect();
    after.iter().zip(given).filter(|(_, given)| **given > 0).any(|((need, unmet), _)| {
        // One unit more or less is what does not come out whole.
        after.iter().any(|(other_need, other_unmet)| (unmet + 1) * other_need < (other_unmet - 1) * need)
    })
}

proptest! {
    #[test]
    fn proposals_exceed_nothing_and_keep_to_earmarks(
        lacks in prop::collection::vec(any_lack(), 0..10), sources in prop::collection::vec(any_source(), 0..10), now in 0..20_u32,
    ) {
        let (lacks, sources) = distinct(lacks, sources);
        let today = day(now);
        let grants = propose(&lacks, &sources, today);
        prop_assert_eq!(wrong(&lacks, &sources, &grants, today), Vec::<&str>::new());
        let (mut turned, mut shuffled) = (lacks.clone(), sources.clone());
        turned.reverse();
        shuffled.reverse();
        prop_assert_eq!(&grants, &propose(&turned, &shuffled, today), "in any order the same");
    }

    #[test]
    fn the_largest_share_is_filled_first(
        needs in prop::collection::vec((1..1_000_i64, 0..=100_i64), 0..8), quantity in 0..3_000_i64,
    ) {
        let needs: Vec<(i64, i64)> = needs.into_iter().map(|(need, share)| (need, need * share / 100)).collect();
        let given = pour(quantity, &needs);
        let lacking: i64 = needs.iter().map(|(_, gap)| gap).sum();
        prop_assert_eq!(given.iter().sum::<i64>(), quantity.min(lacking));
        prop_assert!(given.iter().zip(&needs).all(|(given, (_, gap))| (0..=*gap).contains(given)), "{:?}", given);
        prop_assert!(!is_unfair(&needs, &given), "{:?} {:?}", needs, given);
    }
}

#[test]
fn goods_are_poured_over_the_largest_shares() {
    // All of the first lacks, half of the second, a tenth of the third.
    let needs = [(100, 100), (200, 100), (1_000, 100)];
    assert_eq!(pour(0, &needs), [0, 0, 0]);
    assert_eq!(pour(50, &needs), [50, 0, 0]);
    assert_eq!(pour(110, &needs), [70, 40, 0]);
    assert_eq!(pour(300, &needs), [100, 100, 100]);
    assert_eq!(pour(9_999, &needs), [100, 100, 100]);
    assert_eq!(
        pour(1, &[(3, 1), (3, 1), (3, 1)]),
        [1, 0, 0],
        "what does not come out whole goes to the first"
    );
    let huge = 1_i64 << 53;
    assert_eq!(pour(huge, &[(huge, huge), (huge, huge)]), [huge / 2, huge / 2]);
}

#[test]
fn proposals_that_exceed_or_forget_are_found() {
    let lack = |number: u128, at: usize, gap: i64| Lack {
        need: NeedId(uuid(number)),
        programme: ProgrammeId(uuid(1)),
        item: ItemId(uuid(0)),
        place: place(at),
        quantity: 100,
        gap,
        needed_by: day(10),
        priority: Priority::Normal,
        shelf_life_days: 5,
    };
    let lacks = [lack(1, 0, 80), lack(2, 1, 40)];
    let source = |key: u32, earmark: Option<usize>, keeps: Option<u32>, quantity: i64| Source {
        key,
        programme: ProgrammeId(uuid(1)),
        item: ItemId(uuid(0)),
        earmark: earmark.map(place),
        expires_on: keeps.map(day),
        is_stock: true,
        quantity,
    };
    let sources =
        [source(1, Some(1), None, 30), source(2, None, Some(14), 500), source(3, None, Some(15), 50)];
    let grants = propose(&lacks, &sources, day(0));
    let told: Vec<(u128, u32, i64)> =
        grants.iter().map(|grant| (grant.need.0.as_u128(), grant.source, grant.quantity)).collect();
    assert_eq!(told, [(1, 3, 50), (2, 1, 30)], "what keeps one day too short goes to nobody");
    assert_eq!(wrong(&lacks, &sources, &grants, day(0)), Vec::<&str>::new());

    // The twins.
    let grant = |need: u128, source: u32, quantity: i64| Grant { need: NeedId(uuid(need)), source, quantity };
    let caught = |grants: &[Grant<u32>]| wrong(&lacks, &sources, grants, day(0));
    assert_eq!(caught(&[grant(1, 3, 50), grant(2, 1, 30), grant(2, 3, 5)]), ["more than there is"]);
    assert_eq!(caught(&[grant(1, 3, 45), grant(2, 1, 30), grant(2, 3, 5), grant(2, 2, 6)]).len(), 2);
    assert_eq!(caught(&[grant(1, 3, 50), grant(1, 1, 30)]), ["against an earmark or a shelf life"]);
    assert_eq!(caught(&[grant(2, 1, 30)]), ["goods are left, and somebody lacks them"]);

    // What is meant for an area goes to it, or to whoever needs it anywhere in its country, and is given first.
    let lacks = [lack(1, 2, 10), lack(2, 3, 40), lack(3, 1, 90)];
    let sources = [source(1, Some(3), None, 25), source(2, Some(0), None, 25), source(3, None, None, 5)];
    let told = |grants: Vec<Grant<u32>>| -> Vec<(u128, u32, i64)> {
        grants.iter().map(|grant| (grant.need.0.as_u128(), grant.source, grant.quantity)).collect()
    };
    assert_eq!(told(propose(&lacks, &sources, day(0))), [(1, 2, 10), (2, 1, 25), (2, 2, 15), (3, 3, 5)]);
    assert_eq!(told(propose(&[lack(4, 0, 100)], &sources[..1], day(0))), [(4, 1, 25)]);
    let astray = [grant(1, 1, 10)];
    assert!(wrong(&lacks, &sources, &astray, day(0)).contains(&"against an earmark or a shelf life"));
    assert!(is_unfair(&[(100, 100), (100, 100)], &[60, 0]));
    assert!(!is_unfair(&[(100, 100), (100, 100)], &[30, 30]));
}
