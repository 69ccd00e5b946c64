//! The contract that every backend keeps.

use std::collections::HashSet;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    Acceptance, Arrival, Claim, Commit, Due, EffectId, Memo, MemoKey, Millis, PullKey, Record,
    StoreError,
};

/// How long what is done is kept: 30 days.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many pull requests [`Store::pulls_with_head`] lists at most.
pub const MOST_WITH_ONE_HEAD: usize = 1_000;

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Items in the inbox. Of one repository half as many may wait, and of one
    /// pull request a tenth, though [`LEAST_SHARE`] always, so that a storm
    /// leaves room for others.
    pub inbox: usize,
    /// Effects in the outbox.
    pub outbox: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inbox: 10_000,
            outbox: 20_000,
        }
    }
}

/// So many items of one pull request may wait, where there is room at all.
pub const LEAST_SHARE: usize = 100;

/// The items that wait, as far as they are beside one more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) all: usize,
    pub(crate) of_repository: usize,
    pub(crate) of_pull: usize,
}

impl Limits {
    /// Whether there is no room for one item more: how many wait that are as
    /// many as may.
    pub(crate) fn full(self, crowd: Crowd) -> Option<usize> {
        let shares = [
            (crowd.all, self.inbox),
            (crowd.of_repository, (self.inbox / 2).max(LEAST_SHARE)),
            (crowd.of_pull, (self.inbox / 10).max(LEAST_SHARE)),
        ];
        let mut full = shares.into_iter().filter(|(waits, most)| waits >= most);
        full.next().map(|(_, most)| most)
    }
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Items in the inbox.
    pub inbox: u64,
    /// Effects in the outbox.
    pub outbox: u64,
    /// When the oldest waiting item arrived; `None`: none waits.
    pub oldest_item: Option<Millis>,
    /// When the oldest queued effect was decided; `None`: none is queued.
    pub oldest_effect: Option<Millis>,
}

/// What one call of cleaning up has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// How many identities, records, memos, items and effects were removed.
    pub removed: usize,
    /// Whether there may be more: call again.
    pub more: bool,
}

/// The inbox, the outbox and the memory.
///
/// A call that writes returns when what it wrote is on disk. It is finished
/// even if its caller stops waiting.
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// Takes in an arrival. [`Acceptance::Known`] and [`StoreError::InboxFull`]
    /// leave the inbox as it is; the memos are written unless it is full.
    async fn accept(&self, arrival: Arrival) -> Result<Acceptance, StoreError>;

    /// Writes memos, all or none.
    async fn remember(&self, memos: Vec<Memo>, at: Millis) -> Result<(), StoreError>;

    /// The value of one memo; `None`: there is none.
    async fn recall(&self, key: &MemoKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first `limit` memos whose id begins with that of `prefix`, in order.
    async fn recall_all(
        &self,
        prefix: &MemoKey,
        limit: usize,
    ) -> Result<Vec<(MemoKey, Vec<u8>)>, StoreError>;

    /// The pull requests that have items waiting.
    async fn waiting(&self) -> Result<Vec<PullKey>, StoreError>;

    /// The oldest `limit` items of a pull request, and what is remembered of
    /// it. This only reads: the items stay until a commit names them done.
    async fn claim(&self, pull: PullKey, limit: usize) -> Result<Claim, StoreError>;

    /// Writes a commit in one transaction. [`StoreError::OutboxFull`] if more
    /// effects than before would be queued, and more than may be.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// What is remembered of a pull request; `None`: nothing.
    async fn pull(&self, pull: PullKey) -> Result<Option<Record>, StoreError>;

    /// The pull requests of a repository whose record says that they are open
    /// and have this head. [`StoreError::TooMany`] beyond [`MOST_WITH_ONE_HEAD`].
    async fn pulls_with_head(
        &self,
        repository: u64,
        head: &[u8],
    ) -> Result<Vec<(PullKey, Record)>, StoreError>;

    /// The pull requests of a repository whose record says that they are open.
    async fn open_pulls(&self, repository: u64) -> Result<Vec<(PullKey, Record)>, StoreError>;

    /// The pull requests that asked to be looked at again, and when.
    async fn wakes(&self) -> Result<Vec<(PullKey, Millis)>, StoreError>;

    /// The effects that can be performed at `now`: of each lane that is not in
    /// `busy` the first by rank and number, if its time has come and the lane
    /// that it waits for holds nothing older. At most `limit`, the oldest first;
    /// of more, those go whose pull request has the fewest under way, `busy`
    /// lanes included, so that a storm on one does not hold up another.
    async fn due(
        &self,
        now: Millis,
        limit: usize,
        busy: &HashSet<Vec<u8>>,
    ) -> Result<Due, StoreError>;

    /// An effect was performed, or given up: it is removed, and the memos are
    /// written. One that has been replaced is fine: only the memos are written.
    async fn finish(
        &self,
        effect: EffectId,
        memos: Vec<Memo>,
        at: Millis,
    ) -> Result<(), StoreError>;

    /// An attempt failed, perhaps after the effect was performed: it is not due
    /// before `until`. One that has been replaced is fine.
    async fn postpone(&self, effect: EffectId, until: Millis) -> Result<(), StoreError>;

    /// Removes everything of a repository, a bounded amount per call.
    async fn forget_repository(&self, repository: u64) -> Result<Purged, StoreError>;

    /// Removes what has been kept for [`KEPT`], a bounded amount per call:
    /// identities of items done then; and, written last then, records of pull
    /// requests that are not open, and memos of which no record is left: what
    /// was heard on a closed one is needed when it is opened again.
    async fn purge(&self, now: Millis) -> Result<Purged, StoreError>;

    /// How often everything that was held was lost, so that an empty store took
    /// its place: when it was opened, or since then. What it held has to be
    /// found elsewhere. One that never loses anything has nobody who tells.
    fn lost(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    /// What waits.
    async fn stats(&self) -> Result<Stats, StoreError>;

    /// Ends the store: what was asked before is written, what is asked
    /// afterwards is [`StoreError::Closed`]. Closing twice is fine.
    async fn close(&self) -> Result<(), StoreError>;
}
