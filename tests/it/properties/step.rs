//! The commands that may happen in the small world, in numbers, so that they shrink well.

use proptest::prelude::*;

/// One command in numbers, so that it shrinks well.
#[derive(Clone, Debug)]
pub struct Step {
    pub kind: &'static str,
    pub site: usize,
    pub item: usize,
    pub quantity: i64,
    pub more: i64,
    pub consignment: usize,
    pub leg: usize,
    pub lot: usize,
    pub day: u32,
    pub flag: bool,
    pub back: usize,
    /// Which of the heaps that fit.
    pub choice: usize,
    /// Whether the command is made to fit what stands in the ledger.
    pub fits: bool,
}

const KINDS: [(u32, &str); 41] = [
    (4, "pledge_accepted"),
    (3, "pledge_declined"),
    (2, "pledge_withdrawn"),
    (3, "earmark_changed"),
    (8, "collected"),
    (6, "allocated"),
    (3, "released"),
    (5, "packed"),
    (4, "split"),
    (9, "departed"),
    (2, "arrived"),
    (12, "received"),
    (2, "stored"),
    (5, "customs_held"),
    (7, "customs_released"),
    (2, "diverted"),
    (4, "cancelled"),
    (4, "kit_packed"),
    (3, "kit_unpacked"),
    (3, "unit_moved"),
    (4, "unit_reserved"),
    (3, "unit_released"),
    (4, "moved"),
    (6, "counted"),
    (2, "delivered"),
    (4, "distributed"),
    (4, "damaged"),
    (2, "held"),
    (3, "released_from_hold"),
    (3, "relotted"),
    (3, "reported_missing"),
    (4, "found"),
    (3, "miscounted"),
    (4, "lost"),
    (2, "disposed"),
    (2, "returned"),
    (13, "corrected"),
    (7, "reversed"),
    (1, "recalled"),
    (1, "opened"),
    (2, "again"),
];

/// Steps that are other words for a kind.
const OTHER_WORDS: [&str; 5] = ["recalled", "again", "unit_moved", "unit_reserved", "unit_released"];

impl Step {
    /// The kind of event it is.
    pub fn word(&self) -> &'static str {
        match self.kind {
            "unit_moved" => "moved",
            "unit_reserved" => "allocated",
            "unit_released" => "released",
            kind => kind,
        }
    }

    /// A step of this kind that fits what stands in the ledger, with so many units.
    pub fn fitting(kind: &'static str, quantity: i64) -> Self {
        Self {
            kind,
            site: 0,
            item: 0,
            quantity,
            more: 0,
            consignment: 0,
            leg: 0,
            lot: 0,
            day: 1,
            flag: false,
            back: 0,
            choice: 0,
            fits: true,
        }
    }
}

/// The kinds that must be recorded often; some steps are other words for them.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(_, kind)| *kind).filter(|kind| !OTHER_WORDS.contains(kind))
}

/// One command.
pub fn step() -> impl Strategy<Value = Step> {
    let kinds: Vec<(u32, Just<&'static str>)> =
        KINDS.iter().map(|(weight, kind)| (*weight, Just(*kind))).collect();
    let quantity = prop_oneof![12 => 1_i64..12, 4 => 12_i64..40, 1 => 40_i64..120, 1 => Just(0)];
    let more = prop_oneof![2 => Just(0_i64), 1 => 1_i64..20];
    let numbers = (0_usize..3, 0_usize..2, quantity, more, 0_usize..4, 0_usize..2);
    (
        prop::strategy::Union::new_weighted(kinds),
        numbers,
        prop_oneof![8 => Just(0_usize), 1 => 1_usize..3],
        1_u32..28,
        any::<bool>(),
        0_usize..12,
        (0_usize..64, prop_oneof![1 => Just(false), 3 => Just(true)]),
    )
        .prop_map(|(kind, numbers, lot, day, flag, back, (choice, fits))| {
            let (site, item, quantity, more, consignment, leg) = numbers;
            Step { kind, site, item, quantity, more, consignment, leg, lot, day, flag, back, choice, fits }
        })
}
