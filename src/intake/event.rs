//! What is put into the inbox: where to look, and why.

use crate::decide::reply::Addressee;
use crate::memo;
use crate::model::{
    Account, CommentId, DeliveryId, Digest, PullNumber, PullRef, RepoName, RepositoryId, UserId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::PullKey;

/// Something happened on a pull request (or on an issue, where somebody typed a command of ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The repository's number, which stays.
    pub repository: RepositoryId,
    /// Its name when the event was told.
    pub repo: RepoName,
    /// The pull request's or issue's number.
    pub number: PullNumber,
    /// What happened.
    pub topic: Topic,
    /// Who told it.
    pub told: Told,
    /// The delivery that told it. `None`: no delivery did, or one without an id.
    #[serde(default)]
    pub delivery: Option<DeliveryId>,
}

/// What a comment says, and since when: an edit back to what it said before is news, and so is a comment
/// of which somebody knew before it was written what it would say.
#[must_use]
pub fn version(body: &str, updated_at: Timestamp) -> Digest {
    Digest::of(&format!("{updated_at}\n{body}"))
}

/// Who told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// A delivery with a valid signature.
    Webhook,
    /// The sweep found it.
    Sweep,
    /// The bot itself wants to look again.
    Self_,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// A comment holds a command of ours, as it was told; the live body decides.
    Comment {
        /// The comment.
        comment: CommentId,
        /// When it was written by the forge's clock.
        created_at: Timestamp,
        /// Whether it stands on a plain issue.
        on_issue: bool,
        /// Who typed it: its writer, or whoever edited it. `None`: that is not known.
        #[serde(default)]
        by: Option<UserId>,
        /// When it was typed, by the forge's clock. `None`: just now, as deliveries come at once.
        #[serde(default)]
        typed_at: Option<Timestamp>,
    },
    /// A review's body holds a command of ours. The payload names no review id (gitea-facts §6.3),
    /// so the text's digest stands for it.
    ReviewBody {
        /// Who reviewed.
        reviewer: Account,
        /// Digest of the body.
        digest: Digest,
    },
    /// Somebody else has edited or deleted our reply to this comment, which is answered again.
    Restore {
        /// The comment that the reply answers.
        comment: CommentId,
        /// When the reply was written by the forge's clock.
        replied_at: Timestamp,
    },
    /// The same of a notice or of a reply to a review, which says again what it said.
    Rewrite {
        /// Our comment.
        reply: CommentId,
        /// What it answers, as text.
        to: String,
    },
    /// Something that may change a verdict: a push, a review, a change of the base, an edit, a
    /// deletion, a foreign status, a closing, or the clock.
    Look,
}

impl Topic {
    /// Our comment `reply`, which answers `to`, is to stand again as it was. `since`: when that was
    /// written, or the reply itself, by the forge's clock.
    #[must_use]
    pub fn again(to: &Addressee, reply: CommentId, since: Timestamp) -> Self {
        match to {
            Addressee::Comment(comment) => Self::Restore {
                comment: *comment,
                replied_at: since,
            },
            Addressee::Review(_) | Addressee::All(_) => Self::Rewrite {
                reply,
                to: to.to_string(),
            },
        }
    }

    /// Who typed a command. `None`: it is none, or that is not known.
    #[must_use]
    pub fn typist(&self) -> Option<UserId> {
        match self {
            Self::Comment { by, .. } => *by,
            Self::ReviewBody { reviewer, .. } => Some(reviewer.id),
            Self::Restore { .. } | Self::Rewrite { .. } | Self::Look => None,
        }
        .filter(|by| by.is_real())
    }

    /// The comment that it is about, if it is one.
    #[must_use]
    pub const fn comment(&self) -> Option<CommentId> {
        match self {
            Self::Comment { comment, .. } => Some(*comment),
            Self::Restore { .. } | Self::Rewrite { .. } | Self::ReviewBody { .. } | Self::Look => {
                None
            }
        }
    }
}

impl Event {
    /// Which pull request (or issue) it concerns.
    #[must_use]
    pub fn pull(&self) -> PullRef {
        PullRef {
            repo: self.repo.clone(),
            number: self.number,
        }
    }

    /// The same as the store calls it.
    #[must_use]
    pub const fn pull_key(&self) -> PullKey {
        memo::pull_key(self.repository, self.number)
    }

    /// What makes two tellings the same event. A comment is its id and its [`version`], never the
    /// delivery's id, which is new for every hook and every replay (gitea-facts §6.4, §6.5).
    #[must_use]
    pub fn identity(&self, body: &Digest, epoch: u64) -> Vec<u8> {
        match &self.topic {
            Topic::Comment { comment, .. } => format!("comment/{comment}/{body}"),
            Topic::ReviewBody { reviewer, digest } => format!("review/{}/{digest}", reviewer.id),
            // Once, or two would write over each other for ever.
            Topic::Restore { comment, .. } => format!("restore/{comment}"),
            Topic::Rewrite { to, .. } => {
                format!("rewrite/{}/{}/{to}", self.repository, self.number)
            }
            Topic::Look => format!("look/{epoch}"),
        }
        .into_bytes()
    }

    /// Whether its identity is remembered after it is done. Looks are not: every one is a new look.
    #[must_use]
    pub const fn is_remembered(&self) -> bool {
        !matches!(self.topic, Topic::Look)
    }
}
