//! Pull requests.

use super::{WireRepository, WireUser};
use crate::gitea::body::BodyError;
use crate::model::{Account, Pull, PullNumber, PullState};
use jiff::Timestamp;
use serde::Deserialize;

/// A pull request, by itself or in a list.
#[derive(Deserialize)]
pub(in crate::gitea) struct WirePull {
    number: u64,
    #[serde(default)]
    user: Option<WireUser>,
    state: String,
    #[serde(default)]
    merged: Option<bool>,
    #[serde(default)]
    is_locked: Option<bool>,
    base: WireBase,
    #[serde(default)]
    head: Option<WireHead>,
    #[serde(default)]
    merge_base: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct WireBase {
    #[serde(rename = "ref")]
    branch: String,
    repo: WireRepository,
}

#[derive(Deserialize)]
struct WireHead {
    #[serde(default)]
    sha: Option<String>,
}

impl WirePull {
    /// The pull request.
    pub(in crate::gitea) fn pull(self) -> Result<Pull, BodyError> {
        let state = self.state()?;
        let head = super::sha(self.head.as_ref().and_then(|head| head.sha.as_deref()));
        let merge_base = super::sha(self.merge_base.as_deref());
        Ok(Pull {
            number: PullNumber::new(self.number),
            // Nobody's account: a deleted author comes as `Ghost` or not at all (gitea-facts §3.4).
            author: self
                .user
                .map_or_else(|| Account::new(0, ""), |user| user.account()),
            state,
            base: self.base.branch,
            empty: head.is_some() && head == merge_base,
            head,
            repository: self.base.repo.repository()?,
            created_at: self.created_at,
            updated_at: self.updated_at,
            locked: self.is_locked.unwrap_or_default(),
        })
    }

    fn state(&self) -> Result<PullState, BodyError> {
        match (self.merged, self.state.as_str()) {
            (Some(true), _) => Ok(PullState::Merged),
            (_, "open") => Ok(PullState::Open),
            (_, "closed") => Ok(PullState::Closed),
            _ => Err(BodyError::Unreadable),
        }
    }
}

/// A row of the list of pull requests.
pub(in crate::gitea) fn listed_pull(json: &[u8]) -> Result<Pull, BodyError> {
    super::read::<WirePull>(json)?.pull()
}
