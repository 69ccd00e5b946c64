//! Accounts.

use crate::gitea::body::BodyError;
use crate::model::Account;
use serde::Deserialize;

/// An account as it stands in nearly every answer.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireUser {
    pub(super) id: i64,
    #[serde(default)]
    login: Option<String>,
    #[serde(default)]
    pub(super) visibility: Option<String>,
}

impl WireUser {
    /// The account. Whether it is a real one is for the reader to ask (I18).
    pub(in crate::gitea) fn account(&self) -> Account {
        Account::new(self.id, self.login.as_deref().unwrap_or_default())
    }

    /// The account's login.
    pub(super) fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }
}

/// A row of a team's members.
pub(in crate::gitea) fn member(json: &[u8]) -> Result<Account, BodyError> {
    super::read::<WireUser>(json).map(|user| user.account())
}
