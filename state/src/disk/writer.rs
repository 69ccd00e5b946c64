//! The one thread that writes, and the queue in front of it (group commit).
//!
//! Whatever has gathered in the queue while the last batch was flushed becomes
//! the next batch. Nobody is answered before a flush that began after what was
//! asked had been applied.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::ledger::Ledger;
use crate::StoreError;

/// How many requests wait in front of the thread; further callers wait before
/// they may ask.
const QUEUE: usize = 1_024;

/// How many requests one flush serves at most.
const BATCH: usize = 256;

/// Applies a request; what it returns gives the answer, told how the flush went.
type Job = Box<dyn FnOnce(&mut Ledger) -> Answer + Send>;
type Answer = Box<dyn FnOnce(&Result<(), StoreError>)>;

/// The way to the writing thread.
pub(super) struct Writer {
    /// `None`: the store is closed.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Writer {
    /// Starts the thread. If the system has none to give, every write fails.
    pub(super) fn start(ledger: Ledger) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = Builder::new()
            .name("store".to_owned())
            .spawn(move || run(ledger, receiver));
        if let Err(error) = &thread {
            tracing::error!(%error, "the store's thread did not start");
        }
        Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(thread.ok()),
        }
    }

    /// Has a request applied and made durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        request: impl FnOnce(&mut Ledger) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let jobs = lock(&self.jobs).clone().ok_or(StoreError::Closed)?;
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |ledger| {
            let applied = ledger.apply(request);
            Box::new(move |settled| {
                let answer = applied.and_then(|answer| settled.clone().map(|()| answer));
                // Whoever asked may have stopped waiting.
                drop(tell.send(answer));
            })
        });
        jobs.send(job).await.map_err(|_| stopped())?;
        drop(jobs);
        told.await.map_err(|_| stopped())?
    }

    /// Lets the thread finish what it was asked, and waits for that.
    pub(super) fn stop(&self) -> Result<(), StoreError> {
        drop(lock(&self.jobs).take());
        let thread = lock(&self.thread).take();
        thread.map_or(Ok(()), |thread| {
            thread.join().unwrap_or_else(|_| Err(stopped()))
        })
    }
}

fn run(mut ledger: Ledger, mut jobs: mpsc::Receiver<Job>) -> Result<(), StoreError> {
    while let Some(first) = jobs.blocking_recv() {
        let mut answers = vec![first(&mut ledger)];
        // Whoever asks while the others are applied is flushed with them.
        while answers.len() < BATCH
            && let Ok(next) = jobs.try_recv()
        {
            answers.push(next(&mut ledger));
        }
        let settled = ledger.settle();
        answers.into_iter().for_each(|answer| answer(&settled));
    }
    ledger.settle()
}

fn stopped() -> StoreError {
    StoreError::Failed("its writing thread has stopped".to_owned())
}

/// Nothing is computed under these locks, so a panic elsewhere left them whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
