//! Which statuses really have to be posted, and which have to be taken back.

use super::errand::Errand;
use super::restore::Needed;
use super::tempo::FAR;
use super::{Shared, Trouble, now};
use crate::decide::answer::{Asked, refired};
use crate::decide::record::PullRecord;
use crate::decide::reply::Addressee;
use crate::decide::statuses::{Need, Rows, Standing, Wanted};
use crate::effect::{Act, fold_notes};
use crate::gate::verdict::{Ground, Verdict};
use crate::gitea::Session;
use crate::memo::{self, Eyed, Kind, Unanswered, Unposted};
use crate::model::{Cause, CommitState, Diagnosis, Posted, Pull, Sha, StatusRow};
use jiff::Timestamp;
use state::{Commit, PullKey, StoreError};
use std::future::Future;
use std::time::Duration;

/// Contexts of one commit that are remembered.
const MOST: usize = 256;

/// What we posted on the head.
///
/// # Errors
/// The store.
pub(super) async fn remembered(shared: &Shared, pull: &Pull) -> Result<Vec<Posted>, Trouble> {
    match &pull.head {
        Some(head) => Ok(posted_on(shared, pull, head).await?),
        None => Ok(Vec::new()),
    }
}

/// Why the last reply to a pull request was refused. `None`: it was not.
///
/// # Errors
/// The store.
pub(super) async fn refused_reply(
    shared: &Shared,
    key: PullKey,
) -> Result<Option<Diagnosis>, Trouble> {
    let place = memo::all_of_pull::<Unanswered>(key);
    let refused = memo::recall::<Unanswered>(&*shared.store, &place).await?;
    Ok(refused.map(|refused| refused.0))
}

/// How long statuses that were refused are not posted again by themselves. `None`: they may be.
///
/// # Errors
/// The store.
pub(super) async fn rests(shared: &Shared, key: PullKey) -> Result<Option<Duration>, Trouble> {
    let place = memo::all_of_pull::<Unposted>(key);
    let refused = memo::recall::<Unposted>(&*shared.store, &place).await?;
    let left = refused.map(|refused| refused.again.duration_since(Timestamp::now()));
    let left = left.and_then(|left| Duration::try_from(left).ok());
    Ok(left.filter(|left| !left.is_zero() && *left <= FAR))
}

/// Everything stands as it shall, so whatever was refused has taken effect or is not wanted any more.
/// The replies that tell of it are folded; but a right that is missing is missing still, and is told until
/// something can be posted.
///
/// # Errors
/// The store.
pub(super) async fn nothing_refused(shared: &Shared, errand: &Errand) -> Result<(), Trouble> {
    let place = memo::all_of_pull::<Unposted>(errand.key);
    let refused = memo::recall::<Unposted>(&*shared.store, &place).await?;
    let Some(refused) = refused else {
        return Ok(());
    };
    let gone = vec![memo::blank(place)];
    shared.store.remember(gone, now()).await?;
    let lasts = [
        Cause::ScopeMissing,
        Cause::PublicOnlyToken,
        Cause::CannotWriteStatus,
    ];
    if lasts.contains(&refused.why.cause) {
        return Ok(());
    }
    fold_notes(&*shared.store, errand.key, |act| errand.effect(act)).await?;
    shared.dispatcher.wake();
    Ok(())
}

/// What we posted on a commit of a pull request's repository.
///
/// # Errors
/// The store.
pub async fn posted_on(shared: &Shared, pull: &Pull, sha: &Sha) -> Result<Vec<Posted>, StoreError> {
    let prefix = shared.status_key(pull.repository.id, sha, "");
    let posted = memo::recall_all(&*shared.store, &prefix, MOST).await?;
    Ok(posted.into_iter().map(|(_, posted)| posted).collect())
}

/// The part of a turn that compares what shall stand with what stands.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) shared: &'a Shared,
    pub(super) session: &'a Session,
    pub(super) pull: &'a Pull,
    pub(super) record: Option<&'a PullRecord>,
    /// Whether something was told or found, and not only asked: a status of somebody else's, perhaps.
    pub(super) look: bool,
}

