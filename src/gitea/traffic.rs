//! How many calls are made to the forge: in flight, a minute, and none while somebody in front of it
//! asks for quiet.
//!
//! **Invariant:** whoever waits goes in the order in which he came, so that nobody's calls are passed
//! by a storm of somebody else's. Who makes calls is bounded elsewhere: so many turns and so many
//! effects at a time. Called by `exchange`, before every single call.

use super::journal::open;
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many calls may be in flight.
const IN_FLIGHT: usize = 8;
/// The longest quiet that is waited for by a call; for a longer one it fails at once, so that nobody
/// holds a place meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest quiet that is kept. Whoever asks for more means a date that is wrong, or a ban that
/// somebody has to lift: one call asks again after so long.
pub(super) const LONGEST_QUIET: Duration = Duration::from_secs(10 * 60);

const MINUTE: Duration = Duration::from_secs(60);

/// The calls of all identities to one forge.
pub(super) struct Traffic {
    permits: Semaphore,
    schedule: Mutex<Schedule>,
}

impl Traffic {
    pub(super) fn new(calls_a_minute: u32) -> Self {
        Self {
            permits: Semaphore::new(IN_FLIGHT),
            schedule: Mutex::new(Schedule::new(calls_a_minute)),
        }
    }

    /// Waits until a call may be made, and holds its place among those in flight.
    ///
    /// # Errors
    /// For how long no call may be made.
    pub(super) async fn admit(&self) -> Result<SemaphorePermit<'_>, Duration> {
        // The semaphore is never closed.
        let permit = self.permits.acquire().await.map_err(|_| Duration::ZERO)?;
        let turn = open(&self.schedule).reserve(Instant::now());
        tokio::time::sleep(turn).await;
        loop {
            let quiet = open(&self.schedule).quiet(Instant::now());
            if quiet.is_zero() {
                return Ok(permit);
            }
            if quiet > PATIENCE {
                return Err(quiet);
            }
            tokio::time::sleep(quiet).await;
        }
    }

    /// Somebody in front of the forge asked to be left alone.
    pub(super) fn keep_quiet(&self, wait: Duration) {
        open(&self.schedule).keep_quiet(Instant::now(), wait);
    }
}

/// When calls may begin. A pure table of moments: time comes from the caller.
#[derive(Debug)]
struct Schedule {
    /// Between two calls once a whole minute's calls were made at once.
    interval: Duration,
    /// When the budget is whole again.
    whole: Option<Instant>,
    quiet_until: Option<Instant>,
}

impl Schedule {
    fn new(calls_a_minute: u32) -> Self {
        Self {
            interval: MINUTE / calls_a_minute.max(1),
            whole: None,
            quiet_until: None,
        }
    }

    /// Takes the next place, and says how long to wait for it.
    fn reserve(&mut self, now: Instant) -> Duration {
        let whole = self.whole.map_or(now, |whole| whole.max(now)) + self.interval;
        self.whole = Some(whole);
        whole.duration_since(now).saturating_sub(MINUTE)
    }

    fn keep_quiet(&mut self, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST_QUIET);
        self.quiet_until = self.quiet_until.max(Some(until));
    }

    /// How long no call may be made.
    fn quiet(&self, now: Instant) -> Duration {
        let left = |until: Instant| until.saturating_duration_since(now);
        self.quiet_until.map(left).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_minutes_calls_may_be_made_at_once_and_those_behind_them_wait_their_turn() {
        let mut schedule = Schedule::new(60);
        let now = Instant::now();
        let waits: Vec<Duration> = (0..63).map(|_| schedule.reserve(now)).collect();
        assert!(waits[..60].iter().all(Duration::is_zero));
        assert_eq!(waits[60..], [SECOND, 2 * SECOND, 3 * SECOND]);
        // A minute later all but those three have their place again.
        let waits: Vec<Duration> = (0..58).map(|_| schedule.reserve(now + MINUTE)).collect();
        assert!(waits[..57].iter().all(Duration::is_zero));
        assert_eq!(waits[57..], [SECOND]);
    }

    #[test]
    fn quiet_is_kept_as_long_as_the_longest_that_was_asked_for_and_never_absurdly_long() {
        let mut schedule = Schedule::new(60);
        let now = Instant::now();
        assert_eq!(schedule.quiet(now), Duration::ZERO);
        schedule.keep_quiet(now, 20 * SECOND);
        schedule.keep_quiet(now, SECOND);
        assert_eq!(schedule.quiet(now + 5 * SECOND), 15 * SECOND);
        assert_eq!(schedule.quiet(now + 20 * SECOND), Duration::ZERO);
        schedule.keep_quiet(now, Duration::MAX);
        assert_eq!(schedule.quiet(now), LONGEST_QUIET);
    }
}
