//! One figure: how far it goes, what was done, how often, and what went wrong.

use std::fmt;
use std::time::{Duration, Instant};

/// How far a figure goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// How often it does what it is about.
    pub(crate) times: usize,
    /// No more is begun after this time.
    pub(crate) limit: Duration,
    pub(crate) began: Instant,
}

impl Extent {
    /// To its mark, however long that takes.
    pub(crate) fn of(times: usize) -> Self {
        Self {
            times,
            limit: Duration::MAX,
            began: Instant::now(),
        }
    }

    /// The next ones, as long as there is time for them.
    pub(crate) fn turns(self) -> impl Iterator<Item = usize> {
        (0..self.times).take_while(move |_| self.began.elapsed() < self.limit)
    }
}

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
    /// Something was counted.
    pub(crate) fn count(&mut self, count: usize, what: &'static str) {
        self.counts.push((count as u64, what));
    }

    /// Notes that something happened that must not.
    pub(crate) fn accuse(&mut self, what: impl FnOnce() -> String) {
        self.wrongs += 1;
        if self.wrong.len() < KEPT {
            self.wrong.push(what());
        }
    }

    /// Notes all of these.
    pub(crate) fn accuse_all(&mut self, wrong: Vec<String>) {
        for wrong in wrong {
            self.accuse(|| wrong);
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
