//! What was not taken of one who is told, as `relief webhook` and `relief mail` list it and have it told again.

use super::print::say;
use super::user::{operator, record};
use crate::core::id::{LetterId, OutletId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::outbox::{LetterFilter, LettersReplay, REPLAY_MAXIMUM, letter_list, letters_given_up};
use crate::webhooks::LetterView;
use serde::Serialize;

/// Prints one JSON object on a line.
pub(super) fn line(value: &impl Serialize) -> Outcome<()> {
    say(serde_json::to_value(value).map_err(|error| Problem::internal(error.to_string()))?)
}

/// Prints the letters of an outlet that were given up, or all that were not taken.
pub(super) fn list(conn: &mut Conn, outlet: OutletId, all: bool, as_json: bool) -> Outcome<()> {
    let filter = if all { LetterFilter::All } else { LetterFilter::GivenUp };
    let page = usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
    let mut after = 0;
    loop {
        let found = letter_list(conn, outlet, filter, after, PAGE_LIMIT_MAXIMUM + 1)?;
        let is_last = found.len() <= page;
        for one in found.into_iter().take(page).map(LetterView::from) {
            after = one.sequence;
            if as_json {
                line(&one)?;
            } else {
                let next = one.next_at.as_ref().map_or_else(|| "given up".to_owned(), Timestamp::to_string);
                let (id, sequence, attempts, error) = (one.id, one.sequence, one.attempts, &one.error);
                say(format!("{id}  entry {sequence}, tried {attempts} times, {next}: {error}"))?;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Has letters of an outlet told again, those that are named or all that were given up, and answers how many. `kind` is what
/// the log calls the outlet.
pub(super) fn replay(
    conn: &mut Conn,
    url: &str,
    (outlet, kind): (OutletId, &'static str),
    named: Vec<LetterId>,
) -> Outcome<usize> {
    let again = |letters| LettersReplay::new(operator(), outlet, kind, letters);
    let mut count = 0;
    if !named.is_empty() {
        for part in named.chunks(REPLAY_MAXIMUM) {
            count += record(url, again(part.to_vec()))?;
        }
        return Ok(count);
    }
    loop {
        let letters = letters_given_up(conn, outlet)?;
        if letters.is_empty() {
            return Ok(count);
        }
        match record(url, again(letters))? {
            // Somebody else was faster.
            0 => return Ok(count),
            some => count += some,
        }
    }
}
