//! A consignee without an account confirms receipt: by a link, handed over or printed on the waybill, that is good once and
//! for one consignment.
//!
//! What is confirmed is posted as the consignee's own receipt, which verifies it. Only a hash of a link's token is kept. Never
//! here: what a receipt does to goods, and a link that reaches more than one consignment.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | tokens, how long a link is good, and what a form makes of a count; pure |
//! | `store` | the rows of links, and what changes them |
//! | `read` | what there is to confirm |
//! | `http` | making a link |

mod http;
mod read;
pub mod rules;
mod store;

pub use http::{ReceiptLinkNew, ReceiptLinkView, confirm, make_link, routes};
pub use read::{Awaited, ToConfirm, to_confirm_by};
pub use store::ReceiptLink;
