//! What was answered last, kept while the ledger stays as it is: a front page is read far more often than anything is
//! recorded.

use super::http::HighlightsQuery;
use super::store::{highlights, published_layer};
use super::view::HighlightsView;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::last_known;
use crate::map::{Layer, MapView};
use std::sync::{Arc, Mutex, PoisonError};

/// Questions whose answers are kept; of more, the one asked first is forgotten.
const KEPT_MAXIMUM: usize = 16;

/// All that a drawing of a published programme shows.
pub struct Pictured {
    /// Its figures.
    pub highlights: HighlightsView,
    /// From where to where its goods went.
    pub corridors: MapView,
    /// Where they are.
    pub sites: MapView,
}

struct Kept {
    query: HighlightsQuery,
    sequence: i64,
    pictured: Arc<Pictured>,
}

/// The answers that are kept.
#[derive(Default)]
pub struct Remembered(Mutex<Vec<Kept>>);

impl Remembered {
    /// What a drawing shows: kept where nothing was recorded since, else asked anew.
    ///
    /// # Errors
    /// `not_found` where no programme is published, or the one asked for is not; what the rooms asked say.
    pub fn pictured(&self, conn: &mut Conn, query: &HighlightsQuery) -> Outcome<Arc<Pictured>> {
        let sequence = last_known(conn, None, "/known_at")?;
        if let Some(known) = self.find(query, sequence) {
            return Ok(known);
        }
        let pictured = Arc::new(Pictured {
            highlights: highlights(conn, query)?,
            corridors: published_layer(conn, query, Layer::Corridors, None)?,
            sites: published_layer(conn, query, Layer::Sites, None)?,
        });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.sequence == sequence);
        if kept.len() >= KEPT_MAXIMUM {
            kept.remove(0);
        }
        kept.push(Kept { query: query.clone(), sequence, pictured: Arc::clone(&pictured) });
        Ok(pictured)
    }

    fn find(&self, query: &HighlightsQuery, sequence: i64) -> Option<Arc<Pictured>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|one| one.sequence == sequence && one.query == *query);
        found.map(|one| Arc::clone(&one.pictured))
    }
}
