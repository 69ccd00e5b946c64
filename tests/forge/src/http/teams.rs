//! Teams and membership (gitea-facts §1).

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ORGANIZATION, Route, USER, delete, get, patch, post, put};
use super::{guard, page};
use crate::wire::people;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::{TeamId, UserId};
use crate::world::team::Team;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/user/teams", USER, mine),
        get("/orgs/{org}/teams", ORGANIZATION, list),
        post("/orgs/{org}/teams", ORGANIZATION, create),
        get("/orgs/{org}/teams/search", ORGANIZATION, search),
        get("/teams/{id}", ORGANIZATION, show),
        patch("/teams/{id}", ORGANIZATION, edit),
        delete("/teams/{id}", ORGANIZATION, remove),
        get("/teams/{id}/members", ORGANIZATION, members),
        get("/teams/{id}/members/{username}", ORGANIZATION, member),
        put("/teams/{id}/members/{username}", ORGANIZATION, add_member),
        delete(
            "/teams/{id}/members/{username}",
            ORGANIZATION,
            remove_member,
        ),
    ]
}

fn mine(world: &mut World, ask: &Ask) -> Answer {
    let user = guard::signed_in(ask)?;
    let own = world.teams.values();
    let mut teams: Vec<&Team> = own.filter(|team| team.members.contains(&user)).collect();
    teams.sort_by_key(|team| team.name.to_lowercase());
    Ok(listed(world, ask, &teams, true))
}

fn listed(world: &World, ask: &Ask, teams: &[&Team], with_org: bool) -> Reply {
    let shown = page::cut(ask, teams)
        .into_iter()
        .map(|team| people::team(world, team, with_org))
        .collect();
    page::linked(world, ask, page::counted(shown, teams.len()), teams.len())
}

fn list(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    guard::org_member(world, ask, org)?;
    Ok(listed(world, ask, &world.teams_of(org), false))
}

/// Only the caller's own teams, unless a site administrator asks.
fn search(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    let user = guard::org_member(world, ask, org)?;
    let wanted = ask.query("q").unwrap_or_default().to_lowercase();
    let mut teams = world.teams_of(org);
    teams.retain(|team| world.is_admin(Some(user)) || team.members.contains(&user));
    teams.retain(|team| {
        team.name.to_lowercase().contains(&wanted)
            || team.description.to_lowercase().contains(&wanted)
    });
    let shown: Vec<Value> = page::cut(ask, &teams)
        .into_iter()
        .map(|team| people::team(world, team, false))
        .collect();
    let reply = Reply::ok(json!({"ok": true, "data": shown})).with("x-total-count", teams.len());
    Ok(page::linked(world, ask, reply, teams.len()))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let team = guard::team(world, ask)?;
    Ok(Reply::ok(rendered(world, team)))
}

fn rendered(world: &World, team: TeamId) -> Value {
    world
        .teams
        .get(&team)
        .map_or(Value::Null, |team| people::team(world, team, true))
}

fn members(world: &mut World, ask: &Ask) -> Answer {
    let team = guard::team(world, ask)?;
    let ids = world
        .teams
        .get(&team)
        .map(|team| team.members.clone())
        .unwrap_or_default();
    let mut ids: Vec<UserId> = ids.into_iter().collect();
    ids.sort_by_key(|user| world.name_of(*user).to_lowercase());
    let shown = page::cut_if_page_given(world, ask, &ids);
    let shown = shown
        .into_iter()
        .map(|user| people::user(world, user, ask.asker.user))
        .collect();
    Ok(page::counted(shown, ids.len()))
}

fn member(world: &mut World, ask: &Ask) -> Answer {
    let team = guard::team(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    if !world.in_team(team, user) {
        return Err(Refusal::not_found());
    }
    Ok(Reply::ok(people::user(world, user, ask.asker.user)))
}

/// The team, for an owner of its organisation.
fn owned(world: &World, ask: &Ask) -> Result<TeamId, Refusal> {
    let team = guard::team(world, ask)?;
    let org = world
        .teams
        .get(&team)
        .map(|team| team.org)
        .ok_or_else(Refusal::not_found)?;
    guard::org_owner(world, ask, org)?;
    Ok(team)
}

fn add_member(world: &mut World, ask: &Ask) -> Answer {
    let team = owned(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    world
        .teams
        .get_mut(&team)
        .map(|team| team.members.insert(user));
    Ok(Reply::empty(204))
}

fn remove_member(world: &mut World, ask: &Ask) -> Answer {
    let team = owned(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    world
        .teams
        .get_mut(&team)
        .map(|team| team.members.remove(&user));
    Ok(Reply::empty(204))
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let org = guard::org(world, ask)?;
    guard::org_owner(world, ask, org)?;
    let body = ask.json(world)?;
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    if world.team_named(org, &name).is_some() {
        return Err(Refusal::because(
            422,
            format!("team already exists [org_id: {org}, name: {name}]"),
        ));
    }
    let access = body["permission"]
        .as_str()
        .and_then(Access::parse)
        .unwrap_or(Access::Read);
    let team = world.add_team(org, &name, access);
    if let Some(row) = world.teams.get_mut(&team) {
        row.all_repositories = false;
    }
    set_units(world, team, &body);
    Ok(Reply::created(rendered(world, team)))
}

fn edit(world: &mut World, ask: &Ask) -> Answer {
    let team = owned(world, ask)?;
    let body = ask.json(world)?;
    if let (Some(row), Some(name)) = (world.teams.get_mut(&team), body["name"].as_str()) {
        name.clone_into(&mut row.name);
    }
    set_units(world, team, &body);
    let row = world.teams.get(&team).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(people::team(world, row, false)))
}

/// Rights by unit; the team's right in repositories is the greatest of them.
fn set_units(world: &mut World, team: TeamId, body: &Value) {
    let Some(row) = world.teams.get_mut(&team) else {
        return;
    };
    if let Some(all) = body["includes_all_repositories"].as_bool() {
        row.all_repositories = all;
    }
    let Some(units) = body["units_map"].as_object() else {
        return;
    };
    let units = units
        .iter()
        .filter_map(|(unit, right)| Some((unit.clone(), right.as_str()?.to_owned())));
    row.units = units.collect();
    row.access = row
        .units
        .values()
        .filter_map(|right| Access::parse(right))
        .max()
        .unwrap_or(Access::None);
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let team = owned(world, ask)?;
    world.teams.remove(&team);
    Ok(Reply::empty(204))
}
