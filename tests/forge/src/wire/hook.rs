//! Webhooks as the API lists them: never with their secret.

use serde_json::{Value, json};

use super::time;
use crate::world::World;
use crate::world::hook::Hook;

/// In 1.23 the three kinds of reviews are listed by themselves.
fn events(world: &World, hook: &Hook) -> Vec<&'static str> {
    let kinds = [
        "pull_request_review_approved",
        "pull_request_review_rejected",
        "pull_request_review_comment",
    ];
    let mut events: Vec<&'static str> = hook.events.iter().copied().collect();
    if world.habits.hook_lists_reviews_by_kind && hook.events.contains("pull_request_review") {
        events.retain(|event| *event != "pull_request_review");
        events.extend(kinds);
    }
    events
}

/// A hook.
pub(crate) fn hook(world: &World, hook: &Hook) -> Value {
    let mut value = json!({
        "id": hook.id.get(),
        "type": "gitea",
        "branch_filter": hook.branch_filter,
        "config": {"content_type": hook.content_type, "url": hook.url},
        "events": events(world, hook),
        "authorization_header": hook.authorization,
        "active": hook.active,
        "updated_at": time(hook.created),
        "created_at": time(hook.created),
    });
    if world.habits.fields.hook_name {
        value["name"] = json!("");
    }
    value
}
