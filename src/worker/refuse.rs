//! Commands in a place where they do not work, and pull requests that no gate guards (any more).

use super::commit::{come_back, commit, wake_at};
use super::errand::Errand;
use super::look::{self, Before, Conversation, Found};
use super::turn::{asked, ids};
use super::{Shared, Trouble, observed, post, restore, shown};
use crate::decide::alike::together;
use crate::decide::answer::Asked;
use crate::decide::conclude::{Findings, Told, conclude};
use crate::decide::notice::Forged;
use crate::decide::record::PullRecord;
use crate::decide::reply::{Addressee, Letter, Part, render};
use crate::decide::scope::Scope;
use crate::decide::statuses::{Left, Wanted};
use crate::effect::{Act, Effect};
use crate::gitea::Session;
use crate::model::{CommentId, Pull, PullState};
use jiff::Timestamp;
use state::{Commit, Memo};
use std::collections::BTreeMap;

/// Reviews whose bodies hold commands.
pub(super) fn reviews(errand: &Errand) -> Vec<Told> {
    let to = |digest: &crate::model::Digest| Addressee::Review(digest.to_string());
    let told = errand
        .reviews
        .iter()
        .map(|(_, digest)| Told::plain(to(digest), Timestamp::UNIX_EPOCH, Part::NotAComment));
    told.collect()
}

/// Replies to inline comments, which are no comments of the conversation (gitea-facts §6.2). Once
/// told, they hear nothing new.
pub(super) fn inline(errand: &Errand, found: &Found) -> Vec<Told> {
    let is_told = |id: CommentId| found.replies.contains_key(&Addressee::Comment(id));
    let asked = errand.comments.iter();
    let asked = asked.filter(|(id, _)| found.inline.contains(id) && !is_told(*id));
    asked
        .map(|(id, at)| Told::plain(Addressee::Comment(*id), *at, Part::NotAComment))
        .collect()
}

/// A pull request that is closed, merged, or into a branch that is not guarded: what we left on its
/// head is taken back, and who asks is told.
pub(super) async fn out_of_scope(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: Pull,
) -> Result<(), Trouble> {
    let heard = hear(shared, session, errand, &pull).await?;
    let part = match pull.state {
        PullState::Open => Part::NotGuarded(pull.base.clone()),
        state => Part::NotOpen(state),
    };
    let mut told = heard
        .as_ref()
        .map(|heard| answers(shared, errand, heard, &part))
        .unwrap_or_default();
    told.extend(reviews(errand));
    let (post, forged, memos) = taken_back(shared, session, errand, &pull).await?;
    let mut record = out_of_mind(errand, &pull);
    if let Some(heard) = &heard {
        // A revocation once seen is final, wherever it was seen and whatever becomes of its comment.
        record.revocations.clone_from(&heard.revocations);
    }
    let replies = heard.map(|heard| heard.replies).unwrap_or_default();
    let findings = Findings {
        policy: &shared.policy,
        facts_at: Timestamp::now(),
        now: Timestamp::now(),
        pull: &pull,
        scope: &Scope {
            gates: Vec::new(),
            all: false,
            declarations: false,
        },
        verdicts: &[],
        told,
        post,
        forged: restore::untold(shared, errand.key, &forged).await?,
        shares: Vec::new(),
        able: Vec::new(),
        open: Vec::new(),
        hidden_drafts: 0,
        calls: session.evidence(),
        replies: &replies,
        anew: &errand.restore,
        promise: shared.tempo.promise,
        wait: &|tries| shared.tempo.wait(tries),
    };
    let mut decision = conclude(findings, errand.told(record));
    decision.again = None;
    let mut kept = restore::records(errand, &forged);
    kept.extend(memos);
    commit(shared, errand, decision, kept).await
}

/// The conversation. `None`: nobody asks there.
async fn hear(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: &Pull,
) -> Result<Option<Conversation>, Trouble> {
    if errand.comments.is_empty() {
        return Ok(None);
    }
    let before = Before {
        record: errand.record.as_ref(),
        asked: &errand.comments,
        ..Before::default()
    };
    let mut heard = look::listen(shared, session, pull, before).await?;
    observed::pass_over(shared, errand.key, &heard.asked, &mut heard.unanswered).await?;
    Ok(Some(heard))
}

/// The record of a pull request whose gates say nothing any more. Its timeline is not read meanwhile, so
/// that it was into another branch is remembered here: the way back may be hidden.
fn out_of_mind(errand: &Errand, pull: &Pull) -> PullRecord {
    let record = errand.record.clone();
    let mut record = record.unwrap_or_else(|| PullRecord::new(pull.clone(), Timestamp::now()));
    if let Some(memory) = &mut record.timeline {
        memory.is_into(&pull.base, false);
    }
    PullRecord {
        pull: pull.clone(),
        evaluated: None,
        unknown: Vec::new(),
        unknown_since: BTreeMap::new(),
        ..record
    }
}

