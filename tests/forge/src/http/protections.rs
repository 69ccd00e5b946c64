//! Rules of protected branches, for repository administrators.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::guard;
use super::route::{REPOSITORY, Route, delete, get, post};
use crate::wire::branch;
use crate::world::World;
use crate::world::ids::RepoId;
use crate::world::protection::{Rule, Whitelist};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/repos/{owner}/{repo}/branch_protections", REPOSITORY, list),
        post(
            "/repos/{owner}/{repo}/branch_protections",
            REPOSITORY,
            create,
        ),
        get(
            "/repos/{owner}/{repo}/branch_protections/{name}",
            REPOSITORY,
            show,
        ),
        delete(
            "/repos/{owner}/{repo}/branch_protections/{name}",
            REPOSITORY,
            remove,
        ),
    ]
}

fn administered(world: &World, ask: &Ask) -> Result<RepoId, Refusal> {
    let repo = guard::repo(world, ask)?;
    guard::repo_admin(world, ask, repo)?;
    Ok(repo)
}

fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = administered(world, ask)?;
    let row = world.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(
        row.rules
            .iter()
            .map(|rule| branch::rule(world, rule))
            .collect(),
    ))
}

fn show(world: &mut World, ask: &Ask) -> Answer {
    let repo = administered(world, ask)?;
    let row = world.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    let rule = row.rules.iter().find(|rule| rule.name == ask.param("name"));
    Ok(Reply::ok(branch::rule(
        world,
        rule.ok_or_else(Refusal::not_found)?,
    )))
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let repo = administered(world, ask)?;
    if let Some(row) = world.repos.get_mut(&repo) {
        row.rules.retain(|rule| rule.name != ask.param("name"));
    }
    Ok(Reply::empty(204))
}

fn create(world: &mut World, ask: &Ask) -> Answer {
    let repo = administered(world, ask)?;
    let body = ask.json(world)?;
    let rule = rule_of(world, repo, &body);
    let shown = branch::rule(world, &rule);
    world.protect(repo, rule);
    Ok(Reply::created(shown))
}

fn rule_of(world: &World, repo: RepoId, body: &Value) -> Rule {
    let name = body["rule_name"]
        .as_str()
        .or(body["branch_name"].as_str())
        .unwrap_or("main");
    let owner = world.repos.get(&repo).map(|repo| repo.owner);
    let teams = texts(&body["approvals_whitelist_teams"]);
    let teams = teams
        .iter()
        .filter_map(|name| world.team_named(owner?, name))
        .map(|team| team.id);
    let users = texts(&body["approvals_whitelist_username"]);
    let users = users
        .iter()
        .filter_map(|name| world.person(name))
        .map(|user| user.id);
    let list = Whitelist {
        users: users.collect(),
        teams: teams.collect(),
    };
    Rule {
        name: name.to_owned(),
        enable_status_check: body["enable_status_check"].as_bool().unwrap_or(false),
        contexts: texts(&body["status_check_contexts"]),
        required_approvals: body["required_approvals"].as_i64().unwrap_or(0),
        approvals_whitelist: body["enable_approvals_whitelist"]
            .as_bool()
            .unwrap_or(false)
            .then_some(list),
        dismiss_stale_approvals: body["dismiss_stale_approvals"].as_bool().unwrap_or(false),
        created: world.now(),
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
