//! Pull requests and the repositories they belong to.

use super::{Account, PullNumber, RepoName, RepositoryId, Sha};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A repository as an answer describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The number that stays when the repository is renamed.
    pub id: RepositoryId,
    /// `owner/name` at the time of the answer.
    pub name: RepoName,
    /// When the repository was made here. What is older was migrated (gitea-facts §3.4).
    pub created_at: Timestamp,
    /// Whether outsiders cannot read it: private, internal, or below an owner who is not public.
    pub hidden: bool,
    /// Archived: comments are refused with 423, statuses are not (gitea-facts §13.1).
    pub archived: bool,
}

/// Which pull request, in words that people use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PullRef {
    /// The repository that the change is to be merged into.
    pub repo: RepoName,
    /// The number in it.
    pub number: PullNumber,
}

impl fmt::Display for PullRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

/// Where a pull request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PullState {
    /// May still be merged; drafts too.
    Open,
    /// Closed without a merge.
    Closed,
    /// Merged.
    Merged,
}

/// A branch's name, without `refs/heads/`.
pub type Branch = String;

/// One pull request. Only the single answer carries the true head (gitea-facts §13.2); a list's
/// entry may name an older one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The number within the repository.
    pub number: PullNumber,
    /// Who opened it.
    pub author: Account,
    /// Open, closed or merged.
    pub state: PullState,
    /// The branch it is to be merged into.
    pub base: Branch,
    /// The newest commit. `None`: the head branch is gone or the answer names no whole commit.
    pub head: Option<Sha>,
    /// The repository of the base.
    pub repository: Repository,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed by the forge's clock.
    pub updated_at: Timestamp,
    /// Locked: only writers may comment (gitea-facts §13.2).
    pub locked: bool,
    /// Number of commits between base and head cannot be told from here; an empty pull request is
    /// one whose head is the merge base.
    pub empty: bool,
}

impl Pull {
    /// How people name it.
    #[must_use]
    pub fn reference(&self) -> PullRef {
        PullRef {
            repo: self.repository.name.clone(),
            number: self.number,
        }
    }
}
