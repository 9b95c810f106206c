//! The rows of areas that somebody loaded, and of codes that followed others.

use super::rules::{AreaChangeDraft, BoundaryDraft};
use crate::baselines::{Draft, Place, Statement, stamped};
use crate::core::id::{BaselineBatchId, BaselineId, BaselineKey};
use crate::core::time::Timestamp;
use crate::writer::record;

record! {
    /// The borders of one country's areas, by one source in one edition, from an entry of the log on.
    pub struct Boundaries in boundaries key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement.
        id: BaselineId,
        /// What it is about: country and name.
        about: BaselineKey,
        /// The statement.
        batch_id: BaselineBatchId,
        /// Its place in it, 1.
        ordinal: i64,
        /// ISO 3166-1 alpha-2.
        country: String,
        /// Its name within the country.
        name: String,
        /// Where it is from; with all that follows, none where it is withdrawn.
        source: Option<String>,
        /// Under which licence.
        licence: Option<String>,
        /// The first day these areas were in force.
        valid_from: Option<String>,
        /// The last day.
        valid_to: Option<String>,
        /// The property of a feature that has its code.
        code_property: Option<String>,
        /// The property that has its name.
        name_property: Option<String>,
        /// How many areas it has.
        areas: Option<i64>,
        /// SHA-256 of the file as it was sent.
        sha256: Option<Vec<u8>>,
        /// The GeoJSON, byte by byte.
        content: Option<String>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

record! {
    /// That one code of an area followed another, from an entry of the log on.
    pub struct ChangedArea in area_changes key id: BaselineId, group about: BaselineKey {
        /// Key: made from the statement and its place.
        id: BaselineId,
        /// What it is about: both codes.
        about: BaselineKey,
        /// The rows it was stated with.
        batch_id: BaselineBatchId,
        /// Its place among them, from 1.
        ordinal: i64,
        /// The code that ended.
        from_code: String,
        /// A code that followed it.
        to_code: String,
        /// The day the new code was first in force; none where it is withdrawn.
        on_day: Option<String>,
        /// Who says so; none where it is withdrawn.
        source: Option<String>,
        /// Whether it only ends what was stated.
        withdrawn: bool,
        /// The entry of the log from which it counts.
        sequence: i64,
        /// When that was recorded.
        recorded_at: Timestamp,
    }
}

impl Statement for Boundaries {
    type Draft = BoundaryDraft;
    const WORD: &'static str = "boundaries";
    stamped!();

    fn group_of(draft: &BoundaryDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &BoundaryDraft, place: Place) -> Self {
        let words = draft.stated.as_ref().map(|stated| stated.words.clone());
        let said = words.as_ref();
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            country: draft.country.clone(),
            name: draft.name.clone(),
            source: said.map(|words| words.source.clone()),
            licence: said.map(|words| words.licence.clone()),
            valid_from: said.and_then(|words| words.valid_from.clone()),
            valid_to: said.and_then(|words| words.valid_to.clone()),
            code_property: said.and_then(|words| words.code_property.clone()),
            name_property: said.and_then(|words| words.name_property.clone()),
            areas: draft.stated.as_ref().map(|stated| stated.areas),
            sha256: draft.stated.as_ref().map(|stated| stated.sha256.to_vec()),
            content: draft.stated.as_ref().map(|stated| stated.content.clone()),
            withdrawn: draft.stated.is_none(),
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }
}

impl Statement for ChangedArea {
    type Draft = AreaChangeDraft;
    const WORD: &'static str = "area_change";
    stamped!();

    fn group_of(draft: &AreaChangeDraft) -> BaselineKey {
        draft.key()
    }

    fn placed(draft: &AreaChangeDraft, place: Place) -> Self {
        Self {
            id: place.id,
            about: place.about,
            batch_id: place.batch,
            ordinal: place.ordinal,
            from_code: draft.from.clone(),
            to_code: draft.to.clone(),
            on_day: draft.on.clone(),
            source: draft.source.clone(),
            withdrawn: draft.withdrawn,
            sequence: place.moment.sequence,
            recorded_at: place.moment.recorded_at,
        }
    }
}
