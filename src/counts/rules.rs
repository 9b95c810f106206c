//! What a sheet may be opened for, what may be entered on it and when, and which difference needs a reason: pure
//! decisions.

use super::store::{CountLine, CountSheet};
use crate::core::check::{Check, WORDS_CHARS_MAX, check_text, quoted};
use crate::core::id::{CountSheetId, ItemId, LotId, ProgrammeId, SiteId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::items::goods::LINES_MAXIMUM;
use crate::items::lot_id;
use crate::ledger::Condition;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Items a sheet may be narrowed to: more are a count of the whole site.
pub const ITEMS_MAXIMUM: usize = 100;
/// Characters of a lot number, as events take them.
const LOT_CHARS_MAX: usize = 60;
const MINUTE: i64 = 60 * MICROSECONDS;

/// A sheet that is to be opened.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetDraft {
    /// Made by you (UUIDv7); the same id and body again returns the first result.
    #[serde(default)]
    pub id: Option<CountSheetId>,
    /// Where.
    pub site: SiteId,
    /// The minute what lies there is compared with; this one if left out.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// Whether the sheet is silent about what is recorded until it is handed in; true if left out.
    #[serde(default)]
    pub blind: Option<bool>,
    /// Only these items; all that lies there if left out.
    #[serde(default)]
    pub items: Option<Vec<ItemId>>,
    /// The programme for goods found that nothing was known of.
    #[serde(default)]
    pub programme: Option<ProgrammeId>,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
}

impl SheetDraft {
    /// Checks what can be checked without looking anything up, and says the minute it is about.
    ///
    /// # Errors
    /// `invalid`, naming what is wrong.
    pub fn checked(&self, now: Timestamp) -> Outcome<Timestamp> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        let as_of = self.as_of.unwrap_or(Timestamp(now.0 - now.0.rem_euclid(MINUTE)));
        if as_of.0.rem_euclid(MINUTE) != 0 {
            check.wrong("/as_of", format!("{as_of} is no whole minute; leave the seconds out"));
        } else if as_of > now {
            check.fault(
                Fault::TooLate,
                "/as_of",
                format!("{as_of} is still to come; the clock here says {now}. Say a minute that is over"),
            );
        } else if as_of < Timestamp::EARLIEST {
            check.fault(
                Fault::TooEarly,
                "/as_of",
                format!("{as_of} lies before {}; check the year", Timestamp::EARLIEST),
            );
        }
        let count = self.items.as_ref().map_or(1, Vec::len);
        if count == 0 || count > ITEMS_MAXIMUM {
            let words = format!(
                "are {count}; name 1 to {ITEMS_MAXIMUM}, or leave it out to count all that lies there"
            );
            check.wrong("/items", words);
        }
        check.finish()?;
        check_text("/note", self.note.as_deref(), WORDS_CHARS_MAX)?;
        Ok(as_of)
    }
}

/// A figure that is entered: on a line of the sheet, or for goods found that are not on it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountEntry {
    /// The number of the line on the sheet; left out for goods that are not on it.
    #[serde(default)]
    pub line: Option<i64>,
    /// Of goods that are not on it: the item.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// The lot number on the packs, where it is known.
    #[serde(default)]
    pub lot: Option<String>,
    /// In what condition; good if left out.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Base units counted.
    pub counted: Quantity,
}

/// A heap as a sheet tells heaps apart.
pub type SheetHeap = (ItemId, LotId, i32);

/// A heap as it is recorded at the minute of a sheet.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What it is.
    pub heap: SheetHeap,
    /// The number of its lot, where it is known.
    pub lot: Option<String>,
    /// Base units.
    pub quantity: i64,
}

/// Goods found that were not on a sheet.
#[derive(Clone, Debug)]
pub struct FoundHeap {
    /// What they are.
    pub heap: SheetHeap,
    /// The number of their lot.
    pub lot: Option<String>,
    /// Base units.
    pub counted: i64,
    /// Where they stand in what was sent.
    pub pointer: String,
}

/// What figures mean for a sheet: those of its lines, by number, and goods that are to be added.
#[derive(Debug, Default)]
pub struct Entered {
    /// Base units by the number of the line.
    pub counted: BTreeMap<i64, i64>,
    /// Goods that were not on it.
    pub found: Vec<FoundHeap>,
}

