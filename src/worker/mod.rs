//! The worker: one pull request's events in order, one turn at a time; different pull requests side
//! by side, so many at once and no more.
//!
//! Commands of whoever types too much stay in the inbox for a while, and `pace` says which.
//! A turn is the way of one comment, and `turn` shows it on one screen; a push, a
//! review and a sweep run the same turn without a command in it. **Invariant:** what a turn has not
//! committed has not happened: its items stay in the inbox, and the next turn begins anew.

pub(crate) mod able;
pub mod board;
pub mod changes;
mod commit;
mod consent;
mod errand;
pub mod explain;
mod judge;
mod left;
mod look;
mod neighbours;
pub mod observed;
pub mod once;
mod pace;
mod place;
mod post;
pub mod recheck;
mod refuse;
mod restore;
mod rewrite;
mod shown;
pub mod simulate;
pub mod tempo;
mod turn;
mod turns;
mod unread;

pub use neighbours::note_listing;
pub use post::posted_on;

use crate::audit::Trail;
use crate::decide::timeline::Ears;
use crate::effect::Dispatcher;
use crate::gate::policy::Policy;
use crate::gitea::Gitea;
use crate::intake::{Event, Put, Told, Topic};
use crate::memo;
use crate::model::{Account, Digest, Mode, PullRef, RepositoryId, Sha, UserId};
use crate::numbers::{self, Pulse};
use board::Board;
use changes::Changes;
use commands::GateTable;
use futures::FutureExt as _;
use jiff::Timestamp;
use state::{Acceptance, MemoKey, Millis, PullKey, Store, StoreError};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempo::Tempo;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Span;
use turns::Turns;

/// Pull requests that have a turn at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Where what is decided is written to.
#[derive(Clone, Debug, Default)]
pub struct Writing {
    /// Where every decision is written down. `None`: nowhere, where nothing is decided for good.
    pub trail: Option<Arc<Trail>>,
    /// Whether it is written to the forge.
    pub mode: Mode,
}

/// What all turns share.
#[derive(Debug)]
pub struct Shared {
    /// The forge.
    pub gitea: Gitea,
    /// Inbox, outbox and memory.
    pub store: Arc<dyn Store>,
    /// The rules.
    pub policy: Arc<Policy>,
    /// The gates that commands may name.
    pub gates: Arc<GateTable>,
    /// The waits.
    pub tempo: Tempo,
    /// Whose turn it is.
    pub board: Arc<Board>,
    /// Counts turns, so that a look which comes in during one is not taken for one before it.
    pub epoch: Arc<AtomicU64>,
    /// Where what is decided is written to.
    pub writing: Writing,
    /// Who looks is told what changed.
    pub changes: Changes,
    /// Who performs the effects.
    pub dispatcher: Arc<Dispatcher>,
    /// What last happened when.
    pub pulse: Arc<Pulse>,
    turns: Turns<(RepositoryId, String)>,
    /// Whoever types is counted by one turn at a time.
    typists: Turns<(u64, UserId)>,
    failures: Mutex<HashMap<PullKey, u32>>,
}

impl Shared {
    /// Puts the parts together.
    pub fn new(
        gitea: Gitea,
        store: Arc<dyn Store>,
        policy: Arc<Policy>,
        tempo: Tempo,
        writing: Writing,
    ) -> Arc<Self> {
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let board = Arc::new(Board::default());
        let epoch = Arc::new(AtomicU64::new(now));
        Arc::new(Self {
            gates: Arc::new(crate::decide::directive::gate_table(&policy)),
            dispatcher: Arc::new(Dispatcher::new(
                gitea.clone(),
                Arc::clone(&store),
                tempo.clone(),
                writing.mode,
            )),
            gitea,
            store,
            policy,
            tempo,
            board,
            epoch,
            writing,
            pulse: Arc::default(),
            changes: Changes::default(),
            turns: Turns::default(),
            typists: Turns::default(),
            failures: Mutex::default(),
        })
    }

    /// Where it is remembered what stands under a context of a commit, or would, if the bot observes:
    /// one that acts afterwards must not take the one for the other.
    fn status_key(&self, repository: RepositoryId, sha: &Sha, context: &str) -> MemoKey {
        match self.writing.mode {
            Mode::Act => memo::of_status(repository, sha, context),
            Mode::Observe => memo::of_unposted_status(repository, sha, context),
        }
    }

    /// Who is who while something is read.
    pub(crate) fn ears<'a>(&'a self, bots: &'a [Account]) -> Ears<'a> {
        Ears {
            policy: &self.policy,
            gates: &self.gates,
            bots,
        }
    }

    /// Puts a look into the inbox and wakes the pull request's turn. Where the inbox has no room for it,
    /// the look is owed: nobody who fills it shall keep a pull request from being looked at. `false`: it is,
    /// which ends with the process, and comes to nothing for a pull request of which nothing is known.
    ///
    /// # Errors
    /// The store fails.
    pub async fn look_again(
        &self,
        repository: RepositoryId,
        pull: &PullRef,
        told: Told,
    ) -> Result<bool, StoreError> {
        let event = Event {
            repository,
            repo: pull.repo.clone(),
            number: pull.number,
            topic: Topic::Look,
            told,
            delivery: None,
        };
        match self.put(&event, &Digest::of("")).await {
            Err(StoreError::InboxFull(_)) => {
                self.owe_look(memo::pull_key(repository, pull.number));
                Ok(false)
            }
            put => put.map(|_| true),
        }
    }

