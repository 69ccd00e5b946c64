//! Users, their tokens, and what they may do in an organisation.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::guard;
use super::route::{OPEN, Route, USER, USER_ORGANIZATION, delete, get, post};
use crate::wire::people;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::UserId;
use crate::world::token::Scopes;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/user", USER, myself),
        get("/users/{username}", USER, show),
        get(
            "/users/{username}/orgs/{org}/permissions",
            USER_ORGANIZATION,
            permissions,
        ),
        post("/users/{username}/tokens", OPEN, create_token),
        delete("/users/{username}/tokens/{token}", OPEN, delete_token),
    ]
}

fn myself(world: &mut World, ask: &Ask) -> Answer {
    let user = guard::signed_in(ask)?;
    Ok(Reply::ok(people::user(world, user, Some(user))))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let name = ask.param("username");
    let user = guard::user(world, ask, "username").map_err(|refusal| match refusal {
        Refusal::NotFoundIn(..) => {
            Refusal::because(404, format!("user redirect does not exist [name: {name}]"))
        }
        other => other,
    })?;
    Ok(Reply::ok(people::user(world, user, ask.asker.user)))
}

fn permissions(world: &mut World, ask: &Ask) -> Answer {
    guard::signed_in(ask)?;
    let user = guard::user(world, ask, "username")?;
    let org = guard::org(world, ask)?;
    let teams = world
        .teams
        .values()
        .filter(|team| team.org == org && team.members.contains(&user));
    let access = teams.map(|team| team.access).max().unwrap_or(Access::None);
    if access == Access::None && world.is_private_org(org) {
        return Err(Refusal::not_found());
    }
    let by_units = world.habits.team_permission_by_units;
    let access = if by_units || access == Access::Owner {
        access
    } else {
        Access::None
    };
    Ok(Reply::ok(json!({
        "is_owner": access == Access::Owner,
        "is_admin": access >= Access::Admin,
        "can_write": access >= Access::Write,
        "can_read": access >= Access::Read,
        "can_create_repository": access == Access::Owner,
    })))
}

/// Tokens are managed with the password only.
fn with_password(world: &World, ask: &Ask) -> Result<UserId, Refusal> {
    let user = guard::user(world, ask, "username")?;
    let asker = ask.asker.user.filter(|_| ask.asker.scopes.is_none());
    let asker = asker.ok_or_else(|| Refusal::because(401, "auth required"))?;
    if asker == user || world.is_admin(Some(asker)) {
        Ok(user)
    } else {
        Err(Refusal::Empty(403))
    }
}

fn create_token(world: &mut World, ask: &Ask) -> Answer {
    let user = with_password(world, ask)?;
    let body = ask.json(world)?;
    let name = body["name"].as_str().unwrap_or_default();
    let words = body["scopes"].as_array().cloned().unwrap_or_default();
    let scopes =
        Scopes::parse(words.iter().filter_map(Value::as_str)).filter(|_| !words.is_empty());
    let scopes = scopes.ok_or_else(|| Refusal::because(400, "access token must have a scope"))?;
    if world
        .tokens
        .iter()
        .any(|token| token.owner == user && token.name == name)
    {
        return Err(Refusal::because(
            400,
            "access token name has been used already",
        ));
    }
    let token = world.add_token(user, name, scopes);
    let last = token.secret.get(32..).unwrap_or_default();
    Ok(Reply::created(json!({
        "id": token.id,
        "name": token.name,
        "sha1": token.secret,
        "token_last_eight": last,
        "scopes": words,
    })))
}

fn delete_token(world: &mut World, ask: &Ask) -> Answer {
    let user = with_password(world, ask)?;
    let id = ask.number("token");
    world
        .tokens
        .retain(|token| !(token.owner == user && token.id == id));
    Ok(Reply::empty(204))
}
