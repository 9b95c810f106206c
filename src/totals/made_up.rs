//! Whether what is shown is of programmes whose data are invented, so that whatever shows it says so.

use crate::core::id::{ConsignmentId, EventId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::db::{Binds, Conn, ask};
use diesel::QueryableByName;
use diesel::sql_types::Binary;

/// Things that are shown to somebody who may see them.
#[derive(Clone, Debug, Default)]
pub struct Things {
    /// Programmes.
    pub programmes: Vec<ProgrammeId>,
    /// Pledges, which are of one.
    pub pledges: Vec<PledgeId>,
    /// Consignments, which are for one.
    pub consignments: Vec<ConsignmentId>,
    /// Events, with the goods they moved.
    pub events: Vec<EventId>,
    /// Sites, with the goods that lie there.
    pub sites: Vec<SiteId>,
}

impl Things {
    /// These and others.
    pub fn with(mut self, other: Self) -> Self {
        self.programmes.extend(other.programmes);
        self.pledges.extend(other.pledges);
        self.consignments.extend(other.consignments);
        self.events.extend(other.events);
        self.sites.extend(other.sites);
        self
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: ProgrammeId,
}

/// The programme of lines of pledges.
const OF_LINES: &str = "JOIN pledge_lines ON pledge_lines.id = goods.pledge_line_id JOIN pledges ON pledges.id = \
                        pledge_lines.pledge_id";

/// Whether any of these things are of a programme whose data are invented. A ledger without any pays for one short question.
///
/// # Errors
/// What the database says.
pub fn is_any_made_up(conn: &mut Conn, things: &Things) -> Outcome<bool> {
    let invented: Vec<Found> =
        ask(conn, "SELECT id FROM programmes WHERE synthetic = TRUE".to_owned(), Binds::default())?;
    let invented: Vec<ProgrammeId> = invented.into_iter().map(|found| found.id).collect();
    if invented.is_empty() || things.programmes.iter().any(|id| invented.contains(id)) {
        return Ok(!invented.is_empty());
    }
    let mut binds = Binds::default();
    let mut parts = Vec::new();
    if !things.pledges.is_empty() {
        let ids = binds.ids(&things.pledges);
        parts.push(format!("SELECT programme_id AS id FROM pledges WHERE id IN ({ids})"));
    }
    if !things.consignments.is_empty() {
        let ids = binds.ids(&things.consignments);
        parts.push(format!("SELECT programme_id AS id FROM consignments WHERE id IN ({ids})"));
    }
    if !things.events.is_empty() {
        let ids = binds.ids(&things.events);
        parts.push(format!(
            "SELECT pledges.programme_id AS id FROM events JOIN postings AS goods ON goods.sequence = events.sequence \
             {OF_LINES} WHERE events.id IN ({ids})"
        ));
    }
    if !things.sites.is_empty() {
        let ids = binds.ids(&things.sites);
        parts.push(format!(
            "SELECT pledges.programme_id AS id FROM balances AS goods {OF_LINES} WHERE goods.site_id IN ({ids}) AND \
             goods.quantity <> 0"
        ));
    }
    if parts.is_empty() {
        return Ok(false);
    }
    let invented = binds.ids(&invented);
    let text = format!(
        "SELECT shown.id AS id FROM ({}) AS shown WHERE shown.id IN ({invented}) LIMIT 1",
        parts.join(" UNION ALL ")
    );
    Ok(!ask::<Found>(conn, text, binds)?.is_empty())
}
