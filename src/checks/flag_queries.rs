//! Each kind of red flag as one query: its rule, the caller's scope, and the page, in one statement.
//!
//! Both what is flagged and what it is found by are within the scope, so that no flag tells of a paper or an event that
//! the caller may not read.

use super::flags::{FlagKind, FlagQuestion};
use super::reach::About;
use crate::auth::Scope;
use crate::core::id::{PersonId, SubjectId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds, Conn, ask};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use uuid::Uuid;

/// Words by which reported figures count people.
const PEOPLE: [&str; 14] = [
    "people",
    "persons",
    "person",
    "individuals",
    "beneficiaries",
    "households",
    "families",
    "women",
    "men",
    "girls",
    "boys",
    "children",
    "patients",
    "students",
];

/// A flag as the database finds it.
#[derive(Debug, QueryableByName)]
pub(super) struct FlagRow {
    /// By which rows of a kind are ordered, and behind it the key.
    #[diesel(sql_type = BigInt)]
    pub(super) number: i64,
    #[diesel(sql_type = Binary)]
    pub(super) key: SubjectId,
    /// The event, paper or figure it is about.
    #[diesel(sql_type = Binary)]
    pub(super) subject: SubjectId,
    /// Another of its kind that it is found by.
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) other: Option<SubjectId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) person: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) words: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) value: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) occurred_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) recorded_at: Option<Timestamp>,
}

/// What a query tells of a flag: expressions over its rows. The two databases name types differently, and of what is
/// null PostgreSQL must know the type; so it is made null out of something of that type.
#[derive(Clone, Copy)]
struct Told<'a> {
    number: &'a str,
    key: &'a str,
    subject: &'a str,
    other: &'a str,
    hash: &'a str,
    person: &'a str,
    words: &'a str,
    value: &'a str,
    occurred: &'a str,
    recorded: &'a str,
}

/// Of a paper `d` that has this key.
const PAPER: Told<'static> = Told {
    number: "d.created_at",
    key: "d.id",
    subject: "d.id",
    other: "NULLIF(d.id, d.id)",
    hash: "NULLIF(d.body_hash, d.body_hash)",
    person: "NULLIF(d.id, d.id)",
    words: "NULLIF(d.kind, d.kind)",
    value: "NULLIF(d.created_at, d.created_at)",
    occurred: "NULLIF(d.created_at, d.created_at)",
    recorded: "d.created_at",
};

/// Of an event `e`.
const EVENT: Told<'static> = Told {
    number: "e.sequence",
    key: "e.id",
    subject: "e.id",
    other: "NULLIF(e.id, e.id)",
    hash: "NULLIF(e.id, e.id)",
    person: "NULLIF(e.id, e.id)",
    words: "NULLIF(e.kind, e.kind)",
    value: "NULLIF(e.sequence, e.sequence)",
    occurred: "e.occurred_at",
    recorded: "e.recorded_at",
};

/// Of a reported figure `f`; they are ordered by their keys alone.
const FIGURE: Told<'static> = Told {
    number: "0 * f.value",
    key: "f.id",
    subject: "f.id",
    other: "NULLIF(f.id, f.id)",
    hash: "NULLIF(f.id, f.id)",
    person: "NULLIF(f.id, f.id)",
    words: "f.unit",
    value: "f.value",
    occurred: "NULLIF(f.value, f.value)",
    recorded: "NULLIF(f.value, f.value)",
};

/// A page of a kind: what the query tells, whence, and by which rule.
struct Page<'a> {
    told: Told<'a>,
    /// What finds another of its kind, where it is found by one.
    other: Option<String>,
    from: String,
    rule: String,
}

