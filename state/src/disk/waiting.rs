//! Which items wait, and how many of each pull request and repository.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::PullKey;
use crate::store::Crowd;

/// The identities of the items that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    identities: HashSet<Vec<u8>>,
    of_pull: HashMap<PullKey, usize>,
    of_repository: HashMap<u64, usize>,
}

impl Waiting {
    /// Takes the key of an identity. `false`: it waits already.
    pub(super) fn insert(&mut self, pull: PullKey, identity: Vec<u8>) -> bool {
        let is_new = self.identities.insert(identity);
        if is_new {
            *self.of_pull.entry(pull).or_default() += 1;
            *self.of_repository.entry(pull.repository).or_default() += 1;
        }
        is_new
    }

    pub(super) fn remove(&mut self, pull: PullKey, identity: &[u8]) {
        if self.identities.remove(identity) {
            fewer(&mut self.of_pull, pull);
            fewer(&mut self.of_repository, pull.repository);
        }
    }

    pub(super) fn contains(&self, identity: &[u8]) -> bool {
        self.identities.contains(identity)
    }

    pub(super) fn len(&self) -> usize {
        self.identities.len()
    }

    /// How much waits, as far as it matters for one more of a pull request.
    pub(super) fn beside(&self, pull: PullKey) -> Crowd {
        let of_pull = self.of_pull.get(&pull).copied();
        let of_repository = self.of_repository.get(&pull.repository).copied();
        Crowd {
            all: self.len(),
            of_repository: of_repository.unwrap_or_default(),
            of_pull: of_pull.unwrap_or_default(),
        }
    }
}

fn fewer<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}
