//! Whether the timeline has caught up with the head.
//!
//! Gitea moves the head first and writes the push down up to seconds later (gitea-facts §13.2), so
//! until the newest push names the head, "nothing was pushed since" is not known.

use super::facts::{Facts, Push};
use crate::model::Sha;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far the timeline is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled<'a> {
    /// The newest push names the head.
    Yes {
        /// The head.
        head: &'a Sha,
        /// The push that made it.
        push: &'a Push,
    },
    /// There is nothing to decide about: no commits between base and head.
    Empty,
    /// It does not; nothing about pushes may be decided.
    No(Late),
}

/// How late the timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Late {
    /// The push may still be written down.
    Soon,
    /// It is later than a push ever is: `push-not-recorded`.
    Never,
    /// The head branch is gone.
    NoHead,
}

/// Looks whether the newest push names the head.
#[must_use]
pub fn settled(facts: &Facts) -> Settled<'_> {
    let Some(head) = &facts.pull.head else {
        return Settled::No(Late::NoHead);
    };
    if facts.history.is_moving {
        return Settled::No(Late::Soon);
    }
    match facts.history.newest_push() {
        Some(push) if push.last.as_ref() == Some(head) => Settled::Yes { head, push },
        _ if facts.pull.empty => Settled::Empty,
        _ => Settled::No(lateness(facts)),
    }
}

fn lateness(facts: &Facts) -> Late {
    let waited = facts.read_at.duration_since(facts.head_seen_at);
    match waited.try_into() {
        Ok(waited) if Duration::gt(&waited, &facts.patience) => Late::Never,
        _ => Late::Soon,
    }
}
