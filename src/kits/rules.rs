//! What a recipe may be, the check digit of an SSCC, and dealing goods out to units. Pure.

use crate::core::check::{CODE_CHARS_MAX, Check, NAME_CHARS_MAX, quoted};
use crate::core::id::{ItemId, KitId};
use crate::core::problem::{Fault, FieldError, Outcome};
use crate::core::quantity::{MAXIMUM, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use utoipa::ToSchema;

/// Components of a kit: the largest of WHO's emergency health kits has some two hundred in modules of fewer.
pub const COMPONENTS_MAXIMUM: usize = 200;
/// Handling units of one event: a truck of pallets, few enough to decide at once.
pub const UNITS_MAXIMUM: usize = 200;
/// Digits of a serial shipping container code of GS1, the check digit included.
const SSCC_DIGITS: usize = 18;

/// A component of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The item.
    pub item: ItemId,
    /// Base units of it in one kit.
    pub quantity: Quantity,
}

/// A kit as a caller describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KitDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<KitId>,
    /// Short name, unique; it never changes.
    #[schema(max_length = 60, example = "HYGIENE")]
    pub code: String,
    /// What it is.
    #[schema(max_length = 200, example = "Hygiene kit for a family")]
    pub name: String,
    /// What one kit holds, each item once.
    #[schema(min_items = 1, max_items = 200)]
    pub components: Vec<Component>,
}

/// A further version of a kit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KitVersion {
    /// What it is called from now on; as before, if left out.
    #[serde(default)]
    pub name: Option<String>,
    /// What one kit holds from now on.
    #[schema(min_items = 1, max_items = 200)]
    pub components: Vec<Component>,
}

impl KitDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        let code = check.text("/code", &self.code, CODE_CHARS_MAX);
        let name = check.text("/name", &self.name, NAME_CHARS_MAX);
        check_components(&mut check, &self.components);
        check.finish()?;
        Ok(Self { id: self.id, code, name, components: self.components.clone() })
    }
}

impl KitVersion {
    /// Judges it.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let name = check.optional_text("/name", self.name.as_deref(), NAME_CHARS_MAX);
        check_components(&mut check, &self.components);
        check.finish()?;
        Ok(Self { name, components: self.components.clone() })
    }
}

fn check_components(check: &mut Check, components: &[Component]) {
    if !(1..=COMPONENTS_MAXIMUM).contains(&components.len()) {
        let words = format!("{} are listed; list 1 to {COMPONENTS_MAXIMUM}", components.len());
        check.wrong("/components", words);
        return;
    }
    for (index, one) in components.iter().enumerate() {
        if one.quantity.is_zero() {
            let detail = "is 0; write at least 1 base unit, or leave it out";
            let error = FieldError::new(format!("/components/{index}/quantity"), detail);
            check.note(error.coded(Fault::TooSmall).at_least(1));
        }
        if components[..index].iter().any(|other| other.item == one.item) {
            check.fault(
                Fault::Twice,
                format!("/components/{index}/item"),
                format!("{} stands twice; add it up", one.item),
            );
        }
    }
}

/// Base units of a component in so many kits; none beyond what can be counted.
pub fn needed(component: Component, kits: usize) -> Option<i64> {
    let kits = i64::try_from(kits).ok()?;
    component.quantity.get().checked_mul(kits).filter(|all| *all <= MAXIMUM)
}

/// Reads a serial shipping container code: eighteen digits, of which the last fits the others.
///
/// # Errors
/// In words, with the digit that would fit.
pub fn read_sscc(text: &str) -> Result<String, String> {
    let text = text.trim();
    let digits: Vec<u32> = text.chars().filter_map(|one| one.to_digit(10)).collect();
    if digits.len() != SSCC_DIGITS || text.chars().count() != SSCC_DIGITS {
        return Err(format!(
            "{} is no SSCC; write its {SSCC_DIGITS} digits, without the (00) before them",
            quoted(text)
        ));
    }
    let (said, right) = (digits[SSCC_DIGITS - 1], check_digit(&digits[..SSCC_DIGITS - 1]));
    if said != right {
        return Err(format!(
            "{} is no SSCC: its last digit would be {right}; read the label again",
            quoted(text)
        ));
    }
    Ok(text.to_owned())
}

/// The check digit of GS1: from the right each digit counts three times and once by turns.
pub fn check_digit(digits: &[u32]) -> u32 {
    let sum: u32 = digits.iter().rev().zip([3, 1].iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    (10 - sum % 10) % 10
}

/// Deals heaps out to units: each gets so much of them, one after the other. What lacks is told by the last ones.
pub fn deal<T: Copy>(heaps: Vec<(T, i64)>, units: usize, each: i64) -> Vec<Vec<(T, i64)>> {
    let mut heaps: VecDeque<(T, i64)> = heaps.into();
    let mut dealt = Vec::with_capacity(units);
    for _ in 0..units {
        let mut left = each;
        let mut own = Vec::new();
        while let Some((heap, there)) = heaps.front_mut()
            && left > 0
        {
            let part = left.min(*there);
            if part > 0 {
                own.push((*heap, part));
            }
            left -= part;
            *there -= part;
            if *there <= 0 {
                heaps.pop_front();
            }
        }
        dealt.push(own);
    }
    dealt
}
