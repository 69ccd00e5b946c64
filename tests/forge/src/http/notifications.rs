//! The caller's notifications.

use super::answer::Answer;
use super::ask::Ask;
use super::route::{NOTIFICATION, Route, get};
use super::{guard, page};
use crate::wire::notification as wire;
use crate::world::World;
use crate::world::notification::Notification;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/notifications", NOTIFICATION, list)]
}

/// Most recently updated first.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let user = guard::signed_in(ask)?;
    let window = ask.window()?;
    let all = world
        .notifications
        .iter()
        .filter(|((owner, _), _)| *owner == user);
    let mut own: Vec<&Notification> = all.map(|(_, entry)| entry).collect();
    own.retain(|entry| window.since.is_none_or(|since| entry.updated >= since));
    own.sort_by_key(|entry| std::cmp::Reverse((entry.updated, entry.id)));
    let shown = page::cut(ask, &own)
        .into_iter()
        .map(|entry| wire::entry(world, entry))
        .collect();
    let reply = page::counted(shown, own.len());
    Ok(page::linked(world, ask, reply, own.len()))
}
