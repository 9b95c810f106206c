//! The second person: what is proposed, deciding it, taking it back.
//!
//! Invariants: a decision and what it brings about are one commit; what cannot take effect any more is not decided
//! and stays proposed; a caller sees and decides only proposals about what it may see. Never here: whether something
//! needs a second person, which is said where it is posted, and the rule that nobody decides an own proposal, which
//! is `proposals`'.

mod decide;
pub mod http;
mod store;
mod verify;

pub use decide::{ApprovalDecide, ApprovalWithdraw, Decided};
pub use store::{ApprovalFilter, ApprovalView, Sight, approval_list, approval_read};
pub use verify::verify_approvals;
