//! Finding a site while an update decides.

use super::Site;
use crate::core::id::SiteId;
use crate::ledger::event::Halt;
use crate::writer::{Desk, Drawer};
use std::sync::Arc;

/// The site of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_site(desk: &mut Desk, site: SiteId) -> Result<Arc<Site>, Halt> {
    desk.shelf::<Drawer<Site>>().find(site)?.ok_or_else(|| Halt::unknown("site", site.0))
}
