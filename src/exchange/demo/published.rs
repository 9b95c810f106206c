//! The published facts of the Cities Project 2020: what was reported about it, and the gifts that were
//! named, each in the last state that was published.
//!
//! A gift without a published quantity is a pledge without a line. Totals that repeat named gifts are not
//! recorded as goods at all. Places and dates that were not published are not invented: such a place says
//! so in its name, and what must have happened before the published state is marked as inferred.

use super::script::{Does, Gift, Journey, Promise, Script};
use crate::atlas::{CitiesProject, DatePrecision, GiftKind, GiftState, NamedGift, cities_project};
use crate::consignments::rules::Mode;
use crate::core::id::{OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::ledger::TitlePasses;
use crate::pledges::rules::PledgeKind;
use crate::programmes::ReportedFigureAdd;
use crate::programmes::rules::{Qualifier, ReportedFigureDraft};
use crate::sites::SiteKind;
use crate::sites::rules::COUNTRY_NOT_STATED;
use serde_json::json;

/// The code of the programme of published facts.
pub const PROGRAMME_CODE: &str = "CITIES-2020";
const PROGRAMME_NAME: &str = "Cities Project 2020 of the UN Office for South-South Cooperation, as published";
/// The figure the named gifts are compared with.
const HEADLINE: &str = "masks deployed";

/// What was reported of masks, what named gifts add up to, and what they leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Masks reported as deployed.
    pub reported: u64,
    /// Masks of gifts that were named in public.
    pub named: u64,
}

impl Gap {
    /// The gap in words. It is shown and never spread over anything.
    pub fn words(self) -> String {
        format!(
            "Reported: over {} masks. Gifts named in public: {} masks. Not named: {} masks; nobody published \
             whose they were or where they went, so they are in no total here.",
            grouped(self.reported),
            grouped(self.named),
            grouped(self.reported.saturating_sub(self.named))
        )
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

fn facts() -> Outcome<&'static CitiesProject> {
    cities_project().map_err(|error| Problem::internal(error.to_string()))
}

/// The gap between the published total of masks and the named gifts.
///
/// # Errors
/// `internal` where the embedded facts cannot be read.
pub fn gap() -> Outcome<Gap> {
    let facts = facts()?;
    let headline = facts.highlights.iter().find(|figure| &*figure.figure == HEADLINE);
    let reported = headline.map_or(0, |figure| figure.value);
    Ok(Gap { reported, named: facts.named_masks() })
}

/// Tells the published facts.
///
/// # Errors
/// `internal` where the embedded facts cannot be read.
pub(super) fn tell(script: &mut Script) -> Outcome<()> {
    let facts = facts()?;
    let areas: Vec<&str> = facts.focus_areas.iter().map(|area| &*area.name).collect();
    let programme = script.programme(PROGRAMME_CODE, PROGRAMME_NAME, false, &areas);
    for figure in &facts.highlights {
        let qualifier = figure.qualifier.as_deref().and_then(Qualifier::from_word);
        let draft = ReportedFigureDraft {
            section: figure.section.to_string(),
            figure: figure.figure.to_string(),
            value: i64::try_from(figure.value).unwrap_or(i64::MAX),
            qualifier,
            unit: figure.unit.to_string(),
            as_of: figure.as_of.to_string(),
            source: figure.source.to_string(),
        };
        script.figure(ReportedFigureAdd::new(script.actor().clone(), programme, &draft)?);
    }
    let gifts = facts.gifts.iter().filter(|gift| gift.kind == GiftKind::Gift);
    for (index, gift) in gifts.enumerate() {
        tell_gift(script, programme, index, gift)?;
    }
    Ok(())
}

/// The first moment of the day or month a gift is dated by, and which of the two.
fn dated(gift: &NamedGift) -> Outcome<(Timestamp, Precision)> {
    let (day, precision): (String, Precision) = match gift.date_precision {
        DatePrecision::Day => (gift.date.to_string(), Precision::Day),
        DatePrecision::Month => (format!("{}-01", gift.date), Precision::Month),
    };
    let at = Timestamp::parse(&day)
        .ok_or_else(|| Problem::internal(format!("the date {day:?} of a gift cannot be read")))?;
    Ok((at, precision))
}

fn tell_gift(script: &mut Script, programme: ProgrammeId, index: usize, gift: &NamedGift) -> Outcome<()> {
    let (at, precision) = dated(gift)?;
    let donor =
        script.organization(&format!("cities-2020:donor:{}", gift.donor), &gift.donor, None, Does::Gives);
    let gifts: Vec<Gift> = given(script, gift).into_iter().collect();
    let reference = format!("CITIES-2020/{:02}", index + 1);
    let (pledge, lines) = script.pledge(Promise {
        reference: &reference,
        programme,
        donor: Some(donor),
        kind: PledgeKind::Offered,
        offered_at: at,
        note: Some(note(gift)),
        title_passes: TitlePasses::HandOver,
        gifts: gifts.clone(),
    });
    let (Some(given), Some(line)) = (gifts.first(), lines.first()) else { return Ok(()) };
    // Only the published state has the published date; what it presupposes happened then at the latest.
    let promised_only = gift.state == GiftState::Pledged;
    let accepted = if promised_only { precision } else { Precision::Inferred };
    script.event(
        &format!("{reference} accepted"),
        (at, accepted),
        "pledge_accepted",
        json!({"pledge": pledge}),
    )?;
    let goods = json!([{"item": given.item, "quantity": given.quantity, "pledge_line": line}]);
    match gift.state {
        GiftState::Pledged | GiftState::Unknown => Ok(()),
        GiftState::AtWarehouse => {
            let site = script.site(
                "cities-2020:warehouse:beijing",
                "Warehouse in Beijing (not named)",
                SiteKind::Warehouse,
                "CN",
                None,
                None,
            );
            let details = json!({"pledge": pledge, "site": site, "lines": goods});
            script.event(&format!("{reference} collected"), (at, precision), "collected", details)
        }
        GiftState::Dispatched | GiftState::Delivered => {
            let sent = Sent { reference: &reference, programme, donor, goods, at, precision };
            tell_journey(script, gift, &sent, given.quantity)
        }
    }
}

/// What is given, where a quantity was published.
fn given(script: &mut Script, gift: &NamedGift) -> Option<Gift> {
    let pieces = gift.quantity?;
    let category = if gift.is_mask { "masks" } else { "medical supplies" };
    let item = script.item(&format!("cities-2020:{}", gift.item), &gift.item, category, &[]);
    let earmark = gift.country.map(|code| code.as_str().to_owned());
    let quantity = i64::try_from(pieces).unwrap_or(i64::MAX);
    let value_cents = gift.value_usd.and_then(|dollars| i64::try_from(dollars * 100).ok());
    Some(Gift { item, quantity, earmark, value_cents })
}

/// A gift on its way.
struct Sent<'a> {
    reference: &'a str,
    programme: ProgrammeId,
    donor: OrganizationId,
    goods: serde_json::Value,
    at: Timestamp,
    precision: Precision,
}

