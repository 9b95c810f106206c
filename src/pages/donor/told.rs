//! Bad news and changes, in words: said where they are and not softened.

use super::kinds::KindWord;
use super::read::{EventTold, UnderWayTold};
use super::words::DonorWord;
use crate::consignments::LinkedEvent;
use crate::forecast::rules::Lateness;
use crate::pages::drawing::bar::Goods;
use crate::pages::drawing::whereabouts::Whereabouts;
use crate::pages::frame::Frame;

/// Something that happened, as a line of a list.
pub(super) struct Happened {
    /// The day, for machines.
    pub at: String,
    /// The day in words.
    pub day: String,
    /// What.
    pub what: &'static str,
    /// Where the consignment it was in is told of.
    pub path: Option<String>,
    /// Of a hand-over: whether it is verified or only reported.
    pub evidence: Option<&'static str>,
    /// Which entry of the log it is, in words.
    pub entry: String,
    /// The page of the proof that it is there, to be shared.
    pub proof: String,
}

impl Happened {
    /// An event in words.
    pub(super) fn of(frame: &Frame, event: &EventTold) -> Self {
        let path = event.consignment.map(|id| format!("/donor/consignments/{id}"));
        Self::said(frame, (event.sequence, &event.kind, &event.occurred_at), event.is_verified, path)
    }

    /// The same to whoever has a private link, and follows a consignment as everybody with its code does.
    pub(super) fn by_link(frame: &Frame, event: &LinkedEvent) -> Self {
        let path = event.tracking_code.as_ref().map(|code| format!("/track/{code}"));
        let day = event.occurred_at.day();
        Self::said(frame, (event.sequence, &event.kind, &day), event.verified, path)
    }

    fn said(
        frame: &Frame,
        (sequence, kind, day): (i64, &str, &str),
        is_verified: Option<bool>,
        path: Option<String>,
    ) -> Self {
        let evidence = |verified| if verified { DonorWord::Verified } else { DonorWord::OnlyReported };
        // The log counts from 0, the ledger from 1.
        let index = sequence - 1;
        Self {
            at: day.to_owned(),
            day: frame.day(day),
            what: frame.say(KindWord::of(kind)),
            path,
            evidence: is_verified.map(|verified| frame.say(evidence(verified))),
            entry: frame.with(DonorWord::Proof, frame.number(index)),
            proof: format!("/proofs/{index}"),
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
