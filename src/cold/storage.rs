//! Which storage classes a site can keep, as stated, and what lies where it cannot be kept.
//!
//! What is stated of a site is never changed: a newer statement counts from its own entry on. Of a site of which nothing is
//! stated nothing is said to be in the wrong place.

use crate::auth::Scope;
use crate::checks::About;
use crate::core::check::Check;
use crate::core::id::{ItemId, SiteId, SiteStorageId, derived};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::site_storages;
use crate::db::{Binds, Conn, ask, read_failure};
use crate::items::StorageClass;
use crate::ledger::{Account, Cut, Held};
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

record! {
    /// Which storage classes a site can keep from an entry of the log on.
    pub struct SiteStorage in site_storages key id: SiteStorageId, group site_id: SiteId {
        /// Key: made from the site and the sequence.
        id: SiteStorageId,
        /// The site.
        site_id: SiteId,
        /// The words of its classes, with blanks around and between them.
        classes: String,
        /// The entry that tells of it.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

/// Which storage classes a site can keep.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageNew {
    /// All of them; none where it keeps nothing.
    pub classes: Vec<StorageClass>,
}

/// The same as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StorageView {
    /// The site.
    pub site: SiteId,
    /// Its classes; null where nobody stated them.
    pub classes: Option<Vec<StorageClass>>,
    /// The ledger sequence from which that counts; null with them.
    pub sequence: Option<i64>,
}

impl StorageView {
    pub(super) fn of(site: SiteId, row: Option<&SiteStorage>) -> Self {
        let classes = |row: &SiteStorage| -> Vec<StorageClass> {
            row.classes.split_whitespace().filter_map(StorageClass::from_word).collect()
        };
        Self { site, classes: row.map(classes), sequence: row.map(|row| row.sequence) }
    }
}

/// The words of classes as they are kept: each once, in the order of the catalogue.
fn words(classes: &[StorageClass]) -> String {
    let named = StorageClass::ALL.into_iter().filter(|class| classes.contains(class));
    named.fold(" ".to_owned(), |words, class| format!("{words}{} ", class.word()))
}

/// States which storage classes a site can keep.
pub(super) struct StorageState {
    pub(super) actor: Actor,
    pub(super) site: SiteId,
    pub(super) new: StorageNew,
}

impl Update for StorageState {
    type Answer = Arc<SiteStorage>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Site>>().want(self.site);
        desk.shelf::<Drawer<SiteStorage>>().want_group(self.site);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<SiteStorage>, Refusal> {
        if desk.shelf::<Drawer<Site>>().find(self.site)?.is_none() {
            return Err(Problem::not_found().into());
        }
        let classes = words(&self.new.classes);
        let known = desk.shelf::<Drawer<SiteStorage>>().group(self.site)?;
        if let Some(last) = known.into_iter().max_by_key(|row| row.sequence)
            && last.classes == classes
        {
            return Ok(last);
        }
        let action = "site.storage_stated".to_owned();
        let moment = desk.begin(Entry { action, kind: "site", id: self.site.0, reason: None });
        let row = SiteStorage {
            id: derived(self.site.0, &format!("storage:{}", moment.sequence), 0),
            site_id: self.site,
            classes,
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<SiteStorage>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// What was stated of a site by an entry of the log.
///
/// # Errors
/// `not_found` where there is no such site, or what the database says.
pub(super) fn storage_read(conn: &mut Conn, site: SiteId, sequence: i64) -> Outcome<StorageView> {
    crate::sites::read_site(conn, site)?;
    let row: Option<SiteStorage> = site_storages::table
        .filter(site_storages::site_id.eq(site).and(site_storages::sequence.le(sequence)))
        .order(site_storages::sequence.desc())
        .select(SiteStorage::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    Ok(StorageView::of(site, row.as_ref()))
}

/// Where a heap is.
const HEAP: About<'static> = About {
    consignment: "balances.consignment_id",
    site: "balances.site_id",
    pledge: "(SELECT in_line.pledge_id FROM pledge_lines AS in_line WHERE in_line.id = balances.pledge_line_id)",
};

/// Goods that lie where they cannot be kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MisplacedView {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// What it can keep.
    pub keeps: Vec<StorageClass>,
    /// The item.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub item_name: String,
    /// How it has to be kept.
    #[schema(value_type = StorageClass)]
    pub storage_class: String,
    /// Base units that lie there.
    pub quantity: i64,
}

/// A row of the list.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct MisplacedRow {
    #[diesel(sql_type = Binary)]
    pub(super) site: SiteId,
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Text)]
    site_name: String,
    #[diesel(sql_type = Text)]
    classes: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    item_name: String,
    #[diesel(sql_type = Text)]
    storage_class: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