impl Step<'_> {
    /// What has to be posted: what differs from what we posted, what a re-check asks for, and what
    /// does not stand as the newest row any more. Rows are read only where nothing else tells.
    pub(super) async fn needed(
        &self,
        wanted: Vec<Wanted>,
        posted: &[Posted],
        asked: &[Asked],
        standings: &[Standing],
    ) -> Needed {
        let is_own = |row: &StatusRow| self.shared.gitea.has_posted(row);
        let mut post = Vec::new();
        let mut open = Vec::new();
        for wanted in wanted {
            let forced =
                self.is_forced(&wanted, asked) || is_news(&wanted, posted, asked, standings);
            match wanted.need(Rows::Remembered(posted), &is_own) {
                _ if forced => post.push(wanted),
                Need::Post => post.push(wanted),
                Need::Nothing => {}
                // What others have posted is none of its business, and what it would have posted
                // stands.
                Need::Look if self.shared.writing.mode.observes() => {
                    post.extend((!is_remembered(&wanted, posted)).then_some(wanted));
                }
                Need::Look => open.push(wanted),
            }
        }
        let mut needed = self.missing(open, &post, posted).await;
        needed.post.extend(post);
        needed.post.sort_by_key(|wanted| wanted.rank);
        needed
    }

    /// A re-check always posts its gate's status, but a storm of them does not (I12).
    fn is_forced(&self, wanted: &Wanted, asked: &[Asked]) -> bool {
        let Some(gate) = &wanted.gate else {
            return false;
        };
        let asks = asked
            .iter()
            .any(|a| refired(&a.reading, &self.shared.policy).contains(gate));
        let last = self.record.and_then(|record| record.refired.get(gate));
        let passed = last.map(|last| Timestamp::now().duration_since(*last));
        let rested = passed.and_then(|passed| Duration::try_from(passed).ok());
        asks && rested.is_none_or(|rested| rested >= self.shared.tempo.cooldown)
    }
}

fn is_remembered(wanted: &Wanted, posted: &[Posted]) -> bool {
    let context = &wanted.status.context;
    posted.iter().any(|posted| posted.context == *context)
}

/// A row that is a success, as if we had posted it.
pub(super) fn success(row: &StatusRow) -> Option<Posted> {
    (row.state == CommitState::Success.as_str()).then(|| Posted {
        context: row.context.clone(),
        state: CommitState::Success,
        description: row.description.clone(),
        at: Timestamp::now(),
        restored: None,
    })
}

/// A declaration that is answered for the first time is what its statuses speak of, and nothing is
/// remembered of them: they cannot stand already, so there is no need to look.
fn is_news(wanted: &Wanted, posted: &[Posted], asked: &[Asked], standings: &[Standing]) -> bool {
    let known = posted
        .iter()
        .any(|posted| posted.context == wanted.status.context);
    let Some(own) = standings.first().filter(|_| !known) else {
        return false;
    };
    let mut verdicts = own.verdicts.iter().filter(|verdict| match &wanted.gate {
        Some(gate) => verdict.gate == *gate,
        None => true,
    });
    verdicts.any(|verdict| match &verdict.verdict {
        Verdict::Satisfied(Ground::Declaration { comment, .. }) => asked
            .iter()
            .any(|asked| asked.to == Addressee::Comment(*comment)),
        _ => false,
    })
}

/// Runs a turn; when its comments have waited too long for an answer, they are given eyes meanwhile.
pub(super) async fn with_eyes(
    shared: &Shared,
    errand: &Errand,
    turn: impl Future<Output = Result<(), Trouble>>,
) -> Result<(), Trouble> {
    let mut comments = errand.comments.iter();
    if comments.all(|(id, _)| errand.waited.contains(id)) {
        return turn.await;
    }
    let since = errand.since.filter(|_| errand.waited.is_empty());
    let since = since.map_or_else(|| now().get(), state::Millis::get);
    let waited = u64::try_from(now().get().saturating_sub(since)).unwrap_or_default();
    let wait = shared
        .tempo
        .eyes_after
        .saturating_sub(Duration::from_millis(waited));
    tokio::pin!(turn);
    tokio::select! {
        biased;
        ended = &mut turn => return ended,
        () = tokio::time::sleep(wait) => {}
    }
    if let Err(error) = give_eyes(shared, errand).await {
        tracing::debug!(%error, "no reaction was given");
    }
    turn.await
}

async fn give_eyes(shared: &Shared, errand: &Errand) -> Result<(), Trouble> {
    let mut commit = Commit::new(errand.key, now());
    // Whoever had to wait was given a sign when that began.
    let mut comments = errand.comments.clone();
    comments.retain(|(id, _)| !errand.waited.contains(id));
    for (comment, _) in &comments {
        let key = memo::of_comment::<Eyed>(errand.key, *comment);
        if shared.store.recall(&key).await?.is_some() {
            continue;
        }
        let effect = errand.effect(Act::React { comment: *comment });
        commit.effects.push(effect.queued(Timestamp::now()));
        commit.memos.push(Eyed.memo(key));
    }
    shared.store.commit(commit).await?;
    shared.dispatcher.wake();
    Ok(())
}
