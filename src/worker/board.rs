//! Whose turn it is: which pull requests have something to do, now or later.
//!
//! **Invariant:** a pull request is in at most one pair of hands at a time; what comes in meanwhile
//! gives it another turn afterwards. The board forgets nothing that the store remembers: after a
//! restart it is filled from there. Once something is on it, the system's clock may jump.

use super::tempo::FAR;
use jiff::Timestamp;
use state::PullKey;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The board.
#[derive(Debug, Default)]
pub struct Board {
    slots: Mutex<Slots>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Slots {
    ready: VecDeque<PullKey>,
    queued: HashSet<PullKey>,
    running: HashSet<PullKey>,
    later: BTreeSet<(Instant, PullKey)>,
    due: HashMap<PullKey, Instant>,
    owed: HashSet<PullKey>,
}

impl Board {
    /// Something has come in for this pull request.
    pub fn wake(&self, key: PullKey) {
        self.slots().put(key);
        self.changed.notify_one();
    }

    /// Its next turn has to look at everything, though nothing in the inbox says so: that is full. It ends
    /// with the process, after which the sweep finds what there is to look at.
    pub fn owe_look(&self, key: PullKey) {
        self.slots().owed.insert(key);
    }

    /// Whether its next turn has to; whoever asks has taken that over.
    pub fn take_owed_look(&self, key: PullKey) -> bool {
        self.slots().owed.remove(&key)
    }

    /// It wants to be looked at again at this moment; replaces an earlier wish.
    pub fn wake_at(&self, key: PullKey, at: Timestamp) {
        self.slots().postpone(key, Some(instant(at)));
        self.changed.notify_one();
    }

    /// It does not want to be looked at again.
    pub fn forget(&self, key: PullKey) {
        self.slots().postpone(key, None);
    }

    /// The next pull request that has something to do. It is in the caller's hands until
    /// [`Board::done`].
    pub async fn next(&self) -> PullKey {
        loop {
            let changed = self.changed.notified();
            let wait = match self.slots().take(Instant::now()) {
                Ok(key) => return key,
                Err(wait) => wait,
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The pull request is out of the caller's hands.
    pub fn done(&self, key: PullKey) {
        self.slots().running.remove(&key);
        self.changed.notify_one();
    }

    /// Whether nothing is ready or in anybody's hands; what is to be done later does not count.
    pub fn is_quiet(&self) -> bool {
        let slots = self.slots();
        slots.ready.is_empty() && slots.running.is_empty()
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When that will be by a clock that does not jump.
fn instant(at: Timestamp) -> Instant {
    let wait = at.duration_since(Timestamp::now());
    let wait = Duration::try_from(wait).unwrap_or_default();
    Instant::now() + if wait > FAR { Duration::ZERO } else { wait }
}

/// The longest sleep between two looks at the board.
const NAP: Duration = Duration::from_secs(60);

impl Slots {
    fn put(&mut self, key: PullKey) {
        if self.queued.insert(key) {
            self.ready.push_back(key);
        }
    }

    fn postpone(&mut self, key: PullKey, at: Option<Instant>) {
        if let Some(before) = self.due.remove(&key) {
            self.later.remove(&(before, key));
        }
        if let Some(at) = at {
            self.due.insert(key, at);
            self.later.insert((at, key));
        }
    }

    /// The next one that is in nobody's hands, or how long to wait for one.
    fn take(&mut self, now: Instant) -> Result<PullKey, Duration> {
        while let Some((at, key)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.later.remove(&(at, key));
            self.due.remove(&key);
            self.put(key);
        }
        let free = self
            .ready
            .iter()
            .position(|key| !self.running.contains(key));
        if let Some(key) = free.and_then(|at| self.ready.remove(at)) {
            self.queued.remove(&key);
            self.running.insert(key);
            return Ok(key);
        }
        let next = self.later.first();
        let wait = next.map(|(at, _)| at.saturating_duration_since(now));
        Err(wait.unwrap_or(NAP).min(NAP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: PullKey = PullKey {
        repository: 1,
        number: 1,
    };
    const TWO: PullKey = PullKey {
        repository: 1,
        number: 2,
    };

    #[test]
    fn a_look_that_is_owed_is_taken_once() {
        let board = Board::default();
        board.owe_look(ONE);
        board.owe_look(ONE);
        assert!(!board.take_owed_look(TWO));
        assert!(board.take_owed_look(ONE));
        assert!(!board.take_owed_look(ONE));
        assert!(board.is_quiet(), "nobody was woken");
    }

    #[tokio::test]
    async fn one_pull_request_is_in_one_pair_of_hands() {
        let board = Board::default();
        board.wake(ONE);
        assert_eq!(board.next().await, ONE);
        board.wake(ONE);
        board.wake(TWO);
        assert_eq!(board.next().await, TWO);
        board.done(ONE);
        assert_eq!(board.next().await, ONE);
        board.done(ONE);
        board.done(TWO);
        assert!(board.is_quiet());
    }

    #[tokio::test]
    async fn a_later_wish_replaces_an_earlier_one() {
        let board = Board::default();
        let now = Timestamp::now();
        board.wake_at(ONE, now + Duration::from_secs(600));
        board.wake_at(ONE, now);
        board.wake_at(TWO, now);
        board.forget(TWO);
        assert_eq!(board.next().await, ONE);
        assert!(board.slots().later.is_empty());
    }
}
