//! Reviews.

use super::WireUser;
use crate::gitea::body::BodyError;
use crate::model::{Review, ReviewId, ReviewState};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct WireReview {
    id: u64,
    #[serde(default)]
    user: Option<WireUser>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    commit_id: Option<String>,
    #[serde(default)]
    stale: Option<bool>,
    #[serde(default)]
    official: Option<bool>,
    #[serde(default)]
    dismissed: Option<bool>,
    #[serde(default, deserialize_with = "super::time")]
    submitted_at: Option<Timestamp>,
    #[serde(default)]
    comments_count: Option<u64>,
}

/// A row of the review list.
pub(in crate::gitea) fn review(json: &[u8]) -> Result<Review, BodyError> {
    let row: WireReview = super::read(json)?;
    Ok(Review {
        id: ReviewId::new(row.id),
        reviewer: row.user.map(|user| user.account()),
        state: state(row.state.unwrap_or_default()),
        official: row.official,
        dismissed: row.dismissed,
        stale: row.stale,
        commit: super::sha(row.commit_id.as_deref()),
        submitted_at: row.submitted_at,
        inline_comments: row.comments_count.unwrap_or_default(),
    })
}

fn state(text: String) -> ReviewState {
    match text.as_str() {
        "APPROVED" => ReviewState::Approved,
        "REQUEST_CHANGES" => ReviewState::RequestChanges,
        _ => ReviewState::Other(text),
    }
}
