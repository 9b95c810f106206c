//! Items and their packs: a list with a form for a new one, and a page to change one.

use super::made_in::with_made_in;
use super::register::Register;
use super::{AdminPage, AdminWord, Choice, text, told};
use crate::auth::{Permit, action};
use crate::core::id::ItemId;
use crate::core::problem::Outcome;
use crate::items::StorageClass;
use crate::items::http::{item_change, item_create, item_list, item_read};
use crate::pages::fields::{Field, number_or_text};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::Cell;
use crate::pages::visitor::Visitor;
use crate::web::{IfMatch, Json, Path, Query, State, value_of};
use serde_json::{Map, Value, json};

/// Items, as administrators keep them.
pub(super) struct Items;

impl Register for Items {
    type Id = ItemId;
    type Write = action::ItemWrite;

    const PATH: &'static str = "/admin/items";
    const ONE: &'static str = "/admin/items/{id}";
    const TITLE: AdminWord = AdminWord::Items;
    const LEAD: AdminWord = AdminWord::ItemsLead;
    const COLUMNS: &'static [AdminWord] =
        &[AdminWord::ItemName, AdminWord::Code, AdminWord::BaseUnit, AdminWord::Category, AdminWord::Packs];
    const NEW: &'static [&'static str] =
        &["id", "name", "code", "base_unit", "category", "sector", "hs_code", "storage_class"];
    const EDITED: &'static [&'static str] =
        &["name", "code", "category", "sector", "hs_code", "storage_class", "shelf_life_days"];

    async fn list(permit: Permit<action::ReferenceRead>, state: State, query: &Value) -> Outcome<Value> {
        told(&item_list(permit, state, Query(value_of(query)?)).await?.into_inner())
    }

    async fn read(permit: Permit<action::ReferenceRead>, state: State, id: ItemId) -> Outcome<(Value, i64)> {
        let read = item_read(permit, state, Path(id)).await?;
        Ok((told(&read.body)?, read.revision))
    }

    async fn create(permit: Permit<action::ItemWrite>, state: State, said: &Value) -> Outcome<ItemId> {
        Ok(item_create(permit, state, Json(value_of(said)?)).await?.into_recorded().answer.id)
    }

    async fn change(
        permit: Permit<action::ItemWrite>,
        state: State,
        id: ItemId,
        revision: IfMatch,
        said: &Value,
    ) -> Outcome<()> {
        item_change(permit, state, Path(id), revision, Json(value_of(said)?)).await.map(drop)
    }

    async fn further(visitor: &Visitor, state: &State, id: ItemId, page: AdminPage) -> Outcome<AdminPage> {
        with_made_in(visitor, state, id, page).await
    }

    fn cells(_frame: &Frame, of: &Value, _organizations: &[Choice]) -> Vec<Cell> {
        let packs = of["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let packs: Vec<String> = packs.iter().map(ratio_of).collect();
        vec![
            Cell::code(text(of, "code")),
            Cell::text(text(of, "base_unit")),
            Cell::text(text(of, "category")),
            Cell::text(packs.join(", ")),
        ]
    }

    fn fields(frame: &Frame, of: &Value, _organizations: Vec<Choice>) -> Vec<Field> {
        fields(frame, of)
    }

    fn said(form: &Form, members: &mut Map<String, Value>) {
        let lines = form.get("packs").lines().filter(|line| !line.trim().is_empty());
        members.insert("packs".to_owned(), Value::from(lines.map(pack_of).collect::<Vec<_>>()));
        if let Some(days) = form.given("shelf_life_days") {
            members.insert("shelf_life_days".to_owned(), number_or_text(days));
        }
    }
}

/// The fields; the base unit only of a new item, as it never changes.
fn fields(frame: &Frame, of: &Value) -> Vec<Field> {
    let class = |class: StorageClass| (class.word().to_owned(), frame.say(AdminWord::from(class)).to_owned());
    let storage = Some(text(of, "storage_class")).filter(|word| !word.is_empty()).unwrap_or("ambient");
    let days = of["shelf_life_days"].as_i64().map(|days| days.to_string()).unwrap_or_default();
    let packs = of["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let packs: Vec<String> = packs.iter().map(pack_line).collect();
    let mut list = vec![
        Field::text("name", frame.say(AdminWord::ItemName), text(of, "name")).required(),
        Field::text("code", frame.say(AdminWord::Code), text(of, "code")).required(),
    ];
    if of.is_null() {
        list.push(
            Field::text("base_unit", frame.say(AdminWord::BaseUnit), text(of, "base_unit"))
                .hint(frame.say(AdminWord::BaseUnitHint))
                .required(),
        );
    }
    list.extend([
        Field::text("category", frame.say(AdminWord::Category), text(of, "category")).required(),
        Field::text("sector", frame.say(AdminWord::Sector), text(of, "sector")),
        Field::text("hs_code", frame.say(AdminWord::HsCode), text(of, "hs_code")),
        Field::text("shelf_life_days", frame.say(AdminWord::ShelfLife), days).kind("number"),
        Field::choice("storage_class", frame.say(AdminWord::Storage), storage, StorageClass::ALL.map(class)),
        Field::area("packs", frame.say(AdminWord::Packs), packs.join("\n"))
            .hint(frame.say(AdminWord::PacksHint)),
    ]);
    list
}

/// A pack by its name and what is in it.
fn ratio_of(pack: &Value) -> String {
    let number = |name: &str| pack[name].as_i64().unwrap_or(1);
    match number("denominator") {
        1 => format!("{} {}", text(pack, "name"), number("numerator")),
        denominator => format!("{} {}/{denominator}", text(pack, "name"), number("numerator")),
    }
}

/// A pack as a line of the form: all that is known of it, so that saving it loses nothing.
fn pack_line(pack: &Value) -> String {
    let number = |name: &str| pack[name].as_i64().map(|number| number.to_string()).unwrap_or_default();
    let ratio = match pack["denominator"].as_i64() {
        None | Some(1) => number("numerator"),
        Some(denominator) => format!("{}/{denominator}", number("numerator")),
    };
    let sides = ["length_mm", "width_mm", "height_mm"].map(number);
    let sides = if sides.iter().all(String::is_empty) { String::new() } else { sides.join("x") };
    let parts = [text(pack, "name").to_owned(), ratio, number("gross_weight_g"), sides];
    parts.join("; ").trim_end_matches([' ', ';']).to_owned()
}

/// A line of the form as a pack; what cannot be read stays as it is and is refused by the interface.
fn pack_of(line: &str) -> Value {
    let mut parts = line.split(';').map(str::trim);
    let mut next = || parts.next().unwrap_or_default();
    let (name, ratio, grams, sides) = (next(), next(), next(), next());
    let (numerator, denominator) = ratio.split_once('/').unwrap_or((ratio, "1"));
    let mut pack = json!({
        "name": name,
        "numerator": number_or_text(numerator.trim()),
        "denominator": number_or_text(denominator.trim()),
    });
    let sides: Vec<&str> = sides.split(['x', '×']).map(str::trim).collect();
    let of = |at: usize| sides.get(at).copied().unwrap_or_default();
    let more = [("gross_weight_g", grams), ("length_mm", of(0)), ("width_mm", of(1)), ("height_mm", of(2))];
    for (name, text) in more.into_iter().filter(|(_, text)| !text.is_empty()) {
        pack[name] = number_or_text(text);
    }
    pack
}