/// Tells how a gift was sent, and that it arrived where that was published.
fn tell_journey(script: &mut Script, gift: &NamedGift, sent: &Sent<'_>, quantity: i64) -> Outcome<()> {
    let Sent { reference, programme, donor, at, precision, .. } = *sent;
    let (destination, consignee) = ends(script, gift);
    let name = "Place of dispatch (not published)";
    let origin = script.site("cities-2020:origin", name, SiteKind::Warehouse, COUNTRY_NOT_STATED, None, None);
    let (consignment, legs) = script.consignment(&Journey {
        reference,
        programme,
        consignor: donor,
        consignee,
        carrier: None,
        stops: &[origin, destination],
        modes: &[Mode::Unknown],
        planned_arrival: None,
    });
    let details = json!({"consignment": consignment, "lines": sent.goods});
    script.event(&format!("{reference} allocated"), (at, Precision::Inferred), "allocated", details)?;
    let leg = legs.first();
    if gift.state == GiftState::Dispatched {
        let details = json!({"consignment": consignment, "leg": leg});
        return script.event(&format!("{reference} departed"), (at, precision), "departed", details);
    }
    let mut came = sent.goods.clone();
    if let Some(line) = came.get_mut(0).and_then(serde_json::Value::as_object_mut) {
        line.remove("quantity");
        line.insert("good".to_owned(), quantity.into());
    }
    let details = json!({"consignment": consignment, "leg": leg, "final": true, "lines": came});
    script.event(&format!("{reference} received"), (at, precision), "received", details)
}

/// Where a gift went and to whom, as far as that was published.
fn ends(script: &mut Script, gift: &NamedGift) -> (SiteId, OrganizationId) {
    let country = gift.country.map_or_else(|| COUNTRY_NOT_STATED.to_owned(), |code| code.as_str().to_owned());
    let place = gift.place.as_deref();
    let (name, kind) = match place {
        Some(place) => (place.to_owned(), SiteKind::City),
        None => ("Place of hand-over (not published)".to_owned(), SiteKind::FinalDeliveryPoint),
    };
    let code = format!("cities-2020:{country}:{}", place.unwrap_or("-"));
    let site = script.site(&code, &name, kind, &country, None, None);
    let recipient = gift.recipient.as_deref().map(str::to_owned);
    let named = recipient.unwrap_or_else(|| format!("Recipient not named ({})", place.unwrap_or(&country)));
    let home = gift.country.as_ref().map(|code| code.as_str());
    let consignee =
        script.organization(&format!("cities-2020:recipient:{named}"), &named, home, Does::Receives);
    (site, consignee)
}

/// What else was published about a gift, with its source.
fn note(gift: &NamedGift) -> String {
    let mut words = Vec::new();
    if gift.quantity.is_none() {
        words.push(format!("{}: quantity not published.", gift.item));
    }
    if let Some(qualifier) = &gift.qualifier {
        words.push(format!("Published as \"{qualifier}\" this quantity."));
    }
    if let (None, Some(recipient)) = (gift.country, &gift.recipient) {
        words.push(format!("For {recipient}."));
    }
    if let Some(note) = &gift.note {
        words.push(format!("{note}."));
    }
    words.push(format!("Source: {}", gift.source));
    words.join(" ")
}
