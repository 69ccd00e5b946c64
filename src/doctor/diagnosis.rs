//! A call that failed, in the words of the diagnosis: the one place where the doctor meets it.
//!
//! The cause comes from `gitea`, meaning and repair from `decide::reply::cause`, so that a reply
//! and the doctor say the same. What no reply ever says, such as how a repository becomes visible,
//! is said here.

use crate::decide::reply::cause::{came_back, meaning, repair};
use crate::decide::reply::text::code;
use crate::gitea::{CallError, Speaker, cause_of};
use crate::model::{Attempt, Cause, TeamName};

/// A call that failed, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(Box<Attempt>);

impl Trouble {
    /// Why a call failed that an identity made.
    pub(super) fn of(error: &CallError, speaker: Option<&Speaker>) -> Self {
        // Only sentences about teams name the team, and those come with an attempt of their own.
        let nobodys = TeamName::new("", "");
        Self(Box::new(Attempt {
            asked_as: error.evidence.asked_as.clone(),
            login: speaker.and_then(|speaker| speaker.login.clone()),
            team: nobodys,
            cause: cause_of(error),
            evidence: (*error.evidence).clone(),
        }))
    }

    /// Why it failed.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.0.cause
    }

    /// What it means, as a sentence without its full stop.
    #[must_use]
    pub fn meaning(&self) -> String {
        meaning(&self.0)
    }

    /// What was asked, as whom, and what came back.
    #[must_use]
    pub fn evidence(&self) -> String {
        let evidence = &self.0.evidence;
        let who = match evidence.asked_as.as_str() {
            "" => String::from("nobody"),
            name => code(name),
        };
        format!(
            "{} {} as {who} at {}: {}",
            evidence.method,
            evidence.path,
            evidence.at.strftime("%H:%M:%S UTC"),
            came_back(evidence)
        )
    }

    /// The one action that repairs it. `None`: there is nothing to do but wait.
    #[must_use]
    pub fn repair(&self) -> Option<String> {
        let who = self
            .0
            .login
            .as_ref()
            .map_or(self.0.asked_as.as_str(), |login| login.as_str());
        match self.0.cause {
            Cause::RepoNotVisible => Some(format!(
                "give `{who}` access to the repository, through a team of its owner or as a collaborator"
            )),
            Cause::ForgeUnavailable => Some(String::from(
                "see to it that `forge.url` is right and that Gitea runs, then ask again",
            )),
            _ => repair(&self.0),
        }
    }

    /// Whether the server is there and does not accept who asked.
    #[must_use]
    pub const fn is_about_us(&self) -> bool {
        matches!(
            self.0.cause,
            Cause::TokenInvalid | Cause::AccountBlocked | Cause::SignInRequired
        )
    }
}

impl From<Attempt> for Trouble {
    fn from(attempt: Attempt) -> Self {
        Self(Box::new(attempt))
    }
}
