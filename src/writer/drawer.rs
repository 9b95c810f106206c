//! A shelf of rows of one table, by identifier and, for children, by parent.

use super::desk::{Shelf, Wanted};
use crate::audit::digest::{SALT_BYTES, Value, commitment};
use crate::audit::entry::EntryWriter;
use crate::audit::hash::Hash256;
use crate::audit::rows::{Reading, RowSource, VisitRow};
use crate::db::Conn;
use diesel::QueryResult;
use std::any::Any;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// A row of a table that updates read and write.
pub trait Record: Clone + Send + Sync + 'static {
    /// The primary key.
    type Id: Copy + Eq + Hash + Ord + Send + Debug;
    /// The parent's key, for tables read by parent; the own key elsewhere.
    type Group: Copy + Eq + Hash + Ord + Send + Debug;
    /// The table's name.
    const TABLE: &'static str;

    /// This row's key.
    fn id(&self) -> Self::Id;
    /// This row's parent.
    fn group(&self) -> Self::Group;
    /// The key as the log writes it.
    fn key_text(&self) -> String;
    /// Shows every column, in the order of the table.
    fn columns<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>));
    /// Loads the rows after a key, in the order of keys.
    ///
    /// # Errors
    /// Whatever the database says.
    fn page(conn: &mut Conn, after: Option<Self::Id>, limit: i64) -> QueryResult<Vec<Self>>;
    /// Loads rows by key.
    ///
    /// # Errors
    /// Whatever the database says.
    fn load(conn: &mut Conn, ids: &[Self::Id]) -> QueryResult<Vec<Self>>;
    /// Loads all rows of some parents.
    ///
    /// # Errors
    /// Whatever the database says.
    fn load_groups(conn: &mut Conn, groups: &[Self::Group]) -> QueryResult<Vec<Self>>;
    /// Inserts rows.
    ///
    /// # Errors
    /// Whatever the database says.
    fn insert(conn: &mut Conn, rows: &[Self]) -> QueryResult<()>;
    /// Changes rows to what they are now.
    ///
    /// # Errors
    /// Whatever the database says.
    fn change(conn: &mut Conn, rows: &[Self]) -> QueryResult<()>;
}

/// Which columns of a row say who a person is, and the salt they are committed to under.
#[derive(Clone, Copy, Debug)]
pub struct Personal<'a> {
    /// The salt, where the row has one.
    pub salt: Option<&'a [u8]>,
    /// The column of the salt, which the log never sees.
    pub hidden: &'static [&'static str],
    /// The columns.
    pub columns: &'static [&'static str],
}

impl Personal<'_> {
    /// Shows a column as the log may see it.
    pub fn show<'v>(
        &self,
        name: &'static str,
        value: Value<'v>,
        visit: &mut dyn FnMut(&'static str, Value<'v>),
    ) {
        if self.hidden.contains(&name) {
            return;
        }
        match self.salt.filter(|_| self.columns.contains(&name)) {
            Some(salt) => visit(name, Value::Committed(commitment(&whole(salt), name, value))),
            None => visit(name, value),
        }
    }
}

/// A salt as commitments take it. One of another length is none of ours: whoever put it there is found, as what was recorded
/// fits no other salt.
fn whole(salt: &[u8]) -> [u8; SALT_BYTES] {
    salt.try_into().unwrap_or_else(|_| Hash256::of(salt).0)
}

