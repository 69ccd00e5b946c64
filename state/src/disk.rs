//! The contract kept on disk, by sled.
//!
//! One thread writes: it applies what is asked, each request whole or not at
//! all, writes and flushes once for all of them, and only then answers and
//! shows what has changed ([`writer`], [`ledger`]). Reads happen beside it, a few at a time.
//! So an effect is never handed out before the commit that queued it is on
//! disk.
//!
//! **Invariant:** nothing of sled is visible outside this module.

mod audit;
mod commit;
mod faults;
mod holder;
mod index;
mod keys;
mod ledger;
mod mark;
mod mend;
mod open;
mod purge;
mod read;
mod replace;
mod rows;
mod tables;
mod tx;
mod waiting;
mod writer;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use crate::{
    Acceptance, Arrival, Claim, Commit, Due, EffectId, Limits, Memo, MemoKey, Millis, OpenError,
    PullKey, Purged, Record, Stats, Store, StoreError,
};
use index::Index;
use ledger::Ledger;
use mend::Mender;
use read::Shared;
use writer::Writer;

pub use faults::{Fault, Faults};
pub use replace::Hold;

/// How many reads go on at once. They are short; more threads than this would
/// only cost memory.
const READERS: usize = 4;

/// Where a store is and how much it may hold.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory; it is created if it is not there.
    pub path: PathBuf,
    /// How many bytes of pages are kept in memory at most.
    pub cache: u64,
    /// How much may wait.
    pub limits: Limits,
    /// How long after a failed write it is opened again, and again after that.
    pub mending: Duration,
    /// What the disk refuses: for tests.
    pub faults: Faults,
    /// Told how long the disk took for each flush.
    pub flushed: fn(Duration),
}

impl Settings {
    /// A store in this directory, with a cache of 64 MiB and the usual limits.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            cache: 64 << 20,
            limits: Limits::default(),
            mending: Duration::from_secs(1),
            faults: Faults::default(),
            flushed: |_| (),
        }
    }
}

/// An opened store, and what became of the one that was there.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: DiskStore,
    /// Where a damaged store was moved; the opened one is empty then. `None`:
    /// there was nothing to move.
    pub moved_aside: Option<PathBuf>,
}

/// A store in a directory of its own.
pub struct DiskStore {
    path: PathBuf,
    shared: Arc<Shared>,
    writer: Arc<Writer>,
    readers: Semaphore,
    lost: watch::Receiver<u64>,
}

impl DiskStore {
    /// Opens the store, and creates it if there is none.
    ///
    /// Every row is read once. A store that turns out to be damaged is renamed
    /// to `<path>.damaged-<stamp>` and an empty one takes its place; `stamp`
    /// says when that was, in the caller's words.
    pub async fn open(settings: Settings, stamp: &str) -> Result<Opened, OpenError> {
        let stamp = stamp.to_owned();
        let path = settings.path.clone();
        let opening = tokio::task::spawn_blocking(move || {
            let (found, moved_aside) = open::open(&settings, &stamp)?;
            let lost = u64::from(moved_aside.is_some());
            let store = Self::start(&settings, found, (stamp, lost));
            Ok(Opened { store, moved_aside })
        });
        opening
            .await
            .unwrap_or_else(|reason| Err(open::failed(&path, reason)))
    }

    /// Opens a store that is there, to look at it. Nothing is created, and a
    /// damaged one is left where it is: it is [`OpenError::Failed`] then.
    pub async fn inspect(settings: Settings) -> Result<Self, OpenError> {
        let path = settings.path.clone();
        let opening = tokio::task::spawn_blocking(move || open::inspect(&settings));
        opening
            .await
            .unwrap_or_else(|reason| Err(open::failed(&path, reason)))
    }

