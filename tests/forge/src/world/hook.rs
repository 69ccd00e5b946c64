//! Webhooks: where they are, what they listen to, and what waits to be sent.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::World;
use super::ids::{HookId, RepoId, UserId};
use super::telling::EventKind;

/// A row of the webhook table.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) id: HookId,
    pub(crate) place: Place,
    pub(crate) url: String,
    pub(crate) content_type: String,
    pub(crate) secret: String,
    pub(crate) authorization: String,
    pub(crate) branch_filter: String,
    pub(crate) events: BTreeSet<&'static str>,
    pub(crate) active: bool,
    pub(crate) created: Timestamp,
}

/// What a hook is installed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Repo(RepoId),
    /// An organisation, or a person's own repositories.
    Owner(UserId),
}

/// One delivery to make.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) hook: Hook,
    /// `repository` or `organization`.
    pub(crate) target: &'static str,
    pub(crate) kind: EventKind,
    pub(crate) body: Vec<u8>,
}

/// Names that stand for themselves in a list of events.
const PLAIN: [&str; 11] = [
    "create",
    "delete",
    "fork",
    "push",
    "repository",
    "wiki",
    "release",
    "package",
    "status",
    "workflow_run",
    "workflow_job",
];
/// What `pull_request` stands for; each but the first is a name by itself.
const PULL_EVENTS: [&str; 8] = [
    "pull_request",
    "pull_request_assign",
    "pull_request_label",
    "pull_request_milestone",
    "pull_request_comment",
    "pull_request_review",
    "pull_request_review_request",
    "pull_request_sync",
];
const ISSUE_EVENTS: [&str; 5] = [
    "issues",
    "issue_assign",
    "issue_label",
    "issue_milestone",
    "issue_comment",
];

/// The stored events for the given names: unknown ones are dropped, none at all means `push`.
pub(crate) fn subscriptions(names: &[String]) -> BTreeSet<&'static str> {
    let has = |name: &str| names.iter().any(|given| given == name);
    if names.is_empty() {
        return BTreeSet::from(["push"]);
    }
    let group = |all: &'static [&'static str]| {
        let (whole, only) = (all[0], format!("{}_only", all[0]));
        all.iter().copied().filter(move |name| {
            has(whole)
                || if *name == whole {
                    has(&only)
                } else {
                    has(name)
                }
        })
    };
    let plain = PLAIN.into_iter().filter(|name| has(name));
    plain
        .chain(group(&ISSUE_EVENTS))
        .chain(group(&PULL_EVENTS))
        .collect()
}

impl World {
    pub(crate) fn add_hook(&mut self, mut hook: Hook) -> HookId {
        let id = self.next_hook();
        hook.id = id;
        hook.created = self.now();
        self.hooks.insert(id, hook);
        id
    }

    pub(crate) fn hooks_of(&self, place: Place) -> Vec<&Hook> {
        self.hooks
            .values()
            .filter(|hook| hook.place == place)
            .collect()
    }
}