impl Page<'_> {
    fn text(&self, binds: &mut Binds, after: Option<(i64, Uuid)>, limit: i64) -> String {
        let Told { number, key, subject, other, hash, person, words, value, occurred, recorded } = self.told;
        let other = self.other.as_deref().unwrap_or(other);
        let since = match after {
            Some((at, id)) => {
                let (at, id) = (binds.number(at), binds.id(SubjectId(id)));
                format!("AND {number} >= {at} AND ({number} > {at} OR {key} > {id})")
            }
            None => String::new(),
        };
        format!(
            "SELECT {number} AS number, {key} AS key, {subject} AS subject, {other} AS other, {hash} AS hash, \
             {person} AS person, {words} AS words, {value} AS value, {occurred} AS occurred_at, \
             {recorded} AS recorded_at FROM {} WHERE {} {since} ORDER BY {number}, {key} LIMIT {}",
            self.from,
            self.rule,
            binds.number(limit)
        )
    }
}

/// Up to `wanted` flags of a kind, behind a key.
///
/// # Errors
/// What the database says.
pub(super) fn flags_of(
    conn: &mut Conn,
    scope: &Scope,
    kind: FlagKind,
    question: &FlagQuestion,
    after: Option<(i64, Uuid)>,
    wanted: i64,
) -> Outcome<Vec<FlagRow>> {
    let mut binds = Binds::default();
    let page = match kind {
        FlagKind::SamePhoto => same_photo(scope, &mut binds),
        FlagKind::NumberReused => borne_twice("number", scope, &mut binds),
        FlagKind::ReferenceReused => borne_twice("reference", scope, &mut binds),
        FlagKind::Backdated => backdated(question, scope, &mut binds),
        FlagKind::SameUserBothEnds => same_user(scope, &mut binds),
        FlagKind::SameSignatoryBothEnds => same_signatory(scope, &mut binds),
        FlagKind::RoundPeople => round_people(question, &mut binds),
        FlagKind::LateEntry => late_entry(question, scope, &mut binds),
    };
    let text = page.text(&mut binds, after, wanted);
    ask(conn, text, binds)
}

/// The condition that a scope reaches a paper of this alias, which is not void.
fn paper(alias: &str, scope: &Scope, binds: &mut Binds) -> String {
    let (consignment, site, pledge) =
        (format!("{alias}.consignment_id"), format!("{alias}.site_id"), format!("{alias}.pledge_id"));
    let about = About { consignment: &consignment, site: &site, pledge: &pledge };
    format!("{alias}.voided_at IS NULL AND {}", about.within(scope, binds))
}

/// The condition that a scope reaches the event `e`.
fn event(scope: &Scope, binds: &mut Binds) -> String {
    About { consignment: "e.consignment_id", site: "e.site_id", pledge: "e.pledge_id" }.within(scope, binds)
}

/// Pictures on a paper that another paper has too, which is about an event that the first is not about.
fn same_photo(scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let (own, others) = (paper("d", scope, binds), paper("o", scope, binds));
    let twin = format!(
        "FROM attachments AS b JOIN document_attachments AS q ON q.attachment_id = b.id \
         JOIN documents AS o ON o.id = q.document_id JOIN document_events AS w ON w.document_id = o.id \
         WHERE b.sha256_kept = a.sha256_kept AND o.id <> d.id AND {others} AND NOT EXISTS \
         (SELECT 1 FROM document_events AS v WHERE v.document_id = d.id AND v.event_id = w.event_id)"
    );
    let from = "documents AS d JOIN document_attachments AS p ON p.document_id = d.id \
                JOIN attachments AS a ON a.id = p.attachment_id";
    let rule = format!(
        "{own} AND EXISTS (SELECT 1 FROM document_events AS v WHERE v.document_id = d.id) AND EXISTS (SELECT 1 {twin})"
    );
    let other = Some(format!("(SELECT o.id {twin} ORDER BY o.id LIMIT 1)"));
    // A paper may have several such pictures: each is a row of its own.
    let told = Told { key: "p.id", hash: "a.sha256_kept", ..PAPER };
    Page { told, other, from: from.to_owned(), rule }
}

