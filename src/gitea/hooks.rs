//! Webhooks: listing them, and making one right.
//!
//! **Invariant:** a hook's secret goes into a request and nowhere else, and an existing hook is
//! never changed in place: a `PATCH` resets what it does not name (gitea-facts §6.5). Called by
//! `doctor` only, and the writes by its repair only.

use super::{
    body::Object,
    error::{CallError, ErrorKind},
    exchange::Call,
    pages::Walk,
    path,
    session::{Ask, Session},
    splitter::Element,
    survey::Speaker,
    wire,
};
use crate::model::RepoName;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const OF_REPOSITORY: &str = "/repos/{owner}/{repo}/hooks";
const ONE_OF_REPOSITORY: &str = "/repos/{owner}/{repo}/hooks/{id}";
const TEST: &str = "/repos/{owner}/{repo}/hooks/{id}/tests";
const OF_ORGANISATION: &str = "/orgs/{org}/hooks";
const ONE_OF_ORGANISATION: &str = "/orgs/{org}/hooks/{id}";
const OF_SERVER: &str = "/admin/hooks";
/// Nobody has more hooks in one place than this many pages.
const PAGES: u64 = 10;

/// What a hook is installed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One repository.
    Repository(RepoName),
    /// All repositories of an organisation.
    Organisation(String),
    /// The whole server.
    Server,
}

/// A webhook as the API shows it, which is without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its number.
    pub id: u64,
    /// Where deliveries go.
    pub url: String,
    /// Whether they are JSON.
    pub json: bool,
    /// What it hears, by the names of gitea-facts §6.5.
    pub events: BTreeSet<String>,
    /// Whether it delivers at all.
    pub active: bool,
    /// Whether it has neither a branch filter nor an authorization header, so that it can be made
    /// anew without losing anything.
    pub plain: bool,
}

/// A hook to be made.
#[derive(Clone, Debug)]
pub struct NewHook<'a> {
    /// Where deliveries are to go.
    pub url: &'a str,
    /// What it is to hear.
    pub events: &'a [&'a str],
    /// What deliveries are signed with.
    pub secret: &'a SecretString,
}

impl Session {
    /// The hooks of a place.
    ///
    /// # Errors
    /// Any [`CallError`]; repositories' hooks need their administrator, an organisation's an
    /// owner, the server's a site administrator.
    pub async fn fetch_hooks(
        &self,
        speaker: &Speaker,
        place: &Place,
    ) -> Result<Vec<Hook>, CallError> {
        let values = values(place);
        let walk = Walk {
            by: speaker.by,
            ask: Ask::of(route(place), &values),
            pages: PAGES,
            grows: false,
        };
        let (rows, _) = self
            .rows(walk, |row: Element<'_>| wire::hook(row.json))
            .await?;
        Ok(rows)
    }

    /// Makes a hook: active, JSON, with these events.
    ///
    /// # Errors
    /// Any [`CallError`]; see [`CallError::maybe_performed`].
    pub async fn create_hook(
        &self,
        speaker: &Speaker,
        place: &Place,
        new: &NewHook<'_>,
    ) -> Result<Hook, CallError> {
        let body = json!({
            "type": "gitea",
            "active": true,
            "events": new.events,
            "config": {
                "url": new.url,
                "content_type": "json",
                "secret": new.secret.expose_secret(),
            },
        });
        let send = Send {
            method: Method::POST,
            route: route(place),
            values: &values(place),
            body: Some(&body),
            due: &[201],
        };
        let answer = self.send(speaker, &send).await?;
        let bytes = serde_json::to_vec(&answer).unwrap_or_default();
        wire::hook(&bytes).map_err(|_| self.error(speaker.by, send.route, ErrorKind::Unreadable))
    }

    /// Removes a hook of a repository or an organisation.
    ///
    /// # Errors
    /// Any [`CallError`]; the server's own hooks are not ours to remove ([`ErrorKind::Unaskable`]).
    pub async fn remove_hook(
        &self,
        speaker: &Speaker,
        place: &Place,
        id: u64,
    ) -> Result<(), CallError> {
        let id = id.to_string();
        let mut values = values(place);
        values.push(&id);
        let route = match place {
            Place::Repository(_) => ONE_OF_REPOSITORY,
            Place::Organisation(_) => ONE_OF_ORGANISATION,
            Place::Server => return Err(self.error(speaker.by, OF_SERVER, ErrorKind::Unaskable)),
        };
        let send = Send {
            method: Method::DELETE,
            route,
            values: &values,
            body: None,
            due: &[204],
        };
        self.send(speaker, &send).await.map(|_| ())
    }

    /// Asks for a test delivery, which only repositories' hooks have and only those that hear
    /// `push` (gitea-facts §6.4).
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn try_hook(
        &self,
        speaker: &Speaker,
        repo: &RepoName,
        id: u64,
    ) -> Result<(), CallError> {
        let id = id.to_string();
        let send = Send {
            method: Method::POST,
            route: TEST,
            values: &[repo.owner(), repo.name(), &id],
            body: None,
            due: &[204],
        };
        self.send(speaker, &send).await.map(|_| ())
    }

    /// Sends a write once. `Null`: the answer has no body.
    async fn send(&self, speaker: &Speaker, send: &Send<'_>) -> Result<Value, CallError> {
        let unaskable = || {
            let mut error = self.error(speaker.by, send.route, ErrorKind::Unaskable);
            error.evidence.method = send.method.to_string();
            error
        };
        let call = Call {
            method: send.method.clone(),
            route: send.route,
            path: path::path(send.route, send.values).map_err(|_| unaskable())?,
            json: send.body.map(|body| body.to_string().into_bytes()),
            due: send.due,
            by: speaker.by,
        };
        let mut object: Object<Value> = Object::new();
        self.call(&call, &mut object).await?;
        Ok(object.value.unwrap_or_default())
    }
}

/// A write: how, where, what, and which answers are good.
struct Send<'a> {
    method: Method,
    route: &'static str,
    values: &'a [&'a str],
    body: Option<&'a Value>,
    due: &'static [u16],
}

const fn route(place: &Place) -> &'static str {
    match place {
        Place::Repository(_) => OF_REPOSITORY,
        Place::Organisation(_) => OF_ORGANISATION,
        Place::Server => OF_SERVER,
    }
}

fn values(place: &Place) -> Vec<&str> {
    match place {
        Place::Repository(repo) => vec![repo.owner(), repo.name()],
        Place::Organisation(org) => vec![org],
        Place::Server => Vec::new(),
    }
}
