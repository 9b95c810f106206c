//! The papers about what a page decides.

use crate::auth::action;
use crate::core::problem::Outcome;
use crate::documents::http::{DocumentQuery, DocumentView, document_index};
use crate::pages::visitor::Visitor;
use crate::web::{Query, Shown, State, value_of};
use serde_json::{Value, json};

/// Papers of a page: more are looked for by the consignment.
const PAPERS_SHOWN: i64 = 20;

/// A paper.
pub(super) struct PaperRow {
    pub(super) number: String,
    pub(super) day: String,
    pub(super) path: String,
}

/// The papers about something, as a list of papers is asked for it; none for whoever may not read papers.
pub(super) async fn papers_about(visitor: &Visitor, state: &State, about: &Value) -> Outcome<Vec<PaperRow>> {
    let Some(permit) = visitor.may::<action::DocumentRead>() else { return Ok(Vec::new()) };
    let mut about = about.clone();
    about["limit"] = json!(PAPERS_SHOWN);
    let query: DocumentQuery = value_of(&about)?;
    let page = document_index(permit, state.clone(), Query(query)).await?.into_inner();
    let row = |shown| match shown {
        Shown::All(DocumentView { id, number, reference, issued_on, .. }) => Some(PaperRow {
            number: number.or(reference).unwrap_or_else(|| id.to_string()),
            day: issued_on,
            path: format!("/documents/{id}"),
        }),
        Shown::Traced(_) => None,
    };
    Ok(page.items.into_iter().filter_map(row).collect())
}
