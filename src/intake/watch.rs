//! Statuses are looked at by the sweep where nobody tells of them: Forgejo sends no event of a status
//! (gitea-facts §9), and without a webhook no server does. Where events tell of them one may be lost, so
//! they are looked at there too, only less often: in turn, after every start, and when a delivery was
//! missed.

use super::Told;
use super::sweep::{Round, SweepError};
use crate::decide::record::PullRecord;
use crate::gitea::CallError;
use crate::memo::{self, Verified};
use crate::model::{CommitState, Posted, Pull, Sha, StatusRow};
use crate::worker::posted_on;
use jiff::{SignedDuration, Timestamp};
use state::PullKey;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Commits that one sweep of a repository looks at, each with one call.
pub const MOST: usize = 100;
/// The same where events tell of statuses.
pub const MOST_TOLD: usize = 10;
/// A repository that was heard of within this time has a webhook that works.
const HEARD: SignedDuration = SignedDuration::from_hours(24);

impl Round<'_> {
    /// Looks whose rows stand on the heads of these open pull requests, of some of them: first where
    /// nobody has looked for longest. `watched` is when that was, and is kept.
    pub(super) async fn watch(
        &self,
        open: &[(PullKey, PullRecord)],
        is_told: bool,
        watched: &mut HashMap<PullKey, Timestamp>,
    ) -> Result<(), SweepError> {
        let keys: HashSet<PullKey> = open.iter().map(|(key, _)| *key).collect();
        let id = self.repository.id;
        watched.retain(|key, _| key.repository != id.get() || keys.contains(key));
        let now = Timestamp::now();
        let looked_at = |key: &PullKey| watched.get(key).copied();
        let records = open.iter().filter(|(_, record)| record.evaluated.is_some());
        let due = records.filter(|(key, _)| !is_told || self.is_due(looked_at(key), now));
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|(key, _)| (looked_at(key), key.number));
        due.truncate(if is_told { MOST_TOLD } else { MOST });
        for (key, record) in due {
            watched.insert(*key, now);
            let Some(head) = &record.pull.head else {
                continue;
            };
            let pull = record.pull.reference();
            let posted = posted_on(self.shared, &record.pull, head).await?;
            let covered = self.is_covered(&record.pull, head, &posted).await;
            if covered.unwrap_or_else(|error| {
                tracing::debug!(%pull, %error, "its statuses could not be looked at");
                false
            }) {
                tracing::info!(%pull, %head, "somebody else's status stands there");
                self.shared.look_again(id, &pull, Told::Sweep).await?;
            }
        }
        Ok(())
    }

    /// Whether statuses of which events tell are looked at again. A look of the future is of a clock
    /// that was ahead.
    fn is_due(&self, looked_at: Option<Timestamp>, now: Timestamp) -> bool {
        let age = looked_at.map(|at| Duration::try_from(now.duration_since(at)));
        let rests = |age: Duration| age < self.shared.tempo.unwatched;
        !age.is_some_and(|age| age.is_ok_and(rests))
    }

    /// Whether deliveries of this repository have arrived lately.
    pub(super) async fn is_heard(&self) -> Result<bool, SweepError> {
        let key = memo::of_repository::<Verified>(self.repository.id);
        let heard = memo::recall::<Verified>(&*self.shared.store, &key).await?;
        Ok(heard.is_some_and(|heard| Timestamp::now().duration_since(heard.at) < HEARD))
    }

    /// Whether a row of somebody else's stands over one of ours, or a success of ours that was not posted
    /// last.
    async fn is_covered(
        &self,
        pull: &Pull,
        head: &Sha,
        posted: &[Posted],
    ) -> Result<bool, CallError> {
        let policy = &self.shared.policy;
        let contexts = policy.contexts().map(|it| it.for_base(&pull.base));
        let contexts: Vec<String> = contexts.collect();
        let name = &self.repository.name;
        let rows = self.session.fetch_statuses(name, head, &contexts).await?;
        let is_foreign = |row: &StatusRow| !self.shared.gitea.has_posted(row);
        let is_late = |row: &StatusRow| {
            let mut ours = posted.iter().filter(|ours| ours.context == row.context);
            row.state == CommitState::Success.as_str()
                && ours.any(|ours| ours.state != CommitState::Success)
        };
        let newest = |context: &String| StatusRow::newest(&rows, context);
        let mut newest = contexts.iter().filter_map(newest);
        Ok(newest.any(|row| is_foreign(row) || is_late(row)))
    }
}
