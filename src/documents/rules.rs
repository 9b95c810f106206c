//! Kinds of document, what is required of one, and how numbers are written. Pure.

use crate::core::check::{Check, REFERENCE_CHARS_MAX};
use crate::core::id::{AttachmentId, ConsignmentId, DocumentId, EventId, LoadId, PersonId, PledgeId, SiteId};
use crate::core::problem::{Fault, Outcome};
use crate::core::time::Timestamp;
use crate::core::worded::worded;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Events one document may be about: a distribution list of a long day.
pub const EVENTS_MAX: usize = 100;
/// Attachments of one document: a book of pages, photographed one by one.
pub const ATTACHMENTS_MAX: usize = 50;
/// Signatories of one document.
pub const SIGNATORIES_MAX: usize = 20;
/// Characters of the place in a number: what fits a printed form.
const PLACE_CHARS_MAX: usize = 12;
/// Years a document may be of: none of relief goods is older.
const YEARS: std::ops::RangeInclusive<i64> = 1970..=2999;

worded! {
    /// What kind of paper a document is.
    pub enum DocumentKind {
        /// Goes with the goods; see [`WaybillMode`].
        Waybill = "waybill",
        /// Goods received note.
        Grn = "grn",
        /// Proof of delivery.
        Pod = "pod",
        /// Says what was lost, and how.
        LossReport = "loss_report",
        /// Tells customs that nothing is sold.
        GiftCertificate = "gift_certificate",
        /// What was counted.
        CountSheet = "count_sheet",
        /// Who got what, signed.
        DistributionList = "distribution_list",
        /// Anything else.
        Other = "other",
    }

    /// What a waybill goes with.
    pub enum WaybillMode {
        /// By road.
        Cmr = "cmr",
        /// By air.
        Awb = "awb",
        /// By sea: a bill of lading.
        Bl = "bl",
    }

    /// What a signatory did.
    pub enum Act {
        /// Handed the goods over.
        HandedOver = "handed_over",
        /// Received them.
        Received = "received",
        /// Carried them.
        Carried = "carried",
        /// Saw it.
        Witness = "witness",
        /// Counted.
        Counted = "counted",
        /// Approved it.
        Approved = "approved",
    }
}

impl DocumentKind {
    /// The letters before the numbers of a kind that is numbered without gaps; none for the others.
    pub fn letters(self) -> Option<&'static str> {
        match self {
            Self::Waybill => Some("WB"),
            Self::Grn => Some("GRN"),
            Self::Pod => Some("POD"),
            Self::LossReport => Some("LR"),
            Self::GiftCertificate | Self::CountSheet | Self::DistributionList | Self::Other => None,
        }
    }

    /// Whether it says that goods came, to the consignee or to people, so that it is only of whom they came to.
    pub fn tells_arrival(self) -> bool {
        match self {
            Self::Grn | Self::Pod | Self::DistributionList => true,
            Self::Waybill | Self::LossReport | Self::GiftCertificate | Self::CountSheet | Self::Other => {
                false
            }
        }
    }

    /// Whether a signed paper of this kind proves a hand-over of that kind.
    pub fn proves(self, event_kind: &str) -> bool {
        match self {
            Self::Pod => matches!(event_kind, "received" | "delivered" | "distributed"),
            Self::Grn => matches!(event_kind, "received" | "delivered"),
            Self::DistributionList => event_kind == "distributed",
            Self::Waybill | Self::LossReport | Self::GiftCertificate | Self::CountSheet | Self::Other => {
                false
            }
        }
    }
}

impl Act {
    /// Whether this signature says that the goods came: whoever only sent them cannot.
    pub fn attests(self) -> bool {
        match self {
            Self::Received | Self::Witness => true,
            Self::HandedOver | Self::Carried | Self::Counted | Self::Approved => false,
        }
    }
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatoryDraft {
    /// The person, whose name the vault keeps.
    pub person: PersonId,
    /// What the person did.
    pub act: Act,
    /// When it was signed.
    #[serde(default)]
    pub signed_at: Option<Timestamp>,
}

/// A document as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentDraft {
    /// Made by you (UUIDv7); the same id and body again returns the first result.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// What kind of paper it is.
    pub kind: DocumentKind,
    /// Of a waybill: what it goes with.
    #[serde(default)]
    pub mode: Option<WaybillMode>,
    /// Where it was issued.
    pub site: SiteId,
    /// The day it bears, such as `2026-03-14`.
    pub issued_on: String,
    /// Of a waybill, goods received note, proof of delivery or loss report: a number of a block that was given out,
    /// or left out, and the next one is given. Of other kinds any number it bears.
    #[serde(default)]
    pub number: Option<String>,
    /// The number somebody else gave it, such as the carrier.
    #[serde(default)]
    pub reference: Option<String>,
    /// The consignment it is about; that of its events if left out.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// The pledge it is about; that of its events if left out.
    #[serde(default)]
    pub pledge: Option<PledgeId>,
    /// The load it is about.
    #[serde(default)]
    pub load: Option<LoadId>,
    /// The events it is about, such as the receipt it confirms.
    #[serde(default)]
    pub events: Vec<EventId>,
    /// Who signed.
    #[serde(default)]
    pub signatories: Vec<SignatoryDraft>,
    /// Photos and scans of it, uploaded before.
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
    /// Where the paper is filed, without names of persons.
    #[serde(default)]
    pub filed: Option<String>,
    /// Whether donors of the goods may see it, without its signatories.
    #[serde(default)]
    pub shareable: bool,
}

