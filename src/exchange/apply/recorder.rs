//! Where the updates of an import go: to the writer, or to a rehearsal that records nothing.

use crate::core::problem::{Code, Outcome, Problem};
use crate::writer::{Priority, Recorded, Rehearsal, Update, Writer};
use std::time::Duration;
use tokio::sync::oneshot;

/// Updates handed to the writer before their answers are awaited: several commits' worth, so that the
/// writer never waits for us, and far below what its queue takes.
const WINDOW: usize = 1_024;
/// How often a full queue is asked again, and how long is waited between: ten seconds together.
const PATIENCE: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// What becomes of the updates.
pub enum Recorder {
    /// They are recorded, behind whatever people post meanwhile.
    Writer(Writer),
    /// They are decided and forgotten.
    Rehearsal(Box<Rehearsal>),
}

impl Recorder {
    /// Records or rehearses updates in order; each has its own answer, and a refused one takes nothing else
    /// with it. Many share a commit.
    ///
    /// # Errors
    /// Where the database cannot be read or written: then nothing after it was tried.
    pub fn record_all<U: Update>(
        &mut self,
        updates: Vec<U>,
        done: &mut dyn FnMut(usize),
    ) -> Outcome<Vec<Outcome<Recorded<U::Answer>>>> {
        let mut answers = Vec::with_capacity(updates.len());
        let mut updates = updates.into_iter().peekable();
        while updates.peek().is_some() {
            let window: Vec<U> = updates.by_ref().take(WINDOW).collect();
            let count = window.len();
            match self {
                Self::Writer(writer) => answers.extend(record_window(writer, window)?),
                Self::Rehearsal(rehearsal) => answers.extend(rehearsal.decide_all(window)?),
            }
            done(count);
        }
        Ok(answers)
    }

    /// Records or rehearses one update.
    ///
    /// # Errors
    /// What the update refuses, or as [`Recorder::record_all`].
    pub fn record<U: Update>(&mut self, update: U) -> Outcome<U::Answer> {
        match self.record_all(vec![update], &mut |_| {})?.pop() {
            Some(answer) => answer.map(|recorded| recorded.answer),
            None => Err(Problem::internal("an update gave no answer")),
        }
    }
}

fn record_window<U: Update>(
    writer: &Writer,
    updates: Vec<U>,
) -> Outcome<Vec<Outcome<Recorded<U::Answer>>>> {
    let mut receivers: Vec<oneshot::Receiver<_>> = Vec::with_capacity(updates.len());
    for update in updates {
        wait_for_room(writer)?;
        receivers.push(writer.submit(update, Priority::Chunk)?);
    }
    let mut answers = Vec::with_capacity(receivers.len());
    for receiver in receivers {
        let answer = receiver
            .blocking_recv()
            .map_err(|_| Problem::new(Code::Unavailable, "The writer stopped before it answered."))?;
        match answer {
            // The database, not the row, is at fault: every further row would fail alike.
            Err(problem)
                if matches!(problem.code, Code::Unavailable | Code::StorageFull | Code::Internal) =>
            {
                return Err(problem);
            }
            answer => answers.push(answer),
        }
    }
    Ok(answers)
}

/// Waits while the writer has more than it should to do.
fn wait_for_room(writer: &Writer) -> Outcome<()> {
    for _ in 0..PATIENCE {
        if writer.depth() < 2 * WINDOW {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(Problem::new(Code::Unavailable, "The writer is busy. Import the file again: it goes on where it stopped."))
}
