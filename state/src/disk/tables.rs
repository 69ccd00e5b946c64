//! The tables of the database, and what is about to be written to them.
//!
//! They share one tree of the library, because it writes a batch to one tree in
//! one step; several would have to be a transaction, which reads every row again
//! before it writes it. A table's keys begin with its letter. The requests of
//! one batch are written together: each works on a [`Tx`], a layer of writes over
//! those of the batch, which is added to them when the request succeeds and
//! dropped when it does not. [`Tables::land`] then writes the batch. There is one
//! writing thread, so nothing changes underneath.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sled::{Db, IVec, Tree};

use super::faults::Faults;
use super::keys;
use super::mark::Mark;
#[cfg(doc)]
use super::rows;
use super::rows::{BatchRow, decode, encode};
use super::tx::Layer;
use crate::StoreError;

/// The version of keys and rows that this program writes.
pub(super) const SCHEMA: u32 = 1;

/// The tree that says which version it is.
pub(super) const META: &str = "meta";

/// The tree that all rows are in: a batch goes to one tree in one step.
pub(super) const TREE: &str = "rows";

/// In the tree [`META`]: the version of keys and rows.
pub(super) const SCHEMA_KEY: &[u8] = b"schema";

/// In the table `meta`: the last batch, a [`BatchRow`].
pub(super) const BATCH_KEY: &[u8] = b"batch";

/// In the table `meta`: how many identities are remembered after the last batch.
const REMEMBERED_KEY: &[u8] = b"remembered";

/// In the table `meta`: the last number given to an item or effect.
pub(super) const SEQUENCE_KEY: &[u8] = b"sequence";

/// What is open beside the tables.
pub(super) struct Beside {
    /// The database's file.
    pub(super) file: File,
    /// What was acknowledged.
    pub(super) mark: Mark,
    /// What a test has the disk refuse.
    pub(super) faults: Faults,
    /// Told how long each flush took.
    pub(super) flushed: fn(Duration),
}

