//! Rows that stand over ours: which statuses have to be posted again, and who posted over them.

use super::errand::Errand;
use super::post::Step;
use super::{Shared, Trouble};
use crate::decide::notice::{self, Forged};
use crate::decide::reply::Addressee;
use crate::decide::statuses::{Need, Rows, Wanted};
use crate::effect::about;
use crate::memo::{ForgedBy, Kind};
use crate::model::{Posted, StatusRow};
use crate::numbers;
use jiff::Timestamp;
use state::{Memo, PullKey};
use std::time::Duration;

/// What has to be posted, and what was seen on the way.
#[derive(Debug, Default)]
pub(super) struct Needed {
    /// The statuses.
    pub(super) post: Vec<Wanted>,
    /// What others posted over them.
    pub(super) forged: Vec<Forged>,
    /// When to look again, because something was restored a moment ago.
    pub(super) wait: Option<Duration>,
}

impl Step<'_> {
    /// Of those that may stand already the ones that do not. Where the rows cannot be read, only what
    /// was never posted is.
    pub(super) async fn missing(&self, open: Vec<Wanted>, posted: &[Posted]) -> Needed {
        let Some(head) = self.pull.head.as_ref().filter(|_| !open.is_empty()) else {
            return Needed::default();
        };
        let contexts: Vec<String> = open.iter().map(|w| w.status.context.clone()).collect();
        let name = &self.pull.repository.name;
        let Ok(rows) = self.session.fetch_statuses(name, head, &contexts).await else {
            let unknown = open.into_iter().filter(|w| ours(posted, w).is_none());
            return Needed {
                post: unknown.collect(),
                ..Needed::default()
            };
        };
        let is_own = |row: &StatusRow| self.shared.gitea.has_posted(row);
        let is_missing = |wanted: &Wanted| wanted.need(Rows::Read(&rows), &is_own) == Need::Post;
        let mut needed = Needed::default();
        let mut forged = Vec::new();
        for wanted in open.into_iter().filter(is_missing) {
            let top = StatusRow::newest(&rows, &wanted.status.context);
            let top = top.filter(|row| !is_own(row));
            let top = top.filter(|row| notice::is_forged(row, &wanted.status, posted));
            forged.extend(top);
            let before = ours(posted, &wanted);
            let restored = before.and_then(|ours| ours.restored);
            match top.and(restored).and_then(|at| self.rest(at)) {
                Some(rest) => needed.wait = needed.wait.into_iter().chain([rest]).min(),
                None => needed.post.push(Wanted {
                    again: before.is_some(),
                    restores: top.is_some(),
                    ..wanted
                }),
            }
        }
        needed.forged = notice::forged(head, forged.into_iter());
        needed
    }

    /// How long a status that was restored a moment ago is not restored again: whoever posts without
    /// end gets no endless answer. `None`: it may be.
    fn rest(&self, restored: Timestamp) -> Option<Duration> {
        let age = Timestamp::now().duration_since(restored);
        let age = Duration::try_from(age).ok()?;
        let rest = self.shared.tempo.restore.checked_sub(age)?;
        (!rest.is_zero()).then_some(rest)
    }
}

fn ours<'a>(posted: &'a [Posted], wanted: &Wanted) -> Option<&'a Posted> {
    posted
        .iter()
        .find(|posted| posted.context == wanted.status.context)
}

/// Those that were not told on this pull request yet.
///
/// # Errors
/// The store.
pub(super) async fn untold(
    shared: &Shared,
    key: PullKey,
    forged: &[Forged],
) -> Result<Vec<Forged>, Trouble> {
    let mut untold = Vec::new();
    for forged in forged {
        if shared.store.recall(&place(key, forged)).await?.is_none() {
            untold.push(forged.clone());
        }
    }
    Ok(untold)
}

/// What is kept of them. Each sight of one is logged and counted.
pub(super) fn records(errand: &Errand, forged: &[Forged]) -> Vec<Memo> {
    forged
        .iter()
        .map(|forged| {
            let Forged { by, sha, rows } = forged;
            let login = by.as_ref().map(|by| by.login.to_string());
            tracing::warn!(pull = %errand.pull, by = login.as_deref().unwrap_or("nobody named"), %sha, ?rows,
                "a status under a context of ours was posted by somebody else");
            metrics::counter!(numbers::FORGED_STATUSES).increment(rows.len() as u64);
            let kept = ForgedBy {
                login,
                sha: sha.clone(),
                rows: rows.clone(),
                at: Timestamp::now(),
            };
            kept.memo(place(errand.key, forged))
        })
        .collect()
}

fn place(key: PullKey, forged: &Forged) -> state::MemoKey {
    about::<ForgedBy>(key, &Addressee::All(forged.key()))
}
