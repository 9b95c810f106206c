//! Properties of judging readings: in one file or in several they say the same, and whatever is sent is read or refused.

use chrono::FixedOffset;
use proptest::prelude::*;
use relief_ledger::cold::rules::{
    Judged, Question, Range, Reading, Span, celsius, in_order, judge, merged, range_of, read_celsius,
    read_time,
};
use relief_ledger::core::time::Timestamp;
use relief_ledger::items::StorageClass;

const RANGE: Range = Range { low: 200, high: 800, allowed_minutes: 60 };

/// Readings at minutes one after the other.
fn shown() -> impl Strategy<Value = Vec<Reading>> {
    prop::collection::vec((1i64..90, 0i64..1_000), 0..40).prop_map(|steps| {
        let mut minute = 0;
        let mut reading = |(step, hundredths): (i64, i64)| {
            minute += step;
            Reading { at: Timestamp(minute * 60_000_000), hundredths }
        };
        steps.into_iter().map(&mut reading).collect()
    })
}

/// What a file of readings says, where goods were outside before it since a time and some of it was acted on.
fn asked(readings: &[Reading], since: Option<Timestamp>, acted: &[Span]) -> Judged {
    let at = |reading: Option<&Reading>| reading.map_or(since.unwrap_or_default(), |reading| reading.at);
    let about = Span { from: at(readings.first()), until: at(readings.last()) };
    judge(RANGE, readings, &Question { since, about, acted })
}

fn said(readings: &[Reading], since: Option<Timestamp>) -> Judged {
    asked(readings, since, &[])
}

/// How long goods were outside at the longest, counted minute by minute: they are as the last reading said.
fn longest(readings: &[Reading]) -> i64 {
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return 0 };
    let (mut longest, mut now) = (0, 0);
    for minute in first.at.0 / 60_000_000..last.at.0 / 60_000_000 {
        let known = readings.iter().rev().find(|one| one.at.0 / 60_000_000 <= minute).expect("one before");
        now = if (RANGE.low..=RANGE.high).contains(&known.hundredths) { 0 } else { now + 1 };
        longest = longest.max(now);
    }
    longest
}

proptest! {
    #[test]
    fn files_in_parts_say_what_one_file_says(readings in shown(), cut in 0usize..40) {
        let whole = said(&readings, None);
        let (before, after) = readings.split_at(cut.min(readings.len()));
        let first = said(before, None);
        let second = said(after, first.outside_since);
        prop_assert_eq!(second.outside_since, whole.outside_since);
        prop_assert_eq!(first.longest_minutes.max(second.longest_minutes), whole.longest_minutes);
        prop_assert_eq!(first.excursion.or(second.excursion).map(|one| one.from), whole.excursion.map(|one| one.from));
        prop_assert_eq!(whole.excursion.is_some(), whole.longest_minutes > RANGE.allowed_minutes);
    }

    #[test]
    fn a_stretch_lasts_as_long_as_counted_by_the_minute(readings in shown()) {
        prop_assert_eq!(said(&readings, None).longest_minutes, longest(&readings));
    }

    #[test]
    fn parts_in_any_order_are_one_recording(readings in shown(), order in prop::collection::vec(any::<u32>(), 40)) {
        let mut parts: Vec<(u32, Reading)> = order.into_iter().zip(readings.clone()).collect();
        parts.sort_by_key(|(place, _)| *place);
        let twice = parts.iter().chain(&parts).map(|(_, reading)| *reading);
        prop_assert_eq!(merged(RANGE, twice), readings);
    }

    #[test]
    fn what_was_acted_on_is_told_and_not_fresh(readings in shown(), cut in 0usize..40) {
        let whole = said(&readings, None);
        prop_assert_eq!(whole.fresh, whole.excursion, "of what nobody acted on all is fresh");
        let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return Ok(()) };
        let all = asked(&readings, None, &[Span { from: first.at, until: last.at }]);
        prop_assert_eq!((all.excursion, all.fresh), (whole.excursion, None));
        // What comes after a part that was acted on is fresh where it takes longer by itself, and only then.
        let known = readings[cut.min(readings.len() - 1)].at;
        let rest = asked(&readings, None, &[Span { from: first.at, until: known }]);
        prop_assert!(rest.fresh.is_none_or(|fresh| fresh.from >= known));
        prop_assert!(rest.fresh.is_none_or(|fresh| (fresh.until.0 - fresh.from.0) / 60_000_000 > RANGE.allowed_minutes));
    }

    #[test]
    fn a_temperature_reads_as_it_is_written(hundredths in -99_999i64..=99_999) {
        prop_assert_eq!(read_celsius(&celsius(hundredths)), Ok(hundredths));
        prop_assert_eq!(read_celsius(&celsius(hundredths).replace('.', ",")), Ok(hundredths));
    }

    #[test]
    fn whatever_is_sent_is_read_or_refused_in_words(text in any::<String>(), seconds in -86_399i32..86_400) {
        let told = read_celsius(&text).err().into_iter().chain(read_time(&text, FixedOffset::east_opt(seconds)).err());
        for words in told {
            prop_assert!(words.contains(" is no ") || words.contains("UTC"), "{}", words);
        }
    }

    #[test]
    fn readings_come_into_order_and_each_time_counts_once(times in prop::collection::vec(0i64..20, 0..40)) {
        let rows: Vec<(u32, Reading)> =
            (1..).zip(times.iter().map(|at| Reading { at: Timestamp(*at), hundredths: 0 })).collect();
        let mut refused = Vec::new();
        let ordered = in_order(rows, &mut refused);
        prop_assert!(ordered.windows(2).all(|pair| pair[0].at < pair[1].at));
        prop_assert_eq!(ordered.len() + refused.len(), times.len());
    }
}

#[test]
fn classes_that_say_a_temperature_have_a_range() {
    for class in StorageClass::ALL {
        let is_about_temperature = !matches!(class, StorageClass::Hazardous | StorageClass::Secure);
        assert_eq!(range_of(class).is_some(), is_about_temperature, "{class:?}");
        assert!(range_of(class).is_none_or(|range| range.low < range.high && range.allowed_minutes > 0));
    }
    assert_eq!(said(&[], None), Judged::default());
    // The twin: whoever asks only for the last reading misses what was outside in between.
    let at = |minute: i64, hundredths| Reading { at: Timestamp(minute * 60_000_000), hundredths };
    let warm = [at(0, 400), at(10, 900), at(100, 500)];
    assert_eq!((said(&warm, None).longest_minutes, said(&warm[2..], None).longest_minutes), (90, 0));
    for wrong in ["", "4.125", "four", "1e3", "--4", "4 °C", "12345", "+", "."] {
        assert!(read_celsius(wrong).is_err(), "{wrong:?}");
    }
}
