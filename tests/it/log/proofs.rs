//! Tiles, proofs and entry bundles over HTTP.

use std::net::IpAddr;

use relief_ledger::app::Buckets;
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::offline::{ConsistencyProof, LogProof};
use relief_ledger::audit::tiles::{TileId, TileTree, parse_tile};
use relief_ledger::audit::tree::leaf_hash;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::problem::Problem;
use relief_ledger::parties::Organization;
use relief_ledger::web::{Door, Throttle};
use relief_ledger::writer::Drawer;
use serde_json::{Value, json};

use super::{checkpoint_over, filled, key_of, log_size};
use crate::support::ledger::Ledger;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};

/// Every entry's body, as an auditor reads them.
fn bodies(auditor: &Caller) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = auditor.get(&format!("/api/v1/audit/entries?limit=500{after}")).expect(200);
        let body = |item: &Value| item["body"].as_str().expect("a body").to_owned();
        all.extend(page["items"].as_array().expect("items").iter().map(body));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// A tile as a stranger fetches it.
fn tile(stranger: &Caller, id: TileId) -> Vec<Hash256> {
    let reply = stranger.get(&format!("/api/v1/audit/tile/{}", id.path()));
    assert_eq!(reply.status, 200, "{}: {}", id.path(), reply.text);
    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
    parse_tile(&reply.bytes, id.width).expect("as many hashes as its address says")
}

