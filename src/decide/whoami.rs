//! What `/whoami-teams` tells: one person and the bot, against every team that a gate names here.
//!
//! **Invariant:** about somebody other than its writer it tells only where outsiders cannot read the
//! repository, and there is always a table.

use super::answer::{Ask, Asked, Known, Named};
use super::reply::{Part, TeamRow, Whoami, Whose};
use crate::gate::policy::{Gate, GateName};
use crate::model::{Account, Diagnosis, Login, Membership, Sight, TeamName};
use commands::Person;

/// The part, or what has to be found out first.
///
/// # Errors
/// [`Ask`].
pub(super) fn part(known: Known<'_>, asked: &Asked, person: Option<&Person>) -> Result<Part, Ask> {
    let (whose, who) = subject(known, asked, person)?;
    let teams: Vec<(TeamName, Membership)> = teams_of(known)
        .into_iter()
        .map(|team| Ok((team.clone(), of(known, &who, &team)?)))
        .collect::<Result<_, Ask>>()?;
    let teams = teams
        .into_iter()
        .map(|(team, membership)| row(known, team, membership))
        .collect::<Result<_, Ask>>()?;
    let who = match who {
        Ok(account) => account,
        Err(_) => Account::new(0, person.map(Person::as_str).unwrap_or_default()),
    };
    Ok(Part::WhoAmI(Whoami {
        is_author: who == known.facts.pull.author,
        who,
        whose,
        teams,
    }))
}

/// Whom the table is about: an account, or why that is not known.
type Subject = Result<Account, Box<Diagnosis>>;

fn subject(
    known: Known<'_>,
    asked: &Asked,
    person: Option<&Person>,
) -> Result<(Whose, Subject), Ask> {
    let own = || Ok(asked.author.clone());
    let Some(person) = person.map(|person| Login::new(person.as_str())) else {
        return Ok((Whose::Writer, own()));
    };
    if person == asked.author.login {
        return Ok((Whose::Writer, own()));
    }
    if !known.facts.pull.repository.hidden {
        return Ok((Whose::WriterAlone(person), own()));
    }
    let mut people = known.asides.people.iter();
    match people.find(|(login, _)| *login == person) {
        None => Err(Ask::Person(person)),
        Some((_, Named::Account(account))) => Ok((Whose::Another, Ok(account.clone()))),
        Some((_, Named::Unknown(why))) => Ok((Whose::Another, Err(why.clone()))),
    }
}

/// Every team that a gate names here, each once, in the order of the configuration.
fn teams_of(known: Known<'_>) -> Vec<TeamName> {
    let repo = &known.facts.pull.repository.name;
    let gates = known.policy.gates.iter();
    let named = gates.flat_map(|gate| std::iter::once(&gate.team).chain(&gate.waivers));
    let mut teams: Vec<TeamName> = Vec::new();
    for team in named.map(|team| team.resolve(repo)) {
        if !teams.contains(&team) {
            teams.push(team);
        }
    }
    teams
}

fn of(known: Known<'_>, who: &Subject, team: &TeamName) -> Result<Membership, Ask> {
    match who {
        Ok(account) => membership(known, account, team),
        Err(why) => Ok(Membership::Unknown(vec![(**why).clone()])),
    }
}

fn row(known: Known<'_>, team: TeamName, membership: Membership) -> Result<TeamRow, Ask> {
    let repo = &known.facts.pull.repository.name;
    let gates = |is: &dyn Fn(&Gate) -> bool| -> Vec<GateName> {
        let gates = known.policy.gates.iter().filter(|gate| is(gate));
        gates.map(|gate| gate.name.clone()).collect()
    };
    let waives = |gate: &Gate| gate.waivers.iter().any(|one| one.resolve(repo) == team);
    Ok(TeamRow {
        approves: gates(&|gate| gate.team.resolve(repo) == team),
        waives: gates(&waives),
        sights: sights(known, &team)?,
        membership,
        team,
    })
}

fn membership(known: Known<'_>, who: &Account, team: &TeamName) -> Result<Membership, Ask> {
    known
        .answers
        .get(team, who)
        .cloned()
        .ok_or_else(|| Ask::Membership(team.clone(), vec![who.clone()]))
}

fn sights(known: Known<'_>, team: &TeamName) -> Result<Vec<(String, Sight)>, Ask> {
    let mut seen = known.asides.sights.iter();
    let found = seen.find(|(seen, _)| seen == team);
    found
        .map(|(_, sights)| sights.clone())
        .ok_or_else(|| Ask::Sight(team.clone()))
}
