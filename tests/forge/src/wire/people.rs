//! Users, organisations and teams.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::{EPOCH, ZERO_TIME, time};
use crate::world::World;
use crate::world::ids::UserId;
use crate::world::people::User;
use crate::world::team::Team;

/// A user as `doer` sees it: nobody sees no address, oneself and a site administrator see the rest.
pub(crate) fn user(world: &World, id: UserId, doer: Option<UserId>) -> Value {
    let authed = doer == Some(id) || world.is_admin(doer);
    world.users.get(&id).map_or_else(
        || ghost(world, doer.is_some()),
        |row| render(world, row, doer.is_some(), authed),
    )
}

/// The owner of a repository, for somebody who may (or may not) see the repository.
pub(crate) fn owner(world: &World, id: UserId, sees_repo: bool) -> Value {
    world.users.get(&id).map_or_else(
        || ghost(world, sees_repo),
        |row| render(world, row, sees_repo, false),
    )
}

fn render(world: &World, user: &User, signed: bool, authed: bool) -> Value {
    let placeholder = placeholder(world, user.id.get(), &user.name);
    json!({
        "id": user.id.get(),
        "login": user.name,
        "login_name": if authed { user.login_name.as_str() } else { "" },
        "source_id": 0,
        "full_name": "",
        "email": if signed { user.email.clone() } else { placeholder },
        "avatar_url": avatar(world, &user.name),
        "html_url": format!("{}/{}", world.base, user.name),
        "language": "",
        "is_admin": authed && user.admin,
        "last_login": if authed { EPOCH } else { ZERO_TIME },
        "created": time(user.created),
        "restricted": false,
        "active": authed && user.active,
        "prohibit_login": authed && user.prohibit_login,
        "location": "",
        "website": "",
        "description": "",
        "visibility": visibility(user),
        "followers_count": 0,
        "following_count": 0,
        "starred_repos_count": 0,
        "username": user.name,
    })
}

/// What stands for an address that is not shown.
fn placeholder(world: &World, id: i64, name: &str) -> String {
    let name = name.to_lowercase();
    let numbered = world.habits.numbered_placeholders;
    if numbered {
        format!("{id}+{name}@noreply.localhost")
    } else {
        format!("{name}@noreply.localhost")
    }
}

/// Whoever wrote it is gone.
fn ghost(world: &World, signed: bool) -> Value {
    json!({
        "id": -1,
        "login": "Ghost",
        "login_name": "",
        "source_id": 0,
        "full_name": "",
        "email": if signed { String::new() } else { placeholder(world, -1, "ghost") },
        "avatar_url": format!("{}/assets/img/avatar_default.png", world.base),
        "html_url": format!("{}/Ghost", world.base),
        "language": "",
        "is_admin": false,
        "last_login": ZERO_TIME,
        "created": EPOCH,
        "restricted": false,
        "active": false,
        "prohibit_login": false,
        "location": "",
        "website": "",
        "description": "",
        "visibility": "public",
        "followers_count": 0,
        "following_count": 0,
        "starred_repos_count": 0,
        "username": "Ghost",
    })
}

fn avatar(world: &World, name: &str) -> String {
    let hash = hex::encode(Sha1::digest(name));
    format!(
        "{}/avatars/{}",
        world.base,
        hash.get(..32).unwrap_or_default()
    )
}

fn visibility(user: &User) -> &'static str {
    use crate::world::people::Account;
    if user.kind == Account::PrivateOrg {
        "private"
    } else {
        "public"
    }
}

/// An organisation as its own routes and a team's `organization` show it.
pub(crate) fn org(world: &World, id: UserId) -> Value {
    let Some(org) = world.users.get(&id) else {
        return Value::Null;
    };
    json!({
        "id": id.get(),
        "name": org.name,
        "full_name": "",
        "email": "",
        "avatar_url": avatar(world, &org.name),
        "description": "",
        "website": "",
        "location": "",
        "visibility": visibility(org),
        "repo_admin_change_team_access": false,
        "username": org.name,
    })
}

fn permission(world: &World, team: &Team) -> &'static str {
    let whole = team.is_owners() || world.habits.team_permission_by_units;
    if whole { team.access.name() } else { "none" }
}

/// A team; only some routes show its organisation.
pub(crate) fn team(world: &World, team: &Team, with_org: bool) -> Value {
    json!({
        "id": team.id.get(),
        "name": team.name,
        "description": team.description,
        "organization": if with_org { org(world, team.org) } else { Value::Null },
        "includes_all_repositories": team.all_repositories,
        "permission": permission(world, team),
        "units": team.units.keys().collect::<Vec<_>>(),
        "units_map": team.units,
        "can_create_org_repo": team.is_owners(),
    })
}
