//! Sentences about the conversation on an issue or pull request.

use jiff::Timestamp;

use super::{Comment, looks, named};
use crate::forge::Forge;
use crate::world::comment::Window;
use crate::world::event::What;
use crate::world::ids::{CommentId, IssueId};
use crate::world::issue::Issue;

/// An issue, or what a pull request has in common with one.
#[derive(Debug, Clone)]
pub struct Thread {
    pub(super) forge: Forge,
    pub(super) issue: IssueId,
}

impl Thread {
    /// The number in its repository.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.row(|issue| issue.number)
    }

    /// `owner/name#number`, by the present name.
    #[must_use]
    pub fn name(&self) -> String {
        let (repo, number) = self.row(|issue| (issue.repo, issue.number));
        let full = self
            .forge
            .with(|world| world.repos.get(&repo).map(|repo| world.full_name(repo)));
        format!("{}#{number}", full.unwrap_or_default())
    }

    /// Somebody writes a comment.
    pub fn comment(&self, by: &str, body: &str) -> CommentId {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.add_comment(self.issue, by, body)
        })
    }

    /// A comment as a migration brings it: with any author and any time, and no webhook.
    pub fn migrated_comment(&self, author: &str, body: &str, at: Timestamp) -> CommentId {
        self.forge.with(|world| {
            let author = named(world, author);
            world.import_comment(self.issue, (author, body), at)
        })
    }

    /// Somebody, not necessarily its author, changes a comment.
    pub fn edit_comment(&self, comment: CommentId, by: &str, body: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.edit_comment(comment, by, body);
        });
    }

    /// Somebody deletes a comment.
    pub fn delete_comment(&self, comment: CommentId, by: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.delete_comment(comment, by);
        });
    }

    /// The plain comments, oldest first.
    #[must_use]
    pub fn comments(&self) -> Vec<Comment> {
        self.forge.with(|world| {
            let comments = world.comments_of(self.issue, Window::default());
            comments
                .into_iter()
                .map(|event| looks::comment(world, event))
                .collect()
        })
    }

    /// The comments of one author, oldest first.
    #[must_use]
    pub fn comments_by(&self, author: &str) -> Vec<Comment> {
        let mut comments = self.comments();
        comments.retain(|comment| comment.author == author);
        comments
    }

    /// Who reacted how to a comment, in order.
    #[must_use]
    pub fn reactions(&self, comment: CommentId) -> Vec<(String, String)> {
        self.forge.with(|world| {
            let reactions = world
                .events
                .get(&comment)
                .map(|event| event.reactions.as_slice())
                .unwrap_or_default();
            reactions
                .iter()
                .map(|one| (world.name_of(one.user).to_owned(), one.content.clone()))
                .collect()
        })
    }

    /// The kinds of what the timeline shows, oldest first, e.g. `pull_push`, `comment`, `review`.
    #[must_use]
    pub fn timeline(&self) -> Vec<&'static str> {
        self.forge.with(|world| {
            let shown = world
                .events_of(self.issue)
                .into_iter()
                .filter(|event| !matches!(event.what, What::Code(_)));
            shown.map(|event| event.what.name()).collect()
        })
    }

    /// Only writers can comment from now on.
    pub fn lock(&self) {
        self.set_locked(true);
    }

    /// Everybody can comment again.
    pub fn unlock(&self) {
        self.set_locked(false);
    }

    fn set_locked(&self, locked: bool) {
        self.forge.with(|world| {
            let root = named(world, "root");
            world.set_lock(self.issue, root, locked.then_some(""));
        });
    }

    /// Closes it.
    pub fn close(&self, by: &str) {
        self.set_open(by, false);
    }

    /// Opens it again.
    pub fn reopen(&self, by: &str) {
        self.set_open(by, true);
    }

    fn set_open(&self, by: &str, open: bool) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.set_open(self.issue, by, open);
        });
    }

    pub(super) fn row<T>(&self, read: impl FnOnce(&Issue) -> T) -> T {
        self.forge.with(|world| {
            let Some(issue) = world.issues.get(&self.issue) else {
                panic!("issue {} was deleted", self.issue)
            };
            read(issue)
        })
    }
}
