//! Reactions to a comment.

use super::WireUser;
use crate::gitea::Consent;
use jiff::Timestamp;
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
    #[serde(default, deserialize_with = "super::time")]
    created_at: Option<Timestamp>,
}

impl WireReaction {
    /// Whose consent it is. `None`: it is another reaction, or nobody's.
    pub(in crate::gitea) fn consent(self) -> Option<Consent> {
        let user = self.user.filter(|_| self.content == CONSENT)?;
        let by = Some(user.account()).filter(|who| who.id.is_real())?;
        let at = self.created_at;
        Some(Consent { by, at })
    }
}
