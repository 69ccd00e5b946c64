//! What a signed body says, in values that cannot be wrong.
//!
//! The body alone decides what happened: the headers that name the event are not signed
//! (gitea-facts §6.1). **Invariant:** nobody's rights are read from a payload, and nothing here
//! depends on the configuration. Called by `webhook`, after the signature was checked.

mod read;
mod wire;

use crate::model::{Account, Branch, CommentId, PullNumber, RepoName, RepositoryId, Sha};
use jiff::Timestamp;

/// The body is not an event as Gitea sends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Not JSON at all, or not an object.
    #[error("not an event: the body is no JSON object (line {line}, column {column})")]
    NotJson {
        /// Where reading ended, from 1.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// Something without which it says nothing.
    #[error("not an event: `{0}` is missing")]
    Missing(&'static str),
    /// Something of another type than Gitea sends.
    #[error("not an event: `{0}` is not what Gitea sends there")]
    Wrong(&'static str),
}

/// A signed body, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Something that a gate may depend on.
    Relevant(Box<Delivery>),
    /// An event of another kind, such as a push, a label or a release.
    Irrelevant {
        /// Where it happened. `None`: not in a repository, or it is not told.
        repository: Option<RepositoryId>,
    },
}

/// Something happened in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The repository's number.
    pub repository: RepositoryId,
    /// Its name at that time.
    pub repo: RepoName,
    /// Who did it. `None`: no account is named.
    pub sender: Option<Account>,
    /// What happened.
    pub happening: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// To a comment.
    Comment(Comment),
    /// A review was submitted; the sender is the reviewer (gitea-facts §6.3).
    Review {
        /// The pull request.
        on: Target,
        /// What the reviewer wrote.
        content: String,
    },
    /// To a pull request itself.
    Pull {
        /// The pull request.
        on: Target,
        /// What.
        change: PullChange,
    },
    /// A status was posted.
    Status {
        /// On this commit.
        sha: Sha,
        /// Under this context.
        context: String,
        /// The state, as Gitea spells it; empty where it is not told.
        state: String,
    },
}

/// A pull request as a payload names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub number: PullNumber,
    /// The branch it is to be merged into. `None`: not told.
    pub base: Option<Branch>,
}

/// A comment to which something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// Where it stands.
    pub on: Target,
    /// Whether that is a plain issue, not a pull request.
    pub on_issue: bool,
    /// Who wrote it first. `None`: no account is named (I18).
    pub author: Option<Account>,
    /// Its text, after an edit the new one.
    pub body: String,
    /// When it was written by the forge's clock.
    pub created_at: Timestamp,
    /// When it last changed by the forge's clock, whole seconds.
    pub updated_at: Timestamp,
    /// What happened to it.
    pub change: CommentChange,
}

/// What happened to a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommentChange {
    /// It was written.
    Created,
    /// It was edited by the sender, who need not be its author (gitea-facts §11).
    Edited {
        /// The text before. `None`: not told.
        from: Option<String>,
    },
    /// It was deleted.
    Deleted,
}

/// What happened to a pull request, as far as gates care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullChange {
    /// Opened, reopened, closed or merged, its head moved, or its title says something else.
    Moved,
    /// Its base branch was changed.
    Retargeted {
        /// The base before.
        from: Branch,
    },
}

impl Payload {
    /// The repository in which it happened. `None`: in none, or it is not told.
    pub fn repository(&self) -> Option<RepositoryId> {
        match self {
            Self::Relevant(delivery) => Some(delivery.repository),
            Self::Irrelevant { repository } => *repository,
        }
    }

    /// Reads a body whose signature was checked.
    ///
    /// # Errors
    /// The body is not an event; the error names what is missing or wrong, and repeats nothing of it.
    pub fn parse(body: &[u8]) -> Result<Self, NotAnEvent> {
        read::payload(body)
    }
}

#[cfg(test)]
mod tests;
