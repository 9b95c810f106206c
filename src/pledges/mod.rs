//! Promises: offered, accepted in whole or part, declined, withdrawn, and followed by their donor.
//!
//! Only what is accepted counts as promised. Goods that came without a pledge open an *unsolicited* one and
//! stay on hold until it is accepted; stock from before opens one marked *opening*. A surplus found on a
//! receipt or count opens a line of a pledge made for it.

mod accept;
mod collect;
pub mod http;
mod link;
mod named;
mod offer;
pub mod rules;
mod status;
pub mod store;
mod surplus;
mod traced;
mod withdraw;

pub use accept::{AcceptedLine, PledgeAccepted, PledgeDeclined, accept, decline};
pub use collect::{Collected, collect};
pub use link::{LinkChange, link_hash};
pub use named::{NamedChange, NamedNew};
pub use offer::{Money, PledgeLineNew, PledgeNew, PledgeOffer};
pub use status::{LinkStatus, PledgeStatus, pledge_status, status_by_link};
pub use store::{Pledge, PledgeLine, PledgeReferences, pledges_within};
pub use surplus::{Excess, restate_surplus, surplus_lines};
pub use withdraw::{PledgeWithdrawn, withdraw};
