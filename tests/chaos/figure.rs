//! One figure: what was done, how often, and what went wrong.

use std::fmt;

/// What one figure has come to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What was counted, in the order of the figure's sentence.
    pub(crate) counts: Vec<(u64, &'static str)>,
    /// What should not have happened, with what is needed to see it again; a few of many.
    pub(crate) wrong: Vec<String>,
    /// How many there were in all.
    pub(crate) wrongs: u64,
}

/// Wrongs that are kept in full.
const KEPT: usize = 5;

impl Outcome {
    /// Notes that something happened that must not.
    pub(crate) fn accuse(&mut self, what: impl FnOnce() -> String) {
        self.wrongs += 1;
        if self.wrong.len() < KEPT {
            self.wrong.push(what());
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, of) in &self.counts {
            write!(f, "{count} {of}, ")?;
        }
        write!(f, "{} wrong", self.wrongs)?;
        for wrong in &self.wrong {
            write!(f, "\n      {wrong}")?;
        }
        Ok(())
    }
}
