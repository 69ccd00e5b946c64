//! Entries of the notification list.

use serde_json::{Value, json};

use super::{repo, time};
use crate::world::World;
use crate::world::access::Access;
use crate::world::comment::Window;
use crate::world::notification::Notification;

/// An entry; its repository is shown without permissions.
pub(crate) fn entry(world: &World, entry: &Notification) -> Value {
    let Some(issue) = world.issues.get(&entry.issue) else {
        return Value::Null;
    };
    let full = world
        .repos
        .get(&issue.repo)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    let api = format!("{}/api/v1/repos/{full}/issues", world.base);
    let page = repo::page(world, issue);
    let comments = world.comments_of(entry.issue, Window::default());
    let comment = comments.last().map(|comment| comment.id);
    let merged = issue
        .pull
        .as_ref()
        .is_some_and(|pull| pull.merged.is_some());
    let state = if merged {
        "merged"
    } else if issue.open {
        "open"
    } else {
        "closed"
    };
    let mut shown = repo::repo(world, issue.repo, Access::Read);
    if let Value::Object(fields) = &mut shown {
        fields.remove("permissions");
    }
    json!({
        "id": entry.id,
        "repository": shown,
        "subject": {
            "title": issue.title,
            "url": format!("{api}/{}", issue.number),
            "latest_comment_url": comment.map_or_else(String::new, |id| format!("{api}/comments/{id}")),
            "html_url": page,
            "latest_comment_html_url": comment.map_or_else(String::new, |id| format!("{page}#issuecomment-{id}")),
            "type": if issue.pull.is_some() { "Pull" } else { "Issue" },
            "state": state,
        },
        "unread": true,
        "pinned": false,
        "updated_at": time(entry.updated),
        "url": format!("{}/api/v1/notifications/threads/{}", world.base, entry.id),
    })
}
