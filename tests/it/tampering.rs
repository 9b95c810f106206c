//! Whoever has the database in hand may edit any cell of any table, delete rows, add some, and exchange them: `relief
//! verify` names what was touched, in every table that is recorded or derived.

use std::path::PathBuf;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::consignments::LegPlan;
use relief_ledger::core::id::{
    ConsignmentId, DocumentId, DocumentPartId, EventId, LegId, LegPlanId, MailingId, OutsideIdentityId,
    PersonId, PledgeLineId, UserId, VerificationId,
};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::documents::Signatory;
use relief_ledger::events::{Dismissal, RefusalRecord};
use relief_ledger::evidence::Verification;
use relief_ledger::mail::Mailing;
use relief_ledger::pledges::EarmarkChange;
use relief_ledger::users::outside_store::OutsideIdentity;
use serde_json::Value;
use uuid::Uuid;

use crate::carrying::count;
use crate::drills::large::found;
use crate::matrix::everything_told;
use crate::support::ledger::{Ledger, tamper};
use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};
use crate::verify::{sign, verify};

/// Tables that hold nothing in a ledger as small as this, with where their tampering is told.
const EMPTY: [(&str, &str); 2] = [
    ("dated_blocks", "blocks are made of a thousand entries: `properties::dated`"),
    ("dated_rollups", "blocks are made of a thousand entries: `properties::dated`"),
];

/// Tables that say where the log stands, and what is folded out of others: what is found there is named by table and key.
const DERIVED: [&str; 5] = ["balances", "rollups", "log_nodes", "checkpoints", "ledger_state"];

/// Columns that are not named themselves, but by what does not fit them any more: with the salt, what was committed to with it.
const TOLD_BY: [(&str, &str, &str); 3] = [
    ("users", "salt", "login"),
    ("outside_identities", "salt", "subject"),
    ("log_entries", "leaf_hash", "body"),
];

/// A column as SQLite has it; PostgreSQL has the same under the same names.
#[derive(Clone, QueryableByName)]
struct Column {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Text)]
    kind: String,
    /// Its place in the primary key; 0 where it is in none.
    #[diesel(sql_type = sql_types::BigInt)]
    key: i64,
    /// Whether it helps to tell rows apart.
    #[diesel(sql_type = sql_types::Bool)]
    is_unique: bool,
}

