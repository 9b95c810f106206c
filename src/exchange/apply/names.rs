//! What records are called, so that a refusal names them as the file does and not by their identifiers.

use crate::core::id::{ItemId, OrganizationId, ProgrammeId, SiteId};
use crate::items::Item;
use crate::parties::Organization;
use crate::programmes::Programme;
use crate::sites::Site;
use crate::writer::{Desk, Drawer, Refusal};

pub(super) fn organization_name(desk: &mut Desk, id: OrganizationId) -> Result<String, Refusal> {
    let found = desk.shelf::<Drawer<Organization>>().find(id)?;
    Ok(found.map_or_else(|| id.to_string(), |one| one.name.clone()))
}

pub(super) fn site_name(desk: &mut Desk, id: SiteId) -> Result<String, Refusal> {
    let found = desk.shelf::<Drawer<Site>>().find(id)?;
    Ok(found.map_or_else(|| id.to_string(), |one| one.name.clone()))
}

pub(super) fn item_name(desk: &mut Desk, id: ItemId) -> Result<String, Refusal> {
    let found = desk.shelf::<Drawer<Item>>().find(id)?;
    Ok(found.map_or_else(|| id.to_string(), |one| one.name.clone()))
}

pub(super) fn programme_name(desk: &mut Desk, id: ProgrammeId) -> Result<String, Refusal> {
    let found = desk.shelf::<Drawer<Programme>>().find(id)?;
    Ok(found.map_or_else(|| id.to_string(), |one| one.code.clone()))
}
