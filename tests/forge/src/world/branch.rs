//! Branches that are deleted and restored, and what that does to pull requests.

use super::World;
use super::event::What;
use super::ids::{IssueId, RepoId, UserId};
use super::pull::Pull;

/// A branch that is gone. The server deletes it at once and tells its pull requests from a queue
/// (1.26.3 services/repository/branch.go `deleteBranchSuccessPostProcess`).
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    repo: RepoId,
    branch: String,
    by: UserId,
}

impl World {
    /// Deletes a branch, by the API, the page or a push; its pull requests hear of it when that
    /// settles. `false`: there is no such branch.
    pub(crate) fn delete_branch(&mut self, (repo, branch): (RepoId, &str), by: UserId) -> bool {
        let Some(row) = self.repos.get_mut(&repo) else {
            return false;
        };
        let Some(head) = row.branches.remove(branch) else {
            return false;
        };
        row.deleted.insert(branch.to_owned(), head);
        self.tell_of_deleted_branch(repo, branch, by);
        let branch = branch.to_owned();
        self.gone.push_back(Gone { repo, branch, by });
        if !self.timeline_held {
            self.settle();
        }
        true
    }

    /// Puts a deleted branch back to where it was (1.26.3 routers/web/repo/branch.go
    /// `RestoreBranchPost`): a push of a new branch, which opens nothing again and is in nobody's
    /// timeline (services/repository/push.go `pushNewBranch`). `false`: it was not deleted.
    pub(crate) fn restore_branch(&mut self, (repo, branch): (RepoId, &str), by: UserId) -> bool {
        let row = self.repos.get_mut(&repo);
        let Some(head) = row.and_then(|row| row.deleted.remove(branch)) else {
            return false;
        };
        self.push((repo, branch), &head, by);
        true
    }

    /// Open pull requests from it are closed, and then tell why; those into it go to the default
    /// branch (1.26.3 services/pull/pull.go `AdjustPullsCausedByBranchDeleted`). In 1.23 all of them
    /// are closed and tell nothing (there `CloseBranchPulls`).
    pub(in crate::world) fn settle_gone(&mut self, gone: &Gone) {
        let Gone { repo, branch, by } = gone;
        let adjusts = self.habits.branch_deletion_adjusts;
        for issue in self.open_pulls_of(|_, pull| is_from(pull, *repo, branch)) {
            self.set_open(issue, *by, false);
            if adjusts {
                self.record(issue, *by, What::DeleteBranch(branch.clone()));
            }
        }
        let main = self.repos.get(repo).map(|row| row.default_branch.clone());
        let into = |base, pull: &Pull| base == *repo && pull.base_branch == *branch;
        for issue in self.open_pulls_of(into) {
            match &main {
                Some(main) if adjusts => self.retarget(issue, *by, main),
                _ => self.set_open(issue, *by, false),
            }
        }
    }

    /// Open pull requests, by the repository that they are in and what they are.
    pub(in crate::world) fn open_pulls_of(
        &self,
        wanted: impl Fn(RepoId, &Pull) -> bool,
    ) -> Vec<IssueId> {
        let open = self.issues.values().filter(|issue| issue.open);
        let pulls = open.filter_map(|issue| Some((issue, issue.pull.as_ref()?)));
        let found = pulls.filter(|(issue, pull)| wanted(issue.repo, pull));
        found.map(|(issue, _)| issue.id).collect()
    }
}

/// Whether that branch is its head.
pub(in crate::world) fn is_from(pull: &Pull, repo: RepoId, branch: &str) -> bool {
    pull.head_repo == Some(repo) && pull.head_branch == branch
}
