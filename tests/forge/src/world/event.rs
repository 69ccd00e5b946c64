//! What happened on an issue or pull request: Gitea's comment table, from which both the list of
//! comments and the timeline are read.

use jiff::Timestamp;

use super::World;
use super::commit::Sha;
use super::ids::{CommentId, IssueId, ReviewId, UserId};
use super::reaction::Reaction;
use super::review::Whom;

/// A row of the comment table.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: CommentId,
    pub(crate) issue: IssueId,
    pub(crate) author: UserId,
    pub(crate) what: What,
    /// The text; for a lock its reason, for a dismissal its message.
    pub(crate) body: String,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// Kinds of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A plain comment.
    Comment,
    /// A review was submitted (also a draft).
    Review(ReviewId),
    /// A comment on a line of code; never in the timeline.
    Code(ReviewId),
    /// Commits arrived; for a force push the old and the new head.
    Push {
        forced: bool,
        commits: Vec<Sha>,
    },
    /// Another title: old and new.
    Title(String, String),
    /// Another base branch: old and new.
    Target(String, String),
    /// A review of a person or a team was asked for.
    ReviewRequest {
        review: ReviewId,
        whom: Whom,
    },
    /// A review was dismissed.
    Dismissal(ReviewId),
    Close,
    Reopen,
    Merge(Sha),
    /// The head branch was deleted.
    DeleteBranch(String),
    Lock,
    Unlock,
}

/// What is recorded: most kinds have no text.
pub(in crate::world) struct Entry {
    what: What,
    body: String,
}

impl From<What> for Entry {
    fn from(what: What) -> Self {
        what.saying("")
    }
}

impl What {
    /// With a text.
    pub(in crate::world) fn saying(self, body: &str) -> Entry {
        Entry {
            what: self,
            body: body.to_owned(),
        }
    }

    /// The `type` of a timeline entry.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Review(_) => "review",
            Self::Code(_) => "code",
            Self::Push { .. } => "pull_push",
            Self::Title(..) => "change_title",
            Self::Target(..) => "change_target_branch",
            Self::ReviewRequest { .. } => "review_request",
            Self::Dismissal(_) => "dismiss_review",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Merge(_) => "merge_pull",
            Self::DeleteBranch(_) => "delete_branch",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
        }
    }

    /// The review it belongs to.
    pub(crate) fn review(&self) -> Option<ReviewId> {
        match self {
            Self::Review(id) | Self::Code(id) | Self::Dismissal(id) => Some(*id),
            Self::ReviewRequest { review, .. } => Some(*review),
            _ => None,
        }
    }

    /// Whether it has a text that its author can change.
    pub(crate) fn has_text(&self) -> bool {
        matches!(self, Self::Comment | Self::Review(_) | Self::Code(_))
    }
}

impl World {
    pub(in crate::world) fn record(
        &mut self,
        issue: IssueId,
        author: UserId,
        entry: impl Into<Entry>,
    ) -> CommentId {
        let Entry { what, body } = entry.into();
        let id = self.next_comment();
        let now = self.now();
        if let Some(row) = self.issues.get_mut(&issue) {
            row.events.push(id);
            row.count(&what, 1);
            row.updated = now;
        }
        let (created, updated, reactions) = (now, now, Vec::new());
        let event = Event {
            id,
            issue,
            author,
            what,
            body,
            reactions,
            created,
            updated,
        };
        self.events.insert(id, event);
        id
    }

    pub(in crate::world) fn forget(&mut self, event: CommentId) {
        let Some(gone) = self.events.remove(&event) else {
            return;
        };
        if let Some(row) = self.issues.get_mut(&gone.issue) {
            row.events.retain(|id| *id != event);
            row.count(&gone.what, -1);
        }
    }

    /// Everything that happened on it, oldest first.
    pub(crate) fn events_of(&self, issue: IssueId) -> Vec<&Event> {
        let ids = self
            .issues
            .get(&issue)
            .map(|issue| issue.events.as_slice())
            .unwrap_or_default();
        let mut events: Vec<&Event> = ids.iter().filter_map(|id| self.events.get(id)).collect();
        events.sort_by_key(|event| (event.created, event.id));
        events
    }
}
