//! What was restored from a backup tells nobody before somebody says so.

use relief_ledger::core::id::SealedId;
use serde_json::json;

use super::receiver::Receiver;
use super::{WEBHOOKS, a_gift, a_while, hasty, hears, made, scene};
use crate::carrying::{backup, empty_like, relief, restore, text};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};

on_both_databases! {
    migrate: migrate;

    fn a_restored_copy_tells_nobody_until_somebody_has_it_go_on(database: &TestDatabase) {
        let scene = scene(database, 10);
        let receiver = Receiver::kind();
        made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        let told = hears(&receiver, 2);
        a_while();
        let keys = scene.house.key_folder();
        backup(database.url(), &keys, "told.backup");
        let kept = tempfile::tempdir().expect("a folder");
        let copied = std::process::Command::new("cp").arg("-a").arg(&keys).arg(kept.path().join("keys")).status();
        assert!(copied.is_ok_and(|status| status.success()), "the keys are copied");
        let Scene { house, programme, masks, .. } = scene;
        house.stop();

        let place = empty_like(database);
        let folder = kept.path().join("keys");
        let (code, _, error) = restore(&folder.join("told.backup"), place.url(), &folder);
        assert_eq!(code, Some(0), "{error}");
        let copy = Server::start_with(&place, |settings| {
            hasty(10)(settings);
            let copied = std::process::Command::new("cp").arg("-a").arg(&folder).arg(&settings.keys).status();
            assert!(copied.is_ok_and(|status| status.success()), "the keys are copied");
        });
        super::another_gift(&copy, &programme, &masks);
        a_while();
        assert_eq!(receiver.sequences(), told, "it may be a copy for trying things out");
        let folder = copy.key_folder();
        let name = folder.to_str().expect("a path");
        let run = |command: &[&str]| {
            let arguments = [&["webhook"], command, &["--database-url", place.url(), "--keys", name]].concat();
            relief(&arguments)
        };
        assert!(run(&["list", "--json"]).2.contains("held back"));
        let (code, said, error) = run(&["resume"]);
        assert!(code == Some(0) && said.as_str().is_some_and(|said| said.contains("go on")), "{said} {error}");
        assert!(hears(&receiver, told.len() + 1).len() > told.len());
        let entry = text(place.url(), "SELECT body AS value FROM log_entries WHERE body LIKE '%telling.resumed%'");
        assert!(entry.contains("operator"), "{entry}");
        assert!(run(&["resume"]).1.as_str().is_some_and(|said| said.contains("Nothing is held back")));
        copy.stop();
    }

    fn a_webhook_that_lost_its_key_gets_no_other_by_a_new_secret(database: &TestDatabase) {
        let scene = scene(database, 10);
        let receiver = Receiver::kind();
        let (id, _) = made(&scene.officer, &json!({"url": receiver.url(), "paused": true}));
        let (owner, vault) = (SealedId(id.parse().expect("an id")), scene.house.vault());
        assert!(vault.destroy(owner).expect("the folder is written"));
        scene.officer.post(&format!("{WEBHOOKS}/{id}/secret"), &json!({})).refused("key_missing", &[]);
        assert!(!vault.has_key(owner).expect("the folder is read"), "nothing would open what was sealed before");
    }
}
