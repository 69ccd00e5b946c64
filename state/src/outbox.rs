//! What goes out: effects, queued in lanes.

use crate::{EffectId, Millis, PullKey};

/// An effect to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEffect {
    /// Effects of one lane are performed one at a time.
    pub lane: Vec<u8>,
    /// Within a lane, at most one effect of a key is queued: the newest.
    pub key: Vec<u8>,
    /// Within a lane, a lower rank goes first; equal ranks go in order of age.
    pub rank: u8,
    /// A lane to wait for: whatever was queued there before this effect goes
    /// first. The effect's own lane is no lane to wait for.
    pub after: Option<Vec<u8>>,
    /// What to do.
    pub payload: Vec<u8>,
    /// When it was decided.
    pub at: Millis,
}

/// An effect that waits to be performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Its number; a replacement has a greater one.
    pub id: EffectId,
    /// The pull request whose commit queued it.
    pub pull: PullKey,
    /// Its lane.
    pub lane: Vec<u8>,
    /// Its key within the lane.
    pub key: Vec<u8>,
    /// Its rank within the lane.
    pub rank: u8,
    /// The lane it waits for.
    pub after: Option<Vec<u8>>,
    /// What to do.
    pub payload: Vec<u8>,
    /// When it was decided.
    pub queued_at: Millis,
    /// How often it was postponed.
    pub attempts: u32,
    /// It is not due earlier; [`Millis::EPOCH`] until it is postponed.
    pub not_before: Millis,
    /// Whether it, or one that it replaced, may have been performed without
    /// anybody having recorded that: it was found when the store was opened,
    /// or it was handed out before.
    pub maybe_performed: bool,
}

/// What can be performed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// At most one effect of each lane, the oldest first.
    pub effects: Vec<Effect>,
    /// The earliest later moment at which time alone makes another effect due;
    /// `None`: only a finished effect or a commit can.
    pub next: Option<Millis>,
}
