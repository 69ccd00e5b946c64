//! The audit trail of a stage's bot.

use refire::audit::{Entry, Keep, Lines, Trail, What};
use refire::decide::evaluation::Evaluation;
use std::path::Path;
use std::sync::Arc;

/// A trail in this directory, for a stage that has not been entered.
pub(crate) fn open(directory: &Path) -> Option<Arc<Trail>> {
    let trail = Trail::open(directory, Keep(10)).expect("a place for the trail");
    Some(Arc::new(trail))
}

/// All that stands in it.
pub(crate) fn entries(directory: &Path) -> Vec<Entry> {
    let lines = Lines::all(directory).expect("a trail");
    lines
        .map(|(_, _, line)| line.expect("a whole line").0)
        .collect()
}

/// What was decided, and what was answered without a decision.
pub(crate) fn evaluations(directory: &Path) -> Vec<Evaluation> {
    let entries = entries(directory).into_iter();
    let evaluated = entries.filter_map(|entry| match entry.what {
        What::Evaluated { evaluation, .. } => Some(*evaluation),
        What::Forgotten { .. } => None,
    });
    evaluated.collect()
}
