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
//! | `offline` | proofs that stand alone, as C2SP writes them |
//! | `cosignature` | what a witness adds to a checkpoint |
//! | `receipt` | the signed answer to one write |
//! | `receipt_batch` | the receipts of one commit, signed once |
//! | `keys` | the signing keys, in files outside the database |
//! | `beside` | the last checkpoint and doubts, in files beside the key |
//! | `tiles` | C2SP tiles of the tree, and proofs worked out from them |
//! | `store` | the log in the database, read |
//! | `tile_store` | its tiles |
//! | `signer` | checkpoints signed and kept |
//! | `remembered` | the last record of each row that changes, until the row is seen |
//! | `renaming` | where a log that was put back goes on under another name |
//! | `rows` | where a verifier gets the rows of a table from |
//! | `chain`, `comparing` | one entry after the other; a row beside its record |
//! | `kept_heads` | heads that were kept elsewhere, compared as the tree grows |
//! | `verify` | the whole log against tree, checkpoints and rows |
//! | `whole` | whether a backup has the whole log that was signed |
//! | `bundle` | everything a verifier needs in one file, written |
//! | `bundle_read`, `bundle_verify` | a bundle read, and verified |
//! | `finding` | what a verifier found, and what it could not tell |
//!
//! Everything here is pure, except `keys` and `beside`, which read and create files and take random bytes
//! from the operating system, and `store`, `tile_store`, `signer`, `verify` and `whole`, which open the database. What is
//! never done here: deciding what to record, numbering leaves, writing an entry, talking to the network, or reading a clock.
//!
//! The formats are public: an outsider must be able to write a second verifier from the comments
//! of `digest`, `entry`, `receipt` and the two C2SP documents alone. Changing one byte of them makes
//! every recorded log unreadable, so a change is a new version beside the old one.
//!
//! What a signature cannot do: whoever holds both the database and the key can rewrite both.
//! Only a checkpoint kept by somebody else shows that.

pub mod beside;
pub mod bundle;
pub mod bundle_read;
pub mod bundle_verify;
mod chain;
pub mod checkpoint;
mod comparing;
pub mod cosignature;
pub mod digest;
pub mod entry;
pub mod finding;
pub mod hash;
mod kept_heads;
pub mod keys;
pub mod note;
pub mod offline;
pub mod proof;
pub mod receipt;
pub mod receipt_batch;
mod remembered;
pub mod renaming;
pub mod rows;
pub mod signer;
pub mod store;
pub mod tile_store;
pub mod tiles;
pub mod tree;
pub mod verify;
pub mod whole;
