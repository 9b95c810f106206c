//! What has become of what answers a need: promised, reserved, under way, there, and what is still lacking.
//!
//! Three queries for a page of needs, however many there are, and one more of another moment than now. Goods count in good condition alone, and each unit once:
//! what several needs are meant to get of the same goods is handed out in the order in which it was said.

use super::matches::NeedMatch;
use super::rules::{Answered, Goods, MatchKind, Meant, answered_by};
use super::store::Need;
use crate::core::id::{ConsignmentId, ItemId, NeedId, NeedMatchId, PledgeId, PledgeLineId, SubjectId};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Binds, Conn, VALUES_PER_QUERY, ask, read_failure};
use crate::ledger::{Account, Condition, Cut, Held};
use crate::pledges::rules::PledgeState;
use crate::writer::Record as _;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The kinds of event by which a pledge ends.
const DECLINED: &str = "pledge_declined";
const WITHDRAWN: &str = "pledge_withdrawn";
/// The states it is in then.
const ENDED: [PledgeState; 2] = [PledgeState::Declined, PledgeState::Withdrawn];

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: NeedMatchId,
}

/// What stood at an entry of the log of all goods that some needs are meant to get, of all needs they are meant for.
fn matches_of(conn: &mut Conn, needs: &[NeedId], sequence: i64) -> Outcome<Vec<NeedMatch>> {
    let mut ids: Vec<NeedMatchId> = Vec::new();
    for part in needs.chunks(VALUES_PER_QUERY) {
        let mut binds = Binds::default();
        let (known, of) = (binds.number(sequence), binds.ids(part));
        let text = format!(
            "SELECT said.id FROM need_matches AS said WHERE said.sequence <= {known} AND said.quantity > 0 AND NOT \
             EXISTS (SELECT 1 FROM need_matches AS newer WHERE newer.need_id = said.need_id AND newer.subject_id = \
             said.subject_id AND newer.sequence > said.sequence AND newer.sequence <= {known}) AND said.subject_id IN \
             (SELECT one.subject_id FROM need_matches AS one WHERE one.need_id IN ({of}))"
        );
        let found: Vec<Found> = ask(conn, text, binds)?;
        ids.extend(found.into_iter().map(|found| found.id));
    }
    ids.sort_unstable();
    ids.dedup();
    let mut rows = NeedMatch::load(conn, &ids).map_err(read_failure)?;
    rows.sort_by_key(|row| (row.sequence, row.id));
    Ok(rows)
}

impl NeedMatch {
    /// Whether it is said of a consignment.
    pub fn is_of_consignment(&self) -> bool {
        self.kind == MatchKind::Consignment.word()
    }

    /// What it is said of.
    ///
    /// # Errors
    /// An internal problem where the stored word is none of ours.
    pub(super) fn match_kind(&self) -> Outcome<MatchKind> {
        MatchKind::from_word(&self.kind)
            .ok_or_else(|| Problem::internal(format!("need_matches.kind of {} is {:?}", self.id, self.kind)))
    }
}

#[derive(QueryableByName)]
struct EndedRow {
    #[diesel(sql_type = Binary)]
    pledge: PledgeId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    body: String,
}

impl EndedRow {
    /// Whether all of the pledge ended: a withdrawal that names lines leaves the rest of the offer.
    fn is_whole(&self) -> Outcome<bool> {
        if self.kind == DECLINED {
            return Ok(true);
        }
        let body: serde_json::Value = serde_json::from_str(&self.body).map_err(|error| {
            Problem::internal(format!("the body of a withdrawal cannot be read: {error}"))
        })?;
        Ok(body["lines"].is_null())
    }
}