on_both_databases! {
    migrate: migrate;

    fn a_stranger_works_the_whole_tree_out_of_its_tiles(database: &TestDatabase) {
        filled(database.url(), 600);
        let server = Server::start(database);
        let auditor = server.login_as(Role::Auditor);
        let key = key_of(database.url(), &server.key_folder());
        let (checkpoint, _) = checkpoint_over(&server, &key, log_size(database.url()));
        let (stranger, size) = (server.stranger(), checkpoint.head.size);
        assert!(size > 600);
        let ids: Vec<TileId> = TileId::all(size).collect();
        assert_eq!(ids.iter().filter(|id| id.level == 0 && id.width == 256).count() as u64, size / 256);
        assert!(ids.iter().any(|id| id.level == 1 && id.width == size / 256), "a tile above the leaves");
        let mut tree = TileTree::new(size, |id| Ok(tile(&stranger, id)));
        assert_eq!(tree.root_at(size).expect("it is read"), checkpoint.head.root);
        let bodies = bodies(&auditor);
        for index in [0, 255, 256, 511, size - 1] {
            assert_eq!(tree.leaf(index).expect("it is read"), leaf_hash(bodies[index as usize].as_bytes()));
        }
        // One bit of one tile, and it is another tree.
        let mut broken = TileTree::new(size, |id| {
            let mut hashes = tile(&stranger, id);
            if id.level == 1 {
                hashes[0].0[0] ^= 1;
            }
            Ok::<_, Problem>(hashes)
        });
        assert_ne!(broken.root_at(size).expect("it is read"), checkpoint.head.root);
    }

    fn an_address_of_a_tile_is_written_in_one_way_and_only_what_was_signed_is_there(database: &TestDatabase) {
        filled(database.url(), 300);
        let server = Server::start(database);
        let key = key_of(database.url(), &server.key_folder());
        let (checkpoint, _) = checkpoint_over(&server, &key, log_size(database.url()));
        let (stranger, rest) = (server.stranger(), checkpoint.head.size - 256);
        let status = |path: &str| stranger.get(&format!("/api/v1/audit/tile/{path}")).status;
        // A partial tile stays where the log has grown beyond it.
        for path in ["0/000", "0/000.p/1", &format!("0/001.p/{rest}"), "1/000.p/1"] {
            assert_eq!(status(path), 200, "{path}");
        }
        let beyond = format!("0/001.p/{}", rest + 1);
        for path in ["0/001", beyond.as_str(), "0/002.p/1", "1/000", "2/000.p/1", "8/000", "64/000", "00/000", "+0/000",
            "0/0", "0/00", "0/0000", "0/x000/000", "0/000.p/256", "0/000.p/0", "0/000.p/01", "0/000.p/", "0/abc",
            "0/x999/x999/x999/x999/x999/x999/x999/999", "-1/000", "0"] {
            assert_eq!(status(path), 404, "{path}");
        }
    }

    fn a_receipt_is_proved_by_whoever_holds_it_and_a_kept_checkpoint_is_continued(database: &TestDatabase) {
        filled(database.url(), 300);
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let key = key_of(database.url(), &server.key_folder());
        let (kept, _) = checkpoint_over(&server, &key, log_size(database.url()));
        let body = json!({"name": "Hainan", "country": "CN", "donor": true});
        let receipt = admin.post("/api/v1/organizations", &body).expect(201)["receipt"].clone();
        let index = receipt["leaf_index"].as_u64().expect("an index");
        checkpoint_over(&server, &key, index + 1);
        let leaf = Hash256::parse(receipt["leaf_hash"].as_str().expect("a hash")).expect("a hash");
        let stranger = server.stranger();
        let reply = stranger.get(&format!("/api/v1/audit/proof/{index}"));
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(reply.text.starts_with("c2sp.org/tlog-proof@v1\nindex "), "{}", reply.text);
        let proof = LogProof::parse(&reply.text).expect("it reads as it is written");
        assert_eq!(proof.to_string(), reply.text);
        assert!(proof.verify(leaf, &key).expect("it holds").head.size > index);
        assert!(proof.verify(leaf_hash(b"{}"), &key).is_err(), "another entry is not proved by it");
        assert!(LogProof { index: index - 1, ..proof.clone() }.verify(leaf, &key).is_err(), "nor another place");
        for size in [0, 1, 255, 256, 257, kept.head.size] {
            let reply = stranger.get(&format!("/api/v1/audit/consistency?old={size}"));
            let proof = ConsistencyProof::parse(&reply.text).expect("it reads as it is written");
            assert_eq!((proof.old, proof.to_string()), (size, reply.text));
            if size == kept.head.size {
                assert!(proof.verify(Some(&kept), &key).expect("it continues it").head.size > kept.head.size);
                let mut other = kept.clone();
                other.head.root = leaf_hash(b"another");
                assert!(proof.verify(Some(&other), &key).is_err(), "a log of another past is not continued");
                assert!(proof.verify(None, &key).is_err(), "nor one of another size");
            }
        }
        stranger.get("/api/v1/audit/proof/100000").refused("not_found", &[]);
        stranger.get("/api/v1/audit/proof/x").refused("not_found", &[]);
        stranger.get("/api/v1/audit/consistency?old=100000").refused("invalid", &["/old"]);
        stranger.get("/api/v1/audit/consistency").refused("invalid", &["/old"]);
    }

    fn entries_come_in_bundles_to_whoever_may_verify(database: &TestDatabase) {
        filled(database.url(), 300);
        let server = Server::start(database);
        let auditor = server.login_as(Role::Auditor);
        let key = key_of(database.url(), &server.key_folder());
        let (checkpoint, _) = checkpoint_over(&server, &key, log_size(database.url()));
        let bodies = bodies(&auditor);
        let rest = checkpoint.head.size - 256;
        for (path, start, count) in [("000".to_owned(), 0, 256), (format!("001.p/{rest}"), 256, rest as usize)] {
            let path = format!("/api/v1/audit/tile/entries/{path}");
            server.stranger().get(&path).refused("unauthenticated", &[]);
            server.login_as(Role::Officer).get(&path).refused("forbidden", &[]);
            let reply = auditor.get(&path);
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            let mut left = reply.bytes.as_slice();
            for body in &bodies[start..start + count] {
                let length = usize::from(u16::from_be_bytes([left[0], left[1]]));
                assert_eq!(&left[2..2 + length], body.as_bytes());
                left = &left[2 + length..];
            }
            assert!(left.is_empty());
        }
        auditor.get("/api/v1/audit/tile/entries/002.p/1").refused("not_found", &[]);
    }

    fn an_entry_too_long_for_a_bundle_is_named_and_read_otherwise(database: &TestDatabase) {
        let ledger = filled(database.url(), 0);
        let ledger = Ledger { writer: Ledger::start(database.url()), ..ledger };
        ledger.stage(|desk| {
            let now = desk.now();
            for number in 0..300 {
                desk.shelf::<Drawer<Organization>>().put(Organization {
                    id: OrganizationId(uuid::Uuid::now_v7()),
                    name: format!("Organization {number}"),
                    reference: None,
                    country: None,
                    is_donor: true,
                    is_consignor: false,
                    is_consignee: false,
                    is_carrier: false,
                    is_partner: false,
                    revision: 1,
                    created_at: now,
                    updated_at: now,
                    named: None,
                });
            }
        });
        ledger.writer.stop();
        let server = Server::start(database);
        let auditor = server.login_as(Role::Auditor);
        let key = key_of(database.url(), &server.key_folder());
        let (checkpoint, _) = checkpoint_over(&server, &key, log_size(database.url()));
        let bundle = auditor.get(&format!("/api/v1/audit/tile/entries/000.p/{}", checkpoint.head.size));
        let words = bundle.refused("wrong_state", &[]);
        assert!(words.contains("at most 65535") && words.contains("/api/v1/audit/entries"), "{words}");
        let longest = bodies(&auditor).iter().map(String::len).max().expect("there are entries");
        assert!(longest > 65_535, "{longest}");
    }
}

#[test]
fn whoever_reads_tiles_without_end_is_slowed_down_and_nobody_else_at_any_other_door() {
    let (throttle, reader) = (Buckets::default(), IpAddr::from([192, 0, 2, 7]));
    let admitted = (0..5_000).take_while(|_| throttle.admit(Door::Proofs, reader).is_ok()).count();
    assert!((1_000..5_000).contains(&admitted), "{admitted}");
    assert!(throttle.admit(Door::Codes, reader).is_ok(), "codes are another door");
    assert!(
        throttle.admit(Door::Proofs, IpAddr::from([198, 51, 100, 7])).is_ok(),
        "and others are not slowed down"
    );
}
