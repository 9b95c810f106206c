//! Bundles: written from a database, verified by both verifiers, alike.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use super::{filled, found, key_of, python, relief, text, write};
use crate::support::ledger::{migrate, tamper};
use crate::support::on_both_databases;
use crate::verify::sign;

/// The members of a bundle by their names.
type Members = BTreeMap<String, Vec<u8>>;

/// A bundle of a gift's ledger with so many entries more, the folder it is in, and the key folder.
struct Packed {
    folder: tempfile::TempDir,
    bundle: PathBuf,
    keys: PathBuf,
    url: String,
}

impl Packed {
    fn of(url: &str, entries: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        filled(url, entries);
        assert!(sign(url, &keys));
        let packed = Self { bundle: folder.path().join("log.bundle"), folder, keys, url: url.to_owned() };
        let (code, value, words) = packed.write();
        assert_eq!(code, Some(0), "{words}");
        assert!(
            value["entries"].as_u64() > Some(entries as u64) && value["rows"].as_u64() > Some(0),
            "{value:#}"
        );
        packed
    }

    fn write(&self) -> (Option<i32>, Value, String) {
        relief(&["audit", "bundle", text(&self.bundle), "--force"], &self.url, &self.keys)
    }

    /// What both verifiers say of a bundle, which must be the same.
    fn verdicts(&self, bundle: &Path) -> (Option<i32>, Vec<String>) {
        let key = key_of(&self.url, &self.keys);
        let nowhere = self.folder.path().join("no-keys");
        let arguments = ["verify", "--bundle", text(bundle), "--key", &key.to_string()];
        let (code, report, words) = relief(&arguments, "sqlite://nowhere.db", &nowhere);
        let (python_code, python_report) = python(bundle, &key, &[]);
        assert_eq!(code, python_code, "{words}\n{report:#}\n{python_report:#}");
        if code == Some(2) {
            return (code, Vec::new());
        }
        assert_eq!(found(&report), found(&python_report), "{report:#}\n{python_report:#}");
        (code, found(&report))
    }

    /// The same bundle with its members changed.
    fn altered(&self, alter: impl FnOnce(&mut Members)) -> PathBuf {
        let mut archive =
            zip::ZipArchive::new(File::open(&self.bundle).expect("it is there")).expect("a ZIP");
        let mut members = BTreeMap::new();
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).expect("a member");
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).expect("it is read");
            members.insert(member.name().expect("a name").into_owned(), bytes);
        }
        alter(&mut members);
        let path = self.folder.path().join("altered.bundle");
        let mut zip = zip::ZipWriter::new(File::create(&path).expect("it is made"));
        for (name, bytes) in members {
            zip.start_file(name, SimpleFileOptions::default()).expect("a member begins");
            zip.write_all(&bytes).expect("it is written");
        }
        zip.finish().expect("it ends");
        path
    }
}

/// The lines of a member, changed.
fn lines(members: &mut Members, name: &str, alter: impl FnOnce(&mut Vec<String>)) {
    let member = members.get_mut(name).unwrap_or_else(|| panic!("no {name}"));
    let mut lines: Vec<String> = String::from_utf8_lossy(member).lines().map(str::to_owned).collect();
    alter(&mut lines);
    *member = lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
}

/// Table and key of a row.
fn row_of(line: &str) -> (String, String) {
    let row: Value = serde_json::from_str(line).expect("a row");
    (row[0].as_str().expect("a table").to_owned(), row[1].as_str().expect("a key").to_owned())
}

/// A row with every cell changed to another of its kind, or to null; notes each as a verifier must name it.
fn altered_row(line: &str, table: &str, key: &str, expected: &mut Vec<String>) -> String {
    let mut row: Value = serde_json::from_str(line).expect("a row");
    for column in row.as_array_mut().expect("a row").iter_mut().skip(2) {
        let name = column[0].as_str().expect("a name").to_owned();
        *column = match column[1].as_str().expect("a kind") {
            "n" => json!([name, "i", 1]),
            "i" => json!([name, "i", column[2].as_i64().expect("an integer") ^ 1]),
            "t" => json!([name, "t", format!("{}x", column[2].as_str().expect("a text"))]),
            "b" => json!([name, "b", !column[2].as_bool().expect("a boolean")]),
            _ => json!([name, "n"]),
        };
        expected.push(format!("{table} {key} {name}"));
    }
    row.to_string()
}

