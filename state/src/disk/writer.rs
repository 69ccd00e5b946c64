//! The one thread that writes, and the queue in front of it (group commit).
//!
//! Whatever has gathered in the queue while the last batch was flushed becomes
//! the next batch. Nobody is answered before a flush that began after what was
//! asked had been applied.
//!
//! After a failed write nobody knows what is on disk. Then everybody is refused
//! until the store has been opened again ([`Mender`]), which is tried for as
//! long as it takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::ledger::Ledger;
use super::mend::Mender;
use crate::StoreError;

/// How many requests wait in front of the thread; further callers wait before
/// they may ask.
const QUEUE: usize = 1_024;

/// How many requests one flush serves at most.
const BATCH: usize = 256;

/// Applies a request, or refuses it for a reason; what it returns gives the
/// answer, told how the flush went.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Ledger, &StoreError>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(&Result<(), StoreError>)>;

/// The way to the writing thread.
pub(super) struct Writer {
    /// `None`: the store is closed.
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
}

impl Writer {
    /// Starts the thread. If the system has none to give, every write fails.
    pub(super) fn start(ledger: Ledger, mender: Mender) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let thread = Builder::new()
            .name("store".to_owned())
            .spawn(move || run(ledger, receiver, mender));
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
            let applied = match ledger {
                Ok(ledger) => ledger.apply(request),
                Err(reason) => Err(reason.clone()),
            };
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

fn run(
    mut ledger: Ledger,
    mut jobs: mpsc::Receiver<Job>,
    mut mender: Mender,
) -> Result<(), StoreError> {
    while let Some(first) = jobs.blocking_recv() {
        let batch = AssertUnwindSafe(|| serve(&mut ledger, first, &mut jobs));
        if catch_unwind(batch).is_err() {
            let panicked = StoreError::Failed("writing ended in a panic".to_owned());
            ledger.distrust(panicked)?;
        }
        if let Some(reason) = ledger.broken().cloned() {
            ledger = mender.mend(ledger, reason, &mut jobs)?;
        }
    }
    ledger.settle()
}

/// Applies a request and those that wait behind it, flushes, and answers.
fn serve(ledger: &mut Ledger, first: Job, jobs: &mut mpsc::Receiver<Job>) {
    let mut answers = vec![first(Ok(ledger))];
    // Whoever asks while the others are applied is flushed with them.
    while answers.len() < BATCH
        && let Ok(next) = jobs.try_recv()
    {
        answers.push(next(Ok(ledger)));
    }
    let settled = ledger.settle();
    answers.into_iter().for_each(|answer| answer(&settled));
}

fn stopped() -> StoreError {
    StoreError::Failed("its writing thread has stopped".to_owned())
}

/// Nothing is computed under these locks, so a panic elsewhere left them whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
