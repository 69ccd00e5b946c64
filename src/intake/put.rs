//! An event on its way into the inbox.

use super::Event;
use crate::model::Digest;
use jiff::Timestamp;
use state::{Arrival, Memo, Millis, PullKey};

/// An event, what makes it the same as another telling of it, and what is remembered with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The event.
    pub event: Event,
    /// Two tellings with one identity are one event.
    pub identity: Vec<u8>,
    /// Written in the same transaction, even when the event is known already.
    pub memos: Vec<Memo>,
}

impl Put {
    /// An event under its own identity; `body` is what a comment said when it was told.
    #[must_use]
    pub fn new(event: Event, body: &Digest, epoch: u64) -> Self {
        Self {
            identity: event.identity(body, epoch),
            event,
            memos: Vec::new(),
        }
    }

    /// The same with these memos.
    #[must_use]
    pub fn with(self, memos: Vec<Memo>) -> Self {
        Self { memos, ..self }
    }

    /// Which pull request (or issue) it concerns.
    #[must_use]
    pub const fn pull(&self) -> PullKey {
        self.event.pull_key()
    }

    /// What the store takes in; the payload is the event as JSON.
    ///
    /// # Errors
    /// The event cannot be written as JSON, and must not be called accepted.
    pub fn arrival(self, at: Timestamp) -> Result<Arrival, serde_json::Error> {
        Ok(Arrival {
            pull: self.pull(),
            remember: self.event.is_remembered(),
            payload: serde_json::to_vec(&self.event)?,
            identity: self.identity,
            at: Millis::new(at.as_millisecond()),
            memos: self.memos,
        })
    }
}
