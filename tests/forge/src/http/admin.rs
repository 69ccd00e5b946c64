//! Site administration, as far as tests and set-ups need it.

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ADMIN, Route, delete, get, patch, post};
use super::{guard, page};
use crate::wire::people;
use crate::world::World;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/admin/users", ADMIN, create),
        patch("/admin/users/{username}", ADMIN, edit),
        get("/admin/hooks", ADMIN, hooks),
        delete("/admin/users/{username}", ADMIN, remove),
        post("/admin/users/{username}/rename", ADMIN, rename),
    ]
}

fn site_admin(world: &World, ask: &Ask) -> Result<(), Refusal> {
    let user = guard::signed_in(ask)?;
    let refused = || Refusal::because(403, "user should be the site admin");
    if world.is_admin(Some(user)) {
        Ok(())
    } else {
        Err(refused())
    }
}

/// The server has no hooks of its own.
fn hooks(world: &mut World, ask: &Ask) -> Answer {
    site_admin(world, ask)?;
    Ok(page::counted(Vec::new(), 0))
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    site_admin(world, ask)?;
    let body = ask.json(world)?;
    let name = body["username"].as_str().unwrap_or_default().to_owned();
    if name.is_empty() || world.account(&name).is_some() {
        return Err(Refusal::because(
            422,
            format!("user already exists [name: {name}]"),
        ));
    }
    let user = world.add_user(&name);
    if let Some(row) = world.users.get_mut(&user) {
        row.must_change_password = body["must_change_password"].as_bool().unwrap_or(true);
        if let Some(password) = body["password"].as_str() {
            password.clone_into(&mut row.password);
        }
    }
    Ok(Reply::created(people::user(world, user, ask.asker.user)))
}

fn edit(world: &mut World, ask: &Ask) -> Answer {
    site_admin(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    let body = ask.json(world)?;
    if let Some(row) = world.users.get_mut(&user) {
        if let Some(name) = body["login_name"].as_str() {
            name.clone_into(&mut row.login_name);
        }
        row.active = body["active"].as_bool().unwrap_or(row.active);
        row.prohibit_login = body["prohibit_login"]
            .as_bool()
            .unwrap_or(row.prohibit_login);
        row.must_change_password = body["must_change_password"]
            .as_bool()
            .unwrap_or(row.must_change_password);
    }
    Ok(Reply::ok(people::user(world, user, ask.asker.user)))
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    site_admin(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    world.delete_user(user);
    Ok(Reply::empty(204))
}

fn rename(world: &mut World, ask: &Ask) -> Answer {
    site_admin(world, ask)?;
    let user = guard::user(world, ask, "username")?;
    let body = ask.json(world)?;
    world.rename_user(user, body["new_username"].as_str().unwrap_or_default());
    Ok(Reply::empty(204))
}
