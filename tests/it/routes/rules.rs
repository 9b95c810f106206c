//! Properties of forecasts: ranges are in order, rise with what they rest on, and know nothing of the future.

use proptest::collection::vec;
use proptest::prelude::*;
use relief_ledger::core::time::Timestamp;
use relief_ledger::forecast::rules::{
    BAND_LATEST, Band, Basis, DAY, Lateness, MINUTE, Spread, TRIPS_LATEST, TRIPS_MINIMUM, Window, arrival,
    band_sequence, duration_minutes, is_after_plan, lateness, measured, presumed_lost_from, quantile,
};

/// What a forecaster says of a history at one of its moments.
type Forecaster = fn(&[i64], usize) -> Option<(Basis, Spread)>;

/// Whether what is told at a moment is the same whatever comes after it.
fn knows_no_future(forecaster: Forecaster, history: &[i64], later: &[i64]) -> bool {
    let known = history.len();
    let all: Vec<i64> = history.iter().chain(later).copied().collect();
    forecaster(&all, known) == forecaster(history, known)
}

fn ours(trips: &[i64], known: usize) -> Option<(Basis, Spread)> {
    measured(&trips[..known], &[])
}

proptest! {
    #[test]
    fn quantiles_are_values_in_order_that_so_many_do_not_exceed(mut values in vec(0_i64..100_000, 1..300)) {
        let spread = Spread::of(&values).unwrap();
        values.sort_unstable();
        prop_assert!(spread.p10 <= spread.p50 && spread.p50 <= spread.p90);
        for (tenths, quantile) in [(1, spread.p10), (5, spread.p50), (9, spread.p90)] {
            let within = values.iter().filter(|value| **value <= quantile).count();
            let below = values.iter().filter(|value| **value < quantile).count();
            prop_assert!(within * 10 >= values.len() * tenths, "enough do not exceed it");
            prop_assert!(below * 10 < values.len() * tenths, "and it is the smallest");
        }
    }

    #[test]
    fn slower_trips_never_make_a_forecast_sooner(
        trips in vec((0_i64..10_000, 0_i64..10_000), TRIPS_MINIMUM..120)
    ) {
        let fast: Vec<i64> = trips.iter().map(|(minutes, _)| *minutes).collect();
        let slow: Vec<i64> = trips.iter().map(|(minutes, more)| minutes + more).collect();
        let ((_, fast), (_, slow)) = (measured(&fast, &[]).unwrap(), measured(&slow, &[]).unwrap());
        prop_assert!(fast.p10 <= slow.p10 && fast.p50 <= slow.p50 && fast.p90 <= slow.p90);
    }

    #[test]
    fn what_comes_later_changes_no_forecast_of_before(
        history in vec(0_i64..10_000, 0..80), later in vec(0_i64..10_000, 0..80)
    ) {
        prop_assert!(knows_no_future(ours, &history, &later));
    }

    #[test]
    fn a_range_is_in_order_and_lateness_only_grows(
        begins in 0_i64..10_000, days in 1_i64..32, trips in vec(0_i64..10_000, 0..30), plan in 0_i64..20_000,
        multiple in 1_u32..10, mut times in vec(0_i64..200_000, 2..20)
    ) {
        let begins = Window::of_days(Timestamp(begins * MINUTE), days);
        let (window, basis, count) = arrival(begins, measured(&trips, &[]), Some(Timestamp(plan * MINUTE))).unwrap();
        prop_assert!(window.earliest <= window.middle && window.middle <= window.latest);
        prop_assert!(window.latest >= begins.latest, "nothing arrives before it leaves");
        prop_assert_eq!(basis == Basis::Plan, trips.len() < TRIPS_MINIMUM);
        prop_assert_eq!(count, if basis == Basis::Plan { 0 } else { trips.len() });
        let lost_from = presumed_lost_from(begins, window, multiple);
        prop_assert!(lost_from >= window.latest, "it is late before it is presumed lost");
        times.sort_unstable();
        let states: Vec<Lateness> =
            times.iter().map(|time| lateness(Timestamp(time * MINUTE), window, lost_from)).collect();
        prop_assert!(states.is_sorted());
    }

    #[test]
    fn bands_are_read_up_to_a_sequence_that_lags_by_a_sixty_fourth_at_most(sequence in 0_i64..1_000_000_000) {
        let read = band_sequence(sequence);
        prop_assert!(read <= sequence && sequence - read <= sequence / 64);
        prop_assert!(band_sequence(read) <= read && band_sequence(sequence + 1) >= read);
        prop_assert!(sequence >= 4_096 || read == sequence);
    }

    #[test]
    fn a_length_lies_in_its_band(length_m in 0_u64..20_100_000) {
        let band = Band::of(length_m);
        prop_assert!(band.from_m() <= length_m && band.below_m().is_none_or(|end| length_m < end));
    }
}

#[test]
fn a_forecaster_that_looks_ahead_is_caught() {
    let seer: Forecaster = |trips, _| measured(trips, &[]);
    let (history, later) = ([10; 8], [1_000; 8]);
    assert!(knows_no_future(ours, &history, &later));
    assert!(!knows_no_future(seer, &history, &later));
}

#[test]
fn the_latest_trips_count_and_too_few_of_a_corridor_do_not() {
    let old_and_new: Vec<i64> = [vec![9_000; 200], vec![10; TRIPS_LATEST]].concat();
    let (basis, spread) = measured(&old_and_new, &[5; 100]).unwrap();
    assert_eq!((basis, spread.p90, spread.count), (Basis::Corridor, 10, TRIPS_LATEST));
    let (basis, spread) = measured(&[10; TRIPS_MINIMUM - 1], &vec![5; BAND_LATEST + 1]).unwrap();
    assert_eq!((basis, spread.count), (Basis::Band, BAND_LATEST));
    assert_eq!(measured(&[10; TRIPS_MINIMUM - 1], &[5; TRIPS_MINIMUM - 1]), None);
    assert_eq!((quantile(&[], 9), Spread::of(&[])), (None, None));
}

#[test]
fn where_a_time_is_known_by_the_day_days_are_counted() {
    let at = |day: i64, hour: i64| Timestamp(day * DAY + hour * 60 * MINUTE);
    assert_eq!(duration_minutes(at(1, 8), at(2, 9), false), Some(25 * 60));
    assert_eq!(duration_minutes(at(1, 0), at(1, 9), true), Some(0));
    assert_eq!(duration_minutes(at(1, 23), at(2, 1), true), Some(24 * 60));
    assert_eq!(duration_minutes(at(1, 10), at(1, 9), true), Some(0), "the hour says nothing");
    assert_eq!(duration_minutes(at(1, 10), at(1, 9), false), None);
    assert_eq!(duration_minutes(at(2, 0), at(1, 9), true), None);
    assert!(!is_after_plan(at(3, 23), at(3, 0)) && is_after_plan(at(4, 0), at(3, 0)));
}
