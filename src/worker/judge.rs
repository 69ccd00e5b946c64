//! Drives the pure core: it says what it needs to know next, Gitea is asked, and it goes on.

use crate::decide::answer::{self, Asides, Ask, Asked, Known, Named};
use crate::decide::reply::Part;
use crate::gate::facts::Facts;
use crate::gate::policy::{GateName, Policy};
use crate::gate::verdict::{Because, GateVerdict, Verdict};
use crate::gate::{Answers, Case, Step, evaluate};
use crate::gitea::Session;
use crate::model::{Account, Diagnosis, Membership, Pull, TeamName};

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
    let mut asides = Asides::default();
    loop {
        let known = Known {
            policy,
            facts,
            verdicts,
            answers,
            asides: &asides,
        };
        match answer::parts(known, asked) {
            Ok(parts) => return parts,
            Err(Ask::Membership(team, candidates)) => {
                prove(session, &team, &candidates, answers).await;
            }
            Err(Ask::Sight(team)) => {
                let sights = session.fetch_sight(&team).await;
                asides.sights.push((team, sights));
            }
            Err(Ask::Person(login)) => {
                let named = match session.fetch_account(&login).await {
                    Ok(account) => Named::Account(account),
                    Err(error) => Named::Unknown(Box::new(session.diagnose(&error).await)),
                };
                asides.people.push((login, named));
            }
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

/// More open pull requests have the head than are looked at: nothing is proven for any of them.
pub(super) fn crowded(verdicts: &mut [GateVerdict]) {
    for verdict in verdicts {
        verdict.verdict = Verdict::Unknown(vec![Because::TooManyShare]);
    }
}

/// The verdict of each gate when the facts could not be read: unknown, and why.
#[must_use]
pub(super) fn unread(
    policy: &Policy,
    pull: &Pull,
    gates: &[GateName],
    why: &Diagnosis,
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
            verdict: Verdict::Unknown(vec![Because::Unread(Box::new(why.clone()))]),
            reviews: Vec::new(),
            declarations: Vec::new(),
            answers: Vec::new(),
        })
        .collect()
}
