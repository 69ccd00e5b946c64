//! One request's view of the tables: its own writes over those of its batch
//! over what is on disk, and the rows that several requests write.

use std::cell::RefCell;

use sled::IVec;

use super::keys;
use super::rows::{IdentityRow, ItemRow, MemoRow, RecordRow, decode, encode};
use super::tables::{SEQUENCE_KEY, Table, Tx, Writes, number};
use crate::{Memo, Millis, PullKey, StoreError, Write};

/// One table, under the writes of the batch, under those of one request.
pub(super) struct Layer<'a> {
    table: &'a Table,
    batch: &'a Writes,
    own: RefCell<Writes>,
}

impl<'a> Layer<'a> {
    pub(super) fn new(table: &'a Table, batch: &'a Writes) -> Self {
        Self {
            table,
            batch,
            own: RefCell::default(),
        }
    }

    /// What was written here.
    pub(super) fn into_writes(self) -> Writes {
        self.own.into_inner()
    }

    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, StoreError> {
        let key = key.as_ref();
        if let Some(written) = self.own.borrow().get(key).or_else(|| self.batch.get(key)) {
            return Ok(written.clone());
        }
        self.table.get(key)
    }

    pub(super) fn insert(&self, key: impl Into<IVec>, value: impl Into<IVec>) {
        self.own.borrow_mut().insert(key.into(), Some(value.into()));
    }

    pub(super) fn remove(&self, key: impl Into<IVec>) {
        self.own.borrow_mut().insert(key.into(), None);
    }

    /// Removes a row and returns what it was.
    pub(super) fn take(&self, key: impl Into<IVec>) -> Result<Option<IVec>, StoreError> {
        let key = key.into();
        let row = self.get(&key)?;
        if row.is_some() {
            self.remove(key);
        }
        Ok(row)
    }
}

impl Tx<'_> {
    /// The next number of the sequence.
    pub(super) fn next_number(&self) -> Result<u64, StoreError> {
        let last = self.meta.get(SEQUENCE_KEY)?;
        let next = 1 + last.map_or(Ok(0), |last| number("meta", &last))?;
        self.meta.insert(SEQUENCE_KEY, &next.to_be_bytes());
        Ok(next)
    }

    /// Removes an item. Returns the key of its identity, and whether that is to
    /// be remembered; `None`: there is no such item.
    pub(super) fn take_item(
        &self,
        pull: PullKey,
        id: u64,
    ) -> Result<Option<(Vec<u8>, bool)>, StoreError> {
        let Some(row) = self.items.take(keys::item(pull, id))? else {
            return Ok(None);
        };
        let row: ItemRow<'_> = decode("items", &row)?;
        Ok(Some((keys::identity(pull, row.identity), row.remember)))
    }

    /// When an item with this identity was done, if that is remembered.
    pub(super) fn done(&self, key: &[u8]) -> Result<Option<Millis>, StoreError> {
        let row = self.identities.get(key)?;
        let row = row.map(|row| decode::<IdentityRow>("identities", &row));
        Ok(row.transpose()?.map(|row| Millis::new(row.done)))
    }

    pub(super) fn save_memos(&self, memos: &[Memo], at: Millis) -> Result<(), StoreError> {
        for Memo { key, value, write } in memos {
            let key = keys::memo(key);
            match write {
                Write::Remove => {
                    self.memos.remove(key.as_slice());
                    continue;
                }
                Write::IfAbsent if self.memos.get(&key)?.is_some() => continue,
                Write::IfAbsent | Write::Always => {}
            }
            let written = at.get();
            self.memos.insert(key, encode(&MemoRow { written, value })?);
        }
        Ok(())
    }

    /// Removes a record and what points to it, if there is one.
    pub(super) fn remove_record(&self, pull: PullKey) -> Result<(), StoreError> {
        let key = keys::pull(pull);
        if let Some(row) = self.records.take(key.as_slice())? {
            let row: RecordRow<'_> = decode("records", &row)?;
            self.heads.remove(keys::head(pull, row.head));
            self.open.remove(key);
        }
        Ok(())
    }
}
