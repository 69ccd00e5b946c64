//! What tests look at afterwards.

use jiff::Timestamp;

use crate::world::World;
use crate::world::event::{Event, What};
use crate::world::ids::{CommentId, ReviewId};
use crate::world::issue::Issue;
use crate::world::pull::Pull;
use crate::world::review::{Review, ReviewState};
use crate::world::status::Status;

/// A plain comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The login, or `Ghost`.
    pub author: String,
    /// The text.
    pub body: String,
    /// When it was written.
    pub created: Timestamp,
    /// When it was last changed; the same as `created` if never, or within the second.
    pub updated: Timestamp,
}

/// A row of the status table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// The `id` that the API shows: counts within the commit.
    pub id: i64,
    /// As posted.
    pub context: String,
    /// As posted.
    pub state: String,
    /// As posted.
    pub description: String,
    /// Where it leads, as posted.
    pub target_url: String,
    /// The login, or `Ghost`.
    pub creator: String,
}

/// A review as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its id.
    pub id: ReviewId,
    /// The login, `Ghost`, or empty for a request to a team.
    pub author: String,
    /// What it says.
    pub state: ReviewState,
    /// The commit it was made for.
    pub commit: String,
    /// The diff changed since.
    pub stale: bool,
    /// It counts for Gitea.
    pub official: bool,
    /// It was dismissed, by a person or by a later review.
    pub dismissed: bool,
}

/// A pull request as the single answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRow {
    /// Its number.
    pub number: i64,
    /// The login, or `Ghost`.
    pub author: String,
    /// It may still be merged.
    pub open: bool,
    /// It was merged.
    pub merged: bool,
    /// The base branch.
    pub base: String,
    /// The head commit.
    pub head: String,
    /// When it was opened.
    pub created: Timestamp,
}

/// An entry of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Its id, from the same sequence as those of comments.
    pub id: CommentId,
    /// E.g. `pull_push`, `comment`, `review`.
    pub kind: &'static str,
    /// The login, or `Ghost`.
    pub author: String,
    /// When it was written.
    pub created: Timestamp,
    /// The commits of a push.
    pub commits: Vec<String>,
    /// The review that it tells of.
    pub review: Option<ReviewId>,
}

pub(super) fn pull(world: &World, issue: &Issue, pull: &Pull) -> PullRow {
    PullRow {
        number: issue.number,
        author: world.name_of(issue.poster).to_owned(),
        open: issue.open,
        merged: pull.merged.is_some(),
        base: pull.base_branch.clone(),
        head: world.live_head(pull),
        created: issue.created,
    }
}

pub(super) fn entry(world: &World, event: &Event) -> EntryRow {
    let commits = match &event.what {
        What::Push { commits, .. } => commits.clone(),
        _ => Vec::new(),
    };
    EntryRow {
        id: event.id,
        kind: event.what.name(),
        author: world.name_of(event.author).to_owned(),
        created: event.created,
        commits,
        review: event.what.review(),
    }
}

pub(super) fn comment(world: &World, event: &Event) -> Comment {
    Comment {
        id: event.id,
        author: world.name_of(event.author).to_owned(),
        body: event.body.clone(),
        created: event.created,
        updated: event.updated,
    }
}

pub(super) fn status(world: &World, row: &Status) -> StatusRow {
    StatusRow {
        id: row.index,
        context: row.context.clone(),
        state: row.state.clone(),
        description: row.description.clone(),
        target_url: row.target_url.clone(),
        creator: world.name_of(row.creator).to_owned(),
    }
}

pub(super) fn review(world: &World, row: &Review) -> ReviewRow {
    ReviewRow {
        id: row.id,
        author: row
            .reviewer
            .map(|user| world.name_of(user).to_owned())
            .unwrap_or_default(),
        state: row.state,
        commit: row.commit.clone(),
        stale: row.stale,
        official: row.official,
        dismissed: row.dismissed,
    }
}
