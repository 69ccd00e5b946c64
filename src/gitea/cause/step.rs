//! The one function from facts to a cause, and pure.
//!
//! **Invariant:** no cause is told by a status alone, and none is ever guessed: where the answer leaves
//! several, the next question is named, the cheapest first, and what the cause is called without it.

use super::probe::{Probe, Told};
use super::{cause_of, wording};
use crate::gitea::error::{CallError, ErrorKind};
use crate::model::{Cause, RepoName, Subject, TeamName};

const TEAM_LIST: &str = "/orgs/{org}/teams";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";

/// What is known of a failed call.
pub(super) struct Facts<'a> {
    /// The answer.
    pub(super) error: &'a CallError,
    /// What was asked about.
    pub(super) about: &'a Subject,
    /// What further questions told.
    pub(super) told: &'a [(Probe, Told)],
    /// Whether a repository of the team's organisation could be read, so that somebody of that name is
    /// there.
    pub(super) owner_is_there: bool,
}

/// What comes next.
pub(super) enum Step {
    /// This is the cause.
    Is(Cause),
    /// This question tells more; without its answer the cause is called so.
    Ask(Probe, Cause),
}

impl Facts<'_> {
    fn told(&self, probe: &Probe) -> Option<&Told> {
        let mut told = self.told.iter();
        told.find(|(asked, _)| asked == probe).map(|(_, told)| told)
    }
}

/// The cause, or the question that is still open.
pub(super) fn step(facts: &Facts<'_>) -> Step {
    let error = facts.error;
    let posts_status = error.evidence.method == "POST" && error.route == STATUSES;
    match &error.kind {
        ErrorKind::Unauthorized => Step::Is(Cause::TokenInvalid),
        ErrorKind::Refused => refusal(facts, posts_status),
        ErrorKind::NotFound | ErrorKind::Server(500) if posts_status => unposted(facts),
        ErrorKind::NotFound => absence(facts),
        ErrorKind::Archived => Step::Is(Cause::CannotComment),
        ErrorKind::Server(_)
        | ErrorKind::Timeout
        | ErrorKind::Unreachable { .. }
        | ErrorKind::Untrusted => Step::Is(Cause::ForgeUnavailable),
        ErrorKind::NotGitea { .. } | ErrorKind::TooMany { .. } | ErrorKind::Unreadable => {
            Step::Is(Cause::ProxyInBetween)
        }
        ErrorKind::Moved { .. } if error.route.starts_with("/orgs/") => {
            Step::Is(Cause::TeamUnknown)
        }
        ErrorKind::Moved { .. } if error.route.starts_with("/users/") => {
            Step::Is(Cause::UserUnknown)
        }
        ErrorKind::Moved { .. } if error.route.starts_with(REPOSITORY) => {
            Step::Is(Cause::RepoNotVisible)
        }
        _ => Step::Is(Cause::Unexplained),
    }
}

/// A 403: by its message; without one that is known, by what it lacks.
fn refusal(facts: &Facts<'_>, posts_status: bool) -> Step {
    let error = facts.error;
    let message = error.evidence.message.as_deref().unwrap_or_default();
    if let Some(cause) = wording::refusal(message) {
        return Step::Is(cause);
    }
    if posts_status {
        return Step::Is(Cause::CannotWriteStatus);
    }
    if message.contains(wording::SCOPE) {
        return Step::Is(Cause::ScopeMissing);
    }
    if !message.is_empty() && !error.signed {
        return unsigned(facts);
    }
    let reads = error.evidence.method == "GET";
    Step::Is(match message.contains(wording::UNIT) {
        true if reads => Cause::RepoNotVisible,
        _ if reads => Cause::Unexplained,
        _ => Cause::CannotComment,
    })
}

/// A message without the address of the API's documentation is about the state of the account
/// (gitea-facts §0.1), unless the account can ask other things.
fn unsigned(facts: &Facts<'_>) -> Step {
    match facts.told(&Probe::Own) {
        None => Step::Ask(Probe::Own, Cause::AccountBlocked),
        Some(Told::No(_)) => Step::Is(Cause::AccountBlocked),
        Some(_) => Step::Is(Cause::ProxyInBetween),
    }
}

/// A status that found no commit: not there yet, unless the repository itself is out of sight.
fn unposted(facts: &Facts<'_>) -> Step {
    let Subject::Repository(repo) = facts.about else {
        return Step::Is(Cause::HeadNotInBase);
    };
    let probe = Probe::Repository(repo.clone());
    match facts.told(&probe) {
        None => Step::Ask(probe, Cause::HeadNotInBase),
        Some(Told::No(error)) if error.kind == ErrorKind::NotFound => hidden(facts, repo),
        Some(Told::No(error)) => Step::Is(cause_of(error)),
        Some(_) => Step::Is(Cause::HeadNotInBase),
    }
}

