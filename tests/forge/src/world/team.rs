//! Organisations' teams and who is in them.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::access::Access;
use super::ids::{TeamId, UserId};
use super::people::Account;

/// A team of an organisation.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) org: UserId,
    pub(crate) name: String,
    pub(crate) description: String,
    /// What members may do in the organisation's repositories.
    pub(crate) access: Access,
    /// Permission by unit, as the API shows it.
    pub(crate) units: BTreeMap<String, String>,
    pub(crate) all_repositories: bool,
    pub(crate) members: BTreeSet<UserId>,
}

/// The units that a team of the standard world has rights in.
pub(crate) const UNITS: [&str; 6] = [
    "repo.code",
    "repo.issues",
    "repo.pulls",
    "repo.releases",
    "repo.wiki",
    "repo.projects",
];

const OWNER_UNITS: [&str; 4] = [
    "repo.ext_wiki",
    "repo.actions",
    "repo.packages",
    "repo.ext_issues",
];

impl Team {
    pub(crate) fn is_owners(&self) -> bool {
        self.access == Access::Owner
    }
}

impl World {
    /// An organisation with its team of owners.
    pub(crate) fn add_org(&mut self, name: &str, owner: UserId, private: bool) -> UserId {
        let kind = if private {
            Account::PrivateOrg
        } else {
            Account::PublicOrg
        };
        let org = self.insert_user(name, String::new(), kind);
        let owners = self.add_team(org, "Owners", Access::Owner);
        let units = UNITS.iter().chain(&OWNER_UNITS);
        if let Some(team) = self.teams.get_mut(&owners) {
            team.units = units
                .map(|unit| ((*unit).to_owned(), "owner".to_owned()))
                .collect();
            team.members.insert(owner);
        }
        org
    }

    /// A team with the same right in every unit and every repository.
    pub(crate) fn add_team(&mut self, org: UserId, name: &str, access: Access) -> TeamId {
        let id = self.next_team();
        let right = access.name().to_owned();
        let team = Team {
            id,
            org,
            name: name.to_owned(),
            description: String::new(),
            access,
            units: UNITS
                .iter()
                .map(|unit| ((*unit).to_owned(), right.clone()))
                .collect(),
            all_repositories: true,
            members: BTreeSet::new(),
        };
        self.teams.insert(id, team);
        id
    }

    /// The teams of an organisation, by name.
    pub(crate) fn teams_of(&self, org: UserId) -> Vec<&Team> {
        let mut teams: Vec<&Team> = self.teams.values().filter(|team| team.org == org).collect();
        teams.sort_by_key(|team| team.name.to_lowercase());
        teams
    }

    pub(crate) fn team_named(&self, org: UserId, name: &str) -> Option<&Team> {
        self.teams_of(org)
            .into_iter()
            .find(|team| team.name.eq_ignore_ascii_case(name))
    }

    /// A row in the team itself; being an owner of the organisation is not enough.
    pub(crate) fn in_team(&self, team: TeamId, user: UserId) -> bool {
        self.teams
            .get(&team)
            .is_some_and(|team| team.members.contains(&user))
    }

    pub(crate) fn in_org(&self, org: UserId, user: UserId) -> bool {
        self.teams
            .values()
            .any(|team| team.org == org && team.members.contains(&user))
    }

    pub(crate) fn owns_org(&self, org: UserId, user: UserId) -> bool {
        let owners = self
            .teams
            .values()
            .find(|team| team.org == org && team.is_owners());
        owners.is_some_and(|team| team.members.contains(&user))
    }

    pub(crate) fn leave_org(&mut self, org: UserId, user: UserId) {
        for repo in self.repos.values_mut().filter(|repo| repo.owner == org) {
            repo.watchers.remove(&user);
        }
        for team in self.teams.values_mut().filter(|team| team.org == org) {
            team.members.remove(&user);
        }
    }
}
