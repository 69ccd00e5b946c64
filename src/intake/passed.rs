//! Comments without commands are remembered as they were heard only until a sweep has passed them.
//!
//! What was heard of a comment tells whether an edit put a declaration there. An edit after the second
//! in which the comment was written moves the time of its last change, which the sweep's listing and
//! every later look see; one within that second has happened when the sweep reads the comment. So what
//! was plain then has nothing to be held against any more, and the store does not grow with
//! conversations. It stays for one more round, because rounds overlap and what was heard explains why
//! a pull request changed.

use crate::memo::{self, Created, Kind, Passing};
use crate::model::{CommentId, RepositoryId};
use state::{Memo, PullKey};
use std::collections::BTreeSet;

/// Of more plain comments between two sweeps than this, what was heard stays until their pull requests
/// go: the list of them is one row of the store.
const MOST: usize = 8_000;

/// What removes the plain comments of the round before that this one has not met again, neighbours
/// beside each other. One that has commands now was edited, perhaps within its second: what was heard
/// of it stays and says so.
pub(super) fn over(
    repository: RepositoryId,
    Passing(before): &Passing,
    met: &BTreeSet<(u64, CommentId)>,
) -> Vec<Memo> {
    let over = before.difference(met).map(|(number, comment)| {
        let pull = PullKey {
            repository: repository.get(),
            number: *number,
        };
        memo::blank(memo::of_comment::<Created>(pull, *comment))
    });
    over.collect()
}

/// What is kept of a round for the next one.
pub(super) fn kept(
    repository: RepositoryId,
    before: &Passing,
    mut met: BTreeSet<(u64, CommentId)>,
) -> Option<Memo> {
    while met.len() > MOST {
        met.pop_first();
    }
    let key = memo::of_repository::<Passing>(repository);
    match (met.is_empty(), before.0.is_empty()) {
        (true, true) => None,
        (true, false) => Some(memo::blank(key)),
        (false, _) => Some(Passing(met).memo(key)),
    }
}
