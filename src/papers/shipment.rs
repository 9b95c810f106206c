//! What is read of a consignment for its papers, as far as a permit reaches.

use super::goods::{Line, lines_of};
use super::named::Names;
use super::packages::{Packing, packing_of};
use super::rules::{LINES_MAX, check_lines};
use crate::auth::{Named, Permit};
use crate::consignments::{Consignment, Leg, Load, consignment_read, loads_within};
use crate::core::id::{ConsignmentId, ItemId, LotId, OrganizationId, PledgeId, PledgeLineId};
use crate::core::problem::Outcome;
use crate::db::schema::{documents, events, legs, loads, pledge_lines, pledges, programmes};
use crate::db::{Binds, Conn, ask, in_parts, read_failure};
use crate::documents::rules::DocumentKind;
use crate::documents::{Document, documents_within};
use crate::pledges::PledgeLine;
use crate::writer::last_sequence;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};

/// A consignment as its papers tell of it.
pub(super) struct Shipment {
    pub(super) consignment: Consignment,
    /// The legs that count, in order.
    pub(super) legs: Vec<Leg>,
    /// Vehicles, containers and flights it went with.
    pub(super) loads: Vec<Load>,
    /// The programme's name.
    pub(super) programme: String,
    /// Whether that is made up for demonstration.
    pub(super) is_synthetic: bool,
    /// What it was packed with.
    pub(super) lines: Vec<Line>,
    /// In which packages that is.
    pub(super) packing: Packing,
    /// Who gave them, with what each pledge says of being named.
    pub(super) gave: Vec<Gave>,
    pub(super) names: Names,
    /// The last entry of the ledger that it is told by.
    pub(super) sequence: i64,
}

/// Who gave some of the goods.
pub(super) struct Gave {
    /// Who; not always known.
    pub(super) donor: Option<OrganizationId>,
    /// What the pledge says of naming the donor.
    pub(super) named: Option<String>,
}

/// Some of the goods of a consignment.
#[derive(Clone, QueryableByName)]
pub(super) struct Sent {
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Binary)]
    pub(super) lot: LotId,
    #[diesel(sql_type = Binary)]
    pub(super) line: PledgeLineId,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
}

/// Heaps of one consignment that are read: lines of a paper are several where several gave.
const HEAPS_MAX: usize = 4 * LINES_MAX;

