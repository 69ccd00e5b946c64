//! Statuses are looked at by the sweep where nobody tells of them: Forgejo sends no event of a status
//! (gitea-facts §9), and without a webhook no server does.

use super::Told;
use super::sweep::{Round, SweepError};
use crate::decide::record::PullRecord;
use crate::gitea::CallError;
use crate::memo::{self, Verified};
use crate::model::{Pull, PullNumber, Sha, StatusRow};
use jiff::{SignedDuration, Timestamp};
use state::PullKey;

/// Commits that one sweep of a repository looks at, each with one call.
pub const MOST: usize = 100;
/// A repository that was heard of within this time has a webhook that works.
const HEARD: SignedDuration = SignedDuration::from_hours(24);

impl Round<'_> {
    /// Looks whose rows stand on the heads of these open pull requests, those after `after` first.
    /// Returns where to go on with the next sweep.
    pub(super) async fn watch(
        &self,
        open: &[(PullKey, PullRecord)],
        after: PullNumber,
    ) -> Result<PullNumber, SweepError> {
        let records = open.iter().map(|(_, record)| record);
        let mut open: Vec<_> = records.filter(|it| it.evaluated.is_some()).collect();
        open.sort_by_key(|record| (record.pull.number <= after, record.pull.number));
        open.truncate(MOST);
        for record in &open {
            let Some(head) = &record.pull.head else {
                continue;
            };
            let pull = record.pull.reference();
            let covered = self.is_covered(&record.pull, head).await;
            if covered.unwrap_or_else(|error| {
                tracing::debug!(%pull, %error, "its statuses could not be looked at");
                false
            }) {
                tracing::info!(%pull, %head, "somebody else's status stands there");
                let id = self.repository.id;
                self.shared.look_again(id, &pull, Told::Sweep).await?;
            }
        }
        Ok(open.last().map_or(after, |last| last.pull.number))
    }

    /// Whether deliveries of this repository have arrived lately.
    pub(super) async fn is_heard(&self) -> Result<bool, SweepError> {
        let key = memo::of_repository::<Verified>(self.repository.id);
        let heard = memo::recall::<Verified>(&*self.shared.store, &key).await?;
        Ok(heard.is_some_and(|heard| Timestamp::now().duration_since(heard.at) < HEARD))
    }

    /// Whether a row of somebody else's stands over one of ours.
    async fn is_covered(&self, pull: &Pull, head: &Sha) -> Result<bool, CallError> {
        let policy = &self.shared.policy;
        let contexts = policy.contexts().map(|it| it.for_base(&pull.base));
        let contexts: Vec<String> = contexts.collect();
        let name = &self.repository.name;
        let rows = self.session.fetch_statuses(name, head, &contexts).await?;
        let is_foreign = |row: &StatusRow| !self.shared.gitea.has_posted(row);
        let newest = |context: &String| StatusRow::newest(&rows, context);
        Ok(contexts.iter().filter_map(newest).any(is_foreign))
    }
}
