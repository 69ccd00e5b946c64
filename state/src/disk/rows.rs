//! What stands in the rows: small envelopes with the raw bytes inside them.
//!
//! A change to any of these is a new [`SCHEMA`](super::tables::SCHEMA).

use serde::{Deserialize, Serialize};

use crate::{Effect, EffectId, Item, ItemId, Millis, PullKey, Record, StoreError};

/// Table `items`: one that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ItemRow<'a> {
    pub(super) at: i64,
    pub(super) remember: bool,
    pub(super) identity: &'a [u8],
    pub(super) payload: &'a [u8],
}

/// Table `identities`: one that is remembered. Those that wait stand in their
/// items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IdentityRow {
    /// When an item with it was done last.
    pub(super) done: i64,
}

/// In the table `meta`: the last batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchRow {
    /// Its number. The mark beside the database says which one was
    /// acknowledged.
    pub(super) number: u64,
    /// How many items waited after it.
    pub(super) items: u64,
}

/// Table `records`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecordRow<'a> {
    pub(super) written: i64,
    pub(super) open: bool,
    pub(super) head: &'a [u8],
    pub(super) bytes: &'a [u8],
}

/// Table `memos`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MemoRow<'a> {
    pub(super) written: i64,
    pub(super) value: &'a [u8],
}

/// Table `outbox`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EffectRow<'a> {
    pub(super) repository: u64,
    pub(super) number: u64,
    pub(super) lane: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) rank: u8,
    #[serde(borrow)]
    pub(super) after: Option<&'a [u8]>,
    pub(super) queued_at: i64,
    pub(super) attempts: u32,
    pub(super) not_before: i64,
    pub(super) payload: &'a [u8],
}

impl ItemRow<'_> {
    pub(super) fn item(&self, pull: PullKey, id: u64) -> Item {
        Item {
            id: ItemId(id),
            pull,
            identity: self.identity.to_vec(),
            payload: self.payload.to_vec(),
            at: Millis::new(self.at),
        }
    }
}

impl RecordRow<'_> {
    pub(super) fn record(&self) -> Record {
        Record {
            bytes: self.bytes.to_vec(),
            head: self.head.to_vec(),
            open: self.open,
        }
    }
}

impl EffectRow<'_> {
    pub(super) fn effect(&self, id: u64, maybe_performed: bool) -> Effect {
        Effect {
            id: EffectId(id),
            pull: PullKey {
                repository: self.repository,
                number: self.number,
            },
            lane: self.lane.to_vec(),
            key: self.key.to_vec(),
            rank: self.rank,
            after: self.after.map(<[u8]>::to_vec),
            payload: self.payload.to_vec(),
            queued_at: Millis::new(self.queued_at),
            attempts: self.attempts,
            not_before: Millis::new(self.not_before),
            maybe_performed,
        }
    }
}

/// The bytes of a row.
pub(super) fn encode(row: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(row).map_err(|error| StoreError::Failed(error.to_string()))
}

/// The row in these bytes, of the table `what`.
pub(super) fn decode<'a, Row: Deserialize<'a>>(
    what: &'static str,
    bytes: &'a [u8],
) -> Result<Row, StoreError> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Ok(row),
        _ => Err(StoreError::Damaged(what)),
    }
}
