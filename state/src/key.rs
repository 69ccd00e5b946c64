//! Names of things: pull requests, items, effects, memos, and moments.
//!
//! How names become bytes on disk is the business of the disk store alone.

use std::fmt;
use std::time::Duration;

/// A pull request: the repository's id and the number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PullKey {
    /// The repository's id, which survives renaming.
    pub repository: u64,
    /// The number within the repository.
    pub number: u64,
}

/// A moment: milliseconds of Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(i64);

impl Millis {
    /// The beginning of Unix time, which is before everything that happens here.
    pub const EPOCH: Self = Self(0);

    /// A moment from milliseconds of Unix time.
    pub const fn new(unix: i64) -> Self {
        Self(unix)
    }

    /// Milliseconds of Unix time.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The moment `wait` later, or the last one there is.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(wait))
    }
}

/// The number of an item: greater than that of every item and effect before it,
/// over restarts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub(crate) u64);

impl ItemId {
    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of an effect, from the same sequence as [`ItemId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub(crate) u64);

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a memo.
///
/// The order is the order in which [`Store::recall_all`](crate::Store::recall_all)
/// lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoKey {
    /// The repository's id.
    pub repository: u64,
    /// The pull request it belongs to; `None`: it belongs to the repository.
    pub pull: Option<u64>,
    /// What sort of memo it is; the caller's numbering.
    pub kind: u8,
    /// Which one of that sort.
    pub id: Vec<u8>,
}

impl MemoKey {
    /// The pull request it belongs to, if any.
    pub fn pull_key(&self) -> Option<PullKey> {
        let repository = self.repository;
        self.pull.map(|number| PullKey { repository, number })
    }
}