/// Reads a consignment, if the scope reaches it.
///
/// # Errors
/// `not_found`, `too_large` where its papers would have too many lines, or what the database says.
pub(super) fn shipment_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
) -> Outcome<Shipment> {
    let consignment = consignment_read(conn, permit, id)?;
    let legs: Vec<Leg> = legs::table
        .filter(legs::consignment_id.eq(id).and(legs::superseded.eq(false)))
        .order(legs::ordinal)
        .select(Leg::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let carried = events::table
        .filter(events::consignment_id.eq(id).and(events::load_id.is_not_null()))
        .select(events::load_id.assume_not_null());
    let loads: Vec<Load> = loads_within(loads::table.into_boxed(), permit.scope())
        .filter(loads::id.eq_any(carried))
        .order(loads::id)
        .select(Load::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let (programme, is_synthetic): (String, bool) = programmes::table
        .find(consignment.programme_id)
        .select((programmes::name, programmes::synthetic))
        .first(conn)
        .map_err(read_failure)?;
    let sent = sent_with(conn, id)?;
    check_lines(if sent.len() > HEAPS_MAX { sent.len() } else { 0 })?;
    let pledged = pledged(conn, &sent)?;
    let lines = lines_of(conn, &sent, &pledged)?;
    check_lines(lines.len())?;
    let packing = packing_of(conn, id, &sent, &pledged)?;
    let gave = gave(conn, &pledged)?;
    let names = names_of(conn, &consignment, &legs, &loads, &gave)?;
    let sequence = last_sequence(conn)?;
    Ok(Shipment { consignment, legs, loads, programme, is_synthetic, lines, packing, gave, names, sequence })
}

impl Shipment {
    /// The same for a donor all of whose goods it has: nothing of who sends and carries, of vehicles that carry others'
    /// goods too, or of our books.
    pub(super) fn traced(mut self) -> Self {
        self.loads.clear();
        self.packing = Packing::default();
        self.legs.iter_mut().for_each(|leg| leg.carrier_id = None);
        self.consignment = Consignment {
            consignor_id: None,
            reference: None,
            gross_weight_g: None,
            value_minor: None,
            value_currency: None,
            value_basis: None,
            ..self.consignment
        };
        self
    }
}

/// What entered the consignment, by item, lot and pledge line. Corrections and reversals count as what they restate.
fn sent_with(conn: &mut Conn, id: ConsignmentId) -> Outcome<Vec<Sent>> {
    let mut binds = Binds::default();
    let id = binds.id(id);
    let text = format!(
        "SELECT cells.item_id AS item, cells.lot_id AS lot, cells.pledge_line_id AS line, \
         CAST(SUM(moved.quantity) AS BIGINT) AS quantity \
         FROM balances AS cells JOIN postings AS moved ON moved.cell = cells.cell \
         JOIN events ON events.sequence = moved.sequence \
         LEFT JOIN events AS restated \
            ON restated.id = events.about_id AND events.kind IN ('corrected', 'reversed') \
         LEFT JOIN events AS meant \
            ON meant.id = restated.about_id AND restated.kind IN ('corrected', 'reversed') \
         WHERE cells.consignment_id = {id} AND COALESCE(meant.kind, restated.kind, events.kind) IN \
            ('allocated', 'released', 'packed', 'departed', 'split', 'miscounted', 'cancelled') \
         GROUP BY cells.item_id, cells.lot_id, cells.pledge_line_id HAVING SUM(moved.quantity) > 0 \
         ORDER BY cells.item_id, cells.lot_id, cells.pledge_line_id LIMIT {}",
        HEAPS_MAX + 1
    );
    ask(conn, text, binds)
}

/// The lines of pledges that goods are of.
fn pledged(conn: &mut Conn, sent: &[Sent]) -> Outcome<Vec<PledgeLine>> {
    let mut ids: Vec<PledgeLineId> = sent.iter().map(|one| one.line).collect();
    ids.sort_unstable();
    ids.dedup();
    in_parts(&ids, |part| {
        let these = pledge_lines::table.filter(pledge_lines::id.eq_any(part));
        these.order(pledge_lines::id).select(PledgeLine::as_select()).load(conn)
    })
    .map_err(read_failure)
}

/// Who gave them, each once.
fn gave(conn: &mut Conn, pledged: &[PledgeLine]) -> Outcome<Vec<Gave>> {
    let mut ids: Vec<PledgeId> = pledged.iter().map(|line| line.pledge_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut rows: Vec<(Option<OrganizationId>, Option<String>)> = in_parts(&ids, |part| {
        let these = pledges::table.filter(pledges::id.eq_any(part));
        these.select((pledges::donor_id, pledges::named)).load(conn)
    })
    .map_err(read_failure)?;
    rows.sort_unstable();
    rows.dedup();
    Ok(rows.into_iter().map(|(donor, named)| Gave { donor, named }).collect())
}

fn names_of(
    conn: &mut Conn,
    consignment: &Consignment,
    legs: &[Leg],
    loads: &[Load],
    gave: &[Gave],
) -> Outcome<Names> {
    let mut parties = vec![consignment.consignee_id];
    parties.extend(consignment.consignor_id);
    parties.extend(legs.iter().filter_map(|leg| leg.carrier_id));
    parties.extend(loads.iter().filter_map(|load| load.carrier_id));
    parties.extend(gave.iter().filter_map(|one| one.donor));
    let mut places = vec![consignment.origin_id, consignment.destination_id];
    places.extend(legs.iter().flat_map(|leg| [leg.from_id, leg.to_id]));
    Names::of(conn, None, parties, places)
}

/// The number that the newest document of a kind about a consignment bears, void ones left out.
///
/// # Errors
/// What the database says.
pub(super) fn number_of<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    kind: DocumentKind,
    id: ConsignmentId,
) -> Outcome<Option<Document>> {
    documents_within(documents::table.into_boxed(), permit.scope())
        .filter(documents::consignment_id.eq(id).and(documents::kind.eq(kind.word())))
        .filter(documents::voided_at.is_null().and(documents::number.is_not_null()))
        .order(documents::id.desc())
        .select(Document::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)
}
