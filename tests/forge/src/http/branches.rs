//! Branches, and committing a file to one.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{REPOSITORY, Route, get, post};
use super::{guard, page};
use crate::wire::branch;
use crate::world::World;
use crate::world::commit::NewFile;
use crate::world::ids::RepoId;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/{owner}/{repo}/branches", REPOSITORY, list),
        post("/repos/{owner}/{repo}/branches", REPOSITORY, create),
        get("/repos/{owner}/{repo}/branches/{*branch}", REPOSITORY, show),
        post(
            "/repos/{owner}/{repo}/contents/{*path}",
            REPOSITORY,
            commit_file,
        ),
    ]
}

fn rendered(world: &World, ask: &Ask, repo: RepoId, name: &str) -> Value {
    branch::branch(world, repo, name, world.access(ask.asker.user, repo))
}

fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let row = world.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let names: Vec<String> = row.branches.keys().cloned().collect();
    let shown = page::cut(ask, &names)
        .iter()
        .map(|name| rendered(world, ask, repo, name))
        .collect();
    Ok(page::linked(
        world,
        ask,
        page::counted(shown, names.len()),
        names.len(),
    ))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let name = ask.param("branch");
    if world.branch_head(repo, name).is_none() {
        return Err(Refusal::NotFound(vec![format!(
            "branch does not exist [repo_id: {repo} name: {name}]"
        )]));
    }
    Ok(Reply::ok(rendered(world, ask, repo, name)))
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let user = guard::writer(world, ask, repo)?;
    guard::not_archived(world, repo)?;
    let body = ask.json(world)?;
    let name = body["new_branch_name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let from = body["old_branch_name"]
        .as_str()
        .unwrap_or("main")
        .to_owned();
    if world.branch_head(repo, &name).is_some() {
        return Err(Refusal::because(409, "The branch already exists."));
    }
    let head = world.add_branch(repo, &name, &from);
    let head = head.ok_or_else(|| Refusal::because(404, "The old branch does not exist"))?;
    world.push((repo, &name), &head, user);
    Ok(Reply::created(rendered(world, ask, repo, &name)))
}

/// One file, one commit, on a branch or on a new one.
fn commit_file(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let user = guard::writer(world, ask, repo)?;
    guard::not_archived(world, repo)?;
    let body = ask.json(world)?;
    let from = body["branch"].as_str().unwrap_or("main").to_owned();
    let to = body["new_branch"].as_str().unwrap_or(&from).to_owned();
    let message = body["message"].as_str().unwrap_or("Add a file").to_owned();
    let parent = world.branch_head(repo, &from).cloned();
    let parent = parent
        .ok_or_else(|| Refusal::because(404, format!("branch does not exist [name: {from}]")))?;
    let sha = world.commit_file(
        &parent,
        &NewFile {
            path: ask.param("path"),
            message: &message,
            by: user,
        },
    );
    world.push((repo, &to), &sha, user);
    let commit = world
        .commits
        .get(&sha)
        .map(|commit| branch::payload_commit(world, repo, commit));
    let url = commit.as_ref().map(|commit| commit["url"].clone());
    Ok(Reply::created(json!({
        "content": {"path": ask.param("path"), "type": "file"},
        "commit": {"sha": sha, "html_url": url, "message": format!("{message}\n")},
    })))
}
