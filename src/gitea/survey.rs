//! What only a check of the set-up asks: each identity for itself, and of the server more than an
//! evaluation needs. Reads only. Called by `doctor`.

use super::{
    body::Object,
    client::Gitea,
    error::{CallError, ErrorKind},
    session::{Ask, Session},
    settings::Uses,
    version::Version,
    wire::{WireRights, WireSearch, WireUser},
};
use crate::model::{Account, Login, RepoName};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::time::{Duration, Instant};

const VERSION: &str = "/version";
const OWN: &str = "/user";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const SEARCH: &str = "/repos/search";

/// No identity has this place: what is asked so carries no token.
const NOBODY: usize = usize::MAX;

/// One of our identities, to ask as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    pub(super) by: usize,
    /// Its name in the configuration.
    pub name: String,
    /// Its login, as Gitea or the configuration says it. `None`: not known yet.
    pub login: Option<Login>,
    /// What it is for.
    pub uses: Uses,
}

/// How the server introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Which server it is.
    pub version: Version,
    /// Its clock before ours. `None`: it does not say what time it is.
    pub ahead: Option<SignedDuration>,
    /// How long the answer took.
    pub took: Duration,
    /// What stands between us and Gitea, by the headers that Gitea itself never sends. `None`:
    /// nothing that shows.
    pub proxy: Option<&'static str>,
}

/// The account behind an identity as Gitea describes it to itself.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which account it is.
    pub account: Account,
    /// Whether it administers the whole server.
    pub is_admin: bool,
}

/// What an identity may do in a repository, and what the repository is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// `owner/name` at the time of the answer.
    pub name: RepoName,
    /// Administers it: may list its hooks and its rules.
    pub admin: bool,
    /// May write code, and so post statuses (gitea-facts §2.1).
    pub push: bool,
    /// May read code.
    pub pull: bool,
    /// Comments are refused (gitea-facts §0.1).
    pub archived: bool,
    /// Pull requests are switched on.
    pub has_pulls: bool,
    /// Actions are switched on, so that workflows can post statuses (gitea-facts §2.4).
    pub has_actions: bool,
    /// Where pull requests go by default.
    pub default_branch: String,
}

#[derive(Deserialize)]
struct WireStanding {
    #[serde(flatten)]
    user: WireUser,
    #[serde(default)]
    is_admin: bool,
}

impl Gitea {
    /// All our identities, in the configured order.
    #[must_use]
    pub fn speakers(&self) -> Vec<Speaker> {
        let identities = self.inner().identities.iter().enumerate();
        let speaker = |(by, known): (usize, &super::client::Known)| Speaker {
            by,
            name: known.name.clone(),
            login: self.inner().login_of(by),
            uses: known.uses,
        };
        identities.map(speaker).collect()
    }
}

impl Session {
    /// Which server this is, what time it has, how fast it answers and what stands in between.
    /// Asked as nobody: a token that is not valid would be refused here too. Where only those are
    /// answered who sign in (gitea-facts §1.6), each identity is tried.
    ///
    /// # Errors
    /// Any [`CallError`]; a refusal means that the server is there and accepts none of ours.
    pub async fn greet(&self) -> Result<Greeting, CallError> {
        let mut refused = match self.greet_as(NOBODY).await {
            Err(error) if is_refusal(&error) => error,
            answer => return answer,
        };
        for by in 0..self.gitea().inner().identities.len() {
            refused = match self.greet_as(by).await {
                Err(error) if is_refusal(&error) => error,
                answer => return answer,
            };
        }
        Err(refused)
    }

    async fn greet_as(&self, by: usize) -> Result<Greeting, CallError> {
        let call = self.reading(by, &Ask::of(VERSION, &[]), &[200])?;
        let mut object: Object<Version> = Object::new();
        let begun = Instant::now();
        let answer = self.call(&call, &mut object).await?;
        let took = begun.elapsed();
        let version = object.value.ok_or_else(|| self.unreadable(&call))?;
        Ok(Greeting {
            version,
            ahead: answer
                .date
                .map(|date| date.duration_since(Timestamp::now())),
            took,
            proxy: answer.proxy,
        })
    }

    /// The account behind an identity.
    ///
    /// # Errors
    /// Any [`CallError`]; a token without `read:user` is refused (gitea-facts §13.2).
    pub async fn fetch_standing(&self, speaker: &Speaker) -> Result<Standing, CallError> {
        let row: WireStanding = self.get(speaker.by, Ask::of(OWN, &[])).await?;
        let account = row.user.account();
        self.gitea().inner().own.learn(speaker.by, &account);
        Ok(Standing {
            account,
            is_admin: row.is_admin,
        })
    }

    /// Any repository that everybody may read, as the search shows it to this identity. `None`:
    /// there is none.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_public_repository(
        &self,
        speaker: &Speaker,
    ) -> Result<Option<RepoName>, CallError> {
        let query = [
            ("is_private", "false".to_owned()),
            ("page", "1".to_owned()),
            ("limit", "50".to_owned()),
        ];
        let ask = Ask {
            route: SEARCH,
            values: &[],
            query: &query,
        };
        let found: WireSearch = self.get(speaker.by, ask).await?;
        let all = found.all().map_err(|_| self.senseless(SEARCH))?;
        let public = all.into_iter().find(|repository| !repository.hidden);
        Ok(public.map(|repository| repository.name))
    }

    /// What an identity may do in a repository.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_rights(
        &self,
        speaker: &Speaker,
        repo: &RepoName,
    ) -> Result<Rights, CallError> {
        let values = [repo.owner(), repo.name()];
        let row: WireRights = self.get(speaker.by, Ask::of(REPOSITORY, &values)).await?;
        self.saw_owner_of(repo);
        row.rights().map_err(|_| self.senseless(REPOSITORY))
    }
}

fn is_refusal(error: &CallError) -> bool {
    matches!(error.kind, ErrorKind::Refused | ErrorKind::Unauthorized)
}
