//! What goods come to for the needs they are meant for. Pure.

use crate::core::id::{ConsignmentId, ItemId, NeedId, PledgeLineId, SubjectId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::quantity::Quantity;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// What can be meant for a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// A line of a pledge.
    PledgeLine,
    /// A consignment.
    Consignment,
}

impl MatchKind {
    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::PledgeLine => "pledge_line",
            Self::Consignment => "consignment",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::PledgeLine, Self::Consignment].into_iter().find(|one| one.word() == word)
    }
}

/// How much of some goods is meant for a need, as a caller says it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchDraft {
    /// The line of a pledge; or a consignment instead.
    #[serde(default)]
    pub pledge_line: Option<PledgeLineId>,
    /// The consignment; or a line of a pledge instead.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// How much of it, in base units; 0 ends what was said.
    pub quantity: Quantity,
}

impl MatchDraft {
    /// What it is said of.
    ///
    /// # Errors
    /// `invalid` where it names no goods, or both kinds.
    pub fn subject(&self) -> Outcome<(MatchKind, SubjectId)> {
        match (self.pledge_line, self.consignment) {
            (Some(line), None) => Ok((MatchKind::PledgeLine, SubjectId(line.0))),
            (None, Some(consignment)) => Ok((MatchKind::Consignment, SubjectId(consignment.0))),
            (Some(_), Some(_)) => {
                Err(Problem::field("/consignment", "stands beside a line of a pledge; write one of the two")
                    .coded(Fault::OneOfTwo))
            }
            (None, None) => Err(Problem::field(
                "/pledge_line",
                "is missing, and so is a consignment; write one of the two",
            )
            .coded(Fault::Required)),
        }
    }
}

/// Refuses to mean more of a line for needs than there is of it.
///
/// # Errors
/// `invalid`, saying what is left.
pub fn check_meant(asked: i64, by_others: i64, there: i64) -> Outcome<()> {
    let left = (there - by_others).max(0);
    if asked <= left {
        return Ok(());
    }
    let words = format!(
        "{asked} is more than is left of this line: {there} are offered, {by_others} of them are meant for other \
         needs; write at most {left}"
    );
    Err(Problem::field("/quantity", words))
}

/// Where goods stand that are meant for needs, in base units and in good condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// Of a line: accepted, less what was withdrawn.
    pub pledged: i64,
    /// Of a line: offered and not accepted.
    pub offered: i64,
    /// Of a consignment: reserved.
    pub allocated: i64,
    /// Of a consignment: under way.
    pub in_transit: i64,
    /// Of a consignment: there.
    pub delivered: i64,
    /// Of a consignment: handed over to people.
    pub distributed: i64,
    /// Of a consignment: of which lines its goods are.
    pub by_line: BTreeMap<PledgeLineId, i64>,
}

/// How much of some goods is meant for a need.
#[derive(Clone, Debug)]
pub struct Meant {
    /// Which need.
    pub need: NeedId,
    /// Which goods.
    pub subject: SubjectId,
    /// What they are.
    pub kind: MatchKind,
    /// Which item of them.
    pub item: ItemId,
    /// How much.
    pub quantity: i64,
    /// Where all of them stand.
    pub goods: Goods,
}

/// What of a need is answered, in base units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answered {
    /// Offered for it and not accepted yet; counts as nothing.
    pub offered: i64,
    /// Promised for it by accepted pledges, less what was withdrawn.
    pub pledged: i64,
    /// Reserved for consignments that are meant for it.
    pub allocated: i64,
    /// Under way in them.
    pub in_transit: i64,
    /// Brought by them, and handed over to people since, too.
    pub delivered: i64,
    /// Of what is delivered, what was handed over to people.
    pub distributed: i64,
    /// Of what is pledged, what these consignments carry: it stands in two figures and counts once.
    pub carried: i64,
    /// What is needed, less what is pledged and less what consignments hold or brought of other goods; never below 0.
    pub unmet: i64,
}

impl Answered {
    /// What consignments hold or brought for it.
    pub fn sent(&self) -> i64 {
        self.allocated + self.in_transit + self.delivered
    }

    fn settle(&mut self, wanted: i64) {
        let moving = self.sent();
        self.carried = self.carried.min(self.pledged).min(moving);
        self.unmet = (wanted - moving - (self.pledged - self.carried)).max(0);
    }
}

/// Takes up to `wanted` out of heaps, one after the other.
fn take(heaps: &mut [i64], wanted: i64) -> Vec<i64> {
    let mut left = wanted;
    heaps
        .iter_mut()
        .map(|heap| {
            let part = left.min((*heap).max(0));
            *heap -= part;
            left -= part;
            part
        })
        .collect()
}

/// What of each need is answered. Goods that are meant for several needs are handed out in the order of `meant`, so that
/// no unit counts for two; what is furthest on counts first.
pub fn answered_by(wanted: &[(NeedId, i64)], meant: &[Meant]) -> BTreeMap<NeedId, Answered> {
    let mut found: BTreeMap<NeedId, Answered> =
        wanted.iter().map(|(need, _)| (*need, Answered::default())).collect();
    let mut heaps: HashMap<(SubjectId, ItemId), Vec<i64>> = HashMap::new();
    let mut lines: HashMap<NeedId, Vec<PledgeLineId>> = HashMap::new();
    for one in meant.iter().filter(|one| one.kind == MatchKind::PledgeLine) {
        lines.entry(one.need).or_default().push(PledgeLineId(one.subject.0));
    }
    for one in meant {
        let of = &one.goods;
        let heap = heaps.entry((one.subject, one.item)).or_insert_with(|| match one.kind {
            MatchKind::PledgeLine => vec![of.pledged, of.offered],
            MatchKind::Consignment => vec![of.distributed, of.delivered, of.in_transit, of.allocated],
        });
        let parts = take(heap, one.quantity);
        let Some(answer) = found.get_mut(&one.need) else { continue };
        let figures: Vec<&mut i64> = match one.kind {
            MatchKind::PledgeLine => vec![&mut answer.pledged, &mut answer.offered],
            MatchKind::Consignment => vec![
                &mut answer.distributed,
                &mut answer.delivered,
                &mut answer.in_transit,
                &mut answer.allocated,
            ],
        };
        for (figure, part) in figures.into_iter().zip(&parts) {
            *figure += part;
        }
        if one.kind == MatchKind::Consignment {
            // What was handed over to people was delivered before.
            answer.delivered += parts.first().copied().unwrap_or(0);
            let own = lines.get(&one.need).into_iter().flatten();
            let of_lines: i64 = own.filter_map(|line| of.by_line.get(line)).sum();
            answer.carried += of_lines.min(parts.iter().sum());
        }
    }
    for (need, quantity) in wanted {
        if let Some(answer) = found.get_mut(need) {
            answer.settle(*quantity);
        }
    }
    found
}
