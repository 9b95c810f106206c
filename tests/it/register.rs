//! The register of unique texts: who holds a code while a batch is decided.

use diesel::QueryResult;
use relief_ledger::db::{Conn, connect};
use relief_ledger::writer::{Register, Shelf, Unique};

/// A column in which "OLD" is held by 1 and nothing else is taken.
struct Codes;

impl Unique for Codes {
    type Holder = i32;

    fn load(_: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, i32)>> {
        Ok(texts.iter().filter(|text| *text == "OLD").map(|text| (text.clone(), 1)).collect())
    }
}

fn register() -> (Register<Codes>, Conn) {
    (Register::default(), connect("sqlite://:memory:").expect("a database in memory"))
}

/// Asks as an update does: again once what it misses is loaded.
fn holder(register: &mut Register<Codes>, conn: &mut Conn, text: &str) -> Option<i32> {
    if let Ok(holder) = register.holder(text) {
        return holder;
    }
    register.load(conn).expect("loads");
    assert!(!register.is_wanting());
    register.holder(text).expect("is loaded now")
}

#[test]
fn a_code_taken_in_this_batch_is_taken_for_the_next_update() {
    let (mut register, mut conn) = register();
    assert_eq!(holder(&mut register, &mut conn, "NEW"), None);
    register.assign("NEW", Some(2));
    register.assign("OLD", None);
    assert_eq!(holder(&mut register, &mut conn, "NEW"), Some(2));
    assert_eq!(holder(&mut register, &mut conn, "OLD"), None);
}

#[test]
fn a_code_that_a_refused_update_gave_up_is_still_taken() {
    let (mut register, mut conn) = register();
    let mark = register.mark();
    register.assign("OLD", None);
    register.undo(mark);
    assert_eq!(
        holder(&mut register, &mut conn, "OLD"),
        Some(1),
        "what was never loaded is not known to be free"
    );

    let mark = register.mark();
    register.assign("OLD", Some(7));
    register.assign("OLD", None);
    register.undo(mark);
    assert_eq!(holder(&mut register, &mut conn, "OLD"), Some(1));
}

#[test]
fn what_the_batch_assigned_is_newer_than_what_the_database_says() {
    let (mut register, mut conn) = register();
    assert!(register.holder("OLD").is_err());
    register.assign("OLD", None);
    assert_eq!(holder(&mut register, &mut conn, "OLD"), None);
    register.load(&mut conn).expect("loads");
    assert_eq!(holder(&mut register, &mut conn, "OLD"), None);
}