/// Papers of one kind that bear the same number or reference.
fn borne_twice(column: &'static str, scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let (own, others) = (paper("d", scope, binds), paper("o", scope, binds));
    let twin = format!(
        "FROM documents AS o WHERE o.{column} = d.{column} AND o.kind = d.kind AND o.id <> d.id AND {others}"
    );
    let rule = format!("{own} AND d.{column} IS NOT NULL AND EXISTS (SELECT 1 {twin})");
    let other = Some(format!("(SELECT o.id {twin} ORDER BY o.id LIMIT 1)"));
    let words = if column == "number" { "d.number" } else { "d.reference" };
    Page { told: Told { words, ..PAPER }, other, from: "documents AS d".to_owned(), rule }
}

/// Events recorded more than so long after they happened. What was inferred nobody dated, and what was imported is as
/// old as its file.
fn backdated(question: &FlagQuestion, scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let within = event(scope, binds);
    let lag = binds.number(question.lag);
    let imported = if question.imported {
        String::new()
    } else {
        format!("AND e.actor_id <> {}", binds.id(UserId(Uuid::nil())))
    };
    let rule =
        format!("{within} AND e.recorded_at - e.occurred_at > {lag} AND e.inferred = FALSE {imported}");
    Page { told: EVENT, other: None, from: "events AS e".to_owned(), rule }
}

/// Receipts by whoever posted the departure of the same leg; an inferred one is nobody's.
fn same_user(scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let within = event(scope, binds);
    let nobody = binds.id(UserId(Uuid::nil()));
    let sent = "FROM events AS s WHERE s.consignment_id = e.consignment_id AND s.leg_id = e.leg_id \
                AND s.kind = 'departed' AND s.inferred = FALSE AND s.actor_id = e.actor_id";
    let rule =
        format!("{within} AND e.kind = 'received' AND e.actor_id <> {nobody} AND EXISTS (SELECT 1 {sent})");
    let other = Some(format!("(SELECT s.id {sent} ORDER BY s.sequence LIMIT 1)"));
    Page { told: EVENT, other, from: "events AS e".to_owned(), rule }
}

/// People who signed for receiving goods of a consignment and for handing over or carrying them.
fn same_signatory(scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let (own, others) = (paper("d", scope, binds), paper("o", scope, binds));
    let from = "document_signatories AS g JOIN documents AS d ON d.id = g.document_id";
    let twin = format!(
        "FROM document_signatories AS h JOIN documents AS o ON o.id = h.document_id \
         WHERE h.person_id = g.person_id AND h.act IN ('handed_over', 'carried') \
         AND o.consignment_id = d.consignment_id AND {others}"
    );
    let rule =
        format!("{own} AND g.act = 'received' AND d.consignment_id IS NOT NULL AND EXISTS (SELECT 1 {twin})");
    let other = Some(format!("(SELECT o.id {twin} ORDER BY o.id LIMIT 1)"));
    let told = Told { key: "g.id", person: "g.person_id", ..PAPER };
    Page { told, other, from: from.to_owned(), rule }
}

/// Reported numbers of people that are a multiple of something round, and are not said to be over or about so many.
fn round_people(question: &FlagQuestion, binds: &mut Binds) -> Page<'static> {
    let units: Vec<String> = PEOPLE.iter().map(|word| binds.place(Bind::Words((*word).to_owned()))).collect();
    let round = binds.number(question.round);
    let rule = format!(
        "LOWER(f.unit) IN ({}) AND f.value > 0 AND f.value % {round} = 0 AND f.qualifier IS NULL",
        units.join(", ")
    );
    Page { told: FIGURE, other: None, from: "reported_figures AS f".to_owned(), rule }
}

/// Entries recorded after a reporting date that count from before it.
fn late_entry(question: &FlagQuestion, scope: &Scope, binds: &mut Binds) -> Page<'static> {
    let within = event(scope, binds);
    let at = binds.number(question.reported_at.unwrap_or_default().0);
    let rule = format!("{within} AND e.recorded_at > {at} AND e.effective_at <= {at}");
    Page { told: EVENT, other: None, from: "events AS e".to_owned(), rule }
}
