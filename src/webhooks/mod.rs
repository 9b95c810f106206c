//! Telling other systems of events: a message for each to an address on the network, signed as Standard Webhooks says.
//!
//! A webhook is its user's: it is told what that user may read at the moment of telling, and nothing where the user is
//! disabled, or the machine's key is over. Where it leads is looked at after its name was resolved, and what was looked at is
//! connected to; nothing is followed elsewhere.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | which addresses and kinds may be named |
//! | `address` | which addresses are public |
//! | `secret` | what is signed with, and signing |
//! | `send` | one message to one receiver |
//! | `channel` | what a webhook is told, and as whom |
//! | `store` | the rows, and what changes them |
//! | `read` | the rows as they are shown, with how far each was told |
//! | `http` | all of that over HTTP |
//!
//! Invariants: the secret is shown once and kept sealed; a receiver learns nothing its user could not read, and this house's
//! network is out of its reach. Never here: when something is told again, which is the outbox's.

mod address;
mod channel;
pub mod http;
mod read;
mod rules;
mod secret;
mod send;
mod store;

pub use address::is_public;
pub use channel::{WEBHOOK_KIND, Webhooks};
pub use read::{LetterView, WebhookView, webhook_any, webhook_every};
pub use secret::{SECRET_BEGINNING, WebhookSecret};
pub use send::{Lookup, Receivers};
pub use store::{Webhook, outlet_of};
