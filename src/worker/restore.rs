//! Rows that stand over ours: which statuses have to be posted again, and who posted over them.

use super::errand::Errand;
use super::post::{self, Step};
use super::{Shared, Trouble};
use crate::decide::notice::{self, Forged};
use crate::decide::reply::Addressee;
use crate::decide::statuses::{Need, Rows, Wanted};
use crate::effect::about;
use crate::memo::{ForgedBy, Kind};
use crate::model::{Posted, PullState, StatusRow};
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
    /// What others posted over them before, which we have posted over since.
    pub(super) covered: Vec<Forged>,
    /// When to look again, because something was restored a moment ago, or could not be read.
    pub(super) wait: Option<Duration>,
    /// What is remembered besides.
    pub(super) memos: Vec<Memo>,
}

impl Step<'_> {
    /// Of those that may stand already the ones that do not; and what others have posted over them, and
    /// over those that are posted in any case. Where the rows cannot be read, only what was never posted
    /// is, and it is looked again.
    pub(super) async fn missing(
        &self,
        open: Vec<Wanted>,
        posting: &[Wanted],
        posted: &[Posted],
    ) -> Needed {
        let watched = self.look && !self.shared.writing.mode.observes();
        let posting = if watched { posting } else { &[] };
        let all = open.iter().chain(posting);
        let contexts: Vec<String> = all.map(|w| w.status.context.clone()).collect();
        let Some(head) = self.pull.head.as_ref().filter(|_| !contexts.is_empty()) else {
            return Needed::default();
        };
        let name = &self.pull.repository.name;
        let rows = match self.session.fetch_statuses(name, head, &contexts).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(repo = %name, number = %self.pull.number, %error,
                    "what stands on the head could not be read: it is looked at again");
                let unknown = open.into_iter().filter(|w| ours(posted, w).is_none());
                return Needed {
                    post: unknown.collect(),
                    wait: Some(self.shared.tempo.then),
                    ..Needed::default()
                };
            }
        };
        let is_own = |row: &StatusRow| self.shared.gitea.has_posted(row);
        let is_missing = |wanted: &Wanted| wanted.need(Rows::Read(&rows), &is_own) == Need::Post;
        let mut needed = Needed::default();
        let covered = contexts.iter().flat_map(|it| covered(&rows, it, &is_own));
        needed.covered = notice::forged(head, covered);
        let forged_over = |wanted: &Wanted| {
            let top = StatusRow::newest(&rows, &wanted.status.context);
            let top = top.filter(|row| !is_own(row));
            top.filter(|row| notice::is_forged(row, &wanted.status, posted))
        };
        let mut forged: Vec<&StatusRow> = posting.iter().filter_map(forged_over).collect();
        for wanted in open.into_iter().filter(is_missing) {
            let top = forged_over(&wanted);
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

    /// What others have posted over ours on a head that is not looked at any more; and the successes of
    /// those, as if they were ours, so that they can be taken back like ours.
    ///
    /// # Errors
    /// The store, or the call.
    pub(super) async fn left_forged(&self) -> Result<(Vec<Forged>, Vec<Posted>), Trouble> {
        let evaluated = self.record.and_then(|record| record.evaluated.as_ref());
        let head = self
            .pull
            .head
            .as_ref()
            .filter(|head| evaluated == Some(head));
        let Some(head) = head.filter(|_| !self.shared.writing.mode.observes()) else {
            return Ok(Default::default());
        };
        let posted = post::remembered(self.shared, self.pull).await?;
        let contexts: Vec<String> = posted.into_iter().map(|ours| ours.context).collect();
        let name = &self.pull.repository.name;
        let rows = self.session.fetch_statuses(name, head, &contexts).await?;
        let over = contexts
            .iter()
            .filter_map(|it| StatusRow::newest(&rows, it));
        let over: Vec<_> = over
            .filter(|row| !self.shared.gitea.has_posted(row))
            .collect();
        let mut forged = notice::forged(head, over.iter().copied());
        for forged in &mut forged {
            forged.merged = self.pull.state == PullState::Merged;
        }
        Ok((forged, over.into_iter().filter_map(post::success).collect()))
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

/// Rows of others between two of ours: they stood over the first until we posted the second.
fn covered<'r>(
    rows: &'r [StatusRow],
    context: &str,
    is_own: &dyn Fn(&StatusRow) -> bool,
) -> Vec<&'r StatusRow> {
    let of_context = rows.iter().filter(|row| row.context == context);
    let own = of_context.clone().filter(|row| is_own(row));
    let own = own.map(|row| row.id);
    let between = own.clone().min().zip(own.max());
    let is_between = |id| between.is_some_and(|(first, last)| first < id && id < last);
    of_context
        .filter(|row| !is_own(row) && is_between(row.id))
        .collect()
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
            let Forged { by, sha, rows, .. } = forged;
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
