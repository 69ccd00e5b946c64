//! Rules of protected branches, and whose review is official under them.

use jiff::Timestamp;

use super::World;
use super::access::Access;
use super::ids::{IssueId, RepoId, TeamId, UserId};

/// What a test asks of a protected branch.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// Patterns of contexts that must be green before a merge.
    pub contexts: Vec<String>,
    /// Teams whose approvals are official; empty: everybody who may write.
    pub approvers: Vec<String>,
    /// How many approvals a merge needs.
    pub approvals: i64,
    /// A push that changes the diff dismisses approvals.
    pub dismiss_stale: bool,
}

/// A stored rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) enable_status_check: bool,
    pub(crate) contexts: Vec<String>,
    pub(crate) required_approvals: i64,
    pub(crate) approvals_whitelist: Option<Whitelist>,
    pub(crate) dismiss_stale_approvals: bool,
    pub(crate) created: Timestamp,
}

/// Whose approvals are official.
#[derive(Debug, Clone, Default)]
pub(crate) struct Whitelist {
    pub(crate) users: Vec<UserId>,
    pub(crate) teams: Vec<TeamId>,
}

impl World {
    /// A later rule of the same name takes the place of the earlier.
    pub(crate) fn protect(&mut self, repo: RepoId, rule: Rule) {
        let Some(row) = self.repos.get_mut(&repo) else {
            return;
        };
        row.rules.retain(|old| old.name != rule.name);
        row.rules.push(rule);
    }

    pub(crate) fn rule_for(&self, repo: RepoId, branch: &str) -> Option<&Rule> {
        self.repos
            .get(&repo)?
            .rules
            .iter()
            .find(|rule| matches_glob(&rule.name, branch))
    }

    pub(in crate::world) fn rule_of(&self, issue: IssueId) -> Option<&Rule> {
        let issue = self.issues.get(&issue)?;
        self.rule_for(issue.repo, &issue.pull.as_ref()?.base_branch)
    }

    /// Decided once, when the review is submitted (gitea-facts §4).
    pub(crate) fn is_official(&self, issue: IssueId, reviewer: UserId) -> bool {
        let Some(row) = self.issues.get(&issue) else {
            return false;
        };
        let writes = self.access(Some(reviewer), row.repo) >= Access::Write;
        match self.rule_of(issue).map(|rule| &rule.approvals_whitelist) {
            Some(Some(list)) => {
                list.users.contains(&reviewer)
                    || list.teams.iter().any(|team| self.in_team(*team, reviewer))
            }
            _ => writes,
        }
    }
}

/// `*` stands for anything, `/` included.
pub(crate) fn matches_glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| matches_glob(after, &rest[at..]))
        }),
    }
}
