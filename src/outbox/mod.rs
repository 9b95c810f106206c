//! Telling others what is recorded: how far each was told, what was not taken, and the thread that goes on telling.
//!
//! The log is the outbox. Nothing is written for anybody when an update is recorded: who is told has a place in the log, and
//! whatever comes after it is still to be told. So what is told was committed with the update that caused it, costs that
//! update nothing, and is told at least once, under the same identifier however often.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | when somebody who did not take something is told again |
//! | `channel` | what a way of telling is: webhooks are one, mail is another |
//! | `store` | how far each was told, and the letters that were not taken |
//! | `turn` | telling one of them what came since |
//! | `teller` | turns for all of them, in one process at a time |
//! | `replay` | having letters told again that were given up |
//! | `held_back` | holding everything back where a backup was restored |
//!
//! Invariants: one who does not answer, or lies, rests longer each time and keeps nobody else waiting; at most three letters
//! of it are under way at once. What is given up stays until somebody has it told again. Never here: who is told what, or a
//! word to anybody outside.

mod channel;
mod held_back;
mod replay;
pub mod rules;
mod store;
mod teller;
mod turn;

pub use channel::{Channel, Found, Message, Opening, Telling, Verdict};
pub use held_back::{TellingResumed, go_on, hold_back, is_held_back};
pub use replay::{LettersReplay, REPLAY_MAXIMUM};
pub use store::{Letter, LetterFilter, Letters, Outlet, letter_list, letters_given_up, standings};
pub use teller::Teller;
