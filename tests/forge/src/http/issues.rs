//! Plain issues, and locking of both kinds.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::guard;
use super::route::{ISSUE, Route, delete, get, post, put};
use crate::wire::issue as wire;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::IssueId;
use crate::world::issue::NewIssue;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/repos/{owner}/{repo}/issues", ISSUE, open),
        get("/repos/{owner}/{repo}/issues/{index}", ISSUE, show),
        put("/repos/{owner}/{repo}/issues/{index}/lock", ISSUE, lock),
        delete("/repos/{owner}/{repo}/issues/{index}/lock", ISSUE, unlock),
    ]
}

fn rendered(world: &World, ask: &Ask, issue: IssueId) -> Value {
    world.issues.get(&issue).map_or(Value::Null, |issue| {
        wire::issue(world, issue, ask.asker.user)
    })
}

fn open(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let body = ask.json(world)?;
    let title = body["title"].as_str().unwrap_or_default();
    if title.is_empty() {
        return Err(Refusal::because(422, "[Title]: Required"));
    }
    let issue = world.open_issue(&NewIssue {
        repo,
        by,
        title,
        body: body["body"].as_str().unwrap_or_default(),
    });
    Ok(Reply::created(rendered(world, ask, issue)))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let issue = world
        .issue_numbered(repo, ask.number("index"))
        .map(|issue| issue.id);
    Ok(Reply::ok(rendered(
        world,
        ask,
        issue.ok_or_else(Refusal::not_found)?,
    )))
}

fn lock(world: &mut World, ask: &Ask) -> Answer {
    set_locked(world, ask, true)
}

fn unlock(world: &mut World, ask: &Ask) -> Answer {
    set_locked(world, ask, false)
}

/// The event names the repository's owner as the one who did it (as recorded).
fn set_locked(world: &mut World, ask: &Ask, locked: bool) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    let issue = world
        .issue_numbered(repo, ask.number("index"))
        .map(|issue| issue.id)
        .ok_or_else(Refusal::not_found)?;
    if world.access(Some(by), repo) < Access::Write {
        return Err(Refusal::because(403, "no permission to lock this issue"));
    }
    let body = ask.json(world)?;
    let owner = world.repos.get(&repo).map_or(by, |repo| repo.owner);
    let reason = body["lock_reason"].as_str().unwrap_or_default();
    world.set_lock(issue, owner, locked.then_some(reason));
    Ok(Reply::empty(204))
}
