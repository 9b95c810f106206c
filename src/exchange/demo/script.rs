//! A story to be told to the ledger: what there is, then what happened, all with identifiers derived from
//! what things are called, so that telling it again changes nothing.

use super::super::apply::{Namespace, Recorder, Settle, SettleConsignment, SettlePack, SettlePledge};
use super::super::restate::StatementsRestate;
use super::decided::{By, Tell};
use crate::baselines::Draft as _;
use crate::consignments::rules::Mode;
use crate::consignments::{Consignment, Leg};
use crate::core::check::Check;
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
    derived,
};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, Second};
use crate::items::rules::StorageClass;
use crate::items::{Item, Pack, pack_id};
use crate::ledger::TitlePasses;
use crate::needs::{NeedDraft, NeedRow, NeedsRestate};
use crate::parties::Organization;
use crate::pledges::rules::{PledgeKind, PledgeState};
use crate::pledges::{Pledge, PledgeLine};
use crate::programmes::{Programme, ReportedFigureAdd};
use crate::reach::{Headcount, HeadcountDraft};
use crate::sites::{Site, SiteKind};
use crate::writer::{Actor, Update};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The writer puts its own time here.
const UNRECORDED: Timestamp = Timestamp(0);

/// Something that happened, and when it was told: later news may be of earlier things.
struct Told {
    at: Timestamp,
    command: Command,
    by: By,
}

/// The story so far.
pub struct Script {
    names: Namespace,
    actor: Arc<Actor>,
    programmes: Vec<Programme>,
    figures: Vec<ReportedFigureAdd>,
    organizations: Vec<Organization>,
    sites: Vec<Site>,
    items: Vec<Item>,
    packs: Vec<Pack>,
    pledges: Vec<(Pledge, Vec<PledgeLine>)>,
    consignments: Vec<(Consignment, Vec<Leg>)>,
    events: Vec<Told>,
    needs: Vec<NeedRow>,
    headcounts: Vec<HeadcountDraft>,
}

/// What an organization does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Gives and sends.
    Gives,
    /// Receives.
    Receives,
    /// Carries, or runs a hub.
    Carries,
}

/// A line of a pledge in the making.
#[derive(Clone, Debug)]
pub struct Gift {
    /// The item.
    pub item: ItemId,
    /// Base units.
    pub quantity: i64,
    /// The country it is meant for.
    pub earmark: Option<String>,
    /// Declared value in cents of US dollars.
    pub value_cents: Option<i64>,
}

/// A pledge in the making.
pub struct Promise<'a> {
    /// Its reference.
    pub reference: &'a str,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Who gives.
    pub donor: Option<OrganizationId>,
    /// How it came about.
    pub kind: PledgeKind,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// In words.
    pub note: Option<String>,
    /// When title passes.
    pub title_passes: TitlePasses,
    /// Its lines.
    pub gifts: Vec<Gift>,
}

/// A consignment in the making.
pub struct Journey<'a> {
    /// Its reference.
    pub reference: &'a str,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Who sends.
    pub consignor: OrganizationId,
    /// Who receives.
    pub consignee: OrganizationId,
    /// Who carries.
    pub carrier: Option<OrganizationId>,
    /// Every stop, the first and the last too.
    pub stops: &'a [SiteId],
    /// How it goes from each stop to the next.
    pub modes: &'a [Mode],
    /// When it should be at its end.
    pub planned_arrival: Option<Timestamp>,
}

impl Script {
    /// An empty story; `name` keeps its identifiers apart from other stories'.
    pub fn new(name: &str, actor: Actor) -> Self {
        Self {
            names: Namespace::of(name),
            actor: Arc::new(actor),
            programmes: Vec::new(),
            figures: Vec::new(),
            organizations: Vec::new(),
            sites: Vec::new(),
            items: Vec::new(),
            packs: Vec::new(),
            pledges: Vec::new(),
            consignments: Vec::new(),
            events: Vec::new(),
            needs: Vec::new(),
            headcounts: Vec::new(),
        }
    }

    /// The actor of the story.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// A programme.
    pub fn programme(
        &mut self,
        code: &str,
        name: &str,
        synthetic: bool,
        focus_areas: &[&str],
    ) -> ProgrammeId {
        let id = self.names.id("programme", code);
        self.programmes.push(Programme {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            sensitive: false,
            synthetic,
            focus_areas: Value::from(focus_areas.to_vec()).to_string(),
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
            // A demonstration is for everybody to look at.
            published_at: Some(UNRECORDED),
        });
        id
    }

    /// A figure others reported.
    pub fn figure(&mut self, figure: ReportedFigureAdd) {
        self.figures.push(figure);
    }

    /// An organization.
    pub fn organization(
        &mut self,
        reference: &str,
        name: &str,
        country: Option<&str>,
        does: Does,
    ) -> OrganizationId {
        let id = self.names.id("organization", reference);
        if let Some(known) = self.organizations.iter_mut().find(|one| one.id == id) {
            known.is_donor |= does == Does::Gives;
            known.is_consignor |= does == Does::Gives;
            known.is_consignee |= does == Does::Receives;
            return id;
        }
        self.organizations.push(Organization {
            id,
            name: name.to_owned(),
            reference: Some(reference.to_owned()),
            country: country.map(str::to_owned),
            is_donor: does == Does::Gives,
            is_consignor: does == Does::Gives,
            is_consignee: does == Does::Receives,
            is_carrier: does == Does::Carries,
            is_partner: false,
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
            named: None,
        });
        id
    }

