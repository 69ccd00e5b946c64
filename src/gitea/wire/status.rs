//! Commit statuses. The state is read from `status` and written to `state` (I20, gitea-facts §2.1).

use super::WireUser;
use crate::gitea::body::BodyError;
use crate::model::{PastStatus, PostedStatus, StatusRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A status as an answer has it.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireStatus {
    id: u64,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    pub(in crate::gitea) creator: Option<WireUser>,
    #[serde(default)]
    created_at: Option<String>,
}

/// A row of the status list.
pub(in crate::gitea) fn status(json: &[u8]) -> Result<StatusRow, BodyError> {
    past_status(json).map(|past| past.row)
}

/// The same with its time.
pub(in crate::gitea) fn past_status(json: &[u8]) -> Result<PastStatus, BodyError> {
    let row: WireStatus = super::read(json)?;
    let at = row.created_at.and_then(|at| at.parse::<Timestamp>().ok());
    let row = StatusRow {
        id: row.id,
        context: row.context.unwrap_or_default(),
        state: row.status.unwrap_or_default(),
        description: row.description.unwrap_or_default(),
        creator: row.creator.map(|user| user.account()),
    };
    Ok(PastStatus { row, at })
}

/// A status as it is posted.
#[derive(Serialize)]
pub(in crate::gitea) struct WrittenStatus<'a> {
    state: &'static str,
    context: &'a str,
    description: &'a str,
    target_url: &'a str,
}

impl<'a> WrittenStatus<'a> {
    /// A status, and where it leads.
    pub(in crate::gitea) fn of(status: &'a PostedStatus, target_url: &'a str) -> Self {
        let PostedStatus {
            context,
            state,
            description,
            ..
        } = status;
        Self {
            state: state.as_str(),
            context,
            description,
            target_url,
        }
    }
}
