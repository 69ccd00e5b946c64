//! Words for the tests: stores to ask, and things to put into them.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use state::{
    Acceptance, Arrival, Commit, DiskStore, Due, Effect, ItemId, Limits, Memo, MemoKey,
    MemoryStore, Millis, NewEffect, OpenError, PullKey, Purged, Record, Settings, Store,
    StoreError, Write,
};
use tempfile::TempDir;

/// How a test ends.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) const NOW: Millis = Millis::new(1_800_000_000_000);
pub(crate) const PULL: PullKey = PullKey {
    repository: 7,
    number: 12,
};
pub(crate) const OTHER: PullKey = PullKey {
    repository: 7,
    number: 300,
};
pub(crate) const ELSEWHERE: PullKey = PullKey {
    repository: 8,
    number: 12,
};

/// A store under test, which can be closed and opened again.
pub(crate) enum Bench {
    Memory(Arc<MemoryStore>),
    Disk {
        store: Option<DiskStore>,
        settings: Settings,
        _directory: TempDir,
    },
}

impl Bench {
    pub(crate) fn memory(limits: Limits) -> Outcome<Self> {
        Ok(Self::Memory(Arc::new(MemoryStore::new(limits))))
    }

    pub(crate) async fn disk(limits: Limits) -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let settings = Settings {
            limits,
            ..Settings::new(directory.path().join("refire.db"))
        };
        let store = Some(open(&settings).await?);
        Ok(Self::Disk {
            store,
            settings,
            _directory: directory,
        })
    }

    pub(crate) fn store(&self) -> &dyn Store {
        match self {
            Self::Memory(store) => store.as_ref(),
            Self::Disk {
                store: Some(store), ..
            } => store,
            Self::Disk { store: None, .. } => unreachable!("opening failed before"),
        }
    }

    pub(crate) async fn restart(&mut self) -> Outcome {
        match self {
            Self::Memory(store) => store.restart()?,
            Self::Disk {
                store, settings, ..
            } => {
                if let Some(store) = store.take() {
                    store.close().await?;
                }
                *store = Some(open(settings).await?);
            }
        }
        Ok(())
    }
}

/// Opens a store that is not expected to be damaged.
pub(crate) async fn open(settings: &Settings) -> Result<DiskStore, OpenError> {
    let opened = DiskStore::open(settings.clone(), "20261122T090000Z").await?;
    assert_eq!(opened.moved_aside, None);
    Ok(opened.store)
}

pub(crate) fn settings(directory: &Path) -> Settings {
    Settings::new(directory.join("refire.db"))
}

pub(crate) fn days(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(count * 24 * 60 * 60)
}

pub(crate) fn seconds(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(count)
}

pub(crate) fn arrival(pull: PullKey, identity: &str) -> Arrival {
    Arrival {
        pull,
        identity: identity.into(),
        remember: true,
        payload: format!("payload of {identity}").into(),
        at: NOW,
        memos: vec![],
    }
}

pub(crate) fn memo_key(pull: PullKey, id: &str) -> MemoKey {
    MemoKey {
        repository: pull.repository,
        pull: Some(pull.number),
        kind: 1,
        id: id.into(),
    }
}

pub(crate) fn memo(pull: PullKey, id: &str, value: &str) -> Memo {
    Memo {
        key: memo_key(pull, id),
        value: value.into(),
        write: Write::Always,
    }
}

pub(crate) fn record(head: &str, open: bool) -> Record {
    Record {
        bytes: format!("record at {head}").into(),
        head: head.into(),
        open,
    }
}

pub(crate) fn effect(lane: &str, key: &str) -> NewEffect {
    NewEffect {
        lane: lane.into(),
        key: key.into(),
        rank: 0,
        after: None,
        payload: format!("{lane} {key}").into(),
        at: NOW,
    }
}

pub(crate) fn commit(pull: PullKey) -> Commit {
    Commit::new(pull, NOW)
}

pub(crate) async fn accept(store: &dyn Store, arrival: Arrival) -> Outcome<ItemId> {
    match store.accept(arrival).await? {
        Acceptance::New(id) => Ok(id),
        Acceptance::Known => Err("it was known already".into()),
    }
}

pub(crate) async fn queue(store: &dyn Store, effects: Vec<NewEffect>) -> Result<(), StoreError> {
    store
        .commit(Commit {
            effects,
            ..commit(PULL)
        })
        .await
}

pub(crate) async fn due(store: &dyn Store, now: Millis) -> Result<Due, StoreError> {
    store.due(now, 100, &Default::default()).await
}

/// The payloads of what is due now.
pub(crate) async fn due_now(store: &dyn Store) -> Outcome<Vec<String>> {
    Ok(due(store, NOW)
        .await?
        .effects
        .iter()
        .map(|effect| text(&effect.payload))
        .collect())
}

/// The only effect that is due now.
pub(crate) async fn only_due(store: &dyn Store) -> Outcome<Effect> {
    let [effect] = <[Effect; 1]>::try_from(due(store, NOW).await?.effects)
        .map_err(|effects| format!("not one effect is due: {effects:?}"))?;
    Ok(effect)
}

/// Cleans up until nothing is left to do.
pub(crate) async fn purge(store: &dyn Store, now: Millis) -> Result<usize, StoreError> {
    let mut all = 0;
    loop {
        let Purged { removed, more } = store.purge(now).await?;
        all += removed;
        if !more {
            return Ok(all);
        }
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits for all, so that they are flushed together.
pub(crate) async fn together<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (one, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match one.as_mut().poll(context) {
                Poll::Ready(given) => *output = Some(given),
                Poll::Pending => ready = false,
            }
        }
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}
