//! The database goes away under a running server and comes back: so does the server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use relief_ledger::db::connect;
use serde_json::Value;

use super::field::{Field, broken_promises, id, recorded};
use crate::support::TestDatabase;
use crate::support::books::assert_sound;
use crate::support::server::migrate;
use crate::verify::verify;

/// Ends every connection to the database but its own, as a restart of PostgreSQL does.
fn cut_all_connections(url: &str) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connect(url).expect("the database opens").batch_execute(sql).expect("they are ended");
}

#[test]
fn after_postgres_ended_every_connection_the_server_reads_writes_and_signs_again() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, 1_000);
    let program = field.start();
    let officer = field.officer(&program);
    let stock = format!("/api/v1/sites/{}/stock", field.ledger.beijing);
    // A page of stock is read in a snapshot, a consignment in one statement without.
    let consignment = format!("/api/v1/consignments/{}", field.ledger.consignment);
    let mut acknowledged = BTreeSet::new();
    for read_first in [&stock, &consignment, &stock, &consignment] {
        // Several readers at once, so that several connections lie idle when they are cut.
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| officer.get(&stock).expect(200));
            }
        });
        cut_all_connections(url);
        for _ in 0..12 {
            officer.get(read_first).expect(200);
        }
        officer.get(&consignment).expect(200);
        let id = id();
        let reply = officer.post("/api/v1/events", &field.moved(&id));
        assert_eq!(reply.status, 201, "{}", reply.text);
        acknowledged.insert(id);
    }
    assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
    assert_eq!(recorded(url).len(), acknowledged.len());
    // Signing goes on too: sooner or later a checkpoint is over the whole log.
    let (begun, size) = (Instant::now(), crate::support::books::log_root_of_entries(url).0);
    loop {
        let signed = signed_size(url);
        if signed == Some(size) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "signed up to {signed:?} of {size}");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(program);
    assert_sound(url);
    let (code, report) = verify(url, &field.keys());
    assert_eq!((code, &report["verdict"]), (Some(0), &Value::from("sound")), "{report:#}");
}

/// Entries under the newest checkpoint.
fn signed_size(url: &str) -> Option<i64> {
    let mut conn = connect(url).expect("the database opens");
    let newest = relief_ledger::audit::store::newest_checkpoint(&mut conn).expect("checkpoints are readable");
    newest.map(|checkpoint| checkpoint.size)
}
