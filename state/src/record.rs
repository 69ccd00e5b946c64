//! What is remembered: the record of a pull request, memos, and the commit
//! that writes them together.

use crate::{ItemId, MemoKey, Millis, NewEffect, PullKey};

/// What is remembered of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The memory itself.
    pub bytes: Vec<u8>,
    /// The head, by which pull requests of one repository are found.
    pub head: Vec<u8>,
    /// Whether the pull request is open. What is not is forgotten after
    /// [`KEPT`](crate::KEPT).
    pub open: bool,
}

/// What a commit says about being looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// As it was.
    Keep,
    /// No need.
    Clear,
    /// At this moment.
    At(Millis),
}

/// A small value under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    /// Its name.
    pub key: MemoKey,
    /// Its value.
    pub value: Vec<u8>,
    /// What happens when there is one already.
    pub write: Write,
}

/// What writing a memo does to one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It is replaced.
    Always,
    /// It stays as it is, its age included.
    IfAbsent,
    /// It goes, and nothing comes in its place; the value is not looked at.
    Remove,
}

/// Everything that one look at a pull request changes. It is written whole or
/// not at all.
///
/// The parts are applied in this order: items done, record, wake, cancelled
/// effects, new effects, memos forgotten, memos written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The pull request.
    pub pull: PullKey,
    /// The new record; `None`: as it was.
    pub record: Option<Record>,
    /// Whether and when to look again.
    pub wake: Wake,
    /// Items of this pull request that need no more work. One that is not
    /// there is fine.
    pub done: Vec<ItemId>,
    /// Effects to perform. One with the lane and key of a queued effect
    /// replaces it, whichever pull request that came from.
    pub effects: Vec<NewEffect>,
    /// Queued effects, by lane and key, that shall not be performed any more.
    /// One that is not there is fine.
    pub cancel: Vec<(Vec<u8>, Vec<u8>)>,
    /// Memos to write.
    pub memos: Vec<Memo>,
    /// Memos to remove.
    pub forget: Vec<MemoKey>,
    /// When this happens.
    pub at: Millis,
}

impl Commit {
    /// A commit that changes nothing yet.
    pub fn new(pull: PullKey, at: Millis) -> Self {
        Self {
            pull,
            record: None,
            wake: Wake::Keep,
            done: Vec::new(),
            effects: Vec::new(),
            cancel: Vec::new(),
            memos: Vec::new(),
            forget: Vec::new(),
            at,
        }
    }
}
