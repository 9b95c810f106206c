//! What the cells of many rows name, looked up for all of them at once.

use super::column::Name;
use super::read::{Reference, SheetRecord, set};
use crate::auth::Scope;
use crate::consignments::consignments_within;
use crate::core::check::quoted;
use crate::core::id::{
    ConsignmentId, Identifier, ItemId, LegId, OrganizationId, PledgeId, ProgrammeId, SiteId,
};
use crate::core::problem::{Fault, FieldError, Outcome};
use crate::db::schema::{consignments, items, legs, organizations, pledges, programmes, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::pledges::pledges_within;
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What is known of the names of some rows. A name that several bear is known as theirs.
#[derive(Default)]
pub(super) struct Names {
    known: HashMap<(Name, String), BTreeSet<Uuid>>,
    legs: HashMap<(Uuid, i64), LegId>,
}

/// The texts of one kind of name.
fn texts<'a>(records: &'a [SheetRecord], name: Name) -> Vec<String> {
    let all = records.iter().flat_map(|record| &record.references);
    let found: BTreeSet<&'a str> =
        all.filter(|reference| reference.name == name).map(|reference| reference.text.as_str()).collect();
    found.into_iter().map(str::to_owned).collect()
}

fn ids<I: Identifier>(texts: &[String]) -> Vec<I> {
    texts.iter().filter_map(|text| text.parse().ok().map(I::from_uuid)).collect()
}

