//! How far a scope reaches, in the words of a query over `consignments`: as `consignments_within` has it.

use crate::auth::{Bound, Scope};
use crate::db::{Bind, Binds};

/// The condition that a scope reaches a consignment. Who may read is asked as of today, also of the past: who runs a site may
/// change, and whoever does now answers for what lies there; a pledge's donor and a consignment's parties and ends never change.
/// Of a donor it only keeps out what is sensitive: whose goods count is
/// said by [`own_lines`], since others' travel beside them.
pub(super) fn reached(scope: &Scope, binds: &mut Binds) -> String {
    let ends = "in_site.id IN (consignments.origin_id, consignments.destination_id)";
    let each = scope.bounds().iter().map(|bound| match bound {
        Bound::Organization(own) => {
            let own = binds.id(*own);
            format!(
                "(consignments.consignor_id = {own} OR consignments.consignee_id = {own} \
                 OR EXISTS (SELECT 1 FROM legs AS in_leg WHERE in_leg.consignment_id = consignments.id \
                 AND in_leg.carrier_id = {own}) \
                 OR EXISTS (SELECT 1 FROM sites AS in_site WHERE {ends} AND in_site.operator_id = {own}))"
            )
        }
        Bound::Countries(own) => {
            let own: Vec<String> = own.iter().map(|code| binds.place(Bind::Words(code.clone()))).collect();
            format!(
                "EXISTS (SELECT 1 FROM sites AS in_site WHERE {ends} AND in_site.country IN ({}))",
                own.join(", ")
            )
        }
        Bound::OwnPledges(_) => "NOT EXISTS (SELECT 1 FROM programmes AS in_programme \
                                 WHERE in_programme.id = consignments.programme_id AND in_programme.sensitive)"
            .to_owned(),
    });
    let mut conditions = vec!["1 = 1".to_owned()];
    conditions.extend(each);
    conditions.join(" AND ")
}

/// The condition that a pledge line, named by an expression, is a donor's own, where the scope is bound to one, and of the
/// donor that is asked for.
pub(super) fn own_lines(
    scope: &Scope,
    donor: Option<crate::core::id::OrganizationId>,
    line: &str,
    binds: &mut Binds,
) -> String {
    let bound = scope.bounds().iter().filter_map(|bound| match bound {
        Bound::OwnPledges(own) => Some(*own),
        Bound::Organization(_) | Bound::Countries(_) => None,
    });
    let mut conditions = vec!["1 = 1".to_owned()];
    for donor in bound.chain(donor) {
        let donor = binds.id(donor);
        conditions.push(format!(
            "{line} IN (SELECT in_line.id FROM pledge_lines AS in_line JOIN pledges AS in_pledge \
             ON in_pledge.id = in_line.pledge_id WHERE in_pledge.donor_id = {donor})"
        ));
    }
    conditions.join(" AND ")
}
