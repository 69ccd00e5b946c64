//! What goes on beside the server: the turns, the writes, the sweep, and tidying the store.

use super::{StartError, introduce};
use crate::config::Config;
use crate::effect::{Effect, Look};
use crate::intake::{Told, sweep::Sweep};
use crate::model::PullRef;
use crate::numbers::Recorder;
use crate::worker::{self, Shared, observed};
use futures::FutureExt as _;
use jiff::Timestamp;
use state::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

/// How often what was measured is folded into its buckets.
const TIDY: Duration = Duration::from_secs(5);
/// How often what is done long ago is removed from the store.
const PURGE: Duration = Duration::from_secs(60 * 60);
/// Between two tries to find out who the bot is.
const INTRODUCTION: Duration = Duration::from_secs(5);

/// A tick whenever every open pull request is to be looked at again.
pub(super) type Ticks = tokio::sync::mpsc::Receiver<()>;

pub(super) async fn schedule(config: &Config) -> Result<(Ticks, Option<JobScheduler>), StartError> {
    let (tick, ticks) = tokio::sync::mpsc::channel(1);
    let Some(line) = &config.sweep.reconcile else {
        return Ok((ticks, None));
    };
    let scheduler = JobScheduler::new().await?;
    let job = Job::new(line.as_str(), move |_, _| {
        // A tick that finds another one waiting has nothing to add.
        let _ = tick.try_send(());
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok((ticks, Some(scheduler)))
}

/// Everything that goes on beside the server.
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
    pub(super) config: Config,
    pub(super) stop: CancellationToken,
    pub(super) ticks: Ticks,
    pub(super) reconcile: Option<JobScheduler>,
    pub(super) recorder: Recorder,
}

impl Work {
    pub(super) async fn run(self, mut known: bool) {
        let sweep = &self.config.sweep;
        if sweep.every.is_some() || sweep.reconcile.is_some() {
            // It lags from now on, also while Gitea does not say who the bot is.
            self.shared.pulse.sweeps_from(Timestamp::now());
        }
        while !known {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(INTRODUCTION) => {}
            }
            known = introduce(&self.shared.gitea, &self.config)
                .await
                .unwrap_or_default();
        }
        let look = look(&self.shared);
        let stop = self.stop.clone();
        let dispatcher = Arc::clone(&self.shared.dispatcher).run(look, stop.clone());
        let turns = worker::run(Arc::clone(&self.shared), stop.clone());
        let purge = purge(Arc::clone(&self.shared.store), stop.clone());
        let tidy = tidy(self.recorder.clone(), stop);
        tokio::join!(turns, dispatcher, purge, tidy, self.sweep());
    }

    async fn sweep(mut self) {
        let Some(every) = self.config.sweep.every else {
            return self.reconcile_only().await;
        };
        let mut sweep = self.begin();
        let mut lost = self.shared.store.lost();
        let mut due = self.has_only_observed().await;
        let mut ticker = tokio::time::interval(every);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let everything = tokio::select! {
                () = self.stop.cancelled() => break,
                _ = ticker.tick() => false,
                Some(()) = self.ticks.recv() => true,
                // The first look at an empty store is one at everything.
                () = is_lost(&mut lost) => false,
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                whole = sweep.round(everything || due) => due = self.is_still_due(due, whole).await,
            }
        }
        self.end().await;
    }

    async fn reconcile_only(mut self) {
        let mut sweep = self.begin();
        let mut lost = self.shared.store.lost();
        let mut due = self.has_only_observed().await;
        if due {
            let whole = sweep.round(true).await;
            due = self.is_still_due(due, whole).await;
        }
        let mut anew = due || *lost.borrow_and_update() > 0;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(()) = self.ticks.recv() => {
                    let _ended = sweep.round(true).await;
                }
                () = is_lost(&mut lost) => anew = true,
                () = tokio::time::sleep(INTRODUCTION), if anew => {}
            }
            // Nobody else comes by to find what was lost.
            if anew {
                anew = !sweep.round(due).await;
                due = self.is_still_due(due, !anew).await;
            }
        }
        self.end().await;
    }

    /// What a bot that observed has only written down is looked at by one that acts as soon as it
    /// comes.
    async fn has_only_observed(&self) -> bool {
        let observed = observed::has_only_observed(&self.shared).await;
        observed.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a bot has observed here is not known");
            false
        })
    }

    async fn is_still_due(&self, due: bool, whole: bool) -> bool {
        due && !(whole && observed::has_acted(&self.shared).await.is_ok())
    }

    fn begin(&self) -> Sweep {
        let patterns = self.config.forge.repositories.clone();
        Sweep::new(
            Arc::clone(&self.shared),
            patterns,
            self.config.sweep.lookback,
        )
    }

    async fn end(self) {
        if let Some(mut scheduler) = self.reconcile {
            let _ = scheduler.shutdown().await;
        }
    }
}

/// Ends when the store has lost what it held.
async fn is_lost(lost: &mut watch::Receiver<u64>) {
    if lost.changed().await.is_err() {
        std::future::pending().await
    }
}

/// How the dispatcher asks for a new look where facts have grown old.
fn look(shared: &Arc<Shared>) -> Look {
    let shared = Arc::clone(shared);
    Arc::new(move |effect: Effect| {
        let shared = Arc::clone(&shared);
        async move {
            let pull = PullRef {
                repo: effect.repo,
                number: effect.number,
            };
            shared
                .look_again(effect.repository, &pull, Told::Self_)
                .await
                .map(drop)
        }
        .boxed()
    })
}

async fn purge(store: Arc<dyn Store>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PURGE) => {}
        }
        match store.purge(worker::now()).await {
            Ok(purged) => tracing::debug!(?purged, "what was done long ago is removed"),
            Err(error) => tracing::warn!(%error, "the store could not be tidied"),
        }
    }
}

async fn tidy(recorder: Recorder, stop: CancellationToken) {
    while !stop.is_cancelled() {
        recorder.tidy();
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TIDY) => {}
        }
    }
}
