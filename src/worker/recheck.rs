//! Whether what satisfied the gates still does, by the few calls that can tell.
//!
//! A dismissal, a stale flag and a departure from a team are announced by nobody. A push, a change of
//! the base and a review are, and what missed them is found by the walk over what changed; so
//! neither the pull request nor its timeline is read here. **Invariant:** nothing is posted from
//! here: whoever fell away gives cause for a whole look.

use super::look::{self, Found};
use super::{Shared, Trouble, consent, judge, neighbours};
use crate::decide::record::{Held, PullRecord, TimelineMemory};
use crate::decide::timeline::{OwnReplies, Reading};
use crate::gate::Answers;
use crate::gate::facts::Revocations;
use crate::gate::policy::{GateName, Policy, Unheard};
use crate::gate::verdict::Verdict;
use crate::gitea::{CallError, Lookup, Session};
use crate::model::{CommentId, Reviews};
use jiff::Timestamp;
use state::PullKey;
use std::collections::{BTreeSet, HashMap};

/// How many calls a recheck makes where everything still stands, given what holds the gates: the
/// reviews once, each declaration, its confirmation where the deployment asks for one, and each
/// person's membership.
pub fn cost(policy: &Policy, record: &PullRecord) -> usize {
    let held = || standing(record);
    let reviews = usize::from(held().any(|held| held.declared.is_none()));
    let declarations = held().filter(|held| held.declared.is_some()).count();
    let confirms = usize::from(policy.declarations.unheard == Unheard::Confirm);
    reviews + declarations * (1 + confirms) + held().count()
}

/// Whether a gate is satisfied by somebody, so that there is something to be looked at again.
pub fn is_green(record: &PullRecord) -> bool {
    standing(record).next().is_some()
}

fn standing(record: &PullRecord) -> impl Iterator<Item = &Held> {
    record.held.iter().filter(|held| !held.fallen)
}

/// Whether every gate that was satisfied still is. `false` where anything could not be found out:
/// a whole look says what.
///
/// # Errors
/// The store, or the call that failed.
pub async fn recheck(
    shared: &Shared,
    session: &Session,
    key: PullKey,
    record: &PullRecord,
) -> Result<bool, Trouble> {
    let found = find(shared, session, record).await?;
    let others = match &record.pull.head {
        Some(head) => neighbours::others(shared, key, head).await?,
        None => return Ok(false),
    };
    let openers = others.into_iter().map(|(_, other)| other.pull.author);
    let facts = look::facts(shared, key, &found, openers.collect()).await?;
    let gates: Vec<GateName> = standing(record).map(|held| held.gate.clone()).collect();
    let mut answers = Answers::guessing(record.proven.clone());
    let verdicts = judge::verdicts(session, &shared.policy, &facts, &gates, &mut answers).await;
    let stands = |gate: &GateName| {
        verdicts
            .iter()
            .any(|now| now.gate == *gate && matches!(now.verdict, Verdict::Satisfied(_)))
    };
    Ok(gates.iter().all(stands))
}

async fn find(shared: &Shared, session: &Session, record: &PullRecord) -> Result<Found, CallError> {
    let reviews = if standing(record).any(|held| held.declared.is_none()) {
        session.fetch_reviews(&record.pull.reference()).await?
    } else {
        Reviews::default()
    };
    let (memory, revocations, replies) = hear_again(shared, session, record).await?;
    let heard = (&memory, &replies);
    let confirmed = consent::confirmed(shared, session, &record.pull, heard).await?;
    Ok(Found {
        pull: record.pull.clone(),
        reviews,
        memory,
        revocations,
        asked: HashMap::new(),
        unanswered: BTreeSet::new(),
        replies: HashMap::new(),
        confirmed,
        joined: HashMap::new(),
        inline: BTreeSet::new(),
        head_seen_at: record.head_seen_at,
        read_at: Timestamp::now(),
    })
}

/// Reads the declarations that hold a gate: they may have been edited or deleted.
async fn hear_again(
    shared: &Shared,
    session: &Session,
    record: &PullRecord,
) -> Result<(TimelineMemory, Revocations, OwnReplies), CallError> {
    let bots = session.gitea().own_accounts();
    let ears = shared.ears(&bots);
    let known = look::remembered(Some(record));
    let mut reading = Reading::new(ears, known, BTreeSet::new());
    let declared: Vec<CommentId> = standing(record).filter_map(|held| held.declared).collect();
    for comment in &declared {
        let lookup = session.fetch_comment(&record.pull.repository.name, *comment);
        if let Lookup::Plain(comment) = lookup.await? {
            reading.take_comment(comment);
        }
    }
    reading.close(Some(Timestamp::MAX), &declared);
    Ok((reading.memory, reading.revocations, reading.replies))
}
