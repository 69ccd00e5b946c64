//! The few words that only pages say; every sentence about a gate is a reply's.

use crate::decide::evaluation::{Counts, Trigger};
use crate::gate::policy::Bind;
use crate::model::{Outcome, PullState};
use jiff::Timestamp;

/// A moment, for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// RFC 3339.
    pub(super) exact: String,
    /// As people read it.
    pub(super) words: String,
}

impl From<Timestamp> for When {
    fn from(at: Timestamp) -> Self {
        Self {
            exact: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            words: at.strftime("%-d %B %Y, %H:%M:%S UTC").to_string(),
        }
    }
}

/// A verdict with its sign, its word, and how it is coloured.
pub(super) fn verdict(verdict: &str) -> (&'static str, &'static str, &'static str) {
    match verdict {
        "satisfied" => ("✔", "satisfied", "good"),
        "rejected" => ("✘", "rejected", "bad"),
        "missing" => ("…", "waits", "open"),
        _ => ("?", "not known", "open"),
    }
}

/// Whether something counts, in a word.
pub(super) const fn counts(counts: Counts) -> &'static str {
    match counts {
        Counts::Yes => "counts",
        Counts::No => "does not count",
        Counts::Unknown => "not known whether it counts",
    }
}

/// What brought an evaluation about.
pub(super) fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Comment { .. } => String::from("a command in a comment"),
        Trigger::Review { by } => format!("a command in a review of {by}"),
        Trigger::Restore { .. } => String::from("somebody changed a reply"),
        Trigger::Delivery => String::from("a delivery of Gitea"),
        Trigger::Sweep => String::from("the sweep"),
        Trigger::Clock => String::from("a second look by itself"),
    }
}

/// What ends a declaration that counts, given the commit it is for.
pub(super) fn ends(bind: Bind, head: &str) -> String {
    match bind {
        Bind::Head => format!("It holds for {head}: the next push voids it."),
        Bind::PullRequest => String::from("Pushes do not void it; another base branch does."),
    }
}

/// How a pull request stands.
pub(super) const fn state(state: PullState) -> &'static str {
    match state {
        PullState::Open => "open",
        PullState::Closed => "closed",
        PullState::Merged => "merged",
    }
}

/// What came of a call.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Status(status) => status.to_string(),
        Outcome::Timeout => String::from("no answer in time"),
        Outcome::Unreachable => String::from("no connection"),
        Outcome::Untrusted => String::from("a certificate that is not trusted"),
        Outcome::Unreadable => String::from("an answer that cannot be read"),
    }
}
