//! Opening a consignment with its legs, adding legs, and recording loads.

use super::divert::PlannedLeg;
use super::leg_plans::state_legs;
use super::rules::{Mode, check_chain};
use super::store::{Consignment, ConsignmentReferences, Leg, Load, LoadReferences, take_reference};
use crate::core::check::{REFERENCE_CHARS_MAX, WORDS_CHARS_MAX, check_client_id, check_text};
use crate::core::code::tracking_code;
use crate::core::id::{ConsignmentId, LegId, LoadId, OrganizationId, ProgrammeId, SiteId, derived};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::MAXIMUM;
use crate::ledger::{Book, ConsignmentFacts};
use crate::parties::Organization;
use crate::pledges::Money;
use crate::programmes::Programme;
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Update, within};
use serde::{Deserialize, Serialize};

/// Legs of one consignment: the longest real journeys have six.
const LEGS_MAXIMUM: usize = 50;

/// A consignment as it is opened.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentNew {
    /// Made by the client (UUIDv7); the server makes one if it is left out.
    #[serde(default)]
    pub id: Option<ConsignmentId>,
    /// The programme.
    pub programme: ProgrammeId,
    /// The sender's number, unique within the programme.
    #[serde(default)]
    pub reference: Option<String>,
    /// Who sends it.
    #[serde(default)]
    pub consignor: Option<OrganizationId>,
    /// Who gets it.
    pub consignee: OrganizationId,
    /// Where it starts.
    pub origin: SiteId,
    /// Where it is meant to end.
    pub destination: SiteId,
    /// The way, as far as it is known; the first starts at the origin.
    #[serde(default)]
    pub legs: Vec<PlannedLeg>,
    /// Gross weight in grams.
    #[serde(default)]
    pub gross_weight_g: Option<i64>,
    /// Freight.
    #[serde(default)]
    pub freight: Option<Money>,
    /// Why freight or weight is not known, in the words of the source.
    #[serde(default)]
    pub freight_note: Option<String>,
    /// Declared value.
    #[serde(default)]
    pub value: Option<Money>,
}

/// A load as it is recorded.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadNew {
    /// Made by the client (UUIDv7); the server makes one if it is left out.
    #[serde(default)]
    pub id: Option<LoadId>,
    /// Our number, unique.
    #[serde(default)]
    pub reference: Option<String>,
    /// How it goes.
    pub mode: Mode,
    /// From.
    pub from: SiteId,
    /// To.
    pub to: SiteId,
    /// Who carries.
    #[serde(default)]
    pub carrier: Option<OrganizationId>,
    /// CMR, AWB, B/L or another.
    #[serde(default)]
    pub document_kind: Option<String>,
    /// Its number.
    #[serde(default)]
    pub document_number: Option<String>,
    /// Plate, container or flight number.
    #[serde(default)]
    pub plate: Option<String>,
    /// Seal numbers.
    #[serde(default)]
    pub seals: Option<String>,
    /// Packages.
    #[serde(default)]
    pub packages: Option<i64>,
    /// Gross weight in grams.
    #[serde(default)]
    pub gross_weight_g: Option<i64>,
    /// Volume in cubic centimetres.
    #[serde(default)]
    pub volume_cm3: Option<i64>,
}

/// Opens a consignment.
pub struct ConsignmentOpen {
    id: ConsignmentId,
    new: ConsignmentNew,
    actor: Actor,
    /// Out of a file of records, whose identifiers may have been derived.
    is_out_of_a_file: bool,
}

/// Adds a leg at the end of a consignment's way.
pub struct LegAdd {
    consignment: ConsignmentId,
    id: LegId,
    leg: PlannedLeg,
    actor: Actor,
}

/// Records a load.
pub struct LoadRecord {
    id: LoadId,
    new: LoadNew,
    actor: Actor,
}

/// Checks that a way has no more legs than any has.
pub(super) fn check_count(pointer: &str, legs: &[PlannedLeg]) -> Result<(), Problem> {
    if legs.len() > LEGS_MAXIMUM {
        return Err(Problem::field(pointer, format!("are more than {LEGS_MAXIMUM}; check the way"))
            .coded(Fault::TooMany)
            .at_most(LEGS_MAXIMUM));
    }
    Ok(())
}

fn check_measure(pointer: &str, value: Option<i64>) -> Result<(), Problem> {
    match value {
        Some(value) if !(1..=MAXIMUM).contains(&value) => {
            Err(Problem::field(pointer, format!("{value} cannot be; write 1 to {MAXIMUM} or leave it out")))
        }
        Some(_) | None => Ok(()),
    }
}

