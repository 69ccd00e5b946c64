//! A call that failed, in the words of the diagnosis: the one place where the doctor meets it.
//!
//! The cause comes from `gitea`, meaning and repair from `decide::reply::cause`, so that a reply
//! and the doctor say the same. What no reply ever says is said here.

use crate::decide::reply::cause::{came_back, meaning};
use crate::decide::reply::repair::repair;
use crate::decide::reply::text::code;
use crate::gitea::{CallError, Speaker, diagnosis_of};
use crate::model::{Cause, Diagnosis, Evidence};

/// A call that failed, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(Box<Diagnosis>);

impl Trouble {
    /// Why a call failed that an identity made.
    pub(super) fn of(error: &CallError, speaker: Option<&Speaker>) -> Self {
        let login = speaker.and_then(|speaker| speaker.login.clone());
        Self(Box::new(Diagnosis {
            login,
            ..diagnosis_of(error)
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
        let told: Vec<String> = self.0.evidence.iter().map(call).collect();
        told.join("; ")
    }

    /// The one action that repairs it. `None`: there is nothing to do but wait.
    #[must_use]
    pub fn repair(&self) -> Option<String> {
        match self.0.cause {
            Cause::ForgeUnavailable => Some(String::from(
                "see to it that `forge.url` (or `forge.api_url`, where it is set) is right and that Gitea runs, then ask again",
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

fn call(evidence: &Evidence) -> String {
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

impl From<Diagnosis> for Trouble {
    fn from(diagnosis: Diagnosis) -> Self {
        Self(Box::new(diagnosis))
    }
}
