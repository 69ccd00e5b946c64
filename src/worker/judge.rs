//! Drives the pure core: it says what it needs to know next, Gitea is asked, and it goes on.

use crate::decide::answer::{self, Ask, Asked, Known};
use crate::decide::reply::Part;
use crate::gate::facts::Facts;
use crate::gate::policy::{GateName, Policy};
use crate::gate::verdict::{Because, GateVerdict, Verdict};
use crate::gate::{Answers, Case, Step, evaluate};
use crate::gitea::{CallError, Session, cause_of};
use crate::model::{Account, Membership, Pull, TeamName};

/// The verdicts of these gates, in their order.
pub(super) async fn verdicts(
    session: &Session,
    policy: &Policy,
    facts: &Facts,
    gates: &[GateName],
    answers: &mut Answers,
) -> Vec<GateVerdict> {
    let mut verdicts = Vec::new();
    for gate in policy
        .gates
        .iter()
        .filter(|gate| gates.contains(&gate.name))
    {
        loop {
            match evaluate(
                Case {
                    policy,
                    gate,
                    facts,
                },
                answers,
            ) {
                Step::Done(verdict) => break verdicts.push(*verdict),
                Step::Ask(team, candidates) => prove(session, &team, &candidates, answers).await,
            }
        }
    }
    verdicts
}

/// What the comment is told, every membership found out that its commands need.
pub(super) async fn parts(
    session: &Session,
    policy: &Policy,
    judged: Judged<'_>,
    asked: &Asked,
) -> Vec<Part> {
    let Judged {
        facts,
        verdicts,
        answers,
    } = judged;
    loop {
        match answer::parts(
            Known {
                policy,
                facts,
                verdicts,
                answers,
            },
            asked,
        ) {
            Ok(parts) => return parts,
            Err(Ask(team, candidates)) => prove(session, &team, &candidates, answers).await,
        }
    }
}

/// A pull request with its verdicts.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The verdicts.
    pub verdicts: &'a [GateVerdict],
    /// What was found out about people, and will be.
    pub answers: &'a mut Answers,
}

/// Asks, and leaves nobody without an answer but those after a proven member: whoever Gitea could
/// not be asked about stays unknown, so that the loops above come to an end.
async fn prove(session: &Session, team: &TeamName, candidates: &[Account], answers: &mut Answers) {
    let candidates = answers.likely_first(team, candidates);
    let mut found = session.prove(team, &candidates).await;
    let proven = found
        .iter()
        .any(|(_, membership)| *membership == Membership::Member);
    if !proven {
        for who in &candidates {
            if !found.iter().any(|(known, _)| known == who) {
                found.push((who.clone(), Membership::Unknown(Vec::new())));
            }
        }
    }
    answers.add(team, found);
}

/// The verdict of each gate when the facts could not be read: unknown, and why.
#[must_use]
pub(super) fn unread(
    policy: &Policy,
    pull: &Pull,
    gates: &[GateName],
    error: &CallError,
) -> Vec<GateVerdict> {
    let repo = &pull.repository.name;
    let gates = policy
        .gates
        .iter()
        .filter(|gate| gates.contains(&gate.name));
    gates
        .map(|gate| GateVerdict {
            gate: gate.name.clone(),
            team: gate.team.resolve(repo),
            waivers: gate.waivers.iter().map(|team| team.resolve(repo)).collect(),
            verdict: Verdict::Unknown(vec![Because::Unread(
                (*error.evidence).clone(),
                cause_of(error),
            )]),
            reviews: Vec::new(),
            declarations: Vec::new(),
            answers: Vec::new(),
        })
        .collect()
}
