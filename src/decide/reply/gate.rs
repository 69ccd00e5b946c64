//! How a gate stands, in sentences.

mod asides;
mod weighed;

pub(super) use asides::asides;
pub(super) use weighed::{says, standing};

use super::cause::{came_back, meaning, short, what_to_do};
use super::text::{code, listed, quoted};
use super::{Letter, cause, held, promise};
use crate::gate::approval::{Judged, Voice};
use crate::gate::settled::Late;
use crate::gate::verdict::{Because, GateVerdict, Ground, Verdict};
use crate::model::{Cause, Diagnosis, Repair};
use weighed::{declarations, reviews};

/// The outcome, then what to do, then why.
pub(super) fn render(verdict: &GateVerdict, letter: &Letter) -> String {
    if let Some(line) = held::elsewhere(verdict, letter) {
        return line;
    }
    let mut told = vec![outcome(verdict, letter)];
    told.extend(next(verdict, letter));
    told.extend(reviews(verdict));
    told.extend(declarations(verdict));
    told.extend(cause::table(&verdict.diagnoses()));
    if matches!(verdict.verdict, Verdict::Unknown(_)) {
        told.extend(held::seen(&verdict.diagnoses(), letter));
        told.extend(promise::render(letter, &verdict.gate));
    }
    told.join("\n\n")
}

/// The first sentence.
pub(super) fn outcome(verdict: &GateVerdict, letter: &Letter) -> String {
    let gate = code(&verdict.gate);
    let team = code(&verdict.team);
    match &verdict.verdict {
        Verdict::Satisfied(Ground::Approval { by, team, head }) => format!(
            "**{}**: {} of {} approved {}.",
            satisfied(verdict, letter),
            code(&by.login),
            code(team),
            code(head.short())
        ),
        Verdict::Satisfied(Ground::Declaration {
            by, team, reason, ..
        }) => format!(
            "**{}**: {} of {} declared it not applicable{}.",
            satisfied(verdict, letter),
            code(&by.login),
            code(team),
            because(reason.as_deref())
        ),
        Verdict::Rejected(by) => {
            format!(
                "**{gate} is rejected**: {} of {team} requests changes.",
                code(&by.login)
            )
        }
        Verdict::Missing => format!("**{gate} waits for an approval by someone of {team}.**"),
        Verdict::Unknown(doubts) => unknown(verdict, doubts),
    }
}

/// A gate that is satisfied here may still be open on another pull request with this head, and then
/// its status on the commit is not green.
fn satisfied(verdict: &GateVerdict, letter: &Letter) -> String {
    let gate = code(&verdict.gate);
    let holds_back = letter
        .shares
        .iter()
        .filter(|share| share.open.contains(&verdict.gate));
    let others: Vec<String> = holds_back
        .map(|share| format!("#{}", share.number))
        .collect();
    if others.is_empty() {
        return format!("{gate} is satisfied");
    }
    format!(
        "{gate} is satisfied on this pull request, but its commit still waits for {}",
        listed(&others, "and")
    )
}

/// The writer's reason, where there is one.
pub(super) fn because(reason: Option<&str>) -> String {
    reason
        .map(|reason| format!(": {}", quoted(reason, 300)))
        .unwrap_or_default()
}

fn unknown(verdict: &GateVerdict, doubts: &[Because]) -> String {
    let gate = code(&verdict.gate);
    let probed: Vec<(&String, &Vec<Diagnosis>)> = doubts.iter().filter_map(probe).collect();
    if let Some((_, attempts)) = probed.first() {
        let people: Vec<String> = probed.iter().map(|(login, _)| code(login)).collect();
        let verb = did(verdict);
        return format!(
            "**{gate} cannot be verified**: {}, but {}. {}",
            format_args!("{} {verb}", listed(&people, "and")),
            cannot_see(attempts),
            undecided(verb)
        );
    }
    match doubts.first() {
        Some(Because::Unsettled(Late::Never | Late::NoHead)) => {
            format!("**{gate} cannot be verified**: {}.", other_doubt(doubts))
        }
        _ => format!(
            "**{gate} cannot be verified yet**: {}. Nobody's approval was rejected.",
            other_doubt(doubts)
        ),
    }
}

/// What not knowing means for those who acted: nothing was held against them.
fn undecided(verb: &str) -> &'static str {
    match verb {
        REQUESTED => "The request was not set aside.",
        _ => "Nobody's approval was rejected.",
    }
}

const REQUESTED: &str = "requested changes";

fn probe(doubt: &Because) -> Option<(&String, &Vec<Diagnosis>)> {
    match doubt {
        Because::Probe {
            login, diagnoses, ..
        } => Some((login, diagnoses)),
        _ => None,
    }
}

/// What the people did whose membership could not be verified.
fn did(verdict: &GateVerdict) -> &'static str {
    let asks_changes = |row: &Judged| row.voice == Voice::Rejects && row.standing.is_ok();
    let declared = verdict
        .declarations
        .iter()
        .any(|said| said.standing.is_ok());
    let approved = verdict
        .reviews
        .iter()
        .any(|row| row.voice == Voice::Approves && row.standing.is_ok());
    match (approved, declared) {
        (true, true) => "approved or declared it not applicable",
        (false, true) => "declared it not applicable",
        (false, false) if verdict.reviews.iter().any(asks_changes) => REQUESTED,
        _ => "approved",
    }
}

