//! What webhooks carry.
//!
//! Whose rights `repository.permissions` shows differs from event to event (gitea-facts §6.3); it
//! is as recorded, and good for nothing.

use serde_json::{Value, json};

use super::{branch, issue, people, pull as wire_pull, repo, time};
use crate::world::World;
use crate::world::access::Access;
use crate::world::event::Event;
use crate::world::ids::{IssueId, RepoId, ReviewId, UserId};
use crate::world::status::Status;
use crate::world::telling::{Heard, Said};

/// A comment was written, edited or deleted.
pub(crate) fn comment(world: &World, event: &Event, by: UserId, said: &Said) -> Value {
    let Some(row) = world.issues.get(&event.issue) else {
        return Value::Null;
    };
    let mut value = json!({
        "action": verb(said),
        "issue": issue::issue(world, row, Some(by)),
        "comment": issue::comment(world, event),
        "repository": repo::repo(world, row.repo, world.access(Some(by), row.repo)),
        "sender": people::user(world, by, None),
        "is_pull": row.pull.is_some(),
    });
    if row.pull.is_some() {
        value["pull_request"] = wire_pull::single(world, row, Some(by));
    }
    if world.habits.stale_comment_count && !matches!(said, Said::Edited(_)) {
        show_old_count(&mut value, row.comments_before);
    }
    if let Said::Edited(from) = said {
        value["changes"] = changes(world, "body", from);
    }
    value
}

fn verb(said: &Said) -> &'static str {
    match said {
        Said::Created => "created",
        Said::Edited(_) => "edited",
        Said::Deleted => "deleted",
    }
}

fn show_old_count(value: &mut Value, count: i64) {
    for place in ["issue", "pull_request"] {
        if let Some(shown) = value.get_mut(place) {
            shown["comments"] = json!(count);
        }
    }
}

/// What an edit changed.
fn changes(world: &World, field: &str, from: &str) -> Value {
    let mut value = json!({field: {"from": from}});
    if world.habits.edit_lists_labels {
        value["added_labels"] = Value::Null;
        value["removed_labels"] = Value::Null;
    }
    value
}

/// Something happened to a pull request itself.
pub(crate) fn pull(world: &World, id: IssueId, by: UserId, heard: &Heard) -> Value {
    let Some(row) = world.issues.get(&id) else {
        return Value::Null;
    };
    let access = match heard {
        Heard::Synchronized => Access::Owner,
        _ => world.access(Some(by), row.repo),
    };
    let mut value = json!({
        "action": action(heard),
        "number": row.number,
        "pull_request": wire_pull::single(world, row, Some(by)),
        "requested_reviewer": null,
        "repository": repo::repo(world, row.repo, access),
        "sender": people::user(world, by, None),
        "commit_id": "",
        "review": null,
    });
    match heard {
        Heard::Edited { field, from } => value["changes"] = changes(world, field, from),
        Heard::ReviewRequested(user) => {
            value["requested_reviewer"] = people::user(world, *user, None)
        }
        _ => {}
    }
    value
}

fn action(heard: &Heard) -> &'static str {
    match heard {
        Heard::Opened => "opened",
        Heard::Closed => "closed",
        Heard::Reopened => "reopened",
        Heard::Synchronized => "synchronized",
        Heard::Edited { .. } => "edited",
        Heard::ReviewRequested(_) => "review_requested",
    }
}

/// A review was submitted; neither its id nor its commit is told.
pub(crate) fn review(world: &World, id: IssueId, review: ReviewId, kind: &str) -> Value {
    let (Some(row), Some(review)) = (world.issues.get(&id), world.reviews.get(&review)) else {
        return Value::Null;
    };
    let reviewer = review.reviewer.map(|user| people::user(world, user, None));
    json!({
        "action": "reviewed",
        "number": row.number,
        "pull_request": wire_pull::single(world, row, review.reviewer),
        "requested_reviewer": reviewer,
        "repository": repo::repo(world, row.repo, Access::Read),
        "sender": reviewer,
        "commit_id": "",
        "review": {"type": kind, "content": review.body},
    })
}

/// A status was posted; here the state is called `state`.
pub(crate) fn status(world: &World, id: RepoId, status: &Status) -> Value {
    let commit = world
        .commits
        .get(&status.sha)
        .map(|commit| branch::payload_commit(world, id, commit));
    let target = if status.target_url.is_empty() {
        format!("{}/", world.base)
    } else {
        status.target_url.clone()
    };
    json!({
        "commit": commit,
        "context": status.context,
        "created_at": time(status.created),
        "description": status.description,
        "id": status.row,
        "repository": repo::repo(world, id, Access::Owner),
        "sender": people::user(world, status.creator, None),
        "sha": status.sha,
        "state": status.state,
        "target_url": target,
        "updated_at": time(status.created),
    })
}

/// A branch that moved.
pub(crate) struct Push<'a> {
    pub(crate) repo: RepoId,
    pub(crate) branch: &'a str,
    pub(crate) old: &'a str,
    pub(crate) new: &'a str,
    pub(crate) by: UserId,
}

/// The commits that arrived, newest first.
pub(crate) fn push(world: &World, push: &Push<'_>) -> Value {
    let full = world
        .repos
        .get(&push.repo)
        .map(|row| world.full_name(row))
        .unwrap_or_default();
    let main = world
        .repos
        .get(&push.repo)
        .map(|row| row.default_branch.clone())
        .unwrap_or_default();
    let main = world
        .branch_head(push.repo, &main)
        .cloned()
        .unwrap_or_default();
    let known = if world.commits.contains_key(push.old) {
        push.old
    } else {
        main.as_str()
    };
    let mut commits = world.commits_between(&[known], push.new);
    commits.reverse();
    let commits: Vec<Value> = commits
        .iter()
        .filter_map(|sha| world.commits.get(sha))
        .map(|commit| branch::payload_commit(world, push.repo, commit))
        .collect();
    let pusher = people::user(world, push.by, None);
    json!({
        "ref": format!("refs/heads/{}", push.branch),
        "before": push.old,
        "after": push.new,
        "compare_url": format!("{}/{full}/compare/{known}...{}", world.base, push.new),
        "total_commits": commits.len(),
        "head_commit": commits.first(),
        "commits": commits,
        "repository": repo::repo(world, push.repo, Access::Owner),
        "pusher": pusher,
        "sender": pusher,
    })
}

/// A branch that is gone (1.26.3 services/webhook/notifier.go `DeleteRef`).
pub(crate) fn deleted_branch(world: &World, id: RepoId, branch: &str, by: UserId) -> Value {
    json!({
        "ref": branch,
        "ref_type": "branch",
        "pusher_type": "user",
        "repository": repo::repo(world, id, Access::Owner),
        "sender": people::user(world, by, None),
    })
}

/// A repository that is about to go (1.26.3 services/webhook/notifier.go `DeleteRepository`).
pub(crate) fn deleted_repo(world: &World, id: RepoId, by: UserId) -> Value {
    let owner = world.repos.get(&id).map(|row| row.owner);
    json!({
        "action": "deleted",
        "repository": repo::repo(world, id, Access::Owner),
        "organization": owner.map(|owner| people::user(world, owner, None)),
        "sender": people::user(world, by, None),
    })
}
