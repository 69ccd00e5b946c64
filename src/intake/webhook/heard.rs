//! That a delivery was verified, remembered for the doctor: at most once an hour and repository.

use crate::memo::{self, Kind as _, Verified};
use crate::model::RepositoryId;
use jiff::{SignedDuration, Timestamp};
use state::{Millis, Store};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How often it is written down.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// More repositories than these are not told apart; then it is written down once too often.
const MOST: usize = 10_000;

/// When each repository's deliveries were last written down, since the start.
#[derive(Debug, Default)]
pub(super) struct Heard(Mutex<HashMap<RepositoryId, Timestamp>>);

impl Heard {
    /// Takes the repository of a delivery whose signature was checked, whatever it told of: a
    /// test delivery is a push.
    pub(super) async fn note(&self, store: &dyn Store, repository: RepositoryId, now: Timestamp) {
        if !self.is_due(repository, now) {
            return;
        }
        let key = memo::of_repository::<Verified>(repository);
        let memos = vec![Verified { at: now }.memo(key)];
        let at = Millis::new(now.as_millisecond());
        if let Err(error) = store.remember(memos, at).await {
            tracing::debug!(%error, "a verified delivery could not be noted");
        }
    }

    fn is_due(&self, repository: RepositoryId, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.get(&repository);
        if last.is_some_and(|at| now.duration_since(*at).abs() < EVERY) {
            return false;
        }
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(repository, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use state::{Limits, MemoryStore};

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    async fn remembered(store: &MemoryStore, id: u64) -> Option<Timestamp> {
        let key = memo::of_repository::<Verified>(RepositoryId::new(id));
        let told = store.recall(&key).await.unwrap()?;
        Verified::read(&told).map(|verified| verified.at)
    }

    #[tokio::test]
    async fn a_delivery_is_written_down_once_an_hour_and_repository() {
        let store = MemoryStore::new(Limits::default());
        let heard = Heard::default();
        let [seven, eight] = [7, 8].map(RepositoryId::new);
        for (minute, repository) in [(0, seven), (59, seven), (59, eight)] {
            heard.note(&store, repository, at(minute)).await;
        }
        assert_eq!(remembered(&store, 7).await, Some(at(0)));
        assert_eq!(remembered(&store, 8).await, Some(at(59)));
        heard.note(&store, seven, at(60)).await;
        assert_eq!(remembered(&store, 7).await, Some(at(60)));
    }
}
