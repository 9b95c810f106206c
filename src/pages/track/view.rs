//! What the tracking page shows.

use super::words::TrackWord;
use crate::atlas::{Coordinates, CountryCode, LineGeometry, leg_line};
use crate::consignments::rules::ConsignmentState;
use crate::core::time::{Precision, Timestamp};
use crate::forecast::LegState;
use crate::forecast::rules::Basis;
use crate::pages::frame::Frame;
use crate::pages::map::canvas::{Canvas, Extent};
use crate::pages::map::land::world;
use crate::pages::words::Word;
use crate::tracking::words::sentence;
use crate::tracking::{TrackedArrival, TrackedLeg, TrackingEvent, TrackingView};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// What is shown around a way, in units of the map of the world.
const AROUND: i32 = 60;

/// One thing that happened.
pub struct Happened {
    /// What.
    pub what: &'static str,
    /// The day, for machines; the moment, where it is known to the minute.
    pub at: String,
    /// The same in words.
    pub day: String,
    /// The day it was recorded, where that is another than the one it happened on.
    pub recorded: Option<String>,
    /// The country; empty where it is not told.
    pub country: String,
    /// How it is known; empty where it was simply posted.
    pub note: &'static str,
}

/// A leg.
pub struct Leg {
    /// From where to where.
    pub name: String,
    /// How far it has come.
    pub state: &'static str,
}

/// The way on a map.
pub struct Drawn {
    /// The frame of the SVG.
    pub view_box: String,
    /// Land.
    pub land: String,
    /// The way.
    pub lines: String,
    /// Its stops: to the right, down.
    pub stops: Vec<(i32, i32)>,
    /// The size of a stop.
    pub radius: i32,
}

/// What is shown of a consignment.
pub struct Tracked {
    /// Its code.
    pub code: String,
    /// Its state in a sentence.
    pub sentence: &'static str,
    /// Whether that is good, to be watched, or bad.
    pub tone: &'static str,
    /// From which country to which.
    pub way: String,
    /// When it is forecast to arrive; empty where nothing tells.
    pub arrival: String,
    /// Whether it should have arrived.
    pub is_late: bool,
    /// When anything was last heard, and how long ago that is.
    pub news: String,
    /// Legs done, of all; nothing where none is told.
    pub progress: Option<(usize, usize, String)>,
    /// What happened, newest first.
    pub timeline: Vec<Happened>,
    /// Its legs.
    pub legs: Vec<Leg>,
    /// The way on a map, where its places are told.
    pub drawn: Option<Drawn>,
}

impl Tracked {
    /// What is shown of what the public may see.
    pub fn of(frame: &Frame, view: &TrackingView, now: Timestamp) -> Self {
        let done = view.route.iter().filter(|leg| leg.state.is_some_and(is_done)).count();
        let is_told = view.route.iter().any(|leg| leg.state.is_some());
        let count = |number: usize| frame.number(i64::try_from(number).unwrap_or(i64::MAX));
        Self {
            code: view.code.clone(),
            sentence: sentence(view.state, frame.language),
            tone: tone(view.state),
            way: frame.with_two(
                TrackWord::FromTo,
                country(frame, &view.from_country),
                country(frame, &view.to_country),
            ),
            arrival: view.arrival.as_ref().map(|arrival| arrives(frame, arrival)).unwrap_or_default(),
            is_late: view.arrival.as_ref().is_some_and(|arrival| arrival.is_late),
            news: news(frame, view.last_news_at, now),
            progress: is_told.then(|| {
                let words = frame.with_two(TrackWord::LegsDone, count(done), count(view.route.len()));
                (done, view.route.len(), words)
            }),
            timeline: view.timeline.iter().map(|event| happened(frame, event)).collect(),
            legs: view.route.iter().map(|leg| shown(frame, leg)).collect(),
            drawn: drawn(&view.route),
        }
    }
}

fn country(frame: &Frame, code: &str) -> String {
    match code.parse::<CountryCode>() {
        Ok(code) => code.country().short_name(frame.language).to_owned(),
        Err(_) => frame.say(Word::Unknown).to_owned(),
    }
}

fn tone(state: ConsignmentState) -> &'static str {
    match state {
        ConsignmentState::Delivered | ConsignmentState::InStorage | ConsignmentState::PartlyDelivered => {
            "good"
        }
        ConsignmentState::Short => "warn",
        ConsignmentState::Ended | ConsignmentState::Cancelled => "bad",
        ConsignmentState::Planned
        | ConsignmentState::Allocated
        | ConsignmentState::InTransit
        | ConsignmentState::AtHub => "",
    }
}

