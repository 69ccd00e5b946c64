//! Who somebody is to every team, and what each identity of the bot sees: a table with two sides.

use super::cause::{meaning, repairs};
use super::text::{code, listed};
use super::{TeamRow, Whoami, Whose};
use crate::gate::policy::GateName;
use crate::model::{Diagnosis, Membership, Sight};

/// The outcome in one sentence, then the table, then what would have to change.
pub(super) fn render(told: &Whoami) -> String {
    let side = if told.whose == Whose::Another {
        code(&told.who.login)
    } else {
        String::from("you")
    };
    let head = format!("| team | for | {side} | the bot |\n|---|---|---|---|\n");
    let rows: Vec<String> = told.teams.iter().map(|team| row(team, told)).collect();
    let mut said = vec![outcome(told)];
    said.extend(alone(told));
    said.push(format!("{head}{}", rows.join("\n")));
    said.extend(changes(told));
    said.join("\n\n")
}

/// Why the table is about its writer although somebody else was named.
fn alone(told: &Whoami) -> Option<String> {
    let Whose::WriterAlone(named) = &told.whose else {
        return None;
    };
    Some(format!(
        "Whoever may read this repository may be an outsider, so I tell here only who you are, not who {} is.",
        code(named)
    ))
}

/// What would have to change, for each team of which it is not known.
fn changes(told: &Whoami) -> Option<String> {
    let diagnoses: Vec<&Diagnosis> = told
        .teams
        .iter()
        .flat_map(|row| diagnoses(&row.membership))
        .collect();
    let rows: Vec<String> = repairs(&diagnoses)
        .iter()
        .map(|repair| format!("- {repair}"))
        .collect();
    (!rows.is_empty()).then(|| format!("**Repair**, for what is not known:\n{}", rows.join("\n")))
}

fn outcome(told: &Whoami) -> String {
    let login = code(&told.who.login);
    if told.is_author {
        return format!(
            "**{login}** opened this pull request, so neither approves nor waives anything on it."
        );
    }
    let teams = &told.teams;
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

fn row(row: &TeamRow, told: &Whoami) -> String {
    format!(
        "| {} | {} | {} | {} |",
        code(&row.team),
        purpose(row),
        person(row, told),
        bot(&row.sights)
    )
}

/// The person's side: in the team or not, and what that is good for.
fn person(row: &TeamRow, told: &Whoami) -> String {
    match &row.membership {
        Membership::Member if told.is_author => {
            String::from("✔ member, but may neither approve nor waive: opened this pull request")
        }
        Membership::Member => format!("✔ member, may {}", may(row)),
        Membership::NotMember => String::from("✘ not a member"),
        Membership::AnotherUser => String::from("✘ that login belongs to somebody else now"),
        Membership::Unknown(diagnoses) => match diagnoses.first() {
            // The bot's side names the cause where it is the bot that cannot see.
            Some(why) if why.team().is_some() => format!("? not known: {}", meaning(why)),
            Some(why) => format!("? not known: {} ({})", meaning(why), code(why.cause)),
            None => String::from("? not known"),
        },
    }
}

fn may(row: &TeamRow) -> &'static str {
    match (row.approves.is_empty(), row.waives.is_empty()) {
        (false, false) => "approve and waive",
        (false, true) => "approve",
        _ => "waive",
    }
}

/// The bot's side: each identity, named where there are several.
fn bot(sights: &[(String, Sight)]) -> String {
    let one = |sight: &Sight| match sight {
        Sight::Sees => String::from("✔ sees it"),
        Sight::Blind(why) => format!("✘ {} ({})", meaning(why), code(why.cause)),
    };
    match sights {
        [] => String::from("✘ no identity may ask about teams"),
        [(_, sight)] => one(sight),
        several => {
            let each = several.iter();
            let each: Vec<String> = each
                .map(|(name, sight)| format!("{}: {}", code(name), one(sight)))
                .collect();
            each.join("; ")
        }
    }
}

fn diagnoses(membership: &Membership) -> &[Diagnosis] {
    match membership {
        Membership::Unknown(diagnoses) => diagnoses,
        _ => &[],
    }
}

fn purpose(row: &TeamRow) -> String {
    let both = |gate: &&GateName| row.approves.contains(gate) && row.waives.contains(gate);
    let told = |gates: &[GateName], which: &dyn Fn(&&GateName) -> bool| -> Vec<String> {
        gates.iter().filter(|gate| which(gate)).map(code).collect()
    };
    let part = |verb: &str, gates: Vec<String>| {
        (!gates.is_empty()).then(|| format!("{verb} {}", listed(&gates, "and")))
    };
    let parts = [
        part("approve and waive", told(&row.approves, &both)),
        part("approve", told(&row.approves, &|gate| !both(gate))),
        part("waive", told(&row.waives, &|gate| !both(gate))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
