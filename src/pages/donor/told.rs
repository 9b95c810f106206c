//! Bad news and changes, in words: said where they are and not softened.

use super::kinds::KindWord;
use super::read::{EventTold, UnderWayTold};
use super::words::DonorWord;
use crate::forecast::rules::Lateness;
use crate::pages::drawing::bar::Goods;
use crate::pages::drawing::whereabouts::Whereabouts;
use crate::pages::frame::Frame;

/// Something that happened, as a line of a list.
pub(super) struct Happened {
    /// When, in words.
    pub day: String,
    /// What.
    pub what: &'static str,
    /// Where the consignment it was in is told of.
    pub path: Option<String>,
    /// Of a hand-over: whether it is verified or only reported.
    pub evidence: Option<&'static str>,
    /// Which entry of the log it is, in words.
    pub entry: String,
    /// The proof that it is there.
    pub proof: String,
}

impl Happened {
    /// An event in words.
    pub(super) fn of(frame: &Frame, event: &EventTold) -> Self {
        let evidence = |verified| if verified { DonorWord::Verified } else { DonorWord::OnlyReported };
        // The log counts from 0, the ledger from 1.
        let index = event.sequence - 1;
        Self {
            day: frame.day(&event.occurred_at),
            what: frame.say(KindWord::of(&event.kind)),
            path: event.consignment.map(|id| format!("/donor/consignments/{id}")),
            evidence: event.is_verified.map(|verified| frame.say(evidence(verified))),
            entry: frame.with(DonorWord::Proof, frame.number(index)),
            proof: format!("/api/v1/audit/proof/{index}"),
        }
    }
}

/// What went wrong with goods called by a name, a sentence each.
pub(super) fn bad_news(frame: &Frame, name: &str, goods: &Goods, [held, damaged]: [i64; 2]) -> Vec<String> {
    let bad = [
        (DonorWord::BadMissing, goods.at(Whereabouts::Missing)),
        (DonorWord::BadLost, goods.at(Whereabouts::Lost)),
        (DonorWord::BadDamaged, damaged),
        (DonorWord::BadHeld, held),
        (DonorWord::BadBack, goods.at(Whereabouts::Back)),
    ];
    let there = bad.into_iter().filter(|(_, quantity)| *quantity > 0);
    there.map(|(word, quantity)| frame.with_two(word, name, frame.number(quantity))).collect()
}

/// The same of consignments that should have arrived.
pub(super) fn late_news(frame: &Frame, under_way: &[UnderWayTold]) -> Vec<String> {
    let sentence = |one: &UnderWayTold| {
        let word = match one.state {
            Lateness::PresumedLost => DonorWord::BadPresumedLost,
            Lateness::Late => DonorWord::BadLate,
            Lateness::Due => return None,
        };
        Some(frame.with_two(word, &one.tracking_code, frame.day(&one.by)))
    };
    under_way.iter().filter_map(sentence).collect()
}

/// When a consignment should arrive, and on what that rests.
pub(super) fn due(frame: &Frame, under_way: &[UnderWayTold], tracking_code: &str) -> Option<String> {
    let one = under_way.iter().find(|one| one.tracking_code == tracking_code)?;
    let between = frame.with_two(DonorWord::DueBetween, frame.day(&one.from), frame.day(&one.by));
    let rests = match i64::try_from(one.trips).unwrap_or(i64::MAX) {
        0 => frame.say(DonorWord::AsPlanned).to_owned(),
        trips => frame.count(DonorWord::FromTrips, trips),
    };
    Some(format!("{between}, {rests}"))
}
