//! What Gitea's JSON looks like, and how it becomes the types of `model`.
//!
//! Tolerant on purpose: unknown fields are ignored, `null` is read as absent, and what may be
//! missing is `None`. What a fact rests on is required. **Invariant:** no I/O.

mod comment;
mod pull;
mod reaction;
mod repository;
mod review;
mod set_up;
mod status;
mod team;
#[cfg(test)]
mod tests;
mod timeline;
mod user;

pub use comment::RepoComment;
pub(super) use comment::{WireComment, repo_comment};
pub(super) use pull::{WirePull, listed_pull};
pub(super) use reaction::WireReaction;
pub(super) use repository::{WireRepository, WireSearch, listed_repository};
pub(super) use review::review;
pub(super) use set_up::{WireRepoTeam, WireRights, WireRule, guarded_branch, hook};
pub(super) use status::{WireStatus, WrittenStatus, past_status, status};
pub(super) use team::{WireTeam, team};
pub(super) use timeline::entry;
pub(super) use user::{WireUser, member};

use super::body::BodyError;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// Reads one element of a list.
fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, BodyError> {
    serde_json::from_slice(json).map_err(|_| BodyError::Unreadable)
}

/// A time that may be missing, `null` or no time at all.
fn time<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(input)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// A commit id that may be missing or not whole.
fn sha(text: Option<&str>) -> Option<crate::model::Sha> {
    text.and_then(|text| text.parse().ok())
}
