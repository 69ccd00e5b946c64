//! The timeline: everything that happened on a pull request, in one sequence of ids.

use super::{Account, Branch, CommentId, ReviewId, Sha, TimelineId};
use jiff::Timestamp;

/// A comment of the conversation, with the beginning of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment's id, which is also its place in the timeline.
    pub id: CommentId,
    /// Who wrote it first. `None`: no usable author (I18).
    pub author: Option<Account>,
    /// The text as it is now, cut by [`Comment::cut`].
    pub body: String,
    /// When it was written, whole seconds.
    pub created_at: Timestamp,
    /// When it last changed. Equal to `created_at` proves nothing (gitea-facts §13.2).
    pub updated_at: Timestamp,
}

impl Comment {
    /// How many bytes of a body are searched.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// The part of a body that is kept: all of it, or the first 64 KiB and the character that
    /// goes beyond, by which a reader knows that it was longer.
    #[must_use]
    pub fn cut(body: &str) -> &str {
        let end = (Self::BODY_LIMIT + 1..body.len()).find(|&at| body.is_char_boundary(at));
        end.and_then(|at| body.get(..at)).unwrap_or(body)
    }
}

/// One entry of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place: greater is later.
    pub id: TimelineId,
    /// When it was written by the forge's clock, whole seconds.
    pub created_at: Timestamp,
    /// When it last changed; `since` filters by this.
    pub updated_at: Timestamp,
    /// What happened.
    pub kind: EntryKind,
}

/// What an entry of the timeline says, as far as gates care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A comment.
    Comment(Comment),
    /// Commits were pushed to the head branch.
    Push {
        /// Who pushed; `None`: no usable account.
        pusher: Option<Account>,
        /// The last commit that it names. `None`: it names none (an empty pull request, gitea-facts §13.2).
        last: Option<Sha>,
    },
    /// The base branch was changed.
    Retarget {
        /// The new one. `None`: the entry does not name it.
        to: Option<Branch>,
    },
    /// The pull request was opened again.
    Reopen,
    /// A review was submitted.
    Review(ReviewId),
    /// Anything else; kept for its id and times only.
    Other,
}