/// A merge takes nothing back from what was merged, but the commit is not shared with it any more;
/// everything else that leaves the scope takes back what it left, and so does a head that moved on
/// just before. Gives the forgeries too that stood there when it was left.
async fn taken_back(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: &Pull,
) -> Result<(Vec<Wanted>, Vec<Forged>, Vec<Memo>), Trouble> {
    let record = errand.record.as_ref();
    let was_open = record.is_some_and(|record| record.pull.state == PullState::Open);
    let leaves = errand.look || was_open;
    let Some(head) = pull.head.as_ref().filter(|_| leaves) else {
        return Ok(Default::default());
    };
    let left = if pull.state == PullState::Open {
        Left::Retargeted
    } else {
        Left::Closed
    };
    let step = post::Step {
        shared,
        session,
        pull,
        record,
        look: errand.look,
    };
    let mut post = if pull.state == PullState::Merged {
        let _others = step.kept(errand.key, head).await?;
        Vec::new()
    } else {
        step.withdraw(errand.key, head, left).await?
    };
    let before = record.and_then(|record| record.pull.head.as_ref());
    if let Some(before) = before.filter(|before| *before != head) {
        post.extend(step.withdraw(errand.key, before, Left::Moved).await?);
    }
    let (forged, mut green) = match was_open {
        true => step.left_forged().await?,
        false => Default::default(),
    };
    green.retain(|green| post.iter().all(|it| it.status.context != green.context));
    let stays = green.is_empty() || pull.state == PullState::Merged;
    if !stays {
        post.extend(step.take_back(errand.key, head, green, left).await?);
    }
    let (missed, memos) = match errand.look {
        true => step.missed(errand.key).await?,
        false => Default::default(),
    };
    post.extend(missed);
    Ok((post, forged, memos))
}

/// Those who ask and have no answer that is younger than their comment.
fn answers(shared: &Shared, errand: &Errand, heard: &Conversation, part: &Part) -> Vec<Told> {
    let unanswered = heard
        .asked
        .values()
        .filter(|comment| heard.unanswered.contains(&comment.id));
    let asking = unanswered.filter_map(|comment| asked(shared, comment, &heard.joined));
    let replied = errand.replied(&heard.replies);
    let asking = together(asking.collect(), &errand.waited, &replied);
    asking
        .into_iter()
        .map(|asked| {
            let told = Told::plain(asked.to.clone(), asked.created_at, part.clone());
            let reading = told.asked.reading;
            let asked = Asked { reading, ..asked };
            Told { asked, ..told }
        })
        .collect()
}

/// Commands on a plain issue get one sentence.
pub(super) async fn on_issue(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
) -> Result<(), Trouble> {
    let before = Before {
        record: None,
        asked: &errand.on_issue,
        ..Before::default()
    };
    let since = errand.on_issue.iter().map(|(_, at)| *at).min();
    let mut heard =
        look::listen_since(shared, session, &errand.pull, since, ids(before.asked)).await?;
    observed::pass_over(shared, errand.key, &heard.asked, &mut heard.unanswered).await?;
    let mut item = Commit::new(errand.key, super::now());
    item.done.clone_from(&errand.on_issue_items);
    item.wake = wake_at(errand.until);
    let told = answers(shared, errand, &heard, &Part::NotAPull);
    let told = told
        .iter()
        .map(|told| effect(errand, session, told, &heard));
    let effects: Vec<Effect> = told.collect();
    let place = (&errand.pull, errand.triggers.as_slice());
    shown::answered(shared, place, session.evidence(), &effects).await?;
    let at = Timestamp::now();
    item.effects = effects.iter().map(|effect| effect.queued(at)).collect();
    shared.store.commit(item).await?;
    come_back(shared, errand.key, errand.until);
    if errand.on_issue_items.len() < errand.items.len() {
        shared.board.wake(errand.key);
    }
    shared.dispatcher.wake();
    Ok(())
}

fn effect(errand: &Errand, session: &Session, told: &Told, heard: &Conversation) -> Effect {
    let to = told.asked.to.clone();
    let letter = Letter {
        also: told.asked.also.clone(),
        calls: session.evidence(),
        ..Letter::plain(to.clone(), told.parts.clone())
    };
    let reply = render(&letter);
    let act = Act::Reply {
        reply: heard.replies.get(&to).map(|(id, _)| *id),
        to,
        since: told.asked.created_at,
        body: reply.to(&told.asked.body),
        outcome: reply.outcome,
        search: false,
        anew: false,
        after: None,
        behind: None,
    };
    errand.effect(act)
}
