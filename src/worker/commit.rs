//! How a turn ends: what was decided is committed in one transaction, and the pull request comes back when
//! it has to be looked at again.

use super::errand::Errand;
use super::pace::Paced;
use super::shown::{self, Outcome};
use super::{Shared, Trouble, now, observed, unread};
use crate::decide::conclude::Decision;
use crate::memo::Kind;
use jiff::Timestamp;
use state::{Commit, Millis, PullKey, Record, Wake};

/// Record, effects, memos (`further` among them) and finished items in one transaction; then those are told
/// who wait.
pub(super) async fn commit(
    shared: &Shared,
    errand: &Errand,
    mut decision: Decision,
    further: Vec<state::Memo>,
) -> Result<(), Trouble> {
    let at = Timestamp::now();
    observed::leave_unsaid(shared, &mut decision.record);
    let again = errand.comes_back(decision.again.map(super::after));
    let open = shared.policy.gates_apply_to(&decision.record.pull);
    let head = decision
        .record
        .pull
        .head
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let effects = std::mem::take(&mut decision.effects).into_iter();
    let effects: Vec<_> = effects.map(|effect| errand.traced(effect)).collect();
    let shown = shown::keep(shared, errand, Outcome::of(&mut decision), &effects).await?;
    let memos = decision.posted.iter().map(|(sha, posted)| {
        posted.memo(shared.status_key(errand.repository(), sha, &posted.context))
    });
    let record = Record {
        bytes: serde_json::to_vec(&decision.record).unwrap_or_default(),
        head: head.into_bytes(),
        open,
    };
    let commit = Commit {
        record: Some(record),
        wake: wake_at(again),
        done: errand.items.clone(),
        effects: effects.iter().map(|effect| effect.queued(at)).collect(),
        memos: memos
            .chain(unread::over(errand))
            .chain(shown)
            .chain(further)
            .chain(errand.memos.clone())
            .collect(),
        ..Commit::new(errand.key, now())
    };
    shared.store.commit(commit).await?;
    shared.changes.tell(errand.key, &errand.pull.repo);
    let unknown = decision.record.unknown_gates().filter(|_| open);
    shared.pulse.looked(errand.key, unknown);
    come_back(shared, errand.key, again);
    shared.dispatcher.wake();
    Ok(())
}

/// Items that nothing can be made of are not kept.
pub(super) async fn discard(shared: &Shared, key: PullKey, paced: &Paced) -> Result<(), Trouble> {
    let done = paced.claim.items.iter().map(|item| item.id).collect();
    shared
        .store
        .commit(Commit {
            done,
            wake: wake_at(paced.until),
            ..Commit::new(key, now())
        })
        .await?;
    come_back(shared, key, paced.until);
    if paced.more {
        shared.board.wake(key);
    }
    Ok(())
}

/// When the store shall bring the pull request back.
pub(super) fn wake_at(at: Option<Timestamp>) -> Wake {
    at.map_or(Wake::Clear, |at| Wake::At(Millis::new(at.as_millisecond())))
}

/// The same on the board.
pub(super) fn come_back(shared: &Shared, key: PullKey, at: Option<Timestamp>) {
    match at {
        Some(at) => shared.board.wake_at(key, at),
        None => shared.board.forget(key),
    }
}
