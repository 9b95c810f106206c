//! Heads that somebody kept elsewhere, compared with the tree as it grows: what was signed once must be there still.

use super::finding::{Finding, Report};
use super::tree::{RightEdge, TreeHead};
use std::collections::VecDeque;

/// Heads that are still to be compared, by rising size, each with the place where it was kept.
pub(super) struct KeptHeads(VecDeque<(String, TreeHead)>);

impl KeptHeads {
    pub(super) fn new(mut kept: Vec<(String, TreeHead)>) -> Self {
        kept.sort_by_key(|(_, head)| head.size);
        Self(kept.into())
    }

    /// Compares the tree as it is now with heads of this size.
    pub(super) fn check(&mut self, edge: &RightEdge, report: &mut Report) {
        let size = edge.size();
        while let Some((place, head)) = self.0.pop_front_if(|(_, head)| head.size <= size) {
            report.check("kept checkpoints", 1);
            if head.size == size && head.root != edge.root() {
                let problem =
                    format!("the first {size} entries are not those of the checkpoint kept in {place}");
                report.find(Finding::new("log_entries", size.to_string(), problem));
            }
        }
    }

    /// Tells of heads that speak of more entries than there are, and what that means.
    pub(super) fn check_later(&mut self, size: u64, meaning: &str, report: &mut Report) {
        for (place, head) in std::mem::take(&mut self.0).into_iter().filter(|(_, head)| head.size > 0) {
            report.check("kept checkpoints", 1);
            let problem = format!(
                "{size} entries are there, and the checkpoint kept in {place} speaks of {}{meaning}",
                head.size
            );
            report.find(Finding::new("log_entries", size.to_string(), problem));
        }
    }
}
