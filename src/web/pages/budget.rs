//! So many questions to Gitea in a minute: the bot's own work comes first.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Counts within a minute.
#[derive(Debug)]
pub(super) struct Budget {
    most: u32,
    spent: Mutex<(Instant, u32)>,
}

impl Budget {
    /// So many in a minute.
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            spent: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Whether one more fits into this minute; then it is spent.
    pub(super) fn spend(&self) -> bool {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.0.elapsed() >= MINUTE {
            *spent = (Instant::now(), 0);
        }
        let fits = spent.1 < self.most;
        spent.1 += u32::from(fits);
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_spent() {
        let budget = Budget::new(2);
        assert_eq!([(); 3].map(|()| budget.spend()), [true, true, false]);
    }
}
