//! Consignments, legs and loads in the database.

use crate::core::check::taken;
use crate::core::id::{ConsignmentId, LegId, LoadId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::db::schema::{consignments, loads};
use crate::ledger::event::{Halt, Subjects};
use crate::writer::{Desk, Drawer, Refusal, Register, Unique, apart, record, within};
use diesel::prelude::*;
use std::sync::Arc;

record! {
    /// A consignment.
    pub struct Consignment in consignments key id: ConsignmentId, group id: ConsignmentId {
        /// Key.
        id: ConsignmentId,
        /// The programme.
        programme_id: ProgrammeId,
        /// The sender's number.
        reference: Option<String>,
        /// What the public follows it by.
        tracking_code: String,
        /// Who sends it.
        consignor_id: Option<OrganizationId>,
        /// Who gets it.
        consignee_id: OrganizationId,
        /// Where it starts.
        origin_id: SiteId,
        /// Where it is meant to end.
        destination_id: SiteId,
        /// The consignment it was split from.
        parent_id: Option<ConsignmentId>,
        /// Whether it was cancelled.
        cancelled: bool,
        /// Gross weight in grams, where declared.
        gross_weight_g: Option<i64>,
        /// Freight in the currency's minor unit.
        freight_minor: Option<i64>,
        /// ISO 4217.
        freight_currency: Option<String>,
        /// Why freight or weight is not known, as the source says.
        freight_note: Option<String>,
        /// Declared value in the currency's minor unit.
        value_minor: Option<i64>,
        /// ISO 4217.
        value_currency: Option<String>,
        /// What the value is based on.
        value_basis: Option<String>,
        /// Counts the changes.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

record! {
    /// One leg of a consignment.
    pub struct Leg in legs key id: LegId, group consignment_id: ConsignmentId {
        /// Key.
        id: LegId,
        /// Its consignment.
        consignment_id: ConsignmentId,
        /// Its number in the journey.
        ordinal: i64,
        /// How it goes.
        mode: String,
        /// From.
        from_id: SiteId,
        /// To.
        to_id: SiteId,
        /// Who carries.
        carrier_id: Option<OrganizationId>,
        /// Planned departure.
        planned_departure: Option<Timestamp>,
        /// Planned arrival.
        planned_arrival: Option<Timestamp>,
        /// Whether its receipt is closed: what was not received is missing.
        received_final: bool,
        /// Whether a diversion replaced it.
        superseded: bool,
    }
}

record! {
    /// A vehicle, container or flight.
    pub struct Load in loads key id: LoadId, group id: LoadId {
        /// Key.
        id: LoadId,
        /// Our number.
        reference: Option<String>,
        /// How it goes.
        mode: String,
        /// From.
        from_id: SiteId,
        /// To.
        to_id: SiteId,
        /// Who carries.
        carrier_id: Option<OrganizationId>,
        /// CMR, AWB, B/L or another.
        document_kind: Option<String>,
        /// Its number.
        document_number: Option<String>,
        /// Plate, container or flight number.
        plate: Option<String>,
        /// Seal numbers.
        seals: Option<String>,
        /// Packages.
        packages: Option<i64>,
        /// Gross weight in grams.
        gross_weight_g: Option<i64>,
        /// Volume in cubic centimetres.
        volume_cm3: Option<i64>,
        /// Counts the changes.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

/// Which consignment has which reference within its programme.
pub struct ConsignmentReferences;

impl Unique for ConsignmentReferences {
    type Holder = ConsignmentId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, ConsignmentId)>> {
        let (programmes, references) = apart::<ProgrammeId>(texts);
        let rows: Vec<(ProgrammeId, String, ConsignmentId)> = consignments::table
            .filter(
                consignments::programme_id.eq_any(programmes).and(consignments::reference.eq_any(references)),
            )
            .select((consignments::programme_id, consignments::reference.assume_not_null(), consignments::id))
            .load(conn)?;
        Ok(rows.into_iter().map(|(programme, text, id)| (within(programme, &text), id)).collect())
    }
}

/// Which load has which reference.
pub struct LoadReferences;

impl Unique for LoadReferences {
    type Holder = LoadId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, LoadId)>> {
        loads::table
            .filter(loads::reference.eq_any(texts))
            .select((loads::reference.assume_not_null(), loads::id))
            .load(conn)
    }
}

/// Takes the consignment's reference, unless another consignment of the programme has it.
pub(super) fn take_reference(desk: &mut Desk, row: &Consignment, pointer: &str) -> Result<(), Refusal> {
    let Some(reference) = &row.reference else { return Ok(()) };
    let register = desk.shelf::<Register<ConsignmentReferences>>();
    let text = within(row.programme_id, reference);
    if let Some(holder) = register.holder(&text)? {
        return Err(taken(pointer, "consignment", reference, holder).into());
    }
    register.assign(&text, Some(row.id));
    Ok(())
}

impl Consignment {
    /// What an event of this consignment is about.
    pub fn subjects(&self) -> Subjects {
        Subjects { programme: Some(self.programme_id), consignment: Some(self.id), ..Subjects::default() }
    }
}

/// The consignment of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_consignment(desk: &mut Desk, consignment: ConsignmentId) -> Result<Arc<Consignment>, Halt> {
    let found = desk.shelf::<Drawer<Consignment>>().find(consignment)?;
    found.ok_or_else(|| Halt::unknown("consignment", consignment.0))
}

/// A consignment that can still move.
///
/// # Errors
/// As [`find_consignment`]; `wrong_state` where it was cancelled.
pub fn find_open(desk: &mut Desk, consignment: ConsignmentId) -> Result<Arc<Consignment>, Halt> {
    let found = find_consignment(desk, consignment)?;
    if found.cancelled {
        return Err(Problem::new(Code::WrongState, "This consignment was cancelled.")
            .at("/consignment")
            .into());
    }
    Ok(found)
}

/// The legs that count, in the order of the journey.
///
/// # Errors
/// Rows missing on the desk.
pub fn legs_of(desk: &mut Desk, consignment: ConsignmentId) -> Result<Vec<Arc<Leg>>, Halt> {
    let mut legs = desk.shelf::<Drawer<Leg>>().group(consignment)?;
    legs.retain(|leg| !leg.superseded);
    legs.sort_by_key(|leg| leg.ordinal);
    Ok(legs)
}

/// A leg of a consignment with the legs around it.
#[derive(Clone, Debug)]
pub struct Journey {
    /// All legs that count.
    pub legs: Vec<Arc<Leg>>,
    /// The position of the leg meant.
    pub position: usize,
}

impl Journey {
    /// The leg meant.
    pub fn leg(&self) -> &Leg {
        &self.legs[self.position]
    }
    /// Whether it starts the journey.
    pub fn is_first(&self) -> bool {
        self.position == 0
    }
    /// The leg after it.
    pub fn next(&self) -> Option<&Arc<Leg>> {
        self.legs.get(self.position + 1)
    }
    /// Legs before it.
    pub fn earlier(&self) -> &[Arc<Leg>] {
        &self.legs[..self.position]
    }
}

/// Finds a leg of a consignment; without one named, the only one.
///
/// # Errors
/// `invalid` where none is named and there are several; waits for a leg not known yet.
pub fn find_leg(desk: &mut Desk, consignment: ConsignmentId, leg: Option<LegId>) -> Result<Journey, Halt> {
    let legs = legs_of(desk, consignment)?;
    let position = match leg {
        Some(id) => match legs.iter().position(|one| one.id == id) {
            Some(position) => position,
            None if find_replaced(desk, consignment, id)?.is_some() => {
                let detail = "This leg was replaced by a diversion; name the leg the goods are on now.";
                return Err(Problem::new(Code::WrongState, detail).at("/leg").into());
            }
            None => return Err(Halt::unknown("leg", id.0)),
        },
        None if legs.len() == 1 => 0,
        None => {
            return Err(Problem::field(
                "/leg",
                format!("is missing; this consignment has {} legs, say which one", legs.len()),
            )
            .coded(Fault::Required)
            .into());
        }
    };
    Ok(Journey { legs, position })
}

fn find_replaced(desk: &mut Desk, consignment: ConsignmentId, leg: LegId) -> Result<Option<Arc<Leg>>, Halt> {
    let all = desk.shelf::<Drawer<Leg>>().group(consignment)?;
    Ok(all.into_iter().find(|one| one.id == leg && one.superseded))
}

/// As [`find_leg`], for what went missing on a leg before a diversion replaced it: such a leg stands alone.
///
/// # Errors
/// As [`find_leg`].
pub fn find_leg_even_replaced(
    desk: &mut Desk,
    consignment: ConsignmentId,
    leg: LegId,
) -> Result<Journey, Halt> {
    match find_replaced(desk, consignment, leg)? {
        Some(replaced) => Ok(Journey { legs: vec![replaced], position: 0 }),
        None => find_leg(desk, consignment, Some(leg)),
    }
}
