//! What has to be read before anything can be decided: as little as is safe.

use super::record::{PullRecord, Said};
use crate::model::CommentId;
use jiff::{SignedDuration, Timestamp};

/// Entries that are committed late may carry a slightly earlier time.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// So many entries are read again rather than asking for one comment by itself; fewer than a page has.
const NEAR: u64 = 30;

/// What to read of the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// From which moment of the forge's clock on. `None`: everything.
    pub since: Option<Timestamp>,
    /// Older declarations that have to be seen by themselves, since a deletion may have gone unheard.
    pub verify: Vec<CommentId>,
}

/// What to read, given what is remembered, when the pull request was last changed and when the comments
/// that ask were written.
///
/// A pull request that was changed before what is remembered shows that the forge's clock has gone back:
/// what is new may be older than what is known, and is found only by reading everything.
#[must_use]
pub fn needs(record: Option<&PullRecord>, updated_at: Timestamp, asked: &[Timestamp]) -> Needs {
    let memory = record.and_then(|record| record.timeline.as_ref());
    let Some(memory) = memory.filter(|memory| memory.read_until <= updated_at) else {
        return Needs::default();
    };
    let declares = |said: &&Said| said.declares();
    let is_near = |said: &&Said| memory.entries.saturating_sub(said.entry) <= NEAR;
    let (near, far): (Vec<&Said>, Vec<&Said>) =
        memory.said.iter().filter(declares).partition(is_near);
    let mut since = memory
        .read_until
        .saturating_sub(OVERLAP)
        .unwrap_or(Timestamp::MIN);
    for at in near
        .iter()
        .map(|said| said.updated_at)
        .chain(asked.iter().copied())
    {
        since = since.min(at);
    }
    let verify = far
        .iter()
        .filter(|said| said.updated_at < since)
        .map(|said| said.comment)
        .collect();
    Needs {
        since: Some(since),
        verify,
    }
}
