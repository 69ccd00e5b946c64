//! What is done about a store that has failed: it is opened again.
//!
//! The library refuses everything after its first failure, and nobody knows
//! what of the last batch is on disk. So the database is closed and read anew,
//! as after a restart, again and again until that works. Meanwhile everybody is
//! told why they have to wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::Settings;
use super::ledger::Ledger;
use super::open::{Found, open, wait_for_unlock};
use super::read::Shared;
use super::writer::Job;
use crate::StoreError;

/// Opens the store again.
pub(super) struct Mender {
    settings: Settings,
    stamp: String,
    shared: Arc<Shared>,
    lost: watch::Sender<u64>,
}

impl Mender {
    /// `lost` counts the stores that were moved aside.
    pub(super) const fn new(
        settings: Settings,
        stamp: String,
        shared: Arc<Shared>,
        lost: watch::Sender<u64>,
    ) -> Self {
        Self {
            settings,
            stamp,
            shared,
            lost,
        }
    }

    /// Gives a ledger that works, in place of one that does not. The last reason
    /// why there is none, if the store is closed before.
    pub(super) fn mend(
        &mut self,
        broken: Ledger,
        mut reason: StoreError,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Result<Ledger, StoreError> {
        // The library may not like to be closed after what has happened.
        if catch_unwind(AssertUnwindSafe(|| drop(broken))).is_err() {
            tracing::warn!("closing the failed store ended in a panic");
        }
        let clock = Builder::new_current_thread().enable_time().build();
        let clock = clock.map_err(|error| StoreError::Failed(error.to_string()))?;
        loop {
            self.refuse(&clock, &reason, jobs)?;
            wait_for_unlock(&self.settings.path);
            match open(&self.settings, &self.stamp) {
                Ok((found, aside)) => {
                    if aside.is_some() {
                        self.lost.send_modify(|count| *count += 1);
                    }
                    tracing::info!("the store was opened again");
                    return Ok(self.take(found));
                }
                Err(error) => {
                    tracing::warn!(%error, "the store cannot be opened again yet");
                    reason = StoreError::Failed(error.to_string());
                }
            }
        }
    }

    fn take(&self, found: Found) -> Ledger {
        let Found {
            tables,
            index,
            standing,
        } = found;
        self.shared.mend(tables.clone(), index);
        let shared = Arc::clone(&self.shared);
        Ledger::new(tables, standing, self.settings.limits, shared)
    }

    /// Refuses whatever is asked until it is time to try again.
    fn refuse(
        &self,
        clock: &Runtime,
        reason: &StoreError,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Result<(), StoreError> {
        let begin = Instant::now();
        while let Some(left) = self.settings.mending.checked_sub(begin.elapsed()) {
            match clock.block_on(async { timeout(left, jobs.recv()).await }) {
                Ok(Some(job)) => job(Err(reason))(&Ok(())),
                Ok(None) => return Err(reason.clone()),
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }
}
