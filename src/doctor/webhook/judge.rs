//! From what is known of the hooks to what is to be said of them.

use super::{EVENTS, Facts, Listed, Secret, target};
use crate::decide::reply::text::{code, counted, listed};
use crate::doctor::{Area, Check, Finding};
use crate::gitea::{Hook, Place};
use crate::model::RepoName;
use jiff::SignedDuration;

const AREA: Area = Area::Webhook;
/// A delivery older than this proves little about today.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to be said.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    if facts.secret == Secret::Unconfigured {
        return vec![unconfigured(facts)];
    }
    let mut findings = Vec::new();
    if let Secret::Unreadable(why) = &facts.secret {
        let what = format!("deliveries cannot be verified: {why}");
        let repair = "put a long random text there, or let `refire doctor --fix` write one into the file that `webhook.secret_file` names";
        findings.push(Finding::fail(AREA, Check::HookSecret, what).repaired_by(repair));
    }
    findings.extend(
        facts
            .places
            .iter()
            .flat_map(|place| judge_place(facts, place)),
    );
    findings.extend(judge_cover(facts));
    findings.extend(twice(facts));
    findings.extend(signed(facts));
    findings
}

fn unconfigured(facts: &Facts) -> Finding {
    let repair = "set `webhook.secret_file` (or `secret_env`) so that the bot hears at once; `refire doctor --fix` then makes secret and webhook";
    if facts.sweeps {
        let what = "no webhook is configured: the sweep finds everything, later";
        Finding::warn(AREA, Check::Hook, what).repaired_by(repair)
    } else {
        let what = "no webhook is configured, and no sweep: nothing wakes the bot";
        Finding::fail(AREA, Check::Hook, what).repaired_by(repair)
    }
}

/// How a place is called.
pub(in crate::doctor) fn named(place: &Place) -> String {
    match place {
        Place::Repository(repo) => format!("the repository {}", code(repo)),
        Place::Organisation(org) => format!("the organisation {}", code(org)),
        Place::Server => String::from("the whole server"),
    }
}

fn judge_place(facts: &Facts, listed: &Listed) -> Vec<Finding> {
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

/// Repositories that no hook covers, and those of which that cannot be known.
fn judge_cover(facts: &Facts) -> Vec<Finding> {
    let recent =
        |at: Option<jiff::Timestamp>| at.is_some_and(|at| facts.now.duration_since(at) <= WEEK);
    let mut bare: Vec<&RepoName> = Vec::new();
    let mut unknown: Vec<&RepoName> = Vec::new();
    for covered in &facts.repos {
        let places = || {
            facts
                .places
                .iter()
                .filter(|place| place.covers(&covered.repo))
        };
        let has = places().any(|place| place.ours(facts.listen).next().is_some());
        if has || recent(covered.verified) {
            continue;
        }
        if is_bare(facts, &covered.repo) {
            bare.push(&covered.repo);
        } else {
            unknown.push(&covered.repo);
        }
    }
    let mut findings = Vec::new();
    if !bare.is_empty() {
        let what = format!(
            "no webhook tells the bot what happens in {}",
            several(&bare)
        );
        findings.push(Finding::fail(AREA, Check::Hook, what).repaired_by(request(&bare, facts)));
    }
    if !unknown.is_empty() {
        let what = format!("whether a webhook covers {}", several(&unknown));
        let needs = "an owner of the organisation or an administrator of the repository, or a delivery that the bot remembers";
        let skip = Finding::skip(AREA, Check::Hook, &what, needs);
        findings.push(skip.repaired_by(request(&unknown, facts)));
    }
    findings
}

/// Whether enough is known to say that there is none: the hooks of the repository and of its
/// owner. One of the whole server is rare, and would have been heard.
pub(in crate::doctor) fn is_bare(facts: &Facts, repo: &RepoName) -> bool {
    let mut places = facts.places.iter().filter(|place| place.covers(repo));
    let of_owner = |place: &&Listed| matches!(place.place, Place::Organisation(_));
    let owner_known = places
        .clone()
        .filter(of_owner)
        .all(|place| place.hooks.is_ok());
    let of_repo =
        |place: &Listed| matches!(place.place, Place::Repository(_)) && place.hooks.is_ok();
    owner_known && places.any(of_repo)
}

/// What to ask of whoever has the rights.
pub(in crate::doctor) fn request(repos: &[&RepoName], facts: &Facts) -> String {
    let mut owners: Vec<String> = Vec::new();
    for repo in repos {
        let owner = code(repo.owner());
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    let address = match &facts.address {
        Some(address) => code(address),
        None => format!("the bot's address with the path `{}`", target::PATH),
    };
    format!(
        "an owner of {} adds a Gitea webhook to the organisation (or an administrator to the repository): {address}, POST, `application/json`, the secret that the bot has, active, with exactly the events {}; `refire doctor --fix` does it where the bot may",
        listed(&owners, "and"),
        listed(&EVENTS.map(code), "and")
    )
}

fn several(repos: &[&RepoName]) -> String {
    let names: Vec<String> = repos.iter().take(3).map(code).collect();
    match repos.len() - names.len() {
        0 => listed(&names, "and"),
        more => format!(
            "{} and {}",
            names.join(", "),
            counted(more as u64, "more", "more")
        ),
    }
}

/// One repository, two hooks: everything is delivered twice, and answered once.
fn twice(facts: &Facts) -> Vec<Finding> {
    let covering = |repo: &RepoName| {
        let places = facts.places.iter().filter(|place| place.covers(repo));
        let ours = places.flat_map(|place| {
            let active = place.ours(facts.listen).filter(|hook| hook.active);
            active.map(|_| named(&place.place)).collect::<Vec<_>>()
        });
        ours.collect::<Vec<_>>()
    };
    let doubled = facts.repos.iter().filter_map(|covered| {
        let covering = covering(&covered.repo);
        (covering.len() > 1).then(|| {
            let what = format!(
                "{} webhooks tell the bot of {}: those of {}",
                covering.len(),
                code(&covered.repo),
                listed(&covering, "and")
            );
            let repair = "keep one of them, best the organisation's";
            Finding::warn(AREA, Check::HookTwice, what).repaired_by(repair)
        })
    });
    doubled.take(3).collect()
}

/// What the bot remembers of verified deliveries, for the repositories that have a hook.
fn signed(facts: &Facts) -> Option<Finding> {
    let has = |repo: &RepoName| {
        let mut places = facts.places.iter().filter(|place| place.covers(repo));
        places.any(|place| place.ours(facts.listen).next().is_some())
    };
    if !facts.remembers {
        let needs = "the running bot or its store";
        return Some(Finding::skip(
            AREA,
            Check::Signed,
            "whether deliveries are signed rightly",
            needs,
        ));
    }
    let newest = facts
        .repos
        .iter()
        .filter_map(|covered| covered.verified)
        .max();
    if let Some(at) = newest.filter(|at| facts.now.duration_since(*at) <= WEEK) {
        let what = format!(
            "a delivery was verified at {}",
            at.strftime("%Y-%m-%d %H:%M UTC")
        );
        return Some(Finding::ok(AREA, Check::Signed, what));
    }
    if !facts.repos.iter().any(|covered| has(&covered.repo)) {
        return None;
    }
    let what = "no delivery was verified within the last week";
    let repair = "comment on any pull request: the next comment proves the webhook and its secret; if nothing comes, Gitea's page of the webhook shows what the bot answered";
    Some(Finding::warn(AREA, Check::Signed, what).repaired_by(repair))
}