    fn start(settings: &Settings, found: open::Found, (stamp, lost): (String, u64)) -> Self {
        let open::Found {
            tables,
            index,
            standing,
        } = found;
        let shared = Arc::new(Shared::new(tables.clone(), index));
        let ledger = Ledger::new(tables, standing, settings.limits, Arc::clone(&shared));
        let (tell, lost) = watch::channel(lost);
        let mender = Mender::new(settings.clone(), stamp, Arc::clone(&shared), tell);
        Self {
            path: settings.path.clone(),
            writer: Arc::new(Writer::start(ledger, mender)),
            shared,
            readers: Semaphore::new(READERS),
            lost,
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _turn = self
            .readers
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || ask(&shared));
        let read = reading
            .await
            .unwrap_or_else(|_| Err(StoreError::Damaged("reading it ended in a panic:")));
        if let Err(damage @ StoreError::Damaged(_)) = &read {
            let damage = damage.clone();
            self.writer
                .write(move |ledger| ledger.distrust(damage))
                .await?;
        }
        read
    }
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Whoever opens the directory next in this process must find it unlocked.
impl Drop for DiskStore {
    fn drop(&mut self) {
        if let Err(error) = end(&self.path, &self.writer, &self.shared) {
            tracing::error!(%error, path = %self.path.display(), "closing the store failed");
        }
    }
}

fn end(path: &Path, writer: &Writer, shared: &Shared) -> Result<(), StoreError> {
    let written = writer.stop();
    holder::erase(path);
    if shared.let_go() {
        open::wait_for_unlock(path);
    }
    written
}

#[async_trait]
impl Store for DiskStore {
    async fn accept(&self, arrival: Arrival) -> Result<Acceptance, StoreError> {
        self.writer
            .write(move |ledger| ledger.accept(&arrival))
            .await
    }

    async fn remember(&self, memos: Vec<Memo>, at: Millis) -> Result<(), StoreError> {
        self.writer
            .write(move |ledger| ledger.remember(&memos, at))
            .await
    }

    async fn recall(&self, key: &MemoKey) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.clone();
        self.read(move |shared| shared.recall(&key)).await
    }

    async fn recall_all(
        &self,
        prefix: &MemoKey,
        limit: usize,
    ) -> Result<Vec<(MemoKey, Vec<u8>)>, StoreError> {
        let prefix = prefix.clone();
        self.read(move |shared| shared.recall_all(&prefix, limit))
            .await
    }

    async fn waiting(&self) -> Result<Vec<PullKey>, StoreError> {
        self.read(|shared| shared.indexed(Index::waiting)).await
    }

    async fn claim(&self, pull: PullKey, limit: usize) -> Result<Claim, StoreError> {
        self.read(move |shared| shared.claim(pull, limit)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.writer
            .write(move |ledger| ledger.commit(&commit))
            .await
    }

    async fn pull(&self, pull: PullKey) -> Result<Option<Record>, StoreError> {
        self.read(move |shared| shared.pull(pull)).await
    }

    async fn pulls_with_head(
        &self,
        repository: u64,
        head: &[u8],
    ) -> Result<Vec<(PullKey, Record)>, StoreError> {
        let head = head.to_vec();
        self.read(move |shared| shared.pulls_with_head(repository, &head))
            .await
    }

    async fn open_pulls(&self, repository: u64) -> Result<Vec<(PullKey, Record)>, StoreError> {
        self.read(move |shared| shared.open_pulls(repository)).await
    }

    async fn wakes(&self) -> Result<Vec<(PullKey, Millis)>, StoreError> {
        self.read(Shared::wakes).await
    }

    async fn due(
        &self,
        now: Millis,
        limit: usize,
        busy: &HashSet<Vec<u8>>,
    ) -> Result<Due, StoreError> {
        let busy = busy.clone();
        self.read(move |shared| shared.due(now, limit, &busy)).await
    }

    async fn finish(
        &self,
        effect: EffectId,
        memos: Vec<Memo>,
        at: Millis,
    ) -> Result<(), StoreError> {
        self.writer
            .write(move |ledger| ledger.finish(effect, &memos, at))
            .await
    }

    async fn postpone(&self, effect: EffectId, until: Millis) -> Result<(), StoreError> {
        self.writer
            .write(move |ledger| ledger.postpone(effect, until))
            .await
    }

    async fn forget_repository(&self, repository: u64) -> Result<Purged, StoreError> {
        self.writer
            .write(move |ledger| ledger.forget_repository(repository))
            .await
    }

    async fn purge(&self, now: Millis) -> Result<Purged, StoreError> {
        self.writer.write(move |ledger| ledger.purge(now)).await
    }

    fn lost(&self) -> watch::Receiver<u64> {
        self.lost.clone()
    }

    async fn stats(&self) -> Result<Stats, StoreError> {
        self.read(|shared| shared.indexed(Index::stats)).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let (writer, shared) = (Arc::clone(&self.writer), Arc::clone(&self.shared));
        let path = self.path.clone();
        let ending = tokio::task::spawn_blocking(move || end(&path, &writer, &shared));
        ending
            .await
            .unwrap_or_else(|reason| Err(StoreError::Failed(reason.to_string())))
    }
}
