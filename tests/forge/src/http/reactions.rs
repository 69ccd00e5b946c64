//! Reactions to comments.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ISSUE, Route, delete, get, post};
use super::{comments, guard};
use crate::wire::issue as wire;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::{CommentId, UserId};
use crate::world::reaction::ALLOWED;

const PATH: &str = "/repos/{owner}/{repo}/issues/comments/{id}/reactions";

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(PATH, ISSUE, list),
        post(PATH, ISSUE, add),
        delete(PATH, ISSUE, remove),
    ]
}

/// `null` when there are none.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let event = comments::of_path(world, ask, repo)?;
    let shown: Vec<Value> = event
        .reactions
        .iter()
        .map(|reaction| wire::reaction(world, reaction, ask.asker.user))
        .collect();
    Ok(Reply::ok(if shown.is_empty() {
        Value::Null
    } else {
        Value::Array(shown)
    }))
}

/// Who reacts, to what, and how.
fn asked(world: &World, ask: &Ask) -> Result<(UserId, CommentId, String), Refusal> {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let event = comments::of_path(world, ask, repo)?;
    let locked = world
        .issues
        .get(&event.issue)
        .is_some_and(|issue| issue.locked);
    if locked && world.access(Some(by), repo) < Access::Write {
        return Err(Refusal::because(403, "no permission to change reaction"));
    }
    let body = ask.json(world)?;
    Ok((
        by,
        event.id,
        body["content"].as_str().unwrap_or_default().to_owned(),
    ))
}

fn add(world: &mut World, ask: &Ask) -> Answer {
    let (by, comment, content) = asked(world, ask)?;
    if !ALLOWED.contains(&content.as_str()) {
        return Err(Refusal::because(
            403,
            format!("'{content}' is not an allowed reaction"),
        ));
    }
    let (reaction, new) = world
        .react(comment, by, &content)
        .ok_or_else(Refusal::not_found)?;
    let shown = wire::reaction(world, &reaction, Some(by));
    Ok(if new {
        Reply::created(shown)
    } else {
        Reply::ok(shown)
    })
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let (by, comment, content) = asked(world, ask)?;
    world.unreact(comment, by, &content);
    Ok(Reply::empty(world.habits.reaction_delete_status))
}