impl Column {
    /// Whether rows are told apart by it in the log: by the key of their table, but for events, which have numbers too.
    fn is_key_of(&self, table: &str) -> bool {
        self.key > 0 || (table == "events" && self.name == "id")
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

/// A table, and how to edit it.
struct Table {
    name: String,
    columns: Vec<Column>,
    is_sqlite: bool,
}

/// Every table there is, with its columns.
fn tables(is_sqlite: bool) -> Vec<Table> {
    let database = TestDatabase::sqlite(migrate);
    let mut conn = connect(database.url()).expect("the database opens");
    let names: Vec<Name> = sql_query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .load(&mut conn)
        .expect("there are tables");
    let mut tables = Vec::new();
    for Name { name } in names {
        if name.starts_with("sqlite_") || name.starts_with("__") {
            continue;
        }
        let sql = format!(
            "SELECT name, type AS kind, CAST(pk AS BIGINT) AS key, name IN (SELECT place.name FROM \
             pragma_index_list('{name}') AS list JOIN pragma_index_info(list.name) AS place WHERE list.\"unique\") \
             AS is_unique FROM pragma_table_info('{name}')"
        );
        let columns: Vec<Column> = sql_query(sql).load(&mut conn).expect("it has columns");
        tables.push(Table { name, columns, is_sqlite });
    }
    tables
}

impl Table {
    fn key(&self) -> String {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        key.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Something else than what a column holds, of its type.
    fn other(&self, column: &Column) -> String {
        let name = &column.name;
        let bytes = |hex: &str| {
            if self.is_sqlite { format!("X'{hex}'") } else { format!("decode('{hex}', 'hex')") }
        };
        match column.kind.as_str() {
            "BLOB" => format!(
                "CASE WHEN length({name}) = 32 THEN {} ELSE {} END",
                bytes(&"ab".repeat(32)),
                bytes("01900000000070008000000000000abc")
            ),
            "TEXT" => format!("CASE WHEN {name} IS NULL THEN 'altered' ELSE {name} || 'x' END"),
            "BOOLEAN" if self.is_sqlite => format!("1 - COALESCE({name}, 0)"),
            "BOOLEAN" => format!("NOT COALESCE({name}, FALSE)"),
            "BIGINT" | "INTEGER" | "DOUBLE" => format!("COALESCE({name}, 0) + 1"),
            other => panic!("{}.{name} is of type {other}", self.name),
        }
    }

    /// Edits columns of the last row.
    fn edited(&self, columns: &[&Column]) -> String {
        let (name, key) = (&self.name, self.key());
        let set: Vec<String> =
            columns.iter().map(|column| format!("{} = {}", column.name, self.other(column))).collect();
        let order = self.last(columns.first());
        format!(
            "UPDATE {name} SET {} WHERE ({key}) = (SELECT {key} FROM {name} ORDER BY {order} LIMIT 1)",
            set.join(", ")
        )
    }

    /// The order in which the last row is the one with the highest of a column, so that nothing has the next number yet.
    fn last(&self, column: Option<&&Column>) -> String {
        let key: Vec<String> = self.key().split(", ").map(|key| format!("{key} DESC")).collect();
        let key = key.join(", ");
        column.map_or_else(|| key.clone(), |column| format!("COALESCE({0}, {0}) DESC, {key}", column.name))
    }

    /// A salt that is none, given to a row that has none, where there is such a row.
    fn salted(&self, url: &str) -> Option<String> {
        let (name, key) = (&self.name, self.key());
        let salt = self.columns.iter().find(|column| column.name == "salt")?;
        let bare = format!("{name} WHERE salt IS NULL");
        (count(url, &bare) > 0).then(|| {
            format!("UPDATE {name} SET salt = {} WHERE ({key}) = (SELECT {key} FROM {bare} ORDER BY {key} LIMIT 1)", self.other(salt))
        })
    }

    fn deleted(&self) -> String {
        let (name, key) = (&self.name, self.key());
        format!(
            "DELETE FROM {name} WHERE ({key}) = (SELECT {key} FROM {name} ORDER BY {} LIMIT 1)",
            self.last(None)
        )
    }

    /// A further row, like the last one but for its key.
    fn inserted(&self) -> String {
        let name = &self.name;
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let is_own = |column: &Column| column.key > 0 || column.is_unique;
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|column| if is_own(column) { self.other(column) } else { column.name.clone() })
            .collect();
        format!(
            "INSERT INTO {name} ({}) SELECT {} FROM {name} ORDER BY {} LIMIT 1",
            names.join(", "),
            values.join(", "),
            self.last(None)
        )
    }

    /// The first and the last row with each other's contents.
    fn exchanged(&self) -> String {
        let (name, key) = (&self.name, self.key());
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let of = |keys: &str, rest: &str| {
            let side = |column: &Column| if column.is_key_of(name) { keys } else { rest };
            let values: Vec<String> =
                self.columns.iter().map(|column| format!("{}.{}", side(column), column.name)).collect();
            values.join(", ")
        };
        let ends = format!(
            "(SELECT * FROM kept ORDER BY {key} LIMIT 1) AS a, (SELECT * FROM kept ORDER BY {} LIMIT 1) AS b",
            self.last(None)
        );
        format!(
            "DELETE FROM {name} WHERE ({key}) = (SELECT {key} FROM kept ORDER BY {key} LIMIT 1) \
             OR ({key}) = (SELECT {key} FROM kept ORDER BY {} LIMIT 1); \
             INSERT INTO {name} ({}) SELECT {} FROM {ends} UNION ALL SELECT {} FROM {ends}",
            self.last(None),
            names.join(", "),
            of("a", "b"),
            of("b", "a")
        )
    }

    /// Whether the first and the last row differ in anything but their key.
    fn has_different_rows(&self, url: &str) -> bool {
        let rest: Vec<&str> = self
            .columns
            .iter()
            .filter(|column| !column.is_key_of(&self.name))
            .map(|column| column.name.as_str())
            .collect();
        let (name, key, rest) = (&self.name, self.key(), rest.join(", "));
        if rest.is_empty() {
            return false;
        }
        let last = self.last(None);
        let ends = format!(
            "(SELECT * FROM (SELECT {rest} FROM {name} ORDER BY {key} LIMIT 1) AS a UNION \
             SELECT * FROM (SELECT {rest} FROM {name} ORDER BY {last} LIMIT 1) AS b) AS ends"
        );
        count(url, &ends) == 2
    }

    /// Before anything is done to it, so that it can be undone.
    fn kept(&self) -> String {
        format!("CREATE TABLE kept AS SELECT * FROM {}", self.name)
    }

    fn restored(&self) -> String {
        let (name, names) = (
            &self.name,
            self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
        );
        format!("DELETE FROM {name}; INSERT INTO {name} ({names}) SELECT {names} FROM kept; DROP TABLE kept")
    }
}

/// A ledger in which every table that is recorded has rows, and somebody who edits it behind its back.
struct Vandal {
    url: String,
    keys: PathBuf,
    _folder: tempfile::TempDir,
}

/// An identifier that is there.
fn one_of(url: &str, table: &str) -> Uuid {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Binary)]
        id: Vec<u8>,
    }
    let sql = format!("SELECT id FROM {table} ORDER BY id LIMIT 1");
    let row: Row = sql_query(sql).get_result(&mut connect(url).expect("it opens")).expect("a row");
    Uuid::from_slice(&row.id).expect("an identifier")
}

