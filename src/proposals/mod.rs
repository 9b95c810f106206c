//! What one person proposes and another decides: the record that both leave.
//!
//! Invariants: what is proposed changes nothing by itself; nobody decides an own proposal, whatever the role; what
//! was decided or withdrawn is never decided again. A decision is an entry of the log with the reason given.
//! Never here: what a proposal does once it is approved, which is the room's whose matter it is, and who may
//! decide which, which is the policy's.

pub mod rules;
pub mod store;

pub use rules::{ApprovalState, Verdict};
pub use store::{ABOUT_USERS, Approval, PASSWORD_RESET, ROLE_GRANT};