/// Declares a row type with its table, key and parent, and everything [`Record`] wants of it.
///
/// `personal(salt: column, …)` after the parent names what says who a person is: it enters the log as a
/// commitment under the row's salt, which itself never does, so that erasing both leaves a log that still
/// verifies and tells nothing. A row without a salt is shown as it is.
///
/// `open(column)` leaves out of a parent's rows those whose column is set, such as sessions that have ended.
///
/// Written as a macro because thirteen tables would otherwise each repeat their columns four times.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $name:ident in $table:ident key $key:ident: $id:ty, group $group:ident: $parent:ty
            $(, personal($salt:ident: $($personal:ident),+))? $(, open($open:ident))? {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, diesel::Queryable, diesel::Selectable, diesel::Insertable,
        )]
        #[diesel(
            table_name = crate::db::schema::$table,
            treat_none_as_default_value = false
        )]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::writer::Record for $name {
            type Id = $id;
            type Group = $parent;
            const TABLE: &'static str = stringify!($table);

            fn id(&self) -> Self::Id {
                self.$key
            }
            fn group(&self) -> Self::Group {
                self.$group
            }
            fn key_text(&self) -> String {
                self.$key.to_string()
            }
            fn columns<'a>(
                &'a self,
                visit: &mut dyn FnMut(&'static str, $crate::audit::digest::Value<'a>),
            ) {
                use $crate::writer::AsValue as _;
                let personal = $crate::writer::Personal {
                    salt: [None::<&[u8]>, $(self.$salt.as_deref())?].into_iter().flatten().next(),
                    hidden: &[$(stringify!($salt))?],
                    columns: &[$($(stringify!($personal)),+)?],
                };
                $(personal.show(stringify!($field), self.$field.as_value(), visit);)*
            }
            fn page(
                conn: &mut $crate::db::Conn,
                after: Option<Self::Id>,
                limit: i64,
            ) -> diesel::QueryResult<Vec<Self>> {
                use $crate::db::schema::$table::dsl;
                use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _};
                $crate::db::either!(conn, one => {
                    let rows = dsl::$table.order(dsl::$key).limit(limit).select(Self::as_select());
                    match after {
                        Some(key) => rows.filter(dsl::$key.gt(key)).load(one),
                        None => rows.load(one),
                    }
                })
            }
            fn load(conn: &mut $crate::db::Conn, ids: &[Self::Id]) -> diesel::QueryResult<Vec<Self>> {
                use $crate::db::schema::$table::dsl;
                use diesel::{QueryDsl as _, RunQueryDsl as _, SelectableHelper as _};
                $crate::db::in_parts(ids, |part| $crate::db::either!(conn, one => {
                    dsl::$table.filter($crate::db::among(dsl::$key, part)).select(Self::as_select()).load(one)
                }))
            }
            fn load_groups(conn: &mut $crate::db::Conn, groups: &[Self::Group]) -> diesel::QueryResult<Vec<Self>> {
                use $crate::db::schema::$table::dsl;
                use diesel::{QueryDsl as _, RunQueryDsl as _, SelectableHelper as _};
                $crate::db::in_parts(groups, |part| $crate::db::either!(conn, one => {
                    dsl::$table
                        .filter($crate::db::among(dsl::$group, part))
                        $(.filter(diesel::ExpressionMethods::is_null(dsl::$open)))?
                        .select(Self::as_select())
                        .load(one)
                }))
            }
            fn insert(conn: &mut $crate::db::Conn, rows: &[Self]) -> diesel::QueryResult<()> {
                $crate::db::insert_all!(conn, crate::db::schema::$table::table, rows).map(|_| ())
            }
            fn change(conn: &mut $crate::db::Conn, rows: &[Self]) -> diesel::QueryResult<()> {
                static CLAUSE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    $crate::db::replacing(stringify!($key), &[$(stringify!($field)),*])
                });
                $crate::db::upsert_all!(conn, crate::db::schema::$table::table, rows, CLAUSE.as_str()).map(|_| ())
            }
        }
    };
}
pub(crate) use record;

/// Rows read at once when a whole table is shown to a verifier.
const ROWS_PER_PAGE: i64 = 2_000;

/// The table of these rows, for comparing it with what the log says.
pub fn row_source<R: Record>() -> RowSource {
    RowSource { table: R::TABLE, reading: Reading::Whole(every_row::<R>) }
}

fn every_row<R: Record>(conn: &mut Conn, visit: &mut VisitRow<'_>) -> QueryResult<()> {
    let mut after = None;
    loop {
        let rows = R::page(conn, after, ROWS_PER_PAGE)?;
        for row in &rows {
            let mut columns = Vec::with_capacity(24);
            row.columns(&mut |name, value| columns.push((name, value)));
            visit(&row.key_text(), &columns);
        }
        match rows.last() {
            Some(last) => after = Some(last.id()),
            None => return Ok(()),
        }
    }
}

struct Slot<R> {
    row: Option<Arc<R>>,
    stored: bool,
    staged: bool,
}

/// Rows of one table on the desk.
pub struct Drawer<R: Record> {
    slots: HashMap<R::Id, Slot<R>>,
    groups: HashMap<R::Group, BTreeSet<R::Id>>,
    wanted: HashSet<R::Id>,
    wanted_groups: HashSet<R::Group>,
    journal: Vec<(R::Id, Option<Arc<R>>, bool)>,
}

impl<R: Record> Default for Drawer<R> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            groups: HashMap::new(),
            wanted: HashSet::new(),
            wanted_groups: HashSet::new(),
            journal: Vec::new(),
        }
    }
}

impl<R: Record> Drawer<R> {
    /// The row, if there is one.
    ///
    /// # Errors
    /// [`Wanted`] where it is not loaded yet.
    pub fn find(&mut self, id: R::Id) -> Result<Option<Arc<R>>, Wanted> {
        match self.slots.get(&id) {
            Some(slot) => Ok(slot.row.clone()),
            None => {
                self.wanted.insert(id);
                Err(Wanted)
            }
        }
    }

