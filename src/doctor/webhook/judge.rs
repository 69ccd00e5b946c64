//! From what is known of the hooks to what is to be said of them.

use super::hook::{judge_place, named};
use super::{EVENTS, Facts, Listed, Secret, target};
use crate::decide::reply::text::{code, counted, listed};
use crate::doctor::{Area, Check, Finding};
use crate::gitea::Place;
use crate::model::RepoName;
use jiff::{SignedDuration, Timestamp};

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

/// Repositories that no hook covers, and those of which that cannot be known.
fn judge_cover(facts: &Facts) -> Vec<Finding> {
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
        if has || recent(facts, covered.verified).is_some() {
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

/// What the bot remembers of verified deliveries, for each webhook that is known; where none can be
/// listed, for all of them.
fn signed(facts: &Facts) -> Vec<Finding> {
    if !facts.remembers {
        let what = "whether deliveries are signed rightly";
        let needs = "the running bot or its store";
        return vec![Finding::skip(AREA, Check::Signed, what, needs)];
    }
    let with_hook = facts
        .places
        .iter()
        .filter(|place| place.ours(facts.listen).next().is_some());
    let known: Vec<Finding> = with_hook
        .map(|place| {
            let covered = facts
                .repos
                .iter()
                .filter(|covered| place.covers(&covered.repo));
            let newest = covered.filter_map(|covered| covered.verified).max();
            let place = named(&place.place);
            recent(facts, newest).map_or_else(|| unproven(&place), |at| proven(at, &place))
        })
        .collect();
    if !known.is_empty() {
        return known;
    }
    let newest = facts
        .repos
        .iter()
        .filter_map(|covered| covered.verified)
        .max();
    let proven = recent(facts, newest).map(|at| proven(at, "a webhook that the bot cannot see"));
    proven.into_iter().collect()
}

fn recent(facts: &Facts, newest: Option<Timestamp>) -> Option<Timestamp> {
    newest.filter(|at| facts.now.duration_since(*at) <= WEEK)
}

fn proven(at: Timestamp, place: &str) -> Finding {
    let at = at.strftime("%Y-%m-%d %H:%M UTC");
    let what = format!("a delivery was verified at {at} ({place})");
    Finding::ok(AREA, Check::Signed, what)
}

fn unproven(place: &str) -> Finding {
    let what = format!("no delivery was verified within the last week ({place})");
    let repair = "comment on any pull request there: the next comment proves the webhook and its secret; if nothing comes, Gitea's page of the webhook shows what the bot answered";
    Finding::warn(AREA, Check::Signed, what).repaired_by(repair)
}
