//! What the one writing thread does: it applies each request whole or not at
//! all, writes and flushes what has gathered, and then publishes it.
//!
//! What a commit and cleaning up do is next door.

use std::mem;
use std::sync::Arc;

use super::index::Change;
use super::keys;
use super::purge::Cursor;
use super::read::Shared;
use super::rows::{ItemRow, encode};
use super::trees::{Batch, Trees, Tx};
use crate::{Acceptance, Arrival, ItemId, KEPT, Limits, Memo, Millis, StoreError};

/// The writing side of the store.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) trees: Trees,
    pub(super) limits: Limits,
    /// How much waits, with what is not published yet.
    pub(super) inbox: usize,
    pub(super) outbox: usize,
    pub(super) cursor: Cursor,
    shared: Arc<Shared>,
    /// What was written by requests but not to the trees.
    batch: Batch,
    /// The number of the last batch that was written to the trees.
    landed: u64,
    /// What was changed since the last flush.
    unpublished: Vec<Change>,
    /// Why nothing can be written any more: after a failed flush nobody knows
    /// what is on disk before it is opened again.
    broken: Option<StoreError>,
}

impl Ledger {
    pub(super) fn new(trees: Trees, landed: u64, limits: Limits, shared: Arc<Shared>) -> Self {
        let (inbox, outbox) = (trees.items.len(), trees.outbox.len());
        Self {
            landed,
            trees,
            limits,
            inbox,
            outbox,
            cursor: Cursor::default(),
            shared,
            batch: Batch::default(),
            unpublished: Vec::new(),
            broken: None,
        }
    }

    /// Applies one request, unless the ledger is broken.
    pub(super) fn apply<T>(
        &mut self,
        request: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.broken {
            Some(reason) => Err(reason.clone()),
            None => request(self),
        }
    }

    /// Makes what was applied durable, and visible.
    pub(super) fn settle(&mut self) -> Result<(), StoreError> {
        let settled = self.apply(|ledger| {
            ledger.land()?;
            ledger.trees.flush(ledger.landed)?;
            let mut index = ledger.shared.index()?;
            mem::take(&mut ledger.unpublished)
                .into_iter()
                .for_each(|change| index.publish(change));
            Ok(())
        });
        self.break_on(&settled);
        settled
    }

    /// Why nothing can be written any more; `None`: it can.
    pub(super) fn broken(&self) -> Option<&StoreError> {
        self.broken.as_ref()
    }

    /// Ends writing, because somebody has read what cannot be.
    pub(super) fn distrust(&mut self, reason: StoreError) -> Result<(), StoreError> {
        self.break_on(&Err(reason));
        Ok(())
    }

    /// Notes what a request has changed.
    pub(super) fn note(&mut self, changes: Vec<Change>) {
        for change in &changes {
            match change {
                Change::Arrived { .. } => self.inbox += 1,
                Change::Left { .. } => self.inbox -= 1,
                Change::Queued { replaces: None, .. } => self.outbox += 1,
                Change::Dropped(_) => self.outbox -= 1,
                Change::Queued {
                    replaces: Some(_), ..
                }
                | Change::Postponed { .. } => {}
            }
        }
        self.unpublished.extend(changes);
    }

    /// Lets a request change the trees, all it wants or nothing.
    pub(super) fn transact<T>(
        &mut self,
        request: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tx = Tx::new(&self.trees, &self.batch);
        let answer = request(&tx)?;
        let writes = tx.into_batch();
        self.batch.absorb(writes);
        Ok(answer)
    }

    /// Writes what has gathered, so that the trees can be walked.
    pub(super) fn land(&mut self) -> Result<(), StoreError> {
        let mut batch = mem::take(&mut self.batch);
        let landed = if batch.is_empty() {
            Ok(())
        } else {
            self.landed += 1;
            batch.count(self.landed);
            self.trees.land(&batch)
        };
        self.break_on(&landed);
        landed
    }

    fn break_on(&mut self, written: &Result<(), StoreError>) {
        if let (Err(reason), None) = (written, &self.broken) {
            tracing::error!(%reason, "the store cannot write; it is opened again");
            self.broken = Some(reason.clone());
            self.shared.break_off(reason);
        }
    }

    pub(super) fn accept(&mut self, arrival: &Arrival) -> Result<Acceptance, StoreError> {
        let Limits { inbox: limit, .. } = self.limits;
        let full = self.inbox >= limit;
        let acceptance = self.transact(|tx| {
            tx.save_memos(&arrival.memos, arrival.at)?;
            match tx.admit(arrival)? {
                Acceptance::New(_) if full => Err(StoreError::InboxFull(limit)),
                acceptance => Ok(acceptance),
            }
        })?;
        if let Acceptance::New(ItemId(id)) = acceptance {
            self.note(vec![Change::Arrived {
                pull: arrival.pull,
                id,
                at: arrival.at,
            }]);
        }
        Ok(acceptance)
    }

    pub(super) fn remember(&mut self, memos: &[Memo], at: Millis) -> Result<(), StoreError> {
        self.transact(|tx| tx.save_memos(memos, at))
    }
}

impl Tx<'_> {
    fn admit(&self, arrival: &Arrival) -> Result<Acceptance, StoreError> {
        let Arrival {
            pull,
            identity,
            remember,
            payload,
            at,
            ..
        } = arrival;
        let key = keys::identity(*pull, identity);
        let mut known = self.identity(&key)?;
        let remembered = known
            .done
            .is_some_and(|done| *at < Millis::new(done).plus(KEPT));
        if known.waits.is_some() || (*remember && remembered) {
            return Ok(Acceptance::Known);
        }
        let id = self.next_number()?;
        known.waits = Some(id);
        self.save_identity(&key, known)?;
        let row = ItemRow {
            at: at.get(),
            remember: *remember,
            identity,
            payload,
        };
        self.items.insert(keys::item(*pull, id), encode(&row)?);
        Ok(Acceptance::New(ItemId(id)))
    }
}
