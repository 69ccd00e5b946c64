//! The reading side: what waits from the index, everything else from the tables.

use std::collections::HashSet;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard};

use super::index::Index;
use super::keys;
use super::rows::{EffectRow, ItemRow, MemoRow, RecordRow, decode};
use super::tables::{Tables, number};
use crate::{
    Claim, Due, Effect, Item, MOST_WITH_ONE_HEAD, MemoKey, Millis, PullKey, Record, StoreError,
};

/// What readers and the writing thread have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// A reader holds the lock while it reads, so that closing waits for it.
    tables: RwLock<Access>,
    index: Mutex<Index>,
}

/// Whether there is something to read.
#[derive(Debug)]
enum Access {
    /// There is.
    Open(Box<Tables>),
    /// Not now: what is on disk has to be found out first.
    Broken(StoreError),
    /// Not any more.
    Closed,
}

impl Shared {
    pub(super) fn new(tables: Tables, index: Index) -> Self {
        Self {
            tables: RwLock::new(Access::Open(Box::new(tables))),
            index: Mutex::new(index),
        }
    }

    /// The index; an error if a panic may have left it half changed.
    pub(super) fn index(&self) -> Result<MutexGuard<'_, Index>, StoreError> {
        self.index
            .lock()
            .map_err(|_| StoreError::Failed("its index is broken".to_owned()))
    }

    /// What the index says, unless the store is closed.
    pub(super) fn indexed<T>(&self, ask: impl FnOnce(&Index) -> T) -> Result<T, StoreError> {
        self.with(|_| Ok(ask(&*self.index()?)))
    }

    /// Ends reading, and waits for the readers; false: it had ended before.
    pub(super) fn let_go(&self) -> bool {
        let before = mem::replace(&mut *self.access(), Access::Closed);
        !matches!(before, Access::Closed)
    }

    /// Ends reading until [`Shared::mend`], and waits for the readers: nobody
    /// shall act upon what may not be on disk.
    pub(super) fn break_off(&self, reason: &StoreError) {
        *self.access() = Access::Broken(reason.clone());
    }

    /// What was found on disk can be read.
    pub(super) fn mend(&self, tables: Tables, index: Index) {
        let mut access = self.access();
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = index;
        self.index.clear_poison();
        *access = Access::Open(Box::new(tables));
    }

    fn access(&self) -> RwLockWriteGuard<'_, Access> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, ask: impl FnOnce(&Tables) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let access = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        match &*access {
            Access::Open(tables) => ask(tables),
            Access::Broken(reason) => Err(reason.clone()),
            Access::Closed => Err(StoreError::Closed),
        }
    }

    pub(super) fn recall(&self, key: &MemoKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|tables| {
            let row = tables.memos.get(keys::memo(key))?;
            row.map(|row| memo_value(&row)).transpose()
        })
    }

    pub(super) fn recall_all(
        &self,
        prefix: &MemoKey,
        limit: usize,
    ) -> Result<Vec<(MemoKey, Vec<u8>)>, StoreError> {
        self.with(|tables| {
            let rows = tables.memos.scan(&keys::memo(prefix)).take(limit);
            rows.map(|row| {
                let (key, row) = row?;
                let key = keys::parse_memo(&key).ok_or(StoreError::Damaged("memos"))?;
                Ok((key, memo_value(&row)?))
            })
            .collect()
        })
    }

    pub(super) fn claim(&self, pull: PullKey, limit: usize) -> Result<Claim, StoreError> {
        self.with(|tables| {
            let waiting = self.index()?.items(pull, limit);
            let items = waiting
                .into_iter()
                .filter_map(|id| item(tables, pull, id).transpose());
            let wake = tables.wakes.get(keys::pull(pull))?;
            Ok(Claim {
                items: items.collect::<Result<_, _>>()?,
                record: record(tables, pull)?,
                wake: wake.map(|wake| moment(&wake)).transpose()?,
            })
        })
    }

    pub(super) fn pull(&self, pull: PullKey) -> Result<Option<Record>, StoreError> {
        self.with(|tables| record(tables, pull))
    }

    pub(super) fn pulls_with_head(
        &self,
        repository: u64,
        head: &[u8],
    ) -> Result<Vec<(PullKey, Record)>, StoreError> {
        self.with(|tables| {
            let prefix = keys::head_prefix(repository, head);
            let mut open = Vec::new();
            for row in tables.heads.scan(&prefix) {
                let (key, _) = row?;
                let number = number("heads", key.get(prefix.len()..).unwrap_or_default())?;
                let pull = PullKey { repository, number };
                let record = record(tables, pull)?;
                // A head that moved while this was read is somebody else's by now.
                let record = record.filter(|record| record.open && record.head == head);
                open.extend(record.map(|record| (pull, record)));
                if open.len() > MOST_WITH_ONE_HEAD {
                    return Err(StoreError::TooMany(MOST_WITH_ONE_HEAD));
                }
            }
            Ok(open)
        })
    }

    pub(super) fn open_pulls(&self, repository: u64) -> Result<Vec<(PullKey, Record)>, StoreError> {
        self.with(|tables| {
            let pulls = tables.open.scan(&repository.to_be_bytes()).map(|row| {
                let (key, _) = row?;
                pull_of("open", &key)
            });
            let pulls = pulls.collect::<Result<Vec<_>, _>>()?;
            records(tables, pulls, |record| record.open)
        })
    }

    pub(super) fn wakes(&self) -> Result<Vec<(PullKey, Millis)>, StoreError> {
        self.with(|tables| {
            let wakes = tables.wakes.scan(&[]).map(|row| {
                let (key, wake) = row?;
                Ok((pull_of("wakes", &key)?, moment(&wake)?))
            });
            wakes.collect()
        })
    }

    pub(super) fn due(
        &self,
        now: Millis,
        limit: usize,
        busy: &HashSet<Vec<u8>>,
    ) -> Result<Due, StoreError> {
        self.with(|tables| {
            let picked = self.index()?.pick(now, limit, busy);
            let effects = picked.effects.into_iter();
            let effects = effects.filter_map(|(id, maybe)| effect(tables, id, maybe).transpose());
            Ok(Due {
                effects: effects.collect::<Result<_, _>>()?,
                next: picked.next,
            })
        })
    }
}

