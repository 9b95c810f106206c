//! The records of a plan as rows of the ledger, with identifiers that come out the same each time.

use crate::consignments::{Consignment, Leg};
use crate::core::id::{
    ConsignmentId, Identifier, ItemId, LegId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
    derived,
};
use crate::core::time::Timestamp;
use crate::exchange::plan::{
    Attributes, ConsignmentPlan, Figure, ItemPlan, Money, OrganizationPlan, PackPlan, PledgeLinePlan,
    ProgrammePlan, SitePlan,
};
use crate::exchange::references::OrganizationRole;
use crate::exchange::value::Decimal;
use crate::items::rules::StorageClass;
use crate::items::{Item, Pack, pack_id};
use crate::ledger::TitlePasses;
use crate::parties::Organization;
use crate::pledges::PledgeLine;
use crate::programmes::Programme;
use crate::sites::Site;
use crate::sites::rules::COUNTRY_NOT_STATED;
use uuid::Uuid;

/// What an item is filed under where the table says nothing.
pub(super) const CATEGORY_NOT_STATED: &str = "not stated";
/// When something was recorded is the writer's to say.
const UNRECORDED: Timestamp = Timestamp(0);

/// The identifiers of one mapping: derived from what the file calls things.
#[derive(Clone, Copy, Debug)]
pub struct Namespace(Uuid);

impl Namespace {
    /// The identifiers of the mapping of this name.
    pub fn of(mapping: &str) -> Self {
        let OrganizationId(namespace) = derived(Uuid::nil(), &format!("import:{mapping}"), 0);
        Self(namespace)
    }

    /// The identifier of a record; `kind` keeps an item and a site of one reference apart.
    pub fn id<T: Identifier>(self, kind: &str, reference: &str) -> T {
        derived(self.0, &format!("{kind}:{reference}"), 0)
    }
}

/// The row of a programme. What comes out of files of deliveries is neither sensitive nor invented.
pub fn programme(names: Namespace, plan: &ProgrammePlan) -> Programme {
    Programme {
        id: names.id::<ProgrammeId>("programme", &plan.reference),
        code: plan.reference.clone(),
        name: plan.name.clone(),
        sensitive: false,
        synthetic: false,
        focus_areas: "[]".to_owned(),
        revision: 1,
        created_at: UNRECORDED,
        updated_at: UNRECORDED,
        published_at: None,
    }
}

/// The row of an organization.
pub fn organization(names: Namespace, plan: &OrganizationPlan) -> Organization {
    let does = |role| plan.roles.contains(&role);
    Organization {
        id: names.id("organization", &plan.reference),
        name: plan.name.clone(),
        reference: Some(plan.reference.clone()),
        country: plan.country.clone(),
        is_donor: does(OrganizationRole::Donor),
        is_consignor: does(OrganizationRole::Consignor),
        is_consignee: does(OrganizationRole::Consignee),
        is_carrier: does(OrganizationRole::Carrier),
        is_partner: does(OrganizationRole::Partner),
        revision: 1,
        created_at: UNRECORDED,
        updated_at: UNRECORDED,
        named: None,
    }
}

/// The row of a site.
pub fn site(names: Namespace, plan: &SitePlan) -> Site {
    Site {
        id: names.id("site", &plan.reference),
        code: Some(plan.reference.clone()),
        name: plan.name.clone(),
        kind: plan.kind.word().to_owned(),
        country: plan.country.clone().unwrap_or_else(|| COUNTRY_NOT_STATED.to_owned()),
        latitude: plan.coordinates.map(|place| degrees(place.latitude)),
        longitude: plan.coordinates.map(|place| degrees(place.longitude)),
        locode: plan.locode.clone(),
        area_code: None,
        operator_id: None,
        revision: 1,
        created_at: UNRECORDED,
        updated_at: UNRECORDED,
    }
}

fn degrees(exact: Decimal) -> f64 {
    let (numerator, denominator) = exact.fraction();
    numerator as f64 / denominator as f64
}

/// The row of an item.
pub fn item(names: Namespace, plan: &ItemPlan) -> Item {
    Item {
        id: names.id::<ItemId>("item", &plan.reference),
        code: plan.reference.clone(),
        name: plan.name.clone(),
        base_unit: plan.base_unit.clone(),
        category: plan.category.clone().unwrap_or_else(|| CATEGORY_NOT_STATED.to_owned()),
        sector: plan.sector.clone(),
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
    }
}

/// The row of a pack of an item.
pub fn pack(item: ItemId, plan: &PackPlan) -> Pack {
    Pack {
        id: pack_id(item, &plan.name),
        item_id: item,
        name: plan.name.clone(),
        numerator: plan.numerator,
        denominator: plan.denominator,
        gross_weight_g: None,
        length_mm: None,
        width_mm: None,
        height_mm: None,
    }
}

