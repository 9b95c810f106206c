//! Entries and row hashes: one text each, and every altered cell is named.

use proptest::prelude::*;
use relief_ledger::audit::digest::{RowDigest, Value, commitment};
use relief_ledger::audit::entry::{Alteration, Entry, EntryError, EntryWriter, Heading};
use relief_ledger::audit::hash::Hash256;

const HEADING: Heading<'static> = Heading {
    sequence: Some(7),
    recorded_at_us: 1_767_225_600_000_000,
    actor: "user:0190f000",
    role: "officer",
    scope: "organization:A,country:NP",
    action: "pledge_withdraw",
    entity_kind: "pledge",
    entity_id: "0190f001",
    version: Some(3),
    reason: Some("donor's \"letter\"\nof 1 May"),
};

const ROW: [(&str, Value<'static>); 6] = [
    ("id", Value::Text("0190f001")),
    ("quantity", Value::Integer(-12_000)),
    ("note", Value::Null),
    ("closed", Value::Bool(true)),
    ("donor_name", Value::Bytes(&[7; 32])),
    ("latitude", Value::Real(27.7)),
];

/// Table, key and columns.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, Value<'a>)]);

fn write(heading: &Heading<'_>, rows: &[Row<'_>]) -> Vec<u8> {
    let mut writer = EntryWriter::new();
    writer.begin(heading);
    for (table, key, columns) in rows {
        let mut row = writer.row(table, key);
        for (name, value) in *columns {
            row.column(name, *value);
        }
    }
    writer.finish()
}

