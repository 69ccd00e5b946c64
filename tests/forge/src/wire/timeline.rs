//! Entries of the timeline.

use serde_json::{Value, json};

use super::{people, repo, time};
use crate::world::World;
use crate::world::event::{Event, What};

/// A timeline entry: every kind has every field, and people are shown as nobody sees them.
pub(crate) fn entry(world: &World, event: &Event) -> Value {
    let Some(issue) = world.issues.get(&event.issue) else {
        return Value::Null;
    };
    let page = repo::page(world, issue);
    let (pull_url, issue_url) = if issue.pull.is_some() {
        (page.as_str(), "")
    } else {
        ("", page.as_str())
    };
    let mut value = json!({
        "id": event.id.get(),
        "type": event.what.name(),
        "html_url": format!("{page}#issuecomment-{}", event.id),
        "pull_request_url": pull_url,
        "issue_url": issue_url,
        "user": people::user(world, event.author, None),
        "body": body(event),
        "created_at": time(event.created),
        "updated_at": time(event.updated),
        "old_project_id": 0,
        "project_id": 0,
        "old_milestone": null,
        "milestone": null,
        "tracked_time": null,
        "old_title": "",
        "new_title": "",
        "old_ref": "",
        "new_ref": "",
        "ref_issue": null,
        "ref_comment": null,
        "ref_action": "none",
        "ref_commit_sha": "",
        "review_id": event.what.review().map_or(0, |review| review.get()),
        "label": null,
        "assignee": null,
        "assignee_team": null,
        "removed_assignee": false,
        "resolve_doer": null,
        "dependent_issue": null,
    });
    add_own_fields(world, event, &mut value);
    value
}

/// What a push carries is JSON inside the string.
fn body(event: &Event) -> String {
    match &event.what {
        What::Push { forced, commits } => format!(
            r#"{{"is_force_push":{forced},"commit_ids":{}}}"#,
            json!(commits)
        ),
        _ => event.body.clone(),
    }
}

fn add_own_fields(world: &World, event: &Event, value: &mut Value) {
    match &event.what {
        What::Title(old, new) => {
            value["old_title"] = json!(old);
            value["new_title"] = json!(new);
        }
        What::Target(old, new) => {
            value["old_ref"] = json!(old);
            value["new_ref"] = json!(new);
        }
        What::Merge(sha) => value["ref_commit_sha"] = json!(sha),
        What::DeleteBranch(branch) => value["old_ref"] = json!(branch),
        What::ReviewRequest { whom, .. } => {
            value["assignee"] = json!(whom.user().map(|user| people::user(world, user, None)));
            let team = whom.team().and_then(|team| world.teams.get(&team));
            value["assignee_team"] = json!(team.map(|team| people::team(world, team, false)));
        }
        _ => {}
    }
}
