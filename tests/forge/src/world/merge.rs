//! Merging a pull request, and what stands in its way.

use super::World;
use super::access::Access;
use super::commit::NewCommit;
use super::event::What;
use super::ids::{IssueId, UserId};
use super::protection::matches_glob;
use super::pull::{Merged, Pull};
use super::review::ReviewState;
use super::telling::Heard;

/// Why a merge is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Closed, merged, or not a pull.
    NotOpen,
    Draft,
    NotAllowed,
    Approvals,
    Statuses,
}

impl World {
    /// Merges the head into the base, unless something stands in the way.
    pub(crate) fn merge(&mut self, issue: IssueId, by: UserId) -> Result<(), Obstacle> {
        let row = self
            .issues
            .get(&issue)
            .filter(|row| row.open)
            .ok_or(Obstacle::NotOpen)?;
        let (repo, number, title) = (row.repo, row.number, row.title.clone());
        let pull = row.pull.clone().ok_or(Obstacle::NotOpen)?;
        self.check_merge(issue, by, &pull)?;
        let base = self
            .branch_head(repo, &pull.base_branch)
            .cloned()
            .ok_or(Obstacle::NotOpen)?;
        let head = self.live_head(&pull);
        let mut tree = self.tree(&base);
        tree.extend(self.tree(&head));
        let message = format!(
            "Merge pull request '{title}' (#{number}) from {} into {}",
            pull.head_branch, pull.base_branch
        );
        let sha = self.commit(NewCommit {
            parents: vec![base, head],
            tree,
            message: &message,
            by,
        });
        self.mark_merged(issue, by, &sha);
        self.push((repo, &pull.base_branch), &sha, by);
        self.tell_of_pull(issue, by, Heard::Closed);
        self.notify_watchers(issue, by, None);
        Ok(())
    }

    fn mark_merged(&mut self, issue: IssueId, by: UserId, sha: &str) {
        let now = self.now();
        let Some(row) = self.issues.get_mut(&issue) else {
            return;
        };
        row.open = false;
        row.closed = Some(now);
        if let Some(pull) = row.pull.as_mut() {
            pull.merged = Some(Merged {
                by,
                at: now,
                sha: sha.to_owned(),
            });
        }
        self.record(issue, by, What::Merge(sha.to_owned()));
    }

    fn check_merge(&self, issue: IssueId, by: UserId, pull: &Pull) -> Result<(), Obstacle> {
        let Some(row) = self.issues.get(&issue) else {
            return Err(Obstacle::NotOpen);
        };
        if Self::is_draft(&row.title) {
            return Err(Obstacle::Draft);
        }
        if self.access(Some(by), row.repo) < Access::Write {
            return Err(Obstacle::NotAllowed);
        }
        let Some(rule) = self.rule_for(row.repo, &pull.base_branch) else {
            return Ok(());
        };
        if rule.enable_status_check && !self.statuses_allow(issue, pull) {
            return Err(Obstacle::Statuses);
        }
        if self.granted_approvals(issue) < rule.required_approvals {
            return Err(Obstacle::Approvals);
        }
        Ok(())
    }

    fn statuses_allow(&self, issue: IssueId, pull: &Pull) -> bool {
        let Some(row) = self.issues.get(&issue) else {
            return false;
        };
        let Some(rule) = self.rule_for(row.repo, &pull.base_branch) else {
            return true;
        };
        let latest = self.latest_statuses(row.repo, &self.live_head(pull));
        let good = |state: &str| matches!(state, "success" | "skipped");
        if rule.contexts.is_empty() {
            return !latest.is_empty() && latest.iter().all(|status| good(&status.state));
        }
        rule.contexts.iter().all(|pattern| {
            let mut found = latest
                .iter()
                .filter(|status| matches_glob(pattern, &status.context))
                .peekable();
            found.peek().is_some() && found.all(|status| good(&status.state))
        })
    }

    fn granted_approvals(&self, issue: IssueId) -> i64 {
        let approvals = self
            .reviews_of(issue)
            .into_iter()
            .filter(|review| review.state == ReviewState::Approved);
        let granted = approvals
            .filter(|review| review.official && !review.dismissed)
            .count();
        i64::try_from(granted).unwrap_or(i64::MAX)
    }
}
