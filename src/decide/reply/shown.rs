//! A gate for those who look at it on a page or in the audit trail: the same sentences as in a reply,
//! in their places, and with everybody who did something about it.

use super::gate::{able, because, next_naming, outcome, says, standing};
use super::text::code;
use super::{Addressee, Letter, cause, declaration};
use crate::decide::evaluation::{Counts, GateShown, PersonShown};
use crate::decide::statuses::Share;
use crate::gate::approval::Judged;
use crate::gate::declaration::Declared;
use crate::gate::verdict::GateVerdict;
use crate::model::{Account, Membership, TeamName};

/// The gates, given who shares the head and who could approve, as far as that was found out.
#[must_use]
pub fn gates(
    verdicts: &[GateVerdict],
    shares: &[Share],
    able: &[(TeamName, Vec<Account>)],
) -> Vec<GateShown> {
    let letter = Letter {
        shares: shares.to_vec(),
        able: able.to_vec(),
        ..Letter::plain(Addressee::All(String::new()), Vec::new())
    };
    verdicts.iter().map(|it| gate(it, &letter)).collect()
}

/// Everything about one gate. The letter says who could approve and who shares the head.
fn gate(verdict: &GateVerdict, letter: &Letter) -> GateShown {
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
    let (counts, why) = standing(row, verdict);
    PersonShown {
        login: row.reviewer.login.to_string(),
        did: says(row),
        counts,
        why,
        comment: None,
    }
}

fn declared(said: &Declared, verdict: &GateVerdict) -> PersonShown {
    let reason = because(said.reason.as_deref());
    let (counts, why) = match &said.standing {
        Ok(()) => waives(said, verdict),
        Err(refusal) if refusal.is_unknown() => {
            (Counts::Unknown, declaration::refused(refusal, &said.by))
        }
        Err(refusal) => (Counts::No, declaration::refused(refusal, &said.by)),
    };
    PersonShown {
        login: said.by.login.to_string(),
        did: format!("declared it not applicable{reason}"),
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
