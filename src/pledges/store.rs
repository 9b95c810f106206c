//! Pledges and their lines in the database.

use super::offer::Money;
use super::rules::{PledgeKind, PledgeState};
use crate::auth::{Bound, Named, Permit, Scope, action};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, pledge_lines, pledges, sites};
use crate::db::{Conn, read_failure};
use crate::ledger::event::Halt;
use crate::ledger::{LineFacts, TitlePasses};
use crate::writer::{Desk, Drawer, Unique, apart, record, within};
use diesel::dsl::exists;
use diesel::prelude::*;
use std::sync::Arc;

record! {
    /// A pledge.
    pub struct Pledge in pledges key id: PledgeId, group id: PledgeId {
        /// Key.
        id: PledgeId,
        /// The programme it is for.
        programme_id: ProgrammeId,
        /// Who gives; not always known.
        donor_id: Option<OrganizationId>,
        /// How it came about; see [`PledgeKind`].
        kind: String,
        /// What was decided; see [`PledgeState`].
        state: String,
        /// The donor's or our own number.
        reference: Option<String>,
        /// When it was offered.
        offered_at: Timestamp,
        /// In words.
        note: Option<String>,
        /// Why it was declined or withdrawn.
        reason: Option<String>,
        /// SHA-256 of the private link's code, while there is one.
        link_hash: Option<Vec<u8>>,
        /// Counts the changes.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
        /// Whether others may read who gave; as the donor says where nothing stands here.
        named: Option<String>,
    }
}

record! {
    /// A line of a pledge.
    pub struct PledgeLine in pledge_lines key id: PledgeLineId, group pledge_id: PledgeId {
        /// Key.
        id: PledgeLineId,
        /// Its pledge.
        pledge_id: PledgeId,
        /// Its number within the pledge.
        ordinal: i64,
        /// What is given.
        item_id: ItemId,
        /// Base units offered.
        offered: i64,
        /// Base units accepted so far.
        accepted: i64,
        /// The country it is meant for.
        earmark_country: Option<String>,
        /// When title passes; see [`crate::ledger::TitlePasses`].
        title_passes: String,
        /// Declared value of the whole line in the currency's minor unit.
        value_minor: Option<i64>,
        /// ISO 4217.
        currency: Option<String>,
        /// What the value is based on.
        value_basis: Option<String>,
        /// The area inside that country it is meant for.
        earmark_area: Option<String>,
    }
}

/// Which pledge has which reference within its programme.
pub struct PledgeReferences;

impl Unique for PledgeReferences {
    type Holder = PledgeId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, PledgeId)>> {
        let (programmes, references) = apart::<ProgrammeId>(texts);
        let rows: Vec<(ProgrammeId, String, PledgeId)> = pledges::table
            .filter(pledges::programme_id.eq_any(programmes).and(pledges::reference.eq_any(references)))
            .select((pledges::programme_id, pledges::reference.assume_not_null(), pledges::id))
            .load(conn)?;
        Ok(rows.into_iter().map(|(programme, text, pledge)| (within(programme, &text), pledge)).collect())
    }
}

impl Pledge {
    /// How it came about.
    pub fn kind(&self) -> PledgeKind {
        PledgeKind::from_word(&self.kind).unwrap_or_default()
    }

    /// What was decided.
    pub fn state(&self) -> PledgeState {
        PledgeState::from_word(&self.state).unwrap_or(PledgeState::Offered)
    }

    /// The same pledge in another state. A reason belongs to the state it was given for; whoever declines or
    /// withdraws gives a new one.
    pub fn changed(&self, state: PledgeState, at: Timestamp) -> Self {
        let revision = self.revision + 1;
        Self { state: state.word().to_owned(), reason: None, revision, updated_at: at, ..self.clone() }
    }
}

impl PledgeLine {
    /// Whether it was offered as such; one that a change of earmark opened was not.
    pub fn is_offered(&self) -> bool {
        self.offered > 0
    }

    /// What it says for ever, as the ledger keeps it.
    pub fn facts(&self, pledge: &Pledge) -> LineFacts {
        LineFacts {
            line: self.id,
            pledge: pledge.id,
            programme: pledge.programme_id,
            donor: pledge.donor_id,
            item: self.item_id,
            earmark: self.earmark_country.clone(),
            title_passes: TitlePasses::from_word(&self.title_passes).unwrap_or_default(),
        }
    }