/// Records a row of what needs several people or an outside issuer to come about.
fn put_the_rest(url: &str) {
    let ledger = Ledger::beside(url);
    let (event_id, at, new) = (EventId(one_of(url, "events")), Timestamp(1), Uuid::now_v7);
    ledger.put(Dismissal {
        event_id,
        reason: "sent again, corrected".into(),
        dismissed_by: UserId(new()),
        dismissed_at: at,
    });
    ledger.put(RefusalRecord { event_id, code: "invalid".into(), problem: "{}".into(), refused_at: at });
    ledger.put(EarmarkChange {
        event_id,
        pledge_id: ledger.pledge,
        from_line_id: ledger.line,
        to_line_id: PledgeLineId(new()),
        quantity: 5,
        from_country: Some("GM".into()),
        to_country: None,
        consented_by: ledger.donor,
        consented_person_id: None,
        consented_on: "2020-08-01".into(),
        document_id: None,
        filed: Some("cabinet 3".into()),
        reversed_by: None,
    });
    ledger.put(Signatory {
        id: DocumentPartId(new()),
        document_id: DocumentId(one_of(url, "documents")),
        ordinal: 1,
        person_id: PersonId(new()),
        act: "received".into(),
        signed_at: None,
    });
    ledger.put(OutsideIdentity {
        id: OutsideIdentityId(new()),
        user_id: UserId(one_of(url, "users")),
        issuer: "https://issuer.example".into(),
        subject: String::new(),
        first_at: at,
        salt: None,
    });
    ledger.put(Verification {
        id: VerificationId(new()),
        event_id,
        how: "signed".into(),
        document_id: None,
        since: at,
        ended_at: None,
        ended_as: None,
    });
    ledger.put(Mailing {
        id: MailingId(new()),
        about: "digest".into(),
        consignment_id: None,
        user_id: Some(UserId(one_of(url, "users"))),
        days: 7,
        address: Some(vec![1, 2, 3]),
        address_key: Some("a key".into()),
        asked_at: at,
        confirmed_at: None,
        ended_at: None,
        language: Some("fr".into()),
    });
    if count(url, "leg_plans") == 0 {
        ledger.put(LegPlan {
            id: LegPlanId(new()),
            leg_id: LegId(one_of(url, "legs")),
            consignment_id: ConsignmentId(one_of(url, "consignments")),
            planned_departure: None,
            planned_arrival: Some(at),
            superseded: false,
            sequence: 0,
            recorded_at: at,
        });
    }
    ledger.writer.stop();
}

impl Vandal {
    fn new(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("a folder for keys");
        let keys = everything_told(database, folder.path());
        let url = database.url().to_owned();
        // So many entries that several tiles of the log are full.
        found(&url, 600);
        put_the_rest(&url);
        sign(&url, &keys);
        let vandal = Self { url, keys, _folder: folder };
        if !vandal.url.starts_with("sqlite:") {
            // Whoever edits tables drops what forbids it.
            vandal.does(
                "DO $$ DECLARE one RECORD; BEGIN FOR one IN SELECT conrelid::regclass AS place, conname FROM pg_constraint \
                 WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP \
                 EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.place, one.conname); END LOOP; END $$",
            );
        }
        vandal
    }

    fn does(&self, sql: &str) {
        let unchecked = if self.url.starts_with("sqlite:") {
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON"
        } else {
            "SET session_replication_role = replica"
        };
        tamper(&self.url, &format!("{unchecked}; {sql}"));
    }

