//! Notices, and replies to reviews, that somebody else has edited or deleted. They say again what they
//! said, so nothing is looked at for them. What they said is what the store remembers, never what an event
//! tells: others may have written that before.

use super::errand::Errand;
use super::{Shared, Trouble, now, shown};
use crate::effect::{Act, Effect, about};
use crate::memo::{self, Answered, Wrote};
use crate::model::CommentId;
use jiff::Timestamp;
use state::Commit;

/// Puts them into the outbox and takes their items out of the errand.
///
/// # Errors
/// The store, or the audit trail.
pub(super) async fn queue(shared: &Shared, errand: &mut Errand) -> Result<(), Trouble> {
    let touched = std::mem::take(&mut errand.rewrites);
    if touched.is_empty() {
        return Ok(());
    }
    let mut effects = Vec::new();
    for (_, reply) in &touched {
        effects.extend(again(shared, errand, *reply).await?);
    }
    let place = (&errand.pull, errand.triggers.as_slice());
    shown::answered(shared, place, Vec::new(), &effects).await?;
    let at = Timestamp::now();
    let done: Vec<_> = touched.into_iter().map(|(item, _)| item).collect();
    errand.items.retain(|item| !done.contains(item));
    shared
        .store
        .commit(Commit {
            done,
            effects: effects.iter().map(|effect| effect.queued(at)).collect(),
            ..Commit::new(errand.key, now())
        })
        .await?;
    shared.dispatcher.wake();
    Ok(())
}

/// `None`: what it said is not remembered.
async fn again(
    shared: &Shared,
    errand: &Errand,
    reply: CommentId,
) -> Result<Option<Effect>, Trouble> {
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
    let place = about::<Answered>(errand.key, &to);
    let answered = memo::recall::<Answered>(&*shared.store, &place).await?;
    let outcome = answered.map(|answered| answered.outcome);
    Ok(Some(errand.effect(Act::Reply {
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
    })))
}
