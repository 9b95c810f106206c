//! Carrying a whole database: into a file, out of a file, and into the other kind of database.
//!
//! | file | what it is |
//! |---|---|
//! | `tables` | which tables there are, and which of them are not carried |
//! | `cell` | one row of any table, read and written |
//! | `copy` | every row of one database into another, in one transaction |
//! | `url` | a URL of PostgreSQL, its password apart |
//! | `tools` | PostgreSQL's own programs, found and run |
//! | `dump` | the rows in what `pg_dump` wrote |
//! | `draft` | a file that gets its name once it is whole |
//! | `backup` | a file with a whole database: written, read, put in place |
//!
//! This is the one way past the writer: nothing is decided here and nothing recorded, rows stay what they are. Never
//! here: whether what is carried is whole, which is for whoever can fold the log.

mod backup;
mod cell;
mod copy;
mod draft;
mod dump;
mod tables;
mod tools;
mod url;

pub use backup::{
    Backup, LogHead, each_entry_of, forget_sessions, log_head, newest_note, place_backup, write_backup,
};
pub use copy::{Copied, Sums, copy_all};
pub use draft::Draft;
pub use tables::{LEFT, TABLES};
pub use url::Address;
