//! When Gitea could not be read: said openly, tried again, and nothing is lost (I23).
//!
//! The items stay in the inbox, so that the next turn answers them.

use super::commit::{come_back, wake_at};
use super::errand::Errand;
use super::judge;
use super::shown::{self, Outcome};
use super::turn::count;
use super::{Shared, Trouble, now, post};
use crate::decide::reply::cause;
use crate::decide::reply::{Addressee, Letter, Part, Reply, render};
use crate::decide::scope::Scope;
use crate::decide::statuses::{Standing, wanted};
use crate::decide::told;
use crate::effect::{Act, Effect};
use crate::gate::verdict::GateVerdict;
use crate::gitea::{CallError, ErrorKind, Session};
use crate::memo::{self, Kind};
use crate::model::{CommentId, Diagnosis, Posted, Pull, Sha, Unread};
use jiff::Timestamp;
use state::{Commit, Memo, PullKey};
use std::time::Duration;

/// Failures in a row before those who wait are told: a hiccup is not worth a comment.
const TOLD_AFTER: u32 = 1;

/// The pull request itself could not be read. A green that it had when it was last seen is not proven
/// any more, and is taken back unless everybody is to be quiet: what can be written then can be read too.
pub(super) async fn pull(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    error: CallError,
) -> Result<(), Trouble> {
    if is_too_old(shared, errand, patience(shared, &error)) {
        shared.pulse.looked(errand.key, None);
        return give_up(shared, errand, &error).await;
    }
    let seen = errand.record.as_ref().map(|record| &record.pull);
    let takes_back = |pull: &&Pull| shared.policy.gates_apply_to(pull) && !error.asks_for_quiet();
    if let Some(pull) = seen.filter(takes_back) {
        return facts(shared, session, errand, pull, error).await;
    }
    let why = diagnose(session, errand, &error).await;
    let told = apology(shared, errand, &why);
    let place = (&errand.pull, errand.triggers.as_slice());
    shown::answered(shared, place, session.evidence(), &told.effects).await?;
    shared.store.commit(told.commit(errand)).await?;
    shared.dispatcher.wake();
    Err(error.into())
}

/// The pull request is nowhere to be seen, and where it was there is another one: whoever asked cannot
/// be told, and what waits is kept for as long as it would be were the forge away.
pub(super) async fn elsewhere(shared: &Shared, errand: &Errand) -> Result<(), Trouble> {
    if !is_too_old(shared, errand, shared.tempo.away) {
        return Err(Trouble::Elsewhere);
    }
    shared.pulse.looked(errand.key, None);
    give_up(shared, errand, &Trouble::Elsewhere).await
}

/// The pull request was read, now or earlier, and something else could not be: its gates are unknown,
/// and say so.
pub(super) async fn facts(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: &Pull,
    error: CallError,
) -> Result<(), Trouble> {
    // It went elsewhere between two calls. The next try finds it there, and there is nothing to say.
    if error.has_left() {
        return Err(error.into());
    }
    if is_too_old(shared, errand, patience(shared, &error)) {
        return give_up(shared, errand, &error).await;
    }
    let why = diagnose(session, errand, &error).await;
    let mut told = apology(shared, errand, &why);
    let gates = Scope::everything(&shared.policy).gates;
    let verdicts = judge::unread(&shared.policy, pull, &gates, &why);
    let outcome = Outcome::unread(pull, &verdicts, session.evidence());
    if let Some(head) = &pull.head {
        post_unknown(shared, errand, (pull, head), verdicts, &mut told).await?;
    }
    // While Gitea is away it is tried again and again, and decided once.
    if !told.effects.is_empty() {
        let shown = shown::keep(shared, errand, outcome, &told.effects).await?;
        told.memos.extend(shown);
    }
    shared.store.commit(told.commit(errand)).await?;
    shared.dispatcher.wake();
    Err(error.into())
}

/// The statuses of gates that are unknown, where people do not see that already.
async fn post_unknown(
    shared: &Shared,
    errand: &Errand,
    (pull, head): (&Pull, &Sha),
    verdicts: Vec<GateVerdict>,
    told: &mut Telling,
) -> Result<(), Trouble> {
    count(&verdicts);
    let unknown = verdicts.len();
    shared.pulse.unread(errand.key, unknown, Timestamp::now());
    let own = Standing {
        number: pull.number,
        base: pull.base.clone(),
        verdicts,
    };
    let posted = post::remembered(shared, pull).await?;
    for wanted in wanted(&shared.policy, head, &[own], false) {
        let status = wanted.status;
        if posted.iter().any(|posted| is_told(posted, &status)) {
            continue;
        }
        let key = shared.status_key(errand.repository(), head, &status.context);
        told.memos.push(remember(&status).memo(key));
        let act = Act::Status {
            status,
            rank: wanted.rank,
            facts_at: Timestamp::now(),
            again: false,
        };
        told.effects.push(errand.effect(act));
    }
    Ok(())
}

