//! Sentences about pull requests: their commits, where they go, what is posted on them.

use std::ops::Deref;

use super::thread::Thread;
use super::{EntryRow, PullRow, RepoHandle, StatusRow, looks, named};
use crate::world::World;
use crate::world::commit::NewFile;
use crate::world::event::What;
use crate::world::ids::RepoId;
use crate::world::pull::Pull;

/// A pull request; everything that a [`Thread`] can, it can too.
#[derive(Debug, Clone)]
pub struct PullHandle {
    pub(super) thread: Thread,
}

impl Deref for PullHandle {
    type Target = Thread;

    fn deref(&self) -> &Thread {
        &self.thread
    }
}

impl PullHandle {
    /// One more commit on the head branch; the new head.
    pub fn push(&self, by: &str) -> String {
        let (_, branch) = self.head_place();
        self.head_repo().push(&branch, by)
    }

    /// Replaces all commits by a new one on the merge base; the new head.
    pub fn force_push(&self, by: &str) -> String {
        let sha = self.forge.with(|world| {
            let by = named(world, by);
            let base = self.pull(world).merge_base;
            let path = format!("rewritten-{}.txt", world.commits.len());
            world.commit_file(
                &base,
                &NewFile {
                    path: &path,
                    message: "rewritten",
                    by,
                },
            )
        });
        self.force_push_back_to(&sha, by);
        sha
    }

    /// Moves the head branch to a commit that is there.
    pub fn force_push_back_to(&self, sha: &str, by: &str) {
        let (repo, branch) = self.head_place();
        self.forge.tell(|world| {
            let by = named(world, by);
            world.push((repo, &branch), sha, by);
        });
    }

    /// Merges the base branch into the head branch; the new head.
    ///
    /// # Panics
    /// When one of the branches is gone.
    pub fn merge_base_into_head(&self, by: &str) -> String {
        let merged = self.forge.tell(|world| {
            let by = named(world, by);
            world.update_from_base(self.issue, by)
        });
        merged.unwrap_or_else(|| panic!("{} has lost a branch", self.name()))
    }

    /// Its commits are made anew on top of the base branch, with the same changes; the new head.
    ///
    /// # Panics
    /// When one of the branches is gone.
    pub fn rebase(&self, by: &str) -> String {
        let rebased = self.forge.tell(|world| {
            let by = named(world, by);
            world.rebase(self.issue, by)
        });
        rebased.unwrap_or_else(|| panic!("{} has lost a branch", self.name()))
    }

    /// The head branch goes, and with it the pull request is closed.
    pub fn delete_branch(&self, by: &str) {
        let (_, branch) = self.head_place();
        self.head_repo().delete_branch(&branch, by);
    }

    /// The deleted head branch comes back as it was; the pull request stays closed.
    pub fn restore_branch(&self, by: &str) {
        let (_, branch) = self.head_place();
        self.head_repo().restore_branch(&branch, by);
    }

    /// The deleted head branch comes back at another commit.
    pub fn recreate_branch_at(&self, sha: &str, by: &str) {
        let (_, branch) = self.head_place();
        self.head_repo().move_branch(&branch, sha, by);
    }

    /// The repository that the head branch is in.
    #[must_use]
    pub fn head_repo(&self) -> RepoHandle {
        RepoHandle {
            forge: self.forge.clone(),
            id: self.head_place().0,
        }
    }

    /// Another base branch.
    pub fn retarget(&self, base: &str, by: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.retarget(self.issue, by, base);
        });
    }

    /// Another description.
    pub fn describe(&self, text: &str, by: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.rewrite(self.issue, by, text);
        });
    }

    /// Another title; `WIP: …` makes it a draft.
    pub fn retitle(&self, title: &str, by: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.retitle(self.issue, by, title);
        });
    }

    /// Merges it.
    ///
    /// # Errors
    /// What stands in the way, in one word.
    pub fn merge(&self, by: &str) -> Result<(), String> {
        let merged = self.forge.tell(|world| {
            let by = named(world, by);
            world.merge(self.issue, by)
        });
        merged.map_err(|obstacle| format!("{obstacle:?}"))
    }

    /// What it is now.
    #[must_use]
    pub fn look(&self) -> PullRow {
        let pull = self.forge.with(|world| self.pull(world));
        let issue = self.row(Clone::clone);
        self.forge.with(|world| looks::pull(world, &issue, &pull))
    }

    /// What the timeline shows, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<EntryRow> {
        self.forge.with(|world| {
            let events = world.events_of(self.issue).into_iter();
            let shown = events.filter(|event| !matches!(event.what, What::Code(_)));
            shown.map(|event| looks::entry(world, event)).collect()
        })
    }

    /// The head commit as the single answer shows it.
    #[must_use]
    pub fn head(&self) -> String {
        self.forge.with(|world| {
            let pull = self.pull(world);
            world.live_head(&pull)
        })
    }

    /// The base branch.
    #[must_use]
    pub fn base(&self) -> String {
        self.forge.with(|world| self.pull(world).base_branch)
    }

    /// The newest row of each context at the head, by the API's ids.
    #[must_use]
    pub fn statuses(&self) -> Vec<StatusRow> {
        let (repo, head) = (self.row(|issue| issue.repo), self.head());
        self.forge.with(|world| {
            world
                .latest_statuses(repo, &head)
                .into_iter()
                .map(|row| looks::status(world, row))
                .collect()
        })
    }

    /// The newest row of one context at the head.
    #[must_use]
    pub fn status(&self, context: &str) -> Option<StatusRow> {
        self.statuses()
            .into_iter()
            .find(|row| row.context == context)
    }

    /// All rows at the head, oldest first.
    #[must_use]
    pub fn status_rows(&self) -> Vec<StatusRow> {
        self.repo().status_rows(&self.head())
    }

    /// The repository it is in.
    #[must_use]
    pub fn repo(&self) -> RepoHandle {
        RepoHandle {
            forge: self.forge.clone(),
            id: self.row(|issue| issue.repo),
        }
    }

    fn pull(&self, world: &World) -> Pull {
        let pull = world
            .issues
            .get(&self.issue)
            .and_then(|issue| issue.pull.clone());
        pull.unwrap_or_else(|| panic!("the pull request was deleted"))
    }

    pub(super) fn head_place(&self) -> (RepoId, String) {
        let pull = self.forge.with(|world| self.pull(world));
        let Some(repo) = pull.head_repo else {
            panic!("the fork of {} is gone", self.name())
        };
        (repo, pull.head_branch)
    }
}