    fn verdict(&self) -> Value {
        verify(&self.url, &self.keys).1
    }

    /// What of these columns is not named after an edit; the table itself, where none is asked for.
    fn unnamed(&self, table: &Table, sql: &str, columns: &[&Column]) -> Vec<String> {
        self.does(&table.kept());
        self.does(sql);
        let report = self.verdict();
        self.does(&table.restored());
        let none = Vec::new();
        let findings = report["findings"].as_array().unwrap_or(&none);
        let of_table: Vec<&Value> =
            findings.iter().filter(|finding| finding["table"] == table.name.as_str()).collect();
        let told = |column: &str| {
            let by = TOLD_BY.iter().find(|(of, salt, _)| (*of, *salt) == (table.name.as_str(), column));
            let column = by.map_or(column, |(_, _, by)| *by);
            of_table.iter().any(|finding| finding["column"] == column)
        };
        let short: String = report["findings"].to_string().chars().take(900).collect();
        if of_table.is_empty() {
            return vec![format!("{}: {sql}: {short}", table.name)];
        }
        let is_keyed =
            of_table.iter().all(|finding| finding["key"].as_str().is_some_and(|key| !key.is_empty()));
        let mut missed: Vec<String> =
            if is_keyed { Vec::new() } else { vec![format!("{}: no key: {short}", table.name)] };
        if !DERIVED.contains(&table.name.as_str()) {
            let of_rest =
                columns.iter().filter(|column| !column.is_key_of(&table.name) && !told(&column.name));
            missed.extend(of_rest.map(|column| format!("{}.{}: {short}", table.name, column.name)));
        }
        missed
    }
}

on_both_databases! {
    migrate: migrate;

    // In an ordinary run all columns of a row are edited at once; in a long one each column alone, and rows are deleted,
    // added and exchanged as well.
    fn whatever_is_edited_in_any_table_is_named(database: &TestDatabase) {
        let long = std::env::var_os("RELIEF_LONG").is_some();
        let vandal = Vandal::new(database);
        let sound = vandal.verdict();
        assert_eq!(sound["count"], 0, "{sound:#}");
        let uncovered: Vec<&str> = sound["uncovered"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let (mut missed, mut empty, mut edits) = (Vec::new(), Vec::new(), 0);
        for table in tables(vandal.url.starts_with("sqlite:")) {
            let name = table.name.as_str();
            // One that is deleted is not missed, which the command says; whatever else is done to one is.
            let is_deletion_named = name != "checkpoints";
            if (uncovered.contains(&name) && is_deletion_named) || EMPTY.iter().any(|(one, _)| *one == name) {
                continue;
            }
            if count(&vandal.url, name) == 0 {
                empty.push(name.to_owned());
                continue;
            }
            let covered = table.columns.iter().filter(|column| {
                let place = format!("{name}.{}", column.name);
                !uncovered.contains(&place.as_str())
            });
            let (key, rest): (Vec<&Column>, Vec<&Column>) = covered.partition(|column| column.is_key_of(name));
            // Of an entry of the log, a body that is none hides what else is wrong with it.
            let at_once: Vec<Vec<&Column>> = if long || name == "log_entries" {
                key.iter().chain(&rest).map(|column| vec![*column]).collect()
            } else {
                vec![rest]
            };
            for columns in at_once.iter().filter(|columns| !columns.is_empty()) {
                missed.extend(vandal.unnamed(&table, &table.edited(columns), columns));
            }
            edits += at_once.len();
            if let Some(sql) = table.salted(&vandal.url) {
                missed.extend(vandal.unnamed(&table, &sql, &[]));
                edits += 1;
            }
            if !long {
                continue;
            }
            if is_deletion_named {
                missed.extend(vandal.unnamed(&table, &table.deleted(), &[]));
            }
            missed.extend(vandal.unnamed(&table, &table.inserted(), &[]));
            if table.has_different_rows(&vandal.url) {
                missed.extend(vandal.unnamed(&table, &table.exchanged(), &[]));
            }
            edits += 3;
        }
        assert!(missed.is_empty(), "{} of {edits} edits:\n{}", missed.len(), missed.join("\n"));
        assert_eq!(empty, Vec::<String>::new(), "nothing is in these tables, so nothing was edited there");
        let sound = vandal.verdict();
        assert_eq!(sound["count"], 0, "all is as it was: {sound:#}");
        println!("{edits} edits, each named");
    }
}