/// What people are told of a look that failed, and what is remembered of that. The items stay.
#[derive(Default)]
struct Telling {
    memos: Vec<Memo>,
    effects: Vec<Effect>,
}

impl Telling {
    fn commit(self, errand: &Errand) -> Commit {
        let at = Timestamp::now();
        Commit {
            memos: self.memos,
            effects: self
                .effects
                .iter()
                .map(|effect| effect.queued(at))
                .collect(),
            ..Commit::new(errand.key, now())
        }
    }
}

/// Why it could not be read, which the log says in the same words as the reply.
async fn diagnose(session: &Session, errand: &Errand, error: &CallError) -> Diagnosis {
    let why = session.diagnose(error).await;
    tracing::warn!(pull = %errand.pull, cause = %why.cause, "{}", cause::line(&why));
    why
}

/// Whether people see already that it is not known: a pending status need not change its words.
fn is_told(posted: &Posted, status: &crate::model::PostedStatus) -> bool {
    posted.context == status.context && posted.state == status.state
}

fn remember(status: &crate::model::PostedStatus) -> Posted {
    Posted {
        context: status.context.clone(),
        state: status.state,
        description: status.description.clone(),
        at: Timestamp::now(),
        restored: None,
    }
}

/// What those were told who asked while nothing could be read.
///
/// # Errors
/// The store.
pub(super) async fn remembered(shared: &Shared, key: PullKey) -> Result<Option<Unread>, Trouble> {
    let place = memo::all_of_pull::<Unread>(key);
    Ok(memo::recall(&*shared.store, &place).await?)
}

/// Forgets it, with the turn that read everything.
pub(super) fn over(errand: &Errand) -> Option<Memo> {
    let key = memo::all_of_pull::<Unread>(errand.key);
    errand.unread.as_ref().map(|_| memo::blank(key))
}

/// Tells those who wait, once it is more than a hiccup, and those who were told if there is more to
/// say.
fn apology(shared: &Shared, errand: &Errand, why: &Diagnosis) -> Telling {
    let mut telling = Telling::default();
    if shared.failures(errand.key) < TOLD_AFTER {
        return telling;
    }
    let waiting: Vec<CommentId> = errand.comments.iter().map(|(id, _)| *id).collect();
    let (unread, told) = told::unread(errand.unread.clone(), why, &waiting, Timestamp::now());
    if told.is_empty() {
        return telling;
    }
    let key = memo::all_of_pull::<Unread>(errand.key);
    telling.memos.push(unread.memo(key));
    for (id, bearing) in told {
        let written = errand.comments.iter().find(|(comment, _)| *comment == id);
        let since = written.map_or_else(Timestamp::now, |(_, at)| *at);
        let behind = bearing.unread.map(Addressee::Comment);
        let letter = Letter {
            looks_again: true,
            bearing,
            ..Letter::plain(
                Addressee::Comment(id),
                vec![Part::CannotLook(Box::new(why.clone()))],
            )
        };
        let Reply { body, outcome } = render(&letter);
        let act = Act::Reply {
            to: letter.to,
            since,
            body,
            outcome,
            reply: None,
            search: true,
            anew: false,
            after: None,
            behind,
        };
        let mut effect = errand.effect(act);
        // That nothing could be read is no answer yet.
        effect.trail.asked_at = None;
        telling.effects.push(effect);
    }
    telling
}

/// How long what waits is kept. A repository that was deleted, or went where the bot does not see it, must
/// not keep its items for weeks; a Gitea that is away, or a token that has ended, loses none.
const fn patience(shared: &Shared, error: &CallError) -> Duration {
    match error.kind {
        ErrorKind::NotFound | ErrorKind::Moved { .. } => shared.tempo.away,
        _ => shared.tempo.unread,
    }
}

/// Whether what waits has done so for longer than `most`. What has waited while the bot was away, or
/// while the clock jumped, is tried all the same.
fn is_too_old(shared: &Shared, errand: &Errand, most: Duration) -> bool {
    let most = i64::try_from(most.as_millis()).unwrap_or(i64::MAX);
    let tries = shared.failures(errand.key).saturating_add(1);
    tries >= shared.tempo.refused_tries
        && errand
            .since
            .is_some_and(|since| now().get().saturating_sub(since.get()) > most)
}

async fn give_up(
    shared: &Shared,
    errand: &Errand,
    error: &impl std::fmt::Display,
) -> Result<(), Trouble> {
    tracing::warn!(pull = %errand.pull, %error, items = errand.items.len(),
        "could not be read for too long; what waited is given up");
    let done = errand.items.clone();
    let memos = over(errand).into_iter().collect();
    shared
        .store
        .commit(Commit {
            done,
            memos,
            wake: wake_at(errand.until),
            ..Commit::new(errand.key, now())
        })
        .await?;
    come_back(shared, errand.key, errand.until);
    Ok(())
}
