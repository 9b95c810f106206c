//! How much of which consignments is meant for a need: asked by the need, where matches are read by the goods.

use super::rules::MatchKind;
use crate::core::id::{NeedId, SubjectId};
use crate::db::schema::need_matches;
use crate::db::{Conn, among, either};
use crate::writer::{Desk, Index, Lookup, Wanted};
use diesel::QueryResult;
use diesel::prelude::*;
use std::collections::HashMap;

/// What was said of consignments to be meant for a need, in the order of saying.
pub(super) struct MeantFor;

impl Lookup for MeantFor {
    type Key = NeedId;
    type Value = (SubjectId, i64);

    fn load(conn: &mut Conn, needs: &[NeedId]) -> QueryResult<Vec<(NeedId, (SubjectId, i64))>> {
        let rows: Vec<(NeedId, SubjectId, i64)> = either!(conn, one => {
            need_matches::table
                .filter(among(need_matches::need_id, needs))
                .filter(need_matches::kind.eq(MatchKind::Consignment.word()))
                .order(need_matches::sequence)
                .select((need_matches::need_id, need_matches::subject_id, need_matches::quantity))
                .load(one)
        })?;
        Ok(rows.into_iter().map(|(need, consignment, quantity)| (need, (consignment, quantity))).collect())
    }
}

/// How much of each consignment is meant for a need: what was said last of it counts.
///
/// # Errors
/// [`Wanted`] where it is not loaded.
pub(super) fn meant_for(desk: &mut Desk, need: NeedId) -> Result<HashMap<SubjectId, i64>, Wanted> {
    Ok(desk.shelf::<Index<MeantFor>>().of(need)?.into_iter().collect())
}
