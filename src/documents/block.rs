//! Blocks of numbers, given out to a phone or a paper book, used offline in any order, each once.

use super::number::{NumberEntry, NumberSeries, advance, number_id, series_id};
use super::rules::DocumentKind;
use crate::core::check::{CODE_CHARS_MAX, Check, id_reused};
use crate::core::id::{NumberBlockId, NumberSeriesId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use serde::Deserialize;
use std::collections::HashSet;

/// Numbers of one block: a thick paper book.
pub const BLOCK_NUMBERS_MAX: i64 = 500;
/// Years a block may be of.
const YEARS: std::ops::RangeInclusive<i64> = 1970..=2999;

record! {
    /// Numbers given out together.
    pub struct NumberBlock in number_blocks key id: NumberBlockId, group series_id: NumberSeriesId {
        /// Key.
        id: NumberBlockId,
        /// Their series.
        series_id: NumberSeriesId,
        /// The first.
        first: i64,
        /// The last.
        last: i64,
        /// The phone or book, without names of persons.
        holder: String,
        /// Who gave them out.
        given_by: UserId,
        /// When.
        given_at: Timestamp,
        /// Who took back what was not used.
        returned_by: Option<UserId>,
        /// When.
        returned_at: Option<Timestamp>,
    }
}

/// Numbers that are to be given out.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockDraft {
    /// Made by you (UUIDv7); the same id and body again returns the first result.
    #[serde(default)]
    pub id: Option<NumberBlockId>,
    /// Of which kind of document.
    pub kind: DocumentKind,
    /// At which site.
    pub site: SiteId,
    /// In which year.
    pub year: i64,
    /// How many, 1 to 500.
    pub count: i64,
    /// The phone or paper book they are for, such as `book 12`; never a person's name.
    pub holder: String,
}

impl BlockDraft {
    /// Checks what can be checked without looking anything up.
    ///
    /// # Errors
    /// `invalid`, naming every member that is wrong.
    pub fn checked(mut self) -> Outcome<Self> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        check.whole("/year", self.year, YEARS, "years");
        check.whole("/count", self.count, 1..=BLOCK_NUMBERS_MAX, "numbers");
        self.holder = check.text("/holder", &self.holder, CODE_CHARS_MAX);
        check.finish()?;
        match self.kind.letters() {
            Some(_) => Ok(self),
            None => Err(super::number::unnumbered(self.kind)),
        }
    }
}

/// Gives numbers out.
pub(super) struct BlockGive {
    pub(super) actor: Actor,
    pub(super) id: NumberBlockId,
    pub(super) draft: BlockDraft,
}

impl Update for BlockGive {
    type Answer = (NumberBlock, NumberSeries);

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<NumberBlock>>().want(self.id);
        desk.shelf::<Drawer<Site>>().want(self.draft.site);
        let series = series_id(self.draft.kind, self.draft.site, self.draft.year);
        desk.shelf::<Drawer<NumberSeries>>().want(series);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let draft = &self.draft;
        if let Some(known) = desk.shelf::<Drawer<NumberBlock>>().find(self.id)? {
            let series = find_series(desk, known.series_id)?;
            let is_same = known.series_id == series_id(draft.kind, draft.site, draft.year)
                && known.last - known.first + 1 == draft.count
                && known.holder == draft.holder;
            if !is_same {
                return Err(id_reused("block", self.id).into());
            }
            return Ok((known.as_ref().clone(), series));
        }
        let site = desk.shelf::<Drawer<Site>>().find(draft.site)?.ok_or_else(Problem::not_found)?;
        let moment = desk.begin(entry("numbers.given", self.id));
        let series = advance(desk, draft.kind, &site, draft.year, draft.count)?;
        let block = NumberBlock {
            id: self.id,
            series_id: series.id,
            first: series.last - draft.count + 1,
            last: series.last,
            holder: draft.holder.clone(),
            given_by: self.actor.user,
            given_at: moment.recorded_at,
            returned_by: None,
            returned_at: None,
        };
        desk.shelf::<Drawer<NumberBlock>>().put(block.clone());
        Ok((block, series))
    }
}

/// Takes a block back; what was not used of it is void.
pub(super) struct BlockReturn {
    pub(super) actor: Actor,
    pub(super) id: NumberBlockId,
}

impl Update for BlockReturn {
    type Answer = (NumberBlock, NumberSeries);

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<NumberBlock>>().want(self.id);
        desk.shelf::<Drawer<NumberEntry>>().want_group(Some(self.id));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let known = desk.shelf::<Drawer<NumberBlock>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        let series = find_series(desk, known.series_id)?;
        if known.returned_at.is_some() {
            return Ok((known.as_ref().clone(), series));
        }
        let used = desk.shelf::<Drawer<NumberEntry>>().group(Some(self.id))?;
        let used: HashSet<i64> = used.iter().map(|entry| entry.serial).collect();
        let moment = desk.begin(entry("numbers.returned", self.id));
        let block = NumberBlock {
            returned_by: Some(self.actor.user),
            returned_at: Some(moment.recorded_at),
            ..known.as_ref().clone()
        };
        desk.shelf::<Drawer<NumberBlock>>().put(block.clone());
        for serial in (known.first..=known.last).filter(|serial| !used.contains(serial)) {
            desk.shelf::<Drawer<NumberEntry>>().put(NumberEntry {
                id: number_id(known.series_id, serial),
                series_id: known.series_id,
                serial,
                block_id: Some(self.id),
                document_id: None,
                voided: true,
            });
        }
        Ok((block, series))
    }
}

fn find_series(desk: &mut Desk, id: NumberSeriesId) -> Result<NumberSeries, Refusal> {
    let series = desk.shelf::<Drawer<NumberSeries>>().find(id)?;
    let missing = || Problem::internal(format!("the series {id} of a block is not there"));
    Ok(series.ok_or_else(missing)?.as_ref().clone())
}

fn entry(action: &str, id: NumberBlockId) -> Entry {
    Entry { action: action.to_owned(), kind: "number_block", id: id.0, reason: None }
}
