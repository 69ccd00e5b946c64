//! What is to be said of single hooks.

use super::{EVENTS, Facts, Listed, target};
use crate::decide::reply::text::{code, listed};
use crate::doctor::{Area, Check, Finding};
use crate::gitea::{Hook, Place};

const AREA: Area = Area::Webhook;

/// How a place is called.
pub(in crate::doctor) fn named(place: &Place) -> String {
    match place {
        Place::Repository(repo) => format!("the repository {}", code(repo)),
        Place::Organisation(org) => format!("the organisation {}", code(org)),
        Place::Server => String::from("the whole server"),
    }
}

pub(super) fn judge_place(facts: &Facts, listed: &Listed) -> Vec<Finding> {
    let mut findings: Vec<Finding> = listed
        .ours(facts.listen)
        .flat_map(|hook| judge_hook(facts, &listed.place, hook))
        .collect();
    let hooks = listed.hooks.iter().flat_map(|(_, hooks)| hooks);
    findings.extend(
        hooks
            .filter(|hook| target::misses(&hook.url, facts.listen))
            .map(|hook| {
                let what = format!(
                    "a webhook of {} points to {}, where the bot hears nothing",
                    named(&listed.place),
                    code(&hook.url)
                );
                let repair = format!("let it point to the path `{}`", target::PATH);
                Finding::fail(AREA, Check::HookTarget, what).repaired_by(repair)
            }),
    );
    findings
}

fn judge_hook(facts: &Facts, place: &Place, hook: &Hook) -> Vec<Finding> {
    let whose = format!("the webhook of {}", named(place));
    let mut findings = Vec::new();
    if !hook.active {
        let what = format!("{whose} is not active and delivers nothing");
        let repair = format!("switch {whose} on in its settings");
        findings.push(Finding::fail(AREA, Check::HookActive, what).repaired_by(repair));
    }
    if !hook.json {
        let what = format!("{whose} sends forms, which the bot refuses");
        let repair = format!("set the content type of {whose} to `application/json`");
        findings.push(Finding::fail(AREA, Check::HookJson, what).repaired_by(repair));
    }
    let missing: Vec<String> = missing(hook, facts.without_status)
        .into_iter()
        .map(code)
        .collect();
    if !missing.is_empty() {
        let what = format!("{whose} does not hear {}", listed(&missing, "and"));
        let repair = format!(
            "switch those events on in the settings of {whose}, or let `refire doctor --fix` make it anew"
        );
        findings.push(Finding::fail(AREA, Check::HookEvents, what).repaired_by(repair));
    }
    if findings.is_empty() {
        let what = format!(
            "{whose} is active, sends JSON to {} and hears what it has to",
            code(&hook.url)
        );
        findings.push(Finding::ok(AREA, Check::Hook, what));
    }
    findings.extend(better_place(facts, place));
    findings
}

/// The names with which the missing events are asked for (gitea-facts §6.5); a hook lists
/// `pull_request_only` as `pull_request`, and 1.23 the kinds of reviews by themselves.
pub(in crate::doctor) fn missing(hook: &Hook, without_status: bool) -> Vec<&'static str> {
    const KINDS: [&str; 3] = [
        "pull_request_review_approved",
        "pull_request_review_rejected",
        "pull_request_review_comment",
    ];
    let hears = |event: &str| match event {
        "pull_request_only" => hook.events.contains("pull_request"),
        "pull_request_review" => {
            hook.events.contains(event) || KINDS.iter().all(|kind| hook.events.contains(*kind))
        }
        "status" if without_status => true,
        other => hook.events.contains(other),
    };
    EVENTS.into_iter().filter(|event| !hears(event)).collect()
}

fn better_place(facts: &Facts, place: &Place) -> Option<Finding> {
    let Place::Repository(repo) = place else {
        return None;
    };
    let own = facts.repos.iter().find(|covered| covered.repo == *repo)?;
    own.of_organisation.then(|| {
        let what = format!(
            "the administrators of {} can read the secret of its webhook in the web page",
            code(repo)
        );
        let repair = format!(
            "an owner of {} makes one webhook for the organisation, and the one of {} goes",
            code(repo.owner()),
            code(repo)
        );
        Finding::warn(AREA, Check::HookPlace, what).repaired_by(repair)
    })
}