fn known_site(desk: &mut Desk, site: SiteId, pointer: &str) -> Result<(), Refusal> {
    match desk.shelf::<Drawer<Site>>().find(site)? {
        Some(_) => Ok(()),
        None => Err(Problem::field(pointer, format!("{site} is no site known here; create it first"))
            .coded(Fault::Unknown)
            .into()),
    }
}

fn known_organization(desk: &mut Desk, id: Option<OrganizationId>, pointer: &str) -> Result<(), Refusal> {
    let Some(id) = id else { return Ok(()) };
    match desk.shelf::<Drawer<Organization>>().find(id)? {
        Some(_) => Ok(()),
        None => Err(Problem::field(pointer, format!("{id} is no organization known here; create it first"))
            .coded(Fault::Unknown)
            .into()),
    }
}

impl ConsignmentOpen {
    /// A consignment under an identifier.
    pub fn new(id: ConsignmentId, new: ConsignmentNew, actor: Actor) -> Self {
        Self { id, new, actor, is_out_of_a_file: false }
    }

    /// The same out of a file, whose identifiers may be made by a program of ours.
    pub fn out_of_a_file(id: ConsignmentId, new: ConsignmentNew, actor: Actor) -> Self {
        Self { is_out_of_a_file: true, ..Self::new(id, new, actor) }
    }

    fn check_ids(&self) -> Result<(), Problem> {
        if self.is_out_of_a_file {
            return Ok(());
        }
        check_client_id("/id", self.new.id.map(|id| id.0))?;
        let mut legs = self.new.legs.iter().enumerate();
        legs.try_for_each(|(index, leg)| check_client_id(&format!("/legs/{index}/id"), leg.id.map(|id| id.0)))
    }

    fn check(&self) -> Result<(), Problem> {
        let new = &self.new;
        self.check_ids()?;
        check_text("/reference", new.reference.as_deref(), REFERENCE_CHARS_MAX)?;
        // A table of deliveries puts together what each of its rows says of weight and freight.
        let most = if self.is_out_of_a_file { WORDS_CHARS_MAX } else { REFERENCE_CHARS_MAX };
        check_text("/freight_note", new.freight_note.as_deref(), most)?;
        check_measure("/gross_weight_g", new.gross_weight_g)?;
        if let Some(freight) = &new.freight {
            freight.check("/freight")?;
        }
        if let Some(value) = &new.value {
            value.check("/value")?;
        }
        if new.origin == new.destination {
            return Err(Problem::field("/destination", "is where it starts; say where it is to end")
                .coded(Fault::NotAllowed));
        }
        check_count("/legs", &new.legs)?;
        let chain: Vec<(SiteId, SiteId)> = new.legs.iter().map(|leg| (leg.from, leg.to)).collect();
        check_chain(new.origin, new.destination, &chain, false)
    }

