//! Who could unblock a gate. Told only where outsiders cannot read the repository, and asked of
//! Gitea only where something is missing and somebody waits for the answer.

use crate::decide::conclude::Told;
use crate::decide::reply::Part;
use crate::gate::approval::may_approve;
use crate::gate::facts::Facts;
use crate::gate::policy::Policy;
use crate::gate::verdict::Verdict;
use crate::gitea::Session;
use crate::model::{Account, TeamName};

/// So many are named at the most.
const MOST: usize = 5;

/// Members of the teams that somebody is told to wait for.
pub(super) async fn find(
    session: &Session,
    policy: &Policy,
    facts: &Facts,
    told: &[Told],
) -> Vec<(TeamName, Vec<Account>)> {
    if !facts.pull.repository.hidden {
        return Vec::new();
    }
    let mut able = Vec::new();
    for team in awaited(told) {
        let members = session.fetch_members(&team).await.unwrap_or_default();
        let mut people: Vec<Account> = members
            .into_iter()
            .filter(|who| may_approve(policy, facts, who))
            .collect();
        people.truncate(MOST);
        able.push((team, people));
    }
    able
}

fn awaited(told: &[Told]) -> Vec<TeamName> {
    let mut teams: Vec<TeamName> = Vec::new();
    for part in told.iter().flat_map(|told| &told.parts) {
        if let Part::Gate(verdict) = part
            && verdict.verdict == Verdict::Missing
            && !teams.contains(&verdict.team)
        {
            teams.push(verdict.team.clone());
        }
    }
    teams
}
