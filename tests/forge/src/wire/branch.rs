//! Branches, commits and rules of protection.

use serde_json::{Value, json};

use super::time;
use crate::world::World;
use crate::world::access::Access;
use crate::world::commit::Commit;
use crate::world::ids::RepoId;
use crate::world::protection::Rule;

/// A branch, for somebody with that right in the repository.
pub(crate) fn branch(world: &World, repo: RepoId, name: &str, access: Access) -> Value {
    let head = world
        .branch_head(repo, name)
        .and_then(|sha| world.commits.get(sha));
    let rule = world.rule_for(repo, name);
    let mut commit = head.map_or(Value::Null, |head| payload_commit(world, repo, head));
    commit["verification"] = unsigned();
    commit["added"] = Value::Null;
    commit["removed"] = Value::Null;
    commit["modified"] = Value::Null;
    let writes = access >= Access::Write;
    json!({
        "name": name,
        "commit": commit,
        "protected": rule.is_some(),
        "required_approvals": rule.map_or(0, |rule| rule.required_approvals),
        "enable_status_check": rule.is_some_and(|rule| rule.enable_status_check),
        "status_check_contexts": rule.map_or_else(Vec::new, |rule| rule.contexts.clone()),
        "user_can_push": writes && rule.is_none(),
        "user_can_merge": writes,
        "effective_branch_protection_name":
            rule.filter(|_| access >= Access::Admin).map_or("", |rule| rule.name.as_str()),
    })
}

fn unsigned() -> Value {
    json!({"verified": false, "reason": "gpg.error.not_signed_commit", "signature": "", "signer": null, "payload": ""})
}

/// A commit as webhooks and branches show it.
pub(crate) fn payload_commit(world: &World, repo: RepoId, commit: &Commit) -> Value {
    let full = world
        .repos
        .get(&repo)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    let author =
        json!({"name": commit.author.0, "email": commit.author.1, "username": commit.author.0});
    let parent = commit
        .parents
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let before = world.tree(parent);
    let changed = world.diff(parent, &commit.sha);
    let (known, added): (Vec<&String>, Vec<&String>) =
        changed.keys().partition(|path| before.contains_key(*path));
    json!({
        "id": commit.sha,
        "message": commit.message,
        "url": format!("{}/{full}/commit/{}", world.base, commit.sha),
        "author": author,
        "committer": author,
        "verification": null,
        "timestamp": time(commit.at),
        "added": added,
        "removed": [],
        "modified": known,
    })
}

/// A rule as repository administrators see it.
pub(crate) fn rule(world: &World, rule: &Rule) -> Value {
    let list = rule.approvals_whitelist.as_ref();
    let users = list.map(|list| {
        list.users
            .iter()
            .map(|user| world.name_of(*user))
            .collect::<Vec<_>>()
    });
    let teams = list.map(|list| {
        list.teams
            .iter()
            .filter_map(|team| world.teams.get(team))
            .map(|team| &team.name)
    });
    let mut value = json!({
        "branch_name": rule.name,
        "rule_name": rule.name,
        "priority": 1,
        "enable_status_check": rule.enable_status_check,
        "status_check_contexts": rule.contexts,
        "required_approvals": rule.required_approvals,
        "enable_approvals_whitelist": list.is_some(),
        "approvals_whitelist_username": users.unwrap_or_default(),
        "approvals_whitelist_teams": teams.map(Iterator::collect::<Vec<_>>).unwrap_or_default(),
        "dismiss_stale_approvals": rule.dismiss_stale_approvals,
        "protected_file_patterns": "",
        "unprotected_file_patterns": "",
        "created_at": time(rule.created),
        "updated_at": time(rule.created),
    });
    for name in OFF {
        value[name] = json!(false);
    }
    for name in NOBODY {
        value[name] = json!([]);
    }
    value
}

/// Switches of a rule that nothing here turns on.
const OFF: [&str; 13] = [
    "enable_push",
    "enable_push_whitelist",
    "push_whitelist_deploy_keys",
    "enable_force_push",
    "enable_force_push_allowlist",
    "force_push_allowlist_deploy_keys",
    "enable_merge_whitelist",
    "block_on_rejected_reviews",
    "block_on_official_review_requests",
    "block_on_outdated_branch",
    "ignore_stale_approvals",
    "require_signed_commits",
    "block_admin_merge_override",
];

/// Lists of a rule that nothing here fills.
const NOBODY: [&str; 6] = [
    "push_whitelist_usernames",
    "push_whitelist_teams",
    "force_push_allowlist_usernames",
    "force_push_allowlist_teams",
    "merge_whitelist_usernames",
    "merge_whitelist_teams",
];