/// New values by key; `None`: the row is removed.
pub(super) type Writes = BTreeMap<IVec, Option<IVec>>;

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident = $letter:literal,)*) => {
        /// The open tables. Cloning is cheap.
        #[derive(Debug, Clone)]
        pub(super) struct Tables {
            db: Db,
            /// The one that all of them are in.
            tree: Tree,
            /// The database's file.
            file: Arc<File>,
            mark: Arc<Mark>,
            faults: Faults,
            flushed: fn(Duration),
            $($(#[$doc])* pub(super) $table: Table,)*
        }

        /// Writes to the tables that belong together.
        #[derive(Debug, Default)]
        pub(super) struct Batch {
            $($table: Writes,)*
        }

        /// The tables as one request sees and changes them.
        pub(super) struct Tx<'a> {
            $(pub(super) $table: Layer<'a>,)*
        }

        impl Tables {
            pub(super) fn open(db: Db, beside: Beside) -> Result<Self, StoreError> {
                let tree = db.open_tree(TREE).map_err(failed)?;
                $(let $table = Table { tree: tree.clone(), letter: $letter };)*
                let Beside { file, mark, faults, flushed } = beside;
                let (file, mark) = (Arc::new(file), Arc::new(mark));
                Ok(Self { db, tree, file, mark, faults, flushed, $($table,)* })
            }

            /// Writes a batch, all of it or nothing. It is durable after the
            /// next [`Tables::flush`].
            pub(super) fn land(&self, batch: Batch) -> Result<(), StoreError> {
                self.faults.write()?;
                let mut writes = sled::Batch::default();
                $(for (key, value) in batch.$table {
                    let key = self.$table.key(&key);
                    match value {
                        Some(value) => writes.insert(key, value),
                        None => writes.remove(key),
                    }
                })*
                self.tree.apply_batch(writes).map_err(failed)
            }
        }

        impl Batch {
            pub(super) fn is_empty(&self) -> bool {
                true $(&& self.$table.is_empty())*
            }

            /// Says which one it is, and how many items wait and identities are
            /// remembered after it.
            pub(super) fn seal(
                &mut self,
                number: u64,
                items: usize,
                remembered: u64,
            ) -> Result<(), StoreError> {
                let row = encode(&BatchRow { number, items: items as u64 })?;
                self.meta.insert(BATCH_KEY.into(), Some(row.into()));
                let remembered = remembered.to_be_bytes();
                self.meta.insert(REMEMBERED_KEY.into(), Some(remembered.as_slice().into()));
                Ok(())
            }

            /// Adds later writes.
            pub(super) fn absorb(&mut self, later: Self) {
                $(self.$table.extend(later.$table);)*
            }
        }

        impl<'a> Tx<'a> {
            pub(super) fn new(tables: &'a Tables, batch: &'a Batch) -> Self {
                Self { $($table: Layer::new(&tables.$table, &batch.$table),)* }
            }

            /// What was written to this layer alone.
            pub(super) fn into_batch(self) -> Batch {
                Batch { $($table: self.$table.into_writes(),)* }
            }
        }
    };
}

tables! {
    /// The sequence, and the number of the last batch.
    meta = b'a',
    /// repository, number, id → [`rows::ItemRow`].
    items = b'i',
    /// repository, number, identity → [`rows::IdentityRow`].
    identities = b'd',
    /// repository, number → [`rows::RecordRow`].
    records = b'r',
    /// repository, head, number of every record.
    heads = b'h',
    /// repository, number of every record that is open.
    open = b'o',
    /// repository, number → a moment.
    wakes = b'w',
    /// [`keys::memo`] → [`rows::MemoRow`].
    memos = b'm',
    /// id → [`rows::EffectRow`].
    outbox = b'e',
    /// lane, key → id of the queued effect.
    queued = b'q',
}

/// The rows of one kind: their keys begin with a letter of their own.
#[derive(Debug, Clone)]
pub(super) struct Table {
    tree: Tree,
    letter: u8,
}

impl Table {
    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, StoreError> {
        self.tree.get(self.key(key.as_ref())).map_err(failed)
    }

    pub(super) fn contains_key(&self, key: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.tree
            .contains_key(self.key(key.as_ref()))
            .map_err(failed)
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> Result<usize, StoreError> {
        self.scan(&[])
            .try_fold(0, |count, row| row.map(|_| count + 1))
    }

    /// The rows whose keys begin with `prefix`.
    pub(super) fn scan(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(IVec, IVec), StoreError>> + use<> {
        self.tree.scan_prefix(self.key(prefix)).map(plain)
    }

    /// The rows from this key on.
    pub(super) fn scan_from(
        &self,
        from: &[u8],
    ) -> impl Iterator<Item = Result<(IVec, IVec), StoreError>> + use<> {
        let end = vec![self.letter + 1];
        self.tree.range(self.key(from)..end).map(plain)
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        [&[self.letter], key].concat()
    }
}

/// A row with the key as its table knows it.
fn plain(row: sled::Result<(IVec, IVec)>) -> Result<(IVec, IVec), StoreError> {
    let (key, value) = row.map_err(failed)?;
    Ok((key.subslice(1, key.len() - 1), value))
}

impl Tables {
    /// Returns when everything written before is on disk. On Linux the library
    /// only sees to it that the file's pages were sent there; the call after
    /// that makes the disk keep them through a power cut.
    /// Then the mark says that this was the batch with the number `last`.
    pub(super) fn flush(&self, last: u64) -> Result<(), StoreError> {
        let began = Instant::now();
        self.faults.flush()?;
        self.db.flush().map_err(failed)?;
        let synced = self.file.sync_data().and_then(|()| self.mark.set(last));
        (self.flushed)(began.elapsed());
        synced.map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// How many identities are remembered after a batch, given how many were
    /// before it.
    pub(super) fn remembered_after(&self, batch: &Batch, before: u64) -> Result<u64, StoreError> {
        let mut remembered = before;
        for (key, value) in &batch.identities {
            let was_there = self.identities.contains_key(key)?;
            remembered = match (was_there, value) {
                (false, Some(_)) => remembered.saturating_add(1),
                (true, None) => remembered.saturating_sub(1),
                _ => remembered,
            };
        }
        Ok(remembered)
    }

    /// How many identities were remembered after the last batch. `None`: it was
    /// not counted then.
    pub(super) fn remembered(&self) -> Result<Option<u64>, StoreError> {
        let counted = self.meta.get(REMEMBERED_KEY)?;
        counted.map(|counted| number("meta", &counted)).transpose()
    }

    /// The last batch that is here.
    pub(super) fn last_batch(&self) -> Result<BatchRow, StoreError> {
        let last = self.meta.get(BATCH_KEY)?;
        last.map_or(Ok(BatchRow::default()), |last| decode("meta", &last))
    }
}

/// The number that a value of the table `what` is.
pub(super) fn number(what: &'static str, value: &[u8]) -> Result<u64, StoreError> {
    match keys::parse_number(value) {
        Some((number, [])) => Ok(number),
        _ => Err(StoreError::Damaged(what)),
    }
}

/// A failure of the database in the words of the contract.
pub(super) fn failed(error: sled::Error) -> StoreError {
    use sled::Error::{CollectionNotFound, Corruption, Io, ReportableBug, Unsupported};
    let damaged = match &error {
        Corruption { .. } | ReportableBug(_) | CollectionNotFound(_) => true,
        Io(cause) => matches!(
            cause.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData
        ),
        Unsupported(_) => false,
    };
    if damaged {
        StoreError::Damaged("a page")
    } else {
        StoreError::Failed(error.to_string())
    }
}
