//! What one comment is told: its commands, one after the other, against what was found out.
//!
//! A command may need to know more about its writer than the gates needed; then the question comes
//! back as [`Ask`], and whoever drives this finds out and calls again.

use super::alike::Joined;
use super::reply::{Addressee, Declaration, Part};
use crate::decide::directive::ours;
use crate::gate::Answers;
use crate::gate::declaration::Refusal;
use crate::gate::facts::{Facts, Hearing};
use crate::gate::policy::{Bind, GateName, Policy};
use crate::gate::verdict::{GateVerdict, Verdict};
use crate::model::{Account, Diagnosis, Login, Membership, Sight, TeamName};
use commands::{Command, Reading, Selection};
use jiff::Timestamp;

/// A comment (or a review's body) that wants an answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the reply answers.
    pub to: Addressee,
    /// Who wrote it.
    pub author: Account,
    /// When, by the forge's clock.
    pub created_at: Timestamp,
    /// Its text.
    pub body: String,
    /// What it says.
    pub reading: Reading,
    /// Whether it is answered for the first time; otherwise its answer is brought up to date.
    pub fresh: bool,
    /// Comments that ask the same and are answered with it.
    pub also: Vec<Joined>,
}

/// A question that must be answered first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Which of these is the first who is in that team.
    Membership(TeamName, Vec<Account>),
    /// What each identity of the bot sees of that team.
    Sight(TeamName),
    /// Whose login that is.
    Person(Login),
}

/// What was found out for an answer beside memberships.
#[derive(Clone, Debug, Default)]
pub struct Asides {
    /// What each identity sees of a team, in the order of the identities.
    pub sights: Vec<(TeamName, Vec<(String, Sight)>)>,
    /// Whose login that is.
    pub people: Vec<(Login, Named)>,
}

/// Whose login that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This account's.
    Account(Account),
    /// Nobody's, or that could not be found out.
    Unknown(Box<Diagnosis>),
}

/// What is known when an answer is made.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The facts of the pull request.
    pub facts: &'a Facts,
    /// The verdicts of every gate that any command needs.
    pub verdicts: &'a [GateVerdict],
    /// What was found out about people.
    pub answers: &'a Answers,
    /// What else was found out.
    pub asides: &'a Asides,
}

/// The gates that a comment's commands need to be decided.
#[must_use]
pub fn gates_of(reading: &Reading, policy: &Policy) -> Vec<GateName> {
    let all = || policy.gates.iter().map(|gate| gate.name.clone());
    let mut gates: Vec<GateName> = Vec::new();
    for command in &reading.commands {
        match command {
            Command::Refire {
                gates: Selection::All,
            } => gates.extend(all()),
            Command::Declare { gate, .. }
            | Command::Revoke { gate, .. }
            | Command::Refire {
                gates: Selection::One(gate),
            } => gates.extend(ours(gate)),
            Command::WhoAmI { .. } | Command::Help => {}
        }
    }
    all().filter(|gate| gates.contains(gate)).collect()
}

/// Whether a comment declares or revokes, so that the list of declarations may change.
#[must_use]
pub fn speaks(reading: &Reading) -> bool {
    let directs = |c: &Command| matches!(c, Command::Declare { .. } | Command::Revoke { .. });
    reading.commands.iter().any(directs)
}

/// The gates whose status a comment wants posted again even where nothing changed.
#[must_use]
pub fn refired(reading: &Reading, policy: &Policy) -> Vec<GateName> {
    let only = |command: &Command| matches!(command, Command::Refire { .. });
    let commands = reading
        .commands
        .iter()
        .filter(|command| only(command))
        .cloned()
        .collect();
    gates_of(
        &Reading {
            commands,
            ..Reading::default()
        },
        policy,
    )
}

/// What the comment is told.
///
/// # Errors
/// [`Ask`]: a membership has to be found out first.
pub fn parts(known: Known<'_>, asked: &Asked) -> Result<Vec<Part>, Ask> {
    let mut parts = Vec::new();
    for command in standing(&asked.reading) {
        parts.extend(told(known, asked, command)?);
    }
    parts.extend(slips(&asked.reading, known.policy));
    Ok(parts)
}

/// The commands that are told. Of several directives for one gate the last decides, so only that one.
fn standing(reading: &Reading) -> impl Iterator<Item = &Command> {
    let gate = |command: &Command| match command {
        Command::Declare { gate, .. } | Command::Revoke { gate, .. } => Some(gate.clone()),
        _ => None,
    };
    reading
        .commands
        .iter()
        .enumerate()
        .filter_map(move |(place, command)| {
            let mut later = reading.commands.iter().skip(place + 1);
            let said_again = gate(command)
                .is_some_and(|it| later.any(|other| gate(other).as_ref() == Some(&it)));
            (!said_again).then_some(command)
        })
}

