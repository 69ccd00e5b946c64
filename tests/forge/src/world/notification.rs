//! The notification list: one entry an issue and user.

use jiff::Timestamp;

use super::World;
use super::ids::{CommentId, IssueId, UserId};

/// An unread entry of somebody's list.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) id: i64,
    pub(crate) issue: IssueId,
    pub(crate) updated: Timestamp,
}

impl World {
    /// Tells all who watch the repository or are mentioned, except the one who did it.
    pub(in crate::world) fn notify_watchers(
        &mut self,
        issue: IssueId,
        by: UserId,
        comment: Option<CommentId>,
    ) {
        let Some(row) = self.issues.get(&issue) else {
            return;
        };
        let mut heard: Vec<UserId> = self.mentioned(comment);
        if let Some(repo) = self.repos.get(&row.repo) {
            heard.extend(&repo.watchers);
        }
        heard.sort_unstable();
        heard.dedup();
        for user in heard.into_iter().filter(|user| *user != by) {
            self.notify(user, issue);
        }
    }

    fn mentioned(&self, comment: Option<CommentId>) -> Vec<UserId> {
        let Some(event) = comment.and_then(|id| self.events.get(&id)) else {
            return Vec::new();
        };
        let words = event
            .body
            .split_whitespace()
            .filter_map(|word| word.strip_prefix('@'));
        words
            .filter_map(|name| self.person(name))
            .map(|user| user.id)
            .collect()
    }

    fn notify(&mut self, user: UserId, issue: IssueId) {
        let updated = self.now();
        if let Some(entry) = self.notifications.get_mut(&(user, issue)) {
            entry.updated = updated;
            return;
        }
        let id = self.next_notification();
        self.notifications
            .insert((user, issue), Notification { id, issue, updated });
    }
}