/// The pledges of some lines that were declined or withdrawn at another moment than now, as far as that was not reversed by
/// then. What they say of themselves is of today.
fn ended_by(conn: &mut Conn, lines: &[PledgeLineId], cut: Cut) -> Outcome<HashSet<PledgeId>> {
    let mut binds = Binds::default();
    let of = binds.ids(lines);
    let (then, reversed) = (cut.condition("events", &mut binds), cut.condition("undone", &mut binds));
    let text = format!(
        "SELECT DISTINCT events.pledge_id AS pledge, events.kind AS kind, events.body AS body FROM pledge_lines JOIN \
         events ON events.pledge_id = pledge_lines.pledge_id WHERE pledge_lines.id IN ({of}) AND events.kind IN \
         ('{DECLINED}', '{WITHDRAWN}') AND {then} AND NOT EXISTS (SELECT 1 FROM events AS undone WHERE undone.kind = \
         'reversed' AND undone.about_id = events.id AND {reversed})"
    );
    let rows: Vec<EndedRow> = ask(conn, text, binds)?;
    let mut found = HashSet::new();
    for row in rows {
        if row.is_whole()? {
            found.insert(row.pledge);
        }
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = Binary)]
    line: PledgeLineId,
    #[diesel(sql_type = Binary)]
    pledge: PledgeId,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    offered: i64,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    withdrawn: i64,
}

