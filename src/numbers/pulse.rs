//! When what last happened: ages cannot be counted, so the moments are kept and the ages computed at
//! the scrape.

use jiff::Timestamp;
use state::PullKey;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The moments that one bot remembers while it runs.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Moments>);

#[derive(Debug, Default)]
struct Moments {
    delivered: Option<Timestamp>,
    swept: Option<Timestamp>,
    unverified: Option<Timestamp>,
    unknown: HashMap<PullKey, Unknown>,
    missed: u64,
}

/// Gates of one pull request that could not be found out.
#[derive(Clone, Copy, Debug)]
struct Unknown {
    gates: usize,
    since: Timestamp,
    /// Whether nothing could be read, so that no record says so.
    unread: bool,
}

/// How old everything is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Since the last delivery with a valid signature.
    pub last_delivery: Option<Duration>,
    /// Since the sweep last read everything.
    pub sweep_lag: Option<Duration>,
    /// Since the green gate was confirmed that was confirmed longest ago. `None`: none is green, or no
    /// sweep has looked yet.
    pub oldest_verification: Option<Duration>,
    /// Gates that are not known.
    pub unknown_gates: usize,
    /// Since the first of them is not.
    pub oldest_unknown: Option<Duration>,
}

impl Pulse {
    /// A delivery had a valid signature.
    pub fn delivered(&self, at: Timestamp) {
        self.moments().delivered = Some(at);
    }

    /// A delivery could not be taken in, through no fault of its sender's.
    pub fn missed(&self) {
        let mut moments = self.moments();
        moments.missed = moments.missed.saturating_add(1);
    }

    /// How many were not, so that whoever looks knows whether there are more than before.
    #[must_use]
    pub fn all_missed(&self) -> u64 {
        self.moments().missed
    }

    /// From now on there is a sweep, whose lag counts from here until its first round is over.
    pub fn sweeps_from(&self, at: Timestamp) {
        self.moments().swept.get_or_insert(at);
    }

    /// A round of the sweep has read everything.
    pub fn swept(&self, at: Timestamp) {
        self.moments().swept = Some(at);
    }

    /// When the green gate was confirmed that was confirmed longest ago. `None`: none is green.
    pub fn unverified(&self, since: Option<Timestamp>) {
        self.moments().unverified = since;
    }

    /// So many gates of a pull request are unknown since then, as its record says. `None`: none is.
    pub fn looked(&self, pull: PullKey, unknown: Option<(usize, Timestamp)>) {
        let mut moments = self.moments();
        match unknown {
            Some((gates, since)) => {
                let unread = false;
                let unknown = Unknown {
                    gates,
                    since,
                    unread,
                };
                moments.unknown.insert(pull, unknown);
            }
            None => drop(moments.unknown.remove(&pull)),
        }
    }

    /// The same as the sweep reads it, which may be older than what a turn could not read.
    pub fn remembered(&self, pull: PullKey, unknown: Option<(usize, Timestamp)>) {
        let unread = self
            .moments()
            .unknown
            .get(&pull)
            .is_some_and(|it| it.unread);
        if !unread {
            self.looked(pull, unknown);
        }
    }

    /// Nothing of a pull request could be read, so that none of its gates is known.
    pub fn unread(&self, pull: PullKey, gates: usize, at: Timestamp) {
        let mut moments = self.moments();
        let since = moments.unknown.get(&pull).map_or(at, |it| it.since);
        let unread = true;
        moments.unknown.insert(
            pull,
            Unknown {
                gates,
                since,
                unread,
            },
        );
    }

    /// How old everything is. What lies in the future, because the clock was set back, is of now.
    pub fn read(&self, now: Timestamp) -> Reading {
        let age = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
        let moments = self.moments();
        let unknown = moments.unknown.values();
        Reading {
            last_delivery: moments.delivered.map(age),
            sweep_lag: moments.swept.map(age),
            oldest_verification: moments.unverified.map(age),
            unknown_gates: unknown.clone().map(|it| it.gates).sum(),
            oldest_unknown: unknown.map(|it| it.since).min().map(age),
        }
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pull(number: u64) -> PullKey {
        PullKey {
            repository: 1,
            number,
        }
    }

    fn unknown(pulse: &Pulse, now: i64) -> (usize, Option<u64>) {
        let reading = pulse.read(at(now));
        (
            reading.unknown_gates,
            reading.oldest_unknown.map(|age| age.as_secs()),
        )
    }

    #[test]
    fn what_never_happened_has_no_age() {
        let nothing = Reading {
            last_delivery: None,
            sweep_lag: None,
            oldest_verification: None,
            unknown_gates: 0,
            oldest_unknown: None,
        };
        assert_eq!(Pulse::default().read(at(7)), nothing);
    }

    #[test]
    fn the_lag_counts_from_the_start_until_a_round_is_over() {
        let pulse = Pulse::default();
        let lag = |now| pulse.read(at(now)).sweep_lag.map(|lag| lag.as_secs());
        pulse.sweeps_from(at(100));
        assert_eq!(lag(130), Some(30));
        pulse.swept(at(140));
        pulse.sweeps_from(at(150));
        assert_eq!(lag(160), Some(20));
        assert_eq!(lag(90), Some(0), "the clock was set back");
    }

    #[test]
    fn unknown_gates_are_those_of_all_pull_requests_until_they_are_known() {
        let pulse = Pulse::default();
        pulse.looked(pull(1), Some((2, at(100))));
        pulse.unread(pull(2), 3, at(110));
        assert_eq!(unknown(&pulse, 120), (5, Some(20)));
        pulse.looked(pull(1), None);
        assert_eq!(unknown(&pulse, 120), (3, Some(10)));
        pulse.unread(pull(2), 3, at(115));
        assert_eq!(unknown(&pulse, 120), (3, Some(10)), "since the first time");
    }

    #[test]
    fn a_record_is_older_than_what_could_not_be_read() {
        let pulse = Pulse::default();
        pulse.unread(pull(1), 2, at(100));
        pulse.remembered(pull(1), None);
        assert_eq!(unknown(&pulse, 110), (2, Some(10)));
        pulse.looked(pull(1), None);
        pulse.remembered(pull(1), Some((1, at(105))));
        assert_eq!(unknown(&pulse, 110), (1, Some(5)));
    }
}
