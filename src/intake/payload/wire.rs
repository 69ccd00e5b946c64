//! The shape of Gitea's payloads: only what is read, and everything may be missing or null.

use super::NotAnEvent;
use crate::model::Account;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The outermost object. Its parts are read when it is known what they are: `comment` is an object
/// here and a text in events about wikis.
#[derive(Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) action: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) number: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) is_pull: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) comment: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) issue: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) pull_request: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) review: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) changes: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sha: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) context: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) state: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) repository: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sender: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) id: Option<u64>,
    pub(super) full_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct User {
    id: Option<i64>,
    login: Option<String>,
}

impl User {
    /// An account without a usable id is kept with the id 0, which is nobody's.
    pub(super) fn account(self) -> Account {
        Account::new(self.id.unwrap_or(0), self.login.unwrap_or_default())
    }
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: Option<u64>,
    pub(super) user: Option<User>,
    pub(super) body: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Issue {
    pub(super) number: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    pub(super) number: Option<u64>,
    pub(super) base: Option<Base>,
}

#[derive(Deserialize)]
pub(super) struct Base {
    #[serde(rename = "ref")]
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) content: Option<String>,
}

/// What an edit changed; what it did not is missing.
#[derive(Default, Deserialize)]
pub(super) struct Changes {
    pub(super) body: Option<Change>,
    pub(super) title: Option<Change>,
    #[serde(rename = "ref")]
    pub(super) base: Option<Change>,
}

#[derive(Deserialize)]
pub(super) struct Change {
    pub(super) from: Option<String>,
}

/// Whether a part is there and is an object.
pub(super) fn is_object(part: Option<&RawValue>) -> bool {
    part.is_some_and(|raw| raw.get().starts_with('{'))
}

/// Reads a part that may be missing.
pub(super) fn part<T: DeserializeOwned>(
    raw: Option<&RawValue>,
    name: &'static str,
) -> Result<Option<T>, NotAnEvent> {
    raw.map(|raw| serde_json::from_str(raw.get()))
        .transpose()
        .map_err(|_| NotAnEvent::Wrong(name))
}

/// Insists on a part.
pub(super) fn need<T>(part: Option<T>, name: &'static str) -> Result<T, NotAnEvent> {
    part.ok_or(NotAnEvent::Missing(name))
}

/// Insists on a number that Gitea gives out: they begin with 1.
pub(super) fn number(part: Option<u64>, name: &'static str) -> Result<u64, NotAnEvent> {
    need(part.filter(|number| *number > 0), name)
}
