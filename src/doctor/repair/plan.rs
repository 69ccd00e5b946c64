//! From what is known of the hooks to what is to be done about them.

use super::Step;
use crate::decide::reply::text::{code, listed};
use crate::doctor::webhook::{Covered, EVENTS, Facts, Listed, Secret, hook, judge};
use crate::gitea::{Hook, Place, Speaker};
use crate::model::RepoName;
use jiff::SignedDuration;
use std::path::Path;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the plan has to know beside the hooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Means<'a> {
    /// Whether the bot is there to hear a test delivery.
    pub runs: bool,
    /// The file that the configuration names for the secret. `None`: it names none.
    pub file: Option<&'a Path>,
}

/// What is to be done.
#[must_use]
pub fn plan(facts: &Facts, means: Means<'_>) -> Vec<Step> {
    if facts.secret == Secret::Unconfigured {
        return vec![Step::Ask(String::from(
            "name a file by `webhook.secret_file`; `--fix` writes a fresh secret into it and makes the webhook",
        ))];
    }
    let unreadable = matches!(facts.secret, Secret::Unreadable(_));
    let file = means.file.filter(|_| unreadable);
    let mut steps: Vec<Step> = file
        .map(|file| Step::Secret(file.to_owned()))
        .into_iter()
        .collect();
    steps.extend(makings(facts));
    for place in &facts.places {
        let Ok((speaker, _)) = &place.hooks else {
            continue;
        };
        let ours = place.ours(facts.listen);
        steps.extend(ours.filter_map(|hook| mending(facts, place, speaker, hook, means)));
    }
    steps
}

/// Webhooks for the repositories that have none.
fn makings(facts: &Facts) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut asked: Vec<&RepoName> = Vec::new();
    for Covered { repo, verified, .. } in &facts.repos {
        let mut places = facts.places.iter().filter(|place| place.covers(repo));
        let is_heard = verified.is_some_and(|at| facts.now.duration_since(at) <= WEEK);
        if is_heard || places.any(|place| place.ours(facts.listen).next().is_some()) {
            continue;
        }
        match (maker(facts, repo), facts.address.as_deref()) {
            (Some((place, speaker)), Some(url)) => {
                let step = Step::Create {
                    place: place.clone(),
                    speaker: speaker.clone(),
                    url: url.to_owned(),
                };
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
            (Some(_), None) => {
                let step = Step::Ask(String::from(
                    "say where Gitea reaches the bot, with `--webhook-url https://…/webhook`: it listens on an address that says nothing about that",
                ));
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
            (None, _) => asked.push(repo),
        }
    }
    if !asked.is_empty() {
        steps.push(Step::Ask(judge::request(&asked, facts)));
    }
    steps
}

/// Where a hook for the repository is best made, and by whom: in the organisation, whose secret
/// its repositories' administrators cannot read. `None`: none of ours may, or it is not known that
/// there is no hook.
fn maker<'a>(facts: &'a Facts, repo: &RepoName) -> Option<(&'a Place, &'a Speaker)> {
    let listed = |place: &'a Listed| {
        let (speaker, _) = place.hooks.as_ref().ok()?;
        place.covers(repo).then_some((&place.place, speaker))
    };
    let places = facts.places.iter().filter_map(listed);
    let of_org = |(place, _): &(&Place, &Speaker)| matches!(place, Place::Organisation(_));
    let of_repo = |(place, _): &(&Place, &Speaker)| matches!(place, Place::Repository(_));
    let bare = judge::is_bare(facts, repo);
    let mut found = places.clone().filter(|place| bare && of_org(place));
    found
        .next()
        .or_else(|| places.clone().find(|place| bare && of_repo(place)))
}

fn mending(
    facts: &Facts,
    place: &Listed,
    speaker: &Speaker,
    hook: &Hook,
    means: Means<'_>,
) -> Option<Step> {
    if !hook::missing(hook, facts.without_status).is_empty() {
        return Some(remaking(facts, place, speaker, hook));
    }
    let Place::Repository(repo) = &place.place else {
        return None;
    };
    let covered = facts.repos.iter().find(|covered| covered.repo == *repo)?;
    let recent = covered
        .verified
        .is_some_and(|at| facts.now.duration_since(at) <= WEEK);
    let provable = means.runs && hook.active && hook.json && hook.events.contains("push");
    (provable && !recent).then(|| Step::Try {
        repo: repo.clone(),
        speaker: speaker.clone(),
        hook: hook.id,
    })
}

/// A hook is made anew only if it is surely ours, and nothing of it would be lost.
fn remaking(facts: &Facts, place: &Listed, speaker: &Speaker, hook: &Hook) -> Step {
    let heard = facts
        .repos
        .iter()
        .any(|c| place.covers(&c.repo) && c.verified.is_some());
    let surely = heard || facts.address.as_ref() == Some(&hook.url);
    let mendable = hook.plain && hook.active && hook.json && place.place != Place::Server;
    if surely && mendable && facts.secret == Secret::There {
        return Step::Remake {
            place: place.place.clone(),
            speaker: speaker.clone(),
            hook: hook.clone(),
        };
    }
    let missing = hook::missing(hook, facts.without_status)
        .into_iter()
        .map(code);
    Step::Ask(format!(
        "switch on {} in the settings of webhook {} of {}: making it anew could lose something that only its settings show",
        listed(&missing.collect::<Vec<_>>(), "and"),
        hook.id,
        hook::named(&place.place)
    ))
}

/// What the hook heard and what it has to, by the names with which a hook is made: in a list
/// `pull_request` and `issues` stand for themselves alone, in a request for all of their kind
/// (gitea-facts §6.5).
pub(super) fn remade_events(hook: &Hook) -> Vec<&str> {
    let mut events: Vec<&str> = EVENTS.to_vec();
    for listed in &hook.events {
        let name = match listed.as_str() {
            "pull_request" => "pull_request_only",
            "issues" => "issues_only",
            kind if kind.starts_with("pull_request_review_")
                && kind != "pull_request_review_request" =>
            {
                "pull_request_review"
            }
            other => other,
        };
        if !events.contains(&name) {
            events.push(name);
        }
    }
    events
}
