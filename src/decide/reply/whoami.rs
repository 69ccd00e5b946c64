//! Who the writer is to every team, and what the bot itself can see.

use super::TeamRow;
use super::cause::{meaning, repair};
use super::text::{code, listed};
use crate::gate::policy::GateName;
use crate::model::{Account, Attempt, Membership};

/// The outcome in one sentence, then the table, then the repairs.
pub(super) fn render(who: &Account, is_author: bool, teams: &[TeamRow]) -> String {
    let head = "| team | for | you | the bot |\n|---|---|---|---|\n";
    let rows: Vec<String> = teams.iter().map(row).collect();
    let mut told = vec![
        outcome(who, is_author, teams),
        format!("{head}{}", rows.join("\n")),
    ];
    let attempts: Vec<&Attempt> = teams
        .iter()
        .flat_map(|row| attempts(&row.membership))
        .collect();
    let repairs = super::cause::repairs(&attempts);
    if !repairs.is_empty() {
        let rows: Vec<String> = repairs.iter().map(|repair| format!("- {repair}")).collect();
        told.push(format!(
            "**Repair**, for what is not known:\n{}",
            rows.join("\n")
        ));
    }
    told.join("\n\n")
}

fn outcome(who: &Account, is_author: bool, teams: &[TeamRow]) -> String {
    let login = code(&who.login);
    if is_author {
        return format!(
            "**{login}** opened this pull request, so neither approves nor waives anything on it."
        );
    }
    let is_member = |row: &&TeamRow| row.membership == Membership::Member;
    let is_open = |row: &&TeamRow| matches!(row.membership, Membership::Unknown(_));
    let approves = gates(teams, is_member, |row| &row.approves);
    let waives = gates(teams, is_member, |row| &row.waives);
    let open: Vec<String> = teams
        .iter()
        .filter(is_open)
        .map(|row| code(&row.team))
        .collect();
    if open.len() == teams.len() {
        return format!(
            "**It is not known whether {login} is in {}.**",
            listed(&open, "or")
        );
    }
    let can = match (approves.as_slice(), waives.as_slice()) {
        ([], []) if open.is_empty() => {
            String::from("is in none of the teams that gates ask for here")
        }
        ([], []) => String::from("is in none of the teams that I can see"),
        ([], waives) => format!("can waive {}", listed(waives, "and")),
        (approves, _) => format!("can approve {}", listed(approves, "and")),
    };
    match open.as_slice() {
        [] => format!("**{login}** {can}."),
        some => format!(
            "**{login}** {can}; whether {login} is in {} is not known.",
            listed(some, "or")
        ),
    }
}

fn gates(
    teams: &[TeamRow],
    which: impl Fn(&&TeamRow) -> bool,
    of: impl Fn(&TeamRow) -> &Vec<GateName>,
) -> Vec<String> {
    teams
        .iter()
        .filter(which)
        .flat_map(|row| of(row).iter().map(code).collect::<Vec<_>>())
        .collect()
}

fn row(row: &TeamRow) -> String {
    let (you, bot) = match &row.membership {
        Membership::Member => (String::from("✔ member"), String::from("✔ sees it")),
        Membership::NotMember => (String::from("✘ not a member"), String::from("✔ sees it")),
        Membership::AnotherUser => (
            String::from("✘ that login belongs to somebody else now"),
            String::from("✔ sees it"),
        ),
        Membership::Unknown(attempts) => (String::from("? not known"), sight(attempts)),
    };
    format!("| {} | {} | {you} | {bot} |", code(&row.team), purpose(row))
}

fn sight(attempts: &[Attempt]) -> String {
    let seen: Vec<String> = attempts
        .iter()
        .map(|attempt| {
            let fix = repair(attempt)
                .map(|fix| format!(": {fix}"))
                .unwrap_or_default();
            format!("✘ {}{fix}", meaning(attempt))
        })
        .collect();
    if seen.is_empty() {
        String::from("✘ no identity may ask about teams")
    } else {
        seen.join("; ")
    }
}

fn attempts(membership: &Membership) -> &[Attempt] {
    match membership {
        Membership::Unknown(attempts) => attempts,
        _ => &[],
    }
}

fn purpose(row: &TeamRow) -> String {
    let both: Vec<String> = row
        .approves
        .iter()
        .filter(|gate| row.waives.contains(gate))
        .map(code)
        .collect();
    let approves: Vec<String> = row
        .approves
        .iter()
        .filter(|gate| !row.waives.contains(gate))
        .map(code)
        .collect();
    let waives: Vec<String> = row
        .waives
        .iter()
        .filter(|gate| !row.approves.contains(gate))
        .map(code)
        .collect();
    let part = |verb: &str, gates: Vec<String>| {
        (!gates.is_empty()).then(|| format!("{verb} {}", listed(&gates, "and")))
    };
    let parts = [
        part("approve and waive", both),
        part("approve", approves),
        part("waive", waives),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
