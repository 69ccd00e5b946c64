//! Plain comments: writing, editing, deleting, listing.

use jiff::Timestamp;

use super::World;
use super::event::{Event, What};
use super::ids::{CommentId, IssueId, RepoId, UserId};
use super::telling::Said;

/// The bounds of a list, both inclusive, on the time of the last change.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    pub(crate) since: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
}

impl Window {
    pub(crate) fn holds(&self, event: &Event) -> bool {
        self.since.is_none_or(|since| event.updated >= since)
            && self.before.is_none_or(|before| event.updated <= before)
    }
}

impl World {
    pub(crate) fn add_comment(&mut self, issue: IssueId, by: UserId, body: &str) -> CommentId {
        let id = self.record(issue, by, What::Comment.saying(body));
        self.tell_of_comment(id, by, &Said::Created);
        self.notify_watchers(issue, by, Some(id));
        id
    }

    /// As a migration brings it; nobody hears of it.
    pub(crate) fn import_comment(
        &mut self,
        issue: IssueId,
        (author, body): (UserId, &str),
        at: Timestamp,
    ) -> CommentId {
        let id = self.record(issue, author, What::Comment.saying(body));
        if let Some(event) = self.events.get_mut(&id) {
            (event.created, event.updated) = (at, at);
        }
        id
    }

    /// Whether anything was saved: newer versions keep silent about an unchanged body.
    pub(crate) fn edit_comment(&mut self, comment: CommentId, by: UserId, body: &str) -> bool {
        let now = self.now();
        let silent = self.habits.unchanged_edit_is_silent;
        let Some(row) = self.events.get_mut(&comment) else {
            return false;
        };
        if silent && row.body == body {
            return false;
        }
        let old = std::mem::replace(&mut row.body, body.to_owned());
        row.updated = now;
        self.tell_of_comment(comment, by, &Said::Edited(old));
        true
    }

    pub(crate) fn delete_comment(&mut self, comment: CommentId, by: UserId) {
        let Some(gone) = self.events.get(&comment).cloned() else {
            return;
        };
        self.forget(comment);
        self.tell_of_deleted_comment(&gone, by);
    }

    /// The plain comments of one issue.
    pub(crate) fn comments_of(&self, issue: IssueId, window: Window) -> Vec<&Event> {
        let events = self.events_of(issue).into_iter();
        events
            .filter(|event| event.what == What::Comment && window.holds(event))
            .collect()
    }

    /// The plain comments of all issues and pull requests of a repository, in order of creation.
    pub(crate) fn comments_in(&self, repo: RepoId, window: Window) -> Vec<&Event> {
        let here = |event: &&Event| {
            self.issues
                .get(&event.issue)
                .is_some_and(|issue| issue.repo == repo)
        };
        let plain = self
            .events
            .values()
            .filter(|event| event.what == What::Comment && window.holds(event));
        let mut comments: Vec<&Event> = plain.filter(here).collect();
        comments.sort_by_key(|event| (event.created, event.id));
        comments
    }
}
