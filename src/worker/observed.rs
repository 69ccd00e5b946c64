//! What a bot that observes would have said stands in its memory, in the place of replies: a comment is
//! evaluated once, and is not answered late by a bot that acts afterwards.

use super::{Shared, Trouble, now};
use crate::decide::record::PullRecord;
use crate::decide::reply::{answers, joined_in};
use crate::memo::{self, Kind, Observing, WouldSay};
use crate::model::{Comment, CommentId};
use state::{MemoKey, PullKey};
use std::collections::{BTreeSet, HashMap};

/// Takes out the comments that were answered, as they stand, by what would have been said.
///
/// # Errors
/// The store.
pub(super) async fn pass_over(
    shared: &Shared,
    key: PullKey,
    asked: &HashMap<CommentId, Comment>,
    unanswered: &mut BTreeSet<CommentId>,
) -> Result<(), Trouble> {
    let mut passed = Vec::new();
    for id in unanswered.iter() {
        let said = would_say(shared, key, *id).await?;
        let comment = asked.get(id);
        if said
            .zip(comment)
            .is_some_and(|(said, it)| covers(&said, it))
        {
            passed.push(*id);
        }
    }
    unanswered.retain(|id| !passed.contains(id));
    Ok(())
}

/// The same for replies to lines of code, which are told one thing, whatever they say.
///
/// # Errors
/// The store.
pub(super) async fn pass_over_inline(
    shared: &Shared,
    key: PullKey,
    inline: &mut BTreeSet<CommentId>,
) -> Result<(), Trouble> {
    let mut passed = Vec::new();
    for id in inline.iter() {
        if would_say(shared, key, *id).await?.is_some() {
            passed.push(*id);
        }
    }
    inline.retain(|id| !passed.contains(id));
    Ok(())
}

async fn would_say(
    shared: &Shared,
    key: PullKey,
    comment: CommentId,
) -> Result<Option<WouldSay>, Trouble> {
    let place = memo::of_comment::<WouldSay>(key, comment);
    Ok(memo::recall(&*shared.store, &place).await?)
}

fn covers(WouldSay(body): &WouldSay, comment: &Comment) -> bool {
    let joined = joined_in(body).into_iter();
    let mut joined = joined.filter(|joined| joined.comment == comment.id);
    answers(body, &comment.body) || joined.any(|joined| joined.says(&comment.body))
}

/// Answers that nobody has read are not kept up to date, and hold no diagnosis to point to.
pub(super) fn leave_unsaid(shared: &Shared, record: &mut PullRecord) {
    if shared.writing.mode.observes() {
        record.open_answers.clear();
        record.told_causes.clear();
    }
}

const fn place() -> MemoKey {
    memo::of_everything::<Observing>()
}

/// Whether a bot observed with this store before, and none has acted on everything since. One that
/// observes notes itself down.
///
/// # Errors
/// The store.
pub async fn has_only_observed(shared: &Shared) -> Result<bool, Trouble> {
    let before = memo::recall::<Observing>(&*shared.store, &place()).await?;
    if shared.writing.mode.observes() {
        let note = Observing.memo(place());
        shared.store.remember(vec![note], now()).await?;
        return Ok(false);
    }
    Ok(before.is_some())
}

/// Everything that was only observed has been looked at by a bot that acts.
///
/// # Errors
/// The store.
pub async fn has_acted(shared: &Shared) -> Result<(), Trouble> {
    let blank = memo::blank(place());
    Ok(shared.store.remember(vec![blank], now()).await?)
}
