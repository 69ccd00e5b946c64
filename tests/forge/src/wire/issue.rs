//! Issues, comments and reactions.

use serde_json::{Value, json};

use super::{people, repo, time};
use crate::world::World;
use crate::world::event::Event;
use crate::world::ids::UserId;
use crate::world::issue::Issue;
use crate::world::reaction::Reaction;

/// An issue, or a pull request seen as one.
pub(crate) fn issue(world: &World, issue: &Issue, doer: Option<UserId>) -> Value {
    let full = world
        .repos
        .get(&issue.repo)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    let mut value = json!({
        "id": issue.id.get(),
        "url": format!("{}/api/v1/repos/{full}/issues/{}", world.base, issue.number),
        "html_url": repo::page(world, issue),
        "number": issue.number,
        "user": people::user(world, issue.poster, doer),
        "original_author": "",
        "original_author_id": 0,
        "title": issue.title,
        "body": issue.body,
        "ref": "",
        "assets": [],
        "labels": [],
        "milestone": null,
        "assignee": null,
        "assignees": null,
        "state": if issue.open { "open" } else { "closed" },
        "is_locked": issue.locked,
        "comments": issue.comments,
        "created_at": time(issue.created),
        "updated_at": time(issue.updated),
        "closed_at": issue.closed.map(time),
        "due_date": null,
        "pull_request": pull_mark(world, issue),
        "repository": repo::short(world, issue),
        "pin_order": 0,
    });
    let fields = world.habits.fields;
    if fields.time_estimate {
        value["time_estimate"] = json!(0);
    }
    if fields.content_version {
        value["content_version"] = json!(issue.content_version);
    }
    value
}

/// By this an issue is known to be a pull request.
fn pull_mark(world: &World, issue: &Issue) -> Value {
    let Some(pull) = &issue.pull else {
        return Value::Null;
    };
    json!({
        "merged": pull.merged.is_some(),
        "merged_at": pull.merged.as_ref().map(|merged| time(merged.at)),
        "draft": World::is_draft(&issue.title),
        "html_url": repo::page(world, issue),
    })
}

/// A comment; its author is shown as nobody sees him.
pub(crate) fn comment(world: &World, event: &Event) -> Value {
    let Some(issue) = world.issues.get(&event.issue) else {
        return Value::Null;
    };
    let page = repo::page(world, issue);
    let (pull_url, issue_url) = if issue.pull.is_some() {
        (page.as_str(), "")
    } else {
        ("", page.as_str())
    };
    json!({
        "id": event.id.get(),
        "html_url": format!("{page}#issuecomment-{}", event.id),
        "pull_request_url": pull_url,
        "issue_url": issue_url,
        "user": people::user(world, event.author, None),
        "original_author": "",
        "original_author_id": 0,
        "body": event.body,
        "assets": [],
        "created_at": time(event.created),
        "updated_at": time(event.updated),
    })
}

/// A reaction to a comment.
pub(crate) fn reaction(world: &World, reaction: &Reaction, doer: Option<UserId>) -> Value {
    json!({
        "user": people::user(world, reaction.user, doer),
        "content": reaction.content,
        "created_at": time(reaction.created),
    })
}
