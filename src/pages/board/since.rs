//! What a form of posting is made from, and what was recorded since the copy of it that an officer filled in: for whoever
//! mends what was refused meanwhile.

use super::consignment::{Goods, Happened, goods_of, happened};
use crate::auth::{Permit, action};
use crate::consignments::{Expected, HistoryRow, expected_read, history_read};
use crate::core::id::ConsignmentId;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::writer::last_sequence;

/// Entries shown of those since: more than somebody reads on a phone, and the consignment's page has them all.
const SHOWN: usize = 30;

/// A consignment as the form shows it.
pub(super) struct Read {
    /// The last entry of the log when it was read: what the form knows.
    pub(super) copy: i64,
    pub(super) expected: Expected,
    /// What was recorded about it since an earlier copy, where that is asked for.
    since: Option<Vec<HistoryRow>>,
}

/// The last entry that an earlier copy knew, where the address names one.
pub(super) fn since_of(form: &Form) -> Option<i64> {
    form.given("since")?.parse().ok()
}

/// Reads it, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn read(
    conn: &mut Conn,
    permit: &Permit<action::EventSubmit>,
    id: ConsignmentId,
    since: Option<i64>,
) -> Outcome<Read> {
    let copy = last_sequence(conn)?;
    // One more than are shown tells that there are more.
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let since = since.map(|after| history_read(conn, permit, id, after, limit)).transpose()?;
    Ok(Read { copy, expected: expected_read(conn, permit, id)?, since })
}

/// What was recorded since, and what lies where now.
pub(super) struct Since {
    pub(super) entries: Vec<Happened>,
    pub(super) is_more: bool,
    pub(super) goods: Vec<Goods>,
}

impl Since {
    /// As the page tells it; nothing where nobody asks.
    pub(super) fn of(frame: &Frame, read: &Read) -> Option<Self> {
        let rows = read.since.as_ref()?;
        let told = rows.iter().take(SHOWN).map(|row| happened(frame, &read.expected, row));
        let goods = goods_of(frame, &read.expected);
        Some(Self { entries: told.collect(), is_more: rows.len() > SHOWN, goods })
    }
}
