//! `GET /api/v1/totals`.

use super::changes::{ChangesView, changes};
use super::narrow::Narrowed;
use super::regions::{CountryList, read_region};
use super::rules::{
    Filters, KnownAt, PlaceMeaning, Question, months, read_as_of, read_corridor, read_groups, read_known_at,
    read_month,
};
use super::store::answer;
use super::view::TotalsView;
use super::within::{__path_totals_within, totals_within};
use crate::atlas::{AreaCode, CountryCode};
use crate::auth::{Permit, Scope, action};
use crate::core::id::{ItemId, LotId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::parties::Eyes;
use crate::web::{Query, Routes, State};
use actix_web::web::Json;
use serde::Deserialize;

/// What totals are asked for, with members of its own at the end: serde cannot flatten one query into another and still
/// refuse what it does not know.
macro_rules! asked {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize, clap::Args, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// One to three, with commas: programme, donor, item, lot, country, site, holder, owner, consignee,
            /// corridor, month, area, subregion, region
            #[arg(long, value_name = "DIMENSIONS")]
            pub group_by: String,
            /// Whether a country is where goods are (at) or where they are meant to go (for) [default: at]
            #[arg(long, value_enum)]
            #[param(inline)]
            pub place: Option<PlaceMeaning>,
            /// Only this programme
            #[arg(long, value_name = "ID")]
            pub programme: Option<ProgrammeId>,
            /// Only this donor
            #[arg(long, value_name = "ID")]
            pub donor: Option<OrganizationId>,
            /// Only this item
            #[arg(long, value_name = "ID")]
            pub item: Option<ItemId>,
            /// Only this lot
            #[arg(long, value_name = "ID")]
            pub lot: Option<LotId>,
            /// Only this country, such as GM
            #[arg(long, value_name = "CODE")]
            #[param(value_type = Option<String>)]
            pub country: Option<CountryCode>,
            /// Only this UN region, by its M49 number such as 002
            #[arg(long, value_name = "M49")]
            pub region: Option<String>,
            /// Only this UN subregion, by its M49 number such as 202
            #[arg(long, value_name = "M49")]
            pub subregion: Option<String>,
            /// Only this area inside a country, such as GM-B
            #[arg(long, value_name = "CODE")]
            #[param(value_type = Option<String>)]
            pub area: Option<AreaCode>,
            /// Only the countries of this list; south_south: from a donor in one to another
            #[arg(long, value_enum)]
            #[param(inline)]
            pub list: Option<CountryList>,
            /// Only this site
            #[arg(long, value_name = "ID")]
            pub site: Option<SiteId>,
            /// Only what this organization holds
            #[arg(long, value_name = "ID")]
            pub holder: Option<OrganizationId>,
            /// Only what this organization owns
            #[arg(long, value_name = "ID")]
            pub owner: Option<OrganizationId>,
            /// Only what is for this organization
            #[arg(long, value_name = "ID")]
            pub consignee: Option<OrganizationId>,
            /// Only this corridor: two site ids, ORIGIN..DESTINATION
            #[arg(long, value_name = "SITES")]
            pub corridor: Option<String>,
            /// Only this month, such as 2020-08
            #[arg(long, value_name = "MONTH")]
            pub month: Option<String>,
            /// From this month on
            #[arg(long, value_name = "MONTH")]
            pub from_month: Option<String>,
            /// Up to and with this month
            #[arg(long, value_name = "MONTH")]
            pub to_month: Option<String>,
            /// Only what took effect by this time: RFC 3339, or a date for its whole day
            #[arg(long, value_name = "TIME")]
            pub as_of: Option<String>,
            $($own)*
        }

        impl $name {
            /// What is asked, as far as `scope` lets it be and `eyes` let it be answered; known at any time.
            fn asked(&self, scope: Scope, eyes: Option<Eyes>) -> Outcome<Question> {
                let month = read_month("month", self.month.as_deref())?;
                let from = read_month("from_month", self.from_month.as_deref())?;
                let to = read_month("to_month", self.to_month.as_deref())?;
                let (from_month, to_month) = months(month, from, to)?;
                Ok(Question {
                    group_by: read_groups(&self.group_by)?,
                    place: self.place.unwrap_or_default(),
                    filters: Filters {
                        programme: self.programme,
                        donor: self.donor,
                        item: self.item,
                        lot: self.lot,
                        country: self.country.map(|code| code.as_str().to_owned()),
                        site: self.site,
                        holder: self.holder,
                        owner: self.owner,
                        consignee: self.consignee,
                        corridor: read_corridor(self.corridor.as_deref())?,
                        from_month,
                        to_month,
                        region: read_region("region", self.region.as_deref())?,
                        subregion: read_region("subregion", self.subregion.as_deref())?,
                        area: self.area.as_ref().map(AreaCode::to_string),
                        list: self.list,
                    },
                    scope,
                    eyes,
                    as_of: read_as_of(self.as_of.as_deref())?,
                    known_at: None,
                    narrowed: Narrowed::default(),
                })
            }
        }
    };
}

