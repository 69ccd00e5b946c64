//! A diagnosis stands once per pull request and cause: who holds it, and who only points to it.
//!
//! The first answer that meets a cause holds its diagnosis; a later one gets one line with a link, and
//! is counted in the first. **Invariant:** whoever is pointed to is kept up to date, so that the
//! diagnosis is folded when the cause is gone.

use super::conclude::Told;
use super::record::PullRecord;
use super::reply::{Addressee, Part};
use crate::gate::policy::GateName;
use crate::model::{CauseKey, CommentId, Diagnosis, ToldCause, Unread};
use jiff::Timestamp;

/// What an answer has to do with the causes that were told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bearing {
    /// Gates whose diagnosis stands in the answer to another comment.
    pub elsewhere: Vec<(GateName, CommentId)>,
    /// Whose answer says why nothing could be read. `None`: this one, or everything could.
    pub unread: Option<CommentId>,
    /// Causes whose diagnosis stands here.
    pub held: Vec<ToldCause>,
}

/// The diagnoses that a part tells, with the gate that they are about.
#[must_use]
pub fn diagnoses_in(part: &Part) -> Option<(&GateName, Vec<&Diagnosis>)> {
    let verdict = match part {
        Part::Gate(verdict) => verdict,
        Part::Declaration(said) => &said.gate,
        _ => return None,
    };
    let diagnoses = verdict.diagnoses();
    (!diagnoses.is_empty()).then_some((&verdict.gate, diagnoses))
}

/// Forgets causes whose holder is not kept up to date any more, and marks those that are gone.
pub(super) fn settle(record: &mut PullRecord, told: &[Told], now: Timestamp) {
    let open: Vec<CommentId> = record
        .open_answers
        .iter()
        .map(|open| open.comment)
        .collect();
    let is_told = |holder: CommentId| told.iter().find(|told| is_to(told, holder));
    record
        .told_causes
        .retain(|cause| open.contains(&cause.holder) || is_told(cause.holder).is_some());
    for cause in &mut record.told_causes {
        if let Some(holder) = is_told(cause.holder) {
            let stands = keys_in(&holder.parts).contains(&cause.diagnosis.key());
            cause.resolved = match cause.resolved {
                _ if stands => None,
                before => before.or(Some(now)),
            };
        }
    }
}

/// The gates whose diagnosis stands in another answer; what is met first by this one is its own from
/// now on.
pub(super) fn elsewhere(
    record: &mut PullRecord,
    told: &Told,
    now: Timestamp,
) -> Vec<(GateName, CommentId)> {
    let Addressee::Comment(comment) = told.asked.to else {
        return Vec::new();
    };
    let mut elsewhere = Vec::new();
    for (gate, diagnoses) in told.parts.iter().filter_map(diagnoses_in) {
        let holders: Vec<CommentId> = diagnoses
            .iter()
            .map(|diagnosis| meet(record, diagnosis, (comment, told.asked.fresh), now))
            .collect();
        if let Some(first) = holders.first().filter(|_| !holders.contains(&comment)) {
            elsewhere.push((gate.clone(), *first));
        }
    }
    elsewhere
}

/// The causes whose diagnosis stands in this answer, once all answers of a turn have met theirs.
pub(super) fn held(record: &PullRecord, told: &Told) -> Vec<ToldCause> {
    let causes = record.told_causes.iter();
    causes
        .filter(|cause| is_to(told, cause.holder))
        .cloned()
        .collect()
}

/// Whose answer holds the diagnosis: somebody's before, or from now on this one's.
fn meet(
    record: &mut PullRecord,
    diagnosis: &Diagnosis,
    (comment, is_new): (CommentId, bool),
    now: Timestamp,
) -> CommentId {
    let key = diagnosis.key();
    let is_it = |cause: &&mut ToldCause| cause.resolved.is_none() && cause.diagnosis.key() == key;
    if let Some(cause) = record.told_causes.iter_mut().find(is_it) {
        if is_new && cause.holder != comment && cause.last_by < comment {
            cause.times = cause.times.saturating_add(1);
            cause.last_by = comment;
            cause.last = now;
        }
        return cause.holder;
    }
    record.told_causes.push(ToldCause {
        diagnosis: diagnosis.clone(),
        holder: comment,
        times: 1,
        last_by: comment,
        last: now,
        resolved: None,
    });
    comment
}

/// Who is to be told that nothing could be read, with what their answers have to do with the causes:
/// whoever asked first holds every diagnosis, the others point there. Who was told and has nothing
/// new to hear is not among them.
pub fn unread(
    before: Option<Unread>,
    why: &Diagnosis,
    waiting: &[CommentId],
    now: Timestamp,
) -> (Unread, Vec<(CommentId, Bearing)>) {
    let holds = |unread: &Unread| {
        let holder = unread.causes.first().map(|cause| cause.holder);
        holder.is_some_and(|holder| waiting.contains(&holder))
    };
    let mut unread = before.filter(holds).unwrap_or_else(|| Unread {
        causes: Vec::new(),
        told: Vec::new(),
    });
    let mut fresh: Vec<CommentId> = waiting.to_vec();
    fresh.retain(|comment| !unread.told.contains(comment));
    fresh.sort();
    let first = unread.causes.first().map(|cause| cause.holder);
    let Some(holder) = first.or(fresh.first().copied()) else {
        return (unread, Vec::new());
    };
    let is_news = meet_unread(&mut unread, why, (holder, &fresh), now);
    let others = fresh.iter().filter(|comment| **comment != holder);
    let points = |comment: &CommentId| {
        let bearing = Bearing {
            unread: Some(holder),
            ..Bearing::default()
        };
        (*comment, bearing)
    };
    let holding = Bearing {
        held: unread.causes.clone(),
        ..Bearing::default()
    };
    let mut told: Vec<_> = is_news.then_some((holder, holding)).into_iter().collect();
    told.extend(others.map(points));
    unread.told.extend(fresh);
    (unread, told)
}

/// Counts who met the cause, and ends the others. `false`: nothing is new.
fn meet_unread(
    unread: &mut Unread,
    why: &Diagnosis,
    (holder, fresh): (CommentId, &[CommentId]),
    now: Timestamp,
) -> bool {
    let key = why.key();
    for cause in &mut unread.causes {
        if cause.diagnosis.key() != key {
            cause.resolved = cause.resolved.or(Some(now));
        }
    }
    let times = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
    let mut causes = unread.causes.iter_mut();
    let Some(cause) = causes.find(|cause| cause.diagnosis.key() == key) else {
        unread.causes.push(ToldCause {
            diagnosis: why.clone(),
            holder,
            times: times.max(1),
            last_by: fresh.last().copied().unwrap_or(holder),
            last: now,
            resolved: None,
        });
        return true;
    };
    let is_back = cause.resolved.take().is_some();
    if let Some(last) = fresh.last() {
        cause.times = cause.times.saturating_add(times);
        cause.last_by = *last;
        cause.last = now;
    }
    is_back || !fresh.is_empty()
}

fn keys_in(parts: &[Part]) -> Vec<CauseKey> {
    let told = parts.iter().filter_map(diagnoses_in);
    told.flat_map(|(_, diagnoses)| diagnoses)
        .map(Diagnosis::key)
        .collect()
}

fn is_to(told: &Told, comment: CommentId) -> bool {
    told.asked.to == Addressee::Comment(comment)
}
