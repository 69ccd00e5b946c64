//! Inbox, records and memos of the reference; its outbox is next door.

use std::collections::BTreeMap;

use super::outbox::Outbox;
use crate::store::Crowd;
use crate::{
    Acceptance, Arrival, Claim, Commit, Due, EffectId, Item, ItemId, KEPT, Limits,
    MOST_WITH_ONE_HEAD, Memo, MemoKey, Millis, PullKey, Purged, Record, Stats, StoreError, Wake,
    Write,
};

/// Everything that the reference knows.
#[derive(Debug)]
pub(super) struct Model {
    limits: Limits,
    /// The last number given to an item or effect.
    sequence: u64,
    /// Each waiting item, and whether its identity outlives it.
    items: BTreeMap<(PullKey, ItemId), (Item, bool)>,
    /// When items with these identities were done.
    done: BTreeMap<(PullKey, Vec<u8>), Millis>,
    /// Each record, and when it was written.
    records: BTreeMap<PullKey, (Millis, Record)>,
    wakes: BTreeMap<PullKey, Millis>,
    /// Each memo, and when it was written.
    memos: BTreeMap<MemoKey, (Millis, Vec<u8>)>,
    outbox: Outbox,
}

impl Model {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            sequence: 0,
            items: BTreeMap::new(),
            done: BTreeMap::new(),
            records: BTreeMap::new(),
            wakes: BTreeMap::new(),
            memos: BTreeMap::new(),
            outbox: Outbox::default(),
        }
    }

    pub(super) fn accept(&mut self, arrival: Arrival) -> Result<Acceptance, StoreError> {
        let known = self.knows(&arrival);
        if let (false, Some(full)) = (known, self.limits.full(self.beside(arrival.pull))) {
            return Err(StoreError::InboxFull(full));
        }
        self.write_memos(arrival.memos, arrival.at);
        if known {
            return Ok(Acceptance::Known);
        }
        self.sequence += 1;
        let id = ItemId(self.sequence);
        let Arrival {
            pull,
            identity,
            payload,
            at,
            ..
        } = arrival;
        let item = Item {
            id,
            pull,
            identity,
            payload,
            at,
        };
        self.items.insert((pull, id), (item, arrival.remember));
        Ok(Acceptance::New(id))
    }

    fn beside(&self, pull: PullKey) -> Crowd {
        let repository = pull.repository;
        let pulls = || self.items.keys().map(|(at, _)| *at);
        Crowd {
            all: self.items.len(),
            of_repository: pulls().filter(|at| at.repository == repository).count(),
            of_pull: pulls().filter(|at| *at == pull).count(),
        }
    }

    fn knows(&self, arrival: &Arrival) -> bool {
        let waits = self
            .items
            .values()
            .any(|(item, _)| item.pull == arrival.pull && item.identity == arrival.identity);
        let done = self.done.get(&(arrival.pull, arrival.identity.clone()));
        waits || (arrival.remember && done.is_some_and(|done| arrival.at < done.plus(KEPT)))
    }

    pub(super) fn waiting(&self) -> Vec<PullKey> {
        let mut pulls: Vec<_> = self.items.keys().map(|(pull, _)| *pull).collect();
        pulls.dedup();
        pulls
    }

    pub(super) fn claim(&self, pull: PullKey, limit: usize) -> Claim {
        let items = self.items.values().filter(|(item, _)| item.pull == pull);
        Claim {
            items: items.take(limit).map(|(item, _)| item.clone()).collect(),
            record: self.record(pull),
            wake: self.wakes.get(&pull).copied(),
        }
    }

    pub(super) fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let mut outbox = self.outbox.clone();
        let mut sequence = self.sequence;
        outbox.cancel(&commit.cancel);
        for effect in commit.effects {
            sequence += 1;
            outbox.queue(EffectId(sequence), commit.pull, effect);
        }
        if outbox.len() > self.limits.outbox && outbox.len() > self.outbox.len() {
            return Err(StoreError::OutboxFull(self.limits.outbox));
        }
        self.outbox = outbox;
        self.sequence = sequence;
        for id in commit.done {
            self.mark_done(commit.pull, id, commit.at);
        }
        if let Some(record) = commit.record {
            self.records.insert(commit.pull, (commit.at, record));
        }
        match commit.wake {
            Wake::Keep => None,
            Wake::Clear => self.wakes.remove(&commit.pull),
            Wake::At(moment) => self.wakes.insert(commit.pull, moment),
        };
        for key in &commit.forget {
            self.memos.remove(key);
        }
        self.write_memos(commit.memos, commit.at);
        Ok(())
    }

    fn mark_done(&mut self, pull: PullKey, id: ItemId, at: Millis) {
        if let Some((item, true)) = self.items.remove(&(pull, id)) {
            self.done.insert((pull, item.identity), at);
        }
    }

    pub(super) fn write_memos(&mut self, memos: Vec<Memo>, at: Millis) {
        for Memo { key, value, write } in memos {
            match write {
                Write::Remove => {
                    self.memos.remove(&key);
                }
                Write::IfAbsent if self.memos.contains_key(&key) => {}
                Write::IfAbsent | Write::Always => {
                    self.memos.insert(key, (at, value));
                }
            }
        }
    }

    pub(super) fn recall(&self, key: &MemoKey) -> Option<Vec<u8>> {
        self.memos.get(key).map(|(_, value)| value.clone())
    }

    pub(super) fn recall_all(&self, prefix: &MemoKey, limit: usize) -> Vec<(MemoKey, Vec<u8>)> {
        let listed = self.memos.iter().filter(|(key, _)| {
            (key.repository, key.pull, key.kind) == (prefix.repository, prefix.pull, prefix.kind)
                && key.id.starts_with(&prefix.id)
        });
        listed
            .take(limit)
            .map(|(key, (_, value))| (key.clone(), value.clone()))
            .collect()
    }

    pub(super) fn record(&self, pull: PullKey) -> Option<Record> {
        self.records.get(&pull).map(|(_, record)| record.clone())
    }

    pub(super) fn pulls(
        &self,
        repository: u64,
        wanted: impl Fn(&Record) -> bool,
    ) -> Vec<(PullKey, Record)> {
        let records = self
            .records
            .iter()
            .map(|(pull, (_, record))| (*pull, record.clone()));
        records
            .filter(|(pull, record)| pull.repository == repository && wanted(record))
            .collect()
    }

    pub(super) fn pulls_with_head(
        &self,
        repository: u64,
        head: &[u8],
    ) -> Result<Vec<(PullKey, Record)>, StoreError> {
        let pulls = self.pulls(repository, |record| record.open && record.head == head);
        if pulls.len() > MOST_WITH_ONE_HEAD {
            return Err(StoreError::TooMany(MOST_WITH_ONE_HEAD));
        }
        Ok(pulls)
    }

    pub(super) fn wakes(&self) -> Vec<(PullKey, Millis)> {
        self.wakes
            .iter()
            .map(|(pull, moment)| (*pull, *moment))
            .collect()
    }

    pub(super) fn due(
        &mut self,
        now: Millis,
        limit: usize,
        busy: &std::collections::HashSet<Vec<u8>>,
    ) -> Due {
        self.outbox.due(now, limit, busy)
    }

    pub(super) fn finish(&mut self, effect: EffectId, memos: Vec<Memo>, at: Millis) {
        self.outbox.finish(effect);
        self.write_memos(memos, at);
    }

    pub(super) fn postpone(&mut self, effect: EffectId, until: Millis) {
        self.outbox.postpone(effect, until);
    }

    pub(super) fn suspect_all(&mut self) {
        self.outbox.suspect_all();
    }

    pub(super) fn forget_repository(&mut self, repository: u64) -> Purged {
        let before = self.size();
        self.items
            .retain(|(pull, _), _| pull.repository != repository);
        self.done
            .retain(|(pull, _), _| pull.repository != repository);
        self.records.retain(|pull, _| pull.repository != repository);
        self.wakes.retain(|pull, _| pull.repository != repository);
        self.memos.retain(|key, _| key.repository != repository);
        self.outbox.forget_repository(repository);
        Purged {
            removed: before - self.size(),
            more: false,
        }
    }

    pub(super) fn purge(&mut self, now: Millis) -> Purged {
        let before = self.size();
        self.done.retain(|_, done| now < done.plus(KEPT));
        self.records
            .retain(|_, (written, record)| record.open || now < written.plus(KEPT));
        let records = &self.records;
        self.memos.retain(|key, (written, _)| {
            now < written.plus(KEPT)
                || key
                    .pull_key()
                    .is_some_and(|pull| records.contains_key(&pull))
        });
        Purged {
            removed: before - self.size(),
            more: false,
        }
    }

    fn size(&self) -> usize {
        self.items.len()
            + self.done.len()
            + self.records.len()
            + self.memos.len()
            + self.outbox.len()
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            inbox: self.items.len() as u64,
            outbox: self.outbox.len() as u64,
            oldest_item: self.items.values().map(|(item, _)| item.at).min(),
            oldest_effect: self.outbox.oldest(),
        }
    }
}
