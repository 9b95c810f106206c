//! Entering an offer: a pledge with its lines, once.

use super::rules::{PledgeKind, PledgeState};
use super::store::{Pledge, PledgeLine, PledgeReferences};
use crate::atlas::{AreaCode, CountryCode, find_currency};
use crate::core::check::{Check, REFERENCE_CHARS_MAX, WORDS_CHARS_MAX, check_client_id, check_text, taken};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, derived};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::{MAXIMUM, Quantity};
use crate::core::time::Timestamp;
use crate::items::Item;
use crate::items::goods::check_lines;
use crate::ledger::event::clamp;
use crate::ledger::{Book, TitlePasses};
use crate::parties::{Organization, check_named};
use crate::programmes::Programme;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Update, within};
use serde::{Deserialize, Serialize};

/// A pledge as it is offered.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeNew {
    /// Made by the client (UUIDv7); the server makes one if it is left out.
    #[serde(default)]
    pub id: Option<PledgeId>,
    /// What it is for.
    pub programme: ProgrammeId,
    /// Who gives; may be unknown for unsolicited goods and opening stock.
    #[serde(default)]
    pub donor: Option<OrganizationId>,
    /// How it came about; offered if left out.
    #[serde(default)]
    pub kind: PledgeKind,
    /// The donor's or our own number, unique within the programme.
    #[serde(default)]
    pub reference: Option<String>,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether others than who handles the goods may read who gave: `always`, `never`, or from a day on such as
    /// `2027-01-01`; as the donor says where it is left out.
    #[serde(default)]
    pub named: Option<String>,
    /// What is offered.
    pub lines: Vec<PledgeLineNew>,
}

/// A line as it is offered.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeLineNew {
    /// Made by the client (UUIDv7); the server derives one if it is left out.
    #[serde(default)]
    pub id: Option<PledgeLineId>,
    /// What is given.
    pub item: ItemId,
    /// Base units.
    pub quantity: Quantity,
    /// The country it is meant for.
    #[serde(default)]
    pub earmark_country: Option<CountryCode>,
    /// The area inside a country it is meant for, by ISO 3166-2 (GM-B) or P-code (HN10); its country need not be written.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "GM-B")]
    pub earmark_area: Option<AreaCode>,
    /// When title passes; at proof of delivery if left out.
    #[serde(default)]
    pub title_passes: TitlePasses,
    /// Declared value of the whole line.
    #[serde(default)]
    pub value: Option<Money>,
}

impl PledgeLineNew {
    /// The country it is meant for: what is written, else that of its area.
    pub fn country(&self) -> Option<CountryCode> {
        self.earmark_country.or_else(|| self.earmark_area.as_ref().map(AreaCode::country))
    }

    /// Checks that its area lies in its country.
    fn check_earmark(&self, pointer: &str) -> Result<(), Problem> {
        let (Some(country), Some(area)) = (self.earmark_country, &self.earmark_area) else { return Ok(()) };
        if area.country() == country {
            return Ok(());
        }
        let detail = format!("{area} does not lie in {}; write one of its areas", country.as_str());
        Err(Problem::field(format!("{pointer}/earmark_area"), detail))
    }
}

/// An amount of money; amounts in different currencies are never added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the currency's minor unit, such as cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// What it is based on, such as "donor's invoice".
    #[serde(default)]
    pub basis: Option<String>,
}

impl Money {
    /// Checks the amount, the currency and the words beside them.
    ///
    /// # Errors
    /// `invalid`, naming the field.
    pub fn check(&self, pointer: &str) -> Result<(), Problem> {
        if !(0..=MAXIMUM).contains(&self.minor) {
            let detail =
                format!("{} is no amount; write 0 to {MAXIMUM} in the currency's minor unit", self.minor);
            return Err(Problem::field(format!("{pointer}/minor"), detail));
        }
        if let Err(error) = find_currency(&self.currency) {
            return Err(
                Problem::field(format!("{pointer}/currency"), error.to_string()).coded(Fault::NotACode)
            );
        }
        check_text(&format!("{pointer}/basis"), self.basis.as_deref(), WORDS_CHARS_MAX)
    }
}

/// Records an offer.
pub struct PledgeOffer {
    id: PledgeId,
    new: PledgeNew,
    actor: Actor,
    origin: Origin,
}

impl PledgeOffer {
    /// An offer under an identifier.
    pub fn new(id: PledgeId, new: PledgeNew, actor: Actor) -> Self {
        Self { id, new, actor, origin: Origin::Client }
    }

    /// The same out of a file, whose identifiers may be made by a program of ours.
    pub fn out_of_a_file(id: PledgeId, new: PledgeNew, actor: Actor) -> Self {
        Self { origin: Origin::File, ..Self::new(id, new, actor) }
    }

    /// Under which identifier.
    pub fn id(&self) -> PledgeId {
        self.id
    }

