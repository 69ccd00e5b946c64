//! Who looks at a pull request is told when something about it was decided.
//!
//! **Invariant:** looking costs a turn nothing but a word, and nobody who is slow holds one up.

use crate::model::{RepoName, RepositoryId};
use state::PullKey;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// Words that wait for whoever is slow; who misses some looks at everything.
const WAITING: usize = 256;

/// What changed, as it does; and which repositories are looked after.
#[derive(Debug)]
pub struct Changes {
    pulls: Sender<PullKey>,
    repositories: Mutex<BTreeMap<RepositoryId, RepoName>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            pulls: channel(WAITING).0,
            repositories: Mutex::default(),
        }
    }
}

impl Changes {
    /// Something was committed about a pull request.
    pub(super) fn tell(&self, key: PullKey, repo: &RepoName) {
        self.note(RepositoryId::new(key.repository), repo);
        // Nobody has to listen.
        let _ = self.pulls.send(key);
    }

    /// Every pull request about which something is committed from now on.
    #[must_use]
    pub fn listen(&self) -> Receiver<PullKey> {
        self.pulls.subscribe()
    }

    /// This repository is looked after, and has that name now.
    pub fn note(&self, repository: RepositoryId, repo: &RepoName) {
        let mut known = self.known();
        if known.get(&repository) != Some(repo) {
            known.insert(repository, repo.clone());
        }
    }

    /// The repositories that were looked at since the start, by name.
    #[must_use]
    pub fn repositories(&self) -> Vec<(RepositoryId, RepoName)> {
        let known = self.known();
        let mut all: Vec<_> = known.iter().map(|(id, repo)| (*id, repo.clone())).collect();
        all.sort_by(|(_, one), (_, other)| one.cmp(other));
        all
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<RepositoryId, RepoName>> {
        self.repositories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
