//! Cutting lists into pages, and the headers that tell of it (gitea-facts §5).

use serde_json::Value;

use super::answer::Reply;
use super::ask::Ask;
use crate::world::World;

/// Entries of a page unless asked otherwise.
pub(crate) const DEFAULT: usize = 30;
/// Entries of a page at most; more is silently reduced.
pub(crate) const MAX: usize = 50;

/// The part of the list that `page` and `limit` ask for.
pub(crate) fn cut<T: Clone>(ask: &Ask, items: &[T]) -> Vec<T> {
    let (page, limit) = (number(ask, "page"), limit(ask));
    items
        .iter()
        .skip((page.max(1) - 1).saturating_mul(limit))
        .take(limit)
        .cloned()
        .collect()
}

/// The same, but without `page` everything; since 1.26 there is no such exception.
pub(crate) fn cut_if_page_given<T: Clone>(world: &World, ask: &Ask, items: &[T]) -> Vec<T> {
    let whole = number(ask, "page") == 0 && !world.habits.always_pages;
    if whole {
        items.to_vec()
    } else {
        cut(ask, items)
    }
}

/// A list with the number of all entries.
pub(crate) fn counted(items: Vec<Value>, total: usize) -> Reply {
    Reply::ok(Value::Array(items)).with("x-total-count", total)
}

/// Adds the links to other pages, if there are any.
pub(crate) fn linked(world: &World, ask: &Ask, reply: Reply, total: usize) -> Reply {
    match link(world, ask, total) {
        Some(link) => reply.with("link", link),
        None => reply,
    }
}

fn link(world: &World, ask: &Ask, total: usize) -> Option<String> {
    let last = total.div_ceil(limit(ask)).max(1);
    let page = number(ask, "page").max(1);
    let mut links = Vec::new();
    if page < last {
        links.extend([(page + 1, "next"), (last, "last")]);
    }
    if page > 1 {
        links.extend([(1, "first"), (page - 1, "prev")]);
    }
    let links = links
        .into_iter()
        .map(|(to, rel)| format!("<{}>; rel=\"{rel}\"", address(world, ask, to)));
    Some(links.collect::<Vec<_>>().join(",")).filter(|links| !links.is_empty())
}

/// The same address with another page; parameters in alphabetical order.
fn address(world: &World, ask: &Ask, page: usize) -> String {
    let mut query: Vec<(&str, String)> = ask
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    query.retain(|(name, _)| *name != "page");
    query.push(("page", page.to_string()));
    query.sort();
    let encoded = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{}{}?{encoded}", world.base, ask.path)
}

fn number(ask: &Ask, name: &str) -> usize {
    ask.query(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(0)
}

/// The size of a page.
pub(crate) fn limit(ask: &Ask) -> usize {
    match number(ask, "limit") {
        0 => DEFAULT,
        asked => asked.min(MAX),
    }
}
