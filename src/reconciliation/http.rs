//! `GET /api/v1/reconciliation` and, from any of its cells, `reconciliation/entries`.

use super::answer::{ReconciliationView, answer};
use super::entries::{self, CellAsked, EntriesView, EntryKey};
use super::rules::{
    Filters, GROUPS_MAXIMUM, Group, Question, Section, period, read_account, read_condition, read_from,
    read_groups, read_sections, read_to, read_without,
};
use crate::atlas::CountryCode;
use crate::auth::{Permit, Scope, action};
use crate::core::id::{ConsignmentId, ItemId, LotId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::totals::rules::{PlaceMeaning, read_as_of, read_corridor, read_known_at};
use crate::web::{Expense, Paging, Query, Routes, State, spend};
use actix_web::web::Json;
use serde::Deserialize;

/// What is counted, with members of its own at the end: serde cannot flatten one query into another and still
/// refuse what it does not know.
macro_rules! asked {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// Whether a country is where goods are (at) or where they are meant to go (for) [default: at]
            #[param(inline)]
            pub place: Option<PlaceMeaning>,
            /// Only this programme
            pub programme: Option<ProgrammeId>,
            /// Only this donor
            pub donor: Option<OrganizationId>,
            /// Only this pledge
            pub pledge: Option<PledgeId>,
            /// Only this item
            pub item: Option<ItemId>,
            /// Only this lot
            pub lot: Option<LotId>,
            /// Only this country, such as GM
            #[param(value_type = Option<String>)]
            pub country: Option<CountryCode>,
            /// Only this site
            pub site: Option<SiteId>,
            /// Only what this organization holds
            pub holder: Option<OrganizationId>,
            /// Only what this organization owns
            pub owner: Option<OrganizationId>,
            /// Only what is for this organization
            pub consignee: Option<OrganizationId>,
            /// Only this consignment
            pub consignment: Option<ConsignmentId>,
            /// Only this corridor: two site ids, ORIGIN..DESTINATION
            pub corridor: Option<String>,
            /// Only what has none of these, with commas: donor, country, site, holder, owner, consignee, consignment
            pub without: Option<String>,
            /// What came and went is told from this time on: RFC 3339, or a date from its first instant
            pub from: Option<String>,
            /// And up to this time, which is the cut-off of all else: RFC 3339, or a date for its whole day
            pub to: Option<String>,
            /// The same as to: only what took effect by this time
            pub as_of: Option<String>,
            /// Only what was recorded by then: a ledger sequence, or a time
            pub known_at: Option<String>,
            $($own)*
        }

        impl $name {
            /// What is asked, as far as `scope` lets it be.
            fn asked(&self, scope: Scope, group_by: Vec<Group>, sections: Vec<Section>) -> Outcome<Question> {
                let until = (read_to(self.to.as_deref())?, read_as_of(self.as_of.as_deref())?);
                let (from, as_of) = period(read_from(self.from.as_deref())?, until.0, until.1)?;
                let named = [
                    (Group::Programme, self.programme.map(|id| id.0)),
                    (Group::Donor, self.donor.map(|id| id.0)),
                    (Group::Pledge, self.pledge.map(|id| id.0)),
                    (Group::Item, self.item.map(|id| id.0)),
                    (Group::Lot, self.lot.map(|id| id.0)),
                    (Group::Site, self.site.map(|id| id.0)),
                    (Group::Holder, self.holder.map(|id| id.0)),
                    (Group::Owner, self.owner.map(|id| id.0)),
                    (Group::Consignee, self.consignee.map(|id| id.0)),
                    (Group::Consignment, self.consignment.map(|id| id.0)),
                ];
                let without = self.without.as_deref();
                let without = without.map(read_without).transpose()?;
                Ok(Question {
                    group_by,
                    place: self.place.unwrap_or_default(),
                    filters: Filters {
                        ids: named.into_iter().filter_map(|(group, id)| Some((group, id?))).collect(),
                        country: self.country.map(|code| code.as_str().to_owned()),
                        corridor: read_corridor(self.corridor.as_deref())?,
                        without: without.unwrap_or_default(),
                    },
                    scope,
                    from,
                    as_of,
                    known_at: read_known_at("known_at", self.known_at.as_deref())?,
                    sections,
                })
            }
        }
    };
}

asked! {
    /// What is asked of a reconciliation.
    ReconciliationQuery {
        /// One to three, with commas: programme, donor, pledge, item, lot, country, site, holder, owner, consignee,
        /// consignment
        pub group_by: String,
        /// Which parts, with commas: accounts, transit, roll_forward, differences, holders, values, numbers,
        /// without_evidence [default: all]
        pub sections: Option<String>,
        /// Fold everything again out of the raw postings, and compare it with what is kept
        pub recompute: Option<bool>,
    }
}

asked! {
    /// Which entries are asked for.
    EntriesQuery {
        /// Only this account, such as in_storage
        pub account: Option<String>,
        /// Only this condition: good, on_hold or damaged
        pub condition: Option<String>,
        /// The `next` of the page before
        pub after: Option<String>,
        /// Rows wanted, 1 to 500; 50 if not said
        pub limit: Option<i64>,
    }
}

fn now() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_micros())
}

/// Whether it adds up.
///
/// Every account by condition; the three identities, each worked out from both sides and compared one by one; what
/// lay at each site, came, went and lies there; what was short, over, damaged, lost or disposed of, with reasons,
/// causes and who decided; what is missing, with its age; goods that are not with their owner; declared values, by
/// currency and basis; numbers of documents nobody can account for; and what no paper shows.
#[utoipa::path(get, path = "/api/v1/reconciliation", tag = "figures", params(ReconciliationQuery),
    responses((status = 200, description = "The sections that were asked for", body = ReconciliationView)))]
pub async fn reconciliation(
    permit: Permit<action::ReconciliationRead>,
    state: State,
    query: Query<ReconciliationQuery>,
) -> Outcome<Json<ReconciliationView>> {
    let query = query.0;
    let group_by = read_groups("group_by", &query.group_by, GROUPS_MAXIMUM)?;
    let sections = read_sections(query.sections.as_deref())?;
    let question = query.asked(permit.scope().clone(), group_by, sections)?;
    let recomputes = query.recompute.unwrap_or_default();
    if recomputes {
        spend(&state, Expense::Recomputing, permit.principal().user)?;
    }
    Ok(Json(state.read(move |conn| answer(conn, &question, recomputes, now())).await?))
}

/// The entries of a cell.
///
/// Asked with the dimensions of a row as filters, and an account and condition, these are the entries that were
/// added up to its figure, with their events and the papers about them; their quantities add up to it.
#[utoipa::path(get, path = "/api/v1/reconciliation/entries", tag = "figures", params(EntriesQuery),
    responses((status = 200, description = "A page of entries", body = EntriesView)))]
pub async fn reconciliation_entries(
    permit: Permit<action::ReconciliationRead>,
    state: State,
    query: Query<EntriesQuery>,
) -> Outcome<Json<EntriesView>> {
    let query = query.0;
    let cell = CellAsked {
        account: read_account(query.account.as_deref())?,
        condition: read_condition(query.condition.as_deref())?,
    };
    let paging: Paging<EntryKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let question = query.asked(permit.scope().clone(), Vec::new(), Vec::new())?;
    Ok(Json(state.read(move |conn| entries::read(conn, &question, cell, &paging, now())).await?))
}

/// The routes of reconciliation.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_reconciliation, reconciliation);
    routes.add(__path_reconciliation_entries, reconciliation_entries);
}
