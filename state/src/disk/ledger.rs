//! What the one writing thread does: it applies each request whole or not at
//! all, writes and flushes what has gathered, and then publishes it.
//!
//! What a commit and cleaning up do is next door.

use std::mem;
use std::sync::Arc;

use super::audit::Standing;
use super::index::Change;
use super::keys;
use super::purge::Cursor;
use super::read::Shared;
use super::rows::{ItemRow, encode};
use super::tables::{Batch, Tables, Tx};
use super::waiting::Waiting;
use crate::{Acceptance, Arrival, ItemId, KEPT, Limits, Memo, Millis, StoreError};

/// The writing side of the store.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) tables: Tables,
    pub(super) limits: Limits,
    /// The identities of the items that wait, and how many effects do, with what
    /// is not published yet.
    waiting: Waiting,
    /// How many identities of what is done are in the tables.
    remembered: u64,
    pub(super) outbox: usize,
    pub(super) cursor: Cursor,
    shared: Arc<Shared>,
    /// What was written by requests but not to the tables.
    batch: Batch,
    /// The number of the last batch that was written to the tables.
    landed: u64,
    /// What was changed since the last flush.
    unpublished: Vec<Change>,
    /// Why nothing can be written any more: after a failed flush nobody knows
    /// what is on disk before it is opened again.
    broken: Option<StoreError>,
}

impl Ledger {
    pub(super) fn new(
        tables: Tables,
        standing: Standing,
        limits: Limits,
        shared: Arc<Shared>,
    ) -> Self {
        let Standing {
            landed,
            waiting,
            remembered,
            effects,
        } = standing;
        Self {
            landed,
            remembered,
            tables,
            limits,
            waiting,
            outbox: effects,
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
            ledger.tables.flush(ledger.landed)?;
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
                Change::Left { pull, identity, .. } => self.waiting.remove(*pull, identity),
                Change::Queued { replaces: None, .. } => self.outbox += 1,
                Change::Dropped(_) => self.outbox -= 1,
                Change::Queued {
                    replaces: Some(_), ..
                }
                | Change::Arrived { .. }
                | Change::Postponed { .. } => {}
            }
        }
        self.unpublished.extend(changes);
    }

    /// Lets a request change the tables, all it wants or nothing.
    pub(super) fn transact<T>(
        &mut self,
        request: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tx = Tx::new(&self.tables, &self.batch);
        let answer = request(&tx)?;
        let writes = tx.into_batch();
        self.batch.absorb(writes);
        Ok(answer)
    }

    /// Writes what has gathered, so that the tables can be walked.
    pub(super) fn land(&mut self) -> Result<(), StoreError> {
        let mut batch = mem::take(&mut self.batch);
        let landed = if batch.is_empty() {
            Ok(())
        } else {
            self.seal(&mut batch).and_then(|()| self.tables.land(batch))
        };
        self.break_on(&landed);
        landed
    }

    /// Counts what is there after a batch, so that it is missed when it is not.
    fn seal(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        self.landed += 1;
        self.remembered = self.tables.remembered_after(batch, self.remembered)?;
        batch.seal(self.landed, self.waiting.len(), self.remembered)
    }

    fn break_on(&mut self, written: &Result<(), StoreError>) {
        if let (Err(reason), None) = (written, &self.broken) {
            tracing::error!(%reason, "the store cannot write; it is opened again");
            self.broken = Some(reason.clone());
            self.shared.break_off(reason);
        }
    }

    pub(super) fn accept(&mut self, arrival: &Arrival) -> Result<Acceptance, StoreError> {
        let identity = keys::identity(arrival.pull, &arrival.identity);
        let waits = self.waiting.contains(&identity);
        let full = self.limits.full(self.waiting.beside(arrival.pull));
        let acceptance = self.transact(|tx| {
            tx.save_memos(&arrival.memos, arrival.at)?;
            if waits {
                return Ok(Acceptance::Known);
            }
            match (tx.admit(&identity, arrival)?, full) {
                (Acceptance::New(_), Some(full)) => Err(StoreError::InboxFull(full)),
                (acceptance, _) => Ok(acceptance),
            }
        })?;
        if let Acceptance::New(ItemId(id)) = acceptance {
            self.waiting.insert(arrival.pull, identity);
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
    /// `key` is that of the arrival's identity, with which nothing waits.
    fn admit(&self, key: &[u8], arrival: &Arrival) -> Result<Acceptance, StoreError> {
        let Arrival {
            pull,
            identity,
            remember,
            payload,
            at,
            ..
        } = arrival;
        let done = if *remember { self.done(key)? } else { None };
        if done.is_some_and(|done| *at < done.plus(KEPT)) {
            return Ok(Acceptance::Known);
        }
        let id = self.next_number()?;
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