/// Understands figures for a sheet with these lines. Each is said with where it stands in what was sent.
///
/// # Errors
/// `invalid`, naming what is wrong.
pub fn understand(lines: &[Arc<CountLine>], entries: &[(String, CountEntry)]) -> Outcome<Entered> {
    let mut check = Check::new();
    let mut entered = Entered::default();
    let mut heaps = HashSet::new();
    for (pointer, entry) in entries {
        if let Some(number) = entry.line {
            if entry.item.is_some() || entry.lot.is_some() || entry.condition.is_some() {
                let words = "stands beside what line it is; say the line, or item, lot and condition";
                check.fault(Fault::OneOfTwo, format!("{pointer}/line"), words);
            } else if !lines.iter().any(|line| line.ordinal == number) {
                check.fault(
                    Fault::Unknown,
                    format!("{pointer}/line"),
                    format!("{number} is no line of this sheet"),
                );
            } else if entered.counted.insert(number, entry.counted.get()).is_some() {
                check
                    .wrong(format!("{pointer}/line"), format!("{number} is counted by an earlier entry too"));
            }
            continue;
        }
        let Some(item) = entry.item else {
            check.fault(
                Fault::Required,
                format!("{pointer}/line"),
                "is missing; say the line, or the item that is not on the sheet",
            );
            continue;
        };
        let lot = check.optional_text(&format!("{pointer}/lot"), entry.lot.as_deref(), LOT_CHARS_MAX);
        let lot_id = lot.as_deref().map_or(LotId::unknown(item), |number| lot_id(item, number));
        let heap = (item, lot_id, entry.condition.unwrap_or_default().code());
        let counted = entry.counted.get();
        // What is on the sheet is counted there, be it that this very entry was sent before.
        let known = lines.iter().find(|line| line.heap() == heap);
        let is_twice = match known {
            Some(line) => entered.counted.insert(line.ordinal, counted).is_some(),
            None => !heaps.insert(heap),
        };
        if is_twice {
            check.fault(
                Fault::Twice,
                format!("{pointer}/item"),
                "is counted by an earlier entry too, in this lot and condition",
            );
        } else if known.is_none() {
            entered.found.push(FoundHeap { heap, lot, counted, pointer: pointer.clone() });
        }
    }
    check.finish()?;
    let count = lines.len() + entered.found.len();
    if count > LINES_MAXIMUM {
        let words = format!("{count} lines are too many for a sheet; open further ones, of other items");
        return Err(Problem::new(Code::Invalid, words));
    }
    Ok(entered)
}

/// Refuses to change what was handed in or voided.
///
/// # Errors
/// `wrong_state`.
pub fn check_counting(sheet: &CountSheet) -> Outcome<()> {
    check_standing(sheet)?;
    if sheet.submitted_at.is_some() {
        let words = "This sheet was handed in; its figures stay. Void it and open another to count again.";
        return Err(Problem::new(Code::WrongState, words).with("state", "submitted"));
    }
    Ok(())
}

/// Refuses whatever is done with a sheet that is void.
///
/// # Errors
/// `wrong_state`.
pub fn check_standing(sheet: &CountSheet) -> Outcome<()> {
    match &sheet.void_reason {
        Some(reason) => {
            let words = format!("This sheet is void: {reason}");
            Err(Problem::new(Code::WrongState, words).with("state", "void"))
        }
        None => Ok(()),
    }
}

/// Refuses to hand in what was not counted to the end.
///
/// # Errors
/// `wrong_state`, naming the first lines without a figure.
pub fn check_complete(lines: &[Arc<CountLine>]) -> Outcome<()> {
    let open: Vec<i64> =
        lines.iter().filter(|line| line.counted.is_none()).map(|line| line.ordinal).collect();
    if open.is_empty() {
        return Ok(());
    }
    let first: Vec<String> = open.iter().take(10).map(i64::to_string).collect();
    let words = format!(
        "{} lines have no figure yet, such as {}. Enter what was counted; 0 where nothing is there.",
        open.len(),
        first.join(", ")
    );
    Err(Problem::new(Code::WrongState, words).with("uncounted", open.len()))
}

/// Refuses to hand in a sheet that does not list what is recorded at its minute by now: what was told since it was opened
/// is to be counted too.
///
/// # Errors
/// `wrong_state`, naming item, lot and condition of the first that is not on it.
pub fn check_listed(sheet: &CountSheet, lines: &[Arc<CountLine>], recorded: &[Recorded]) -> Outcome<()> {
    let Some(one) = unlisted(sheet, lines, recorded) else { return Ok(()) };
    let words = "Something is recorded at the minute of this sheet by now that is not on it, as it was told since. Enter \
                 what was counted of that item, lot and condition; 0 where nothing is there.";
    Err(naming(one, Problem::new(Code::WrongState, words)))
}

