//! One effect, performed once.

use super::dispatcher::Look;
use super::landing::Landing;
use super::saying::Saying;
use super::{Act, Effect};
use crate::decide::reply::cause;
use crate::decide::statuses::{Need, Rows, need};
use crate::gitea::{CallError, ErrorKind, Session};
use crate::memo::{self, Eyed, Kind, Missed, Unposted};
use crate::model::{
    Cause, CommentId, CommitState, Diagnosis, PostedStatus, PullRef, RepoName, StatusRow,
};
use crate::worker::tempo::Tempo;
use jiff::{SignedDuration, Timestamp};
use state::{Memo, PullKey, Store, StoreError};
use std::time::Duration;

/// How long a repository is taken to have the name that it had when an effect was queued.
const FRESH: Duration = Duration::from_secs(60);

/// How performing an effect ended.
pub(super) enum Ended {
    /// It is done, with what is to be remembered of it.
    Done(Vec<Memo>),
    /// It is not worth trying again, for this reason.
    GivenUp(Vec<Memo>, &'static str),
    /// It is tried again after this long.
    Later(Duration),
    /// The repository has another name now: nothing was done.
    Moved,
}

impl Ended {
    /// The word for programs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::GivenUp(..) => "given_up",
            Self::Later(_) | Self::Moved => "retried",
        }
    }
}

/// An effect with all that is needed to perform it.
#[derive(Clone, Copy)]
pub(super) struct Performance<'a> {
    pub(super) session: &'a Session,
    pub(super) store: &'a dyn Store,
    pub(super) tempo: &'a Tempo,
    pub(super) queued: &'a state::Effect,
    pub(super) effect: &'a Effect,
    pub(super) look: &'a Look,
    pub(super) landing: &'a Landing,
    /// Whether the name is worth asking for, should the repository have another one.
    pub(super) follows: bool,
}