impl Names {
    /// Looks up what the records name; pledges and consignments as far as a scope reaches.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn load(conn: &mut Conn, scope: &Scope, records: &[SheetRecord]) -> Outcome<Self> {
        let mut names = Self::default();
        names.load_catalogue(conn, records)?;
        names.load_pledges(conn, scope, &texts(records, Name::Pledge))?;
        names.load_consignments(conn, scope, &texts(records, Name::Consignment))?;
        names.load_legs(conn, records)?;
        Ok(names)
    }

    fn know(&mut self, name: Name, found: Vec<(String, Uuid)>) {
        for (text, id) in found {
            self.known.entry((name, text)).or_default().insert(id);
            self.known.entry((name, id.to_string())).or_default().insert(id);
        }
    }

    fn load_catalogue(&mut self, conn: &mut Conn, records: &[SheetRecord]) -> Outcome<()> {
        macro_rules! named {
            ($name:ident, $table:ident, $column:expr, $text:expr, $id:ty) => {{
                let texts = texts(records, Name::$name);
                let mut found: Vec<(String, $id)> = in_parts(&texts, |part| {
                    let query = $table::table.filter($column.eq_any(part));
                    query.select(($text, $table::id)).load(conn)
                })
                .map_err(read_failure)?;
                let by_id: Vec<$id> = ids(&texts);
                let further: Vec<$id> = in_parts(&by_id, |part| {
                    $table::table.filter($table::id.eq_any(part)).select($table::id).load(conn)
                })
                .map_err(read_failure)?;
                found.extend(further.into_iter().map(|id| (id.to_string(), id)));
                self.know(Name::$name, found.into_iter().map(|(text, id)| (text, id.0)).collect());
            }};
        }
        named!(
            Organization,
            organizations,
            organizations::reference,
            organizations::reference.assume_not_null(),
            OrganizationId
        );
        named!(Programme, programmes, programmes::code, programmes::code, ProgrammeId);
        named!(Item, items, items::code, items::code, ItemId);
        named!(Site, sites, sites::code, sites::code.assume_not_null(), SiteId);
        Ok(())
    }

    fn load_pledges(&mut self, conn: &mut Conn, scope: &Scope, texts: &[String]) -> Outcome<()> {
        let within = || pledges_within(pledges::table.into_boxed(), scope);
        let mut found: Vec<(String, PledgeId)> = in_parts(texts, |part| {
            let query = within().filter(pledges::reference.eq_any(part));
            query.select((pledges::reference.assume_not_null(), pledges::id)).load(conn)
        })
        .map_err(read_failure)?;
        let by_id: Vec<PledgeId> = ids(texts);
        let further: Vec<PledgeId> =
            in_parts(&by_id, |part| within().filter(pledges::id.eq_any(part)).select(pledges::id).load(conn))
                .map_err(read_failure)?;
        found.extend(further.into_iter().map(|id| (id.to_string(), id)));
        self.know(Name::Pledge, found.into_iter().map(|(text, id)| (text, id.0)).collect());
        Ok(())
    }

    fn load_consignments(&mut self, conn: &mut Conn, scope: &Scope, texts: &[String]) -> Outcome<()> {
        let within = || consignments_within(consignments::table.into_boxed(), scope);
        let mut found: Vec<(String, ConsignmentId)> = in_parts(texts, |part| {
            let query = within().filter(consignments::reference.eq_any(part));
            query.select((consignments::reference.assume_not_null(), consignments::id)).load(conn)
        })
        .map_err(read_failure)?;
        let coded: Vec<(String, ConsignmentId)> = in_parts(texts, |part| {
            let query = within().filter(consignments::tracking_code.eq_any(part));
            query.select((consignments::tracking_code, consignments::id)).load(conn)
        })
        .map_err(read_failure)?;
        let by_id: Vec<ConsignmentId> = ids(texts);
        let further: Vec<ConsignmentId> = in_parts(&by_id, |part| {
            within().filter(consignments::id.eq_any(part)).select(consignments::id).load(conn)
        })
        .map_err(read_failure)?;
        found.extend(coded);
        found.extend(further.into_iter().map(|id| (id.to_string(), id)));
        self.know(Name::Consignment, found.into_iter().map(|(text, id)| (text, id.0)).collect());
        Ok(())
    }

    /// The legs of the consignments that rows name together with a leg.
    fn load_legs(&mut self, conn: &mut Conn, records: &[SheetRecord]) -> Outcome<()> {
        let with_legs = records.iter().filter(|record| record.leg.is_some());
        let named = with_legs.flat_map(|record| &record.references);
        let of: BTreeSet<ConsignmentId> = named
            .filter(|reference| reference.name == Name::Consignment)
            .filter_map(|reference| self.one(reference).ok())
            .map(ConsignmentId)
            .collect();
        let of: Vec<ConsignmentId> = of.into_iter().collect();
        let mut found: Vec<(ConsignmentId, i64, LegId)> = in_parts(&of, |part| {
            let query =
                legs::table.filter(legs::consignment_id.eq_any(part)).filter(legs::superseded.eq(false));
            query.select((legs::consignment_id, legs::ordinal, legs::id)).load(conn)
        })
        .map_err(read_failure)?;
        found.sort();
        let mut counted: BTreeMap<ConsignmentId, i64> = BTreeMap::new();
        for (consignment, _, leg) in found {
            let number = counted.entry(consignment).or_default();
            *number += 1;
            self.legs.insert((consignment.0, *number), leg);
        }
        Ok(())
    }

    /// The one that a cell names.
    fn one(&self, reference: &Reference) -> Result<Uuid, (Fault, String)> {
        let (name, text) = (reference.name, &reference.text);
        let found = self.known.get(&(name, text.clone()));
        let mut found = found.into_iter().flatten();
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(*id),
            (Some(_), Some(_)) => {
                let words = format!(
                    "{} is the {} of several {}s; write the identifier of the one that is meant",
                    quoted(text),
                    name.by(),
                    name.word()
                );
                Err((Fault::Other, words))
            }
            (None, _) => {
                let words = format!(
                    "{} is the {} of no {} known to you here; write one that is, or import that first",
                    quoted(text),
                    name.by(),
                    name.word()
                );
                Err((Fault::Unknown, words))
            }
        }
    }

    /// Puts identifiers in the place of names, and notes what is not known.
    pub(super) fn settle(&self, record: &mut SheetRecord) {
        let mut consignment = None;
        for reference in std::mem::take(&mut record.references) {
            match self.one(&reference) {
                Ok(id) => {
                    set(&mut record.body, &reference.pointer, json!(id));
                    if reference.name == Name::Consignment {
                        consignment = Some(id);
                    }
                }
                Err((code, words)) => {
                    let error = FieldError::new(reference.pointer, words).coded(code);
                    let (_, reason) = record.reason(&error);
                    record.problems.push((reference.place, reason));
                }
            }
        }
        let (Some(leg), Some(consignment)) = (record.leg, consignment) else { return };
        match self.legs.get(&(consignment, leg)) {
            Some(id) => set(&mut record.body, "/leg", json!(id)),
            None => {
                let count = self.legs.keys().filter(|(of, _)| *of == consignment).count();
                let words =
                    format!("{leg} is no leg of this consignment, which has {count}; count them from 1");
                let problem = record.reason(&FieldError::new("/leg", words));
                record.problems.push(problem);
            }
        }
    }
}
