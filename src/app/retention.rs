//! A thread that erases people whose time is over: when the server starts, and once a day.
//!
//! Never here: who is erased and how; that is `people::expire`.

use crate::auth::now;
use crate::core::problem::{Outcome, Problem};
use crate::people::expire::expire;
use crate::web::State;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Nobody is kept longer than a day beyond the time that was said.
const PERIOD: Duration = Duration::from_secs(24 * 60 * 60);

/// The thread; it ends when stopped or dropped.
pub(super) struct RetentionTask {
    /// Dropped to stop.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RetentionTask {
    /// Starts erasing those whose time is over.
    ///
    /// # Errors
    /// Where the thread cannot be started.
    pub(super) fn start(state: State) -> Outcome<Self> {
        let (stop, stopped) = sync_channel::<()>(1);
        let work = move || {
            loop {
                match expire(&state.database, &state.writer, &state.vault, now()) {
                    Ok(done) if done.erased + done.keys > 0 => {
                        tracing::info!(erased = done.erased, keys = done.keys, "people's time was over");
                    }
                    Ok(_) => {}
                    Err(problem) => {
                        let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                        tracing::error!(cause, "people whose time is over could not be erased");
                    }
                }
                if !matches!(stopped.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("relief-retention".to_owned())
            .spawn(work)
            .map_err(|error| Problem::internal(format!("retention cannot be kept: {error}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Returns when the thread has ended.
    pub(super) fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for RetentionTask {
    fn drop(&mut self) {
        self.join();
    }
}