asked! {
    /// What is asked of totals.
    TotalsQuery {
        /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
        #[arg(long, value_name = "SEQUENCE or TIME")]
        pub known_at: Option<String>,
    }
}

impl TotalsQuery {
    /// The question, as far as `scope` lets it be asked and `eyes` let it be answered.
    ///
    /// # Errors
    /// `invalid` at the parameter that cannot be.
    pub fn question(&self, scope: Scope, eyes: Option<Eyes>) -> Outcome<Question> {
        let known_at = read_known_at("known_at", self.known_at.as_deref())?;
        Ok(Question { known_at, ..self.asked(scope, eyes)? })
    }
}

asked! {
    /// What is asked of restated figures.
    ChangesQuery {
        /// What was recorded after this: a ledger sequence, or a time
        #[arg(long, value_name = "SEQUENCE or TIME")]
        pub from: String,
        /// And by then: a ledger sequence, or a time [default: now]
        #[arg(long, value_name = "SEQUENCE or TIME")]
        pub to: Option<String>,
    }
}

impl ChangesQuery {
    /// The question at the later moment, and the earlier one.
    ///
    /// # Errors
    /// `invalid` at the parameter that cannot be.
    pub fn question(&self, scope: Scope) -> Outcome<(Question, Option<KnownAt>)> {
        let known_at = read_known_at("to", self.to.as_deref())?;
        let from = read_known_at("from", Some(&self.from))?;
        Ok((Question { known_at, ..self.asked(scope, None)? }, from))
    }
}

/// Totals by one to three dimensions, with both sides of their identity and what is left between them.
///
/// Without a place dimension the residual is that of identity 1: what documents state against what all
/// accounts hold. By country, site, holder, owner, consignee or corridor, or under a filter by one of
/// them, it is that of identity 3: opening + in − out against closing; sources and goods that are
/// nowhere stand in `not_placed`. A month row is its net change.
///
/// Who is bound to an organization sees what it gave, holds, owns or is to get; to a country, what is in
/// it or meant for it; a donor sees its own pledges and what became of them. To a donor, what is with or of an
/// organization that is not to be named stands in `not_placed`, as do goods of a sensitive programme where rows are by site,
/// corridor or area; where only such a place is asked for, they are not counted.
#[utoipa::path(get, path = "/api/v1/totals", tag = "figures", params(TotalsQuery),
    responses((status = 200, description = "Rows, what is not placed, and the total", body = TotalsView)))]
pub async fn totals(
    permit: Permit<action::TotalsRead>,
    state: State,
    query: Query<TotalsQuery>,
) -> Outcome<Json<TotalsView>> {
    let today = chrono::Utc::now().date_naive().to_string();
    let question = query.0.question(permit.scope().clone(), Eyes::of(&permit, today))?;
    Ok(Json(state.read(move |conn| answer(conn, &question)).await?))
}

/// What was restated between two moments of the record, and by which entries.
///
/// Asked with the `as_of` of a published total, its `sequence` as `from`, and the same dimensions and filters, each row is a
/// cell of it that would read differently today, with every entry that made it so; their differences add up to the
/// row's, and the published figure and the difference to the total of `known_at=to`.
#[utoipa::path(get, path = "/api/v1/reconciliation/changes", tag = "figures", params(ChangesQuery),
    responses((status = 200, description = "Rows that changed, each with its entries", body = ChangesView)))]
pub async fn reconciliation_changes(
    permit: Permit<action::ChangesRead>,
    state: State,
    query: Query<ChangesQuery>,
) -> Outcome<Json<ChangesView>> {
    let (question, from) = query.0.question(permit.scope().clone())?;
    Ok(Json(state.read(move |conn| changes(conn, &question, from)).await?))
}

/// The routes of totals.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_totals, totals);
    routes.add(__path_totals_within, totals_within);
    routes.add(__path_reconciliation_changes, reconciliation_changes);
}
