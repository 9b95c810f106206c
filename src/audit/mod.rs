//! The log nobody can rewrite: what an entry says, the Merkle tree over all entries, and what is signed about it.
//!
//! | file | what it is |
//! |---|---|
//! | `hash` | a SHA-256 value and how it is written |
//! | `tree` | RFC 6962 tree: right edge, roots, inclusion and consistency proofs |
//! | `proof` | what an outsider runs on such a proof |
//! | `digest` | how one row of a table is hashed, column by column |
//! | `entry` | the exact bytes of one entry, written and read |
//! | `note` | C2SP signed notes and verifier keys |
//! | `checkpoint` | C2SP checkpoints: origin, size and root, signed, never going back |
//! | `receipt` | the signed answer to one write |
//! | `keys` | the signing keys, in files outside the database |
//! | `store` | the log in the database, read; checkpoints signed and kept |
//! | `rows` | where a verifier gets the rows of a table from |
//! | `verify` | the whole log against tree, checkpoints and rows |
//! | `finding` | what a verifier found, and what it could not tell |
//!
//! Everything here is pure, except `keys`, which reads and creates key files and takes random bytes
//! from the operating system, and `store` and `verify`, which read the database. What is never done here:
//! deciding what to record, numbering leaves, writing an entry, talking to the network, or reading a clock.
//!
//! The formats are public: an outsider must be able to write a second verifier from the comments
//! of `digest`, `entry`, `receipt` and the two C2SP documents alone. Changing one byte of them makes
//! every recorded log unreadable, so a change is a new version beside the old one.
//!
//! What a signature cannot do: whoever holds both the database and the key can rewrite both.
//! Only a checkpoint kept by somebody else shows that.

pub mod checkpoint;
pub mod digest;
pub mod entry;
pub mod finding;
pub mod hash;
pub mod keys;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod rows;
pub mod store;
pub mod tree;
pub mod verify;
