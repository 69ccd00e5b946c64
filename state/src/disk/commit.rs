//! What a commit writes, and the end or postponement of an effect.

use super::index::{Change, Place, Slot};
use super::keys;
use super::ledger::Ledger;
use super::rows::{EffectRow, IdentityRow, RecordRow, decode, encode};
use super::tables::{Tx, number};
use crate::{Commit, EffectId, ItemId, Memo, Millis, NewEffect, PullKey, Record, StoreError, Wake};

impl Ledger {
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let (queued, limit) = (self.outbox, self.limits.outbox);
        let changes = self.transact(|tx| {
            let changes = tx.commit(commit)?;
            let after = queued + added(&changes) - dropped(&changes);
            if after > limit && after > queued {
                return Err(StoreError::OutboxFull(limit));
            }
            Ok(changes)
        })?;
        self.note(changes);
        Ok(())
    }

    pub(super) fn finish(
        &mut self,
        EffectId(id): EffectId,
        memos: &[Memo],
        at: Millis,
    ) -> Result<(), StoreError> {
        let place = self.transact(|tx| {
            tx.save_memos(memos, at)?;
            tx.remove_effect(id)
        })?;
        self.note(place.map(Change::Dropped).into_iter().collect());
        Ok(())
    }

    pub(super) fn postpone(
        &mut self,
        EffectId(id): EffectId,
        until: Millis,
    ) -> Result<(), StoreError> {
        let place = self.transact(|tx| tx.postpone(id, until))?;
        let postponed = place.map(|place| Change::Postponed { place, until });
        self.note(postponed.into_iter().collect());
        Ok(())
    }
}

fn added(changes: &[Change]) -> usize {
    let new = |change: &&Change| matches!(change, Change::Queued { replaces: None, .. });
    changes.iter().filter(new).count()
}

fn dropped(changes: &[Change]) -> usize {
    changes
        .iter()
        .filter(|change| matches!(change, Change::Dropped(_)))
        .count()
}

impl Tx<'_> {
    /// The order is part of the contract: see [`Commit`].
    fn commit(&self, commit: &Commit) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for ItemId(id) in &commit.done {
            changes.extend(self.finish_item(commit.pull, *id, commit.at)?);
        }
        if let Some(record) = &commit.record {
            self.save_record(commit.pull, record, commit.at)?;
        }
        self.save_wake(commit.pull, commit.wake);
        for (lane, key) in &commit.cancel {
            changes.extend(self.remove_queued(lane, key)?.map(Change::Dropped));
        }
        for effect in &commit.effects {
            changes.push(self.queue(commit.pull, effect)?);
        }
        for key in &commit.forget {
            self.memos.remove(keys::memo(key));
        }
        self.save_memos(&commit.memos, commit.at)?;
        Ok(changes)
    }

    fn finish_item(
        &self,
        pull: PullKey,
        id: u64,
        at: Millis,
    ) -> Result<Option<Change>, StoreError> {
        let Some((identity, remember)) = self.take_item(pull, id)? else {
            return Ok(None);
        };
        if remember {
            let done = IdentityRow { done: at.get() };
            self.identities.insert(identity.as_slice(), encode(&done)?);
        }
        Ok(Some(Change::Left { pull, id, identity }))
    }

    fn save_record(&self, pull: PullKey, record: &Record, at: Millis) -> Result<(), StoreError> {
        self.remove_record(pull)?;
        let key = keys::pull(pull);
        let Record { bytes, head, open } = record;
        let row = RecordRow {
            written: at.get(),
            open: *open,
            head,
            bytes,
        };
        self.records.insert(key.as_slice(), encode(&row)?);
        self.heads.insert(keys::head(pull, head), &[]);
        if *open {
            self.open.insert(key, &[]);
        }
        Ok(())
    }

    fn save_wake(&self, pull: PullKey, wake: Wake) {
        let key = keys::pull(pull);
        match wake {
            Wake::Keep => {}
            Wake::Clear => self.wakes.remove(key),
            Wake::At(moment) => self.wakes.insert(key, &moment.get().to_be_bytes()),
        }
    }

    fn queue(&self, pull: PullKey, new: &NewEffect) -> Result<Change, StoreError> {
        let replaces = self.remove_queued(&new.lane, &new.key)?;
        let id = self.next_number()?;
        let after = new.after.as_deref().filter(|after| *after != new.lane);
        let row = EffectRow {
            repository: pull.repository,
            number: pull.number,
            lane: &new.lane,
            key: &new.key,
            rank: new.rank,
            after,
            queued_at: new.at.get(),
            attempts: 0,
            not_before: Millis::EPOCH.get(),
            payload: &new.payload,
        };
        self.outbox.insert(&id.to_be_bytes(), encode(&row)?);
        self.queued
            .insert(keys::queued(&new.lane, &new.key), &id.to_be_bytes());
        Ok(Change::Queued {
            place: row.place(id),
            slot: row.slot(false),
            replaces,
        })
    }

    fn remove_queued(&self, lane: &[u8], key: &[u8]) -> Result<Option<Place>, StoreError> {
        match self.queued.get(keys::queued(lane, key))? {
            Some(id) => self.remove_effect(number("queued", &id)?),
            None => Ok(None),
        }
    }

    /// Removes a queued effect; `None`: there is none of this number.
    pub(super) fn remove_effect(&self, id: u64) -> Result<Option<Place>, StoreError> {
        let Some(row) = self.outbox.take(&id.to_be_bytes())? else {
            return Ok(None);
        };
        let row: EffectRow<'_> = decode("outbox", &row)?;
        self.queued.remove(keys::queued(row.lane, row.key));
        Ok(Some(row.place(id)))
    }

    fn postpone(&self, id: u64, until: Millis) -> Result<Option<Place>, StoreError> {
        let Some(row) = self.outbox.get(id.to_be_bytes())? else {
            return Ok(None);
        };
        let mut row: EffectRow<'_> = decode("outbox", &row)?;
        row.attempts = row.attempts.saturating_add(1);
        row.not_before = until.get();
        self.outbox.insert(&id.to_be_bytes(), encode(&row)?);
        Ok(Some(row.place(id)))
    }
}

impl EffectRow<'_> {
    pub(super) fn place(&self, id: u64) -> Place {
        Place {
            lane: self.lane.to_vec(),
            rank: self.rank,
            id,
        }
    }

    pub(super) fn slot(&self, maybe_performed: bool) -> Slot {
        Slot {
            pull: PullKey {
                repository: self.repository,
                number: self.number,
            },
            after: self.after.map(<[u8]>::to_vec),
            queued_at: Millis::new(self.queued_at),
            not_before: Millis::new(self.not_before),
            maybe_performed,
        }
    }
}
