//! What a token may do: as the server lists it, or found out by calls that cannot change anything.
//!
//! A refusal for want of a scope lists the scopes that the token has (gitea-facts §1.6, from 1.23
//! on), so one refused read tells them all. Where none is listed, each scope is tried on something
//! that cannot exist: Gitea looks at the scope first, so 403 means that it is missing and 404 that
//! it is there. **Invariant:** no call here names anything that could be there: `-` is a name that
//! Gitea reserves, and its ids begin at 1.

use super::{
    body::Object,
    error::{CallError, ErrorKind},
    exchange::Call,
    scope::{Category, Scope, Scopes},
    session::Session,
    survey::Speaker,
    version::{Kind, Version},
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

const OWN_TOKEN: &str = "/token";
const ADMINISTRATION: &str = "/admin/hooks";
/// A message of this length was cut, and what it lists with it.
const CUT: usize = 200;

/// Each scope with the call that tells whether a token has it.
const PROBES: &[(Scope, Method, &str)] = &[
    (Scope::read(Category::User), Method::GET, "/user"),
    (Scope::write(Category::User), Method::DELETE, "/user/keys/0"),
    (Scope::read(Category::Organization), Method::GET, "/teams/0"),
    (
        Scope::write(Category::Organization),
        Method::PATCH,
        "/teams/0",
    ),
    (Scope::read(Category::Repository), Method::GET, "/repos/-/-"),
    (
        Scope::write(Category::Repository),
        Method::PATCH,
        "/repos/-/-",
    ),
    (
        Scope::read(Category::Issue),
        Method::GET,
        "/repos/-/-/issues/comments/0",
    ),
    (
        Scope::write(Category::Issue),
        Method::PATCH,
        "/repos/-/-/issues/comments/0",
    ),
    (
        Scope::read(Category::Notification),
        Method::GET,
        "/notifications/threads/0",
    ),
    (
        Scope::write(Category::Notification),
        Method::PATCH,
        "/notifications/threads/0",
    ),
    (Scope::read(Category::Package), Method::GET, "/packages/-"),
];

#[derive(Deserialize)]
struct WireToken {
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

impl Session {
    /// What the token of an identity may do.
    ///
    /// # Errors
    /// Any [`CallError`] that says nothing about scopes: an invalid token, a blocked account, a
    /// server that does not answer.
    pub async fn fetch_scopes(
        &self,
        speaker: &Speaker,
        version: Option<&Version>,
    ) -> Result<Scopes, CallError> {
        if version.is_some_and(describes_tokens)
            && let Some(scopes) = self.described(speaker).await
        {
            return Ok(scopes);
        }
        let call = bare(speaker, Method::GET, ADMINISTRATION);
        let mut scopes = Scopes::default();
        match self.try_out(&call).await? {
            Some(message) => {
                if let Some(listed) = listed_in(&message) {
                    return Ok(listed);
                }
            }
            None => {
                scopes.held.insert(Scope::read(Category::Admin));
            }
        }
        self.found_out(speaker, scopes).await
    }

    /// From 1.27 on a token may be asked about itself (gitea-facts §1.6).
    async fn described(&self, speaker: &Speaker) -> Option<Scopes> {
        let call = bare(speaker, Method::GET, OWN_TOKEN);
        let mut object: Object<WireToken> = Object::new();
        self.call(&call, &mut object).await.ok()?;
        let words = object.value?.scopes?;
        Some(Scopes::listed(words.iter().map(String::as_str)))
    }

    async fn found_out(&self, speaker: &Speaker, mut scopes: Scopes) -> Result<Scopes, CallError> {
        for (scope, method, route) in PROBES {
            let call = bare(speaker, method.clone(), route);
            if self.try_out(&call).await?.is_none() {
                scopes.held.insert(*scope);
            }
        }
        // Nobody gives a token every single scope by hand.
        let writes = scopes.held.iter().filter(|scope| scope.write).count();
        scopes.all = writes == PROBES.iter().filter(|(scope, ..)| scope.write).count()
            && scopes.held.contains(&Scope::read(Category::Admin));
        Ok(scopes)
    }

    /// Gitea's message where the token lacks the call's scope. `None`: it has it.
    async fn try_out(&self, call: &Call) -> Result<Option<String>, CallError> {
        let mut ignored: Object<Value> = Object::new();
        let Err(error) = self.call(call, &mut ignored).await else {
            return Ok(None);
        };
        match &error.kind {
            ErrorKind::Refused => {
                let message = error.evidence.message.clone().unwrap_or_default();
                if message.contains("required scope") {
                    return Ok(Some(message));
                }
                // Without an address in it, it is about the account (gitea-facts §0.1).
                if error.signed { Ok(None) } else { Err(error) }
            }
            ErrorKind::NotFound
            | ErrorKind::Rejected(_)
            | ErrorKind::Moved { .. }
            | ErrorKind::Unreadable
            | ErrorKind::Unexpected(_)
            | ErrorKind::NotGitea {
                status: 404 | 405, ..
            } => Ok(None),
            _ => Err(error),
        }
    }
}

fn bare(speaker: &Speaker, method: Method, route: &'static str) -> Call {
    let writes = method != Method::GET;
    Call {
        method,
        route,
        path: route.to_owned(),
        json: writes.then(|| b"{}".to_vec()),
        due: &[200],
        by: speaker.by,
    }
}

fn describes_tokens(version: &Version) -> bool {
    matches!(
        (version.kind, version.major, version.minor),
        (Kind::Gitea, Some(1), Some(27..)) | (Kind::Gitea, Some(2..), _)
    )
}

/// The scopes that a refusal lists. `None`: it lists none, or not all of them.
fn listed_in(message: &str) -> Option<Scopes> {
    let (_, words) = message.split_once("token scope=")?;
    (message.chars().count() < CUT).then(|| Scopes::listed(words.split(',')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_lists_what_the_token_has() {
        let message = "token does not have at least one of required scope(s), required=[read:admin], token scope=public-only,write:issue,read:user";
        let scopes = listed_in(message).unwrap();
        assert!(scopes.allow(Scope::read(Category::Issue)));
        assert!(scopes.allow(Scope::write(Category::Issue)));
        assert!(!scopes.allow(Scope::write(Category::User)));
        assert_eq!((scopes.all, scopes.public_only), (false, Some(true)));
    }

    #[test]
    fn a_list_that_is_missing_or_was_cut_is_none() {
        let forgejo = "token does not have at least one of required scope(s): [read:admin]";
        assert_eq!(listed_in(forgejo), None);
        let cut = format!("token scope={}", "write:issue,".repeat(20));
        assert_eq!(listed_in(&cut), None);
    }
}
