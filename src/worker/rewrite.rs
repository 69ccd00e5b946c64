//! What we have written and somebody else has edited or deleted stands again, once, however often and
//! however late that is told.
//!
//! Notices, and replies to reviews, say again what they said, so nothing is looked at for them. What they
//! said is what the store remembers, never what an event tells: others may have written that before.

use super::errand::Errand;
use super::{Shared, Trouble, now, shown};
use crate::decide::reply::Addressee;
use crate::effect::{Act, Effect, about};
use crate::memo::{self, Answered, Kind as _, Restored, Wrote};
use crate::model::CommentId;
use jiff::Timestamp;
use state::{Commit, ItemId, Memo};

/// Puts those into the outbox that say what they said, and takes out of the errand what is done with that
/// or was done before.
///
/// # Errors
/// The store, or the audit trail.
pub(super) async fn queue(shared: &Shared, errand: &mut Errand) -> Result<(), Trouble> {
    let mut done = answer_again(shared, errand).await?;
    let touched = std::mem::take(&mut errand.rewrites);
    if touched.is_empty() && done.is_empty() {
        return Ok(());
    }
    let (mut effects, mut memos) = (Vec::new(), Vec::new());
    for (item, reply) in touched {
        done.push(item);
        if let Some((effect, memo)) = again(shared, errand, reply).await? {
            effects.push(effect);
            memos.push(memo);
        }
    }
    let place = (&errand.pull, errand.triggers.as_slice());
    shown::answered(shared, place, Vec::new(), &effects).await?;
    let at = Timestamp::now();
    errand.items.retain(|item| !done.contains(item));
    shared
        .store
        .commit(Commit {
            done,
            memos,
            effects: effects.iter().map(|effect| effect.queued(at)).collect(),
            ..Commit::new(errand.key, now())
        })
        .await?;
    shared.dispatcher.wake();
    Ok(())
}

/// Comments whose answers were touched ask again, as far as they have not before. Gives the items of the
/// others.
async fn answer_again(shared: &Shared, errand: &mut Errand) -> Result<Vec<ItemId>, Trouble> {
    let mut done = Vec::new();
    for (item, comment, replied_at) in std::mem::take(&mut errand.touched) {
        let place = about::<Restored>(errand.key, &Addressee::Comment(comment));
        if memo::recall::<Restored>(&*shared.store, &place)
            .await?
            .is_some()
        {
            done.push(item);
            continue;
        }
        errand.comments.push((comment, replied_at));
        errand.restore.insert(comment);
        errand.memos.push(Restored.memo(place));
    }
    Ok(done)
}

/// `None`: what it said is not remembered, or it was written again before.
async fn again(
    shared: &Shared,
    errand: &Errand,
    reply: CommentId,
) -> Result<Option<(Effect, Memo)>, Trouble> {
    let place = memo::of_comment::<Wrote>(errand.key, reply);
    let Some(Wrote {
        to,
        since,
        text: Some(body),
        ..
    }) = memo::recall(&*shared.store, &place).await?
    else {
        return Ok(None);
    };
    let restored = about::<Restored>(errand.key, &to);
    if memo::recall::<Restored>(&*shared.store, &restored)
        .await?
        .is_some()
    {
        return Ok(None);
    }
    let place = about::<Answered>(errand.key, &to);
    let answered = memo::recall::<Answered>(&*shared.store, &place).await?;
    let outcome = answered.map(|answered| answered.outcome);
    let effect = errand.effect(Act::Reply {
        to,
        since,
        body,
        outcome: outcome.unwrap_or_default(),
        // Where it stands is asked when it is written: it may have been written again meanwhile.
        reply: None,
        search: false,
        anew: true,
        after: None,
        behind: None,
    });
    Ok(Some((effect, Restored.memo(restored))))
}
