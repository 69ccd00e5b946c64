//! What was decided is kept for those who ask afterwards.

use super::Shared;
use super::errand::Errand;
use crate::decide::conclude::Decision;
use crate::decide::evaluation::{Evaluation, Shown};
use crate::effect::{Act, Effect};
use crate::memo::{self, Kind};
use crate::model::PostedStatus;
use jiff::Timestamp;
use state::{Memo, StoreError};

/// What the page of the pull request shows from now on. `None`: no gate was looked at.
pub(super) async fn after(
    shared: &Shared,
    errand: &Errand,
    decision: &Decision,
    at: Timestamp,
) -> Result<Option<Memo>, StoreError> {
    if decision.gates.is_empty() {
        return Ok(None);
    }
    let key = memo::all_of_pull::<Shown>(errand.key);
    let before = shared.store.recall(&key).await?;
    let before = before.and_then(|bytes| Shown::read(&bytes));
    let order: Vec<_> = shared
        .policy
        .gates
        .iter()
        .map(|gate| gate.name.clone())
        .collect();
    let shown = before.unwrap_or_default();
    let shown = shown.after(&evaluation(errand, decision, at), &order);
    Ok(Some(shown.memo(key)))
}

fn evaluation(errand: &Errand, decision: &Decision, at: Timestamp) -> Evaluation {
    let pull = &decision.record.pull;
    Evaluation {
        at,
        triggers: errand.triggers.clone(),
        head: pull.head.clone(),
        base: pull.base.clone(),
        gates: decision.gates.clone(),
        statuses: decision.effects.iter().filter_map(status).collect(),
        answers: decision.effects.iter().filter_map(answer).collect(),
        calls: decision.calls.clone(),
    }
}

fn status(effect: &Effect) -> Option<PostedStatus> {
    match &effect.act {
        Act::Status { status, .. } => Some(status.clone()),
        _ => None,
    }
}

fn answer(effect: &Effect) -> Option<String> {
    match &effect.act {
        Act::Reply { to, .. } => Some(to.to_string()),
        _ => None,
    }
}