    /// What is offered.
    pub fn offered(&self) -> &PledgeNew {
        &self.new
    }

    fn check(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        let new = &self.new;
        self.origin.check_count(new.lines.len())?;
        if new.kind == PledgeKind::Surplus {
            return Err(Problem::field(
                "/kind",
                "\"surplus\" pledges are opened by receipts and counts only",
            ));
        }
        if new.kind == PledgeKind::Offered && new.donor.is_none() {
            return Err(Problem::field(
                "/donor",
                "is missing; only unsolicited or opening goods may have none",
            )
            .coded(Fault::Required));
        }
        self.origin.check_id("/id", new.id.map(|id| id.0))?;
        check_text("/reference", new.reference.as_deref(), REFERENCE_CHARS_MAX)?;
        let mut check = Check::new();
        check_named(&mut check, "/named", new.named.as_deref());
        check.finish()?;
        check_text("/note", new.note.as_deref(), WORDS_CHARS_MAX)?;
        for (index, line) in new.lines.iter().enumerate() {
            self.origin.check_id(&format!("/lines/{index}/id"), line.id.map(|id| id.0))?;
            line.check_earmark(&format!("/lines/{index}"))?;
            if line.quantity.is_zero() {
                let detail = "0 offers nothing; write at least 1 base unit";
                let problem = Problem::field(format!("/lines/{index}/quantity"), detail);
                return Err(problem.coded(Fault::TooSmall).at_least(1));
            }
            if let Some(value) = &line.value {
                value.check(&format!("/lines/{index}/value"))?;
            }
        }
        let currencies: Vec<&str> = new
            .lines
            .iter()
            .filter_map(|line| line.value.as_ref())
            .map(|value| value.currency.as_str())
            .collect();
        if let Some(index) = currencies.iter().position(|currency| *currency != currencies[0]) {
            let detail = format!(
                "{} stands beside {}; a pledge is valued in one currency",
                currencies[index], currencies[0]
            );
            return Err(Problem::field("/lines", detail).coded(Fault::OneOfTwo));
        }
        clamp(new.offered_at, now).map_err(|mut problem| {
            for error in &mut problem.errors {
                error.pointer = "/offered_at".to_owned();
            }
            problem
        })
    }

    /// Whether everything the offer names is known here.
    fn check_names(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let unknown = |pointer: String, what: &str, id: uuid::Uuid| {
            Problem::field(pointer, format!("{id} is no {what} known here; create it first"))
                .coded(Fault::Unknown)
        };
        if desk.shelf::<Drawer<Programme>>().find(self.new.programme)?.is_none() {
            return Err(unknown("/programme".to_owned(), "programme", self.new.programme.0).into());
        }
        if let Some(donor) = self.new.donor
            && desk.shelf::<Drawer<Organization>>().find(donor)?.is_none()
        {
            return Err(unknown("/donor".to_owned(), "organization", donor.0).into());
        }
        for (index, line) in self.new.lines.iter().enumerate() {
            if desk.shelf::<Drawer<Item>>().find(line.item)?.is_none() {
                return Err(unknown(format!("/lines/{index}/item"), "item", line.item.0).into());
            }
        }
        Ok(())
    }

    fn rows(&self, offered_at: Timestamp, now: Timestamp) -> (Pledge, Vec<PledgeLine>) {
        let new = &self.new;
        let pledge = Pledge {
            id: self.id,
            programme_id: new.programme,
            donor_id: new.donor,
            kind: new.kind.word().to_owned(),
            state: PledgeState::Offered.word().to_owned(),
            reference: new.reference.clone(),
            offered_at,
            note: new.note.clone(),
            reason: None,
            link_hash: None,
            revision: 1,
            created_at: now,
            updated_at: now,
            named: new.named.clone(),
        };
        let lines = new.lines.iter().enumerate().map(|(index, line)| PledgeLine {
            id: line.id.unwrap_or_else(|| derived(self.id.0, "pledge line", index as u64)),
            pledge_id: self.id,
            ordinal: index as i64,
            item_id: line.item,
            offered: line.quantity.get(),
            accepted: 0,
            earmark_country: line.country().map(|country| country.as_str().to_owned()),
            title_passes: line.title_passes.word().to_owned(),
            value_minor: line.value.as_ref().map(|value| value.minor),
            currency: line.value.as_ref().map(|value| value.currency.clone()),
            value_basis: line.value.as_ref().and_then(|value| value.basis.clone()),
            earmark_area: line.earmark_area.as_ref().map(ToString::to_string),
        });
        (pledge, lines.collect())
    }
}

/// Where an offer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Somebody's program, which makes identifiers of version 7.
    Client,
    /// A file of records: identifiers in it may have been derived, and a table of deliveries may have made a pledge of more
    /// lines than anybody posts.
    File,
}