    /// A site; coordinates in degrees north and east.
    pub fn site(
        &mut self,
        code: &str,
        name: &str,
        kind: SiteKind,
        country: &str,
        position: Option<(f64, f64)>,
        operator: Option<OrganizationId>,
    ) -> SiteId {
        let id = self.names.id("site", code);
        if self.sites.iter().any(|one| one.id == id) {
            return id;
        }
        self.sites.push(Site {
            id,
            code: Some(code.to_owned()),
            name: name.to_owned(),
            kind: kind.word().to_owned(),
            country: country.to_owned(),
            latitude: position.map(|(north, _)| north),
            longitude: position.map(|(_, east)| east),
            locode: None,
            area_code: None,
            operator_id: operator,
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
        });
        id
    }

    /// An item counted in pieces, with its packs.
    pub fn item(&mut self, code: &str, name: &str, category: &str, packs: &[(&str, i64)]) -> ItemId {
        let id: ItemId = self.names.id("item", code);
        if self.items.iter().any(|one| one.id == id) {
            return id;
        }
        self.items.push(Item {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            base_unit: "piece".to_owned(),
            category: category.to_owned(),
            sector: Some("health".to_owned()),
            hs_code: None,
            shelf_life_days: None,
            storage_class: StorageClass::default().word().to_owned(),
            standard_kind: None,
            standard_quantity: None,
            standard_persons: None,
            standard_days: None,
            standard_thousandths: None,
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
        });
        self.packs.extend(packs.iter().map(|(name, pieces)| Pack {
            id: pack_id(id, name),
            item_id: id,
            name: (*name).to_owned(),
            numerator: *pieces,
            denominator: 1,
            gross_weight_g: None,
            length_mm: None,
            width_mm: None,
            height_mm: None,
        }));
        id
    }

    /// A pledge, offered.
    pub fn pledge(&mut self, promise: Promise<'_>) -> (PledgeId, Vec<PledgeLineId>) {
        let id: PledgeId = self.names.id("pledge", promise.reference);
        let row = Pledge {
            id,
            programme_id: promise.programme,
            donor_id: promise.donor,
            kind: promise.kind.word().to_owned(),
            state: PledgeState::Offered.word().to_owned(),
            reference: Some(promise.reference.to_owned()),
            offered_at: promise.offered_at,
            note: promise.note,
            reason: None,
            link_hash: None,
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
            named: None,
        };
        let lines = promise.gifts.into_iter().enumerate().map(|(index, gift)| PledgeLine {
            id: derived(id.0, "line", index as u64),
            pledge_id: id,
            ordinal: index as i64,
            item_id: gift.item,
            offered: gift.quantity,
            accepted: 0,
            earmark_country: gift.earmark,
            title_passes: promise.title_passes.word().to_owned(),
            value_minor: gift.value_cents,
            currency: gift.value_cents.map(|_| "USD".to_owned()),
            value_basis: gift.value_cents.map(|_| "as published".to_owned()),
            earmark_area: None,
        });
        let lines: Vec<PledgeLine> = lines.collect();
        let ids = lines.iter().map(|line| line.id).collect();
        self.pledges.push((row, lines));
        (id, ids)
    }

    /// A consignment with its legs, planned.
    pub fn consignment(&mut self, journey: &Journey<'_>) -> (ConsignmentId, Vec<LegId>) {
        let id: ConsignmentId = self.names.id("consignment", journey.reference);
        let (origin, destination) = match journey.stops {
            [first, .., last] => (*first, *last),
            [only] => (*only, *only),
            [] => (SiteId(id.0), SiteId(id.0)),
        };
        let ways = journey.stops.windows(2).zip(journey.modes).enumerate();
        let last = journey.modes.len().saturating_sub(1);
        let legs = ways.map(|(index, (ends, mode))| Leg {
            id: derived(id.0, "leg", index as u64),
            consignment_id: id,
            ordinal: index as i64,
            mode: mode.word().to_owned(),
            from_id: ends[0],
            to_id: ends[1],
            carrier_id: journey.carrier,
            planned_departure: None,
            planned_arrival: journey.planned_arrival.filter(|_| index == last),
            received_final: false,
            superseded: false,
        });
        let legs: Vec<Leg> = legs.collect();
        let ids = legs.iter().map(|leg| leg.id).collect();
        let row = Consignment {
            id,
            programme_id: journey.programme,
            reference: Some(journey.reference.to_owned()),
            tracking_code: String::new(),
            consignor_id: Some(journey.consignor),
            consignee_id: journey.consignee,
            origin_id: origin,
            destination_id: destination,
            parent_id: None,
            cancelled: false,
            gross_weight_g: None,
            freight_minor: None,
            freight_currency: None,
            freight_note: None,
            value_minor: None,
            value_currency: None,
            value_basis: None,
            revision: 1,
            created_at: UNRECORDED,
            updated_at: UNRECORDED,
        };
        self.consignments.push((row, legs));
        (id, ids)
    }

