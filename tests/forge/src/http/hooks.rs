//! Webhooks of repositories and organisations (gitea-facts §6.5).

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ORGANIZATION, REPOSITORY, Route, delete, get, patch, post};
use super::{guard, page};
use crate::wire::hook as wire;
use crate::world::World;
use crate::world::hook::{Hook, Place, subscriptions};
use crate::world::ids::HookId;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/{owner}/{repo}/hooks", REPOSITORY, |world, ask| {
            list(world, ask, of_repo)
        }),
        post("/repos/{owner}/{repo}/hooks", REPOSITORY, |world, ask| {
            create(world, ask, of_repo)
        }),
        get(
            "/repos/{owner}/{repo}/hooks/{id}",
            REPOSITORY,
            |world, ask| show(world, ask, of_repo),
        ),
        patch(
            "/repos/{owner}/{repo}/hooks/{id}",
            REPOSITORY,
            |world, ask| edit(world, ask, of_repo),
        ),
        delete(
            "/repos/{owner}/{repo}/hooks/{id}",
            REPOSITORY,
            |world, ask| remove(world, ask, of_repo),
        ),
        post("/repos/{owner}/{repo}/hooks/{id}/tests", REPOSITORY, test),
        get("/orgs/{org}/hooks", ORGANIZATION, |world, ask| {
            list(world, ask, of_org)
        }),
        post("/orgs/{org}/hooks", ORGANIZATION, |world, ask| {
            create(world, ask, of_org)
        }),
        get("/orgs/{org}/hooks/{id}", ORGANIZATION, |world, ask| {
            show(world, ask, of_org)
        }),
        patch("/orgs/{org}/hooks/{id}", ORGANIZATION, |world, ask| {
            edit(world, ask, of_org)
        }),
        delete("/orgs/{org}/hooks/{id}", ORGANIZATION, |world, ask| {
            remove(world, ask, of_org)
        }),
    ]
}

/// Finds what the hooks of the path are installed on, for somebody who may.
type Find = fn(&World, &Ask) -> Result<Place, Refusal>;

fn of_repo(world: &World, ask: &Ask) -> Result<Place, Refusal> {
    let repo = guard::repo(world, ask)?;
    guard::repo_admin(world, ask, repo)?;
    Ok(Place::Repo(repo))
}

fn of_org(world: &World, ask: &Ask) -> Result<Place, Refusal> {
    let org = guard::org(world, ask)?;
    // Unlike a team's routes, these tell outsiders what they lack (seen on 1.26.3).
    guard::org_owner(world, ask, org).map_err(|refusal| match refusal {
        Refusal::NotFound(_) => Refusal::because(403, "Must be an organization owner"),
        other => other,
    })?;
    Ok(Place::Owner(org))
}

fn list(world: &World, ask: &Ask, find: Find) -> Answer {
    let hooks = world.hooks_of(find(world, ask)?);
    let shown = page::cut(ask, &hooks)
        .into_iter()
        .map(|hook| wire::hook(world, hook))
        .collect();
    Ok(page::linked(
        world,
        ask,
        page::counted(shown, hooks.len()),
        hooks.len(),
    ))
}

fn create(world: &mut World, ask: &Ask, find: Find) -> Answer {
    let place = find(world, ask)?;
    let body = ask.json(world)?;
    let config = |name: &str| body["config"][name].as_str();
    let missing = |name: &str| Refusal::because(422, format!("Missing config option: {name}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let hook = Hook {
        id: HookId(0),
        place,
        url: config("url").ok_or_else(|| missing("url"))?.to_owned(),
        content_type: config("content_type")
            .ok_or_else(|| missing("content_type"))?
            .to_owned(),
        secret: config("secret").unwrap_or_default().to_owned(),
        authorization: text(&body["authorization_header"]),
        branch_filter: text(&body["branch_filter"]),
        events: subscriptions(&names(&body)),
        active: body["active"].as_bool().unwrap_or(false),
        created: world.now(),
    };
    let id = world.add_hook(hook);
    Ok(Reply::created(rendered(world, id)))
}

fn names(body: &Value) -> Vec<String> {
    let names = body["events"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    names
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn rendered(world: &World, id: HookId) -> Value {
    world
        .hooks
        .get(&id)
        .map_or(Value::Null, |hook| wire::hook(world, hook))
}

fn of_path(world: &World, ask: &Ask, find: Find) -> Result<HookId, Refusal> {
    let place = find(world, ask)?;
    let hook = world
        .hooks
        .get(&HookId(ask.number("id")))
        .filter(|hook| hook.place == place);
    hook.map(|hook| hook.id).ok_or_else(Refusal::not_found)
}

fn show(world: &World, ask: &Ask, find: Find) -> Answer {
    Ok(Reply::ok(rendered(world, of_path(world, ask, find)?)))
}

/// What is not given is reset, the events to `push`; the secret stays.
fn edit(world: &mut World, ask: &Ask, find: Find) -> Answer {
    let id = of_path(world, ask, find)?;
    let body = ask.json(world)?;
    let keeps_status = world.habits.hook_edit_keeps_status;
    if let Some(hook) = world.hooks.get_mut(&id) {
        let status = hook.events.contains("status").then_some("status");
        hook.events = subscriptions(&names(&body));
        hook.events.extend(status.filter(|_| keeps_status));
        hook.authorization = body["authorization_header"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        hook.branch_filter = body["branch_filter"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        hook.active = body["active"].as_bool().unwrap_or(hook.active);
        if let Some(url) = body["config"]["url"].as_str() {
            url.clone_into(&mut hook.url);
        }
    }
    Ok(Reply::ok(rendered(world, id)))
}

fn remove(world: &mut World, ask: &Ask, find: Find) -> Answer {
    let id = of_path(world, ask, find)?;
    world.hooks.remove(&id);
    Ok(Reply::empty(204))
}

/// Sends a push that did not happen, if the hook listens to pushes.
fn test(world: &mut World, ask: &Ask) -> Answer {
    let by = guard::signed_in(ask)?;
    let repo = guard::repo(world, ask)?;
    let id = of_path(world, ask, of_repo)?;
    world.test_hook(id, repo, by);
    Ok(Reply::empty(204))
}