    /// Wakes the pull request's turn for a look that stands nowhere.
    pub fn owe_look(&self, key: PullKey) {
        self.board.owe_look(key);
        self.board.wake(key);
    }

    /// Puts an event into the inbox and wakes the pull request's turn. `false`: it is known already.
    ///
    /// # Errors
    /// The inbox is full, or the store fails.
    pub async fn put(&self, event: &Event, body: &Digest) -> Result<bool, StoreError> {
        let put = Put::new(event.clone(), body, self.epoch.load(Ordering::SeqCst));
        let key = put.pull();
        let arrival = put
            .arrival(Timestamp::now())
            .map_err(|e| StoreError::Failed(e.to_string()))?;
        let accepted = self.store.accept(arrival).await;
        let is_new = matches!(accepted, Ok(Acceptance::New(_)));
        if is_new && event.told == Told::Sweep && event.topic.comment().is_some() {
            metrics::counter!(numbers::FOUND_BY_SWEEP).increment(1);
        }
        // What failed may be on disk all the same, and then somebody has to look at it.
        if matches!(
            accepted,
            Ok(Acceptance::New(_)) | Err(StoreError::Failed(_))
        ) {
            self.board.wake(key);
        }
        accepted.map(|_| is_new)
    }

    /// How often the turn of this pull request has failed in a row, this time included.
    fn failed(&self, key: PullKey) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(key).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// How often the turn of this pull request has failed in a row before.
    fn failures(&self, key: PullKey) -> u32 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&key).copied().unwrap_or_default()
    }

    fn succeeded(&self, key: PullKey) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
    }
}

/// Now, as the store counts.
pub fn now() -> Millis {
    Millis::new(Timestamp::now().as_millisecond())
}

/// Takes turns until it is told to stop; then waits for those under way, at most `tempo.end`. One that
/// panics holds up nothing but its own pull request, which is looked at again later.
pub async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    stop.run_until_cancelled(refill(&shared)).await;
    let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let tasks = TaskTracker::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, shared.board.next().await)
        };
        let (place, key) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            next = next => next,
        };
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let owed = shared.board.take_owed_look(key);
            let taken = AssertUnwindSafe(take_turn(&shared, key, owed)).catch_unwind();
            if taken.await.is_err() {
                put_off(&shared, key, owed, &Trouble::Panicked);
            }
            shared.board.done(key);
            drop(place);
        });
    }
    tasks.close();
    let _ = tokio::time::timeout(shared.tempo.end, tasks.wait()).await;
}

/// What the store remembers goes back on the board, as soon as it can be read.
async fn refill(shared: &Shared) {
    let mut tries = 0;
    while let Err(error) = recall(shared).await {
        tracing::error!(%error, "what waits cannot be read");
        tokio::time::sleep(shared.tempo.wait(tries)).await;
        tries = tries.saturating_add(1);
    }
}

async fn recall(shared: &Shared) -> Result<(), StoreError> {
    for key in shared.store.waiting().await? {
        shared.board.wake(key);
    }
    for (key, at) in shared.store.wakes().await? {
        let at = Timestamp::from_millisecond(at.get()).unwrap_or_else(|_| Timestamp::now());
        shared.board.wake_at(key, at);
    }
    Ok(())
}

async fn take_turn(shared: &Shared, key: PullKey, owed: bool) {
    let mut span = Span::none();
    let ended = turn::turn(shared, key, owed, &mut span).await;
    let _in = span.enter();
    match ended {
        Ok(()) => shared.succeeded(key),
        Err(trouble) => put_off(shared, key, owed, &trouble),
    }
}

/// The turn is taken again later, with the look that it was to take.
fn put_off(shared: &Shared, key: PullKey, owed: bool, trouble: &Trouble) {
    if owed {
        shared.board.owe_look(key);
    }
    let tries = shared.failed(key);
    let wait = shared.tempo.wait(tries.saturating_sub(1));
    let wait = wait.max(trouble.retry_after().unwrap_or_default());
    tracing::warn!(repository = key.repository, number = key.number, tries, %trouble,
        "a turn could not be ended and is taken again");
    shared.board.wake_at(key, after(wait));
}

fn after(wait: Duration) -> Timestamp {
    Timestamp::now()
        .saturating_add(wait)
        .unwrap_or(Timestamp::MAX)
}

/// Why a turn could not be ended. Its items stay.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The audit trail.
    #[error("the audit trail cannot be written: {0}")]
    Trail(std::io::Error),
    /// Gitea.
    #[error("Gitea: {0}")]
    Call(#[from] crate::gitea::CallError),
    /// Another repository has the name, and the one that it was is out of sight.
    #[error("its repository is out of sight, and another one has its name")]
    Elsewhere,
    /// The turn.
    #[error("refire panicked, which is a mistake in it")]
    Panicked,
}

impl Trouble {
    /// How long a proxy in front of Gitea has asked to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.retry_after(),
            Self::Store(_) | Self::Trail(_) | Self::Elsewhere | Self::Panicked => None,
        }
    }
}
