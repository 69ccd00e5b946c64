//! Many people on many pull requests, and whether each of their commands was answered once.

use super::{Stage, answering, told};
use forge::{CommentId, Forge, PullHandle};

/// A command, and where it was typed.
pub(crate) type Asked = (PullHandle, CommentId);

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

/// Commands that do not have exactly one answer, or one that still tells of a trouble that is over.
pub(crate) fn not_once(asked: &[Asked]) -> Vec<String> {
    let wrong = |(pull, comment): &Asked| match &answering(pull, *comment)[..] {
        [answer] => {
            let said = told(answer);
            let open = [
                "could not look",
                "cannot be verified",
                "could not be posted",
            ];
            let is_open = |line: &&str| open.iter().any(|words| line.contains(words));
            let line = said.lines().find(is_open);
            line.map(|line| format!("{} {comment}: {line}", pull.name()))
        }
        other => Some(format!(
            "{} {comment}: {} answers",
            pull.name(),
            other.len()
        )),
    };
    asked.iter().filter_map(wrong).collect()
}

/// Pull requests of a crowd that do not stand as they should: every second is approved, and nobody has
/// asked for changes anywhere.
pub(crate) fn not_right(stage: &Stage, pulls: &[PullHandle]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, pull) in pulls.iter().enumerate() {
        let due = match number % 2 {
            0 => "success",
            _ => "pending",
        };
        let stands = stage.qa(pull);
        if !stands.starts_with(due) {
            wrong.push(format!("{} is not {due}: {stands}", pull.name()));
        }
        let rows = pull.status_rows().into_iter();
        let failed = rows.filter(|row| row.state == "failure");
        wrong.extend(failed.map(|row| format!("{} failed: {row:?}", pull.name())));
    }
    wrong
}
