//! What people who look at pages may read, asked with their own tokens.
//!
//! **Invariant:** a visitor's token is used for reading and in the visitor's own name only; it appears
//! nowhere but in requests, it is tried once, and nothing of it outlives the [`Visitor`].

use super::{
    body::Object,
    client::{Gitea, Inner},
    error::ErrorKind,
    exchange::{Expected, status_label},
    path,
    wire::WireUser,
};
use crate::model::{Account, PullRef, RepoName, RepositoryId};
use reqwest::{
    RequestBuilder,
    header::{self, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use std::fmt;

const OWN: &str = "/user";
const OWN_TEAMS: &str = "/user/teams";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const PULL: &str = "/repos/{owner}/{repo}/pulls/{number}";

/// Somebody who signed in.
#[derive(Clone)]
pub struct Visitor {
    gitea: Gitea,
    authorization: HeaderValue,
}

/// Why a visitor's question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// It is not there, or not for this account: Gitea does not say which of the two.
    Closed,
    /// The token is not good any more.
    SignedOut,
    /// It has another name now: the new path, below the API.
    Moved(String),
    /// Gitea did not answer.
    Away,
}

/// A pull request as its visitor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullSeen {
    /// The repository's number.
    pub repository: RepositoryId,
    /// `owner/name` as Gitea writes it.
    pub repo: RepoName,
    /// Its title, which is a stranger's word.
    pub title: String,
}

#[derive(Deserialize)]
struct WireSeen {
    #[serde(default)]
    title: String,
    base: WireBase,
}

#[derive(Deserialize)]
struct WireBase {
    repo: WireRepo,
}

#[derive(Deserialize)]
struct WireRepo {
    id: u64,
    full_name: RepoName,
}

#[derive(Deserialize)]
struct WireTeam {
    #[serde(default)]
    organization: Option<WireOrg>,
}

#[derive(Deserialize)]
struct WireOrg {
    #[serde(default)]
    name: Option<String>,
    /// What it was called before 1.20.
    #[serde(default)]
    username: Option<String>,
}

impl Visitor {
    /// With a token. `None`: no request can carry it.
    pub(super) fn new(gitea: Gitea, token: &SecretString) -> Option<Self> {
        let text = format!("Bearer {}", token.expose_secret());
        let mut authorization = HeaderValue::from_str(&text).ok()?;
        authorization.set_sensitive(true);
        Some(Self {
            gitea,
            authorization,
        })
    }

    /// Who it is.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn fetch_self(&self) -> Result<Account, Unheard> {
        let user: WireUser = self.get(OWN, &[], &[]).await?;
        Ok(user.account())
    }

    /// The organisations in one of whose teams the visitor is, in lower case. Nobody is a member
    /// otherwise, and this needs no scope but `read:user` (gitea-facts §7.1). Of whoever is in very many
    /// teams the first fifty count: more would only show more.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn fetch_organisations(&self) -> Result<Vec<String>, Unheard> {
        let most = [("limit", String::from("50"))];
        let teams: Vec<WireTeam> = self.get(OWN_TEAMS, &[], &most).await?;
        let all = teams.into_iter().filter_map(|team| team.organization);
        let names = all.filter_map(|org| org.name.or(org.username));
        Ok(names.map(|name| name.to_lowercase()).collect())
    }

    /// One pull request.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn fetch_pull(&self, pull: &PullRef) -> Result<PullSeen, Unheard> {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let seen: WireSeen = self.get(PULL, &values, &[]).await?;
        Ok(PullSeen {
            repository: RepositoryId::new(seen.base.repo.id),
            repo: seen.base.repo.full_name,
            title: seen.title,
        })
    }

    /// The number of a repository, if the visitor may read it.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn fetch_repository(&self, repo: &RepoName) -> Result<RepositoryId, Unheard> {
        let repo: WireRepo = self
            .get(REPOSITORY, &[repo.owner(), repo.name()], &[])
            .await?;
        Ok(RepositoryId::new(repo.id))
    }

    async fn get<T: DeserializeOwned + Send>(
        &self,
        route: &'static str,
        values: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Unheard> {
        let path = path::path(route, values).map_err(|_| Unheard::Closed)?;
        let path = path::with_query(path, query);
        let inner = self.gitea.inner();
        let request = inner
            .http
            .get(format!("{}{path}", inner.api))
            .header(header::AUTHORIZATION, self.authorization.clone());
        let expected = Expected {
            route,
            path: &path,
            due: &[200],
        };
        let answered = inner.ask_once("GET", request, &expected).await;
        answered.map_err(unheard)
    }
}

impl Inner {
    /// One question that is none of our identities', asked once and counted like any other.
    pub(super) async fn ask_once<T: DeserializeOwned + Send>(
        &self,
        method: &str,
        request: RequestBuilder,
        expected: &Expected<'_>,
    ) -> Result<T, ErrorKind> {
        let quiet = |wait| ErrorKind::TooMany {
            retry_after: Some(wait),
        };
        let _permit = self.traffic.admit().await.map_err(quiet)?;
        let mut object = Object::new();
        let request = request.timeout(self.timeout);
        let answered = self.answered_to(request, expected, &mut object).await;
        let outcome = match &answered {
            Ok(answer) => answer.status.to_string(),
            Err(refusal) => status_label(&refusal.kind.outcome()),
        };
        tracing::debug!(
            method,
            route = expected.route,
            outcome,
            "a visitor asked the forge"
        );
        self.tally.count(method, expected.route, outcome);
        match answered {
            Ok(_) => object.value.ok_or(ErrorKind::Unreadable),
            Err(refusal) => Err(refusal.kind),
        }
    }
}

fn unheard(kind: ErrorKind) -> Unheard {
    match kind {
        ErrorKind::Unauthorized => Unheard::SignedOut,
        ErrorKind::Refused | ErrorKind::NotFound => Unheard::Closed,
        ErrorKind::Moved { to, .. } => Unheard::Moved(to),
        _ => Unheard::Away,
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor")
    }
}