/// A 404: what it means depends on what was asked about, and is never "no" by itself.
fn absence(facts: &Facts<'_>) -> Step {
    match facts.about {
        Subject::Team(team) if facts.error.route == TEAM_LIST => owner(facts, team),
        Subject::Team(team) => team_absence(facts, team),
        Subject::Repository(repo) => repository_absence(facts, repo),
        Subject::Conversation(pull) => repository_absence(facts, &pull.repo),
        Subject::User(_) => Step::Is(Cause::UserUnknown),
        Subject::Forge if facts.error.route == TEAM_LIST => Step::Is(Cause::TeamUnknown),
        Subject::Forge => Step::Is(Cause::Unexplained),
    }
}

/// Gone, or never there, or the asking account is outside the organisation: all are the same 404
/// (gitea-facts §1.3), and the list of the organisation's teams tells them apart.
fn team_absence(facts: &Facts<'_>, team: &TeamName) -> Step {
    let probe = Probe::Teams(team.org().to_lowercase());
    match facts.told(&probe) {
        None => Step::Ask(probe, Cause::Unexplained),
        Some(Told::Teams(teams)) if crate::gitea::inquiry::id_of(teams, team).is_none() => {
            Step::Is(Cause::TeamUnknown)
        }
        Some(Told::No(error)) if error.kind == ErrorKind::NotFound => owner(facts, team),
        Some(Told::No(error)) => Step::Is(cause_of(error)),
        Some(_) => Step::Is(Cause::Unexplained),
    }
}

/// There is no organisation of that name: only where somebody is there can it be a person.
fn owner(facts: &Facts<'_>, team: &TeamName) -> Step {
    if facts.owner_is_there {
        return Step::Is(Cause::OwnerNotAnOrganisation);
    }
    let probe = Probe::User(team.org().to_lowercase());
    match facts.told(&probe) {
        None => Step::Ask(probe, Cause::TeamUnknown),
        Some(Told::There) => Step::Is(Cause::OwnerNotAnOrganisation),
        Some(_) => Step::Is(Cause::TeamUnknown),
    }
}

fn repository_absence(facts: &Facts<'_>, repo: &RepoName) -> Step {
    if facts.error.route == REPOSITORY {
        return hidden(facts, repo);
    }
    let probe = Probe::Repository(repo.clone());
    match facts.told(&probe) {
        None => Step::Ask(probe, Cause::RepoNotVisible),
        Some(Told::No(error)) if error.kind == ErrorKind::NotFound => hidden(facts, repo),
        Some(Told::No(error)) => Step::Is(cause_of(error)),
        // It is there, and what was asked for in it is not shown: a unit that the account may not read.
        Some(_) => Step::Is(Cause::RepoNotVisible),
    }
}

/// The repository is out of sight. An account that Gitea keeps out of everything, a token that is
/// limited to public things and a missing permission look the same there (gitea-facts §1.6, §13.2).
fn hidden(facts: &Facts<'_>, repo: &RepoName) -> Step {
    match facts.told(&Probe::Own) {
        None => return Step::Ask(Probe::Own, Cause::RepoNotVisible),
        Some(Told::No(error)) => {
            if let cause @ (Cause::TokenInvalid | Cause::AccountBlocked) = cause_of(error) {
                return Step::Is(cause);
            }
        }
        Some(_) => {}
    }
    match limited(facts) {
        Some(true) => return Step::Is(Cause::PublicOnlyToken),
        Some(false) => {}
        None => {
            if let Some(step) = unlisted(facts, repo) {
                return step;
            }
        }
    }
    let listed = Probe::Listed(repo.clone());
    match facts.told(&listed) {
        None => Step::Ask(listed, Cause::RepoNotVisible),
        // It may be found and not be opened: the server wants a second factor (gitea-facts §1.6).
        Some(Told::There) => Step::Is(Cause::AccountBlocked),
        Some(_) => Step::Is(Cause::RepoNotVisible),
    }
}

/// Whether the asking token is limited to public things, as a refusal for want of a scope lists it.
/// `None`: no question so far was refused so.
fn limited(facts: &Facts<'_>) -> Option<bool> {
    let mut asked = [Probe::Own, Probe::Scopes].into_iter();
    asked.find_map(|probe| match facts.told(&probe) {
        Some(Told::No(error)) => wording::public_only(error.evidence.message.as_deref()?),
        _ => None,
    })
}

/// The same where nothing lists it: a question that ordinary tokens are refused does, and where not
/// even that does, the teams of a private organisation tell. `None`: they tell nothing.
fn unlisted(facts: &Facts<'_>, repo: &RepoName) -> Option<Step> {
    if facts.told(&Probe::Scopes).is_none() {
        return Some(Step::Ask(Probe::Scopes, Cause::RepoNotVisible));
    }
    let teams = Probe::Teams(repo.owner().to_lowercase());
    match facts.told(&teams) {
        None => Some(Step::Ask(teams, Cause::RepoNotVisible)),
        Some(Told::No(error)) if cause_of(error) == Cause::PublicOnlyToken => {
            Some(Step::Is(Cause::PublicOnlyToken))
        }
        Some(_) => None,
    }
}
