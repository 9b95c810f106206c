//! What an item may be: its classes, and the judgement of what a caller wrote.

use super::persons::Persons;
use crate::core::check::{CODE_CHARS_MAX, Check, Edit, NAME_CHARS_MAX, quoted};
use crate::core::id::ItemId;
use crate::core::problem::{Fault, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a base unit: piece, tablet, gram.
const UNIT_CHARS_MAX: usize = 40;
/// Characters of a category or sector.
const CATEGORY_CHARS_MAX: usize = 100;
/// Digits of a Harmonized System code that all customs share.
const HS_CODE_DIGITS: usize = 6;
/// A hundred years; what keeps longer does not expire.
const SHELF_LIFE_DAYS_MAX: i64 = 36_525;
/// Packs of one item: more than any catalogue lists.
const PACKS_MAX: usize = 100;
/// A hundred tonnes: more than any vehicle takes as one pack.
const GROSS_WEIGHT_G_MAX: i64 = 100_000_000;
/// A hundred metres.
const SIDE_MM_MAX: i64 = 100_000;

/// How an item has to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// Dry, 15 to 25 °C, up to 30 °C for a while.
    #[default]
    Ambient,
    /// 8 to 15 °C.
    Cool,
    /// 2 to 8 °C, the cold chain of vaccines.
    Refrigerated,
    /// −25 to −15 °C.
    Frozen,
    /// −80 to −60 °C.
    UltraCold,
    /// Dangerous goods: flammable, corrosive, under pressure.
    Hazardous,
    /// Locked away: narcotics, cash vouchers.
    Secure,
}

impl StorageClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Ambient,
        Self::Cool,
        Self::Refrigerated,
        Self::Frozen,
        Self::UltraCold,
        Self::Hazardous,
        Self::Secure,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ambient => "ambient",
            Self::Cool => "cool",
            Self::Refrigerated => "refrigerated",
            Self::Frozen => "frozen",
            Self::UltraCold => "ultra_cold",
            Self::Hazardous => "hazardous",
            Self::Secure => "secure",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How goods reach people: which formula turns a quantity into persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandardKind {
    /// Used up: so much for so many persons for so many days.
    Consumable,
    /// Lasts: so many for so many persons.
    Durable,
    /// Shared by those who live together: so many for so many persons.
    Shared,
    /// A kit for so many persons; its components are not counted again.
    Kit,
}

impl StandardKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Consumable, Self::Durable, Self::Shared, Self::Kit];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Consumable => "consumable",
            Self::Durable => "durable",
            Self::Shared => "shared",
            Self::Kit => "kit",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How much of an item serves how many people. All numbers are exact, so that nothing is ever rounded twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Which formula turns a quantity into persons.
    pub kind: StandardKind,
    /// Base units …
    #[schema(minimum = 1)]
    pub quantity: i64,
    /// … for so many persons …
    pub persons: Persons,
    /// … for so many days; for consumables, and only for them.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub days: Option<i64>,
}

/// A pack as a caller describes it: `numerator` base units in `denominator` packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackDraft {
    /// What it is called, unique within the item.
    #[schema(max_length = 60, example = "carton")]
    pub name: String,
    /// Base units …
    #[schema(minimum = 1, maximum = 9007199254740992i64, example = 2000)]
    pub numerator: i64,
    /// … in so many packs; 1 where a pack holds a whole number.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9007199254740992i64)]
    pub denominator: i64,
    /// Gross weight of one pack in grams.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100000000)]
    pub gross_weight_g: Option<i64>,
    /// Length of one pack in millimetres.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100000)]
    pub length_mm: Option<i64>,
    /// Width of one pack in millimetres.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100000)]
    pub width_mm: Option<i64>,
    /// Height of one pack in millimetres.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100000)]
    pub height_mm: Option<i64>,
}

fn one() -> i64 {
    1
}

