//! What was decided is kept for those who ask afterwards: the page of the pull request, and the audit
//! trail.

use super::errand::Errand;
use super::{Shared, Trouble};
use crate::audit::What;
use crate::decide::conclude::Decision;
use crate::decide::evaluation::{Evaluation, GateShown, Shown, Trigger};
use crate::decide::reply;
use crate::effect::{Act, Effect};
use crate::gate::verdict::GateVerdict;
use crate::memo::{self, Kind};
use crate::model::{Evidence, PostedStatus, Pull, PullRef};
use jiff::Timestamp;
use state::Memo;
use std::io;

/// What came of a turn.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    /// The pull request as it was read. `None`: it was not.
    pub pull: Option<&'a Pull>,
    /// The gates that were looked at.
    pub gates: Vec<GateShown>,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
}

impl<'a> Outcome<'a> {
    /// What a decision holds for this purpose alone is taken out of it.
    pub(super) fn of(decision: &'a mut Decision) -> Self {
        Self {
            pull: Some(&decision.record.pull),
            gates: std::mem::take(&mut decision.gates),
            calls: std::mem::take(&mut decision.calls),
        }
    }

    /// The facts could not be read.
    pub(super) fn unread(pull: &'a Pull, verdicts: &[GateVerdict], calls: Vec<Evidence>) -> Self {
        Self {
            pull: Some(pull),
            gates: reply::shown::gates(verdicts, &[], &[]),
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
    effects: &[Effect],
) -> Result<Option<Memo>, Trouble> {
    if outcome.gates.is_empty() && effects.is_empty() {
        return Ok(None);
    }
    let evaluation = evaluation(shared, &errand.triggers, outcome, effects);
    write(shared, &errand.pull, &evaluation).await?;
    if evaluation.gates.is_empty() {
        return Ok(None);
    }
    let key = memo::all_of_pull::<Shown>(errand.key);
    let before = memo::recall::<Shown>(&*shared.store, &key).await?;
    let gates = shared.policy.gates.iter();
    let order: Vec<_> = gates.map(|gate| gate.name.clone()).collect();
    let shown = before.unwrap_or_default().after(&evaluation, &order);
    Ok(Some(shown.memo(key)))
}

/// Writes down what is about to be answered where no gate was looked at: because nothing could be read,
/// because it is a plain issue, or because it has to wait.
///
/// # Errors
/// The audit trail: then nothing may be committed.
pub(super) async fn answered(
    shared: &Shared,
    (pull, triggers): (&PullRef, &[Trigger]),
    calls: Vec<Evidence>,
    effects: &[Effect],
) -> Result<(), Trouble> {
    let nothing_seen = Outcome {
        pull: None,
        gates: Vec::new(),
        calls,
    };
    let evaluation = evaluation(shared, triggers, nothing_seen, effects);
    if evaluation.answers.is_empty() {
        return Ok(());
    }
    write(shared, pull, &evaluation).await
}

async fn write(shared: &Shared, pull: &PullRef, evaluation: &Evaluation) -> Result<(), Trouble> {
    let Some(trail) = shared.writing.trail.clone() else {
        return Ok(());
    };
    let at = evaluation.at;
    let what = What::Evaluated {
        repo: pull.repo.clone(),
        number: pull.number,
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
    triggers: &[Trigger],
    outcome: Outcome<'_>,
    effects: &[Effect],
) -> Evaluation {
    let base = outcome.pull.map(|pull| pull.base.clone());
    Evaluation {
        at: Timestamp::now(),
        triggers: triggers.to_vec(),
        head: outcome.pull.and_then(|pull| pull.head.clone()),
        base: base.unwrap_or_default(),
        gates: outcome.gates,
        statuses: effects.iter().filter_map(status).collect(),
        answers: effects.iter().filter_map(answer).collect(),
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
