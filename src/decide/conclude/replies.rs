//! The replies of a turn, and which answers are kept up to date after it.

use super::{Findings, Told, effect};
use crate::decide::answer::{Asked, stays_open};
use crate::decide::record::{OpenAnswer, PullRecord};
use crate::decide::reply::{self, Addressee, Letter};
use crate::decide::told;
use crate::effect::{Act, Effect};
use crate::model::CommentId;
use std::time::Duration;

/// Answers of one pull request that are kept up to date.
const MOST_OPEN: usize = 20;
/// A comment's text that is kept whole.
const MOST_KEPT: usize = 4096;

pub(super) fn replies(
    findings: &Findings<'_>,
    record: &mut PullRecord,
    again: Option<Duration>,
) -> Vec<Effect> {
    told::settle(record, &findings.told, findings.now);
    let told = in_order(&findings.told);
    let elsewhere: Vec<_> = told
        .iter()
        .map(|told| told::elsewhere(record, told, findings.now))
        .collect();
    let mut replies = Replies::default();
    for (told, elsewhere) in told.into_iter().zip(elsewhere) {
        let held = told::held(record, told);
        let bearing = told::Bearing {
            elsewhere,
            held,
            ..told::Bearing::default()
        };
        replies.tell(findings, record, (told, bearing), again);
    }
    keep_few(record);
    replies.effects
}

/// Comments by age, so that the first that meets a cause holds its diagnosis and is posted first.
fn in_order(told: &[Told]) -> Vec<&Told> {
    let mut told: Vec<&Told> = told.iter().filter(|told| !told.parts.is_empty()).collect();
    told.sort_by_key(|told| told.asked.to.comment());
    told
}

/// The replies of one turn.
#[derive(Default)]
struct Replies {
    effects: Vec<Effect>,
    /// Whose answers are written in this turn.
    written: Vec<Addressee>,
}

impl Replies {
    fn tell(
        &mut self,
        findings: &Findings<'_>,
        record: &mut PullRecord,
        (told, bearing): (&Told, told::Bearing),
        again: Option<Duration>,
    ) {
        let holder = bearing.elsewhere.first().map(|(_, holder)| *holder);
        let reply = reply::render(&letter(findings, told, again, bearing));
        let before = remove_open(record, &told.asked.to);
        let is_news = before
            .as_ref()
            .is_none_or(|before| before.outcome != reply.outcome);
        if told.asked.fresh || is_news {
            let holder = holder.map(Addressee::Comment);
            let behind = holder.filter(|holder| self.written.contains(holder));
            self.written.push(told.asked.to.clone());
            self.effects
                .push(effect(findings, act(findings, told, &reply, behind)));
        }
        if stays_open(&told.parts) {
            record
                .open_answers
                .extend(open_answer(&told.asked, reply.outcome));
        }
    }
}

/// The oldest answers are not kept up to date any more, but for those that others point to.
fn keep_few(record: &mut PullRecord) {
    let holders: Vec<CommentId> = record.told_causes.iter().map(|told| told.holder).collect();
    let mut surplus = record.open_answers.len().saturating_sub(MOST_OPEN);
    record.open_answers.retain(|open| {
        let goes = surplus > 0 && !holders.contains(&open.comment);
        surplus = surplus.saturating_sub(usize::from(goes));
        !goes
    });
    record.open_answers.truncate(2 * MOST_OPEN);
}

pub(super) fn letter(
    findings: &Findings<'_>,
    told: &Told,
    again: Option<Duration>,
    bearing: told::Bearing,
) -> Letter {
    Letter {
        to: told.asked.to.clone(),
        also: told.asked.also.clone(),
        parts: told.parts.clone(),
        shares: findings.shares.clone(),
        able: findings.able.clone(),
        open: findings.open.clone(),
        hidden_drafts: findings.hidden_drafts,
        looks_again: again.is_some(),
        promise: findings.promise,
        calls: findings.calls.clone(),
        bearing,
    }
}

pub(super) fn act(
    findings: &Findings<'_>,
    told: &Told,
    reply: &reply::Reply,
    behind: Option<Addressee>,
) -> Act {
    Act::Reply {
        to: told.asked.to.clone(),
        since: told.asked.created_at,
        body: reply.to(&told.asked.body),
        outcome: reply.outcome.clone(),
        reply: findings.replies.get(&told.asked.to).map(|(id, _)| *id),
        // No time is known of a review, so that its reply may stand before what was read.
        search: matches!(told.asked.to, Addressee::Review(_)),
        anew: told
            .asked
            .to
            .comment()
            .is_some_and(|id| findings.anew.contains(&id)),
        after: findings.pull.head.as_ref().map(ToString::to_string),
        behind,
    }
}

fn remove_open(record: &mut PullRecord, to: &Addressee) -> Option<OpenAnswer> {
    let at = record
        .open_answers
        .iter()
        .position(|open| Addressee::Comment(open.comment) == *to)?;
    Some(record.open_answers.remove(at))
}

fn open_answer(asked: &Asked, outcome: String) -> Option<OpenAnswer> {
    let Addressee::Comment(comment) = asked.to else {
        return None;
    };
    let body = if asked.body.len() <= MOST_KEPT {
        asked.body.clone()
    } else {
        asked
            .reading
            .commands
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (author, created_at) = (asked.author.clone(), asked.created_at);
    Some(OpenAnswer {
        comment,
        author,
        body,
        created_at,
        outcome,
        also: asked.also.clone(),
    })
}
