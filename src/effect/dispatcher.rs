//! Performs effects: the only writer to Gitea.
//!
//! **Invariant:** at least once and idempotent. An effect that may have been performed already (a
//! crash, a broken connection, a 5xx) is looked for before it is performed again, so that the forge
//! ends in the same state as without the accident. Where the bot observes, nothing is performed.

use super::Effect;
use super::landing::Landing;
use super::observed::observe;
use super::perform::{Ended, Performance, undone};
use crate::gitea::Gitea;
use crate::model::Mode;
use crate::numbers;
use crate::spans;
use crate::worker::tempo::Tempo;
use futures::FutureExt as _;
use jiff::Timestamp;
use state::{Millis, Store, StoreError};
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span};

/// Effects that are performed at the same time.
const SIDE_BY_SIDE: usize = 8;
/// The longest sleep between two looks at the outbox.
const NAP: Duration = Duration::from_secs(60);
/// No effect is ever put off for longer, not even for a proxy that asks to be left alone. What seems to
/// be was put off by a clock that was ahead.
const FAR: Duration = Duration::from_secs(15 * 60);
/// After what the outbox is looked at again when the store failed.
const STORE_FAILED: Duration = Duration::from_secs(1);

/// Performs what is in the outbox.
#[derive(Debug)]
pub struct Dispatcher {
    gitea: Gitea,
    store: Arc<dyn Store>,
    tempo: Tempo,
    mode: Mode,
    changed: Notify,
    busy: Mutex<HashSet<Vec<u8>>>,
    landing: Landing,
}

impl Dispatcher {
    /// A dispatcher for this outbox.
    #[must_use]
    pub fn new(gitea: Gitea, store: Arc<dyn Store>, tempo: Tempo, mode: Mode) -> Self {
        Self {
            landing: Landing::within(tempo.landing.unwrap_or(gitea.timeout())),
            gitea,
            store,
            tempo,
            mode,
            changed: Notify::new(),
            busy: Mutex::default(),
        }
    }

    /// Something was put into the outbox.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Whether nothing is being performed.
    pub fn is_quiet(&self) -> bool {
        self.busy().is_empty()
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Performs until it is told to stop; then waits for what is under way, at most `tempo.end`.
    /// `look` puts a pull request's turn into the inbox, for a success whose facts are old.
    pub async fn run(self: Arc<Self>, look: Look, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        while !stop.is_cancelled() {
            let changed = self.changed.notified();
            let wait = match self.start(&tasks, &look).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    STORE_FAILED
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        tasks.close();
        let _ = tokio::time::timeout(self.tempo.end, tasks.wait()).await;
    }

    /// Starts what is due, as far as there is room, and says how long to wait for more.
    async fn start(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        look: &Look,
    ) -> Result<Duration, StoreError> {
        let busy = self.busy().clone();
        let room = SIDE_BY_SIDE.saturating_sub(busy.len());
        if room == 0 {
            return Ok(NAP);
        }
        let now = Timestamp::now().as_millisecond();
        let mut due = self.store.due(Millis::new(now), room, &busy).await?;
        let far = due.next.filter(|next| *next > Millis::new(now).plus(FAR));
        if let Some(next) = far.filter(|_| due.effects.is_empty()) {
            due = self.store.due(next, room, &busy).await?;
        }
        for queued in due.effects {
            self.busy().insert(queued.lane.clone());
            let (dispatcher, look) = (Arc::clone(self), Arc::clone(look));
            let effect = serde_json::from_slice::<Effect>(&queued.payload).ok();
            let span = effect.as_ref().map_or_else(Span::none, span);
            let performing = async move {
                let effect = effect.as_ref();
                let performed = AssertUnwindSafe(dispatcher.perform(&queued, effect, &look));
                let ended = match performed.catch_unwind().await {
                    Ok(ended) => ended,
                    Err(_) => dispatcher.panicked(&queued, effect).await,
                };
                if let Err(error) = ended {
                    tracing::error!(%error, "an effect's end cannot be written down");
                    tokio::time::sleep(STORE_FAILED).await;
                }
                dispatcher.busy().remove(&queued.lane);
                dispatcher.wake();
            };
            tasks.spawn(performing.instrument(span));
        }
        let wait = due.next.map(|next| next.get().saturating_sub(now));
        let wait = wait
            .and_then(|wait| u64::try_from(wait).ok())
            .map(Duration::from_millis);
        Ok(wait.unwrap_or(NAP).min(NAP))
    }

    /// A mistake of ours, which costs this write alone: it is tried a few times, and given up.
    async fn panicked(
        &self,
        queued: &state::Effect,
        effect: Option<&Effect>,
    ) -> Result<(), StoreError> {
        let (id, attempts) = (queued.id, queued.attempts);
        tracing::error!(%id, attempts, "refire panicked over a write, which is a mistake in it");
        let now = Millis::new(Timestamp::now().as_millisecond());
        if attempts.saturating_add(1) >= self.tempo.refused_tries {
            let undone = effect.map(undone).unwrap_or_default();
            return self.store.finish(id, undone, now).await;
        }
        let next = now.plus(self.tempo.wait(attempts));
        self.store.postpone(id, next).await
    }

    /// `None`: nobody here can read it.
    async fn perform(
        &self,
        queued: &state::Effect,
        effect: Option<&Effect>,
        look: &Look,
    ) -> Result<(), StoreError> {
        let at = || Millis::new(Timestamp::now().as_millisecond());
        let Some(effect) = effect else {
            tracing::error!(id = %queued.id, "an effect of another version is dropped");
            return self.store.finish(queued.id, Vec::new(), at()).await;
        };
        if self.mode.observes() {
            return self.store.finish(queued.id, observe(effect), at()).await;
        }
        let performance = Performance {
            session: &self.gitea.session(),
            store: &*self.store,
            tempo: &self.tempo,
            queued,
            effect,
            look,
            landing: &self.landing,
            follows: true,
        };
        let ended = performance.perform_where_it_is().await?;
        let labels = [("kind", effect.act.kind()), ("outcome", ended.word())];
        metrics::counter!(numbers::EFFECTS, &labels).increment(1);
        if let (Ended::Done(_), Some(asked)) = (&ended, effect.trail.asked_at) {
            let took = Timestamp::now().duration_since(asked).as_secs_f64();
            metrics::histogram!(numbers::ANSWER).record(took.max(0.0));
        }
        match ended {
            Ended::Done(memos) => self.store.finish(queued.id, memos, at()).await,
            Ended::GivenUp(memos, cause) => {
                tracing::warn!(%cause, repo = %effect.repo, number = %effect.number, attempts = queued.attempts,
                    lane = %String::from_utf8_lossy(&queued.lane), "a write was given up");
                self.store.finish(queued.id, memos, at()).await
            }
            Ended::Moved => self.store.postpone(queued.id, at()).await,
            Ended::Later(wait) => self.store.postpone(queued.id, at().plus(wait)).await,
        }
    }
}

fn span(effect: &Effect) -> Span {
    spans::effect(
        effect.act.kind(),
        &effect.repo,
        effect.number,
        &effect.trail,
    )
}

/// Puts a look at a pull request into the inbox.
pub type Look = Arc<
    dyn Fn(Effect) -> futures::future::BoxFuture<'static, Result<(), StoreError>> + Send + Sync,
>;
