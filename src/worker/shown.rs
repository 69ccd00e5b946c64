//! What was decided is kept for those who ask afterwards: the page of the pull request, and the audit
//! trail.

use super::errand::Errand;
use super::{Shared, Trouble};
use crate::audit::What;
use crate::decide::conclude::Decision;
use crate::decide::evaluation::{Evaluation, GateShown, Shown};
use crate::decide::reply::{self, Addressee, Letter};
use crate::effect::{Act, Effect};
use crate::gate::verdict::GateVerdict;
use crate::memo::{self, Kind};
use crate::model::{Evidence, PostedStatus, Pull};
use jiff::Timestamp;
use state::{Memo, NewEffect};
use std::io;

/// What came of a turn.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    /// The pull request as it was read.
    pub pull: &'a Pull,
    /// The gates that were looked at.
    pub gates: Vec<GateShown>,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(decision: &'a Decision) -> Self {
        Self {
            pull: &decision.record.pull,
            gates: decision.gates.clone(),
            calls: decision.calls.clone(),
        }
    }

    /// The facts could not be read.
    pub(super) fn unread(pull: &'a Pull, verdicts: &[GateVerdict], calls: Vec<Evidence>) -> Self {
        let letter = Letter::plain(Addressee::All(String::new()), Vec::new());
        let gates = verdicts.iter().map(|it| reply::shown::gate(it, &letter));
        Self {
            pull,
            gates: gates.collect(),
            calls,
        }
    }
}

/// Writes down what is about to be committed with these effects; gives what the page of the pull
/// request shows from now on. `None`: no gate was looked at.
///
/// # Errors
/// The store, or the audit trail: then nothing may be committed.
pub(super) async fn keep(
    shared: &Shared,
    errand: &Errand,
    outcome: Outcome<'_>,
    effects: &[NewEffect],
) -> Result<Option<Memo>, Trouble> {
    if outcome.gates.is_empty() && effects.is_empty() {
        return Ok(None);
    }
    let evaluation = evaluation(shared, errand, outcome, effects);
    write(shared, errand, &evaluation).await?;
    if evaluation.gates.is_empty() {
        return Ok(None);
    }
    let key = memo::all_of_pull::<Shown>(errand.key);
    let before = shared.store.recall(&key).await?;
    let before = before.and_then(|bytes| Shown::read(&bytes));
    let gates = shared.policy.gates.iter();
    let order: Vec<_> = gates.map(|gate| gate.name.clone()).collect();
    let shown = before.unwrap_or_default().after(&evaluation, &order);
    Ok(Some(shown.memo(key)))
}

async fn write(shared: &Shared, errand: &Errand, evaluation: &Evaluation) -> Result<(), Trouble> {
    let Some(trail) = shared.writing.trail.clone() else {
        return Ok(());
    };
    let at = evaluation.at;
    let what = What::Evaluated {
        repo: errand.pull.repo.clone(),
        number: errand.pull.number,
        evaluation: Box::new(evaluation.clone()),
    };
    let written = tokio::task::spawn_blocking(move || trail.append(at, what));
    let written = written
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    written.map_err(Trouble::Trail)
}

fn evaluation(
    shared: &Shared,
    errand: &Errand,
    outcome: Outcome<'_>,
    effects: &[NewEffect],
) -> Evaluation {
    let read = |queued: &NewEffect| serde_json::from_slice(&queued.payload).ok();
    let acts: Vec<Effect> = effects.iter().filter_map(read).collect();
    Evaluation {
        at: Timestamp::now(),
        triggers: errand.triggers.clone(),
        head: outcome.pull.head.clone(),
        base: outcome.pull.base.clone(),
        gates: outcome.gates,
        statuses: acts.iter().filter_map(status).collect(),
        answers: acts.iter().filter_map(answer).collect(),
        calls: outcome.calls,
        observed: shared.writing.mode.observes(),
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
