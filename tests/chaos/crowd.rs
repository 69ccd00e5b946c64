//! Many people on many pull requests, and whether each of their commands was answered once.

use crate::figure::Outcome;
use crate::stage::{Stage, answers};
use forge::{CommentId, Forge, PullHandle};
use std::time::Duration;

/// A command, and where it was typed.
pub(crate) type Asked = (PullHandle, CommentId);

/// Who waits long enough for a figure.
pub(crate) async fn stage() -> Stage {
    let mut stage = Stage::set().await;
    stage.patience = Duration::from_secs(3_600);
    stage
}

/// So many people who are nobody in particular.
pub(crate) fn nobodies(forge: &Forge, count: usize) -> Vec<String> {
    let name = |number| {
        let name = format!("person{number}");
        let _handle = forge.user(&name);
        name
    };
    (0..count).map(name).collect()
}

/// Pull requests, every second of them approved, and people who are nobody in particular.
pub(crate) async fn crowd(
    stage: &Stage,
    pulls: usize,
    people: usize,
) -> (Vec<PullHandle>, Vec<String>) {
    let people = nobodies(&stage.forge, people);
    let pulls: Vec<PullHandle> = (0..pulls).map(|_| stage.forge.pull("alice")).collect();
    for pull in pulls.iter().step_by(2) {
        pull.approved_by("quinn");
    }
    stage.quiet().await;
    (pulls, people)
}

/// Somebody types a command.
pub(crate) fn ask(pull: &PullHandle, who: &str, number: usize) -> Asked {
    let comment = pull.comment(who, &format!("/refire qa\n\nnumber {number}"));
    (pull.clone(), comment)
}

/// Whether all of them have an answer.
pub(crate) fn all_answered(asked: &[Asked]) -> bool {
    asked
        .iter()
        .all(|(pull, comment)| answers(pull, *comment) > 0)
}

/// Counts the commands and accuses each that does not have exactly one answer.
pub(crate) fn all_once(outcome: &mut Outcome, asked: &[Asked]) {
    let mut answered = 0;
    for (pull, comment) in asked {
        match answers(pull, *comment) {
            1 => answered += 1,
            other => outcome.accuse(|| format!("{} {comment}: {other} answers", pull.name())),
        }
    }
    outcome.count(asked.len(), "commands");
    outcome.count(answered, "of them answered once");
}

/// Every second pull request is approved, and nobody has asked for changes anywhere.
pub(crate) fn all_right(outcome: &mut Outcome, stage: &Stage, pulls: &[PullHandle]) {
    for (number, pull) in pulls.iter().enumerate() {
        let due = match number % 2 {
            0 => "success",
            _ => "pending",
        };
        let stands = stage.qa(pull);
        if !stands.starts_with(due) {
            outcome.accuse(|| format!("{} is not {due}: {stands}", pull.name()));
        }
        for row in pull.status_rows() {
            if row.state == "failure" {
                outcome.accuse(|| format!("{} failed: {row:?}", pull.name()));
            }
        }
    }
    outcome.count(pulls.len(), "pull requests as they should be");
}
