//! Reactions to a comment.

use super::WireUser;
use crate::model::Account;
use serde::Deserialize;

/// A thumb up, as Gitea spells it (gitea-facts §3.5).
const CONSENT: &str = "+1";

/// One person's reaction.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireReaction {
    #[serde(default)]
    user: Option<WireUser>,
    #[serde(default)]
    content: String,
}

impl WireReaction {
    /// Whose consent it is. `None`: it is another reaction, or nobody's.
    pub(in crate::gitea) fn consent(self) -> Option<Account> {
        let user = self.user.filter(|_| self.content == CONSENT)?;
        Some(user.account()).filter(|who| who.id.is_real())
    }
}
