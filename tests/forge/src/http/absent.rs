//! Things that are never there: routes whose scope is looked at before Gitea finds nothing.

use super::answer::{Answer, Refusal};
use super::ask::Ask;
use super::guard;
use super::route::{NOTIFICATION, PACKAGE, Route, USER, delete, get, patch};
use crate::world::World;

pub(super) fn routes() -> Vec<Route> {
    vec![
        delete("/user/keys/{id}", USER, nothing),
        get("/notifications/threads/{id}", NOTIFICATION, no_thread),
        patch("/notifications/threads/{id}", NOTIFICATION, no_thread),
        get("/packages/{owner}", PACKAGE, nothing),
    ]
}

fn nothing(_: &mut World, ask: &Ask) -> Answer {
    guard::signed_in(ask)?;
    Err(Refusal::not_found())
}

fn no_thread(_: &mut World, ask: &Ask) -> Answer {
    guard::signed_in(ask)?;
    Err(Refusal::because(404, "notification does not exist"))
}
