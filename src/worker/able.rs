//! Who could unblock a gate. Replies tell it only where outsiders cannot read the repository, and Gitea
//! is asked only where something is missing and somebody waits for the answer.

use crate::decide::conclude::Told;
use crate::decide::record::PullRecord;
use crate::decide::reply::Part;
use crate::gate::approval::may_approve;
use crate::gate::facts::{Facts, Revocations};
use crate::gate::policy::Policy;
use crate::gate::verdict::Verdict;
use crate::gitea::Session;
use crate::model::{Account, Reviews, TeamName};
use std::time::Duration;

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
        able.push((team, among(policy, facts, members)));
    }
    able
}

fn among(policy: &Policy, facts: &Facts, members: Vec<Account>) -> Vec<Account> {
    let able = members.into_iter();
    let able = able.filter(|who| may_approve(policy, facts, who));
    able.take(MOST).collect()
}

/// Of a team's members those who could approve, by what is remembered of the pull request. Who opened
/// another one with its head is not.
pub(crate) fn remembered(
    (policy, bots): (&Policy, Vec<Account>),
    record: &PullRecord,
    members: Vec<Account>,
) -> Vec<Account> {
    let timeline = record.timeline.clone().unwrap_or_default();
    let facts = Facts {
        pull: record.pull.clone(),
        reviews: Reviews::default(),
        history: timeline.history,
        spoken: Vec::new(),
        revocations: Revocations::new(),
        bots,
        openers: Vec::new(),
        head_seen_at: record.head_seen_at,
        read_at: record.head_seen_at,
        patience: Duration::ZERO,
    };
    among(policy, &facts, members)
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
