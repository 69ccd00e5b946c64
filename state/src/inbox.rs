//! What comes in and waits: arrivals, and the items they become.

use crate::{ItemId, Memo, Millis, PullKey, Record};

/// Something that happened and must not be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The pull request it concerns; its items are handed out in order.
    pub pull: PullKey,
    /// What makes it the same as another arrival for the same pull request.
    pub identity: Vec<u8>,
    /// Whether the identity stays known for [`KEPT`](crate::KEPT) after the
    /// item is done. Without it, it is known only while an item with it waits.
    pub remember: bool,
    /// What the worker needs to know.
    pub payload: Vec<u8>,
    /// When it arrived.
    pub at: Millis,
    /// Written in the same transaction, also when the identity is known already.
    pub memos: Vec<Memo>,
}

/// What became of an arrival. Either way it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// It waits now, under this number.
    New(ItemId),
    /// An item with its identity waits already, or was done not long ago.
    Known,
}

/// An arrival that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number; greater than those of earlier items.
    pub id: ItemId,
    /// The pull request it concerns.
    pub pull: PullKey,
    /// The arrival's identity.
    pub identity: Vec<u8>,
    /// The arrival's payload.
    pub payload: Vec<u8>,
    /// When it arrived.
    pub at: Millis,
}

/// What a worker needs to begin with one pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The oldest waiting items, in order of arrival.
    pub items: Vec<Item>,
    /// What is remembered of the pull request; `None`: nothing yet.
    pub record: Option<Record>,
    /// When the pull request asked to be looked at again; `None`: it did not.
    pub wake: Option<Millis>,
}
