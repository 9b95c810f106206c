//! The papers of documents: goods received notes, proofs of delivery, loss reports, and the waybills and gift
//! certificates that bear a number of their own.
//!
//! A document says that a paper is, which number it bears and who signed; the figures on it are the ledger's. A void
//! one says so on its first line. A donor's has nobody's name, and nobody who sends or carries.

use super::customs::gift_certificate;
use super::foot::foot;
use super::formats::day;
use super::goods::{items_named, lots_named};
use super::model::{Block, Fact, Paper, Signature, Value};
use super::moved::{Sums, moved_by};
use super::named::Names;
use super::notes::{About, Decided, Known};
use super::rules::{Language, check_lines};
use super::shipment::{Shipment, shipment_read};
use super::shipping::{Waybill, waybill};
use super::words::Phrase;
use crate::auth::{Fields, Permit, action};
use crate::consignments::{Consignment, consignment_read};
use crate::core::id::{DocumentId, EventId, ItemId, LotId, OrganizationId, PersonId, SiteId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::schema::{decisions, document_events, document_signatories, documents, events};
use crate::db::{Clause, Conn, read_failure};
use crate::documents::rules::{Act, DocumentKind};
use crate::documents::{Document, Signatory, documents_within, of_sensitive_programme};
use crate::ledger::event::STANDS;
use crate::parties::Eyes;
use crate::people::{Person, people_named};
use crate::writer::last_sequence;
use diesel::dsl::not;
use diesel::prelude::*;
use std::collections::HashMap;

/// A document with all that its paper tells, before names are opened.
pub(super) struct Handed {
    pub(super) document: Document,
    kind: DocumentKind,
    signatories: Vec<Signatory>,
    /// Of the signatories those whom the caller may read.
    pub(super) people: Vec<Person>,
    told: ToldOf,
    names: Names,
    foot: Vec<String>,
}

/// What a document is about.
enum ToldOf {
    /// All of a consignment.
    Shipment(Box<Shipment>),
    /// What events did.
    Events { consignment: Option<Box<Consignment>>, sums: Sums, goods: Known, decided: Vec<Decided> },
}

/// Reads a document and what it is about, if the scope reaches it. `today` decides whom a donor may read by now.
///
/// # Errors
/// `not_found`; `wrong_state` where nothing of its kind is printed here; `too_large`; or what the database says.
pub(super) fn handed_read(
    conn: &mut Conn,
    permit: &Permit<action::DocumentRead>,
    (language, id, today): (Language, DocumentId, &str),
) -> Outcome<Handed> {
    let is_traced = permit.fields() == Fields::Traced;
    let mut query =
        documents_within(documents::table.into_boxed(), permit.scope()).filter(documents::id.eq(id));
    if is_traced {
        // Its number has a place in it, and nearly all else is one, which no donor of a sensitive programme is told.
        query = query.filter(not(of_sensitive_programme!()));
    }
    let document: Document = query.select(Document::as_select()).first(conn).map_err(read_failure)?;
    let kind = document.document_kind()?;
    // What somebody else calls a paper is for whoever keeps it.
    let document = Document { reference: document.reference.filter(|_| !is_traced), ..document };
    let signatories = if is_traced { Vec::new() } else { signatories_of(conn, id)? };
    let people = people_named(conn, permit, signatories.iter().map(|row| row.person_id).collect())?;
    let told = match kind {
        DocumentKind::Waybill | DocumentKind::GiftCertificate => shipment_of(conn, permit, &document)?,
        DocumentKind::Grn | DocumentKind::Pod | DocumentKind::LossReport => {
            events_of(conn, permit, &document)?
        }
        DocumentKind::CountSheet | DocumentKind::DistributionList | DocumentKind::Other => {
            let words = format!(
                "A document of kind {} is not printed here; waybill, gift_certificate, grn, pod and loss_report are.",
                kind.word()
            );
            return Err(Problem::new(Code::WrongState, words));
        }
    };
    let eyes = Eyes::of(permit, today.to_owned());
    let (parties, places) = told.named(&document, is_traced);
    let names = Names::of(conn, eyes.as_ref(), parties, places)?;
    let sequence = last_sequence(conn)?;
    let foot = foot(conn, language, sequence)?;
    Ok(Handed { document, kind, signatories, people, told, names, foot })
}

fn signatories_of(conn: &mut Conn, id: DocumentId) -> Outcome<Vec<Signatory>> {
    document_signatories::table
        .filter(document_signatories::document_id.eq(id))
        .order(document_signatories::ordinal)
        .select(Signatory::as_select())
        .load(conn)
        .map_err(read_failure)
}

fn shipment_of(
    conn: &mut Conn,
    permit: &Permit<action::DocumentRead>,
    document: &Document,
) -> Outcome<ToldOf> {
    let Some(id) = document.consignment_id else {
        let words = "This document names no consignment, so that nothing is known to print on it.";
        return Err(Problem::new(Code::WrongState, words));
    };
    let shipment = shipment_read(conn, permit, id)?;
    if permit.fields() != Fields::Traced {
        return Ok(ToldOf::Shipment(Box::new(shipment)));
    }
    let own = permit.scope().donor();
    if shipment.gave.iter().any(|one| one.donor != Some(own)) {
        let words = "This paper tells of goods of others, too, and is for those who send and receive them; the status of \
                     your pledge tells where yours are.";
        return Err(Problem::new(Code::WrongState, words));
    }
    Ok(ToldOf::Shipment(Box::new(shipment.traced())))
}

fn events_of(conn: &mut Conn, permit: &Permit<action::DocumentRead>, document: &Document) -> Outcome<ToldOf> {
    let ids: Vec<EventId> = document_events::table
        .filter(document_events::document_id.eq(document.id))
        .order(document_events::event_id)
        .select(document_events::event_id)
        .load(conn)
        .map_err(read_failure)?;
    let sums = moved_by(conn, permit, &ids)?;
    check_lines(sums.len())?;
    let items: Vec<ItemId> = sums.keys().map(|(item, _)| *item).collect();
    let lots: Vec<LotId> = sums.keys().map(|(_, lot)| *lot).collect();
    let goods = Known { items: items_named(conn, &items)?, lots: lots_named(conn, &lots)? };
    let consignment =
        document.consignment_id.map(|id| consignment_read(conn, permit, id)).transpose()?.map(Box::new);
    let decided = if permit.fields() == Fields::Traced { Vec::new() } else { decided_of(conn, &ids)? };
    Ok(ToldOf::Events { consignment, sums, goods, decided })
}

/// Report number, cause, where the evidence is filed, and who is liable.
type DecidedRow = (Option<String>, Option<String>, Option<String>, Option<OrganizationId>);

fn decided_of(conn: &mut Conn, ids: &[EventId]) -> Outcome<Vec<Decided>> {
    // Of what was decided only what stands: a cause that was taken back is nobody's.
    let rows: Vec<DecidedRow> = decisions::table
        .inner_join(events::table.on(events::id.eq(decisions::event_id)))
        .filter(decisions::event_id.eq_any(ids))
        .filter(Clause(STANDS))
        .order(decisions::event_id)
        .select((decisions::report_number, decisions::cause, decisions::evidence, decisions::liable_id))
        .load(conn)
        .map_err(read_failure)?;
    let decided = |(report, cause, filed, liable)| Decided { report, cause, filed, liable };
    Ok(rows.into_iter().map(decided).collect())
}

impl ToldOf {
    /// Whom and which places its paper names.
    fn named(&self, document: &Document, is_traced: bool) -> (Vec<OrganizationId>, Vec<SiteId>) {
        let (mut parties, mut places) = (Vec::new(), vec![document.site_id]);
        if let Self::Events { consignment, decided, .. } = self {
            parties.extend(decided.iter().filter_map(|one| one.liable));
            if let Some(row) = consignment {
                parties.push(row.consignee_id);
                parties.extend(row.consignor_id.filter(|_| !is_traced));
                places.extend([row.origin_id, row.destination_id]);
            }
        }
        (parties, places)
    }
}

impl Handed {
    /// The paper; `opened` are names of people by their identifiers, as far as the caller may read them.
    pub(super) fn paper(self, language: Language, opened: &HashMap<PersonId, String>, today: &str) -> Paper {
        let signatures = self.signatures(language, opened);
        let void = self.document.voided_at.is_some();
        let name = self.document.number.clone().unwrap_or_else(|| self.document.id.to_string());
        let mut paper = match &self.told {
            ToldOf::Shipment(shipment) => match self.kind {
                DocumentKind::GiftCertificate => {
                    gift_certificate(language, shipment, Some(&self.document), today, self.foot.clone())
                }
                DocumentKind::Waybill
                | DocumentKind::Grn
                | DocumentKind::Pod
                | DocumentKind::LossReport
                | DocumentKind::CountSheet
                | DocumentKind::DistributionList
                | DocumentKind::Other => {
                    let told = Waybill { document: Some(self.document.clone()), signatures };
                    waybill(language, shipment, told, self.foot.clone())
                }
            },
            ToldOf::Events { consignment, sums, goods, decided } => {
                let about = About { consignment: consignment.as_deref(), sums, goods, decided };
                self.note(language, &about, signatures)
            }
        };
        if void {
            paper.blocks.insert(0, Block::Notice(Phrase::Void.said(language).to_owned()));
        }
        Paper { name, ..paper }
    }

    /// Who signed; of whoever may not be named only what they did.
    fn signatures(&self, language: Language, opened: &HashMap<PersonId, String>) -> Vec<Signature> {
        let signed = |row: &Signatory| {
            let date = row.signed_at.map(|time| day(language, &time.day()));
            Signature {
                act: act(language, &row.act),
                name: Value::words_of(opened.get(&row.person_id).map(String::as_str)),
                date: Value::number_of(date),
            }
        };
        self.signatories.iter().map(signed).collect()
    }

    /// What a document says of itself.
    fn facts(&self, language: Language) -> Vec<Fact> {
        let document = &self.document;
        let mut facts = vec![
            Fact::new(Phrase::Number.said(language), Value::code_of(document.number.as_deref())),
            Fact::new(Phrase::Date.said(language), Value::Number(day(language, &document.issued_on))),
            Fact::new(Phrase::Site.said(language), self.names.site(language, Some(document.site_id))),
        ];
        let reference = document.reference.as_deref();
        facts.extend(reference.map(|text| Fact::new(Phrase::Reference.said(language), Value::code(text))));
        facts
    }

    fn note(&self, language: Language, about: &About<'_>, signatures: Vec<Signature>) -> Paper {
        let mut facts = self.facts(language);
        let mut code = None;
        if let Some(row) = about.consignment {
            facts.push(Fact::new(Phrase::TrackingCode.said(language), Value::code(&row.tracking_code)));
            if row.consignor_id.is_some_and(|id| self.names.said_of(id).is_some()) {
                let consignor = self.names.organization(language, row.consignor_id);
                facts.push(Fact::new(Phrase::Consignor.said(language), consignor));
            }
            let consignee = self.names.organization(language, Some(row.consignee_id));
            facts.push(Fact::new(Phrase::Consignee.said(language), consignee));
            code = Some(Block::Code(row.tracking_code.as_str().into()));
        }
        let mut blocks = vec![Block::Facts(facts)];
        blocks.extend(code);
        let (title, acts) = match self.kind {
            DocumentKind::Pod => {
                blocks.push(Block::Table(about.delivered(language)));
                (Phrase::Pod, [Phrase::HandedOverBy, Phrase::ReceivedBy])
            }
            DocumentKind::LossReport => {
                blocks.push(Block::Table(about.lost(language)));
                blocks.extend(about.causes(language, &self.names));
                (Phrase::LossReport, [Phrase::WitnessedBy, Phrase::ApprovedBy])
            }
            DocumentKind::Grn
            | DocumentKind::Waybill
            | DocumentKind::GiftCertificate
            | DocumentKind::CountSheet
            | DocumentKind::DistributionList
            | DocumentKind::Other => {
                blocks.push(Block::Table(about.received(language)));
                blocks.extend(about.excess(language));
                (Phrase::Grn, [Phrase::HandedOverBy, Phrase::ReceivedBy])
            }
        };
        let open = || acts.map(|act| Signature::open(act.said(language))).to_vec();
        blocks.push(Block::Signatures(if signatures.is_empty() { open() } else { signatures }));
        Paper { language, title: title.said(language), name: String::new(), blocks, foot: self.foot.clone() }
    }
}

fn act(language: Language, word: &str) -> &'static str {
    let phrase = match Act::from_word(word) {
        Some(Act::HandedOver) => Phrase::HandedOverBy,
        Some(Act::Received) => Phrase::ReceivedBy,
        Some(Act::Carried) => Phrase::CarriedBy,
        Some(Act::Witness) => Phrase::WitnessedBy,
        Some(Act::Counted) => Phrase::CountedBy,
        Some(Act::Approved) => Phrase::ApprovedBy,
        None => Phrase::Signature,
    };
    phrase.said(language)
}