/// The pull request that a whole key is.
pub(super) fn pull_of(what: &'static str, key: &[u8]) -> Result<PullKey, StoreError> {
    match keys::parse_pull(key) {
        Some((pull, [])) => Ok(pull),
        _ => Err(StoreError::Damaged(what)),
    }
}

/// `None`: a commit has named it done meanwhile.
fn item(tables: &Tables, pull: PullKey, id: u64) -> Result<Option<Item>, StoreError> {
    let row = tables.items.get(keys::item(pull, id))?;
    row.map(|row| Ok(decode::<ItemRow<'_>>("items", &row)?.item(pull, id)))
        .transpose()
}

/// `None`: it was finished or replaced meanwhile.
fn effect(tables: &Tables, id: u64, maybe: bool) -> Result<Option<Effect>, StoreError> {
    let row = tables.outbox.get(id.to_be_bytes())?;
    row.map(|row| Ok(decode::<EffectRow<'_>>("outbox", &row)?.effect(id, maybe)))
        .transpose()
}

fn record(tables: &Tables, pull: PullKey) -> Result<Option<Record>, StoreError> {
    let row = tables.records.get(keys::pull(pull))?;
    row.map(|row| Ok(decode::<RecordRow<'_>>("records", &row)?.record()))
        .transpose()
}

fn records(
    tables: &Tables,
    pulls: Vec<PullKey>,
    wanted: impl Fn(&Record) -> bool,
) -> Result<Vec<(PullKey, Record)>, StoreError> {
    let mut found = Vec::new();
    for pull in pulls {
        found.extend(
            record(tables, pull)?
                .filter(&wanted)
                .map(|record| (pull, record)),
        );
    }
    Ok(found)
}

fn memo_value(row: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(decode::<MemoRow<'_>>("memos", row)?.value.to_vec())
}

fn moment(bytes: &[u8]) -> Result<Millis, StoreError> {
    let bytes = bytes.try_into().map_err(|_| StoreError::Damaged("wakes"))?;
    Ok(Millis::new(i64::from_be_bytes(bytes)))
}
