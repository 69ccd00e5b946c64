//! A write that nobody answered may take effect later than it is looked for: Gitea goes on with a
//! request whose sender has hung up. (Seen on 1.26.3 with a database that was locked for five seconds:
//! the comment stood there seconds after its sender had given up.)
//!
//! **Invariant:** what cannot be taken back by writing it again, a new comment, is not written again
//! before an earlier attempt has had its time to land. What a process before this one began counts as
//! begun when this one started.

use crate::gitea::CallError;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The writes that may yet land.
#[derive(Debug)]
pub(super) struct Landing {
    within: Duration,
    began: Instant,
    late: Mutex<HashMap<Vec<u8>, Instant>>,
}

impl Landing {
    /// A write takes effect within this time or never.
    pub(super) fn within(within: Duration) -> Self {
        Self {
            within,
            began: Instant::now(),
            late: Mutex::default(),
        }
    }

    /// A write ended like this. There are never more than the budget of calls allows within the time.
    pub(super) fn note(&self, write: &state::Effect, error: &CallError) {
        if error.may_land_late() {
            let mut late = self.late();
            late.retain(|_, since| since.elapsed() < self.within);
            late.insert(name(write), Instant::now());
        }
    }

    /// How long an earlier attempt, or one that this write replaces, may yet take. `None`: it has
    /// landed by now if it ever does.
    pub(super) fn left(&self, write: &state::Effect) -> Option<Duration> {
        if !write.maybe_performed {
            return None;
        }
        let noted = self.late().get(&name(write)).copied();
        let since = noted.unwrap_or(self.began);
        let left = self.within.checked_sub(since.elapsed());
        left.filter(|left| !left.is_zero())
    }

    fn late(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Instant>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lane and key, which a write has in common with the one that it replaces.
fn name(write: &state::Effect) -> Vec<u8> {
    [&*write.lane, b"\0", &*write.key].concat()
}
