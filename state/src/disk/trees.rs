//! The trees of the database, and what is about to be written to them.
//!
//! The library flushes each of its transactions by itself, which is what they
//! cost. So the requests of one batch share one: each works on a [`Tx`], a
//! layer of writes over those of the batch, which is added to them when the
//! request succeeds and dropped when it does not. [`Trees::land`] then writes
//! the batch. There is one writing thread, so nothing changes underneath.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};
use sled::{Db, IVec, Tree};

use super::faults::Faults;
use super::keys;
use super::mark::Mark;
#[cfg(doc)]
use super::rows;
use super::tx::Layer;
use crate::StoreError;

/// The version of keys and rows that this program writes.
pub(super) const SCHEMA: u32 = 1;

/// In the tree `meta`: the version of keys and rows.
pub(super) const SCHEMA_KEY: &[u8] = b"schema";

/// In the tree `meta`: the number of the last batch. The mark beside the
/// database says which one was acknowledged.
pub(super) const BATCH_KEY: &[u8] = b"batch";

/// In the tree `meta`: the last number given to an item or effect.
pub(super) const SEQUENCE_KEY: &[u8] = b"sequence";

/// What is open beside the trees.
pub(super) struct Beside {
    /// The database's file.
    pub(super) file: File,
    /// What was acknowledged.
    pub(super) mark: Mark,
    /// What a test has the disk refuse.
    pub(super) faults: Faults,
}

/// New values by key; `None`: the row is removed.
pub(super) type Writes = BTreeMap<IVec, Option<IVec>>;

macro_rules! trees {
    ($($(#[$doc:meta])* $tree:ident,)*) => {
        /// The open trees. Cloning is cheap.
        #[derive(Debug, Clone)]
        pub(super) struct Trees {
            db: Db,
            /// The file in which all of them are.
            file: Arc<File>,
            mark: Arc<Mark>,
            faults: Faults,
            $($(#[$doc])* pub(super) $tree: Tree,)*
        }

        /// Writes to the trees that belong together.
        #[derive(Debug, Default)]
        pub(super) struct Batch {
            $($tree: Writes,)*
        }

        /// The trees as one request sees and changes them.
        pub(super) struct Tx<'a> {
            $(pub(super) $tree: Layer<'a>,)*
        }

        impl Trees {
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($tree)),*];

            pub(super) fn open(db: Db, beside: Beside) -> Result<Self, StoreError> {
                $(let $tree = db.open_tree(stringify!($tree)).map_err(failed)?;)*
                let Beside { file, mark, faults } = beside;
                let (file, mark) = (Arc::new(file), Arc::new(mark));
                Ok(Self { db, file, mark, faults, $($tree,)* })
            }

            /// Writes a batch, all of it or nothing. It is durable after the
            /// next [`Trees::flush`].
            pub(super) fn land(&self, batch: &Batch) -> Result<(), StoreError> {
                self.faults.write()?;
                let landed = ($(&self.$tree),*).transaction(|($($tree),*)| {
                    $(for (key, value) in &batch.$tree {
                        match value {
                            Some(value) => $tree.insert(key, value)?,
                            None => $tree.remove(key)?,
                        };
                    })*
                    Ok::<(), ConflictableTransactionError<sled::Error>>(())
                });
                landed.map_err(|error| match error {
                    TransactionError::Abort(error) | TransactionError::Storage(error) => {
                        failed(error)
                    }
                })
            }
        }

        impl Batch {
            pub(super) fn is_empty(&self) -> bool {
                true $(&& self.$tree.is_empty())*
            }

            /// Says which one it is.
            pub(super) fn count(&mut self, number: u64) {
                self.meta.insert(BATCH_KEY.into(), Some(IVec::from(&number.to_be_bytes())));
            }

            /// Adds later writes.
            pub(super) fn absorb(&mut self, later: Self) {
                $(self.$tree.extend(later.$tree);)*
            }
        }

        impl<'a> Tx<'a> {
            pub(super) fn new(trees: &'a Trees, batch: &'a Batch) -> Self {
                Self { $($tree: Layer::new(&trees.$tree, &batch.$tree),)* }
            }

            /// What was written to this layer alone.
            pub(super) fn into_batch(self) -> Batch {
                Batch { $($tree: self.$tree.into_writes(),)* }
            }
        }
    };
}

trees! {
    /// The schema's version and the sequence.
    meta,
    /// repository, number, id → [`rows::ItemRow`].
    items,
    /// repository, number, identity → [`rows::IdentityRow`].
    identities,
    /// repository, number → [`rows::RecordRow`].
    records,
    /// repository, head, number of every record.
    heads,
    /// repository, number of every record that is open.
    open,
    /// repository, number → a moment.
    wakes,
    /// [`keys::memo`] → [`rows::MemoRow`].
    memos,
    /// id → [`rows::EffectRow`].
    outbox,
    /// lane, key → id of the queued effect.
    queued,
}

impl Trees {
    /// Returns when everything written before is on disk. On Linux the library
    /// only sees to it that the file's pages were sent there; the call after
    /// that makes the disk keep them through a power cut.
    /// Then the mark says that this was the batch with the number `last`.
    pub(super) fn flush(&self, last: u64) -> Result<(), StoreError> {
        self.faults.flush()?;
        self.db.flush().map_err(failed)?;
        let synced = self.file.sync_data().and_then(|()| self.mark.set(last));
        synced.map_err(|error| StoreError::Failed(error.to_string()))
    }

    /// The number of the last batch that is here.
    pub(super) fn last_batch(&self) -> Result<u64, StoreError> {
        let last = self.meta.get(BATCH_KEY).map_err(failed)?;
        last.map_or(Ok(0), |last| number("meta", &last))
    }
}

/// The number that a value of the tree `what` is.
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