    /// The rows of a parent, in the order of their keys.
    ///
    /// # Errors
    /// [`Wanted`] where they are not loaded yet.
    pub fn group(&mut self, group: R::Group) -> Result<Vec<Arc<R>>, Wanted> {
        match self.groups.get(&group) {
            Some(ids) => Ok(ids
                .iter()
                .filter_map(|id| self.slots.get(id))
                .filter_map(|slot| slot.row.clone())
                .collect()),
            None => {
                self.wanted_groups.insert(group);
                Err(Wanted)
            }
        }
    }

    /// A row on the desk that fits, without asking for any.
    pub fn with(&self, fits: impl Fn(&R) -> bool) -> Option<Arc<R>> {
        self.slots.values().filter_map(|slot| slot.row.as_ref()).find(|row| fits(row)).cloned()
    }

    /// Asks for a row ahead of time.
    pub fn want(&mut self, id: R::Id) {
        if !self.slots.contains_key(&id) {
            self.wanted.insert(id);
        }
    }

    /// Asks for the rows of a parent ahead of time.
    pub fn want_group(&mut self, group: R::Group) {
        if !self.groups.contains_key(&group) {
            self.wanted_groups.insert(group);
        }
    }

    /// Notes that a parent that is new has no rows but those put from now on, so that nobody asks for them.
    pub fn begin_group(&mut self, group: R::Group) {
        self.wanted_groups.remove(&group);
        self.groups.entry(group).or_default();
    }

    /// Stages a row, new or changed.
    pub fn put(&mut self, row: R) {
        let id = row.id();
        if let Some(group) = self.groups.get_mut(&row.group()) {
            group.insert(id);
        }
        let slot = self.slots.entry(id).or_insert(Slot { row: None, stored: false, staged: false });
        let before = slot.row.replace(Arc::new(row));
        self.journal.push((id, before, slot.staged));
        slot.staged = true;
    }
}

impl<R: Record> Shelf for Drawer<R> {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty() || !self.wanted_groups.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let mut rows = Vec::new();
        if !self.wanted.is_empty() {
            let ids: Vec<R::Id> = self.wanted.drain().collect();
            rows = R::load(conn, &ids)?;
            for id in ids {
                self.slots.entry(id).or_insert(Slot { row: None, stored: false, staged: false });
            }
        }
        if !self.wanted_groups.is_empty() {
            let groups: Vec<R::Group> = self.wanted_groups.drain().collect();
            rows.extend(R::load_groups(conn, &groups)?);
            let mut members: HashMap<R::Group, BTreeSet<R::Id>> =
                groups.into_iter().map(|group| (group, BTreeSet::new())).collect();
            // Children staged before their parent was asked for belong to it too.
            for row in self.slots.values().filter_map(|slot| slot.row.as_ref()) {
                if let Some(members) = members.get_mut(&row.group()) {
                    members.insert(row.id());
                }
            }
            self.groups.extend(members);
        }
        for row in rows {
            let (id, group) = (row.id(), row.group());
            let slot = self.slots.entry(id).or_insert(Slot { row: None, stored: false, staged: false });
            slot.stored = true;
            if slot.row.is_none() {
                slot.row = Some(Arc::new(row));
            }
            if let Some(members) = self.groups.get_mut(&group) {
                members.insert(id);
            }
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some((id, before, staged)) = self.journal.pop() else { return };
            if let Some(slot) = self.slots.get_mut(&id) {
                if let (None, Some(row)) = (&before, &slot.row)
                    && let Some(members) = self.groups.get_mut(&row.group())
                {
                    members.remove(&id);
                }
                slot.row = before;
                slot.staged = staged;
            }
        }
    }

    fn describe(&self, mark: usize, entry: &mut EntryWriter) {
        let mut seen = HashSet::new();
        for (id, _, _) in &self.journal[mark..] {
            if seen.insert(*id)
                && let Some(row) = self.slots.get(id).and_then(|slot| slot.row.as_ref())
            {
                let mut digest = entry.row(R::TABLE, &row.key_text());
                row.columns(&mut |name, value| {
                    digest.column(name, value);
                });
            }
        }
    }

    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        if self.journal.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<R::Id> = self.journal.drain(..).map(|(id, _, _)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for id in &ids {
            let Some(slot) = self.slots.get(id) else { continue };
            let Some(row) = &slot.row else { continue };
            if slot.stored { &mut changed } else { &mut new }.push(row.as_ref().clone());
        }
        if !changed.is_empty() {
            R::change(conn, &changed)?;
        }
        if !new.is_empty() {
            R::insert(conn, &new)?;
        }
        for id in ids {
            if let Some(slot) = self.slots.get_mut(&id) {
                slot.stored = true;
                slot.staged = false;
            }
        }
        Ok(())
    }

    fn settle(&mut self) {
        self.journal.clear();
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
