//! What `--fix` can do, as it is shown before it is done.

use crate::decide::reply::text::{code, listed};
use crate::doctor::webhook::EVENTS;
use crate::doctor::webhook::hook::{missing, named};
use crate::gitea::{Hook, Place, Speaker};
use crate::model::RepoName;
use std::fmt;
use std::path::PathBuf;

/// One thing that `--fix` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Writes a fresh secret into this file, which holds none.
    Secret(PathBuf),
    /// Makes a webhook.
    Create {
        /// Where.
        place: Place,
        /// As whom.
        speaker: Speaker,
        /// The bot's address as Gitea sees it.
        url: String,
    },
    /// Makes a webhook anew, with the events that it lacks.
    Remake {
        /// Where.
        place: Place,
        /// As whom.
        speaker: Speaker,
        /// The one that is there.
        hook: Hook,
    },
    /// Asks for a test delivery and waits for it.
    Try {
        /// Of this repository's webhook.
        repo: RepoName,
        /// As whom.
        speaker: Speaker,
        /// Its number.
        hook: u64,
    },
    /// None of ours may, or enough is not known: a request for somebody who may.
    Ask(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(file) => write!(
                f,
                "write a fresh secret for the webhook to {}, for its owner alone",
                file.display()
            ),
            Self::Create {
                place,
                speaker,
                url,
            } => {
                let events = listed(&EVENTS.map(code), "and");
                let (place, who) = (named(place), code(&speaker.name));
                write!(
                    f,
                    "as {who}, make an active webhook of {place} that sends JSON to {} and hears {events}",
                    code(url)
                )
            }
            Self::Remake {
                place,
                speaker,
                hook,
            } => {
                let missing = missing(hook, false).into_iter().map(code);
                let missing = listed(&missing.collect::<Vec<_>>(), "and");
                let (place, who) = (named(place), code(&speaker.name));
                write!(
                    f,
                    "as {who}, make webhook {} of {place} anew so that it hears {missing} too",
                    hook.id
                )
            }
            Self::Try {
                repo,
                speaker,
                hook,
            } => {
                let who = code(&speaker.name);
                write!(
                    f,
                    "as {who}, ask Gitea for a test delivery of webhook {hook} of {}",
                    code(repo)
                )
            }
            Self::Ask(request) => write!(f, "not by the bot: {request}"),
        }
    }
}
