//! The webhook: there, active, hearing what it has to, pointing here, signed.
//!
//! Hooks are listed where somebody of ours may; where nobody may, the deliveries that came in say
//! whether there is one. Called by `examine`; what `--fix` does about it is in `repair`.

pub(super) mod hook;
pub(super) mod judge;
pub mod target;

pub use judge::judge;

use super::Trouble;
use super::repositories::Looked;
use crate::gitea::{Hook, Place, Session, Speaker};
use crate::model::RepoName;
use jiff::Timestamp;
use std::net::SocketAddr;

/// Exactly what the bot hears, by the names with which a hook is made (gitea-facts §6.5).
pub const EVENTS: [&str; 6] = [
    "pull_request_comment",
    "issue_comment",
    "pull_request_only",
    "pull_request_sync",
    "pull_request_review",
    "status",
];

/// What is known of the hooks.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where the bot listens.
    pub listen: SocketAddr,
    /// Where Gitea reaches it. `None`: that is not known.
    pub address: Option<String>,
    /// What the configuration has to verify deliveries with.
    pub secret: Secret,
    /// Whether a sweep finds what no webhook announces.
    pub sweeps: bool,
    /// Whether the server has no `status` event (gitea-facts §9).
    pub without_status: bool,
    /// The places that cover the repositories, each with its hooks as somebody of ours lists them.
    pub places: Vec<Listed>,
    /// Each repository with when a delivery of it was last verified.
    pub repos: Vec<Covered>,
    /// Whether the bot's memory of deliveries could be asked.
    pub remembers: bool,
    /// Now, by our clock.
    pub now: Timestamp,
}

/// What the configuration has to verify deliveries with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// Nothing: the bot has no webhook.
    Unconfigured,
    /// It is named and cannot be read; the sentence says why.
    Unreadable(String),
    /// It is there.
    There,
}

/// The hooks of one place.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The place.
    pub place: Place,
    /// Who listed them, or why nobody could.
    pub hooks: Result<(Speaker, Vec<Hook>), Trouble>,
}

/// A repository and its deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The repository.
    pub repo: RepoName,
    /// Whether its owner is known to be an organisation.
    pub of_organisation: bool,
    /// When a delivery of it was last verified, to the hour. `None`: none is remembered.
    pub verified: Option<Timestamp>,
}

impl Listed {
    /// Those that point to the bot.
    pub fn ours(&self, listen: SocketAddr) -> impl Iterator<Item = &Hook> {
        let hooks = self.hooks.iter().flat_map(|(_, hooks)| hooks);
        hooks.filter(move |hook| target::is_here(&hook.url, listen))
    }

    /// Whether deliveries of this repository go through hooks of this place.
    #[must_use]
    pub fn covers(&self, repo: &RepoName) -> bool {
        match &self.place {
            Place::Repository(own) => own == repo,
            Place::Organisation(org) => org.eq_ignore_ascii_case(repo.owner()),
            Place::Server => true,
        }
    }
}

/// Lists the hooks of every place that covers a repository.
pub async fn fetch(session: &Session, repos: &[&Looked], owners: &[String]) -> Vec<Listed> {
    let speakers = session.gitea().speakers();
    let mut places: Vec<Place> = vec![Place::Server];
    places.extend(
        owners
            .iter()
            .map(|owner| Place::Organisation(owner.clone())),
    );
    let mut listed = Vec::new();
    for place in places {
        let hooks = fetch_as_anyone(session, &speakers, &place).await;
        listed.extend(hooks.map(|hooks| Listed { place, hooks }));
    }
    for looked in repos {
        let place = Place::Repository(looked.repository.name.clone());
        let admin: Vec<Speaker> = looked.administrator().cloned().into_iter().collect();
        // Nobody who does not administer it may list them, so nobody else needs to ask.
        let asked = if admin.is_empty() {
            speakers.get(..1)
        } else {
            Some(admin.as_slice())
        };
        let asked = asked.unwrap_or_default();
        let hooks = fetch_as_anyone(session, asked, &place).await;
        listed.extend(hooks.map(|hooks| Listed { place, hooks }));
    }
    listed
}

/// The first answer that is one, else the first refusal. `None`: there is nobody to ask as.
async fn fetch_as_anyone(
    session: &Session,
    speakers: &[Speaker],
    place: &Place,
) -> Option<Result<(Speaker, Vec<Hook>), Trouble>> {
    let mut refused = None;
    for speaker in speakers {
        match session.fetch_hooks(speaker, place).await {
            Ok(hooks) => return Some(Ok((speaker.clone(), hooks))),
            Err(error) => {
                refused = refused.or_else(|| Some(Trouble::of(&error, Some(speaker))));
            }
        }
    }
    refused.map(Err)
}