impl Origin {
    fn check_id(self, pointer: &str, id: Option<uuid::Uuid>) -> Result<(), Problem> {
        match self {
            Self::Client => check_client_id(pointer, id),
            Self::File => Ok(()),
        }
    }

    fn check_count(self, lines: usize) -> Result<(), Problem> {
        match self {
            Self::File if lines > 0 => Ok(()),
            Self::Client | Self::File => check_lines(lines),
        }
    }
}

/// Whether two offers say the same, apart from what was decided since.
fn is_same(
    known: &Pledge,
    lines: &[std::sync::Arc<PledgeLine>],
    new: &Pledge,
    new_lines: &[PledgeLine],
) -> bool {
    let mut sorted: Vec<&PledgeLine> =
        lines.iter().map(AsRef::as_ref).filter(|line| line.is_offered()).collect();
    sorted.sort_by_key(|line| line.ordinal);
    let pledge = Pledge {
        state: known.state.clone(),
        reason: known.reason.clone(),
        link_hash: known.link_hash.clone(),
        named: known.named.clone(),
        revision: known.revision,
        created_at: known.created_at,
        updated_at: known.updated_at,
        ..new.clone()
    };
    pledge == *known
        && sorted.len() == new_lines.len()
        && sorted
            .iter()
            .zip(new_lines)
            .all(|(known, new)| PledgeLine { accepted: known.accepted, ..new.clone() } == as_offered(known))
}

/// A line as whoever offers it would say it: a currency without an amount says nothing.
fn as_offered(line: &PledgeLine) -> PledgeLine {
    let mut line = line.clone();
    if line.value_minor.is_none() {
        (line.currency, line.value_basis) = (None, None);
    }
    line
}

/// Takes the pledge's reference, unless another pledge of the programme has it.
fn take_reference(desk: &mut Desk, pledge: &Pledge) -> Result<(), Refusal> {
    let Some(reference) = &pledge.reference else { return Ok(()) };
    let register = desk.shelf::<Register<PledgeReferences>>();
    let text = within(pledge.programme_id, reference);
    if let Some(holder) = register.holder(&text)? {
        return Err(taken("/reference", "pledge", reference, holder).into());
    }
    register.assign(&text, Some(pledge.id));
    Ok(())
}

impl Update for PledgeOffer {
    type Answer = (Pledge, Vec<PledgeLine>);

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Pledge>>().want(self.id);
        desk.shelf::<Drawer<PledgeLine>>().want_group(self.id);
        desk.shelf::<Drawer<Programme>>().want(self.new.programme);
        for line in &self.new.lines {
            desk.shelf::<Drawer<Item>>().want(line.item);
        }
        if let Some(donor) = self.new.donor {
            desk.shelf::<Drawer<Organization>>().want(donor);
        }
        if let Some(reference) = &self.new.reference {
            desk.shelf::<Register<PledgeReferences>>().want(&within(self.new.programme, reference));
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
        let now = desk.now();
        let known = desk.shelf::<Drawer<Pledge>>().find(self.id)?;
        let known_lines = desk.shelf::<Drawer<PledgeLine>>().group(self.id)?;
        if let Some(known) = known {
            // A clock that was ahead was taken as ours then; it is taken as the same moment again.
            let (pledge, lines) = self.rows(self.new.offered_at.min(known.created_at), now);
            if is_same(&known, &known_lines, &pledge, &lines) {
                let lines = known_lines.iter().map(|line| line.as_ref().clone()).collect();
                return Ok((known.as_ref().clone(), lines));
            }
            let detail = format!("The pledge {} is there already and says something else.", self.id);
            return Err(Problem::new(Code::IdempotencyConflict, detail).at("/id").into());
        }
        let offered_at = self.check(now)?;
        self.check_names(desk)?;
        let (pledge, lines) = self.rows(offered_at, now);
        take_reference(desk, &pledge)?;
        desk.begin(Entry {
            action: "pledge.offered".to_owned(),
            kind: "pledge",
            id: self.id.0,
            reason: None,
        });
        desk.shelf::<Drawer<Pledge>>().put(pledge.clone());
        // All are asked for before the first is missed.
        for line in &lines {
            desk.shelf::<Drawer<PledgeLine>>().want(line.id);
        }
        for line in &lines {
            if desk.shelf::<Drawer<PledgeLine>>().find(line.id)?.is_some() {
                let detail = format!("The pledge line {} is there already; make a new id.", line.id);
                return Err(Problem::new(Code::Duplicate, detail).at("/lines").into());
            }
            desk.shelf::<Book>().know_line(line.facts(&pledge));
            desk.shelf::<Drawer<PledgeLine>>().put(line.clone());
            desk.touch(line.id.0);
        }
        desk.touch(self.id.0);
        Ok((pledge, lines))
    }
}