/// Of each line how much is promised, less what was withdrawn, and how much of it is offered and not accepted.
fn lines(conn: &mut Conn, ids: &[PledgeLineId], past: Option<Cut>) -> Outcome<HashMap<SubjectId, Goods>> {
    let mut found = HashMap::new();
    for part in ids.chunks(VALUES_PER_QUERY) {
        let ended = past.map(|cut| ended_by(conn, part, cut)).transpose()?;
        let mut binds = Binds::default();
        let of = binds.ids(part);
        let stated = match past {
            Some(cut) => cut.condition("statements", &mut binds),
            None => "1 = 1".to_owned(),
        };
        let Held { joined, quantity, condition } = Held::at(past, &mut binds);
        let text = format!(
            "SELECT pledge_lines.id AS line, pledges.id AS pledge, pledges.state AS state, pledge_lines.offered AS offered, \
             CAST(COALESCE((SELECT SUM(statements.promised) FROM \
             statements WHERE statements.pledge_line_id = pledge_lines.id AND {stated}), 0) AS BIGINT) AS promised, \
             CAST(COALESCE((SELECT SUM({quantity}) FROM balances {joined} WHERE balances.pledge_line_id = \
             pledge_lines.id AND balances.account = {} AND {condition}), 0) AS BIGINT) AS withdrawn \
             FROM pledge_lines JOIN pledges ON pledges.id = pledge_lines.pledge_id WHERE pledge_lines.id IN ({of})",
            Account::Withdrawn.code()
        );
        let rows: Vec<LineRow> = ask(conn, text, binds)?;
        found.extend(rows.into_iter().map(|row| {
            let is_ended = match &ended {
                Some(ended) => ended.contains(&row.pledge),
                None => ENDED.iter().any(|state| state.word() == row.state),
            };
            let standing = (row.promised - row.withdrawn).max(0);
            let offered = if is_ended { 0 } else { (row.offered - row.promised).max(0) };
            (SubjectId(row.line.0), Goods { pledged: standing, offered, ..Goods::default() })
        }));
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct ConsignmentRow {
    #[diesel(sql_type = Binary)]
    consignment: ConsignmentId,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Binary)]
    line: PledgeLineId,
    #[diesel(sql_type = Nullable<Integer>)]
    account: Option<i32>,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// What of each consignment and item is reserved, under way or there, and of which lines. What a consignment brought into
/// a warehouse at its end lies there without it; so what its own events posted there is told, less what was taken back.
fn consignments(
    conn: &mut Conn,
    ids: &[ConsignmentId],
    past: Option<Cut>,
) -> Outcome<HashMap<(SubjectId, ItemId), Goods>> {
    let mut found: HashMap<(SubjectId, ItemId), Goods> = HashMap::new();
    for part in ids.chunks(VALUES_PER_QUERY / 2) {
        let mut binds = Binds::default();
        let of = binds.ids(part);
        let Held { joined, quantity, condition } = Held::at(past, &mut binds);
        let accounts = [Account::Allocated, Account::InTransit, Account::Delivered, Account::Distributed];
        let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
        let (accounts, good) = (accounts.join(", "), Condition::Good.code());
        let again = binds.ids(part);
        let counted = match past {
            Some(cut) => cut.condition("postings", &mut binds),
            None => "1 = 1".to_owned(),
        };
        let text = format!(
            "SELECT balances.consignment_id AS consignment, balances.item_id AS item, balances.pledge_line_id AS line, \
             balances.account AS account, CAST(SUM({quantity}) AS BIGINT) AS quantity FROM balances {joined} WHERE \
             balances.consignment_id IN ({of}) AND balances.account IN ({accounts}) AND balances.condition = {good} \
             AND {condition} GROUP BY balances.consignment_id, balances.item_id, balances.pledge_line_id, \
             balances.account \
             UNION ALL SELECT events.consignment_id AS consignment, postings.item_id AS item, \
             postings.pledge_line_id AS line, CAST(NULL AS INTEGER) AS account, CAST(SUM(postings.quantity) AS BIGINT) \
             AS quantity FROM events JOIN consignments ON consignments.id = events.consignment_id JOIN postings ON \
             postings.sequence = events.sequence WHERE events.consignment_id IN ({again}) AND postings.account = {} \
             AND postings.condition = {good} AND postings.site_id = consignments.destination_id AND {counted} GROUP BY \
             events.consignment_id, postings.item_id, postings.pledge_line_id",
            Account::InStorage.code()
        );
        let rows: Vec<ConsignmentRow> = ask(conn, text, binds)?;
        for row in rows {
            let goods = found.entry((SubjectId(row.consignment.0), row.item)).or_default();
            let account = row.account.and_then(Account::from_code);
            let figure = match account {
                Some(Account::Allocated) => &mut goods.allocated,
                Some(Account::InTransit) => &mut goods.in_transit,
                Some(Account::Distributed) => &mut goods.distributed,
                // Nothing else was asked for but what is there.
                Some(_) | None => &mut goods.delivered,
            };
            *figure += row.quantity;
            *goods.by_line.entry(row.line).or_default() += row.quantity;
        }
    }
    Ok(found)
}

/// What of each need is answered, and how, at an entry of the log and, where another moment is asked for, as of a time.
/// It is asked of needs that a scope has reached.
///
/// # Errors
/// What the database says.
pub fn answered(
    conn: &mut Conn,
    needs: &[Need],
    sequence: i64,
    past: Option<Cut>,
) -> Outcome<(BTreeMap<NeedId, Answered>, Vec<NeedMatch>)> {
    let ids: Vec<NeedId> = needs.iter().map(|need| need.need_id).collect();
    let matches = matches_of(conn, &ids, sequence)?;
    let (mut line_ids, mut consignment_ids) = (HashSet::new(), HashSet::new());
    for row in &matches {
        match row.match_kind()? {
            MatchKind::PledgeLine => line_ids.insert(PledgeLineId(row.subject_id.0)),
            MatchKind::Consignment => consignment_ids.insert(ConsignmentId(row.subject_id.0)),
        };
    }
    let lines = lines(conn, &Vec::from_iter(line_ids), past)?;
    let consigned = consignments(conn, &Vec::from_iter(consignment_ids), past)?;
    let mut meant = Vec::with_capacity(matches.len());
    for row in &matches {
        let goods = match row.match_kind()? {
            MatchKind::PledgeLine => lines.get(&row.subject_id),
            MatchKind::Consignment => consigned.get(&(row.subject_id, row.item_id)),
        };
        meant.push(Meant {
            need: row.need_id,
            subject: row.subject_id,
            kind: row.match_kind()?,
            item: row.item_id,
            quantity: row.quantity,
            goods: goods.cloned().unwrap_or_default(),
        });
    }
    let wanted: Vec<(NeedId, i64)> = needs.iter().map(|need| (need.need_id, need.quantity)).collect();
    Ok((answered_by(&wanted, &meant), matches))
}
