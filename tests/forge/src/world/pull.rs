//! Pull requests: opening, retargeting, and what is read from their commits.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::World;
use super::commit::Sha;
use super::event::What;
use super::ids::{IssueId, RepoId, UserId};
use super::issue::NewIssue;
use super::telling::Heard;

/// What makes an issue a pull request.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) id: i64,
    /// `None` when the fork is gone.
    pub(crate) head_repo: Option<RepoId>,
    pub(crate) head_branch: String,
    pub(crate) base_branch: String,
    /// `refs/pull/N/head` in the base repository; stands still while the pull is closed.
    pub(crate) ref_head: Sha,
    /// As stored; it follows a push only when the push has settled.
    pub(crate) merge_base: Sha,
    pub(crate) merged: Option<Merged>,
    /// Until it is checked it cannot be merged.
    pub(crate) check: Check,
}

/// Whether it is known that it can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Done,
    /// It will be found out when somebody looks.
    Waiting,
    /// Somebody looked; it is being found out.
    Running,
}

/// How it was merged.
#[derive(Debug, Clone)]
pub(crate) struct Merged {
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    pub(crate) sha: Sha,
}

/// What a new pull request is made of.
#[derive(Debug, Clone)]
pub(crate) struct NewPull<'a> {
    pub(crate) repo: RepoId,
    pub(crate) head_repo: RepoId,
    pub(crate) head: &'a str,
    pub(crate) base: &'a str,
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
    pub(crate) by: UserId,
}

impl World {
    /// `None` when one of the branches does not exist.
    pub(crate) fn open_pull(&mut self, new: &NewPull<'_>) -> Option<IssueId> {
        self.with_old_count(new.repo, |world| world.insert_pull(new))
    }

    fn insert_pull(&mut self, new: &NewPull<'_>) -> Option<IssueId> {
        let head = self.branch_head(new.head_repo, new.head)?.clone();
        let base = self.branch_head(new.repo, new.base)?.clone();
        self.receive(new.repo, &head);
        let merge_base = self.merge_base(&base, &head);
        let pull = Pull {
            id: self.next_pull(),
            head_repo: Some(new.head_repo),
            head_branch: new.head.to_owned(),
            base_branch: new.base.to_owned(),
            ref_head: head.clone(),
            merge_base,
            merged: None,
            check: Check::Done,
        };
        let issue = self.insert_issue(&NewIssue {
            repo: new.repo,
            by: new.by,
            title: new.title,
            body: new.body,
        });
        self.issues.get_mut(&issue)?.pull = Some(pull);
        self.record_first_commits(issue, new.by, self.commits_between(&[&base], &head));
        self.tell_of_pull(issue, new.by, Heard::Opened);
        self.notify_watchers(issue, new.by, None);
        Some(issue)
    }

    fn record_first_commits(&mut self, issue: IssueId, by: UserId, commits: Vec<Sha>) {
        if !commits.is_empty() || self.habits.empty_pull_has_event {
            self.record(
                issue,
                by,
                What::Push {
                    forced: false,
                    commits,
                },
            );
        }
    }

    /// Reviews stay as they are; the events of pushes are written anew.
    pub(crate) fn retarget(&mut self, issue: IssueId, by: UserId, base: &str) {
        let Some((repo, pull)) = self.open_pull_of(issue) else {
            return;
        };
        let Some(base_head) = self.branch_head(repo, base).cloned() else {
            return;
        };
        if pull.base_branch == base {
            return;
        }
        let merge_base = self.merge_base(&base_head, &pull.ref_head);
        if let Some(row) = self.pull_mut(issue) {
            row.base_branch = base.to_owned();
            row.merge_base = merge_base;
        }
        self.record(
            issue,
            by,
            What::Target(pull.base_branch.clone(), base.to_owned()),
        );
        if self.habits.retarget_rewrites {
            self.rewrite_pushes(
                issue,
                by,
                self.commits_between(&[&base_head], &pull.ref_head),
            );
        }
        self.tell_of_pull(
            issue,
            by,
            Heard::Edited {
                field: "ref",
                from: pull.base_branch,
            },
        );
    }

    fn rewrite_pushes(&mut self, issue: IssueId, by: UserId, commits: Vec<Sha>) {
        let events = self.events_of(issue).into_iter();
        let old: Vec<_> = events
            .filter(|e| matches!(e.what, What::Push { .. }))
            .map(|e| e.id)
            .collect();
        for id in old {
            self.forget(id);
        }
        self.record_first_commits(issue, by, commits);
    }

    pub(crate) fn pull_mut(&mut self, issue: IssueId) -> Option<&mut Pull> {
        self.issues.get_mut(&issue)?.pull.as_mut()
    }

    fn open_pull_of(&self, issue: IssueId) -> Option<(RepoId, Pull)> {
        let row = self.issues.get(&issue)?;
        Some((row.repo, row.pull.clone()?)).filter(|_| row.open)
    }

    /// The head as the branch has it now; `refs/pull/N/head` when the branch is gone or it is merged.
    pub(crate) fn live_head(&self, pull: &Pull) -> Sha {
        if pull.merged.is_some() {
            return pull.ref_head.clone();
        }
        let live = pull
            .head_repo
            .and_then(|repo| self.branch_head(repo, &pull.head_branch));
        live.unwrap_or(&pull.ref_head).clone()
    }

    /// What it would change: files against the stored merge base.
    pub(crate) fn changes(&self, pull: &Pull) -> BTreeMap<String, Option<u64>> {
        self.diff(&pull.merge_base, &self.live_head(pull))
    }

    /// An unfinished one is known by its title.
    pub(crate) fn is_draft(title: &str) -> bool {
        let title = title.to_uppercase();
        title.starts_with("WIP:") || title.starts_with("[WIP]")
    }

    /// Somebody looks at it: if it was not checked yet, it is now.
    pub(crate) fn look_at(&mut self, issue: IssueId) {
        if let Some(pull) = self
            .pull_mut(issue)
            .filter(|pull| pull.check == Check::Waiting)
        {
            pull.check = Check::Running;
        }
    }
}
