//! Closures that a test lets run right before or right after the n-th matching call, and calls that are
//! done when it says so.
//!
//! So that the world changes between two steps of the program under test, without racing it.

use std::fmt;

use crate::fault::Pattern;
use crate::forge::{Forge, Shared};

/// Before the call is answered, or after the world has answered it and before the caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

pub(crate) type Run = Box<dyn FnOnce(&Forge) + Send>;

/// What waits for calls.
#[derive(Debug, Default)]
pub(crate) struct Around(Vec<Waiting>);

/// A closure and the call it waits for.
pub(crate) struct Waiting {
    pub(crate) when: When,
    pub(crate) pattern: Pattern,
    /// This many matching calls away; 1 is the next.
    pub(crate) left: u64,
    pub(crate) run: Run,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?} {:?}, {} left",
            self.when, self.pattern, self.left
        )
    }
}

impl Around {
    pub(crate) fn add(&mut self, waiting: Waiting) {
        self.0.push(waiting);
    }

    /// Counts the call and takes out what is due.
    pub(crate) fn due(&mut self, when: When, method: &str, path: &str) -> Vec<Run> {
        let fits = |waiting: &Waiting| waiting.when == when && waiting.pattern.fits(method, path);
        for waiting in self.0.iter_mut().filter(|waiting| fits(waiting)) {
            waiting.left = waiting.left.saturating_sub(1);
        }
        let due = self
            .0
            .extract_if(.., |waiting| fits(waiting) && waiting.left == 0);
        due.map(|waiting| waiting.run).collect()
    }
}

type Do = Box<dyn FnOnce(&Shared) + Send>;

/// Calls that are done later than their callers wait.
#[derive(Default)]
pub(crate) struct Held(Vec<Do>);

impl fmt::Debug for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} held", self.0.len())
    }
}

impl Held {
    pub(crate) fn add(&mut self, run: Do) {
        self.0.push(run);
    }

    pub(crate) fn take(&mut self) -> Vec<Do> {
        std::mem::take(&mut self.0)
    }
}
