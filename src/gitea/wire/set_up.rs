//! What a check of the set-up reads: rights, branches, rules, teams of a repository, hooks.

use crate::gitea::body::BodyError;
use crate::gitea::guards::{Approvers, GuardedBranch, RepoTeam, Rule};
use crate::gitea::hooks::Hook;
use crate::gitea::survey::Rights;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A repository with what the asker may do in it.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireRights {
    full_name: String,
    #[serde(default)]
    permissions: Option<WirePermissions>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    has_pull_requests: bool,
    #[serde(default)]
    has_actions: bool,
    #[serde(default)]
    default_branch: String,
}

#[derive(Default, Deserialize)]
struct WirePermissions {
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    push: bool,
    #[serde(default)]
    pull: bool,
}

impl WireRights {
    /// The rights. What is not said is not given.
    pub(in crate::gitea) fn rights(self) -> Result<Rights, BodyError> {
        let permissions = self.permissions.unwrap_or_default();
        Ok(Rights {
            name: self.full_name.parse().map_err(|_| BodyError::Unreadable)?,
            admin: permissions.admin,
            push: permissions.push,
            pull: permissions.pull,
            archived: self.archived,
            has_pulls: self.has_pull_requests,
            has_actions: self.has_actions,
            default_branch: self.default_branch,
        })
    }
}

#[derive(Deserialize)]
struct WireBranch {
    name: String,
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    enable_status_check: bool,
    #[serde(default)]
    status_check_contexts: Option<Vec<String>>,
}

/// A row of the list of branches.
pub(in crate::gitea) fn guarded_branch(json: &[u8]) -> Result<GuardedBranch, BodyError> {
    let row: WireBranch = super::read(json)?;
    Ok(GuardedBranch {
        name: row.name,
        protected: row.protected,
        checks: row.enable_status_check,
        required: row.status_check_contexts.unwrap_or_default(),
    })
}

/// A branch rule.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireRule {
    #[serde(default)]
    rule_name: Option<String>,
    #[serde(default)]
    branch_name: String,
    #[serde(default)]
    enable_approvals_whitelist: bool,
    #[serde(default)]
    approvals_whitelist_username: Option<Vec<String>>,
    #[serde(default)]
    approvals_whitelist_teams: Option<Vec<String>>,
}

impl WireRule {
    /// The rule.
    pub(in crate::gitea) fn rule(self) -> Rule {
        let approvers = Approvers {
            teams: self.approvals_whitelist_teams.unwrap_or_default(),
            users: self.approvals_whitelist_username.unwrap_or_default(),
        };
        let name = self.rule_name.filter(|name| !name.is_empty());
        Rule {
            name: name.unwrap_or(self.branch_name),
            approvers: self.enable_approvals_whitelist.then_some(approvers),
        }
    }
}

/// A team with access to a repository.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireRepoTeam {
    name: String,
    #[serde(default)]
    permission: Option<String>,
    #[serde(default)]
    units_map: Option<BTreeMap<String, String>>,
}

impl WireRepoTeam {
    /// The team. Rights are given by unit; owners and administrators have them all, and their
    /// answer may name no unit.
    pub(in crate::gitea) fn team(self) -> RepoTeam {
        let unit = self.units_map.as_ref().and_then(|map| map.get("repo.code"));
        let writes = |right: &str| matches!(right, "write" | "admin" | "owner");
        let permission = self.permission.as_deref().unwrap_or_default();
        RepoTeam {
            writes: unit.is_some_and(|right| writes(right))
                || matches!(permission, "admin" | "owner")
                || (unit.is_none() && writes(permission)),
            name: self.name,
        }
    }
}

#[derive(Deserialize)]
struct WireHook {
    id: u64,
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default)]
    events: Option<Vec<String>>,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    branch_filter: String,
    #[serde(default)]
    authorization_header: String,
}

/// A row of a list of hooks. The header that it may carry is forgotten at once: up to 1.27 Gitea
/// gives it in clear (gitea-facts §6.5).
pub(in crate::gitea) fn hook(json: &[u8]) -> Result<Hook, BodyError> {
    let row: WireHook = super::read(json)?;
    let config = |name: &str| row.config.get(name).cloned().unwrap_or_default();
    Ok(Hook {
        id: row.id,
        url: config("url"),
        json: config("content_type") == "json",
        events: row
            .events
            .unwrap_or_default()
            .into_iter()
            .collect::<BTreeSet<_>>(),
        active: row.active,
        plain: row.branch_filter.is_empty() && row.authorization_header.is_empty(),
    })
}
