//! Who may do what in a repository. Gitea asks by unit; here every unit has the same answer.

use super::World;
use super::ids::{RepoId, UserId};

/// A right in a repository, each including the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    None,
    Read,
    Write,
    Admin,
    Owner,
}

impl Access {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::None,
            Self::Read,
            Self::Write,
            Self::Admin,
            Self::Owner,
        ]
        .into_iter()
        .find(|access| access.name() == name)
    }
}

impl World {
    /// What the user (or nobody) may do in the repository.
    pub(crate) fn access(&self, user: Option<UserId>, repo: RepoId) -> Access {
        let Some(row) = self.repos.get(&repo) else {
            return Access::None;
        };
        if self.is_admin(user) {
            return Access::Owner;
        }
        let granted = user.map_or(Access::None, |user| self.granted(user, repo));
        let everybody = if self.is_private(repo) {
            Access::None
        } else {
            Access::Read
        };
        let asked = if user == Some(row.owner) {
            Access::Owner
        } else {
            granted
        };
        asked.max(everybody)
    }

    /// By team or as collaborator, whichever is more.
    fn granted(&self, user: UserId, repo: RepoId) -> Access {
        let Some(row) = self.repos.get(&repo) else {
            return Access::None;
        };
        let teams = self
            .teams
            .values()
            .filter(|team| team.org == row.owner && team.members.contains(&user));
        let by_team = teams.map(|team| team.access).max().unwrap_or(Access::None);
        by_team.max(
            row.collaborators
                .get(&user)
                .copied()
                .unwrap_or(Access::None),
        )
    }

    /// Private by itself or by its owner.
    pub(crate) fn is_private(&self, repo: RepoId) -> bool {
        let Some(row) = self.repos.get(&repo) else {
            return true;
        };
        row.private || self.is_private_org(row.owner)
    }

    pub(crate) fn is_private_org(&self, org: UserId) -> bool {
        use super::people::Account;
        self.users
            .get(&org)
            .is_some_and(|org| org.kind == Account::PrivateOrg)
    }
}
