//! The section of a mapping file by which rows state needs.

use super::template::Template;
use serde::Deserialize;

/// `[need]`: a row states what is needed. What it names by a code is there already.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedSection {
    /// The code of the programme.
    pub programme: Template,
    /// The code of the item.
    pub item: Template,
    /// The code of the site; or an area instead.
    pub site: Option<Template>,
    /// A country by name or code, or the code of an area; or a site instead.
    pub area: Option<Template>,
    /// The reference of the organization that asks.
    pub organization: Option<Template>,
    /// Column with how much, in base units.
    pub quantity: String,
    /// Column with the day by which it is needed.
    pub needed_by: String,
    /// Column with how many people it is for.
    pub people: Option<String>,
    /// critical, high, normal or low; normal where it is not known.
    pub priority: Option<Template>,
    /// Column with the days the goods must still keep when they arrive.
    pub shelf_life_days: Option<String>,
    /// Who states it.
    pub source: Template,
    /// Words for whoever works here.
    pub note: Option<Template>,
    /// Whether all of them stand in the public list.
    #[serde(default)]
    pub circulated: bool,
}
