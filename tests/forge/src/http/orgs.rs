//! Organisations, their members and repositories.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ORGANIZATION, Route, delete, get, post};
use super::{guard, page};
use crate::wire::{people, repo as wire_repo};
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::RepoId;
use crate::world::repo::NewRepo;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/orgs", ORGANIZATION, create),
        get("/orgs/{org}", ORGANIZATION, show),
        get("/orgs/{org}/repos", ORGANIZATION, repos),
        post("/orgs/{org}/repos", super::route::REPOSITORY, create_repo),
        get("/orgs/{org}/members/{username}", ORGANIZATION, member),
        delete(
            "/orgs/{org}/members/{username}",
            ORGANIZATION,
            remove_member,
        ),
    ]
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let user = guard::signed_in(ask)?;
    let body = ask.json(world)?;
    let name = body["username"].as_str().unwrap_or_default().to_owned();
    if world.account(&name).is_some() {
        return Err(Refusal::because(
            422,
            format!("user already exists [name: {name}]"),
        ));
    }
    let org = world.add_org(&name, user, body["visibility"] == "private");
    Ok(Reply::created(people::org(world, org)))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    let inside = ask.asker.user.is_some_and(|user| world.in_org(org, user))
        || world.is_admin(ask.asker.user);
    if world.is_private_org(org) && !inside {
        return Err(Refusal::NotFoundIn("HasOrgOrUserVisible", String::new()));
    }
    Ok(Reply::ok(people::org(world, org)))
}

/// What of the organisation the caller may read, in order of ids.
fn repos(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    let own = world
        .repos
        .values()
        .filter(|repo| repo.owner == org)
        .map(|repo| repo.id);
    let seen: Vec<RepoId> = own
        .filter(|repo| world.access(ask.asker.user, *repo) > Access::None)
        .collect();
    let shown: Vec<Value> = page::cut(ask, &seen)
        .into_iter()
        .map(|repo| wire_repo::repo(world, repo, world.access(ask.asker.user, repo)))
        .collect();
    Ok(page::linked(
        world,
        ask,
        page::counted(shown, seen.len()),
        seen.len(),
    ))
}

fn create_repo(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    let user = guard::org_owner(world, ask, org)?;
    let body = ask.json(world)?;
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    if world.repo_named(org, &name).is_some() {
        return Err(Refusal::because(
            409,
            "The repository with the same name already exists.",
        ));
    }
    let private = body["private"].as_bool().unwrap_or(false);
    let repo = world.add_repo(&NewRepo {
        owner: org,
        name: &name,
        private,
        by: user,
    });
    Ok(Reply::created(wire_repo::repo(world, repo, Access::Owner)))
}

/// Outsiders are sent to the public list.
fn member(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    let asker = guard::signed_in(ask)?;
    let user = guard::user(world, ask, "username")?;
    if asker != user && !world.in_org(org, asker) && !world.is_admin(Some(asker)) {
        let place = format!(
            "/api/v1/orgs/{}/public_members/{}",
            ask.param("org"),
            ask.param("username")
        );
        return Err(Refusal::SeeOther(place));
    }
    if world.in_org(org, user) {
        Ok(Reply::empty(204))
    } else {
        Err(Refusal::not_found())
    }
}

fn remove_member(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    guard::org_owner(world, ask, org)?;
    let user = guard::user(world, ask, "username")?;
    world.leave_org(org, user);
    Ok(Reply::empty(204))
}