/// What is wrong with a comment beside its commands; needs nothing to be found out.
#[must_use]
pub fn slips(reading: &Reading, policy: &Policy) -> Vec<Part> {
    let gates: Vec<(GateName, Vec<String>)> = policy
        .gates
        .iter()
        .map(|gate| (gate.name.clone(), gate.aliases.clone()))
        .collect();
    let mut parts: Vec<Part> = reading
        .misuses
        .iter()
        .map(|misuse| Part::Slip(misuse.clone(), gates.clone()))
        .collect();
    parts.extend((reading.refused > 0).then_some(Part::TooMany(reading.refused)));
    parts.extend(reading.truncated.then_some(Part::Truncated));
    parts
}

fn told(known: Known<'_>, asked: &Asked, command: &Command) -> Result<Vec<Part>, Ask> {
    match command {
        Command::Refire { gates } => Ok(refire(known, gates)),
        Command::Declare { gate, .. } => declaration(known, asked, gate),
        Command::Revoke { gate, .. } => Ok(revocation(known, asked, gate)),
        Command::WhoAmI { person } => {
            super::whoami::part(known, asked, person.as_ref()).map(|part| vec![part])
        }
        Command::Help => Ok(vec![Part::Help]),
    }
}

fn verdict<'a>(known: Known<'a>, gate: &commands::GateName) -> Option<&'a GateVerdict> {
    known
        .verdicts
        .iter()
        .find(|verdict| verdict.gate.as_str() == gate.as_str())
}

fn refire(known: Known<'_>, gates: &Selection) -> Vec<Part> {
    match gates {
        Selection::All => known.verdicts.iter().cloned().map(Part::Gate).collect(),
        Selection::One(gate) => verdict(known, gate)
            .cloned()
            .map(Part::Gate)
            .into_iter()
            .collect(),
    }
}

fn declaration(
    known: Known<'_>,
    asked: &Asked,
    gate: &commands::GateName,
) -> Result<Vec<Part>, Ask> {
    let Some(verdict) = verdict(known, gate) else {
        return Ok(Vec::new());
    };
    let stands = |comment| asked.to == Addressee::Comment(comment);
    let declared = verdict
        .declarations
        .iter()
        .find(|said| stands(said.comment))
        .cloned();
    let counts = declared.as_ref().is_some_and(|said| said.standing.is_ok());
    let membership = if counts {
        member_of_any(known, &verdict.waivers, &asked.author)?
    } else {
        Membership::NotMember
    };
    Ok(vec![Part::Declaration(Declaration {
        gate: verdict.clone(),
        declared,
        membership,
        head: known.facts.pull.head.clone(),
        until_push: known.policy.declarations.bind == Bind::Head,
    })])
}

/// The best answer of several teams: a member of one is enough, and not knowing of one is not "no".
fn member_of_any(known: Known<'_>, teams: &[TeamName], who: &Account) -> Result<Membership, Ask> {
    let mut attempts = None;
    let mut otherwise = Membership::NotMember;
    for team in teams {
        match known.answers.get(team, who) {
            None => return Err(Ask::Membership(team.clone(), vec![who.clone()])),
            Some(Membership::Member) => return Ok(Membership::Member),
            Some(Membership::Unknown(tried)) => {
                attempts
                    .get_or_insert_with(Vec::new)
                    .extend(tried.iter().cloned());
            }
            Some(other) => otherwise = other.clone(),
        }
    }
    Ok(attempts.map_or(otherwise, Membership::Unknown))
}

fn revocation(known: Known<'_>, asked: &Asked, gate: &commands::GateName) -> Vec<Part> {
    let Some(verdict) = verdict(known, gate) else {
        return Vec::new();
    };
    let taken_back = |said: &&crate::gate::declaration::Declared| {
        said.by == asked.author && matches!(said.standing, Err(Refusal::Revoked))
    };
    let had = verdict.declarations.iter().any(|said| taken_back(&said));
    let mut spoken = known.facts.spoken.iter();
    let spoken = spoken.find(|spoken| asked.to == Addressee::Comment(spoken.comment));
    let edited_by = spoken.and_then(|spoken| match &spoken.hearing {
        Hearing::Edited(Some(by)) if by != asked.author.login.as_str() => Some(by.clone()),
        _ => None,
    });
    vec![Part::Revocation {
        gate: verdict.gate.clone(),
        had,
        edited_by,
        now: verdict.clone(),
    }]
}

/// Whether an answer may change by itself or with the next event, and is told again then: what is
/// unknown, be it who edited a comment, and what declares.
#[must_use]
pub fn stays_open(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Gate(verdict) => matches!(verdict.verdict, Verdict::Unknown(_)),
        Part::Declaration(said) => match &said.declared {
            Some(declared) => match &declared.standing {
                Ok(()) => said.membership != Membership::NotMember,
                Err(Refusal::Unconfirmed | Refusal::Edited(None)) => true,
                Err(refusal) => refusal.is_unknown(),
            },
            None => false,
        },
        Part::WhoAmI(told) => told
            .teams
            .iter()
            .any(|row| matches!(row.membership, Membership::Unknown(_))),
        Part::CannotLook(..) => true,
        _ => false,
    })
}