/// An item as a caller describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<ItemId>,
    /// Short name, unique.
    #[schema(max_length = 60, example = "MASK-SURGICAL")]
    pub code: String,
    /// What it is.
    #[schema(max_length = 200, example = "Surgical mask, type IIR")]
    pub name: String,
    /// What quantities count; it never changes afterwards.
    #[schema(max_length = 40, example = "piece")]
    pub base_unit: String,
    /// Kind of goods, in the words of your catalogue.
    #[schema(max_length = 100, example = "personal protective equipment")]
    pub category: String,
    /// Sector of relief it serves.
    #[serde(default)]
    #[schema(max_length = 100, example = "health")]
    pub sector: Option<String>,
    /// Six digits of the Harmonized System.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{6}$", example = "630790")]
    pub hs_code: Option<String>,
    /// Days it keeps from production.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 36525)]
    pub shelf_life_days: Option<i64>,
    /// How it has to be kept.
    #[serde(default)]
    pub storage_class: StorageClass,
    /// How much of it serves how many people.
    #[serde(default)]
    pub standard: Option<Standard>,
    /// Its packs, in any order.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub packs: Vec<PackDraft>,
}

/// Changes to an item. What is left out stays; null empties what may be empty.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemEdit {
    /// Short name, unique.
    #[serde(default)]
    #[schema(value_type = String)]
    pub code: Edit<String>,
    /// What it is.
    #[serde(default)]
    #[schema(value_type = String)]
    pub name: Edit<String>,
    /// May only be repeated.
    #[serde(default)]
    #[schema(value_type = String)]
    pub base_unit: Edit<String>,
    /// Kind of goods, in the words of your catalogue.
    #[serde(default)]
    #[schema(value_type = String)]
    pub category: Edit<String>,
    /// Sector of relief it serves.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sector: Edit<String>,
    /// Six digits of the Harmonized System.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub hs_code: Edit<String>,
    /// Days it keeps from production.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub shelf_life_days: Edit<i64>,
    /// How it has to be kept.
    #[serde(default)]
    #[schema(value_type = StorageClass)]
    pub storage_class: Edit<StorageClass>,
    /// How much of it serves how many people.
    #[serde(default)]
    #[schema(value_type = Option<Standard>)]
    pub standard: Edit<Standard>,
    /// Packs to add, or to describe anew, by name. A pack that is not named here stays: papers name it.
    #[serde(default)]
    #[schema(value_type = Vec<PackDraft>)]
    pub packs: Edit<Vec<PackDraft>>,
}

impl PackDraft {
    /// Judges the pack by itself.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let pack = normal_pack(&mut check, "/pack", self);
        check.finish()?;
        Ok(pack)
    }
}

impl ItemDraft {
    /// Judges the draft and brings it into the form it is kept in, packs in the order of their names.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let packs = normal_packs(&mut check, &self.packs);
        let draft = self.normal(&mut check, packs);
        check.finish()?;
        Ok(draft)
    }

    /// The draft after an edit, judged as a whole.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong, and `/base_unit` where it would change.
    pub fn edited(&self, edit: ItemEdit) -> Outcome<Self> {
        let mut check = Check::new();
        let mut draft = self.clone();
        edit.code.apply_required(&mut check, "/code", &mut draft.code);
        edit.name.apply_required(&mut check, "/name", &mut draft.name);
        edit.base_unit.apply_required(&mut check, "/base_unit", &mut draft.base_unit);
        edit.category.apply_required(&mut check, "/category", &mut draft.category);
        edit.sector.apply(&mut draft.sector);
        edit.hs_code.apply(&mut draft.hs_code);
        edit.shelf_life_days.apply(&mut draft.shelf_life_days);
        edit.storage_class.apply_required(&mut check, "/storage_class", &mut draft.storage_class);
        edit.standard.apply(&mut draft.standard);
        let mut named = Vec::new();
        edit.packs.apply_required(&mut check, "/packs", &mut named);
        let named = normal_packs(&mut check, &named);
        if draft.base_unit.trim() != self.base_unit {
            check.wrong(
                "/base_unit",
                format!(
                    "{} cannot replace {}: a base unit never changes, because every quantity recorded counts it; \
                     record a new item instead",
                    quoted(&draft.base_unit),
                    quoted(&self.base_unit)
                ),
            );
        }
        let packs = with_packs(&mut check, &self.packs, named);
        let draft = draft.normal(&mut check, packs);
        check.finish()?;
        Ok(draft)
    }

    fn normal(&self, check: &mut Check, packs: Vec<PackDraft>) -> Self {
        check.client_id("/id", self.id.map(|id| id.0));
        if let Some(days) = self.shelf_life_days {
            check.whole("/shelf_life_days", days, 1..=SHELF_LIFE_DAYS_MAX, "days");
        }
        if let Some(standard) = &self.standard {
            judge_standard(check, standard);
        }
        Self {
            id: self.id,
            code: check.text("/code", &self.code, CODE_CHARS_MAX),
            name: check.text("/name", &self.name, NAME_CHARS_MAX),
            base_unit: check.text("/base_unit", &self.base_unit, UNIT_CHARS_MAX),
            category: check.text("/category", &self.category, CATEGORY_CHARS_MAX),
            sector: check.optional_text("/sector", self.sector.as_deref(), CATEGORY_CHARS_MAX),
            hs_code: self.hs_code.as_deref().map(|code| normal_hs_code(check, code)),
            shelf_life_days: self.shelf_life_days,
            storage_class: self.storage_class,
            standard: self.standard,
            packs,
        }
    }
}