on_both_databases! {
    migrate: migrate;

    fn a_bundle_is_sound_to_both_verifiers_without_database_or_server(database: &TestDatabase) {
        let packed = Packed::of(database.url(), 300);
        assert_eq!(packed.verdicts(&packed.bundle), (Some(0), Vec::new()));
        // It is not written over unless somebody says so, and without a key nobody can tell.
        let (code, _, words) = relief(&["audit", "bundle", text(&packed.bundle)], &packed.url, &packed.keys);
        assert!(code == Some(2) && words.contains("--force"), "{words}");
        let nowhere = packed.folder.path().join("no-keys");
        let (code, report, _) = relief(&["verify", "--bundle", text(&packed.bundle)], "sqlite://nowhere.db", &nowhere);
        assert_eq!((code, &report["verdict"]), (Some(2), &json!("cannot tell")));
        // The key of somebody else's log is not believed.
        let other = packed.folder.path().join("other-keys");
        let key = key_of(&packed.url, &other).to_string();
        let (code, report, _) =
            relief(&["verify", "--bundle", text(&packed.bundle), "--key", &key], "sqlite://nowhere.db", &nowhere);
        assert_eq!((code, found(&report)), (Some(1), vec!["checkpoints newest note".to_owned()]));
        let (code, report) = python(&packed.bundle, &key_of(&packed.url, &other), &[]);
        assert_eq!((code, found(&report)), (Some(1), vec!["checkpoints newest note".to_owned()]));
    }

    fn what_is_altered_in_a_bundle_is_named_by_both_verifiers(database: &TestDatabase) {
        let packed = Packed::of(database.url(), 300);
        let one = |alter: &dyn Fn(&mut Members)| {
            let (code, found) = packed.verdicts(&packed.altered(alter));
            assert_eq!(code, Some(1), "{found:?}");
            found
        };
        // A cell of a row that changes, and one of a row written once.
        let mut lot = (String::new(), String::new());
        let found = one(&|members| {
            lines(members, "rows/items/000", |lines| {
                lines[0] = lines[0].replacen("\"Masks\"", "\"Musks\"", 1).replacen("[\"name\",\"t\",\"", "[\"name\",\"t\",\"x", 1);
            });
        });
        assert!(found.len() == 1 && found[0].starts_with("items ") && found[0].ends_with(" name"), "{found:?}");
        let mut named = String::new();
        let altered = packed.altered(|members| {
            lines(members, "once/000", |lines| {
                let line = lines.iter_mut().find(|line| line.starts_with("[\"postings\"")).expect("a posting");
                named = row_of(line).1;
                let (before, after) = line.split_once("[\"quantity\",\"i\",").expect("a quantity");
                let (_, after) = after.split_once(']').expect("it ends");
                *line = format!("{before}[\"quantity\",\"i\",123456789]{after}");
            });
        });
        assert_eq!(packed.verdicts(&altered), (Some(1), vec![format!("postings {named} quantity")]));
        // A row that is gone, one too many, and two that changed places.
        let altered = packed.altered(|members| {
            lines(members, "rows/lots/000", |lines| lot = row_of(&lines.remove(0)));
        });
        assert_eq!(packed.verdicts(&altered), (Some(1), vec![format!("lots {} -", lot.1)]));
        let altered = packed.altered(|members| {
            lines(members, "rows/lots/000", |lines| lines.push(lines[0].replace(&lot.1, "another")));
        });
        assert_eq!(packed.verdicts(&altered), (Some(1), vec!["lots another -".to_owned()]));
        let found = one(&|members| {
            lines(members, "rows/sites/000", |lines| {
                let keys = [row_of(&lines[0]).1, row_of(&lines[1]).1];
                lines[0] = lines[0].replacen(&keys[0], &keys[1], 1);
                lines[1] = lines[1].replacen(&keys[1], &keys[0], 1);
            });
        });
        assert!(found.iter().filter(|found| found.starts_with("sites ") && found.ends_with(" name")).count() == 2, "{found:?}");
        let found = one(&|members| {
            members.retain(|name, _| !name.starts_with("rows/organizations/"));
        });
        assert_eq!(found.len(), 3, "every organization is missing: {found:?}");
    }

    fn every_cell_of_every_table_is_named_when_it_is_altered(database: &TestDatabase) {
        let packed = Packed::of(database.url(), 0);
        let mut expected = Vec::new();
        let altered = packed.altered(|members| {
            for (name, member) in members.iter_mut() {
                if !name.starts_with("rows/") && !name.starts_with("once/") {
                    continue;
                }
                let mut seen = std::collections::BTreeSet::new();
                let mut out = Vec::new();
                for line in String::from_utf8_lossy(member).lines() {
                    let (table, key) = row_of(line);
                    // The first row of each table, all its cells at once.
                    let line = if seen.insert(table.clone()) { altered_row(line, &table, &key, &mut expected) } else { line.to_owned() };
                    out.extend([line.as_bytes(), b"\n"].concat());
                }
                *member = out;
            }
        });
        expected.sort();
        expected.dedup();
        let tables: std::collections::BTreeSet<&str> =
            expected.iter().filter_map(|cell| cell.split(' ').next()).collect();
        for table in ["organizations", "items", "lots", "sites", "programmes", "pledges", "pledge_lines", "consignments", "legs",
            "events", "postings", "statements"] {
            assert!(tables.contains(table), "{table} has rows: {tables:?}");
        }
        let (code, found) = packed.verdicts(&altered);
        assert_eq!((code, found), (Some(1), expected));
    }

    fn a_log_that_is_altered_in_a_bundle_does_not_fit_what_was_signed(database: &TestDatabase) {
        let packed = Packed::of(database.url(), 300);
        let named = |alter: &dyn Fn(&mut Members), expected: &str| {
            let (code, found) = packed.verdicts(&packed.altered(alter));
            assert_eq!(code, Some(1), "{found:?}");
            assert!(found.iter().any(|found| found.starts_with(expected)), "{expected}: {found:?}");
        };
        let replace = |members: &mut Members, name: &str, from: &[u8], to: &[u8]| {
            let member = members.get_mut(name).expect("the member");
            let at = member.windows(from.len()).position(|part| part == from).expect("it is in there");
            member[at..at + from.len()].copy_from_slice(to);
        };
        named(&|members| replace(members, "entries/000", b"officer", b"manager"), "checkpoints ");
        named(&|members| replace(members, "entries/000", b"\"at\":1", b"\"at\":2"), "checkpoints ");
        named(&|members| drop(members.remove("entries/001")), "checkpoints ");
        named(&|members| members.get_mut("tile/1/000.p/1").expect("a tile")[7] ^= 1, "tiles ");
        named(&|members| drop(members.remove("tile/0/000")), "tiles ");
        named(&|members| replace(members, "checkpoint", b"\n3", b"\n2"), "checkpoints ");
        // What is no bundle, or cut, tells nothing.
        let cannot = |alter: &dyn Fn(&mut Members)| {
            assert_eq!(packed.verdicts(&packed.altered(alter)).0, Some(2));
        };
        cannot(&|members| drop(members.remove("format")));
        cannot(&|members| drop(members.insert("format".to_owned(), b"relief-bundle-v2\n".to_vec())));
        cannot(&|members| members.get_mut("entries/000").expect("entries").truncate(100));
        cannot(&|members| members.get_mut("rows/lots/000").expect("lots").truncate(20));
        let text = write(packed.folder.path(), "text.bundle", "not an archive");
        assert_eq!(packed.verdicts(&text).0, Some(2));
    }

    fn what_is_altered_in_the_database_is_in_its_bundle_to_be_found(database: &TestDatabase) {
        let packed = Packed::of(database.url(), 0);
        let changes = [
            ("UPDATE lots SET expires_on = '2031-01-31'", "lots", "expires_on"),
            ("UPDATE postings SET quantity = 301 WHERE account = 8", "postings", "quantity"),
            ("UPDATE events SET kind = 'moved' WHERE kind = 'distributed'", "events", "kind"),
            ("DELETE FROM legs", "legs", "-"),
            ("UPDATE log_entries SET body = replace(body, 'officer', 'manager') WHERE position = 3", "checkpoints", "note"),
        ];
        for (sql, table, column) in changes {
            tamper(&packed.url, sql);
            let (code, _, words) = packed.write();
            assert_eq!(code, Some(0), "{words}");
            let (code, found) = packed.verdicts(&packed.bundle);
            let is_named = |found: &String| found.starts_with(&format!("{table} ")) && found.ends_with(&format!(" {column}"));
            assert!(code == Some(1) && found.iter().any(is_named), "{sql}: {found:?}");
        }
    }
}

#[test]
fn a_database_in_which_nothing_was_signed_has_no_bundle() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    migrate(&url);
    let bundle = folder.path().join("log.bundle");
    let (code, _, words) = relief(&["audit", "bundle", text(&bundle)], &url, &folder.path().join("keys"));
    assert!(code == Some(2) && words.contains("No checkpoint was signed yet"), "{words}");
    assert!(!bundle.exists() && !folder.path().join("log.bundle.partial").exists(), "nothing is left of it");
}

#[test]
fn writing_a_bundle_leaves_the_files_beside_it_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    migrate(&url);
    let packed = Packed::of(&url, 10);
    let beside = packed.bundle.with_extension("partial");
    std::fs::write(&beside, "mine").expect("it is written");
    assert_eq!(packed.write().0, Some(0));
    assert_eq!(std::fs::read_to_string(&beside).expect("it is there"), "mine");
    // One that is being written, or was left by a killed command, is not written over either.
    let draft = packed.folder.path().join("log.bundle.partial");
    std::fs::write(&draft, "another's").expect("it is written");
    let (code, _, words) = packed.write();
    assert!(code == Some(2) && words.contains("then remove it"), "{words}");
    assert_eq!(std::fs::read_to_string(&draft).expect("it is there"), "another's");
}
