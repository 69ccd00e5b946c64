//! Who did something: a login and the id behind it.

use super::UserId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A login. Gitea compares logins without case (gitea-facts §13.2), so this type does too.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Login(String);

impl Login {
    /// Takes a login as Gitea wrote it.
    pub fn new(login: impl Into<String>) -> Self {
        Self(login.into())
    }

    /// The login as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Login {}

/// Equal logins have equal hashes, so case does not count here either.
impl std::hash::Hash for Login {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An account as an answer names it. Two accounts are the same when their ids are: logins are
/// re-used after a rename or a deletion (gitea-facts §1.3).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The number that stays.
    pub id: UserId,
    /// The name at the time of the answer.
    pub login: Login,
}

impl Account {
    /// An account by id and login.
    pub fn new(id: i64, login: impl Into<String>) -> Self {
        Self {
            id: UserId::new(id),
            login: Login::new(login),
        }
    }
}

impl PartialEq for Account {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Account {}
