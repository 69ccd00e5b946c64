//! Repositories.

use serde_json::{Value, json};

use super::{EPOCH, ZERO_TIME, people, time};
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::RepoId;
use crate::world::issue::Issue;
use crate::world::repo::Repo;

/// A repository for somebody with that right in it; `null` when it is gone.
pub(crate) fn repo(world: &World, id: RepoId, access: Access) -> Value {
    let Some(row) = world.repos.get(&id) else {
        return Value::Null;
    };
    let mut value = plain(world, row, shows_owner(world, row, access));
    value["permissions"] = json!({
        "admin": access >= Access::Admin,
        "push": access >= Access::Write,
        "pull": access >= Access::Read,
    });
    merge(&mut value, units(row.parent.is_none()));
    value["has_actions"] = json!(row.actions);
    merge(&mut value, styles());
    add_versioned(world, row, access, &mut value);
    value
}

/// Rights by team alone do not show a private repository's owner (as recorded).
fn shows_owner(world: &World, row: &Repo, access: Access) -> bool {
    access >= Access::Admin || !world.is_private(row.id) || world.habits.team_rights_show_owner
}

/// Names, addresses, counts and times.
fn plain(world: &World, row: &Repo, signed: bool) -> Value {
    let (full, base) = (world.full_name(row), &world.base);
    let (api, html) = (
        format!("{base}/api/v1/repos/{full}"),
        format!("{base}/{full}"),
    );
    let open = world
        .issues
        .values()
        .filter(|issue| issue.repo == row.id && issue.open);
    json!({
        "id": row.id.get(),
        "owner": people::owner(world, row.owner, signed),
        "name": row.name,
        "full_name": full,
        "description": "",
        "empty": false,
        "private": row.private,
        "fork": row.parent.is_some(),
        "template": false,
        "mirror": false,
        "size": 25,
        "language": "",
        "languages_url": format!("{api}/languages"),
        "html_url": html,
        "url": api,
        "link": "",
        "ssh_url": format!("giteauser@localhost:{full}.git"),
        "clone_url": format!("{html}.git"),
        "original_url": "",
        "website": "",
        "stars_count": 0,
        "forks_count": world.repos.values().filter(|fork| fork.parent == Some(row.id)).count(),
        "watchers_count": row.watchers.len(),
        "open_issues_count": open.filter(|issue| issue.pull.is_none()).count(),
        "open_pr_counter": world.open_pulls(row),
        "release_counter": 0,
        "default_branch": row.default_branch,
        "archived": row.archived.is_some(),
        "created_at": time(row.created),
        "updated_at": time(row.updated),
        "archived_at": row.archived.map_or_else(|| EPOCH.to_owned(), time),
        "internal": world.is_private_org(row.owner) && !row.private,
    })
}

/// A fork has code and pull requests only.
fn units(all: bool) -> Value {
    let mut value = json!({
        "has_issues": all,
        "has_wiki": all,
        "has_pull_requests": true,
        "has_projects": all,
        "projects_mode": "all",
        "has_releases": all,
        "has_packages": all,
        "has_actions": false,
        "avatar_url": "",
        "mirror_interval": "",
        "object_format_name": "sha1",
        "mirror_updated": ZERO_TIME,
        "topics": [],
    });
    if all {
        value["internal_tracker"] = json!({
            "enable_time_tracker": true,
            "allow_only_contributors_to_track_time": true,
            "enable_issue_dependencies": true,
        });
    }
    value
}

fn styles() -> Value {
    json!({
        "ignore_whitespace_conflicts": false,
        "allow_merge_commits": true,
        "allow_rebase": true,
        "allow_rebase_explicit": true,
        "allow_squash_merge": true,
        "allow_fast_forward_only_merge": true,
        "allow_rebase_update": true,
        "default_delete_branch_after_merge": false,
        "default_merge_style": "merge",
    })
}

fn add_versioned(world: &World, row: &Repo, access: Access, value: &mut Value) {
    let fields = world.habits.fields;
    value["licenses"] = if fields.licenses {
        json!([])
    } else {
        Value::Null
    };
    value["default_allow_maintainer_edit"] = json!(fields.maintainer_edit);
    if row.parent.is_some() || fields.parent_always {
        value["parent"] = json!(row.parent.map(|parent| repo(world, parent, access)));
    }
    if fields.has_code {
        merge(
            value,
            json!({"has_code": true, "allow_manual_merge": false, "autodetect_manual_merge": false}),
        );
    }
    if fields.branch_count {
        value["branch_count"] = json!(row.branches.len());
    }
    if fields.repo_transfer {
        value["repo_transfer"] = Value::Null;
    }
}

/// Adds the fields of one object to another.
pub(super) fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// The few fields that an issue shows of its repository.
pub(crate) fn short(world: &World, issue: &Issue) -> Value {
    let Some(row) = world.repos.get(&issue.repo) else {
        return Value::Null;
    };
    json!({
        "id": row.id.get(),
        "name": row.name,
        "owner": world.name_of(row.owner),
        "full_name": world.full_name(row),
    })
}

/// Where the pages of an issue or pull request are.
pub(crate) fn page(world: &World, issue: &Issue) -> String {
    let full = world
        .repos
        .get(&issue.repo)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    let kind = if issue.pull.is_some() {
        "pulls"
    } else {
        "issues"
    };
    format!("{}/{full}/{kind}/{}", world.base, issue.number)
}
