//! Commit statuses: rows that are only ever added.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::World;
use super::commit::Sha;
use super::ids::{RepoId, UserId};

/// A row of the status table.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    /// Global, used by webhooks.
    pub(crate) row: i64,
    /// Counts within the commit: the `id` that the API shows.
    pub(crate) index: i64,
    pub(crate) sha: Sha,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: String,
    pub(crate) target_url: String,
    pub(crate) creator: UserId,
    pub(crate) created: Timestamp,
}

/// What is posted.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewStatus {
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: String,
    pub(crate) target_url: String,
}

impl World {
    /// No check and no de-duplication (gitea-facts §2.1); surrounding blanks go.
    pub(crate) fn post_status(
        &mut self,
        (repo, sha): (RepoId, &str),
        by: UserId,
        new: &NewStatus,
    ) -> Status {
        let row = self.next_status();
        let created = self.now();
        let rows = self.statuses.entry((repo, sha.to_owned())).or_default();
        let status = Status {
            row,
            index: i64::try_from(rows.len())
                .unwrap_or(i64::MAX)
                .saturating_add(1),
            sha: sha.to_owned(),
            state: new.state.clone(),
            context: new.context.trim().to_owned(),
            description: new.description.trim().to_owned(),
            target_url: new.target_url.trim().to_owned(),
            creator: by,
            created,
        };
        rows.push(status.clone());
        self.tell_of_status(repo, &status);
        status
    }

    /// All rows of a commit, oldest first.
    pub(crate) fn statuses_of(&self, repo: RepoId, sha: &str) -> &[Status] {
        self.statuses
            .get(&(repo, sha.to_owned()))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The newest row of each context, in order of their ids.
    pub(crate) fn latest_statuses(&self, repo: RepoId, sha: &str) -> Vec<&Status> {
        let mut latest = BTreeMap::new();
        for status in self.statuses_of(repo, sha) {
            latest.insert(&status.context, status);
        }
        let mut latest: Vec<&Status> = latest.into_values().collect();
        latest.sort_by_key(|status| status.index);
        latest
    }
}
