//! Pushes, and what follows them only later.
//!
//! The branch, the pull's head and the `push` webhook are there at once; the `pull_push` event, the
//! stored merge base, the stale and dismissed flags and the `pull_request_sync` webhook come when
//! the push settles (gitea-facts §13.2). Here that is the same moment, unless a test holds it.

use super::World;
use super::branch::is_from;
use super::commit::{NewCommit, NewFile, Sha};
use super::event::What;
use super::ids::{CommentId, IssueId, RepoId, UserId};
use super::pull::Check;
use super::review::ReviewState;
use super::telling::Heard;
use crate::wire::payload::Push;

/// A push that some pull requests have not digested yet.
#[derive(Debug, Clone)]
pub(crate) struct Unsettled {
    issue: IssueId,
    by: UserId,
    old: Sha,
    new: Sha,
    forced: bool,
}

impl World {
    /// A new branch at the head of another.
    pub(crate) fn add_branch(&mut self, repo: RepoId, name: &str, from: &str) -> Option<Sha> {
        let head = self.branch_head(repo, from)?.clone();
        self.repos
            .get_mut(&repo)?
            .branches
            .insert(name.to_owned(), head.clone());
        Some(head)
    }

    /// Moves a branch (or makes it) to a commit.
    pub(crate) fn push(&mut self, (repo, branch): (RepoId, &str), new: &str, by: UserId) {
        let old = self.branch_head(repo, branch).cloned();
        self.receive(repo, new);
        if let Some(row) = self.repos.get_mut(&repo) {
            row.branches.insert(branch.to_owned(), new.to_owned());
        }
        let forced = old
            .as_ref()
            .is_some_and(|old| !self.ancestry(new).contains(old));
        let nothing = "0".repeat(40);
        let before = old.as_deref().unwrap_or(&nothing);
        self.tell_of_push(&Push {
            repo,
            branch,
            old: before,
            new,
            by,
        });
        let Some(old) = old else { return };
        for issue in self.open_pulls_of(|_, pull| is_from(pull, repo, branch)) {
            self.move_ref(issue, new);
            let (old, new) = (old.clone(), new.to_owned());
            self.unsettled.push_back(Unsettled {
                issue,
                by,
                old,
                new,
                forced,
            });
        }
        if self.timeline_held {
            self.await_checks(repo, branch);
        } else {
            self.settle();
        }
    }

    /// One more commit with one more file; its id.
    pub(crate) fn push_file(&mut self, at: (RepoId, &str), file: &NewFile<'_>) -> Option<Sha> {
        let parent = self.branch_head(at.0, at.1)?.clone();
        let sha = self.commit_file(&parent, file);
        self.push(at, &sha, file.by);
        Some(sha)
    }

    /// Merges the base branch into the head branch of a pull; the new head.
    pub(crate) fn update_from_base(&mut self, issue: IssueId, by: UserId) -> Option<Sha> {
        let row = self.issues.get(&issue)?;
        let (repo, pull) = (row.repo, row.pull.clone()?);
        let base = self.branch_head(repo, &pull.base_branch)?.clone();
        let head = self.live_head(&pull);
        let mut tree = self.tree(&base);
        tree.extend(self.tree(&head));
        let message = format!(
            "Merge branch '{}' into {}",
            pull.base_branch, pull.head_branch
        );
        let merge = self.commit(NewCommit {
            parents: vec![head, base],
            tree,
            message: &message,
            by,
        });
        self.push((pull.head_repo?, &pull.head_branch), &merge, by);
        Some(merge)
    }

    /// Each commit of a pull once more, on top of the base branch; the new head. The changes are the
    /// same, so that no review becomes stale by it.
    pub(crate) fn rebase(&mut self, issue: IssueId, by: UserId) -> Option<Sha> {
        let row = self.issues.get(&issue)?;
        let (repo, pull) = (row.repo, row.pull.clone()?);
        let base = self.branch_head(repo, &pull.base_branch)?.clone();
        let mut head = base.clone();
        for old in self.commits_between(&[&base], &self.live_head(&pull)) {
            let old = self.commits.get(&old)?.clone();
            let mut tree = self.tree(&head);
            for (path, version) in self.diff(old.parents.first()?, &old.sha) {
                match version {
                    Some(version) => tree.insert(path, version),
                    None => tree.remove(&path),
                };
            }
            head = self.commit(NewCommit {
                parents: vec![head],
                tree,
                message: old.message.trim_end(),
                by,
            });
        }
        self.push((pull.head_repo?, &pull.head_branch), &head, by);
        Some(head)
    }

