//! What is said once beside the gates, however many of them are told.

use crate::decide::reply::text::{code, counted, listed, quoted};
use crate::decide::reply::{Letter, Part};
use crate::gate::policy::GateName;
use crate::gate::verdict::{GateVerdict, Verdict};

/// What is said once, however many gates are told.
pub(in crate::decide::reply) fn asides(letter: &Letter) -> Vec<String> {
    let about = |part: &Part| match part {
        Part::Gate(verdict) => Some(verdict.clone()),
        Part::Declaration(said) => Some(said.gate.clone()),
        _ => None,
    };
    let verdicts: Vec<GateVerdict> = letter.parts.iter().filter_map(about).collect();
    let is_open = |verdict: &GateVerdict| !matches!(verdict.verdict, Verdict::Satisfied(_));
    let drafts = drafts(letter).filter(|_| verdicts.iter().any(is_open));
    let shares = shares(letter).filter(|_| !verdicts.is_empty());
    let rest = still_open(letter).filter(|_| verdicts.iter().any(|it| !is_open(it)));
    rest.into_iter().chain(drafts).chain(shares).collect()
}

/// What keeps the pull request from being merged besides what was asked about.
fn still_open(letter: &Letter) -> Option<String> {
    let is_told = |gate: &GateName| letter.parts.iter().any(|part| part.gate() == Some(gate));
    let gates = letter.open.iter().filter(|(gate, _)| !is_told(gate));
    let gates: Vec<String> = gates
        .map(|(gate, says)| format!("{} ({})", code(gate), quoted(says, 140)))
        .collect();
    (!gates.is_empty()).then(|| {
        format!(
            "Still open on this pull request: {}.",
            listed(&gates, "and")
        )
    })
}

/// Misfiled approvals are stored as drafts that nobody else sees (I6).
fn drafts(letter: &Letter) -> Option<String> {
    let are = match letter.hidden_drafts {
        0 => return None,
        1 => "is still a draft that only its author can see",
        _ => "are still drafts that only their authors can see",
    };
    Some(format!(
        "{} on this pull request {are}. To submit one: \
         open *Files changed*, *Finish review*, and choose *Approve*. (Scripts: the event is {}, not {}.)",
        counted(letter.hidden_drafts, "review", "reviews"),
        code("APPROVED"),
        code("APPROVE")
    ))
}

/// Other pull requests with the same head, which the commit's status answers for too.
fn shares(letter: &Letter) -> Option<String> {
    let others: Vec<String> = letter
        .shares
        .iter()
        .map(|share| format!("#{}", share.number))
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "The same commit is the head of {} too: its statuses show the worst of them all, and whoever \
             opened one of them counts for none.",
            listed(&others, "and")
        )
    })
}
