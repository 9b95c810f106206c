//! Who may read whose gift a pledge is: kept with the pledge, recorded like any other change.

use super::store::Pledge;
use crate::core::check::Check;
use crate::core::id::PledgeId;
use crate::core::problem::Problem;
use crate::parties::check_named;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use serde::Deserialize;
use std::sync::Arc;

/// What a pledge says about its donor's name.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedNew {
    /// `always`, `never`, or a day such as `2027-01-01` to be named from; null is as the donor says.
    #[schema(example = "never")]
    pub named: Option<String>,
}

/// Says anew who may read who gave.
pub struct NamedChange {
    /// Of which pledge.
    pub pledge: PledgeId,
    /// What it says.
    pub new: NamedNew,
    /// Who says so.
    pub actor: Actor,
}

impl Update for NamedChange {
    type Answer = Arc<Pledge>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Pledge>>().want(self.pledge);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Pledge>, Refusal> {
        let pledge = desk.shelf::<Drawer<Pledge>>().find(self.pledge)?.ok_or_else(Problem::not_found)?;
        let mut check = Check::new();
        check_named(&mut check, "/named", self.new.named.as_deref());
        check.finish()?;
        if pledge.named == self.new.named {
            return Ok(pledge);
        }
        desk.begin(Entry {
            action: "pledge.named".to_owned(),
            kind: "pledge",
            id: self.pledge.0,
            reason: None,
        });
        let row = Pledge {
            named: self.new.named.clone(),
            revision: pledge.revision + 1,
            updated_at: desk.now(),
            ..pledge.as_ref().clone()
        };
        desk.shelf::<Drawer<Pledge>>().put(row.clone());
        Ok(Arc::new(row))
    }
}
