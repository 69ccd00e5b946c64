//! Pull requests: listing, reading, opening, changing, merging.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{REPOSITORY, Route, get, patch, post};
use super::{guard, page};
use crate::wire::pull as wire;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::{IssueId, RepoId};
use crate::world::issue::Issue;
use crate::world::merge::Obstacle;
use crate::world::pull::NewPull;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/{owner}/{repo}/pulls", REPOSITORY, list),
        post("/repos/{owner}/{repo}/pulls", REPOSITORY, open),
        get("/repos/{owner}/{repo}/pulls/{index}", REPOSITORY, show),
        patch("/repos/{owner}/{repo}/pulls/{index}", REPOSITORY, edit),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/merge",
            REPOSITORY,
            merge,
        ),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/update",
            REPOSITORY,
            update,
        ),
    ]
}

fn rendered(world: &World, ask: &Ask, pull: IssueId) -> Value {
    world.issues.get(&pull).map_or(Value::Null, |issue| {
        wire::single(world, issue, ask.asker.user)
    })
}

fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let mut pulls: Vec<&Issue> = world
        .issues
        .values()
        .filter(|issue| issue.repo == repo && issue.pull.is_some())
        .collect();
    match ask.query("state") {
        Some("open") => pulls.retain(|issue| issue.open),
        Some("closed") => pulls.retain(|issue| !issue.open),
        _ => {}
    }
    if let Some(base) = ask.query("base_branch") {
        pulls.retain(|issue| {
            issue
                .pull
                .as_ref()
                .is_some_and(|pull| pull.base_branch == base)
        });
    }
    sort(&mut pulls, ask.query("sort"));
    let total = pulls.len();
    let shown: Vec<IssueId> = page::cut(ask, &pulls)
        .iter()
        .map(|issue| issue.id)
        .collect();
    let entries = shown.iter().map(|pull| entry(world, ask, *pull)).collect();
    Ok(page::linked(
        world,
        ask,
        page::counted(entries, total),
        total,
    ))
}

fn entry(world: &mut World, ask: &Ask, pull: IssueId) -> Value {
    world.look_at(pull);
    world.issues.get(&pull).map_or(Value::Null, |issue| {
        wire::entry(world, issue, ask.asker.user)
    })
}

/// Newest first unless asked otherwise.
fn sort(pulls: &mut [&Issue], by: Option<&str>) {
    pulls.sort_by_key(|issue| std::cmp::Reverse((issue.created, issue.id)));
    match by {
        Some("oldest") => pulls.reverse(),
        Some("recentupdate") => pulls.sort_by_key(|issue| std::cmp::Reverse(issue.updated)),
        Some("leastupdate") => pulls.sort_by_key(|issue| issue.updated),
        Some("mostcomment") => pulls.sort_by_key(|issue| std::cmp::Reverse(issue.comments)),
        Some("leastcomment") => pulls.sort_by_key(|issue| issue.comments),
        _ => {}
    }
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let pull = guard::pull(world, ask, repo)?;
    world.look_at(pull);
    Ok(Reply::ok(rendered(world, ask, pull)))
}

fn open(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let body = ask.json(world)?;
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let (head_repo, head) = head_of(world, repo, text("head")).ok_or_else(Refusal::not_found)?;
    if is_open_already(world, (repo, text("base")), (head_repo, head)) {
        return Err(Refusal::because(
            409,
            "pull request already exists for these targets",
        ));
    }
    let new = NewPull {
        repo,
        head_repo,
        head,
        base: text("base"),
        title: text("title"),
        body: text("body"),
        by,
    };
    let opened = world.with_old_count(repo, |world| {
        let pull = world.open_pull(&new)?;
        Some(rendered(world, ask, pull))
    });
    Ok(Reply::created(opened.ok_or_else(Refusal::not_found)?))
}

/// `branch` or `owner:branch`.
fn head_of<'a>(world: &World, repo: RepoId, head: &'a str) -> Option<(RepoId, &'a str)> {
    let Some((owner, branch)) = head.split_once(':') else {
        return Some((repo, head));
    };
    let owner = world.account(owner)?.id;
    if world.repos.get(&repo)?.owner == owner {
        return Some((repo, branch));
    }
    let fork = world
        .repos
        .values()
        .find(|fork| fork.owner == owner && fork.parent == Some(repo))?;
    Some((fork.id, branch))
}

fn is_open_already(world: &World, base: (RepoId, &str), head: (RepoId, &str)) -> bool {
    world
        .issues
        .values()
        .filter(|issue| issue.open && issue.repo == base.0)
        .any(|issue| {
            issue.pull.as_ref().is_some_and(|pull| {
                pull.base_branch == base.1
                    && pull.head_repo == Some(head.0)
                    && pull.head_branch == head.1
            })
        })
}

/// For the author and for writers; answers 201.
fn edit(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let pull = guard::pull(world, ask, repo)?;
    let author = world.issues.get(&pull).map(|issue| issue.poster);
    if author != Some(by) && world.access(Some(by), repo) < Access::Write {
        return Err(Refusal::Empty(403));
    }
    let body = ask.json(world)?;
    if let Some(title) = body["title"].as_str() {
        world.retitle(pull, by, title);
    }
    if let Some(text) = body["body"].as_str() {
        world.rewrite(pull, by, text);
    }
    if let Some(state) = body["state"].as_str() {
        world.set_open(pull, by, state == "open");
    }
    if let Some(base) = body["base"].as_str() {
        world
            .branch_head(repo, base)
            .ok_or_else(Refusal::not_found)?;
        world.retarget(pull, by, base);
    }
    Ok(Reply::created(rendered(world, ask, pull)))
}

fn merge(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let pull = guard::pull(world, ask, repo)?;
    world
        .merge(pull, by)
        .map(|()| Reply::empty(200))
        .map_err(|obstacle| refused(world, obstacle))
}

fn refused(world: &World, obstacle: Obstacle) -> Refusal {
    let reason = match obstacle {
        Obstacle::NotOpen => return Refusal::not_found(),
        Obstacle::Draft => return Refusal::because(405, "Work in progress PRs cannot be merged"),
        Obstacle::NotAllowed => return Refusal::because(405, "User not allowed to merge PR"),
        Obstacle::Approvals => "Does not have enough approvals",
        Obstacle::Statuses => "Not all required status checks successful",
    };
    let wrapped = world.habits.merge_refusal_wrapped;
    Refusal::because(
        405,
        if wrapped {
            format!("not allowed to merge [reason: {reason}]")
        } else {
            reason.to_owned()
        },
    )
}

/// Merges the base into the head.
fn update(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let pull = guard::pull(world, ask, repo)?;
    world
        .update_from_base(pull, by)
        .ok_or_else(Refusal::not_found)?;
    Ok(Reply::empty(200))
}
