//! Greens are looked at again in turn, the one that was looked at longest ago first: what no webhook
//! announces takes none of them back otherwise.

use super::Told;
use super::sweep::{Round, SweepError};
use crate::decide::record::PullRecord;
use crate::memo::{self, Confirmed, Kind};
use crate::worker::{now, recheck};
use jiff::Timestamp;
use state::{PullKey, StoreError};

/// Pull requests of a repository that one sweep looks at again.
pub const MOST: usize = 10;
/// Calls that this may take, as long as everything still stands.
pub const CALLS: usize = 40;

/// A pull request with a green gate, and when that was last confirmed.
struct Green<'a> {
    key: PullKey,
    record: &'a PullRecord,
    at: Timestamp,
}

impl Round<'_> {
    /// Looks at some greens again, and at some whose writers have yet to confirm a declaration.
    /// Returns since when the oldest of all greens was not. `None`: there is none.
    pub(super) async fn verify(
        &self,
        open: &[(PullKey, PullRecord)],
    ) -> Result<Option<Timestamp>, SweepError> {
        let known = self.worth(open).await?;
        let (unconfirmed, greens): (Vec<_>, Vec<_>) =
            known.iter().partition(|green| green.record.unconfirmed);
        for green in unconfirmed.iter().take(MOST) {
            self.look_again(green).await?;
        }
        let (mut calls, mut done) = (0, 0);
        for green in greens.iter().take(MOST) {
            // One that costs more by itself has its turn too, or it would hold up all behind it.
            if done > 0 && calls + recheck::cost(&self.shared.policy, green.record) > CALLS {
                break;
            }
            calls += self.confirm(green).await?;
            done += 1;
        }
        let confirmed = greens.first().map(|_| Timestamp::now());
        Ok(greens.get(done).map_or(confirmed, |green| Some(green.at)))
    }

    /// Since when the oldest of the greens was not looked at again, where all of them are about to be.
    pub(super) async fn oldest(
        &self,
        open: &[(PullKey, PullRecord)],
    ) -> Result<Option<Timestamp>, StoreError> {
        let known = self.worth(open).await?;
        let mut greens = known.iter().filter(|green| !green.record.unconfirmed);
        Ok(greens.next().map(|green| green.at))
    }

    /// What is worth looking at again, the one first that was looked at longest ago.
    async fn worth<'a>(
        &self,
        open: &'a [(PullKey, PullRecord)],
    ) -> Result<Vec<Green<'a>>, StoreError> {
        let mut greens = Vec::new();
        let now = Timestamp::now();
        let worth = |record: &PullRecord| record.unconfirmed || recheck::is_green(record);
        for (key, record) in open.iter().filter(|(_, record)| worth(record)) {
            let place = memo::all_of_pull::<Confirmed>(*key);
            let confirmed = memo::recall::<Confirmed>(&*self.shared.store, &place).await?;
            let at = confirmed.map_or(record.head_seen_at, |confirmed| confirmed.at);
            // What a clock that was ahead has written down must not put it off.
            let at = if at > now { Timestamp::UNIX_EPOCH } else { at };
            let key = *key;
            greens.push(Green { key, record, at });
        }
        greens.sort_by_key(|green| green.at);
        Ok(greens)
    }

    async fn look_again(&self, green: &Green<'_>) -> Result<(), StoreError> {
        let pull = green.record.pull.reference();
        let id = self.repository.id;
        let look = self.shared.look_again(id, &pull, Told::Sweep);
        look.await.map(drop)
    }

    /// Looks at one of them again. Returns how many calls that took.
    async fn confirm(&self, green: &Green<'_>) -> Result<usize, StoreError> {
        let session = self.shared.gitea.session();
        let stands = recheck::recheck(self.shared, &session, green.key, green.record).await;
        let confirmed = Confirmed {
            at: Timestamp::now(),
        };
        let memo = confirmed.memo(memo::all_of_pull::<Confirmed>(green.key));
        self.shared.store.remember(vec![memo], now()).await?;
        let pull = green.record.pull.reference();
        if !stands.unwrap_or_else(|error| {
            tracing::debug!(%pull, %error, "a green gate could not be confirmed");
            false
        }) {
            tracing::info!(%pull, "a green gate does not stand as it did: it is looked at");
            self.look_again(green).await?;
        }
        Ok(session.evidence().len())
    }
}
