//! The words everything else is said in: identifiers, time, quantities and packs, pages of a list,
//! problems, and the check of what callers wrote.
//!
//! This room is pure. It never names a database, a web framework, the file system, the environment, a
//! clock or a random source; what needs one of those gets its value as an argument.

pub mod cell;
pub mod check;
pub mod code;
pub mod drawn;
pub mod fault;
pub mod hexadecimal;
pub mod id;
pub mod limits;
pub mod page;
pub mod problem;
pub mod quantity;
pub mod time;
pub mod worded;
