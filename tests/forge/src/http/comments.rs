//! Comments of issues and pull requests (gitea-facts §3).

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ISSUE, Route, delete, get, patch, post};
use super::{guard, page};
use crate::wire::issue as wire;
use crate::world::World;
use crate::world::access::Access;
use crate::world::event::{Event, What};
use crate::world::ids::{CommentId, IssueId, RepoId, UserId};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/{owner}/{repo}/issues/comments", ISSUE, list_all),
        get("/repos/{owner}/{repo}/issues/comments/{id}", ISSUE, show),
        patch("/repos/{owner}/{repo}/issues/comments/{id}", ISSUE, edit),
        delete("/repos/{owner}/{repo}/issues/comments/{id}", ISSUE, remove),
        get("/repos/{owner}/{repo}/issues/{index}/comments", ISSUE, list),
        post(
            "/repos/{owner}/{repo}/issues/{index}/comments",
            ISSUE,
            create,
        ),
    ]
}

/// An unknown number is an internal error here.
fn issue(world: &World, ask: &Ask, repo: RepoId) -> Result<IssueId, Refusal> {
    world
        .issue_numbered(repo, ask.number("index"))
        .map(|issue| issue.id)
        .ok_or(Refusal::Internal)
}

/// Everything; `page` and `limit` are ignored.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let window = ask.window()?;
    let comments = world.comments_of(issue(world, ask, repo)?, window);
    let shown: Vec<Value> = comments
        .iter()
        .map(|comment| wire::comment(world, comment))
        .collect();
    Ok(page::counted(shown, comments.len()))
}

/// Paged only if `page` is given, as far as the version knows that exception.
fn list_all(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let comments = world.comments_in(repo, ask.window()?);
    let shown = page::cut_if_page_given(world, ask, &comments);
    let shown = shown.iter().map(|comment| wire::comment(world, comment));
    Ok(page::counted(shown.collect(), comments.len()))
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let body = required_body(world, ask)?;
    let issue = issue(world, ask, repo)?;
    let locked = world.issues.get(&issue).is_some_and(|issue| issue.locked);
    if locked && world.access(Some(by), repo) < Access::Write {
        return Err(Refusal::because(
            403,
            "You cannot comment on a locked issue.",
        ));
    }
    let comment = world.add_comment(issue, by, &body);
    Ok(Reply::created(rendered(world, comment)))
}

fn required_body(world: &World, ask: &Ask) -> Result<String, Refusal> {
    let body = ask.json(world)?;
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() {
        Err(Refusal::because(422, "[Body]: Required"))
    } else {
        Ok(text.to_owned())
    }
}

fn rendered(world: &World, comment: CommentId) -> Value {
    world
        .events
        .get(&comment)
        .map_or(Value::Null, |event| wire::comment(world, event))
}

/// The event of the path, of whatever kind.
pub(super) fn of_path<'a>(world: &'a World, ask: &Ask, repo: RepoId) -> Result<&'a Event, Refusal> {
    let id = ask.number("id");
    let missing = || {
        Refusal::NotFound(vec![format!(
            "comment does not exist [id: {id}, issue_id: 0]"
        )])
    };
    let event = world.events.get(&CommentId(id)).ok_or_else(missing)?;
    if world
        .issues
        .get(&event.issue)
        .is_some_and(|issue| issue.repo == repo)
    {
        return Ok(event);
    }
    Err(if world.habits.foreign_comment_is_empty {
        Refusal::Empty(404)
    } else {
        missing()
    })
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let event = of_path(world, ask, repo)?;
    if event.what != What::Comment {
        return Ok(Reply::empty(204));
    }
    if world.habits.ghost_comment_fails && !world.users.contains_key(&event.author) {
        return Err(Refusal::Internal);
    }
    Ok(Reply::ok(wire::comment(world, event)))
}

/// The author, or whoever may write.
fn may_change(world: &World, by: UserId, event: &Event, repo: RepoId) -> Result<(), Refusal> {
    let allowed = event.author == by || world.access(Some(by), repo) >= Access::Write;
    if allowed {
        Ok(())
    } else {
        Err(Refusal::Empty(403))
    }
}

fn edit(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let body = required_body(world, ask)?;
    let event = of_path(world, ask, repo)?;
    may_change(world, by, event, repo)?;
    if !event.what.has_text() {
        return Ok(Reply::empty(204));
    }
    let id = event.id;
    let saved = world.edit_comment(id, by, &body);
    let mut shown = rendered(world, id);
    if !saved {
        // Nothing was saved, and so the author was not loaded.
        shown["user"] = Value::Null;
    }
    Ok(Reply::ok(shown))
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    let event = of_path(world, ask, repo)?;
    may_change(world, by, event, repo)?;
    let (id, plain) = (event.id, event.what == What::Comment);
    if plain {
        world.delete_comment(id, by);
    }
    Ok(Reply::empty(204))
}