impl DocumentDraft {
    /// Checks what can be checked without looking anything up.
    ///
    /// # Errors
    /// `invalid`, naming every member that is wrong.
    pub fn checked(mut self) -> Outcome<Self> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        match (self.kind, self.mode) {
            (DocumentKind::Waybill, None) => {
                check.fault(Fault::Required, "/mode", "is missing; a waybill is cmr, awb or bl")
            }
            (DocumentKind::Waybill, Some(_)) | (_, None) => {}
            (_, Some(mode)) => {
                let detail = format!("{:?} is for waybills only; leave it out", mode.word());
                check.fault(Fault::NotAllowed, "/mode", detail);
            }
        }
        self.issued_on = check.date("/issued_on", &self.issued_on);
        if let Some(year) = year_of(&self.issued_on) {
            check.whole("/issued_on", year, YEARS, "years");
        }
        self.number = check.optional_text("/number", self.number.as_deref(), REFERENCE_CHARS_MAX);
        self.reference = check.optional_text("/reference", self.reference.as_deref(), REFERENCE_CHARS_MAX);
        self.filed = check.optional_text("/filed", self.filed.as_deref(), REFERENCE_CHARS_MAX);
        check_lists(&mut check, &self.events, &self.signatories, &self.attachments);
        check.finish()?;
        Ok(self)
    }

    /// The year its number counts in.
    pub fn year(&self) -> i64 {
        year_of(&self.issued_on).unwrap_or_default()
    }
}

/// Checks lists for length and for what stands in them twice.
pub(super) fn check_lists(
    check: &mut Check,
    events: &[EventId],
    signatories: &[SignatoryDraft],
    attachments: &[AttachmentId],
) {
    let mut length = |pointer: &str, count: usize, most: usize| {
        if count > most {
            check.wrong(pointer, format!("has {count}; write at most {most}"));
        }
    };
    length("/events", events.len(), EVENTS_MAX);
    length("/signatories", signatories.len(), SIGNATORIES_MAX);
    length("/attachments", attachments.len(), ATTACHMENTS_MAX);
    let mut seen = HashSet::new();
    for (index, event) in events.iter().enumerate() {
        if !seen.insert(event.0) {
            check.fault(
                Fault::Twice,
                format!("/events/{index}"),
                format!("{event} stands there twice; write it once"),
            );
        }
    }
    for (index, attachment) in attachments.iter().enumerate() {
        if !seen.insert(attachment.0) {
            check.fault(
                Fault::Twice,
                format!("/attachments/{index}"),
                format!("{attachment} stands there twice; write it once"),
            );
        }
    }
}

fn year_of(date: &str) -> Option<i64> {
    date.get(..4)?.parse().ok()
}

/// The place in a number: letters and digits of the site's own code, or else of its name.
pub fn place_word(code: Option<&str>, name: &str) -> String {
    let word = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .take(PLACE_CHARS_MAX)
            .map(|letter| letter.to_ascii_uppercase())
            .collect()
    };
    [code.map(word).unwrap_or_default(), word(name), "SITE".to_owned()]
        .into_iter()
        .find(|word| !word.is_empty())
        .unwrap_or_default()
}

/// What stands before the serial in every number of a series. A second site of the same word is told apart by `nth`.
pub fn number_prefix(letters: &str, country: &str, place: &str, nth: u32, year: i64) -> String {
    if nth < 2 {
        format!("{letters}-{country}-{place}-{year}")
    } else {
        format!("{letters}-{country}-{place}.{nth}-{year}")
    }
}

/// A number as it is written, such as `GRN-GM-BANJUL-2026-000123`. From a million on it has more digits.
pub fn number_text(prefix: &str, serial: i64) -> String {
    format!("{prefix}-{serial:06}")
}

/// Prefix and serial of a number that was written like that.
pub fn read_number(text: &str) -> Option<(&str, i64)> {
    let (prefix, digits) = text.rsplit_once('-')?;
    let is_serial = digits.len() >= 6 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let serial: i64 = if is_serial { digits.parse().ok()? } else { return None };
    // Written in one way only, so that nobody uses a number twice by writing it another way.
    (serial > 0 && number_text(prefix, serial) == text).then_some((prefix, serial))
}