impl From<MisplacedRow> for MisplacedView {
    fn from(row: MisplacedRow) -> Self {
        let MisplacedRow { site, item, site_name, classes, code, item_name, storage_class, quantity } = row;
        let keeps = classes.split_whitespace().filter_map(StorageClass::from_word).collect();
        Self { site, site_name, keeps, item, code, item_name, storage_class, quantity }
    }
}

/// The list's place of a row: its site and its item.
pub(super) type MisplacedKey = (SiteId, ItemId);

/// Up to `limit` rows after a key of goods within a scope that lie at sites which are stated not to keep their class.
///
/// # Errors
/// What the database says.
pub(super) fn misplaced(
    conn: &mut Conn,
    scope: &Scope,
    (past, sequence): (Option<Cut>, i64),
    (after, limit): (Option<MisplacedKey>, i64),
) -> Outcome<Vec<MisplacedRow>> {
    let mut binds = Binds::default();
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let (known, within) = (binds.number(sequence), HEAP.within(scope, &mut binds));
    let beyond = after.map_or_else(String::new, |(site, item)| {
        let (site, item) = (binds.id(site), binds.id(item));
        format!(
            " AND (balances.site_id > {site} OR (balances.site_id = {site} AND balances.item_id > {item}))"
        )
    });
    let accounts = [Account::InStorage, Account::Allocated, Account::Delivered];
    let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    // Few sites state what they can keep, so they come first: CROSS JOIN keeps SQLite to that order.
    let text = format!(
        "SELECT balances.site_id AS site, balances.item_id AS item, sites.name AS site_name, said.classes AS classes, \
         items.code AS code, items.name AS item_name, items.storage_class AS storage_class, \
         CAST(SUM({quantity}) AS BIGINT) AS quantity FROM site_storages AS said CROSS JOIN sites CROSS JOIN balances \
         {joined} JOIN items ON items.id = balances.item_id \
         WHERE sites.id = said.site_id AND balances.site_id = said.site_id AND said.sequence = (SELECT MAX(last.sequence) FROM site_storages AS last WHERE last.site_id = said.site_id \
         AND last.sequence <= {known}) AND said.classes NOT LIKE '% ' || items.storage_class || ' %' \
         AND balances.account IN ({}) AND {condition} AND {within}{beyond} \
         GROUP BY balances.site_id, balances.item_id, sites.name, said.classes, items.code, items.name, \
         items.storage_class HAVING SUM({quantity}) > 0 ORDER BY balances.site_id, balances.item_id LIMIT {}",
        accounts.join(", "),
        binds.number(limit)
    );
    ask(conn, text, binds)
}

impl StorageNew {
    /// Judges it.
    ///
    /// # Errors
    /// `invalid` where a class stands twice.
    pub(super) fn checked(self) -> Outcome<Self> {
        let mut check = Check::new();
        for (index, class) in self.classes.iter().enumerate() {
            if self.classes[..index].contains(class) {
                check.fault(
                    Fault::Twice,
                    format!("/classes/{index}"),
                    format!("{} stands twice", class.word()),
                );
            }
        }
        check.finish()?;
        Ok(self)
    }
}
