//! When Gitea could not be read: said openly, tried again, and nothing is lost (I23).
//!
//! The items stay in the inbox, so that the next turn answers them.

use super::errand::Errand;
use super::judge;
use super::turn::plain;
use super::{Shared, Trouble, now, post};
use crate::decide::reply::cause;
use crate::decide::reply::{Addressee, Letter, Part, render};
use crate::decide::scope::Scope;
use crate::decide::statuses::{Standing, wanted};
use crate::effect::Act;
use crate::gitea::{CallError, Session};
use crate::memo::{self, Kind};
use crate::model::{Diagnosis, Posted, Pull};
use jiff::Timestamp;
use state::{Commit, Wake};

/// Failures in a row before those who wait are told: a hiccup is not worth a comment.
const TOLD_AFTER: u32 = 1;

/// The pull request itself could not be read.
pub(super) async fn pull(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    error: CallError,
) -> Result<(), Trouble> {
    if is_too_old(shared, errand) {
        return give_up(shared, errand, &error).await;
    }
    let why = diagnose(session, errand, &error).await;
    let commit = apology(shared, errand, &why, Commit::new(errand.key, now()));
    shared.store.commit(commit).await?;
    shared.dispatcher.wake();
    Err(error.into())
}

/// The pull request was read, and something else could not be: its gates are unknown, and say so.
pub(super) async fn facts(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: &Pull,
    error: CallError,
) -> Result<(), Trouble> {
    let why = diagnose(session, errand, &error).await;
    let mut commit = apology(shared, errand, &why, Commit::new(errand.key, now()));
    if let Some(head) = &pull.head {
        let gates = Scope::everything(&shared.policy).gates;
        let verdicts = judge::unread(&shared.policy, pull, &gates, &why);
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
            let key = memo::of_status(errand.repository(), head, &status.context);
            commit.memos.push(remember(&status).memo(key));
            let act = Act::Status {
                status,
                rank: wanted.rank,
                facts_at: Timestamp::now(),
                again: false,
            };
            commit
                .effects
                .push(errand.effect(act).queued(Timestamp::now()));
        }
    }
    shared.store.commit(commit).await?;
    shared.dispatcher.wake();
    Err(error.into())
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
    }
}

/// Tells those who wait, once it is more than a hiccup.
fn apology(shared: &Shared, errand: &Errand, why: &Diagnosis, mut commit: Commit) -> Commit {
    let tries = shared.failures(errand.key);
    if tries != TOLD_AFTER {
        return commit;
    }
    for (id, at) in &errand.comments {
        let part = Part::CannotLook(Box::new(why.clone()));
        let told = plain(Addressee::Comment(*id), *at, part);
        let letter = Letter {
            looks_again: true,
            ..Letter::plain(told.asked.to.clone(), told.parts)
        };
        let reply = render(&letter);
        let (body, outcome) = (reply.body, reply.outcome);
        let to = letter.to;
        let act = Act::Reply {
            to,
            since: *at,
            body,
            outcome,
            reply: None,
            search: true,
            after: None,
            behind: None,
        };
        commit
            .effects
            .push(errand.effect(act).queued(Timestamp::now()));
    }
    commit
}

/// A repository that was deleted must not keep its items for ever. What has waited while the bot was
/// away, or while the clock jumped, is tried all the same.
fn is_too_old(shared: &Shared, errand: &Errand) -> bool {
    let away = i64::try_from(shared.tempo.away.as_millis()).unwrap_or(i64::MAX);
    let tries = shared.failures(errand.key).saturating_add(1);
    tries >= shared.tempo.refused_tries
        && errand
            .since
            .is_some_and(|since| now().get().saturating_sub(since.get()) > away)
}

async fn give_up(shared: &Shared, errand: &Errand, error: &CallError) -> Result<(), Trouble> {
    tracing::warn!(pull = %errand.pull, %error, items = errand.items.len(),
        "could not be read for too long; what waited is given up");
    let done = errand.items.clone();
    shared
        .store
        .commit(Commit {
            done,
            wake: Wake::Clear,
            ..Commit::new(errand.key, now())
        })
        .await?;
    Ok(())
}
