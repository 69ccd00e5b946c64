//! PURE: what refire came to on each commit, out of the audit trail.

use crate::audit::{Entry, What};
use crate::decide::evaluation::Evaluation;
use crate::gate::policy::Policy;
use crate::model::{CommitState, PullNumber, RepoName, Sha};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A commit that was the head of a pull request, and what stood (or would have stood) on it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) repo: RepoName,
    pub(super) number: PullNumber,
    pub(super) sha: Sha,
    /// The last status of each context while it was the head of an open pull request.
    pub(super) last: BTreeMap<String, Ours>,
    /// When it was last evaluated.
    pub(super) newest: Timestamp,
    /// Since when it is not the head of an open pull request any more: what is posted later concerns
    /// nobody.
    pub(super) end: Option<Timestamp>,
}

/// A status of ours, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) state: CommitState,
    pub(super) description: String,
    /// The sentence of the gate.
    pub(super) why: String,
    pub(super) at: Timestamp,
}

/// All commits of the lines that are in scope, the one first that was evaluated last.
pub(super) fn seen(
    policy: &Policy,
    lines: impl Iterator<Item = Entry>,
    in_scope: impl Fn(&RepoName, PullNumber) -> bool,
) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    for line in lines {
        if let What::Evaluated {
            repo,
            number,
            evaluation,
        } = line.what
            && in_scope(&repo, number)
        {
            take(policy, &mut all, (repo, number), &evaluation);
        }
    }
    all.sort_by_key(|seen| std::cmp::Reverse(seen.newest));
    all
}

fn take(
    policy: &Policy,
    all: &mut Vec<Seen>,
    (repo, number): (RepoName, PullNumber),
    evaluation: &Evaluation,
) {
    let Some(head) = &evaluation.head else {
        return;
    };
    let of_pull = |seen: &&mut Seen| seen.repo == repo && seen.number == number;
    for left in all.iter_mut().filter(of_pull) {
        if left.sha != *head {
            left.end = left.end.or(Some(evaluation.at));
        }
    }
    let place = all
        .iter()
        .position(|seen| seen.repo == repo && seen.number == number && seen.sha == *head);
    // A status without a gate that was looked at is one that is taken back.
    if evaluation.gates.is_empty() {
        let closed = !evaluation.statuses.is_empty();
        if let Some(seen) = place.and_then(|at| all.get_mut(at)).filter(|_| closed) {
            seen.end = seen.end.or(Some(evaluation.at));
        }
        return;
    }
    let at = place.unwrap_or_else(|| {
        all.push(Seen {
            repo,
            number,
            sha: head.clone(),
            last: BTreeMap::new(),
            newest: evaluation.at,
            end: None,
        });
        all.len() - 1
    });
    if let Some(seen) = all.get_mut(at) {
        seen.note(policy, evaluation);
    }
}

impl Seen {
    fn note(&mut self, policy: &Policy, evaluation: &Evaluation) {
        self.newest = evaluation.at;
        self.end = None;
        for status in &evaluation.statuses {
            if status.sha != self.sha {
                continue;
            }
            let ours = Ours {
                state: status.state,
                description: status.description.clone(),
                why: why(policy, evaluation, &status.context),
                at: evaluation.at,
            };
            self.last.insert(status.context.clone(), ours);
        }
    }
}

/// What a reply says first of the gate that a context belongs to.
fn why(policy: &Policy, evaluation: &Evaluation, context: &str) -> String {
    let mut gates = policy.gates.iter();
    let gate = gates.find(|gate| gate.contexts.iter().any(|it| it.covers(context)));
    let shown = gate.and_then(|gate| evaluation.gates.iter().find(|it| it.gate == gate.name));
    shown.map_or_else(String::new, |shown| shown.outcome.clone())
}
