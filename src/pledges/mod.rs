//! Promises: offered, accepted in whole or part, declined, withdrawn, and followed by their donor.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what may be decided; pure |
//! | `store` | pledges and their lines in the database |
//! | `offer`, `accept`, `withdraw` | entering one, deciding about it, taking it back |
//! | `collect`, `surplus` | goods taken over into a warehouse; the pledges that excesses open |
//! | `earmark`, `consent`, `reading_earmarks` | a donor's word changed, that the donor agreed, and reading it |
//! | `named` | who may read whose gift it is |
//! | `status`, `traced` | where each unit is; a pledge as its donor reads it |
//! | `link` | private links |
//! | `http` | pledges over HTTP |
//!
//! Only what is accepted counts as promised. What a line is meant for never changes: a change of earmark moves free goods
//! to a line of their own. Goods that came without a pledge open an *unsolicited* one and
//! stay on hold until it is accepted; stock from before opens one marked *opening*. A surplus found on a
//! receipt or count opens a line of a pledge made for it.

mod accept;
mod collect;
mod consent;
mod earmark;
pub mod http;
mod link;
mod named;
mod offer;
mod reading_earmarks;
pub mod rules;
mod status;
pub mod store;
mod surplus;
mod traced;
mod withdraw;

pub use accept::{AcceptedLine, PledgeAccepted, PledgeDeclined, accept, decline};
pub use collect::{Collected, collect};
pub use consent::Consent;
pub use earmark::{EarmarkChange, EarmarkChanged, change_earmark, earmark_reversed};
pub use link::{LinkChange, Linked, link_hash};
pub use named::{NamedChange, NamedNew};
pub use offer::{Money, PledgeLineNew, PledgeNew, PledgeOffer};
pub use reading_earmarks::TracedEarmarkChange;
pub use status::{Heap, LineStatus, LinkStatus, PlacesBy, PledgeStatus, pledge_status, status_by_link};
pub use store::{Pledge, PledgeLine, PledgeReferences, pledges_within};
pub use surplus::{Excess, restate_surplus, surplus_lines};
pub use traced::TracedPledge;
pub use withdraw::{PledgeWithdrawn, withdraw};