/// Refuses to post a sheet where what is recorded at its minute by now is not what it was when the sheet was handed in:
/// what its counters found would be compared with something nobody has looked at.
///
/// # Errors
/// `wrong_state`, naming the first line that differs, or item, lot and condition of what is not on it.
pub fn check_unchanged(sheet: &CountSheet, lines: &[Arc<CountLine>], recorded: &[Recorded]) -> Outcome<()> {
    let by_now: HashMap<SheetHeap, i64> = recorded.iter().map(|one| (one.heap, one.quantity)).collect();
    let figure = |line: &CountLine| by_now.get(&line.heap()).copied().unwrap_or(0);
    if let Some(line) = lines.iter().find(|line| figure(line) != line.expected) {
        let words = format!(
            "By now {} base units of line {} are recorded at the minute of this sheet; {} were when it was handed in. \
             {TOLD_SINCE}",
            figure(line),
            line.ordinal,
            line.expected
        );
        let problem = Problem::new(Code::WrongState, words).with("line", line.ordinal);
        return Err(problem.with("recorded", figure(line)).with("expected", line.expected));
    }
    let Some(one) = unlisted(sheet, lines, recorded) else { return Ok(()) };
    let words = format!(
        "By now {} base units are recorded at the minute of this sheet that are not on it; nothing was when it was \
         handed in. {TOLD_SINCE}",
        one.quantity
    );
    Err(naming(one, Problem::new(Code::WrongState, words).with("recorded", one.quantity)))
}

/// What is to be done about a sheet that something told since contradicts.
const TOLD_SINCE: &str = "Its crossed_by says which entries were told since. Void it, open another as of the same \
                          minute, and enter its figures there.";

/// The first heap recorded that a sheet is about and does not list.
fn unlisted<'a>(
    sheet: &CountSheet,
    lines: &[Arc<CountLine>],
    recorded: &'a [Recorded],
) -> Option<&'a Recorded> {
    let listed: HashSet<SheetHeap> = lines.iter().map(|line| line.heap()).collect();
    let items: HashSet<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let is_asked = |one: &&Recorded| sheet.whole || items.contains(&one.heap.0);
    recorded.iter().filter(is_asked).find(|one| one.quantity > 0 && !listed.contains(&one.heap))
}

/// A problem that names a heap.
fn naming(one: &Recorded, problem: Problem) -> Problem {
    let (item, _, condition) = one.heap;
    let condition = Condition::from_code(condition).unwrap_or_default().word();
    let problem = problem.with("item", item.to_string());
    problem.with("lot", one.lot.clone()).with("condition", condition)
}

/// Why each line differs, where it does: by the number of the line, else the common reason.
///
/// # Errors
/// `invalid` where a difference is left without a reason, or a reason is for no difference.
pub fn reasons(
    lines: &[Arc<CountLine>],
    common: Option<&str>,
    each: &[LineReason],
) -> Outcome<BTreeMap<i64, String>> {
    check_text("/reason", common, WORDS_CHARS_MAX)?;
    let mut check = Check::new();
    let mut found = BTreeMap::new();
    for (index, one) in each.iter().enumerate() {
        let differs = lines.iter().any(|line| line.ordinal == one.line && line.difference() != 0);
        if !differs {
            let words = format!("{} is no line of this sheet that differs", one.line);
            check.fault(Fault::Unknown, format!("/reasons/{index}/line"), words);
        }
        check_text(&format!("/reasons/{index}/reason"), Some(&one.reason), WORDS_CHARS_MAX)?;
        found.insert(one.line, one.reason.clone());
    }
    check.finish()?;
    let bare = lines.iter().find(|line| line.difference() != 0 && !found.contains_key(&line.ordinal));
    if let (Some(line), None) = (bare, common) {
        let words = format!(
            "is missing; line {} differs by {}, and nothing says why. Say it of the line in reasons, or of all here",
            line.ordinal,
            line.difference()
        );
        return Err(Problem::field("/reason", words).coded(Fault::Required));
    }
    Ok(found)
}

/// Why one line differs.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineReason {
    /// The number of the line on the sheet.
    pub line: i64,
    /// Why.
    pub reason: String,
}

/// Checks why a sheet is voided.
///
/// # Errors
/// `invalid` at `/reason`.
pub fn check_void_reason(reason: &str) -> Outcome<()> {
    if reason.trim().is_empty() {
        return Err(Problem::field(
            "/reason",
            format!("{} says nothing; say why it is void", quoted(reason)),
        )
        .coded(Fault::Required));
    }
    check_text("/reason", Some(reason), WORDS_CHARS_MAX)
}