    /// The identifier of the event with this key.
    pub fn event_id(&self, key: &str) -> EventId {
        self.names.id("event", key)
    }

    /// Something happened and was told at once.
    ///
    /// # Errors
    /// Where the details are not those of the kind.
    pub fn event(
        &mut self,
        key: &str,
        (at, precision): (Timestamp, Precision),
        kind: &str,
        details: Value,
    ) -> Outcome<()> {
        self.event_told(key, at, (at, precision), kind, details)
    }

    /// Something happened and was told at another time.
    ///
    /// # Errors
    /// Where the details are not those of the kind.
    pub fn event_told(
        &mut self,
        key: &str,
        told_at: Timestamp,
        (at, precision): (Timestamp, Precision),
        kind: &str,
        details: Value,
    ) -> Outcome<()> {
        let Value::Object(mut members) = details else {
            return Err(Problem::internal("details of an event are an object"));
        };
        members.extend(common(self.event_id(key), at, precision, kind));
        let command = Command::read_recorded(Value::Object(members))
            .map_err(|problem| Problem::internal(format!("{key}: {problem}: {:?}", problem.errors)))?;
        // What nobody decides alone, two do.
        let by = if command.kind.second() == Second::Always { By::Both } else { By::Teller };
        self.events.push(Told { at: told_at, command, by });
        Ok(())
    }

    /// Something is needed.
    ///
    /// # Errors
    /// Where it could not be stated by hand.
    pub fn need(&mut self, key: &str, draft: &NeedDraft) -> Outcome<()> {
        let (draft, place) = draft.checked()?;
        self.needs.push(NeedRow { id: self.names.id("need", key), draft, place });
        Ok(())
    }

    /// Somebody counted people.
    ///
    /// # Errors
    /// Where it could not be stated by hand.
    pub fn headcount(&mut self, draft: &HeadcountDraft) -> Outcome<()> {
        let mut check = Check::new();
        self.headcounts.push(draft.normal(&mut check, ""));
        check.finish()
    }

    /// Leaves what was told last for somebody to decide.
    pub fn leave_open(&mut self) {
        if let Some(last) = self.events.last_mut() {
            last.by = By::One;
        }
    }

    /// Tells the story, in the order things were told.
    ///
    /// # Errors
    /// The first thing the ledger refuses: a story is consistent or it is not told.
    pub fn play(mut self, recorder: &mut Recorder, done: &mut dyn FnMut(usize)) -> Outcome<()> {
        let actor = &self.actor;
        settle(recorder, done, self.programmes, |wanted| Settle { actor: Arc::clone(actor), wanted })?;
        settle(recorder, done, self.figures, |figure| figure)?;
        settle(recorder, done, self.organizations, |wanted| Settle { actor: Arc::clone(actor), wanted })?;
        settle(recorder, done, self.sites, |wanted| Settle { actor: Arc::clone(actor), wanted })?;
        settle(recorder, done, self.items, |wanted| Settle { actor: Arc::clone(actor), wanted })?;
        settle(recorder, done, self.packs, |wanted| SettlePack { actor: Arc::clone(actor), wanted })?;
        settle(recorder, done, self.pledges, |(wanted, lines)| SettlePledge {
            actor: Arc::clone(actor),
            wanted,
            lines,
        })?;
        settle(recorder, done, self.consignments, |(wanted, legs)| SettleConsignment {
            actor: Arc::clone(actor),
            wanted,
            legs,
        })?;
        self.events.sort_by_key(|told| told.at);
        settle(recorder, done, self.events, |told| Tell::new(told.command, actor, told.by))?;
        let actor = Actor::clone(actor);
        let restated = recorder.record(NeedsRestate { actor: actor.clone(), rows: self.needs })?;
        restated.into_iter().collect::<Outcome<Vec<_>>>()?;
        let parent = self.headcounts.first().map(|draft| draft.programme.0).unwrap_or_default();
        recorder.record(StatementsRestate::<Headcount> { actor, parent, rows: self.headcounts }).map(drop)
    }
}

fn common(id: EventId, at: Timestamp, precision: Precision, kind: &str) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("id".to_owned(), id.to_string().into());
    members.insert("kind".to_owned(), kind.into());
    members.insert("occurred_at".to_owned(), at.to_string().into());
    members.insert("precision".to_owned(), precision.word().into());
    members
}

fn settle<T, U: Update>(
    recorder: &mut Recorder,
    done: &mut dyn FnMut(usize),
    things: Vec<T>,
    update: impl Fn(T) -> U,
) -> Outcome<()> {
    let updates: Vec<U> = things.into_iter().map(update).collect();
    for (index, answer) in recorder.record_all(updates, done)?.into_iter().enumerate() {
        answer.map_err(|problem| {
            let words = format!("thing {index} of a demonstration was refused: {problem}");
            Problem::internal(words)
        })?;
    }
    Ok(())
}
