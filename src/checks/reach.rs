//! How far a scope reaches, in the words of a query: as [`crate::events::events_within`] has it of whatever has a
//! consignment, a site and a pledge.

use crate::auth::{Bound, Scope};
use crate::db::{Bind, Binds};

/// Where a row says what it is about: three expressions, each an identifier or null. Tables of the condition itself are
/// called `in_…`, so that no name of the query around it means one of them.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its consignment.
    pub consignment: &'a str,
    /// Its site.
    pub site: &'a str,
    /// Its pledge.
    pub pledge: &'a str,
}

impl About<'_> {
    /// The condition that a scope reaches it; none of it is a donor's.
    pub fn within(&self, scope: &Scope, binds: &mut Binds) -> String {
        if scope.is_everything() {
            return "1 = 1".to_owned();
        }
        let each = scope.bounds().iter().map(|bound| match bound {
            Bound::Organization(own) => {
                let own = binds.id(*own);
                self.any(
                    &format!("in_site.operator_id = {own}"),
                    &format!(
                        "in_consignment.consignor_id = {own} OR in_consignment.consignee_id = {own} \
                         OR EXISTS (SELECT 1 FROM legs AS in_leg \
                         WHERE in_leg.consignment_id = in_consignment.id AND in_leg.carrier_id = {own})"
                    ),
                    &format!("in_pledge.donor_id = {own}"),
                )
            }
            Bound::Countries(own) => {
                let own: Vec<String> =
                    own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
                let own = own.join(", ");
                self.any(
                    &format!("in_site.country IN ({own})"),
                    "1 = 0",
                    &format!(
                        "EXISTS (SELECT 1 FROM pledge_lines AS in_line \
                         WHERE in_line.pledge_id = in_pledge.id AND in_line.earmark_country IN ({own}))"
                    ),
                )
            }
            Bound::OwnPledges(_) => "1 = 0".to_owned(),
        });
        each.collect::<Vec<_>>().join(" AND ")
    }

    /// That its site fits, or its consignment does or starts or ends at a site that fits, or its pledge does.
    fn any(&self, site: &str, consignment: &str, pledge: &str) -> String {
        let About { consignment: of_consignment, site: at_site, pledge: of_pledge } = self;
        format!(
            "(EXISTS (SELECT 1 FROM sites AS in_site WHERE in_site.id = {at_site} AND {site}) \
             OR EXISTS (SELECT 1 FROM consignments AS in_consignment \
             WHERE in_consignment.id = {of_consignment} AND ({consignment} \
             OR EXISTS (SELECT 1 FROM sites AS in_site \
             WHERE in_site.id IN (in_consignment.origin_id, in_consignment.destination_id) AND {site}))) \
             OR EXISTS (SELECT 1 FROM pledges AS in_pledge WHERE in_pledge.id = {of_pledge} AND {pledge}))"
        )
    }
}
