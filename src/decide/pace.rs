//! Who types too much waits: when a command is run, by how many of the same person came before it.
//!
//! The first few of a person on a pull request run at once; later ones wait for the end of a round,
//! and each further round is twice as long. So do those above an hour's number in a repository,
//! wherever they stand there. **Invariant:** only commands wait, never a look, and what waits is in
//! the inbox: here is only until when. Called by the worker before a turn begins.

use crate::model::CommentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// So many commands of a person on a pull request run at once …
    pub at_once: usize,
    /// … within this time.
    pub within: Duration,
    /// The first round of waiting; each further one is twice as long.
    pub first: Duration,
    /// The longest round.
    pub longest: Duration,
    /// So many commands of a person run at once in a repository …
    pub hourly: usize,
    /// … within this time.
    pub hour: Duration,
    /// No more than so many wait on a pull request: a flood must not fill its share of the inbox, half of
    /// which this is, or the inbox, which is everybody's. Of more, some run at once, together where they
    /// are alike.
    pub most: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            at_once: 5,
            within: Duration::from_secs(60),
            first: Duration::from_secs(10),
            longest: Duration::from_secs(10 * 60),
            hourly: 30,
            hour: Duration::from_secs(60 * 60),
            most: 500,
        }
    }
}

/// One person's commands on one pull request, as far as the next one depends on them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// The number of the newest item that was counted.
    pub counted: u64,
    /// When the latest ones came, at most as many as run at once.
    pub latest: Vec<Timestamp>,
    /// Rounds of waiting since one last ran at once.
    pub rounds: u32,
    /// The last round of waiting, over or not.
    pub round: Option<Round>,
    /// The comment to which it was last told that it waits, and whose reply will change.
    #[serde(default)]
    pub told: Option<CommentId>,
}

/// Commands that wait together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The number of the first item that had to wait since one last ran at once.
    pub first: u64,
    /// The number of its own first item; every later one of the person belongs to it.
    pub from: u64,
    /// When it ends.
    pub until: Timestamp,
}

/// One person's commands in one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// When the latest ones came, at most as many as run at once.
    pub latest: Vec<Timestamp>,
    /// When the person was last told that there were too many.
    pub told: Option<Timestamp>,
}

/// A command that has just come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The number of its item.
    pub item: u64,
    /// When it was typed.
    pub at: Timestamp,
    /// Now, which is later where a sweep has found it.
    pub now: Timestamp,
}

/// What becomes of a command that has just come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It runs at once.
    AtOnce,
    /// It waits.
    Waits {
        /// Until then.
        until: Timestamp,
        /// Whether it is the first of its round.
        first: bool,
        /// Whether its writer is to be told so, which happens once an hour.
        tell: bool,
    },
}

/// Counts a command, and says what becomes of it.
pub fn admit(rules: &Rules, pace: &mut Pace, hour: &mut Hour, arrived: Arrived) -> Admission {
    let Arrived { item, at, now } = arrived;
    let many = close_to(&pace.latest, at, rules.within) >= rules.at_once;
    let too_many = close_to(&hour.latest, at, rules.hour) >= rules.hourly;
    pace.counted = item;
    note(&mut pace.latest, at, rules.at_once);
    note(&mut hour.latest, at, rules.hourly);
    let open = pace.round.filter(|round| at <= round.until);
    if open.is_none() && !many && !too_many {
        pace.rounds = 0;
        pace.round = None;
        return Admission::AtOnce;
    }
    let round = open.unwrap_or_else(|| next_round(rules, pace, arrived));
    let told = hour.told.is_some_and(|told| is_close(told, at, rules.hour));
    // When it may run already, there is nothing to be told any more.
    let tell = too_many && !told && round.until > now;
    if tell {
        hour.told = Some(at);
    }
    Admission::Waits {
        until: round.until,
        first: open.is_none(),
        tell,
    }
}

/// Until when an item that was counted waits. `None`: it may run. What seems to wait for longer than
/// the longest round was put off by a clock that was ahead.
#[must_use]
pub fn waits(rules: &Rules, pace: &Pace, item: u64, now: Timestamp) -> Option<Timestamp> {
    let round = pace.round.filter(|round| item >= round.from)?;
    let left = Duration::try_from(round.until.duration_since(now)).ok()?;
    (!left.is_zero() && left <= rules.longest).then_some(round.until)
}

/// Whether an item has waited, or waits.
#[must_use]
pub fn is_held(pace: &Pace, item: u64) -> bool {
    pace.round.is_some_and(|round| item >= round.first)
}

fn next_round(rules: &Rules, pace: &mut Pace, arrived: Arrived) -> Round {
    let Arrived { item: from, at, .. } = arrived;
    let doubled = 2_u32.saturating_pow(pace.rounds);
    let wait = rules.first.saturating_mul(doubled).min(rules.longest);
    pace.rounds = pace.rounds.saturating_add(1);
    let until = at.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let first = pace.round.map_or(from, |round| round.first);
    *pace.round.insert(Round { first, from, until })
}

fn close_to(latest: &[Timestamp], at: Timestamp, within: Duration) -> usize {
    let close = latest.iter().filter(|one| is_close(**one, at, within));
    close.count()
}

/// Which of the two came first does not matter: the sweep finds comments late, and clocks differ.
fn is_close(one: Timestamp, other: Timestamp, within: Duration) -> bool {
    one.duration_since(other).unsigned_abs() < within
}

fn note(latest: &mut Vec<Timestamp>, at: Timestamp, most: usize) {
    latest.push(at);
    let surplus = latest.len().saturating_sub(most);
    latest.drain(..surplus);
}
