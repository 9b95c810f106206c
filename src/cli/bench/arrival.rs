//! Arrivals forecast backwards: each delivery of a file from those alone that were recorded before it was due, by the rules
//! that the server forecasts with, against when it then came.
//!
//! The file has no trips but planned and real days, so that what is forecast is the delay against the plan, in days. A
//! corridor is a vendor, a country and a mode. The file says neither where vendors nor where the warehouses of its programme are, and
//! where something was made is not where it was sent from; without distances a band is a mode, which is wider than the server's.

use super::failed;
use super::figure::Figure;
use crate::core::problem::Outcome;
use crate::forecast::rules::{Basis, Spread, TRIPS_MINIMUM, interval_score, measured};
use chrono::{Datelike, NaiveDate};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Of ten deliveries eight should come within the range; a tenth more or half a tenth fewer is kept.
const WITHIN_LEAST: f64 = 75.0;
const WITHIN_MOST: f64 = 90.0;
/// By how much, in hundredths, forecasts must be better than one range for all.
const BETTER_LEAST: f64 = 10.0;

/// A delivery: days as numbers.
struct Delivery {
    corridor: (String, String, String),
    planned: i64,
    recorded: i64,
    delay: i64,
}

/// What was forecast, added up.
#[derive(Default)]
struct Counted {
    forecasts: i64,
    within: i64,
    by_corridor: i64,
    score: i64,
    pooled_score: i64,
}

/// Measures.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn measure(file: &Path, figures: &mut Vec<Figure>) -> Outcome<()> {
    let deliveries = read(file)?;
    let counted = count(&deliveries);
    if counted.forecasts == 0 {
        return Err(failed("the file has no delivery that could be forecast from others"));
    }
    let share = |part: i64, whole: i64| part as f64 * 100.0 / whole as f64;
    let within = share(counted.within, counted.forecasts);
    let better = 100.0 - share(counted.score, counted.pooled_score);
    figures.push(Figure::shown("arrivals: deliveries forecast", "deliveries", counted.forecasts as f64));
    let by_corridor = share(counted.by_corridor, counted.forecasts);
    figures.push(Figure::shown("arrivals: of them by their own corridor", "%", by_corridor));
    figures.push(Figure::at_least("arrivals: within P10 to P90, not too few", "%", within, WITHIN_LEAST));
    figures.push(Figure::at_most("arrivals: within P10 to P90, not too many", "%", within, WITHIN_MOST));
    figures.push(Figure::at_least(
        "arrivals: interval score better than one range's",
        "%",
        better,
        BETTER_LEAST,
    ));
    Ok(())
}

/// Forecasts each delivery on the day it was planned for, from what was recorded on the days before.
fn count(deliveries: &[Delivery]) -> Counted {
    let mut by_plan: Vec<&Delivery> = deliveries.iter().collect();
    by_plan.sort_by_key(|one| one.planned);
    let mut by_record: Vec<&Delivery> = deliveries.iter().collect();
    by_record.sort_by_key(|one| one.recorded);
    let mut coming = by_record.into_iter().peekable();
    let mut corridors: HashMap<&(String, String, String), Vec<i64>> = HashMap::new();
    let mut modes: HashMap<&str, Vec<i64>> = HashMap::new();
    let mut all: Vec<i64> = Vec::new();
    let mut counted = Counted::default();
    for delivery in by_plan {
        while let Some(known) = coming.next_if(|known| known.recorded < delivery.planned) {
            corridors.entry(&known.corridor).or_default().push(known.delay);
            modes.entry(known.corridor.2.as_str()).or_default().push(known.delay);
            all.push(known.delay);
        }
        let own = corridors.get(&delivery.corridor).map_or(&[] as &[i64], Vec::as_slice);
        let alike = modes.get(delivery.corridor.2.as_str()).map_or(&[] as &[i64], Vec::as_slice);
        let pooled = Spread::of(&all).filter(|_| all.len() >= TRIPS_MINIMUM);
        if let Some(((basis, spread), pooled)) = measured(own, alike).zip(pooled) {
            counted.forecasts += 1;
            counted.within += i64::from((spread.p10..=spread.p90).contains(&delivery.delay));
            counted.by_corridor += i64::from(basis == Basis::Corridor);
            counted.score += interval_score(&spread, delivery.delay);
            counted.pooled_score += interval_score(&pooled, delivery.delay);
        }
    }
    counted
}

/// The deliveries of the file: one for each notice of dispatch, of its first row.
fn read(file: &Path) -> Outcome<Vec<Delivery>> {
    let mut reader = csv::Reader::from_path(file).map_err(failed)?;
    let header = reader.headers().map_err(failed)?.clone();
    let column = |name: &str| {
        let place = header.iter().position(|one| one.trim_start_matches('\u{feff}') == name);
        place.ok_or_else(|| failed(format!("{} has no column {name:?}", file.display())))
    };
    let notice = column("ASN/DN #")?;
    let ends = [column("Vendor")?, column("Country")?, column("Shipment Mode")?];
    let days = [
        column("Scheduled Delivery Date")?,
        column("Delivered to Client Date")?,
        column("Delivery Recorded Date")?,
    ];
    let (mut seen, mut deliveries) = (HashSet::new(), Vec::new());
    for row in reader.records() {
        let row = row.map_err(failed)?;
        let cell = |place: usize| row.get(place).unwrap_or_default();
        if !seen.insert(cell(notice).to_owned()) {
            continue;
        }
        let day = |place: usize| NaiveDate::parse_from_str(cell(place), "%d-%b-%y").ok();
        let [planned, delivered, recorded] = days.map(|place| day(place).map(|day| day.num_days_from_ce()));
        if let (Some(planned), Some(delivered), Some(recorded)) = (planned, delivered, recorded) {
            let [vendor, country, mode] = ends.map(|place| cell(place).to_owned());
            let delay = i64::from(delivered - planned);
            let (planned, recorded) = (i64::from(planned), i64::from(recorded));
            deliveries.push(Delivery { corridor: (vendor, country, mode), planned, recorded, delay });
        }
    }
    Ok(deliveries)
}