fn arrives(frame: &Frame, arrival: &TrackedArrival) -> String {
    let (from, to) = (frame.day(arrival.earliest.to_string()), frame.day(arrival.latest.to_string()));
    let range = if from == to {
        frame.with(TrackWord::ArrivesOn, from)
    } else {
        frame.with_two(TrackWord::ArrivesBetween, from, to)
    };
    let basis = match arrival.basis {
        Basis::Plan => frame.say(TrackWord::AsPlanned).to_owned(),
        Basis::Corridor => {
            frame.count(TrackWord::FromTrips, i64::try_from(arrival.trips).unwrap_or(i64::MAX))
        }
        Basis::Band => frame.count(TrackWord::FromAlike, i64::try_from(arrival.trips).unwrap_or(i64::MAX)),
    };
    frame.with_two(TrackWord::ArrivalAndBasis, range, basis)
}

fn news(frame: &Frame, last: Option<Timestamp>, now: Timestamp) -> String {
    let Some(last) = last else { return frame.say(TrackWord::NoNews).to_owned() };
    let days = (now.0.div_euclid(DAY) - last.0.div_euclid(DAY)).max(0);
    let age = if days == 0 {
        frame.say(TrackWord::Today).to_owned()
    } else {
        frame.count(TrackWord::DaysAgo, days)
    };
    frame.with_two(TrackWord::LastNews, frame.day(last.to_string()), age)
}

fn happened(frame: &Frame, event: &TrackingEvent) -> Happened {
    let at = event.occurred_at.to_string();
    let note = if event.inferred {
        frame.say(TrackWord::Inferred)
    } else if event.from_paper {
        frame.say(TrackWord::FromPaper)
    } else {
        ""
    };
    let day = event.occurred_at.day();
    let is_minute = Precision::from_word(&event.precision) == Some(Precision::Minute);
    // What a clock said is told by the clock of all countries; midnight is what stands for a day of which no time was given.
    let minute = at.get(11..16).filter(|time| is_minute && *time != "00:00");
    Happened {
        what: frame.say(kind(&event.kind)),
        recorded: (event.recorded_on != day)
            .then(|| frame.with(TrackWord::RecordedOn, frame.day(&event.recorded_on))),
        day: minute
            .map_or_else(|| frame.day(&day), |time| frame.with_two(TrackWord::AtTime, frame.day(&day), time)),
        at: if minute.is_some() { at.clone() } else { day },
        country: event.country.as_deref().map(|code| country(frame, code)).unwrap_or_default(),
        note,
    }
}

/// What a kind of event is called; those the public is not told of have no name here.
fn kind(word: &str) -> TrackWord {
    match word {
        "allocated" => TrackWord::KindAllocated,
        "departed" => TrackWord::KindDeparted,
        "arrived" => TrackWord::KindArrived,
        "customs_held" => TrackWord::KindCustomsHeld,
        "customs_released" => TrackWord::KindCustomsReleased,
        "received" => TrackWord::KindReceived,
        "diverted" => TrackWord::KindDiverted,
        "delivered" => TrackWord::KindDelivered,
        "distributed" => TrackWord::KindDistributed,
        "cancelled" => TrackWord::KindCancelled,
        "returned" => TrackWord::KindReturned,
        _ => TrackWord::KindOther,
    }
}

fn is_done(state: LegState) -> bool {
    match state {
        LegState::Received => true,
        LegState::Planned | LegState::Departed | LegState::Arrived => false,
    }
}

fn shown(frame: &Frame, leg: &TrackedLeg) -> Leg {
    let state = match leg.state {
        None => "",
        Some(LegState::Planned) => frame.say(TrackWord::LegPlanned),
        Some(LegState::Departed) => frame.say(TrackWord::LegDeparted),
        Some(LegState::Arrived) => frame.say(TrackWord::LegArrived),
        Some(LegState::Received) => frame.say(TrackWord::LegReceived),
    };
    let (from, to) = (country(frame, &leg.from_country), country(frame, &leg.to_country));
    Leg { name: frame.with_two(TrackWord::FromTo, from, to), state }
}

/// The way on the map of the world, as much of that as it takes; none where a place is not told.
fn drawn(route: &[TrackedLeg]) -> Option<Drawn> {
    let ends: Vec<(Coordinates, Coordinates)> = route.iter().filter_map(|leg| leg.from.zip(leg.to)).collect();
    let canvas = Canvas::world();
    let mut lines = String::new();
    for (from, to) in &ends {
        let pieces = match leg_line(*from, *to) {
            LineGeometry::LineString(line) => vec![line],
            LineGeometry::MultiLineString(lines) => lines,
        };
        lines.push_str(&canvas.stroke(&pieces));
    }
    let places = ends.iter().flat_map(|(from, to)| [from, to]);
    let places: Vec<[f64; 2]> = places.map(|place| canvas.at(place.longitude(), place.latitude())).collect();
    let extent = Extent::around(&places, AROUND)?;
    let near = world().iter().filter(|land| land.extent.is_some_and(|taken| taken.meets(extent)));
    Some(Drawn {
        view_box: extent.view_box(),
        land: near.map(|land| land.path.as_str()).collect(),
        lines,
        stops: places.iter().map(|[x, y]| (x.round() as i32, y.round() as i32)).collect(),
        radius: (extent.width() / 60).max(2),
    })
}