impl Performance<'_> {
    /// Performs it under the name that the repository has now: it is its number, and no event tells
    /// that it was renamed or transferred. What has waited asks for the name first, because somebody
    /// may have taken the old one, where it would be written without an error.
    pub(super) async fn perform_where_it_is(&self) -> Result<Ended, StoreError> {
        let waited = self.has_waited();
        if !waited {
            let ended = self.perform().await?;
            if !matches!(ended, Ended::Moved) {
                return Ok(ended);
            }
        }
        let id = self.effect.repository;
        let repo = match self.session.fetch_repository_by_id(id).await {
            Ok(now) => now.name,
            Err(error) if waited => {
                let why = self.why(&error).await;
                return Ok(self.failed(&error, &why, undone(self.effect)));
            }
            Err(_) => self.effect.repo.clone(),
        };
        let effect = Effect {
            repo,
            ..self.effect.clone()
        };
        let there = Performance {
            effect: &effect,
            follows: false,
            ..*self
        };
        there.perform().await
    }

    /// Whether what it says of where it is was read long ago.
    fn has_waited(&self) -> bool {
        let queued_at = Timestamp::from_millisecond(self.queued.queued_at.get());
        let age = queued_at.map(|at| Timestamp::now().duration_since(at));
        self.queued.attempts > 0 || age.is_ok_and(|age| age.unsigned_abs() > FRESH)
    }

    /// Whether a call failed only because the repository has another name now, which is to be tried.
    pub(super) fn is_led_on(&self, error: &CallError) -> bool {
        self.follows && error.has_left()
    }

    async fn perform(&self) -> Result<Ended, StoreError> {
        match &self.effect.act {
            Act::Status {
                status,
                facts_at,
                again,
                ..
            } => self.status(status, *facts_at, *again).await,
            Act::Reply {
                to,
                since,
                body,
                outcome,
                reply,
                search,
                anew,
                ..
            } => {
                let saying = Saying {
                    to,
                    since: *since,
                    body,
                    outcome,
                    standing: *reply,
                    search: *search,
                    anew: *anew,
                };
                self.reply(saying).await
            }
            Act::Fold { to } => self.fold(to).await,
            Act::React { comment } => Ok(self.react(*comment).await),
        }
    }

    /// A success from old facts is not posted: the pull request is looked at again instead.
    async fn status(
        &self,
        status: &PostedStatus,
        facts_at: Timestamp,
        again: bool,
    ) -> Result<Ended, StoreError> {
        if status.state == CommitState::Success && self.is_old(facts_at) {
            (self.look)(self.effect.clone()).await?;
            return Ok(Ended::Done(vec![unposted(self.effect, status)]));
        }
        if (again || self.queued.maybe_performed)
            && stands(self.session, &self.effect.repo, status).await
        {
            self.got_through().await?;
            return Ok(Ended::Done(Vec::new()));
        }
        Ok(match self.session.post_status(&self.pull(), status).await {
            Ok(_) => {
                self.got_through().await?;
                Ended::Done(Vec::new())
            }
            Err(error) if self.is_led_on(&error) => Ended::Moved,
            Err(error) => {
                let why = self.why(&error).await;
                if error.asks_for_quiet() || self.passes(&why).await? {
                    self.failed(&error, &why, undone(self.effect))
                } else {
                    self.step_back(&why).await?
                }
            }
        })
    }

    fn is_old(&self, facts_at: Timestamp) -> bool {
        let age = Timestamp::now().duration_since(facts_at);
        // Facts of the future were read by a clock that was ahead: nobody knows how old they are.
        age.is_negative()
            || SignedDuration::try_from(self.tempo.facts_age).is_ok_and(|most| age > most)
    }

    /// Why a write was refused. The login behind the writing identity is known to it.
    pub(super) async fn why(&self, error: &CallError) -> Diagnosis {
        self.session.diagnose(error).await
    }

    /// Whether the same write may well succeed in a moment: Gitea is away, or the commit is on its way.
    /// What has been waited for in vain is not waited for again, because replies wait behind it.
    async fn passes(&self, why: &Diagnosis) -> Result<bool, StoreError> {
        let attempts = self.queued.attempts;
        Ok(match why.cause {
            Cause::ForgeUnavailable => {
                attempts.saturating_add(1) < self.tempo.refused_tries
                    && self.kept::<Unposted>().await?.is_none()
            }
            Cause::HeadNotInBase => attempts == 0,
            _ => false,
        })
    }

    /// A refused status makes way for the replies behind it, which say why; the turns of its pull
    /// request post it again, with what is true then.
    async fn step_back(&self, why: &Diagnosis) -> Result<Ended, StoreError> {
        let now = Timestamp::now();
        let before = self.kept::<Unposted>().await?;
        let same_round = before.as_ref().is_some_and(|before| now < before.again);
        let since = before.as_ref().and_then(|before| before.since);
        let since = since.unwrap_or(now);
        let tries = before.map_or(0, |before| before.tries);
        let tries = tries.saturating_add(u32::from(!same_round));
        let wait = self.tempo.wait(tries.saturating_sub(1));
        let refused = Unposted {
            why: why.clone(),
            tries,
            since: Some(since),
            again: now.saturating_add(wait).unwrap_or(Timestamp::MAX),
        };
        tracing::warn!(cause = %why.cause, tries, repo = %self.effect.repo, number = %self.effect.number,
            "a status was refused: {}", cause::line(why));
        let mut memos = undone(self.effect);
        memos.push(refused.memo(memo::all_of_pull::<Unposted>(self.key())));
        self.keep(memos).await?;
        let hopeless = match why.cause {
            Cause::ForgeUnavailable => self.is_past(since, tries),
            _ => tries >= self.tempo.refused_tries,
        };
        if hopeless {
            return Ok(Ended::GivenUp(Vec::new(), why.cause.id()));
        }
        (self.look)(self.effect.clone()).await?;
        Ok(Ended::Done(Vec::new()))
    }

    /// Whether a day has passed, after which nothing is tried any more. A day that was slept, or that
    /// the clock has jumped, is none: something has to have been tried.
    fn is_past(&self, since: Timestamp, tries: u32) -> bool {
        let waited = Timestamp::now().duration_since(since);
        tries >= self.tempo.refused_tries
            && SignedDuration::try_from(self.tempo.away).is_ok_and(|most| waited > most)
    }

    /// Remembers at once, before anybody is woken who has to know.
    pub(super) async fn keep(&self, memos: Vec<Memo>) -> Result<(), StoreError> {
        let now = state::Millis::new(Timestamp::now().as_millisecond());
        let commit = state::Commit {
            memos,
            ..state::Commit::new(self.key(), now)
        };
        self.store.commit(commit).await
    }

    pub(super) async fn kept<K: Kind>(&self) -> Result<Option<K>, StoreError> {
        memo::recall(self.store, &memo::all_of_pull::<K>(self.key())).await
    }

    /// What takes back that something was refused, where that is remembered.
    pub(super) async fn told_otherwise<K: Kind>(&self) -> Result<Vec<Memo>, StoreError> {
        let kept = self.kept::<K>().await?;
        let blank = || memo::blank(memo::all_of_pull::<K>(self.key()));
        Ok(kept.map(|_| blank()).into_iter().collect())
    }

    async fn react(&self, comment: CommentId) -> Ended {
        let reacted = self
            .session
            .post_reaction(&self.effect.repo, comment, "eyes")
            .await;
        let key = memo::of_comment::<Eyed>(self.key(), comment);
        match reacted {
            Ok(()) => Ended::Done(vec![Eyed.memo(key)]),
            Err(error) if self.is_led_on(&error) => Ended::Moved,
            // A sign of life that comes late is none, so it is not tried again.
            Err(error) => {
                tracing::debug!(%error, "no reaction was given");
                Ended::Done(Vec::new())
            }
        }
    }

    /// Refusals are tried a few times, because locks and rights change; an absent Gitea for a day.
    pub(super) fn failed(&self, error: &CallError, why: &Diagnosis, memos: Vec<Memo>) -> Ended {
        let attempts = self.queued.attempts;
        let queued_at = Timestamp::from_millisecond(self.queued.queued_at.get());
        let refused = matches!(
            error.kind,
            ErrorKind::Refused
                | ErrorKind::NotFound
                | ErrorKind::Archived
                | ErrorKind::Rejected(_)
                | ErrorKind::Moved { .. }
                | ErrorKind::Unaskable
        );
        let tries = attempts.saturating_add(1);
        let tired = refused && tries >= self.tempo.refused_tries;
        tracing::warn!(%error, cause = %why.cause, attempts, repo = %self.effect.repo, number = %self.effect.number,
            "a write failed: {}", cause::line(why));
        if tired || queued_at.is_ok_and(|at| self.is_past(at, tries)) {
            return Ended::GivenUp(memos, why.cause.id());
        }
        // What a proxy asks for is obeyed, however soon we would have tried again.
        let quiet = error.retry_after().unwrap_or_default();
        Ended::Later(self.tempo.wait(attempts).max(quiet))
    }

    pub(super) fn key(&self) -> PullKey {
        memo::pull_key(self.effect.repository, self.effect.number)
    }

    pub(super) fn pull(&self) -> PullRef {
        PullRef {
            repo: self.effect.repo.clone(),
            number: self.effect.number,
        }
    }
}

/// Whether the status is the newest row of its context already. When that cannot be read, it is not.
pub(super) async fn stands(session: &Session, repo: &RepoName, status: &PostedStatus) -> bool {
    let context = [status.context.clone()];
    let Ok(rows) = session.fetch_statuses(repo, &status.sha, &context).await else {
        return false;
    };
    let is_own = |row: &StatusRow| session.gitea().has_posted(row);
    need(status, Rows::Read(&rows), &is_own) == Need::Nothing
}

/// What is remembered if an effect is not performed: a status does not stand, and another one may.
pub(super) fn undone(effect: &Effect) -> Vec<Memo> {
    match &effect.act {
        Act::Status { status, .. } => {
            let pull = memo::pull_key(effect.repository, effect.number);
            let missed = memo::of_text::<Missed>(pull, status.sha.as_str());
            vec![unposted(effect, status), Missed.memo(missed)]
        }
        Act::Reply { .. } | Act::Fold { .. } | Act::React { .. } => Vec::new(),
    }
}

/// What forgets that a status was posted.
fn unposted(effect: &Effect, status: &PostedStatus) -> Memo {
    let key = memo::of_status(effect.repository, &status.sha, &status.context);
    memo::blank(key)
}