fn normal_hs_code(check: &mut Check, code: &str) -> String {
    let code = code.trim();
    if code.len() != HS_CODE_DIGITS || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        check.wrong(
            "/hs_code",
            format!(
                "{} is no HS code; write {HS_CODE_DIGITS} digits without dots, such as 630790",
                quoted(code)
            ),
        );
    }
    code.to_owned()
}

fn judge_standard(check: &mut Check, standard: &Standard) {
    check.positive("/standard/quantity", standard.quantity, "base units");
    match (standard.kind, standard.days) {
        (StandardKind::Consumable, Some(days)) => {
            check.positive("/standard/days", days, "days");
        }
        (StandardKind::Consumable, None) => {
            check.fault(
                Fault::Required,
                "/standard/days",
                "is missing; say for how many days the quantity lasts",
            );
        }
        (StandardKind::Durable | StandardKind::Shared | StandardKind::Kit, Some(days)) => check.wrong(
            "/standard/days",
            format!("{days} has no meaning for {}; only consumables last for days", standard.kind.word()),
        ),
        (StandardKind::Durable | StandardKind::Shared | StandardKind::Kit, None) => {}
    }
}

/// Judges packs and puts them in the order of their names, so that two lists of the same packs are equal.
fn normal_packs(check: &mut Check, packs: &[PackDraft]) -> Vec<PackDraft> {
    if packs.len() > PACKS_MAX {
        check.fault(
            Fault::TooMany,
            "/packs",
            format!("{} are too many; describe at most {PACKS_MAX}", packs.len()),
        );
        return Vec::new();
    }
    let mut normal: Vec<PackDraft> = Vec::with_capacity(packs.len());
    for (index, pack) in packs.iter().enumerate() {
        let pack = normal_pack(check, &format!("/packs/{index}"), pack);
        if normal.iter().any(|one| one.name == pack.name) {
            check.fault(
                Fault::Twice,
                format!("/packs/{index}/name"),
                format!("{} stands twice; a name means one pack of an item", quoted(&pack.name)),
            );
        }
        normal.push(pack);
    }
    normal.sort_by(|left, right| left.name.cmp(&right.name));
    normal
}

fn normal_pack(check: &mut Check, pointer: &str, pack: &PackDraft) -> PackDraft {
    check.positive(&format!("{pointer}/numerator"), pack.numerator, "base units");
    check.positive(&format!("{pointer}/denominator"), pack.denominator, "packs");
    if let Some(weight) = pack.gross_weight_g {
        check.whole(&format!("{pointer}/gross_weight_g"), weight, 1..=GROSS_WEIGHT_G_MAX, "grams");
    }
    let sides = [("length_mm", pack.length_mm), ("width_mm", pack.width_mm), ("height_mm", pack.height_mm)];
    for (name, side) in sides {
        if let Some(side) = side {
            check.whole(&format!("{pointer}/{name}"), side, 1..=SIDE_MM_MAX, "millimetres");
        }
    }
    PackDraft { name: check.text(&format!("{pointer}/name"), &pack.name, CODE_CHARS_MAX), ..pack.clone() }
}

/// The packs an item has after `named` were added or described anew.
fn with_packs(check: &mut Check, known: &[PackDraft], named: Vec<PackDraft>) -> Vec<PackDraft> {
    let mut packs = named;
    for pack in known {
        if !packs.iter().any(|one| one.name == pack.name) {
            packs.push(pack.clone());
        }
    }
    if packs.len() > PACKS_MAX {
        check.wrong("/packs", format!("the item would have {} packs; at most {PACKS_MAX} fit", packs.len()));
    }
    packs.sort_by(|left, right| left.name.cmp(&right.name));
    packs
}
