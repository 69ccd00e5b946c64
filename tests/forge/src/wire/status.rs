//! Commit statuses, single and combined.

use serde_json::{Value, json};

use super::{people, repo, time};
use crate::version::Combined;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::RepoId;
use crate::world::status::Status;

/// A row; the state is called `status` here. A creator who is gone is `null`.
pub(crate) fn status(world: &World, id: RepoId, status: &Status) -> Value {
    let creator = world
        .users
        .get(&status.creator)
        .map(|user| people::user(world, user.id, None));
    json!({
        "id": status.index,
        "status": status.state,
        "target_url": status.target_url,
        "description": status.description,
        "url": format!("{}/statuses/{}", api(world, id), status.sha),
        "context": status.context,
        "creator": creator,
        "created_at": time(status.created),
        "updated_at": time(status.created),
    })
}

fn api(world: &World, id: RepoId) -> String {
    let full = world
        .repos
        .get(&id)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    format!("{}/api/v1/repos/{full}", world.base)
}

/// The combined status over the given page of latest statuses.
pub(crate) fn combined(
    world: &World,
    (id, sha): (RepoId, &str),
    page: &[&Status],
    access: Access,
) -> Value {
    let style = world.habits.combined;
    if page.is_empty() && style == Combined::Blank {
        return json!({
            "state": "", "sha": "", "total_count": 0, "statuses": null,
            "repository": null, "commit_url": "", "url": "",
        });
    }
    let commit = format!("{}/commits/{sha}", api(world, id));
    let rows: Vec<Value> = page.iter().map(|row| status(world, id, row)).collect();
    let url = if style == Combined::Blank {
        String::new()
    } else {
        format!("{commit}/status")
    };
    json!({
        "state": state(page, style),
        "sha": sha,
        "total_count": page.len(),
        "statuses": if rows.is_empty() { Value::Null } else { json!(rows) },
        "repository": repo::repo(world, id, access),
        "commit_url": if style == Combined::Blank { "" } else { commit.as_str() },
        "url": url,
    })
}

fn state(page: &[&Status], style: Combined) -> &'static str {
    match (page.is_empty(), style) {
        (true, Combined::Pending) => "pending",
        (true, _) => "",
        (false, Combined::Blank) => worst(page),
        (false, _) => joined(page, style == Combined::Named),
    }
}

/// The worst of the states that are known by name; an unknown one lowers nothing.
fn worst(page: &[&Status]) -> &'static str {
    let known = ["error", "failure", "warning", "pending", "success"];
    let found = known
        .into_iter()
        .find(|state| page.iter().any(|row| row.state == *state));
    match found {
        Some("error") => "failure",
        Some(other) => other,
        None => "",
    }
}

/// Until 1.25 a warning is as good as a success, later as bad as a failure.
fn joined(page: &[&Status], warning_is_good: bool) -> &'static str {
    let has = |states: &[&str], row: &Status| states.contains(&row.state.as_str());
    let (good, bad): (&[&str], &[&str]) = match warning_is_good {
        true => (&["success", "skipped", "warning"], &["error", "failure"]),
        false => (&["success", "skipped"], &["error", "failure", "warning"]),
    };
    if page.iter().any(|row| has(bad, row)) {
        "failure"
    } else if page.iter().all(|row| has(good, row)) {
        "success"
    } else {
        "pending"
    }
}
