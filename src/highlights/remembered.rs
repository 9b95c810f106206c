//! What was answered last, kept while the ledger stays as it is: a front page is read far more often than anything is
//! recorded.

use super::http::HighlightsQuery;
use super::store::{areas_of, highlights, published_layer};
use super::view::{CountryAreas, HighlightsView};
use crate::atlas::CountryCode;
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::last_known;
use crate::map::{Layer, MapView};
use std::sync::{Arc, Mutex, PoisonError};

/// Questions of one kind whose answers are kept; of more, the one asked first is forgotten.
const KEPT_MAXIMUM: usize = 16;

/// All that a drawing of a published programme shows.
pub struct Pictured {
    /// Its figures.
    pub highlights: Arc<HighlightsView>,
    /// From where to where its goods went.
    pub corridors: MapView,
    /// Where they are.
    pub sites: MapView,
}

/// All that a drawing of it shows within one country.
pub struct CountryPictured {
    /// Its figures by area.
    pub areas: CountryAreas,
    /// The areas as they are drawn.
    pub drawn: MapView,
    /// Where its goods are.
    pub sites: MapView,
}

struct Kept<Q, A> {
    query: Q,
    sequence: i64,
    /// The day it was answered on: lots expire, and then meet no need, without anything recorded.
    day: String,
    answer: Arc<A>,
}

/// The answers to questions of one kind.
struct Answers<Q, A>(Mutex<Vec<Kept<Q, A>>>);

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<Q: Clone + PartialEq, A> Answers<Q, A> {
    /// The answer: kept where nothing was recorded since, else asked anew.
    fn answer(
        &self,
        conn: &mut Conn,
        query: &Q,
        ask: impl FnOnce(&mut Conn) -> Outcome<A>,
    ) -> Outcome<Arc<A>> {
        let sequence = last_known(conn, None, "/known_at")?;
        let day = now().day();
        if let Some(known) = self.find(query, sequence, &day) {
            return Ok(known);
        }
        let answer = Arc::new(ask(conn)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.sequence == sequence && one.day == day);
        if kept.len() >= KEPT_MAXIMUM {
            kept.remove(0);
        }
        kept.push(Kept { query: query.clone(), sequence, day, answer: Arc::clone(&answer) });
        Ok(answer)
    }

    fn find(&self, query: &Q, sequence: i64, day: &str) -> Option<Arc<A>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|one| one.sequence == sequence && one.day == day && one.query == *query);
        found.map(|one| Arc::clone(&one.answer))
    }
}

/// The answers that are kept.
#[derive(Default)]
pub struct Remembered {
    figures: Answers<HighlightsQuery, HighlightsView>,
    worlds: Answers<HighlightsQuery, Pictured>,
    countries: Answers<(HighlightsQuery, CountryCode), CountryPictured>,
}

impl Remembered {
    /// A published programme in figures.
    ///
    /// # Errors
    /// `not_found` where no programme is published, or the one asked for is not; what the rooms asked say.
    pub fn highlights(&self, conn: &mut Conn, query: &HighlightsQuery) -> Outcome<Arc<HighlightsView>> {
        self.figures.answer(conn, query, |conn| highlights(conn, query))
    }

    /// What a drawing of it shows.
    ///
    /// # Errors
    /// As [`Remembered::highlights`].
    pub fn pictured(&self, conn: &mut Conn, query: &HighlightsQuery) -> Outcome<Arc<Pictured>> {
        self.worlds.answer(conn, query, |conn| {
            Ok(Pictured {
                highlights: self.highlights(conn, query)?,
                corridors: published_layer(conn, query, Layer::Corridors, None)?,
                sites: published_layer(conn, query, Layer::Sites, None)?,
            })
        })
    }

    /// What a drawing of it shows within a country.
    ///
    /// # Errors
    /// As [`Remembered::highlights`].
    pub fn country(
        &self,
        conn: &mut Conn,
        query: &HighlightsQuery,
        country: CountryCode,
    ) -> Outcome<Arc<CountryPictured>> {
        self.countries.answer(conn, &(query.clone(), country), |conn| {
            Ok(CountryPictured {
                areas: areas_of(conn, query, country)?,
                drawn: published_layer(conn, query, Layer::Areas, Some(country))?,
                sites: published_layer(conn, query, Layer::Sites, Some(country))?,
            })
        })
    }
}
