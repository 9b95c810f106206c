//! Telling people by mail: whoever has a tracking code how its goods get on, donors what became of their gifts, and those who
//! see to goods what is late, missing or about to expire.
//!
//! Nobody is written to who did not say so: a first message asks, and what follows goes only where somebody answered it. Each
//! message ends all with one click. An address is kept sealed, under a key of its own, for as long as it is written to, and no
//! longer.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | what an address looks like, and what may be asked for |
//! | `store` | the rows, and what changes them |
//! | `read` | the rows as they are shown, and how many there are |
//! | `words`, `phrases` | what messages say, and every phrase of it in six languages |
//! | `alerts` | what stands that somebody should see to |
//! | `post` | one message to one mailbox, by SMTP |
//! | `channel` | what a mailing is told, and as whom |
//! | `expire` | ending what nobody confirmed, and what nobody may read any more |
//! | `http`, `http_letters`, `http_links` | asking for mail, what was not taken, and the links in messages |
//!
//! Invariants: nothing goes to an address that nobody confirmed but the one question; a mailing that has ended has no address.
//! Never here: when something is told again, which is the outbox's.

mod alerts;
mod channel;
pub mod expire;
pub mod http;
pub mod http_letters;
pub mod http_links;
pub mod phrases;
mod post;
mod read;
mod rules;
mod store;
mod words;

pub use channel::{MAIL_KIND, Mailings};
pub use post::{Post, SmtpSettings};
pub use read::{MailingStanding, mailing_any, mailing_every};
pub use store::{MAILING, Mailing, outlet_of};
