//! A gate for those who look at it on a page or in the audit trail: the same sentences as in a reply,
//! in their places, and with everybody who did something about it.

use super::gate::{able, next_naming, outcome, standing};
use super::text::{code, quoted};
use super::{Letter, cause, declaration};
use crate::decide::evaluation::{Counts, GateShown, PersonShown};
use crate::gate::approval::{Judged, Voice};
use crate::gate::declaration::Declared;
use crate::gate::verdict::GateVerdict;
use crate::model::Membership;

/// Everything about one gate. The letter says who could approve and who shares the head.
#[must_use]
pub fn gate(verdict: &GateVerdict, letter: &Letter) -> GateShown {
    GateShown {
        gate: verdict.gate.clone(),
        team: verdict.team.clone(),
        verdict: verdict.verdict.word().to_owned(),
        outcome: outcome(verdict, letter),
        next: next_naming(verdict, &[]),
        able: able(verdict, letter),
        reviews: verdict
            .reviews
            .iter()
            .map(|it| review(it, verdict))
            .collect(),
        declarations: verdict
            .declarations
            .iter()
            .map(|it| declared(it, verdict))
            .collect(),
        diagnosis: cause::table(&verdict.diagnoses()),
    }
}

fn review(row: &Judged, verdict: &GateVerdict) -> PersonShown {
    let verb = match row.voice {
        Voice::Approves => "approved",
        Voice::Rejects => "requested changes on",
    };
    let commit = row.commit.as_ref().map(|sha| code(sha.short()));
    let commit = commit.unwrap_or_else(|| String::from("no commit"));
    let (counts, why) = standing(row, verdict);
    PersonShown {
        login: row.reviewer.login.to_string(),
        did: format!("{verb} {commit}"),
        counts,
        why,
        comment: None,
    }
}

fn declared(said: &Declared, verdict: &GateVerdict) -> PersonShown {
    let reason = said.reason.as_deref();
    let reason = reason.map(|reason| format!(": {}", quoted(reason, 300)));
    let (counts, why) = match &said.standing {
        Ok(()) => waives(said, verdict),
        Err(refusal) if refusal.is_unknown() => {
            (Counts::Unknown, declaration::refused(refusal, &said.by))
        }
        Err(refusal) => (Counts::No, declaration::refused(refusal, &said.by)),
    };
    PersonShown {
        login: said.by.login.to_string(),
        did: format!("declared it not applicable{}", reason.unwrap_or_default()),
        counts,
        why,
        comment: Some(said.comment),
    }
}

/// Whether the writer of a declaration is in a team that may declare, as far as that was asked.
fn waives(said: &Declared, verdict: &GateVerdict) -> (Counts, String) {
    let mut told = (
        Counts::Unknown,
        String::from("nobody had to ask, something else decides"),
    );
    for team in &verdict.waivers {
        match verdict.membership(team, &said.by) {
            Some(Membership::Member) => return (Counts::Yes, format!("in {}", code(team))),
            Some(Membership::Unknown(diagnoses)) => {
                let why = diagnoses.first().map(cause::meaning);
                let why = why.unwrap_or_else(|| String::from("no identity may ask"));
                told = (
                    Counts::Unknown,
                    format!("not known whether in {}: {why}", code(team)),
                );
            }
            Some(Membership::NotMember | Membership::AnotherUser) => {
                told = (Counts::No, format!("not in {}", code(team)));
            }
            None => {}
        }
    }
    told
}
