//! The events behind entries, as far as the caller reaches them, and the papers about them.

use crate::auth::Scope;
use crate::core::id::{ConsignmentId, DocumentId, EventId, SiteId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{document_events, documents, events};
use crate::db::{Conn, read_failure};
use crate::documents::documents_within;
use crate::events::events_within;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// An event, without the words of whoever posted it.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = events)]
pub struct Happened {
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The event it corrects, reverses or confirms.
    #[diesel(column_name = about_id)]
    pub about: Option<EventId>,
    /// The consignment it is about.
    #[diesel(column_name = consignment_id)]
    pub consignment: Option<ConsignmentId>,
    /// The site it is about.
    #[diesel(column_name = site_id)]
    pub site: Option<SiteId>,
    /// In the world.
    pub occurred_at: Timestamp,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    /// Who posted it, or proposed it.
    #[diesel(column_name = actor_id)]
    pub actor: UserId,
    /// Its ledger sequence.
    #[serde(skip)]
    #[diesel(column_name = sequence)]
    pub(super) at: i64,
    /// What was posted.
    #[serde(skip)]
    pub(super) body: String,
}

/// A paper about an event.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Paper {
    /// The document.
    pub id: DocumentId,
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// Whether it is void.
    pub voided: bool,
}

/// The events of these sequences that a scope reaches. There are no more of them than a page or a list of a section
/// has, so they fit one IN list.
///
/// # Errors
/// Whatever the database says.
pub(super) fn happened(
    conn: &mut Conn,
    scope: &Scope,
    mut sequences: Vec<i64>,
) -> Outcome<HashMap<i64, Happened>> {
    sequences.sort_unstable();
    sequences.dedup();
    let found: Vec<Happened> = events_within(events::table.into_boxed(), scope)
        .filter(events::sequence.eq_any(sequences))
        .select(Happened::as_select())
        .load(conn)
        .map_err(read_failure)?;
    Ok(found.into_iter().map(|event| (event.at, event)).collect())
}

/// Papers about these events that a scope reaches.
///
/// # Errors
/// Whatever the database says.
pub(super) fn papers(
    conn: &mut Conn,
    scope: &Scope,
    of: Vec<EventId>,
) -> Outcome<HashMap<EventId, Vec<Paper>>> {
    let about: Vec<(EventId, DocumentId)> = document_events::table
        .filter(document_events::event_id.eq_any(of))
        .select((document_events::event_id, document_events::document_id))
        .load(conn)
        .map_err(read_failure)?;
    let ids: Vec<DocumentId> = about.iter().map(|(_, document)| *document).collect();
    let found: Vec<(DocumentId, String, Option<String>, Option<Timestamp>)> =
        documents_within(documents::table.into_boxed(), scope)
            .filter(documents::id.eq_any(ids))
            .order(documents::id)
            .select((documents::id, documents::kind, documents::number, documents::voided_at))
            .load(conn)
            .map_err(read_failure)?;
    let mut papers: HashMap<EventId, Vec<Paper>> = HashMap::new();
    for (id, kind, number, voided_at) in found {
        for (event, _) in about.iter().filter(|(_, document)| *document == id) {
            let paper = Paper { id, kind: kind.clone(), number: number.clone(), voided: voided_at.is_some() };
            papers.entry(*event).or_default().push(paper);
        }
    }
    Ok(papers)
}
