//! A thread of the server's own that goes on until it is stopped, or whoever holds it lets go.

use crate::core::problem::{Outcome, Problem};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that works in the background.
pub(super) struct Background {
    /// Dropped to stop.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread learns of being stopped.
pub(super) struct Stopped(Receiver<()>);

impl Stopped {
    /// Waits for as long, and says whether the thread was stopped meanwhile.
    pub(super) fn within(&self, period: Duration) -> bool {
        !matches!(self.0.recv_timeout(period), Err(RecvTimeoutError::Timeout))
    }
}

impl Background {
    /// Starts a thread of this name.
    ///
    /// # Errors
    /// Where the thread cannot be started.
    pub(super) fn start(name: &str, work: impl FnOnce(Stopped) + Send + 'static) -> Outcome<Self> {
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(Stopped(stopped)))
            .map_err(|error| Problem::internal(format!("the thread {name} cannot be started: {error}")))?;
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

impl Drop for Background {
    fn drop(&mut self) {
        self.join();
    }
}
