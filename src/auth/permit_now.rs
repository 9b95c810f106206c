//! What a user may do at the moment where nobody asks: for what is told by itself, long after somebody asked for it.

use super::actions::Named;
use super::api_key::{ApiKey, is_machine_login};
use super::policy::{Grant, Permit, authorize};
use super::principal::now;
use super::user::User;
use crate::core::id::{ApiKeyId, UserId};
use crate::core::problem::Outcome;
use crate::db::{Conn, read_failure};
use crate::writer::Record as _;
use std::sync::Arc;

/// The permit a user would have now; none for one who may not, who may not call any more, or for a machine whose key ended.
///
/// # Errors
/// What the database says.
pub fn permit_now<A: Named>(conn: &mut Conn, user: UserId) -> Outcome<Option<Permit<A>>> {
    let Some(user) = User::load(conn, &[user]).map_err(read_failure)?.pop() else { return Ok(None) };
    if is_machine_login(&user.login) {
        // A machine has no more rights than its key, which ends by itself.
        let key = ApiKey::load(conn, &[ApiKeyId(user.id.0)]).map_err(read_failure)?.pop();
        if !key.is_some_and(|key| key.is_live(now())) {
            return Ok(None);
        }
    }
    let Some(principal) = user.principal()? else { return Ok(None) };
    Ok(authorize(&Arc::new(principal), A::ACTION).ok().and_then(Grant::permit))
}
