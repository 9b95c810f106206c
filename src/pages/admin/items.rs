//! Items and their packs: a list with a form for a new one, and a page to change one.

use super::{AdminPage, AdminWord, after, drawn, items, next_of, page_of, revision, text, told};
use crate::auth::{Permit, action};
use crate::core::id::ItemId;
use crate::core::problem::Outcome;
use crate::items::StorageClass;
use crate::items::http::{ItemQuery, item_change, item_create, item_list, item_read};
use crate::pages::fields::{Field, Fields, edited, members, number_or_text};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::web::{Json, Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

const PATH: &str = "/admin/items";

async fn list(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let query: ItemQuery = value_of(&page_of(after))?;
    let page = told(&item_list(permit, state.clone(), Query(query)).await?.into_inner())?;
    let shown = AdminPage::new(visitor, AdminWord::Items)
        .lead(AdminWord::ItemsLead)
        .under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let mut grid = Grid::new(frame.say(AdminWord::Items), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::ItemName))
        .column(frame.say(AdminWord::Code))
        .column(frame.say(AdminWord::BaseUnit))
        .column(frame.say(AdminWord::Category))
        .column(frame.say(AdminWord::Packs));
    grid.rows.extend(items(&page).iter().map(|one| {
        let packs = one["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let packs: Vec<String> = packs.iter().map(ratio_of).collect();
        vec![
            Cell::text(text(one, "name")).to(format!("{PATH}/{}", text(one, "id"))),
            Cell::code(text(one, "code")),
            Cell::text(text(one, "base_unit")),
            Cell::text(text(one, "category")),
            Cell::text(packs.join(", ")),
        ]
    }));
    grid.next = next_of(&page, PATH);
    let form =
        Fields::new(PATH, frame.say(Word::Save), fields(frame, &Value::Null, true)).hidden("id", drawn());
    Ok(shown.with(grid).form(AdminWord::New, form))
}

/// The fields; the base unit only of a new item, as it never changes.
fn fields(frame: &Frame, of: &Value, is_new: bool) -> Vec<Field> {
    let class = |class: StorageClass| (class.word().to_owned(), frame.say(AdminWord::from(class)).to_owned());
    let storage = Some(text(of, "storage_class")).filter(|word| !word.is_empty()).unwrap_or("ambient");
    let days = of["shelf_life_days"].as_i64().map(|days| days.to_string()).unwrap_or_default();
    let packs = of["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let packs: Vec<String> = packs.iter().map(pack_line).collect();
    let mut list = vec![
        Field::text("name", frame.say(AdminWord::ItemName), text(of, "name")).required(),
        Field::text("code", frame.say(AdminWord::Code), text(of, "code")).required(),
    ];
    if is_new {
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

/// What a form says.
fn body(form: &Form, mut members: Map<String, Value>) -> Value {
    let lines = form.get("packs").lines().filter(|line| !line.trim().is_empty());
    members.insert("packs".to_owned(), Value::from(lines.map(pack_of).collect::<Vec<_>>()));
    if let Some(days) = form.given("shelf_life_days") {
        members.insert("shelf_life_days".to_owned(), number_or_text(days));
    }
    Value::Object(members)
}

async fn items_page(
    _permit: Permit<action::ItemWrite>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list(&visitor, &state, after(&request)).await?.shown()
}

async fn create(permit: Permit<action::ItemWrite>, state: &State, form: &Form) -> Outcome<ItemId> {
    let names = ["id", "name", "code", "base_unit", "category", "sector", "hs_code", "storage_class"];
    let draft = value_of(&body(form, members(form, &names)))?;
    Ok(item_create(permit, state.clone(), Json(draft)).await?.into_recorded().answer.id)
}

async fn item_send(
    permit: Permit<action::ItemWrite>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match create(permit, &state, &form).await {
        Ok(id) => see(&format!("{PATH}/{id}?recorded=1")),
        Err(problem) => list(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn one(visitor: &Visitor, state: &State, id: ItemId) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let read = item_read(permit, state.clone(), Path(id)).await?;
    let (of, revision) = (told(&read.body)?, read.revision);
    let shown =
        AdminPage::new(visitor, AdminWord::Items).under(PATH, AdminWord::Items).called(text(&of, "name"));
    let frame = &shown.frame;
    let form = Fields::new(format!("{PATH}/{id}"), frame.say(Word::Save), fields(frame, &of, false))
        .hidden("revision", revision.to_string());
    Ok(shown.form(AdminWord::Edit, form))
}

async fn item_page(
    _permit: Permit<action::ItemWrite>,
    visitor: Visitor,
    state: State,
    id: Path<ItemId>,
) -> Outcome<HttpResponse> {
    one(&visitor, &state, id.0).await?.shown()
}

async fn change(permit: Permit<action::ItemWrite>, state: &State, id: ItemId, form: &Form) -> Outcome<()> {
    let names = ["name", "code", "category", "sector", "hs_code", "storage_class", "shelf_life_days"];
    let edit = value_of(&body(form, edited(form, &names)))?;
    item_change(permit, state.clone(), Path(id), revision(form)?, Json(edit)).await.map(drop)
}

async fn item_edit(
    permit: Permit<action::ItemWrite>,
    visitor: Visitor,
    state: State,
    id: Path<ItemId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change(permit, &state, id.0, &form).await {
        Ok(()) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

/// The routes of items.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, items_page);
    routes.page_for(refuse, Method::POST, PATH, item_send);
    routes.page_for(refuse, Method::GET, "/admin/items/{id}", item_page);
    routes.page_for(refuse, Method::POST, "/admin/items/{id}", item_edit);
}
