//! The timeline of an issue or pull request.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{ISSUE, Route, get};
use super::{guard, page};
use crate::wire::timeline as wire;
use crate::world::World;
use crate::world::event::What;

pub(super) fn routes() -> Vec<Route> {
    vec![get(
        "/repos/{owner}/{repo}/issues/{index}/timeline",
        ISSUE,
        list,
    )]
}

/// Without `page` everything; `null` when there is nothing; the count is that of this page.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let window = ask.window()?;
    let issue = world
        .issue_numbered(repo, ask.number("index"))
        .ok_or(Refusal::Internal)?;
    let mut events = world.events_of(issue.id);
    events.retain(|event| window.holds(event));
    let shown: Vec<Value> = page::cut_if_page_given(world, ask, &events)
        .into_iter()
        .filter(|event| !matches!(event.what, What::Code(_)))
        .map(|event| wire::entry(world, event))
        .collect();
    let count = shown.len();
    let body = if shown.is_empty() {
        Value::Null
    } else {
        Value::Array(shown)
    };
    Ok(Reply::ok(body).with("x-total-count", count))
}
