//! A crowd that is judged as a figure.

use crate::figure::Outcome;
use crate::stage::crowd::{not_once, not_right};
use crate::stage::{Stage, answers};
use forge::PullHandle;
use std::time::Duration;

pub(crate) use crate::stage::crowd::{Asked, ask, crowd, nobodies};

/// Who waits long enough for a figure.
pub(crate) async fn stage() -> Stage {
    let mut stage = Stage::set().await;
    stage.patience = Duration::from_secs(3_600);
    stage
}

/// Whether all of them have an answer.
pub(crate) fn all_answered(asked: &[Asked]) -> bool {
    let mut asked = asked.iter();
    asked.all(|(pull, comment)| answers(pull, *comment) > 0)
}

/// Counts the commands and accuses each that does not have exactly one answer.
pub(crate) fn all_once(outcome: &mut Outcome, asked: &[Asked]) {
    let wrong = not_once(asked);
    outcome.count(asked.len(), "commands");
    outcome.count(asked.len() - wrong.len(), "of them answered once");
    outcome.accuse_all(wrong);
}

/// Counts the pull requests and accuses each that does not stand as it should.
pub(crate) fn all_right(outcome: &mut Outcome, stage: &Stage, pulls: &[PullHandle]) {
    let wrong = not_right(stage, pulls);
    outcome.count(pulls.len(), "pull requests");
    outcome.accuse_all(wrong);
}