    /// Pulls into the branch are to be checked again.
    fn await_checks(&mut self, repo: RepoId, branch: &str) {
        let on_view = self.habits.base_push_checks_on_view;
        for issue in self
            .issues
            .values_mut()
            .filter(|issue| on_view && issue.open && issue.repo == repo)
        {
            if let Some(pull) = issue
                .pull
                .as_mut()
                .filter(|pull| pull.base_branch == branch)
            {
                pull.check = Check::Waiting;
            }
        }
    }

    fn move_ref(&mut self, issue: IssueId, head: &str) {
        let Some(row) = self.issues.get_mut(&issue) else {
            return;
        };
        let base = row.repo;
        if let Some(pull) = row.pull.as_mut() {
            head.clone_into(&mut pull.ref_head);
        }
        self.receive(base, head);
    }

    /// Lets every waiting push have its consequences, in order.
    pub(crate) fn settle(&mut self) {
        while let Some(push) = self.unsettled.pop_front() {
            self.settle_one(&push);
        }
        while let Some(gone) = self.gone.pop_front() {
            self.settle_gone(&gone);
        }
        let pulls = self
            .issues
            .values_mut()
            .filter_map(|issue| issue.pull.as_mut());
        for pull in pulls.filter(|pull| pull.check == Check::Running) {
            pull.check = Check::Done;
        }
    }

    fn settle_one(&mut self, push: &Unsettled) {
        let Some(issue) = self.issues.get(&push.issue) else {
            return;
        };
        let Some(pull) = issue.pull.clone() else {
            return;
        };
        let Some(base) = self.branch_head(issue.repo, &pull.base_branch).cloned() else {
            return;
        };
        self.record_push(push, &base);
        let before = self.diff(&self.merge_base(&base, &push.old), &push.old);
        let merge_base = self.merge_base(&base, &push.new);
        let changed = before != self.diff(&merge_base, &push.new);
        if let Some(pull) = self.pull_mut(push.issue) {
            pull.merge_base = merge_base;
            pull.check = Check::Running;
        }
        if changed {
            self.mark_stale(push.issue, push.by);
        }
        self.unmark_stale(push.issue, &push.new);
        self.tell_of_pull(push.issue, push.by, Heard::Synchronized);
    }

    fn record_push(&mut self, push: &Unsettled, base: &str) {
        if !push.forced {
            let commits = self.commits_between(&[&push.old, base], &push.new);
            if !commits.is_empty() {
                self.record(
                    push.issue,
                    push.by,
                    What::Push {
                        forced: false,
                        commits,
                    },
                );
            }
            return;
        }
        if self.habits.force_push_rewrites {
            self.rewrite_events(push, base);
        }
        let commits = vec![push.old.clone(), push.new.clone()];
        let forced = self.habits.marks_force_pushes;
        self.record(push.issue, push.by, What::Push { forced, commits });
    }

    /// Ids that are gone leave the earlier events, empty events are deleted, and what is new and in
    /// none of them gets an event of its own before that of the force push.
    fn rewrite_events(&mut self, push: &Unsettled, base: &str) {
        let mut new = self.commits_between(&[base], &push.new);
        let all = new.clone();
        for id in self.ordinary_pushes(push.issue) {
            let Some(What::Push { commits, .. }) =
                self.events.get_mut(&id).map(|event| &mut event.what)
            else {
                continue;
            };
            commits.retain(|sha| all.contains(sha));
            new.retain(|sha| !commits.contains(sha));
            if commits.is_empty() {
                self.forget(id);
            }
        }
        if !new.is_empty() {
            self.record(
                push.issue,
                push.by,
                What::Push {
                    forced: false,
                    commits: new,
                },
            );
        }
    }

    fn ordinary_pushes(&self, issue: IssueId) -> Vec<CommentId> {
        let events = self.events_of(issue).into_iter();
        events
            .filter(|event| matches!(event.what, What::Push { forced: false, .. }))
            .map(|event| event.id)
            .collect()
    }

    fn mark_stale(&mut self, issue: IssueId, by: UserId) {
        for review in self
            .reviews
            .values_mut()
            .filter(|review| review.issue == issue)
        {
            review.stale = true;
        }
        if self
            .rule_of(issue)
            .is_some_and(|rule| rule.dismiss_stale_approvals)
        {
            let approvals = self
                .reviews
                .values()
                .filter(|review| review.issue == issue && !review.dismissed);
            let approvals = approvals.filter(|review| review.state == ReviewState::Approved);
            for id in approvals.map(|review| review.id).collect::<Vec<_>>() {
                self.dismiss(id, by, "New commits pushed, approval review dismissed automatically according to repository settings");
            }
        }
    }

    fn unmark_stale(&mut self, issue: IssueId, head: &str) {
        for review in self
            .reviews
            .values_mut()
            .filter(|review| review.issue == issue && review.commit == head)
        {
            review.stale = false;
        }
    }
}
