//! Version and settings: for everybody, without scopes.

use serde_json::json;

use super::answer::{Answer, Reply};
use super::ask::Ask;
use super::page;
use super::route::{OPEN, Route, get};
use crate::world::World;
use crate::world::reaction::ALLOWED;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/version", OPEN, version),
        get("/settings/api", OPEN, settings),
        get("/settings/ui", OPEN, settings_ui),
    ]
}

fn version(world: &mut World, _: &Ask) -> Answer {
    Ok(Reply::ok(json!({"version": world.version.name()})))
}

fn settings(world: &mut World, _: &Ask) -> Answer {
    let mut settings = json!({
        "max_response_items": page::MAX,
        "default_paging_num": page::DEFAULT,
        "default_git_trees_per_page": 1000,
        "default_max_blob_size": 10_485_760,
    });
    if world.habits.fields.max_response_size {
        settings["default_max_response_size"] = json!(104_857_600);
    }
    Ok(Reply::ok(settings))
}

fn settings_ui(_: &mut World, _: &Ask) -> Answer {
    Ok(Reply::ok(json!({
        "default_theme": "gitea-auto",
        "allowed_reactions": ALLOWED,
        "custom_emojis": ["git", "gitea", "codeberg", "gitlab", "github", "gogs"],
    })))
}
