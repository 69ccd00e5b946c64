//! Repositories: reading, searching, renaming, archiving, forking; their teams and collaborators.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{REPOSITORY, Route, delete, get, patch, post, put};
use super::{guard, page};
use crate::wire::{people, repo as wire_repo};
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::RepoId;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/search", REPOSITORY, search),
        get("/repositories/{id}", REPOSITORY, show_by_id),
        get("/repos/{owner}/{repo}", REPOSITORY, show),
        patch("/repos/{owner}/{repo}", REPOSITORY, edit),
        delete("/repos/{owner}/{repo}", REPOSITORY, remove),
        post("/repos/{owner}/{repo}/forks", REPOSITORY, fork),
        get("/repos/{owner}/{repo}/teams", REPOSITORY, teams),
        get(
            "/repos/{owner}/{repo}/collaborators/{username}/permission",
            REPOSITORY,
            permission,
        ),
        put(
            "/repos/{owner}/{repo}/collaborators/{username}",
            REPOSITORY,
            add_collaborator,
        ),
    ]
}

fn rendered(world: &World, ask: &Ask, repo: RepoId) -> Value {
    wire_repo::repo(world, repo, world.access(ask.asker.user, repo))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    Ok(Reply::ok(rendered(world, ask, repo)))
}

fn show_by_id(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo_by_id(world, ask)?;
    Ok(Reply::ok(rendered(world, ask, repo)))
}

/// Words with one `/` are a part of the owner's name and a part of the repository's, too.
fn is_found(name: &str, owner: &str, wanted: &str) -> bool {
    let has = |text: &str, part: &str| text.to_lowercase().contains(part);
    let full = wanted
        .split_once('/')
        .filter(|(_, name)| !name.contains('/'));
    has(name, wanted) || full.is_some_and(|(of, part)| has(owner, of) && has(name, part))
}

/// By part of the name and by owner; in order of ids unless sorted otherwise.
fn search(world: &mut World, ask: &Ask) -> Answer {
    let wanted = ask.query("q").unwrap_or_default().to_lowercase();
    let owner = ask.query("uid").and_then(|id| id.parse::<i64>().ok());
    let mut found: Vec<RepoId> = world
        .repos
        .values()
        .filter(|repo| is_found(&repo.name, world.name_of(repo.owner), &wanted))
        .filter(|repo| owner.is_none_or(|owner| repo.owner.get() == owner))
        .map(|repo| repo.id)
        .filter(|repo| world.access(ask.asker.user, *repo) > Access::None)
        .collect();
    match ask.query("sort") {
        Some("updated") => found.sort_by_key(|repo| world.repos.get(repo).map(|repo| repo.updated)),
        Some("id" | "created") => {}
        None | Some("alpha") => {
            found.sort_by_key(|repo| world.repos.get(repo).map(|repo| repo.name.clone()))
        }
        Some(other) => {
            return Err(Refusal::because(
                422,
                format!("Invalid sort mode: \"{other}\""),
            ));
        }
    }
    if ask.query("order") == Some("desc") {
        found.reverse();
    }
    let data: Vec<Value> = page::cut(ask, &found)
        .into_iter()
        .map(|repo| rendered(world, ask, repo))
        .collect();
    let reply = Reply::ok(json!({"ok": true, "data": data})).with("x-total-count", found.len());
    Ok(page::linked(world, ask, reply, found.len()))
}

fn edit(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    guard::repo_admin(world, ask, repo)?;
    let body = ask.json(world)?;
    if let Some(name) = body["name"].as_str() {
        world.rename_repo(repo, name);
    }
    let now = world.now();
    if let Some(row) = world.repos.get_mut(&repo) {
        if let Some(archived) = body["archived"].as_bool() {
            row.archived = archived.then_some(now);
        }
        row.private = body["private"].as_bool().unwrap_or(row.private);
    }
    Ok(Reply::ok(rendered(world, ask, repo)))
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let user = guard::signed_in(ask)?;
    if world.access(Some(user), repo) < Access::Owner {
        return Err(Refusal::because(
            403,
            "Given user is not owner of organization.",
        ));
    }
    world.delete_repo(repo, user);
    Ok(Reply::empty(204))
}

fn fork(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let user = guard::signed_in(ask)?;
    let body = ask.json(world)?;
    let original = world
        .repos
        .get(&repo)
        .map(|repo| repo.name.clone())
        .unwrap_or_default();
    let name = body["name"].as_str().unwrap_or(&original).to_owned();
    if world.repo_named(user, &name).is_some() {
        return Err(Refusal::because(
            409,
            "The repository with the same name already exists.",
        ));
    }
    let fork = world
        .fork(repo, user, &name)
        .ok_or_else(Refusal::not_found)?;
    Ok(Reply {
        status: 202,
        ..Reply::ok(rendered(world, ask, fork))
    })
}

/// Teams with access; a person's repository has none.
fn teams(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    guard::signed_in(ask)?;
    let owner = world
        .repos
        .get(&repo)
        .map(|repo| repo.owner)
        .ok_or_else(Refusal::not_found)?;
    if world.users.get(&owner).is_none_or(|owner| !owner.is_org()) {
        return Err(Refusal::because(
            405,
            "repo is not owned by an organization",
        ));
    }
    let mut teams = world.teams_of(owner);
    teams.sort_by_key(|team| !team.is_owners());
    let teams = teams.into_iter();
    let teams = teams.map(|team| people::team(world, team, false));
    Ok(Reply::ok(teams.collect()))
}

/// For repository administrators, and for everybody about himself.
fn permission(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let asker = guard::signed_in(ask)?;
    let own = world
        .name_of(asker)
        .eq_ignore_ascii_case(ask.param("username"));
    if !own && world.access(Some(asker), repo) < Access::Admin {
        let message = "Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own";
        return Err(Refusal::because(403, message));
    }
    let user = guard::user(world, ask, "username")?;
    let name = world.access(Some(user), repo).name();
    let user = people::user(world, user, Some(asker));
    Ok(Reply::ok(
        json!({"permission": name, "role_name": name, "user": user}),
    ))
}

fn add_collaborator(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    guard::repo_admin(world, ask, repo)?;
    let user = guard::user(world, ask, "username")?;
    let body = ask.json(world)?;
    let access = body["permission"]
        .as_str()
        .and_then(Access::parse)
        .unwrap_or(Access::Write);
    if let Some(row) = world.repos.get_mut(&repo) {
        row.collaborators.insert(user, access);
    }
    Ok(Reply::empty(204))
}
