//! What the bot does to the forge, as data; and [`Dispatcher`], the only one who does it.
//!
//! The core returns effects, the store commits them together with the record, the dispatcher
//! performs them at least once and idempotently. **Invariant:** nothing else writes to Gitea.

mod about;
mod dispatcher;
mod folding;
mod landing;
mod observed;
mod perform;
mod saying;

pub(crate) use about::about;
pub use dispatcher::{Dispatcher, Look};
pub(crate) use folding::fold_notes;

use crate::decide::reply::Addressee;
use crate::gitea::{CallError, Session};
use crate::model::{CommentId, PostedStatus, PullNumber, PullRef, RepoName, RepositoryId, Trail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use state::{Millis, NewEffect};

/// Something to be written to Gitea.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The repository's number.
    pub repository: RepositoryId,
    /// Its name when the effect was decided.
    pub repo: RepoName,
    /// The pull request (or issue) that it is about.
    pub number: PullNumber,
    /// What to write.
    pub act: Act,
    /// Where it comes from.
    #[serde(default)]
    pub trail: Trail,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Post a commit status.
    Status {
        /// The status.
        status: PostedStatus,
        /// Its turn among the statuses of the commit.
        rank: u8,
        /// When the facts behind it were read: a success from old facts is evaluated again.
        facts_at: Timestamp,
        /// Whether it may be on its way already: looked for before it is posted.
        again: bool,
    },
    /// Post a reply, or bring the one that stands up to date.
    Reply {
        /// What it answers.
        to: Addressee,
        /// When that was written, by the forge's clock: where to begin looking for a reply.
        since: Timestamp,
        /// The Markdown.
        body: String,
        /// Digest of the outcome.
        outcome: String,
        /// The reply that stands already, where that is known.
        reply: Option<CommentId>,
        /// Whether to look for one that stands before a new one is posted.
        search: bool,
        /// Whether it is written again should it have been deleted.
        #[serde(default)]
        anew: bool,
        /// The commit whose statuses go out first.
        after: Option<String>,
        /// Whose answer goes out first instead, because this one points to it; its own statuses are
        /// the same ones.
        #[serde(default)]
        behind: Option<Addressee>,
    },
    /// Fold in a reply that a status could not be posted: it got through.
    Fold {
        /// What the reply answers.
        to: Addressee,
    },
    /// Give a comment the reaction `eyes`.
    React {
        /// The comment.
        comment: CommentId,
    },
}

impl Act {
    /// The comment that it answers.
    #[must_use]
    pub const fn answers(&self) -> Option<CommentId> {
        match self {
            Self::Reply { to, .. } => to.comment(),
            Self::Status { .. } | Self::Fold { .. } | Self::React { .. } => None,
        }
    }

    /// What is written, in a word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Reply { .. } => "reply",
            Self::Fold { .. } => "fold",
            Self::React { .. } => "reaction",
        }
    }
}

impl Effect {
    /// The entry of the outbox. Statuses of a commit go out in order; a newer effect of the same
    /// key replaces a queued one; a reply waits for the statuses of its commit.
    #[must_use]
    pub fn queued(&self, now: Timestamp) -> NewEffect {
        let (lane, key, rank, after) = match &self.act {
            Act::Status { status, rank, .. } => (
                self.status_lane(status.sha.as_str()),
                status.context.clone(),
                *rank,
                None,
            ),
            Act::Reply {
                to, after, behind, ..
            } => {
                let statuses = after.as_ref().map(|sha| self.status_lane(sha));
                let after = behind.as_ref().map(|first| self.reply_lane(first));
                (
                    self.reply_lane(to),
                    String::from("reply"),
                    0,
                    after.or(statuses).map(String::into_bytes),
                )
            }
            Act::Fold { to } => (self.reply_lane(to), String::from("fold"), 1, None),
            Act::React { comment } => (
                format!("react/{}/{comment}", self.repository),
                String::from("eyes"),
                0,
                None,
            ),
        };
        let payload = serde_json::to_vec(self).unwrap_or_default();
        let at = Millis::new(now.as_millisecond());
        NewEffect {
            lane: lane.into_bytes(),
            key: key.into_bytes(),
            rank,
            after,
            payload,
            at,
        }
    }

    /// Posts a status at once, without outbox, unless it stands already.
    ///
    /// # Errors
    /// The call that failed.
    pub async fn post_now(
        session: &Session,
        pull: &PullRef,
        status: &PostedStatus,
    ) -> Result<(), CallError> {
        if perform::stands(session, &pull.repo, status).await {
            return Ok(());
        }
        session.post_status(pull, status).await.map(|_| ())
    }

    fn reply_lane(&self, to: &Addressee) -> String {
        format!("reply/{}/{}/{to}", self.repository, self.number)
    }

    fn status_lane(&self, sha: &str) -> String {
        format!("status/{}/{sha}", self.repository)
    }
}
