//! A thread that tells others what is recorded, receivers of webhooks and readers of mail, and wakes those who follow events in a stream. It
//! takes nothing from the writer: it reads what was committed, and has its own connections.

use super::background::Background;
use super::settings::Settings;
use crate::auth::random;
use crate::core::problem::Outcome;
use crate::forecast::Forecasting;
use crate::mail::{Mailings, Post};
use crate::outbox::rules::Pace;
use crate::outbox::{Channel, Teller, is_held_back};
use crate::web::State;
use crate::webhooks::Webhooks;
use std::time::Duration;
use tokio::sync::watch;

/// Connections for reading what is told. Those who are told wait for one another, and never have a request wait.
const READERS: u32 = 2;
/// How often it is looked whether this process recorded something: what is recorded is told a moment later.
const STEP: Duration = Duration::from_millis(100);
/// The same where a test is hasty.
const HASTY_STEP: Duration = Duration::from_millis(10);

/// What sends mail, where it is set up.
///
/// # Errors
/// Where the settings cannot be used.
pub(super) fn post_of(settings: &Settings) -> Outcome<Option<Post>> {
    settings.smtp.as_ref().map(Post::new).transpose()
}

/// Starts telling; says in `newest` what the last entry of the log is, for those who follow it by themselves.
///
/// # Errors
/// Where the thread cannot be started, or there are no random bytes.
pub(super) fn keep_telling(
    state: &State,
    settings: &Settings,
    newest: watch::Sender<i64>,
) -> Outcome<Background> {
    let database = state.database.by_index(READERS)?;
    let webhooks = Webhooks::new(database.clone(), state.vault.clone(), &settings.receivers);
    let mut channels: Vec<Box<dyn Channel>> = vec![Box::new(webhooks)];
    if let Some(post) = post_of(settings)? {
        let forecasting = Forecasting::new(settings.presumed_lost_multiple);
        let (database, vault) = (database.clone(), state.vault.clone());
        channels.push(Box::new(Mailings::new(database, vault, post, forecasting, settings.pace)));
    }
    if database.read(is_held_back)? {
        tracing::warn!("nobody is told anything since a backup was restored: relief webhook resume");
    }
    let mut teller = Teller::new(database, channels, settings.pace, i64::from_be_bytes(random()?));
    let recorded = state.writer.sequence();
    let step = if settings.pace == Pace::ORDINARY { STEP } else { HASTY_STEP };
    Background::start("relief-telling", move |stopped| {
        while !stopped.within(step) {
            let last = *recorded.borrow();
            if let Err(problem) = teller.step(last) {
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::warn!(cause, "others are not told for now");
            }
            newest.send_if_modified(|known| std::mem::replace(known, teller.newest()) != teller.newest());
        }
        teller.finish();
    })
}