/// The row of a line of a pledge.
pub fn pledge_line(
    names: Namespace,
    pledge: PledgeId,
    item: ItemId,
    title_passes: Option<TitlePasses>,
    plan: &PledgeLinePlan,
) -> PledgeLine {
    let basis = plan.price.as_ref().map(|price| format!("as published, {} each", amount(price)));
    PledgeLine {
        id: names.id::<PledgeLineId>("pledge line", &plan.reference),
        pledge_id: pledge,
        ordinal: 0,
        item_id: item,
        offered: plan.quantity,
        accepted: 0,
        earmark_country: None,
        title_passes: title_passes.unwrap_or_default().word().to_owned(),
        value_minor: plan.value.as_ref().map(|value| value.minor),
        currency: plan.value.as_ref().map(|value| value.currency.clone()),
        value_basis: basis.or_else(|| plan.value.as_ref().map(|_| "as published".to_owned())),
        earmark_area: None,
    }
}

/// An amount with its currency, in words.
fn amount(money: &Money) -> String {
    let unit = 10_i64.pow(u32::from(money.digits.min(18)));
    let (whole, rest) = (money.minor / unit, (money.minor % unit).abs());
    if money.digits == 0 {
        return format!("{} {whole}", money.currency);
    }
    format!("{} {whole}.{rest:0width$}", money.currency, width = usize::from(money.digits))
}

/// Who and where a consignment is about, by identifier.
pub struct Ends {
    /// The programme.
    pub programme: ProgrammeId,
    /// Who sends.
    pub consignor: OrganizationId,
    /// Who receives.
    pub consignee: OrganizationId,
    /// Who carries.
    pub carrier: Option<OrganizationId>,
    /// From and to of each leg.
    pub sites: Vec<(SiteId, SiteId)>,
}

/// The rows of a consignment and its legs; none where it has no leg.
pub fn consignment(names: Namespace, ends: &Ends, plan: &ConsignmentPlan) -> Option<(Consignment, Vec<Leg>)> {
    let id: ConsignmentId = names.id("consignment", &plan.reference);
    let (origin, _) = *ends.sites.first()?;
    let (_, destination) = *ends.sites.last()?;
    let expected = plan.expected.map(|date| Timestamp(date.unix_microseconds()));
    let last = plan.legs.len() - 1;
    let legs = plan.legs.iter().zip(&ends.sites).enumerate().map(|(index, (leg, (from, to)))| Leg {
        id: derived::<LegId>(id.0, "leg", index as u64),
        consignment_id: id,
        ordinal: index as i64,
        mode: leg.mode.word().to_owned(),
        from_id: *from,
        to_id: *to,
        carrier_id: ends.carrier,
        planned_departure: None,
        planned_arrival: expected.filter(|_| index == last),
        received_final: false,
        superseded: false,
    });
    let currency = plan.charges.as_ref().map(|charges| charges.currency.clone());
    let row = Consignment {
        id,
        programme_id: ends.programme,
        reference: Some(plan.reference.clone()),
        tracking_code: String::new(),
        consignor_id: Some(ends.consignor),
        consignee_id: ends.consignee,
        origin_id: origin,
        destination_id: destination,
        parent_id: None,
        cancelled: false,
        gross_weight_g: plan.weight_grams.known,
        freight_minor: plan.freight.known,
        freight_currency: currency.filter(|_| plan.freight.known.is_some()),
        freight_note: freight_note(plan),
        value_minor: plan.declared_value.as_ref().map(|value| value.minor),
        value_currency: plan.declared_value.as_ref().map(|value| value.currency.clone()),
        value_basis: plan.declared_value.as_ref().map(|_| "as published, sum of its lines".to_owned()),
        revision: 1,
        created_at: UNRECORDED,
        updated_at: UNRECORDED,
    };
    Some((row, legs.collect()))
}

/// What stands where weight, freight and insurance would, in the words of the file.
fn freight_note(plan: &ConsignmentPlan) -> Option<String> {
    let mut words = Vec::new();
    let mut say = |what: &str, figure: &Figure| {
        for word in &figure.unknown_words {
            words.push(format!("{what}: {word}"));
        }
    };
    say("weight", &plan.weight_grams);
    say("freight", &plan.freight);
    if let (Some(minor), Some(charges)) = (plan.insurance.known, &plan.charges) {
        let insurance = Money { minor, digits: charges.digits, currency: charges.currency.clone() };
        words.push(format!("insurance: {}", amount(&insurance)));
    }
    words.extend(facts(&plan.attributes));
    if words.is_empty() { None } else { Some(words.join("; ")) }
}

/// Further facts as words.
fn facts(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let words: Vec<String> = attributes.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    Some(words.join("; "))
}

/// A note of the further facts of a pledge.
pub fn note(attributes: &Attributes) -> Option<String> {
    facts(attributes)
}
