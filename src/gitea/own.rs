//! Which accounts are ours, learned from what Gitea says and never guessed.

use super::journal::open;
use crate::model::Account;
use std::sync::Mutex;

/// The account behind each identity, once it is known.
pub(super) struct OwnAccounts(Mutex<Vec<Option<Account>>>);

impl OwnAccounts {
    pub(super) fn new(identities: usize) -> Self {
        Self(Mutex::new(vec![None; identities]))
    }

    /// Remembers the account behind an identity; a deleted or system account is nobody's.
    pub(super) fn learn(&self, by: usize, account: &Account) {
        if let Some(place) = open(&self.0).get_mut(by).filter(|_| account.id.is_real()) {
            *place = Some(account.clone());
        }
    }

    pub(super) fn of(&self, by: usize) -> Option<Account> {
        open(&self.0).get(by).cloned().flatten()
    }
}
