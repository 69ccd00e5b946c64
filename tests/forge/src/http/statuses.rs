//! Commit statuses (gitea-facts §2).

use std::cmp::Reverse;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{REPOSITORY, Route, get, post};
use super::{guard, page};
use crate::version::Combined;
use crate::wire::status as wire;
use crate::world::World;
use crate::world::commit::Sha;
use crate::world::ids::RepoId;
use crate::world::status::{NewStatus, Status};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/repos/{owner}/{repo}/statuses/{sha}", REPOSITORY, create),
        get("/repos/{owner}/{repo}/statuses/{sha}", REPOSITORY, list),
        get(
            "/repos/{owner}/{repo}/commits/{ref}/statuses",
            REPOSITORY,
            list_by_ref,
        ),
        get(
            "/repos/{owner}/{repo}/commits/{ref}/status",
            REPOSITORY,
            combined,
        ),
    ]
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::writer(world, ask, repo)?;
    let body = ask.json(world)?;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let sha = world
        .resolve(repo, ask.param("sha"))
        .ok_or(Refusal::Internal)?;
    let new = NewStatus {
        state: text("state"),
        context: text("context"),
        description: text("description"),
        target_url: text("target_url"),
    };
    let status = world.post_status((repo, &sha), by, &new);
    Ok(Reply::created(wire::status(world, repo, &status)))
}

fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let asked = ask.param("sha").to_owned();
    let resolved = world
        .habits
        .statuses_resolve
        .then(|| world.resolve(repo, &asked))
        .flatten();
    Ok(listed(world, ask, repo, &resolved.unwrap_or(asked)))
}

fn list_by_ref(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let sha = commit_of(world, ask, repo)?;
    Ok(listed(world, ask, repo, &sha))
}

/// A branch, or at least seven hex characters.
fn commit_of(world: &World, ask: &Ask, repo: RepoId) -> Result<Sha, Refusal> {
    let asked = ask.param("ref");
    let hex = asked.len() >= 7 && asked.bytes().all(|byte| byte.is_ascii_hexdigit());
    let resolved = world
        .resolve(repo, asked)
        .or_else(|| hex.then(|| asked.to_owned()));
    resolved.ok_or_else(|| {
        Refusal::NotFound(vec![format!(
            "object does not exist [id: {asked}, rel_path: ]"
        )])
    })
}

fn listed(world: &World, ask: &Ask, repo: RepoId, sha: &str) -> Reply {
    let mut rows: Vec<&Status> = world.statuses_of(repo, sha).iter().collect();
    if let Some(state) = ask.query("state").filter(|state| CLASSIC.contains(state)) {
        rows.retain(|row| row.state == state);
    }
    sort(&mut rows, ask.query("sort"));
    let shown = page::cut(ask, &rows)
        .into_iter()
        .map(|row| wire::status(world, repo, row))
        .collect();
    page::linked(world, ask, page::counted(shown, rows.len()), rows.len())
}

/// The states that the filter knows.
const CLASSIC: [&str; 5] = ["pending", "success", "error", "failure", "warning"];

/// Newest first; the names of the two orders by index are swapped.
fn sort(rows: &mut [&Status], by: Option<&str>) {
    match by {
        Some("oldest" | "leastupdate") => rows.sort_by_key(|row| row.created),
        Some("leastindex") => rows.sort_by_key(|row| Reverse(row.index)),
        Some("highestindex") => rows.sort_by_key(|row| row.index),
        _ => rows.sort_by_key(|row| Reverse(row.created)),
    }
}

/// Over the page that was asked for, not over all contexts.
fn combined(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let sha = commit_of(world, ask, repo)?;
    let mut latest = world.latest_statuses(repo, &sha);
    // Pages begin with the newest; each page is shown from its oldest.
    latest.reverse();
    let mut shown = page::cut(ask, &latest);
    shown.reverse();
    let access = world.access(ask.asker.user, repo);
    let reply = Reply::ok(wire::combined(world, (repo, &sha), &shown, access));
    let style = world.habits.combined;
    if latest.is_empty() && style == Combined::Blank {
        return Ok(reply);
    }
    let reply = reply.with("x-total-count", latest.len());
    Ok(if style == Combined::Pending {
        page::linked(world, ask, reply, latest.len())
    } else {
        reply
    })
}
