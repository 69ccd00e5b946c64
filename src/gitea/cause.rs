//! From the facts of a failed call to its cause, its evidence and its repair.
//!
//! [`step`] is the one function from facts to a cause, and pure: where the answer alone leaves several
//! causes it says which further question tells them apart. [`Session::diagnose`] asks (in `probe`, with
//! its budget) until there is a cause. Gitea's wordings are data (`wording`): a new one is a new line.
//!
//! **Invariant:** no cause is told by a status alone, none is ever guessed, and what fits no row is
//! [`Cause::Unexplained`], with its whole evidence.

mod probe;
mod repair;
mod step;
#[cfg(test)]
mod tests;
mod wording;

pub(super) use probe::{Budget, Recollection};

use super::error::CallError;
use super::session::Session;
use crate::model::{Cause, Diagnosis, Evidence, RepoName, Subject};
use crate::numbers;
use step::{Facts, Step, step};

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
            metrics::counter!(numbers::UNEXPLAINED).increment(1);
        }
        metrics::counter!(numbers::CAUSES, "cause" => cause.id()).increment(1);
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
