//! The reference: the contract kept in memory, as plainly as it can be said.
//!
//! It is for tests of the service, and for tests of other backends, which must
//! give the same answers. **Invariant:** it is simple before it is fast.

mod model;
mod outbox;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{
    Acceptance, Arrival, Claim, Commit, Due, EffectId, Limits, Memo, MemoKey, Millis, PullKey,
    Purged, Record, Stats, Store, StoreError,
};
use model::Model;

/// A store that lives as long as the process.
#[derive(Debug)]
pub struct MemoryStore {
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    model: Model,
    closed: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        let model = Model::new(limits);
        Self {
            shelf: Mutex::new(Shelf {
                model,
                closed: false,
            }),
        }
    }

    /// What closing a store and opening it again changes: it is open, and every
    /// queued effect may have been performed.
    pub fn restart(&self) -> Result<(), StoreError> {
        let mut shelf = self.shelf();
        shelf.closed = false;
        shelf.model.suspect_all();
        Ok(())
    }

    fn with<T>(
        &self,
        ask: impl FnOnce(&mut Model) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut shelf = self.shelf();
        if shelf.closed {
            return Err(StoreError::Closed);
        }
        ask(&mut shelf.model)
    }

    /// A panic of a test's thread leaves whole operations behind, never halves.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn accept(&self, arrival: Arrival) -> Result<Acceptance, StoreError> {
        self.with(|model| model.accept(arrival))
    }

    async fn remember(&self, memos: Vec<Memo>, at: Millis) -> Result<(), StoreError> {
        self.with(|model| {
            model.write_memos(memos, at);
            Ok(())
        })
    }

    async fn recall(&self, key: &MemoKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|model| Ok(model.recall(key)))
    }

    async fn recall_all(
        &self,
        prefix: &MemoKey,
        limit: usize,
    ) -> Result<Vec<(MemoKey, Vec<u8>)>, StoreError> {
        self.with(|model| Ok(model.recall_all(prefix, limit)))
    }

    async fn waiting(&self) -> Result<Vec<PullKey>, StoreError> {
        self.with(|model| Ok(model.waiting()))
    }

    async fn claim(&self, pull: PullKey, limit: usize) -> Result<Claim, StoreError> {
        self.with(|model| Ok(model.claim(pull, limit)))
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.with(|model| model.commit(commit))
    }

    async fn pull(&self, pull: PullKey) -> Result<Option<Record>, StoreError> {
        self.with(|model| Ok(model.record(pull)))
    }

    async fn pulls_with_head(
        &self,
        repository: u64,
        head: &[u8],
    ) -> Result<Vec<(PullKey, Record)>, StoreError> {
        self.with(|model| model.pulls_with_head(repository, head))
    }

    async fn open_pulls(&self, repository: u64) -> Result<Vec<(PullKey, Record)>, StoreError> {
        self.with(|model| Ok(model.pulls(repository, |record| record.open)))
    }

    async fn wakes(&self) -> Result<Vec<(PullKey, Millis)>, StoreError> {
        self.with(|model| Ok(model.wakes()))
    }

    async fn due(
        &self,
        now: Millis,
        limit: usize,
        busy: &HashSet<Vec<u8>>,
    ) -> Result<Due, StoreError> {
        self.with(|model| Ok(model.due(now, limit, busy)))
    }

    async fn finish(
        &self,
        effect: EffectId,
        memos: Vec<Memo>,
        at: Millis,
    ) -> Result<(), StoreError> {
        self.with(|model| {
            model.finish(effect, memos, at);
            Ok(())
        })
    }

    async fn postpone(&self, effect: EffectId, until: Millis) -> Result<(), StoreError> {
        self.with(|model| {
            model.postpone(effect, until);
            Ok(())
        })
    }

    async fn forget_repository(&self, repository: u64) -> Result<Purged, StoreError> {
        self.with(|model| Ok(model.forget_repository(repository)))
    }

    async fn purge(&self, now: Millis) -> Result<Purged, StoreError> {
        self.with(|model| Ok(model.purge(now)))
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.with(|model| Ok(model.stats()))
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shelf().closed = true;
        Ok(())
    }
}
