//! What rooms answer for the page of a private link, whose code is the permission: all of it at one entry of the ledger.

use super::read::{Reader, Reported, UnderWayTold};
use super::visit::Seen;
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::forecast::{Forecasting, Lateness};
use crate::ledger::Moment;
use crate::papers::model::Paper;
use crate::papers::words::Told;
use crate::papers::{foot_lines, link_report};
use crate::pledges::http::link_status;
use crate::pledges::{LinkStatus, Linked, PledgeStatus, link_hash, status_by_link};
use crate::reach::reach_of_link;
use crate::tracking::{LinkTrace, TrackedByLink, trace_by_link};
use actix_web::web::Data;

/// All that the page of a private link shows.
pub(super) struct LinkTold {
    pub(super) link: LinkStatus,
    /// Where units were at the end of the visit before.
    pub(super) then: Option<PledgeStatus>,
    pub(super) trace: LinkTrace,
    /// The legs that its goods are on.
    pub(super) under_way: Vec<UnderWayTold>,
}

fn under_way(row: &TrackedByLink) -> Option<UnderWayTold> {
    let arrival = row.arrival.as_ref()?;
    Some(UnderWayTold {
        tracking_code: row.tracking_code.clone(),
        from: arrival.earliest.day(),
        by: arrival.latest.day(),
        trips: arrival.trips,
        state: arrival.state.unwrap_or(Lateness::Due),
    })
}

fn told(conn: &mut Conn, hash: &[u8], forecasting: &Forecasting) -> Outcome<LinkTold> {
    let now = now();
    let link = status_by_link(conn, hash, &now.day(), Moment::default())?;
    let trace = trace_by_link(conn, hash, now, forecasting)?;
    let under_way = trace.consignments.iter().filter_map(under_way).collect();
    Ok(LinkTold { link, then: None, trace, under_way })
}

impl Reader<'_> {
    /// What a private link tells, now and at the end of the visit before.
    pub(super) async fn link(
        &self,
        code: &str,
        forecasting: &Data<Forecasting>,
        seen: Option<Seen>,
    ) -> Outcome<LinkTold> {
        let (hash, forecasting) = (link_hash(code), forecasting.clone());
        let now = self.state.read(move |conn| told(conn, &hash, &forecasting)).await?;
        let then = match seen {
            // What a browser remembers may be of a ledger that was set back since: then there is nothing to compare.
            Some(seen) => link_status(self.state, code, Some(seen.sequence)).await.ok(),
            None => None,
        };
        Ok(LinkTold { then: then.map(|then| then.status), ..now })
    }

    /// All that the report of a pledge tells to whoever has its private link.
    pub(super) async fn reported_by_link(&self, code: &str) -> Outcome<Reported> {
        let (language, hash) = (self.visitor.language(), link_hash(code));
        let read = move |conn: &mut Conn| {
            let held = Linked::read(conn, &hash)?;
            let LinkStatus { donor, status } = status_by_link(conn, &hash, &now().day(), Moment::default())?;
            let reach = reach_of_link(conn, held, status.sequence)?;
            let foot = foot_lines(conn, language, status.sequence)?;
            Ok(Reported { donor, status, reach: Some((Told::GiftHelpedReach, reach)), foot })
        };
        self.state.read(read).await
    }

    /// The same as a paper.
    pub(super) async fn paper_by_link(&self, code: &str) -> Outcome<Paper> {
        let (language, hash) = (self.visitor.language(), link_hash(code));
        let read = move |conn: &mut Conn| {
            let held = Linked::read(conn, &hash)?;
            let told = status_by_link(conn, &hash, &now().day(), Moment::default())?;
            let reached = reach_of_link(conn, held, told.status.sequence)?.reached;
            let foot = foot_lines(conn, language, told.status.sequence)?;
            link_report(language, &told, &reached, foot)
        };
        self.state.read(read).await
    }
}
