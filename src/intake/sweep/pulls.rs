//! The pull requests of a repository that changed since the last sweep, and those whose head has not been
//! evaluated: they are looked at.

use super::comments::Bumps;
use super::{OVERLAP, Round, SweepError};
use crate::decide::record::PullRecord;
use crate::gitea::{Listing, Which};
use crate::intake::Told;
use crate::memo::{self, Cursor, Kind, Listed};
use crate::model::{Pull, PullRef};
use crate::worker::{note_listing, now};
use jiff::Timestamp;
use state::StoreError;

/// Pages of 50 pull requests that one walk reads.
const PAGES: u64 = 200;

impl Round<'_> {
    /// Pull requests that changed, and those whose head has not been evaluated; also gives how many.
    /// `explained`: the changes that were heard of. `None`: others may hide behind them.
    pub(super) async fn pulls(
        &self,
        cursor: Option<&Cursor>,
        explained: Option<&Bumps>,
        everything: bool,
    ) -> Result<(Timestamp, usize), SweepError> {
        let name = &self.repository.name;
        self.shared.changes.note(self.repository.id, name);
        let listing = match cursor {
            Some(cursor) => Listing {
                which: Which::All,
                until: cursor.pulls.saturating_sub(OVERLAP).ok(),
                pages: PAGES,
            },
            None => Listing {
                which: Which::Open,
                until: None,
                pages: PAGES,
            },
        };
        let pulls = self.session.fetch_pulls(name, listing).await?;
        if cursor.is_none() {
            note_listing(self.shared, self.repository.id, &pulls).await?;
        } else {
            self.still_listed().await?;
        }
        let before = cursor.map_or(Timestamp::UNIX_EPOCH, |cursor| cursor.pulls);
        let (mut newest, mut looks, mut full) = (before, 0, false);
        for pull in &pulls {
            newest = newest.max(pull.updated_at);
            if everything || self.is_news(pull, explained).await? {
                full |= !self.look(pull).await?;
                looks += 1;
            }
        }
        // One that is full holds up no other, and is met again with the next round.
        Ok((if full { before } else { newest }, looks))
    }

    /// A walk over what changed keeps the knowledge of all open pull requests as good as new.
    async fn still_listed(&self) -> Result<(), StoreError> {
        let key = memo::of_repository::<Listed>(self.repository.id);
        if self.shared.store.recall(&key).await?.is_none() {
            return Ok(());
        }
        let listed = Listed {
            at: Timestamp::now(),
        };
        self.shared
            .store
            .remember(vec![listed.memo(key)], now())
            .await
    }

    /// `false`: the inbox has no room for it.
    async fn look(&self, pull: &Pull) -> Result<bool, StoreError> {
        let reference = PullRef {
            repo: self.repository.name.clone(),
            number: pull.number,
        };
        self.shared
            .look_again(self.repository.id, &reference, Told::Sweep)
            .await
    }

    async fn is_news(&self, pull: &Pull, explained: Option<&Bumps>) -> Result<bool, StoreError> {
        let key = memo::pull_key(self.repository.id, pull.number);
        let record = self.shared.store.pull(key).await?;
        let record = record.and_then(|record| PullRecord::read(&record.bytes));
        let guarded = self.shared.policy.gates_apply_to(pull);
        let Some(record) = record else {
            return Ok(guarded);
        };
        let was_guarded = self.shared.policy.gates_apply_to(&record.pull);
        if !guarded {
            return Ok(was_guarded);
        }
        let unevaluated = record.evaluated.is_none() || record.evaluated != pull.head;
        let moved = record.pull.state != pull.state || record.pull.base != pull.base;
        let changed = explained.is_none_or(|explained| {
            let heard = explained.get(&pull.number);
            // Not only later: a clock may have gone back.
            pull.updated_at != record.pull.updated_at
                && heard.is_none_or(|at| *at < pull.updated_at)
        });
        Ok(unevaluated || moved || changed)
    }
}
