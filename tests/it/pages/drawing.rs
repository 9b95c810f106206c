//! What pictures must hold whatever is drawn: widths add up, nothing is left out, and time goes one way.

use proptest::prelude::*;
use relief_ledger::ledger::{Account, Condition};
use relief_ledger::pages::drawing::bar::{GAP, Goods, LEAST, Shape, WIDTH};
use relief_ledger::pages::drawing::chart::{self, Measured, Stacked, columns, rows};
use relief_ledger::pages::drawing::whereabouts::Whereabouts;
use relief_ledger::pages::drawing::{Side, shared};

fn heaps() -> impl Strategy<Value = Vec<(Account, Condition, i64)>> {
    let account = prop::sample::select(Account::ALL.to_vec());
    let condition = prop::sample::select(Condition::ALL.to_vec());
    prop::collection::vec((account, condition, 0_i64..1_000_000_000_000), 0..60)
}

/// What is drawn and the gaps between, as far as it reaches.
fn covered(shapes: &[Shape]) -> i64 {
    let gaps = shapes.windows(2).filter(|pair| pair[0].at != pair[1].at).count();
    shapes.iter().map(|shape| shape.width).sum::<i64>() + GAP * i64::try_from(gaps).expect("few gaps")
}

/// Whether what is drawn lies side by side from one edge to the other.
fn is_whole(shapes: &[Shape]) -> bool {
    let mut sorted = shapes.to_vec();
    sorted.sort_by_key(|shape| shape.x);
    let ends = sorted.windows(2).all(|pair| {
        let gap = if pair[0].at == pair[1].at { 0 } else { GAP };
        pair[0].x + pair[0].width + gap == pair[1].x
    });
    let begins = sorted.first().is_some_and(|shape| shape.x == 0);
    ends && begins && sorted.last().is_some_and(|shape| shape.x + shape.width == WIDTH)
}

proptest! {
    #[test]
    fn a_bar_adds_up_to_the_whole_and_drops_nothing(heaps in heaps()) {
        let goods = Goods::of(heaps.iter().copied());
        let placed: i64 = heaps.iter().filter(|(account, _, _)| !account.is_source()).map(|(_, _, quantity)| quantity).sum();
        prop_assert_eq!(goods.total(), placed);
        prop_assert_eq!(Whereabouts::ALL.iter().map(|place| goods.at(*place)).sum::<i64>(), placed);
        let shapes = goods.shapes(Side::Left);
        for place in Whereabouts::ALL {
            for condition in Condition::ALL {
                let drawn = shapes.iter().filter(|shape| shape.at == place && shape.condition == condition);
                let expected = usize::from(goods.part(place, condition) > 0);
                prop_assert_eq!(drawn.count(), expected, "{:?} {:?}", place, condition);
            }
        }
        if placed > 0 {
            prop_assert!(is_whole(&shapes), "{:?}", shapes);
            prop_assert_eq!(covered(&shapes), WIDTH);
            prop_assert!(shapes.iter().all(|shape| shape.width >= LEAST));
            // A bar without its smallest part, as one would draw that rounds it away, is not whole.
            let least = shapes.iter().min_by_key(|shape| shape.width).copied();
            let without: Vec<Shape> = shapes.iter().copied().filter(|shape| Some(*shape) != least).collect();
            prop_assert!(!is_whole(&without));
        } else {
            prop_assert!(shapes.is_empty());
        }
    }

    #[test]
    fn more_is_never_drawn_narrower(heaps in heaps()) {
        let shapes = Goods::of(heaps.iter().copied());
        let drawn = shapes.shapes(Side::Left);
        for one in &drawn {
            for other in &drawn {
                if shapes.part(one.at, one.condition) > shapes.part(other.at, other.condition) {
                    prop_assert!(one.width >= other.width);
                }
            }
        }
    }

    #[test]
    fn bars_begin_on_the_side_a_language_is_read_from(heaps in heaps()) {
        let goods = Goods::of(heaps.iter().copied());
        let (left, right) = (goods.shapes(Side::Left), goods.shapes(Side::Right));
        prop_assert_eq!(left.len(), right.len());
        for (one, other) in left.iter().zip(&right) {
            prop_assert_eq!((one.at, one.condition, one.width), (other.at, other.condition, other.width));
            prop_assert_eq!(one.x, WIDTH - other.x - other.width);
        }
    }

    #[test]
    fn what_is_shared_out_is_all_of_it(width in 0_i64..5_000, quantities in prop::collection::vec(-5_i64..i64::MAX / 4, 0..9)) {
        let widths = shared(width, &quantities, 8);
        let whole = if quantities.iter().any(|quantity| *quantity > 0) { width } else { 0 };
        prop_assert_eq!(widths.iter().sum::<i64>(), whole);
        prop_assert!(widths.iter().zip(&quantities).all(|(width, quantity)| *quantity > 0 || *width == 0));
    }

    #[test]
    fn rows_are_mirrored_and_stay_within_the_picture(values in prop::collection::vec((0_i64..1_000, 0_i64..1_000_000), 0..20)) {
        let measured: Vec<Measured> = values
            .iter()
            .map(|(from, more)| Measured { name: "a way".to_owned(), from: *from, middle: Some(from + more / 2), to: from + more, told: String::new() })
            .collect();
        let (left, right) = (rows(Side::Left, String::new(), &measured), rows(Side::Right, String::new(), &measured));
        prop_assert_eq!((left.zero_x, right.zero_x), (0, chart::WIDTH));
        prop_assert_eq!(left.rows.len(), measured.len().min(chart::ROWS_MAXIMUM));
        for (one, other) in left.rows.iter().zip(&right.rows) {
            prop_assert_eq!(one.x, chart::WIDTH - other.x - other.width);
            prop_assert!(one.x >= 0 && one.x + one.width <= chart::WIDTH, "{:?}", one);
            prop_assert_eq!(one.mark.map(|mark| chart::WIDTH - mark), other.mark);
        }
    }

    #[test]
    fn columns_stand_on_zero_and_time_goes_from_left_to_right(parts in prop::collection::vec(prop::collection::vec(0_i64..1_000_000_000, 3), 1..9)) {
        let stacked: Vec<Stacked> = parts
            .iter()
            .enumerate()
            .map(|(month, parts)| Stacked { month: format!("2026-{:02}", month + 1), parts: parts.clone(), told: String::new() })
            .collect();
        let drawn = columns(String::new(), &stacked);
        prop_assert!(drawn.feet.windows(2).all(|pair| pair[0].x < pair[1].x));
        prop_assert_eq!(drawn.feet.len(), stacked.len().min(chart::COLUMNS_MAXIMUM));
        for block in &drawn.blocks {
            let below: i64 = drawn.blocks.iter().filter(|one| one.x == block.x && one.y > block.y).map(|one| one.height).sum();
            prop_assert_eq!(block.y + block.height + below, drawn.zero_y, "{:?} does not stand on zero", block);
        }
    }
}