fn row_hash(table: &str, key: &str, columns: &[(&str, Value<'_>)]) -> Hash256 {
    let mut digest = RowDigest::new();
    digest.begin(table, key);
    for (name, value) in columns {
        digest.column(name, *value);
    }
    digest.hash()
}

#[test]
fn an_entry_has_these_bytes() {
    let body = write(&HEADING, &[("pledges", "0190f001", &ROW), ("empty", "", &[])]);
    insta::assert_snapshot!(String::from_utf8(body).unwrap(), @r#"{"v":1,"sequence":7,"at":1767225600000000,"actor":"user:0190f000","role":"officer","scope":"organization:A,country:NP","action":"pledge_withdraw","entity":["pledge","0190f001"],"version":3,"reason":"donor's \"letter\"\nof 1 May","rows":[{"table":"pledges","key":"0190f001","hash":"c-Jd95YiAqXgt70FcMlpuhzQivie7iZQu4LCuWk7u8M","columns":{"id":"5xU3FfdIu-M","quantity":"Y_dJv35HTXg","note":"rl2MP4Hx6dg","closed":"6h4PLYGmR0Q","donor_name":"WznhdJTOQK8","latitude":"PzVIH4SRUHQ"}},{"table":"empty","key":"","hash":"mGh6c-9GBDYvQ6JyFxIt5PzK-5aVfI9708jkA-xUHx0","columns":{}}]}"#);
    let bare = Heading { sequence: None, version: None, reason: None, ..HEADING };
    insta::assert_snapshot!(String::from_utf8(write(&bare, &[])).unwrap(), @r#"{"v":1,"at":1767225600000000,"actor":"user:0190f000","role":"officer","scope":"organization:A,country:NP","action":"pledge_withdraw","entity":["pledge","0190f001"],"rows":[]}"#);
}

#[test]
fn a_writer_used_again_writes_the_same_as_a_new_one() {
    let expected = write(&HEADING, &[("pledges", "1", &ROW)]);
    let mut writer = EntryWriter::new();
    for _ in 0..2 {
        // One that was begun and never finished leaves no trace.
        writer.begin(&HEADING);
        writer.row("left", "behind").column("x", Value::Null);
        writer.begin(&HEADING);
        let mut row = writer.row("pledges", "1");
        for (name, value) in ROW {
            row.column(name, value);
        }
        drop(row);
        assert_eq!(writer.finish(), expected);
    }
}

#[test]
fn an_altered_cell_is_named_whatever_its_type() {
    let body = write(&HEADING, &[("pledges", "0190f001", &ROW)]);
    let entry = Entry::parse(&body).unwrap();
    let recorded = &entry.rows[0];
    assert_eq!(recorded.compare("pledges", "0190f001", &ROW), []);
    let others = [
        Value::Text("0190f002"),
        Value::Integer(-12_001),
        Value::Text(""),
        Value::Bool(false),
        Value::Bytes(&[8; 32]),
        Value::Real(27.700_000_000_000_003),
    ];
    for (position, other) in others.into_iter().enumerate() {
        let mut actual = ROW;
        actual[position].1 = other;
        let name = actual[position].0.to_owned();
        assert_eq!(recorded.compare("pledges", "0190f001", &actual), [Alteration::Changed(name)]);
    }
}

#[test]
fn columns_gone_or_added_and_rows_moved_are_reported() {
    let body = write(&HEADING, &[("pledges", "0190f001", &ROW)]);
    let entry = Entry::parse(&body).unwrap();
    let recorded = &entry.rows[0];
    let missing = recorded.compare("pledges", "0190f001", &ROW[1..]);
    assert_eq!(missing, [Alteration::Missing("id".to_owned())]);
    let mut more = ROW.to_vec();
    more.push(("discount", Value::Null));
    let added = recorded.compare("pledges", "0190f001", &more);
    assert_eq!(added, [Alteration::Unrecorded("discount".to_owned())]);
    assert_eq!(recorded.compare("pledges", "0190f002", &ROW), [Alteration::Unnamed]);
    assert_eq!(recorded.compare("pledges_archive", "0190f001", &ROW), [Alteration::Unnamed]);
    let mut reversed = ROW;
    reversed.reverse();
    assert_eq!(recorded.compare("pledges", "0190f001", &reversed), [], "the record has the order");
}

#[test]
fn a_value_that_fits_the_hint_alone_is_still_caught() {
    let body = write(&HEADING, &[("pledges", "1", &ROW)]);
    let entry = Entry::parse(&body).unwrap();
    let mut recorded = entry.rows[0].clone();
    let mut altered = ROW;
    altered[1].1 = Value::Integer(12_000);
    // Suppose somebody found another value with the same eight bytes: its hint is the recorded one.
    let mut digest = RowDigest::new();
    recorded.columns[1].1 = digest.column("quantity", altered[1].1);
    assert_eq!(recorded.compare("pledges", "1", &altered), [Alteration::Unnamed]);
    // The broken twin compares hints alone and finds nothing.
    let hints_agree = recorded.columns.iter().zip(&altered).all(|((name, hint), (actual, value))| {
        name == actual && RowDigest::new().column(actual, *value) == *hint
    });
    assert!(hints_agree);
}

#[test]
fn what_is_moved_between_neighbouring_cells_changes_the_hash() {
    let pairs: [[(&str, Value<'_>); 2]; 2] = [
        [("a", Value::Text("ab")), ("b", Value::Text("c"))],
        [("a", Value::Text("a")), ("b", Value::Text("bc"))],
    ];
    // The broken twin joins texts without lengths and cannot tell these rows apart.
    let joined = |row: &[(&str, Value<'_>); 2]| -> String {
        row.iter().map(|(_, value)| if let Value::Text(text) = value { *text } else { "" }).collect()
    };
    assert_eq!(joined(&pairs[0]), joined(&pairs[1]));
    assert_ne!(row_hash("t", "k", &pairs[0]), row_hash("t", "k", &pairs[1]));
    assert_ne!(row_hash("t", "k1", &[]), row_hash("tk", "1", &[]));
}

#[test]
fn values_of_different_types_never_have_the_same_hash() {
    let zero = 0_i64.to_be_bytes();
    let values = [
        Value::Null,
        Value::Integer(0),
        Value::Integer(1),
        Value::Text(""),
        Value::Text("0"),
        Value::Text("\0\0\0\0\0\0\0\0"),
        Value::Bytes(&[]),
        Value::Bytes(&zero),
        Value::Bool(false),
        Value::Bool(true),
        Value::Real(0.0),
        Value::Real(1.0),
        Value::Real(f64::NAN),
        Value::Real(f64::INFINITY),
    ];
    let mut hashes: Vec<_> = values.iter().map(|value| row_hash("t", "k", &[("c", *value)])).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), values.len());
    let same = |left, right| {
        assert_eq!(
            row_hash("t", "k", &[("c", Value::Real(left))]),
            row_hash("t", "k", &[("c", Value::Real(right))])
        );
    };
    same(0.0, -0.0);
    same(f64::NAN, f64::from_bits(0xFFF8_0000_0000_0001));
}

#[test]
fn the_hash_is_that_of_the_documented_bytes() {
    // Written by hand from the header of `digest`, as a second verifier would.
    let long = "x".repeat(300);
    let mut bytes = b"relief-row-v1\0\x01t\x01k".to_vec();
    bytes.extend_from_slice(b"\x01n\x00\x01i\x01\xff\xff\xff\xff\xff\xff\xff\xfe\x01s\x02\xac\x02");
    bytes.extend_from_slice(long.as_bytes());
    bytes.extend_from_slice(b"\x01b\x03\x02\xff\x00\x01o\x04\x01\x01r\x05\x3f\xf8\0\0\0\0\0\0");
    let columns = [
        ("n", Value::Null),
        ("i", Value::Integer(-2)),
        ("s", Value::Text(&long)),
        ("b", Value::Bytes(&[0xFF, 0])),
        ("o", Value::Bool(true)),
        ("r", Value::Real(1.5)),
    ];
    assert_eq!(row_hash("t", "k", &columns), Hash256::of(&bytes));
    let mut digest = RowDigest::new();
    digest.begin("t", "k");
    assert_eq!(digest.column("o", Value::Bool(true)).0, Hash256::of(b"\x01o\x04\x01").0[..8]);

    let mut committed = b"relief-commitment-v1\0".to_vec();
    committed.extend_from_slice(&[9; 32]);
    committed.extend_from_slice(b"\x04name\x02\x02Jo");
    assert_eq!(commitment(&[9; 32], "name", Value::Text("Jo")), Hash256::of(&committed).0);
}

#[test]
fn a_commitment_says_nothing_without_its_salt_and_fits_no_other_value() {
    let value = Value::Text("Amina");
    let committed = commitment(&[1; 32], "name", value);
    assert_eq!(committed, commitment(&[1; 32], "name", value));
    assert_ne!(committed, commitment(&[2; 32], "name", value));
    assert_ne!(committed, commitment(&[1; 32], "name", Value::Text("Amine")));
    assert_ne!(committed, commitment(&[1; 32], "nickname", value));
}

#[test]
fn only_the_canonical_text_of_an_entry_is_read() {
    let body = String::from_utf8(write(&HEADING, &[("pledges", "1", &ROW[..2])])).unwrap();
    Entry::parse(body.as_bytes()).unwrap();
    for (from, to) in [
        ("{\"v\":1,", "{\"v\":1, "),
        ("\"sequence\":7,\"at\":1767225600000000", "\"at\":1767225600000000,\"sequence\":7"),
        ("\"sequence\":7", "\"sequence\":null"),
        ("officer", "\\u006ffficer"),
        ("\\n", "\\u000a"),
        ("]}", "]}\n"),
    ] {
        let other = body.replace(from, to);
        assert_ne!(other, body, "{from}");
        assert!(matches!(Entry::parse(other.as_bytes()), Err(EntryError::NotCanonical(_))), "{to}");
    }
    let unknown = body.replace("{\"v\":1,", "{\"v\":1,\"extra\":0,");
    assert!(matches!(Entry::parse(unknown.as_bytes()), Err(EntryError::Malformed(_))));
    let newer = body.replace("{\"v\":1,", "{\"v\":2,\"extra\":0,");
    assert!(matches!(Entry::parse(newer.as_bytes()), Err(EntryError::UnknownVersion(2))));
    let twice = body.replace("\"quantity\":", "\"id\":");
    assert!(
        Entry::parse(twice.as_bytes()).unwrap_err().to_string().contains("column id must stand only once")
    );
}

proptest! {
    #[test]
    fn every_entry_comes_back_as_it_was_written(
        texts in prop::array::uniform7(any::<String>()),
        numbers in any::<(Option<i64>, i64, Option<i64>)>(),
        reason in any::<Option<String>>(),
        rows in prop::collection::vec((any::<String>(), any::<String>(), prop::collection::btree_map(any::<String>(), any::<i64>(), 0..5)), 0..4),
    ) {
        let [actor, role, scope, action, entity_kind, entity_id, text] = &texts;
        let (sequence, recorded_at_us, version) = numbers;
        let heading = Heading {
            sequence, recorded_at_us, actor, role, scope, action, entity_kind, entity_id, version, reason: reason.as_deref(),
        };
        let mut writer = EntryWriter::new();
        writer.begin(&heading);
        for (table, key, columns) in &rows {
            let mut row = writer.row(table, key);
            for (name, value) in columns {
                row.column(name, if value % 2 == 0 { Value::Integer(*value) } else { Value::Text(text) });
            }
        }
        let body = writer.finish();
        let entry = Entry::parse(&body).unwrap();
        prop_assert_eq!(entry.heading(), heading);
        prop_assert_eq!(entry.to_bytes(), body.clone());
        prop_assert_eq!(entry.rows.len(), rows.len());
        prop_assert_eq!(&Entry::parse_slowly(&body).unwrap(), &entry, "both ways of reading agree");
        // What is written by hand is what serde_json would write, so any JSON reader reads it.
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        prop_assert_eq!(value["actor"].as_str(), Some(actor.as_str()));
        let escaped = serde_json::to_string(actor).unwrap();
        let actor_field = format!("\"actor\":{escaped},\"role\":");
        prop_assert!(String::from_utf8(body).unwrap().contains(&actor_field));
    }

    #[test]
    fn no_change_of_one_byte_leaves_an_entry_readable_as_the_same(position in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let body = write(&HEADING, &[("pledges", "1", &ROW)]);
        let mut changed = body.clone();
        changed[position.index(body.len())] ^= 1 << bit;
        prop_assert_eq!(Entry::parse(&changed).ok(), Entry::parse_slowly(&changed).ok(), "both ways of reading agree");
        if let Ok(entry) = Entry::parse(&changed) {
            prop_assert_ne!(entry, Entry::parse(&body).unwrap());
        }
    }
}
