//! A log too long to look through by hand: one altered byte in it is found and named all the same.

use relief_ledger::core::id::{OrganizationId, UserId};
use relief_ledger::core::time::Timestamp;
use relief_ledger::parties::Organization;
use relief_ledger::writer::{Actor, Desk, Drawer, Entry, Priority, Refusal, Update, Writer, WriterSettings};
use uuid::Uuid;

use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{migrate, operator};
use crate::verify::{assert_named, sign, verify};

/// Entries of an ordinary run, and of `RELIEF_LONG=1`.
const ENTRIES: usize = 3_000;
const ENTRIES_LONG: usize = 1_000_000;
/// Updates that are under way at once: half of what the writer lets wait.
const AT_ONCE: usize = 2_048;

/// One more organization.
struct Founded {
    actor: Actor,
    number: usize,
}

impl Update for Founded {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let id = Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | self.number as u64);
        desk.begin(Entry { action: "organization.added".to_owned(), kind: "organization", id, reason: None });
        desk.shelf::<Drawer<Organization>>().put(Organization {
            id: OrganizationId(id),
            name: format!("Organization {}", self.number),
            reference: None,
            country: None,
            is_donor: true,
            is_consignor: false,
            is_consignee: false,
            is_carrier: false,
            is_partner: false,
            revision: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            named: None,
        });
        Ok(())
    }
}

/// Founds so many organizations, an entry each.
pub fn found(url: &str, count: usize) {
    let writer = Writer::start(WriterSettings::of(url)).expect("a writer starts");
    let actor = Actor { user: UserId(Uuid::nil()), ..operator() };
    let mut begun = 0;
    while begun < count {
        let end = (begun + AT_ONCE).min(count);
        let waiting: Vec<_> = (begun..end)
            .map(|number| {
                let update = Founded { actor: actor.clone(), number };
                writer.submit(update, Priority::Chunk).expect("there is room")
            })
            .collect();
        for answer in waiting {
            answer.blocking_recv().expect("it is answered").expect("it is recorded");
        }
        begun = end;
    }
    writer.stop();
}

on_both_databases! {
    migrate: migrate;

    fn one_altered_entry_of_very_many_is_named(database: &TestDatabase) {
        let long = std::env::var_os("RELIEF_LONG").is_some();
        let count = if long { ENTRIES_LONG } else { ENTRIES };
        let (url, keys) = (database.url(), tempfile::tempdir().expect("a folder for keys"));
        found(url, count);
        assert!(sign(url, keys.path()));
        let is_sound = || {
            let (code, report) = verify(url, keys.path());
            assert_eq!((code, report["checked"]["log entries"].as_u64()), (Some(0), Some(count as u64)), "{report:#}");
        };
        is_sound();
        let (middle, third) = (count / 2, count / 3);
        let body = format!("UPDATE log_entries SET body = replace(body, 'operator', 'manager') WHERE position = {middle}");
        let report = assert_named(url, keys.path(), &body, &[("log_entries", "body"), ("checkpoints", "note")]);
        let named = report["findings"].as_array().expect("findings");
        assert!(named.iter().any(|one| one["table"] == "log_entries" && one["entry"] == middle), "{report:#}");
        tamper(url, &body.replace("'operator', 'manager'", "'manager', 'operator'"));
        let name = format!("UPDATE organizations SET name = 'Somebody else' WHERE name = 'Organization {third}'");
        let report = assert_named(url, keys.path(), &name, &[("organizations", "name")]);
        assert_eq!((report["count"].as_u64(), report["findings"][0]["entry"].as_u64()), (Some(1), Some(third as u64)), "{report:#}");
        tamper(url, &format!("UPDATE organizations SET name = 'Organization {third}' WHERE name = 'Somebody else'"));
        is_sound();
        let cut = format!("DELETE FROM organizations WHERE name = 'Organization {}'", count - 1);
        assert_named(url, keys.path(), &cut, &[("organizations", "-")]);
    }
}
