//! From the facts of a failed call to its cause, its evidence and its repair.
//!
//! [`step`] is the one function from facts to a cause, and pure: where the answer alone leaves several
//! causes it says which further question tells them apart, the cheapest first, and what the cause is
//! called if that cannot be asked. [`Session::diagnose`] asks (in `probe`, with its budget) until
//! there is a cause. The wordings of Gitea's are data (`wording`), so that a new one is a new line.
//!
//! **Invariant:** no cause is told by a status alone, none is ever guessed, and what fits no row is
//! [`Cause::Unexplained`], with its whole evidence.

mod probe;
mod repair;
mod wording;

pub(super) use probe::{Budget, Recollection};

use super::error::{CallError, ErrorKind};
use super::session::Session;
use crate::model::{Cause, Diagnosis, Evidence, RepoName, Subject, TeamName};
use probe::{Probe, Told};

const TEAM_LIST: &str = "/orgs/{org}/teams";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";
const COMMENTS: &str = "/repos/{owner}/{repo}/issues/{number}/comments";
const USER: &str = "/users/{user}";

/// Why a call failed, as far as its own answer says.
#[must_use]
pub fn cause_of(error: &CallError) -> Cause {
    let about = subject_of(error);
    let facts = Facts {
        error,
        about: &about,
        told: &[],
        owner_is_there: false,
    };
    match step(&facts) {
        Step::Is(cause) | Step::Ask(_, cause) => cause,
    }
}

/// What a call's own answer says of itself: the cause and its repair, without asking further. The
/// login behind the asking identity is not known here.
#[must_use]
pub fn diagnosis_of(error: &CallError) -> Diagnosis {
    let about = subject_of(error);
    let cause = cause_of(error);
    let evidence = vec![Evidence::clone(&error.evidence)];
    Diagnosis {
        cause,
        asked_as: error.evidence.asked_as.clone(),
        login: None,
        repair: repair::repair(&error.pages, cause, &about, &evidence),
        passed_over: false,
        about,
        evidence,
    }
}

/// What is known of a failed call.
pub(super) struct Facts<'a> {
    /// The answer.
    error: &'a CallError,
    /// What was asked about.
    about: &'a Subject,
    /// What further questions told.
    told: &'a [(Probe, Told)],
    /// Whether a repository of the team's organisation could be read, so that somebody of that name is
    /// there.
    owner_is_there: bool,
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
fn step(facts: &Facts<'_>) -> Step {
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
        Some(Told::Teams(teams)) if super::inquiry::id_of(teams, team).is_none() => {
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

/// What a call was about, from its own path.
fn subject_of(error: &CallError) -> Subject {
    let path = error.evidence.path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let mut next = || parts.next().unwrap_or_default();
    match next() {
        "repos" => {
            let name = format!("{}/{}", next(), next());
            let Ok(repo) = name.parse::<RepoName>() else {
                return Subject::Forge;
            };
            let number = (next() == "issues").then(next).and_then(|n| n.parse().ok());
            match number.filter(|_| error.route == COMMENTS && error.evidence.method == "POST") {
                Some(number) => Subject::Conversation(crate::model::PullRef {
                    repo,
                    number: crate::model::PullNumber::new(number),
                }),
                None => Subject::Repository(repo),
            }
        }
        "users" if error.route == USER => Subject::User(crate::model::Login::new(next())),
        _ => Subject::Forge,
    }
}

impl Session {
    /// Why a call failed: from its own answer, and where that leaves several causes from at most four
    /// further questions per evaluation, whose answers are remembered for a minute.
    pub async fn diagnose(&self, error: &CallError) -> Diagnosis {
        self.diagnose_about(error, subject_of(error)).await
    }

    /// The same where the caller knows what was asked about: a team's routes carry only a number.
    pub(super) async fn diagnose_about(&self, error: &CallError, about: Subject) -> Diagnosis {
        let by = self.gitea().inner().named(&error.evidence.asked_as);
        let owner_is_there = match &about {
            Subject::Team(team) => self.has_seen_owner(team.org()),
            _ => false,
        };
        let mut evidence = vec![Evidence::clone(&error.evidence)];
        let mut told = Vec::new();
        let cause = loop {
            let facts = Facts {
                error,
                about: &about,
                told: &told,
                owner_is_there,
            };
            let (probe, otherwise) = match step(&facts) {
                Step::Is(cause) => break cause,
                Step::Ask(probe, otherwise) => (probe, otherwise),
            };
            let Some((answer, seen)) = self.find_out(by, &probe).await else {
                break otherwise;
            };
            evidence.push(seen);
            told.push((probe, answer));
        };
        self.diagnosis(cause, about, evidence)
    }

    /// A cause with its repair.
    pub(super) fn diagnosis(
        &self,
        cause: Cause,
        about: Subject,
        evidence: Vec<Evidence>,
    ) -> Diagnosis {
        if cause == Cause::Unexplained {
            metrics::counter!("refire_unexplained_total").increment(1);
        }
        let asked_as = evidence
            .first()
            .map(|first| first.asked_as.clone())
            .unwrap_or_default();
        Diagnosis {
            cause,
            login: self.gitea().inner().login_named(&asked_as),
            repair: repair::repair(&self.gitea().inner().pages, cause, &about, &evidence),
            passed_over: false,
            asked_as,
            about,
            evidence,
        }
    }
}