pub(super) fn cannot_see(diagnoses: &[Diagnosis]) -> String {
    let Some(first) = diagnoses.first() else {
        return String::from("no identity of mine may ask about teams");
    };
    match first.cause {
        Cause::BotNotInTeam | Cause::BotNotInOrg => {
            format!("I am not allowed to see who is in {}", team_of(first))
        }
        _ => format!(
            "I could not find out who is in {}: {}",
            team_of(first),
            meaning(first)
        ),
    }
}

fn other_doubt(doubts: &[Because]) -> String {
    match doubts.first() {
        Some(Because::Unsettled(Late::Soon)) => {
            String::from("Gitea moved the head but has not recorded the push yet")
        }
        Some(Because::Unsettled(Late::Never)) => String::from(
            "Gitea never recorded the last push (it does not while a pull request is closed)",
        ),
        Some(Because::Unsettled(Late::NoHead)) => String::from("the head branch is gone"),
        Some(Because::TooManyShare) => {
            String::from("too many open pull requests have this head to look at all of them")
        }
        Some(Because::Unread(diagnosis)) => match diagnosis.refused() {
            Some(refused) => format!("{} ({})", short(diagnosis.cause), came_back(refused)),
            None => String::from(short(diagnosis.cause)),
        },
        Some(Because::Probe { .. }) | None => String::from("not everything could be read"),
    }
}

/// What to do now, and who can.
pub(super) fn next(verdict: &GateVerdict, letter: &Letter) -> Option<String> {
    next_naming(verdict, &able(verdict, letter))
}

/// The same, naming these as those who can.
pub(super) fn next_naming(verdict: &GateVerdict, able: &[String]) -> Option<String> {
    let recheck = code(format!("/refire {}", verdict.gate));
    match &verdict.verdict {
        Verdict::Satisfied(_) => None,
        Verdict::Rejected(by) => Some(format!(
            "{} can approve instead, or dismiss that review; an approval by another member of {} counts too.",
            code(&by.login),
            code(&verdict.team)
        )),
        Verdict::Missing => Some(missing(verdict, able)),
        Verdict::Unknown(doubts) => Some(match repair(verdict, doubts) {
            Some(repair) if repair.contains('\n') => format!("{repair}\n\nThen type {recheck}."),
            Some(repair) => format!("{repair} Then type {recheck}."),
            None => String::from("Nothing has to be done but to wait."),
        }),
    }
}

fn missing(verdict: &GateVerdict, able: &[String]) -> String {
    let waivers: Vec<String> = verdict.waivers.iter().map(code).collect();
    let or = match verdict.waivers.as_slice() {
        [only] if *only == verdict.team => String::from("or"),
        _ => format!("or someone of {}", listed(&waivers, "or")),
    };
    format!(
        "Someone of {}{} approves the newest commit, {or} declares the gate not applicable with {}.",
        code(&verdict.team),
        named(able),
        code(format!("/sop-n/a {} reason", verdict.gate))
    )
}

/// Who could approve, where outsiders do not read along.
pub(super) fn able(verdict: &GateVerdict, letter: &Letter) -> Vec<String> {
    let of_team = letter.able.iter().find(|(team, _)| *team == verdict.team);
    let people = of_team.into_iter().flat_map(|(_, people)| people);
    people.map(|who| who.login.to_string()).collect()
}

fn named(able: &[String]) -> String {
    if able.is_empty() {
        return String::new();
    }
    let names: Vec<String> = able.iter().map(code).collect();
    format!(" ({})", listed(&names, "or"))
}

/// What has to be done. `None`: nothing but waiting.
fn repair(verdict: &GateVerdict, doubts: &[Because]) -> Option<String> {
    if doubts.contains(&Because::Unsettled(Late::Never)) {
        return Some(format!(
            "**Repair:** Push another commit to the branch (an empty one will do), then approve again ({}).",
            code(Cause::PushNotRecorded)
        ));
    }
    if doubts.contains(&Because::Unsettled(Late::NoHead)) {
        return Some(String::from(
            "**Repair:** Push the head branch again, or close this pull request.",
        ));
    }
    let nobody = |doubt: &Because| probe(doubt).is_some_and(|(_, diagnoses)| diagnoses.is_empty());
    if doubts.iter().any(nobody) {
        let uses = code("teams");
        return Some(format!(
            "**Repair:** Give an identity {uses} among its `uses` in the bot's configuration."
        ));
    }
    what_to_do(&verdict.diagnoses())
}

fn team_of(diagnosis: &Diagnosis) -> String {
    diagnosis
        .team()
        .map_or_else(|| String::from("the team"), code)
}

/// When the facts themselves could not be read.
pub(super) fn cannot_look(diagnosis: &Diagnosis, letter: &Letter) -> String {
    if let Some(line) = held::unread(letter) {
        return line;
    }
    let told = diagnosis.refused().map(|refused| {
        let at = refused.at.strftime("%H:%M:%S");
        format!(" ({} at {at} UTC)", came_back(refused))
    });
    let why = format!("{}{}", short(diagnosis.cause), told.unwrap_or_default());
    let first = if letter.looks_again {
        format!(
            "**I could not look yet**: {why}. Nothing is lost; I try again within a minute, and this comment will change."
        )
    } else {
        format!("**This could not be looked at**: {why}.")
    };
    let table = cause::table(&[diagnosis]).filter(|_| diagnosis.repair != Repair::Wait);
    let mut told = vec![first];
    told.extend(what_to_do(&[diagnosis]));
    told.extend(table);
    told.extend(held::seen(&[diagnosis], letter));
    told.join("\n\n")
}
