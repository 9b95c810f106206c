//! Making a link, and what its page does.

use super::read::{ToConfirm, link_of};
use super::rules::{Count, DAYS, DAYS_MAXIMUM, Token};
use super::store::{Confirm, LinkMake, ReceiptLink};
use crate::auth::{Permit, action, now, random};
use crate::consignments::consignment_read;
use crate::core::id::{ConsignmentId, EventId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::events::Command;
use crate::ledger::event::EventResult;
use crate::web::{Json, Path, Routes, State, Written, WrittenBody};
use crate::writer::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How long a link is to be good.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLinkNew {
    /// Days it is good, 1 to 180; 30 if left out.
    #[serde(default)]
    pub days: Option<i64>,
}

/// A link by which the consignee confirms receipt; its token is shown this once.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReceiptLinkView {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// What stands in the address; it is kept nowhere.
    pub token: String,
    /// Where it leads: hand it over, or print it on the waybill.
    pub path: String,
    /// Until when it may be used, once.
    pub good_until: Timestamp,
}

/// Make a link by which the consignee confirms receipt
///
/// For a consignee without an account: whoever follows the link counts what came, once. That is posted as the consignee's own
/// receipt, final, and verifies itself unless whoever made the link sent the goods off. Hand the link to the consignee alone:
/// whoever has it can use it. A new link ends those that were made for the consignment before.
#[utoipa::path(post, path = "/api/v1/consignments/{id}/confirmation-link", tag = "consignments",
    params(("id" = ConsignmentId, Path)), request_body = ReceiptLinkNew,
    responses((status = 201, description = "The link", body = WrittenBody<ReceiptLinkView>)))]
pub async fn receipt_link_make(
    permit: Permit<action::EventSubmit>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<ReceiptLinkNew>,
) -> Outcome<Written<ReceiptLinkView>> {
    Ok(Written::created(make_link(&permit, &state, path.0, body.0).await?))
}

/// Makes a link for a consignment within reach.
///
/// # Errors
/// `not_found` out of reach, `invalid` at `/days`, `wrong_state` where the consignment was cancelled.
pub async fn make_link(
    permit: &Permit<action::EventSubmit>,
    state: &State,
    consignment: ConsignmentId,
    new: ReceiptLinkNew,
) -> Outcome<Recorded<ReceiptLinkView>> {
    let days = new.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAXIMUM).contains(&days) {
        let words = format!("{days} is no number of days that a link is good; write 1 to {DAYS_MAXIMUM}");
        return Err(Problem::field("/days", words).outside(days, &(1..=DAYS_MAXIMUM)));
    }
    let reader = permit.clone();
    state.read(move |conn| consignment_read(conn, &reader, consignment)).await?;
    let token = Token::new(random()?);
    let make = LinkMake { actor: permit.actor(), consignment, token: token.clone(), days };
    let recorded = state.writer.record(make).await?;
    Ok(recorded.map(|link| shown(&link, &token)))
}

fn shown(link: &ReceiptLink, token: &Token) -> ReceiptLinkView {
    let text = token.text();
    ReceiptLinkView {
        consignment: link.consignment_id,
        path: format!("/confirm/{text}"),
        token: text,
        good_until: link.good_until,
    }
}

/// Posts what a consignee counted, and ends the link.
///
/// # Errors
/// `not_found` for the token, `wrong_state` where the link was used or nothing is on the way, and what the receipt is refused for.
pub async fn confirm(
    state: &State,
    token: &str,
    what: &ToConfirm,
    (id, counts, reason): (EventId, &[Count], &str),
) -> Outcome<Recorded<EventResult>> {
    let token = token.to_owned();
    let link = state.read(move |conn| link_of(conn, &token)).await?;
    let Some(leg) = what.leg.filter(|_| !counts.is_empty()) else {
        return Err(Problem::new(
            Code::WrongState,
            "Nothing is on its way to you now. Nothing was recorded.",
        ));
    };
    let lines: Vec<Value> = counts.iter().map(|count| count.line(reason)).collect();
    let command = Command::read(json!({
        "id": id, "kind": "received", "occurred_at": now(), "consignment": what.consignment.id, "leg": leg,
        "final": true, "lines": lines,
    }))?;
    state.writer.record(Confirm::new(link.id, what.consignment.consignee_id, command)).await
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_receipt_link_make, receipt_link_make);
}
