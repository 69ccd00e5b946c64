//! Reviews as the review list shows them. Whether one counts is decided in `gate`, not here.

use super::{Account, ReviewId, Sha};
use jiff::Timestamp;

/// What a review says. Compared exactly, without folding case: anything else is `Other`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// `APPROVED`.
    Approved,
    /// `REQUEST_CHANGES`.
    RequestChanges,
    /// `PENDING`, `COMMENT`, `REQUEST_REVIEW`, or a word that Gitea does not document.
    Other(String),
}

/// One row of the review list.
#[derive(Clone, Debug)]
pub struct Review {
    /// The review's id; the timeline names it as `review_id`.
    pub id: ReviewId,
    /// Who reviewed. `None`: a team's request, or a deleted user (gitea-facts §4).
    pub reviewer: Option<Account>,
    /// What it says.
    pub state: ReviewState,
    /// Set once, at submit (gitea-facts §4). `None`: the answer did not say, which is not `true`.
    pub official: Option<bool>,
    /// Dismissed by somebody or by a later review of the same person. `None` is not `false`.
    pub dismissed: Option<bool>,
    /// The code changed since. `None` is not `false`.
    pub stale: Option<bool>,
    /// Which commit was looked at. `None`: none named, or not a whole commit id.
    pub commit: Option<Sha>,
    /// When the row was made; a draft keeps the day it was begun (gitea-facts §4).
    pub submitted_at: Option<Timestamp>,
    /// How many comments on lines of code belong to it. The timeline leaves them out.
    pub inline_comments: u64,
}

/// All reviews of a pull request that may be seen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Reviews {
    /// The rows, in the order of the answer.
    pub rows: Vec<Review>,
    /// How many drafts exist that only their authors can see: the counted total less the rows
    /// that were shown (gitea-facts §13.2).
    pub hidden_drafts: u64,
}

impl Reviews {
    /// How many entries the timeline leaves out, as far as can be told.
    #[must_use]
    pub fn inline_comments(&self) -> u64 {
        self.rows.iter().map(|row| row.inline_comments).sum()
    }
}
