//! Comments without commands are remembered as they were heard only until a sweep has passed them.
//!
//! What was heard of a comment tells whether an edit put a declaration there. An edit after the second
//! in which the comment was written moves the time of its last change, which the sweep's listing and
//! every later look see; one within that second has happened when the sweep reads the comment. So what
//! was plain then has nothing to be held against any more, and the store does not grow with
//! conversations. It stays for one more round, because rounds overlap and what was heard explains why
//! a pull request changed.

use crate::memo;
use state::{Memo, MemoKey};
use std::collections::{HashMap, HashSet};

/// What was heard of the plain comments that the last round of each repository has met.
#[derive(Debug, Default)]
pub(super) struct Passed(HashMap<u64, HashSet<MemoKey>>);

impl Passed {
    /// Takes in the plain comments that a round has met; gives what removes those of the round before
    /// that it has not met again, neighbours beside each other.
    pub(super) fn next(&mut self, repository: u64, met: HashSet<MemoKey>) -> Vec<Memo> {
        let before = self.0.insert(repository, met).unwrap_or_default();
        let now = self.0.get(&repository);
        let is_over = |key: &MemoKey| now.is_none_or(|now| !now.contains(key));
        let mut over: Vec<MemoKey> = before.into_iter().filter(is_over).collect();
        over.sort_unstable();
        over.into_iter().map(memo::blank).collect()
    }
}
