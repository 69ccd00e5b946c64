//! The gates' and waivers' teams: there, seen by our identities, and not empty.

use super::{Area, Check, Finding, Trouble};
use crate::decide::reply::text::{code, listed};
use crate::gate::policy::Policy;
use crate::gitea::{Gitea, Kind, Listing, Session, Version, Which};
use crate::model::{Account, Cause, PullRef, RepoName, Sight, TeamName};

const AREA: Area = Area::Teams;
/// Repositories of which the open pull requests are read, to see who could not approve them.
const SAMPLED: usize = 10;

/// What is known of one team.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The team.
    pub team: TeamName,
    /// What it is there for, such as `approves qa-review`.
    pub roles: Vec<String>,
    /// What each identity that asks about teams sees of it.
    pub sights: Vec<(String, Result<(), Trouble>)>,
    /// Up to 50 of its members. `None`: nobody of ours may see them.
    pub members: Option<Vec<Account>>,
}

/// What the members are measured by.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Our own accounts.
    pub bots: Vec<Account>,
    /// Open pull requests of the team's organisation, with who opened each.
    pub open: Vec<(PullRef, Account)>,
    /// Whether the server hides private teams from its lists (gitea-facts §1.5).
    pub hides_private: bool,
}

/// The teams that the gates name for these repositories, each with what it is there for.
#[must_use]
pub fn named(policy: &Policy, repos: &[RepoName]) -> Vec<(TeamName, Vec<String>)> {
    let mut teams: Vec<(TeamName, Vec<String>)> = Vec::new();
    let mut add =
        |team: TeamName, role: String| match teams.iter_mut().find(|(known, _)| *known == team) {
            Some((_, roles)) if roles.contains(&role) => {}
            Some((_, roles)) => roles.push(role),
            None => teams.push((team, vec![role])),
        };
    for repo in repos {
        for gate in &policy.gates {
            add(gate.team.resolve(repo), format!("approves {}", gate.name));
            for waiver in &gate.waivers {
                add(waiver.resolve(repo), format!("waives {}", gate.name));
            }
        }
    }
    teams
}

/// Looks at each team with each identity. A repository of its owner tells a person from an
/// organisation.
pub async fn fetch(
    gitea: &Gitea,
    teams: Vec<(TeamName, Vec<String>)>,
    repos: &[RepoName],
) -> Vec<Facts> {
    let mut all = Vec::new();
    for (team, roles) in teams {
        // A session of its own each: a session explains a bounded number of refusals.
        let session = gitea.session();
        let own = |repo: &&RepoName| repo.owner().eq_ignore_ascii_case(team.org());
        if let Some(repo) = repos.iter().find(own) {
            let _ = session.fetch_repository(repo).await;
        }
        let mut sights = session.fetch_sight(&team).await;
        // Without a repository at hand, and where nobody may be asked who the owner is, only the
        // repositories that the search finds tell a person from nobody.
        let found = sights.iter().any(|(_, sight)| is_of_nobody(sight))
            && session
                .fetch_repositories(team.org())
                .await
                .is_ok_and(|all| !all.is_empty());
        if found {
            sights = session.fetch_sight(&team).await;
        }
        all.push(Facts {
            roles,
            sights: sights.into_iter().map(seen).collect(),
            members: session.fetch_members(&team).await,
            team,
        });
    }
    all
}

fn is_of_nobody(sight: &Sight) -> bool {
    matches!(sight, Sight::Blind(blind) if blind.cause == Cause::TeamUnknown)
}

fn seen((name, sight): (String, Sight)) -> (String, Result<(), Trouble>) {
    match sight {
        Sight::Sees => (name, Ok(())),
        Sight::Blind(attempt) => (name, Err(Trouble::from(*attempt))),
    }
}

/// Who opened what, in the first repositories of the list.
pub async fn fetch_around(session: &Session, version: &Version, repos: &[RepoName]) -> Around {
    let mut open = Vec::new();
    let listing = Listing {
        which: Which::Open,
        until: None,
        pages: 1,
    };
    for repo in repos.iter().take(SAMPLED) {
        let pulls = session.fetch_pulls(repo, listing).await.unwrap_or_default();
        open.extend(pulls.into_iter().map(|pull| {
            let reference = PullRef {
                repo: repo.clone(),
                number: pull.number,
            };
            (reference, pull.author)
        }));
    }
    Around {
        bots: session.gitea().own_accounts(),
        open,
        hides_private: version.kind == Kind::Gitea
            && (version.major > Some(1) || version.minor >= Some(27)),
    }
}

/// What is to be said of them.
#[must_use]
pub fn judge(all: &[Facts], around: &Around, policy: &Policy) -> Vec<Finding> {
    let of_one = |facts: &Facts| {
        let mut findings = judge_sight(facts, around);
        findings.extend(judge_members(facts, around, policy));
        findings
    };
    all.iter().flat_map(of_one).collect()
}

/// One identity that sees the team is enough; those that do not are named.
fn judge_sight(facts: &Facts, around: &Around) -> Vec<Finding> {
    let team = code(&facts.team);
    let sees: Vec<String> = facts
        .sights
        .iter()
        .filter(|(_, sight)| sight.is_ok())
        .map(|(name, _)| code(name))
        .collect();
    let mut findings = Vec::new();
    if !sees.is_empty() {
        let what = format!(
            "{} can ask who is in {team} ({})",
            listed(&sees, "and"),
            facts.roles.join(", ")
        );
        findings.push(Finding::ok(AREA, Check::Sight, what));
    }
    for (_, sight) in &facts.sights {
        let Err(trouble) = sight else { continue };
        let what = format!("{team} ({}): {}", facts.roles.join(", "), trouble.meaning());
        let finding = if sees.is_empty() {
            Finding::fail(AREA, Check::Sight, what)
        } else {
            Finding::warn(AREA, Check::Sight, what)
        };
        findings.push(hidden(finding.because(trouble), trouble, around));
    }
    findings
}

/// From 1.27 on a private team is as absent as none at all to those outside of it.
fn hidden(mut finding: Finding, trouble: &Trouble, around: &Around) -> Finding {
    if around.hides_private && trouble.cause() == Cause::TeamUnknown {
        let known = finding.repair.take().unwrap_or_default();
        finding.repair = Some(format!(
            "{known}; or it is private, which this version hides from all but its members: then an owner adds the bot to it"
        ));
    }
    finding
}

fn judge_members(facts: &Facts, around: &Around, policy: &Policy) -> Option<Finding> {
    let members = facts.members.as_ref()?;
    let team = code(&facts.team);
    let counts = |account: &&Account| {
        !around.bots.contains(account) && !policy.is_service_account(account.login.as_str())
    };
    let people: Vec<&Account> = members.iter().filter(counts).collect();
    let repair = format!(
        "an owner of {} adds people to {team} who may decide",
        code(facts.team.org())
    );
    let what = match people.as_slice() {
        [] if members.is_empty() => format!("{team} is empty: nobody can approve or waive"),
        [] => format!("in {team} are only the bot and service accounts, which never count"),
        [only] => {
            let own = around.open.iter().find(|(_, author)| author == *only);
            let (pull, author) = own?;
            format!(
                "in {team} is nobody but {}, who opened {} and never counts there",
                code(&author.login),
                code(pull)
            )
        }
        _ => return None,
    };
    Some(Finding::warn(AREA, Check::Members, what).repaired_by(repair))
}
