//! The bot's life: it can be killed between any two steps, without a farewell.

use crate::stage::Stage;
use refire::app;
use state::{Limits, MemoryStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long a thread that is killed may need to end what it is in the middle of.
const LAST_BREATH: Duration = Duration::from_secs(10);

/// A runtime that nobody else shares: where it ends, everything in it ends.
pub(crate) struct Life(Option<Runtime>);

impl Life {
    /// The bot comes on stage.
    pub(crate) async fn begin(stage: &mut Stage) -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let life = Self(Some(runtime));
        let start = app::start(stage.parts());
        let started = life.0.as_ref().expect("it has begun").spawn(start).await;
        stage.appears(started.expect("nobody panicked").expect("the bot starts"));
        life
    }

    /// Everything that is under way is gone; the store is what it was.
    pub(crate) async fn end(mut self, stage: &mut Stage, lost: bool) {
        let runtime = self.0.take().expect("it has begun");
        let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(LAST_BREATH));
        ended.await.expect("nobody panicked");
        (stage.sweep, stage.bot) = (None, None);
        stage.store.restart().expect("a store opens again");
        if lost {
            stage.store = Arc::new(MemoryStore::new(Limits::default()));
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
