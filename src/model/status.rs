//! Commit statuses.

use super::{Account, Sha};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The states that this bot posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitState {
    /// A member's valid `REQUEST_CHANGES` stands.
    Failure,
    /// Something is missing, or could not be found out.
    Pending,
    /// Satisfied.
    Success,
}

impl CommitState {
    /// The word that Gitea takes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Success => "success",
        }
    }
}

impl fmt::Display for CommitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to stand, or stands, on a commit under one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedStatus {
    /// The commit.
    pub sha: Sha,
    /// The context, as branch protection matches it.
    pub context: String,
    /// The state.
    pub state: CommitState,
    /// At most 140 characters, cut at a word.
    pub description: String,
}

/// A row of the status list as Gitea has it. Its state is any string (gitea-facts §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRow {
    /// Counts up within one commit: the greatest of a context is its newest.
    pub id: u64,
    /// The context.
    pub context: String,
    /// The state, read from the field `status` (I20).
    pub state: String,
    /// The description.
    pub description: String,
    /// Who posted it. `None`: a deleted user or Actions (gitea-facts §2.1).
    pub creator: Option<Account>,
}

impl StatusRow {
    /// The row that stands for a context. `None`: there is none.
    #[must_use]
    pub fn newest<'a>(rows: &'a [Self], context: &str) -> Option<&'a Self> {
        let of_context = rows.iter().filter(|row| row.context == context);
        of_context.max_by_key(|row| row.id)
    }
}

/// A row of the status list with the time at which it was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastStatus {
    /// The row.
    pub row: StatusRow,
    /// When, by the forge's clock. `None`: Gitea does not say.
    pub at: Option<Timestamp>,
}

/// A status that we posted, or are about to post, as the newest row of its context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The context.
    pub context: String,
    /// The state.
    pub state: CommitState,
    /// The description.
    pub description: String,
    /// When, by our clock.
    pub at: Timestamp,
    /// When it was posted over a stranger's, by our clock. `None`: it was not.
    #[serde(default)]
    pub restored: Option<Timestamp>,
}
