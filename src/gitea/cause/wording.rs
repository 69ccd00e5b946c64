//! What Gitea says, version by version. Held against the recordings by the tests of `gitea`.

use crate::model::{Block, Cause, Closed};

/// What Gitea says in a 403 (gitea-facts §1.6, §13.1); the first row that is contained decides.
const REFUSALS: &[(&str, Cause)] = &[
    ("Must be a team member", Cause::BotNotInTeam),
    ("Must be an organization member", Cause::BotNotInOrg),
    ("limited to public", Cause::PublicOnlyToken),
    ("Only signed in user", Cause::SignInRequired),
    ("account is not activated", Cause::AccountBlocked),
    ("prohibited from signing in", Cause::AccountBlocked),
    ("must change your password", Cause::AccountBlocked),
];

/// A token lacks a scope: on all versions, Forgejo too.
pub(super) const SCOPE: &str = "required scope";
/// The account may see the repository and not this part of it (gitea-facts §2.1).
pub(super) const UNIT: &str = "should have specific read permission";

/// What keeps an account out; the first row that is contained decides.
const BLOCKS: &[(&str, Block)] = &[
    ("account is not activated", Block::NotActivated),
    ("prohibited from signing in", Block::Prohibited),
    ("must change your password", Block::PasswordDue),
];

/// What keeps comments out (gitea-facts §3.3); the first row that is contained decides.
const CLOSED: &[(&str, Closed)] = &[
    // Before the lock, whose word it ends in.
    ("blocked", Closed::Blocked),
    ("locked", Closed::Locked),
    ("is archived", Closed::Archived),
];

/// Where the names of missing scopes stand: up to 1.22 and in Forgejo, and from 1.23 on.
const SCOPES: &[&str] = &["required=[", "scope(s): ["];

/// The cause that a 403's message names. `None`: it names none by itself.
pub(super) fn refusal(message: &str) -> Option<Cause> {
    lookup(REFUSALS, message)
}

/// What keeps an account out, by the message.
pub(super) fn block(message: &str) -> Block {
    lookup(BLOCKS, message).unwrap_or(Block::Other)
}

/// What keeps comments out, by the message.
pub(super) fn closed(message: &str) -> Closed {
    lookup(CLOSED, message).unwrap_or(Closed::Other)
}

/// The scopes that a message asks for, in its order; empty where it names none.
pub(super) fn scopes(message: &str) -> Vec<String> {
    let opened = SCOPES
        .iter()
        .find_map(|opening| message.split_once(opening));
    let names = opened.and_then(|(_, rest)| rest.split_once(']'));
    let names = names.map(|(names, _)| names).unwrap_or_default();
    names
        .split([',', ' '])
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether the token is limited to public things, where a message lists what it may do (from 1.23
/// on). `None`: it lists nothing.
pub(super) fn public_only(message: &str) -> Option<bool> {
    let (_, scopes) = message.split_once("token scope=")?;
    Some(scopes.split(',').any(|scope| scope == "public-only"))
}

fn lookup<T: Copy>(table: &[(&str, T)], message: &str) -> Option<T> {
    let row = table.iter().find(|(words, _)| message.contains(words));
    row.map(|(_, meaning)| *meaning)
}
