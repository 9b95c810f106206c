//! What may stand on a "do not send" list, and whether it holds. Pure.

use crate::baselines::Area;
use crate::core::check::{Check, WORDS_CHARS_MAX};
use crate::core::id::{BaselineKey, ItemId, UnwantedId, derived};
use crate::core::problem::{Fault, Outcome};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Characters of a category, as of an item's.
const CATEGORY_CHARS_MAX: usize = 100;

/// What is not to be sent, as a caller says it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnwantedDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<UnwantedId>,
    /// The item; or a category instead.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// The kind of goods, in the words of the catalogue; or an item instead.
    #[serde(default)]
    #[schema(max_length = 100, example = "clothing")]
    pub category: Option<String>,
    /// Where not, as a country (GM) or an area inside one (GM-B); everywhere, if left out.
    #[serde(default)]
    pub area: Option<String>,
    /// Why, in words for donors.
    #[schema(
        max_length = 4000,
        example = "Market stalls have enough of it; money for transport helps more."
    )]
    pub reason: String,
    /// The first day on which it holds.
    #[schema(format = Date, example = "2020-07-01")]
    pub from: String,
    /// The last; until it is ended, if left out.
    #[serde(default)]
    #[schema(format = Date)]
    pub until: Option<String>,
}

/// The key of what is said about an item.
pub fn about_item(item: ItemId) -> BaselineKey {
    derived(item.0, "unwanted item", 0)
}

/// The key of what is said about a category; letters' case makes no other category.
pub fn about_category(category: &str) -> BaselineKey {
    derived(Uuid::nil(), &format!("unwanted category {}", category.trim().to_lowercase()), 0)
}

impl UnwantedDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        if self.item.is_some() == self.category.is_some() {
            check.fault(
                Fault::OneOfTwo,
                "/item",
                "write either an item or a category: what is not to be sent",
            );
        }
        let area =
            self.area.as_deref().and_then(|text| check.parsed::<Area, _>("/area", text.trim().parse()));
        if let Some(Area::Region(_)) = area {
            check.wrong(
                "/area",
                "is a region; write a country such as GM, an area such as GM-B, or leave it out",
            );
        }
        let category = check.optional_text("/category", self.category.as_deref(), CATEGORY_CHARS_MAX);
        let reason = check.text("/reason", &self.reason, WORDS_CHARS_MAX);
        let from = check.date("/from", &self.from);
        let until = self.until.as_deref().map(|day| check.date("/until", day));
        if until.as_ref().is_some_and(|until| *until < from) {
            check.fault(
                Fault::TooEarly,
                "/until",
                format!("is before {from}, the first day on which it holds"),
            );
        }
        check.finish()?;
        let area = area.map(|area| area.to_string());
        Ok(Self { id: self.id, item: self.item, category, area, reason, from, until })
    }

    /// The key of what it is about.
    pub fn about(&self) -> BaselineKey {
        match (self.item, &self.category) {
            (Some(item), _) => about_item(item),
            (None, category) => about_category(category.as_deref().unwrap_or_default()),
        }
    }
}

/// Where goods would go, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Where<'a> {
    /// The country; none where they may go anywhere.
    pub country: Option<&'a str>,
    /// The area inside it.
    pub area: Option<&'a str>,
}

/// How far an entry is against goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Wherever they may go it holds.
    All,
    /// It holds in a part of where they may go: elsewhere they are welcome.
    There,
}

/// How far an entry for `area` holds for goods that would go somewhere on a day. An area inside a country is known by its
/// code alone: one of another kind, or of a smaller area inside it, is another area.
pub fn holds(area: Option<&str>, days: (&str, Option<&str>), place: Where<'_>, day: &str) -> Option<Against> {
    let (from, until) = days;
    if day < from || until.is_some_and(|until| until < day) {
        return None;
    }
    let Some(area) = area else { return Some(Against::All) };
    let Some(country) = place.country else { return Some(Against::There) };
    if area == country || place.area == Some(area) {
        return Some(Against::All);
    }
    // Goods for a country may go to any of its areas, and those for an area to no other.
    let own: Option<Area> = area.parse().ok();
    let is_inside = own.and_then(|own| own.country()).is_some_and(|own| own.as_str() == country);
    (is_inside && place.area.is_none()).then_some(Against::There)
}

/// The words a donor reads: kind, and with the reason.
pub fn kind_words(
    what: &str,
    area: Option<&str>,
    reason: &str,
    (until, against): (Option<&str>, Against),
) -> String {
    let elsewhere = match against {
        Against::All => "",
        Against::There => " Elsewhere it is welcome: what is accepted is for elsewhere.",
    };
    let place = area.map(|area| format!(" to {area}")).unwrap_or_default();
    let time = until.map(|day| format!(" This holds until {day}.")).unwrap_or_default();
    let end = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("Thank you. Please do not send {what}{place} now: {reason}{end}{time}{elsewhere}")
}
