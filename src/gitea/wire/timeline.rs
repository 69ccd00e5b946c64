//! Entries of the timeline.

use super::WireUser;
use crate::gitea::{body::BodyError, splitter::Element};
use crate::model::{Comment, CommentId, Entry, EntryKind, ReviewId, Sha, TimelineId};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct WireEntry {
    id: u64,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    user: Option<WireUser>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    review_id: Option<u64>,
    #[serde(default)]
    new_ref: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// The JSON inside the body of a `pull_push` entry. `is_force_push` is not to be trusted
/// (gitea-facts §13.2) and so is not read.
#[derive(Deserialize)]
struct WirePush {
    #[serde(default)]
    commit_ids: Option<Vec<String>>,
}

/// An entry of the timeline.
pub(in crate::gitea) fn entry(element: Element<'_>) -> Result<Entry, BodyError> {
    let row: WireEntry = super::read(element.json)?;
    Ok(Entry {
        id: TimelineId::new(row.id),
        created_at: row.created_at,
        updated_at: row.updated_at,
        kind: kind(row, element.tail)?,
    })
}

fn kind(row: WireEntry, tail: Option<&[u8]>) -> Result<EntryKind, BodyError> {
    Ok(match row.kind.as_deref() {
        Some("comment") => EntryKind::Comment(comment(row)),
        Some("pull_push") => EntryKind::Push {
            last: last_commit(row.body.as_deref().unwrap_or_default(), tail)?,
            pusher: row.user.map(|user| user.account()),
        },
        Some("change_target_branch") => EntryKind::Retarget {
            to: row.new_ref.filter(|to| !to.is_empty()),
        },
        Some("reopen") => EntryKind::Reopen,
        Some("review") => EntryKind::Review(ReviewId::new(row.review_id.unwrap_or_default())),
        _ => EntryKind::Other,
    })
}

fn comment(row: WireEntry) -> Comment {
    let mut body = row.body.unwrap_or_default();
    body.truncate(Comment::cut(&body).len());
    Comment {
        id: CommentId::new(row.id),
        author: row.user.map(|user| user.account()),
        body,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// The last commit that a push names: on a force push the list is `[old, new]`, so the last one
/// is right there too. Of a body that was cut only the end is needed. `None`: it names none.
fn last_commit(body: &str, tail: Option<&[u8]>) -> Result<Option<Sha>, BodyError> {
    if let Some(tail) = tail {
        return last_sha(tail).map(Some).ok_or(BodyError::Unreadable);
    }
    if body.is_empty() {
        return Ok(None);
    }
    let push: WirePush = super::read(body.as_bytes())?;
    let Some(last) = push.commit_ids.unwrap_or_default().pop() else {
        return Ok(None);
    };
    last.parse().map(Some).map_err(|_| BodyError::Unreadable)
}

/// The last run of hexadecimal digits that is a whole commit id.
fn last_sha(tail: &[u8]) -> Option<Sha> {
    let runs = tail.rsplit(|byte| !byte.is_ascii_hexdigit());
    runs.filter_map(|run| std::str::from_utf8(run).ok())
        .find_map(|run| run.parse().ok())
}
