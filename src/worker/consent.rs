//! Whether those who declare without having been heard have confirmed it, where the deployment asks
//! for that: with a thumb up on our reply, which nobody can give in another's name.

use super::Shared;
use crate::decide::record::{Said, TimelineMemory};
use crate::decide::reply::Addressee;
use crate::decide::timeline::OwnReplies;
use crate::gate::policy::Unheard;
use crate::gitea::{CallError, Consent, ErrorKind, Session};
use crate::memo::{self, Answered, Created};
use crate::model::{CommentId, Pull};
use state::StoreError;
use std::collections::BTreeSet;

/// Declarations of one look that are asked about; the newest.
const MOST: usize = 10;

/// The declarations that their own writers have confirmed. Nothing is asked unless the deployment
/// wants it.
///
/// # Errors
/// The call that failed.
pub(super) async fn confirmed(
    shared: &Shared,
    session: &Session,
    pull: &Pull,
    (memory, replies): (&TimelineMemory, &OwnReplies),
) -> Result<BTreeSet<CommentId>, CallError> {
    let mut confirmed = BTreeSet::new();
    if shared.policy.declarations.unheard != Unheard::Confirm {
        return Ok(confirmed);
    }
    let newest = memory.said.iter().rev().filter(|said| said.declares());
    for said in newest.take(MOST) {
        // What the store cannot tell was not confirmed.
        let reply = reply_to(shared, pull, said, replies).await;
        let Some(reply) = reply.unwrap_or_default() else {
            continue;
        };
        let consents = match session.fetch_consents(&pull.repository.name, reply).await {
            Ok(consents) => consents,
            // The reply was deleted, and whatever was said to it with it.
            Err(error) if error.kind == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        // One that is older was given to something else, which the reply said then.
        let confirms = |consent: &Consent| {
            consent.by == said.author && consent.at.is_some_and(|at| at >= said.created_at)
        };
        if consents.iter().any(confirms) {
            confirmed.insert(said.comment);
        }
    }
    Ok(confirmed)
}

/// Our reply to an unheard declaration. `None`: it was heard, or has no reply yet.
async fn reply_to(
    shared: &Shared,
    pull: &Pull,
    said: &Said,
    replies: &OwnReplies,
) -> Result<Option<CommentId>, StoreError> {
    let key = memo::pull_key(pull.repository.id, pull.number);
    let created = memo::of_comment::<Created>(key, said.comment);
    if shared.store.recall(&created).await?.is_some() {
        return Ok(None);
    }
    let answered = memo::of_comment::<Answered>(key, said.comment);
    let answered = memo::recall::<Answered>(&*shared.store, &answered).await?;
    let found = replies.get(&Addressee::Comment(said.comment));
    Ok(answered.map_or_else(|| found.map(|(reply, _)| *reply), |answered| answered.reply))
}