    /// Its declared value.
    pub fn value(&self) -> Option<Money> {
        let (minor, currency) = self.value_minor.zip(self.currency.clone())?;
        Some(Money { minor, currency, basis: self.value_basis.clone() })
    }
}

/// The pledge of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_pledge(desk: &mut Desk, pledge: PledgeId) -> Result<Arc<Pledge>, Halt> {
    desk.shelf::<Drawer<Pledge>>().find(pledge)?.ok_or_else(|| Halt::unknown("pledge", pledge.0))
}

/// Narrows to the pledges a scope reaches: an organization's own; for countries those earmarked for one of them
/// and those whose goods lie there.
pub fn pledges_within<'a>(
    mut query: pledges::BoxedQuery<'a, crate::db::Backend>,
    scope: &Scope,
) -> pledges::BoxedQuery<'a, crate::db::Backend> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => query.filter(pledges::donor_id.eq(*own)),
            Bound::Countries(countries) => {
                // A balance that went to zero stays as a row: what once lay there does not lie there.
                let lies_there = balances::table
                    .inner_join(sites::table.on(balances::site_id.eq(sites::id.nullable())))
                    .filter(balances::pledge_line_id.eq(pledge_lines::id))
                    .filter(balances::quantity.gt(0))
                    .filter(sites::country.eq_any(countries.clone()));
                let is_earmarked = pledge_lines::earmark_country.eq_any(countries.clone());
                let concerned = pledge_lines::table
                    .filter(pledge_lines::pledge_id.eq(pledges::id))
                    .filter(is_earmarked.or(exists(lies_there)));
                query.filter(exists(concerned))
            }
        };
    }
    query
}

/// Pledges in order of their identifier, after `after`, as far as the scope reaches.
///
/// # Errors
/// What the database says.
pub fn pledge_list(
    conn: &mut Conn,
    permit: &Permit<action::PledgeRead>,
    filter: &PledgeFilter,
    after: Option<PledgeId>,
    limit: i64,
) -> Outcome<Vec<Pledge>> {
    let mut query =
        pledges_within(pledges::table.into_boxed(), permit.scope()).order(pledges::id).limit(limit);
    if let Some(programme) = filter.programme {
        query = query.filter(pledges::programme_id.eq(programme));
    }
    if let Some(donor) = filter.donor {
        query = query.filter(pledges::donor_id.eq(donor));
    }
    if let Some(state) = filter.state {
        query = query.filter(pledges::state.eq(state.word()));
    }
    if let Some(after) = after {
        query = query.filter(pledges::id.gt(after));
    }
    query.select(Pledge::as_select()).load(conn).map_err(read_failure)
}

/// What a list of pledges is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct PledgeFilter {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// Of this donor.
    pub donor: Option<OrganizationId>,
    /// In this state.
    pub state: Option<PledgeState>,
}

/// One pledge with its lines, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn pledge_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: PledgeId,
) -> Outcome<(Pledge, Vec<PledgeLine>)> {
    let pledge: Pledge = pledges_within(pledges::table.into_boxed(), permit.scope())
        .filter(pledges::id.eq(id))
        .select(Pledge::as_select())
        .first(conn)
        .map_err(read_failure)?;
    Ok((pledge.clone(), lines_of(conn, pledge.id)?))
}

/// The pledge a private link leads to, with its lines.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn pledge_by_link(conn: &mut Conn, hash: &[u8]) -> Outcome<(Pledge, Vec<PledgeLine>)> {
    let pledge: Pledge = pledges::table
        .filter(pledges::link_hash.eq(hash))
        .select(Pledge::as_select())
        .first(conn)
        .map_err(read_failure)?;
    let lines = lines_of(conn, pledge.id)?;
    Ok((pledge, lines))
}

fn lines_of(conn: &mut Conn, pledge: PledgeId) -> Outcome<Vec<PledgeLine>> {
    pledge_lines::table
        .filter(pledge_lines::pledge_id.eq(pledge))
        .order(pledge_lines::ordinal)
        .select(PledgeLine::as_select())
        .load(conn)
        .map_err(read_failure)
}
