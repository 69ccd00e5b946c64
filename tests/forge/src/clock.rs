//! The forge's own clock: real time plus an offset that tests move.
//!
//! **Invariant:** whole seconds only, as Gitea stores them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time of the stand-in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    offset: SignedDuration,
    frozen: Option<Timestamp>,
}

impl Clock {
    /// Now, cut to the second.
    pub(crate) fn now(&self) -> Timestamp {
        let exact = self
            .frozen
            .unwrap_or_else(Timestamp::now)
            .saturating_add(self.offset);
        let exact = exact.unwrap_or(Timestamp::MAX);
        Timestamp::from_second(exact.as_second()).unwrap_or(exact)
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.offset = self.offset.saturating_add(by);
    }

    /// Moves the clock back.
    pub(crate) fn turn_back(&mut self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.offset = self.offset.saturating_sub(by);
    }

    /// From now on only the two above move it.
    pub(crate) fn freeze(&mut self) {
        self.frozen.get_or_insert_with(Timestamp::now);
    }
}

/// The value of a `Date` header: `Sun, 22 Nov 2026 07:00:00 GMT`.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