    fn rows(&self, code: String, now: crate::core::time::Timestamp) -> (Consignment, Vec<Leg>) {
        let new = &self.new;
        let row = Consignment {
            id: self.id,
            programme_id: new.programme,
            reference: new.reference.clone(),
            tracking_code: code,
            consignor_id: new.consignor,
            consignee_id: new.consignee,
            origin_id: new.origin,
            destination_id: new.destination,
            parent_id: None,
            cancelled: false,
            gross_weight_g: new.gross_weight_g,
            freight_minor: new.freight.as_ref().map(|money| money.minor),
            freight_currency: new.freight.as_ref().map(|money| money.currency.clone()),
            freight_note: new.freight_note.clone(),
            value_minor: new.value.as_ref().map(|money| money.minor),
            value_currency: new.value.as_ref().map(|money| money.currency.clone()),
            value_basis: new.value.as_ref().and_then(|money| money.basis.clone()),
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let legs = new.legs.iter().enumerate().map(|(index, leg)| {
            let id = leg.id.unwrap_or_else(|| derived(self.id.0, "leg", index as u64));
            leg.row(self.id, id, index as i64)
        });
        (row, legs.collect())
    }
}

impl ConsignmentOpen {
    /// The consignment is there already: the same words again get the first answer.
    fn again(&self, desk: &mut Desk, known: &Consignment) -> Result<(Consignment, Vec<Leg>), Refusal> {
        let mut known_legs = desk.shelf::<Drawer<Leg>>().group(self.id)?;
        known_legs.sort_by_key(|leg| leg.ordinal);
        let (row, legs) = self.rows(known.tracking_code.clone(), known.created_at);
        let row = Consignment {
            cancelled: known.cancelled,
            revision: known.revision,
            updated_at: known.updated_at,
            ..row
        };
        // Legs may have been added or replaced since; what was said at first must still be there.
        let same = legs.iter().all(|leg| {
            known_legs.iter().any(|one| {
                Leg { received_final: one.received_final, superseded: one.superseded, ..leg.clone() } == **one
            })
        });
        if row == as_opened(known) && same {
            return Ok((row, known_legs.iter().map(|leg| leg.as_ref().clone()).collect()));
        }
        let detail = format!("The consignment {} is there already and says something else.", self.id);
        Err(Problem::new(Code::IdempotencyConflict, detail).at("/id").into())
    }
}

/// A consignment as whoever opens it would say it: a currency without an amount says nothing.
fn as_opened(known: &Consignment) -> Consignment {
    let mut row = known.clone();
    if row.freight_minor.is_none() {
        row.freight_currency = None;
    }
    if row.value_minor.is_none() {
        (row.value_currency, row.value_basis) = (None, None);
    }
    row
}

impl Update for ConsignmentOpen {
    type Answer = (Consignment, Vec<Leg>);

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Consignment>>().want(self.id);
        desk.shelf::<Drawer<Leg>>().want_group(self.id);
        desk.shelf::<Drawer<Programme>>().want(self.new.programme);
        desk.shelf::<Drawer<Organization>>().want(self.new.consignee);
        desk.shelf::<Drawer<Site>>().want(self.new.origin);
        desk.shelf::<Drawer<Site>>().want(self.new.destination);
        for (index, leg) in self.new.legs.iter().enumerate() {
            let id = leg.id.unwrap_or_else(|| derived(self.id.0, "leg", index as u64));
            desk.shelf::<Drawer<Leg>>().want(id);
            desk.shelf::<Drawer<Site>>().want(leg.to);
            if let Some(carrier) = leg.carrier {
                desk.shelf::<Drawer<Organization>>().want(carrier);
            }
        }
        if let Some(reference) = &self.new.reference {
            desk.shelf::<Register<ConsignmentReferences>>().want(&within(self.new.programme, reference));
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let now = desk.now();
        if let Some(known) = desk.shelf::<Drawer<Consignment>>().find(self.id)? {
            return self.again(desk, &known);
        }
        self.check()?;
        let new = &self.new;
        if desk.shelf::<Drawer<Programme>>().find(new.programme)?.is_none() {
            let detail = format!("{} is no programme known here; create it first", new.programme);
            return Err(Problem::field("/programme", detail).coded(Fault::Unknown).into());
        }
        known_organization(desk, Some(new.consignee), "/consignee")?;
        known_organization(desk, new.consignor, "/consignor")?;
        known_site(desk, new.origin, "/origin")?;
        known_site(desk, new.destination, "/destination")?;
        let (row, legs) = self.rows(tracking_code(desk.chance(self.id.0)), now);
        for (index, leg) in legs.iter().enumerate() {
            known_site(desk, leg.to_id, &format!("/legs/{index}/to"))?;
            known_organization(desk, leg.carrier_id, &format!("/legs/{index}/carrier"))?;
            let twice = legs[..index].iter().any(|other| other.id == leg.id);
            if twice || desk.shelf::<Drawer<Leg>>().find(leg.id)?.is_some() {
                let detail = format!("The leg {} is there already; make a new id.", leg.id);
                return Err(Problem::new(Code::Duplicate, detail).at(format!("/legs/{index}/id")).into());
            }
        }
        take_reference(desk, &row, "/reference")?;
        let entry = Entry {
            action: "consignment.opened".to_owned(),
            kind: "consignment",
            id: self.id.0,
            reason: None,
        };
        desk.begin(entry);
        desk.shelf::<Book>().know_consignment(ConsignmentFacts {
            consignment: self.id,
            consignee: row.consignee_id,
            origin: row.origin_id,
            destination: row.destination_id,
        });
        desk.touch(self.id.0);
        desk.shelf::<Drawer<Consignment>>().put(row.clone());
        for leg in &legs {
            desk.touch(leg.id.0);
            desk.shelf::<Drawer<Leg>>().put(leg.clone());
        }
        Ok((row, legs))
    }
}

impl LegAdd {
    /// A leg under an identifier.
    pub fn new(consignment: ConsignmentId, id: LegId, leg: PlannedLeg, actor: Actor) -> Self {
        Self { consignment, id, leg, actor }
    }
}

impl Update for LegAdd {
    type Answer = Leg;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<Leg, Refusal> {
        let Some(consignment) = desk.shelf::<Drawer<Consignment>>().find(self.consignment)? else {
            return Err(Problem::not_found().into());
        };
        let all = desk.shelf::<Drawer<Leg>>().group(self.consignment)?;
        if let Some(known) = all.iter().find(|leg| leg.id == self.id) {
            let row = self.leg.row(self.consignment, self.id, known.ordinal);
            let row = Leg { received_final: known.received_final, superseded: known.superseded, ..row };
            if row == **known {
                return Ok(row);
            }
            let detail = format!("The leg {} is there already and says something else.", self.id);
            return Err(Problem::new(Code::IdempotencyConflict, detail).at("/id").into());
        }
        check_client_id("/id", self.leg.id.map(|id| id.0))?;
        if desk.shelf::<Drawer<Leg>>().find(self.id)?.is_some() {
            let detail = format!("The leg {} is one of another consignment; make a new id.", self.id);
            return Err(Problem::new(Code::Duplicate, detail).at("/id").into());
        }
        let last = all.iter().filter(|leg| !leg.superseded).max_by_key(|leg| leg.ordinal);
        let end = last.map_or(consignment.origin_id, |leg| leg.to_id);
        if self.leg.from != end {
            let detail = format!("{} is not where the way ends so far; write {end}", self.leg.from);
            return Err(Problem::field("/from", detail).into());
        }
        if self.leg.to == end {
            return Err(Problem::field("/to", format!("{end} is where the leg starts"))
                .coded(Fault::NotAllowed)
                .into());
        }
        if last.is_some_and(|leg| leg.to_id == consignment.destination_id) {
            let detail = "The way reaches the destination already; divert the leg under way instead.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        known_site(desk, self.leg.to, "/to")?;
        known_organization(desk, self.leg.carrier, "/carrier")?;
        let ordinal = all.iter().map(|leg| leg.ordinal).max().map_or(0, |highest| highest + 1);
        let row = self.leg.row(self.consignment, self.id, ordinal);
        let action = "consignment.leg_added".to_owned();
        let moment = desk.begin(Entry { action, kind: "consignment", id: self.consignment.0, reason: None });
        state_legs(desk, &[(None, row.clone())], moment)?;
        desk.touch(self.id.0);
        desk.touch(self.consignment.0);
        desk.shelf::<Drawer<Leg>>().put(row.clone());
        Ok(row)
    }
}

impl LoadRecord {
    /// A load under an identifier.
    pub fn new(id: LoadId, new: LoadNew, actor: Actor) -> Self {
        Self { id, new, actor }
    }
}

impl Update for LoadRecord {
    type Answer = Load;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Load>>().want(self.id);
        if let Some(reference) = &self.new.reference {
            desk.shelf::<Register<LoadReferences>>().want(reference);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Load, Refusal> {
        let new = &self.new;
        let now = desk.now();
        let row = Load {
            id: self.id,
            reference: new.reference.clone(),
            mode: new.mode.word().to_owned(),
            from_id: new.from,
            to_id: new.to,
            carrier_id: new.carrier,
            document_kind: new.document_kind.clone(),
            document_number: new.document_number.clone(),
            plate: new.plate.clone(),
            seals: new.seals.clone(),
            packages: new.packages,
            gross_weight_g: new.gross_weight_g,
            volume_cm3: new.volume_cm3,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        if let Some(known) = desk.shelf::<Drawer<Load>>().find(self.id)? {
            let row = Load { created_at: known.created_at, updated_at: known.updated_at, ..row };
            if row == *known {
                return Ok(row);
            }
            let detail = format!("The load {} is there already and says something else.", self.id);
            return Err(Problem::new(Code::IdempotencyConflict, detail).at("/id").into());
        }
        check_client_id("/id", new.id.map(|id| id.0))?;
        for (pointer, text) in [
            ("/reference", &new.reference),
            ("/document_kind", &new.document_kind),
            ("/document_number", &new.document_number),
            ("/plate", &new.plate),
            ("/seals", &new.seals),
        ] {
            check_text(pointer, text.as_deref(), REFERENCE_CHARS_MAX)?;
        }
        check_measure("/packages", new.packages)?;
        check_measure("/gross_weight_g", new.gross_weight_g)?;
        check_measure("/volume_cm3", new.volume_cm3)?;
        if new.from == new.to {
            return Err(Problem::field("/to", "is where the load starts").coded(Fault::NotAllowed).into());
        }
        known_site(desk, new.from, "/from")?;
        known_site(desk, new.to, "/to")?;
        known_organization(desk, new.carrier, "/carrier")?;
        if let Some(reference) = &new.reference {
            let register = desk.shelf::<Register<LoadReferences>>();
            register.take(("/reference", "load"), None, Some(reference), self.id)?;
        }
        desk.begin(Entry { action: "load.recorded".to_owned(), kind: "load", id: self.id.0, reason: None });
        desk.touch(self.id.0);
        desk.shelf::<Drawer<Load>>().put(row.clone());
        Ok(row)
    }
}
