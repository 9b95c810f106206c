//! Between which places all that goes flies straight, so that the shortest line over the globe is its way.

use super::corridor_queries::as_known;
use super::reach::{own_lines, reached};
use crate::auth::Scope;
use crate::consignments::rules::Mode;
use crate::core::id::{ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::db::{Bind, Binds, Conn, ask};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::HashSet;

/// Which consignments are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Those a caller reaches.
    pub scope: &'a Scope,
    /// From one of these places: one at least.
    pub origins: &'a [SiteId],
    /// Of this programme, if one is asked for.
    pub programme: Option<ProgrammeId>,
    /// Of none of these.
    pub without: &'a [ProgrammeId],
    /// Of which something had been recorded by then.
    pub known_at: i64,
}

#[derive(QueryableByName)]
struct FirstLeg {
    #[diesel(sql_type = Binary)]
    origin_id: SiteId,
    #[diesel(sql_type = Binary)]
    destination_id: SiteId,
    #[diesel(sql_type = BigInt)]
    flies: i64,
}

/// Origins and destinations between which every consignment whose way was known goes by one flight, as it was known.
///
/// # Errors
/// What the database says.
pub fn flown(conn: &mut Conn, sent: Sent<'_>) -> Outcome<HashSet<(SiteId, SiteId)>> {
    let mut binds = Binds::default();
    let origins = binds.ids(sent.origins);
    let known_at = binds.number(sent.known_at);
    let flights = [Mode::Air, Mode::AirCharter].map(|mode| binds.place(Bind::Words(mode.word().to_owned())));
    let mut conditions = vec![
        format!("l.from_id IN ({origins}) AND l.from_id = consignments.origin_id"),
        // A leg that was not there yet is none of the way.
        format!("NOT COALESCE({}, 1 = 1)", as_known("superseded", &known_at)),
        reached(sent.scope, &mut binds),
        format!(
            "EXISTS (SELECT 1 FROM balances WHERE balances.consignment_id = consignments.id AND {})",
            own_lines(sent.scope, None, "balances.pledge_line_id", &mut binds)
        ),
        format!(
            "EXISTS (SELECT 1 FROM events AS e WHERE e.consignment_id = consignments.id AND e.sequence <= {known_at})"
        ),
    ];
    if let Some(programme) = sent.programme {
        conditions.push(format!("consignments.programme_id = {}", binds.id(programme)));
    }
    if !sent.without.is_empty() {
        conditions.push(format!("consignments.programme_id NOT IN ({})", binds.ids(sent.without)));
    }
    let text = format!(
        "SELECT DISTINCT consignments.origin_id AS origin_id, consignments.destination_id AS destination_id, \
         CAST(CASE WHEN l.mode IN ({}) AND l.to_id = consignments.destination_id THEN 1 ELSE 0 END AS BIGINT) AS flies \
         FROM legs AS l JOIN consignments ON consignments.id = l.consignment_id WHERE {}",
        flights.join(", "),
        conditions.join(" AND ")
    );
    let rows: Vec<FirstLeg> = ask(conn, text, binds)?;
    let ends = |flies: i64| -> HashSet<(SiteId, SiteId)> {
        rows.iter().filter(|row| row.flies == flies).map(|row| (row.origin_id, row.destination_id)).collect()
    };
    Ok(&ends(1) - &ends(0))
}
