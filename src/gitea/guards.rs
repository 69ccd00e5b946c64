//! What guards branches: the rules' required contexts, whose approvals are official, and which
//! teams may write. Called by `doctor`.

use super::{
    error::{CallError, ErrorKind},
    pages::Walk,
    session::{Ask, Session},
    splitter::Element,
    survey::Speaker,
    wire::{self, WireRepoTeam, WireRule},
};
use crate::model::RepoName;

const BRANCHES: &str = "/repos/{owner}/{repo}/branches";
const PROTECTIONS: &str = "/repos/{owner}/{repo}/branch_protections";
const TEAMS: &str = "/repos/{owner}/{repo}/teams";
/// Pages of 50 branches that are looked at.
const BRANCH_PAGES: u64 = 10;

/// A branch and what it demands, as everybody sees it who may read code (gitea-facts §2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardedBranch {
    /// Its name.
    pub name: String,
    /// Whether a rule protects it.
    pub protected: bool,
    /// Whether the rule looks at statuses at all.
    pub checks: bool,
    /// Patterns of the contexts that must be green; with `checks` and none of these: all statuses.
    pub required: Vec<String>,
}

/// A branch rule as administrators see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The pattern of branches that it is for.
    pub name: String,
    /// Whose approvals are official. `None`: of all who may write code.
    pub approvers: Option<Approvers>,
}

/// A rule's approvals whitelist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers {
    /// Teams of the repository's owner, by name.
    pub teams: Vec<String>,
    /// Single logins.
    pub users: Vec<String>,
}

/// A team with access to a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoTeam {
    /// Its name in the owner's organisation.
    pub name: String,
    /// Whether its members may write code.
    pub writes: bool,
}

/// Some branches of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// Those that were read.
    pub rows: Vec<GuardedBranch>,
    /// What was left out. `None`: nothing.
    pub beyond: Option<Beyond>,
}

/// There are more branches than were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// How many there are. `None`: the server does not say.
    pub of: Option<u64>,
}

impl Session {
    /// The first 500 branches of a repository with what each demands.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_branches(&self, repo: &RepoName) -> Result<Branches, CallError> {
        let values = [repo.owner(), repo.name()];
        let walk = Walk {
            by: self.reader(),
            ask: Ask::of(BRANCHES, &values),
            pages: BRANCH_PAGES,
            grows: false,
        };
        let (rows, walked) = self
            .rows(walk, |row: Element<'_>| wire::guarded_branch(row.json))
            .await?;
        let beyond = Beyond {
            of: walked.first.total,
        };
        Ok(Branches {
            rows,
            beyond: walked.more.then_some(beyond),
        })
    }

    /// The branch rules of a repository, for an identity that administers it.
    ///
    /// # Errors
    /// Any [`CallError`]; below administrator it is refused (gitea-facts §13.2).
    pub async fn fetch_rules(
        &self,
        speaker: &Speaker,
        repo: &RepoName,
    ) -> Result<Vec<Rule>, CallError> {
        let values = [repo.owner(), repo.name()];
        let rows: Vec<WireRule> = self.get(speaker.by, Ask::of(PROTECTIONS, &values)).await?;
        Ok(rows.into_iter().map(WireRule::rule).collect())
    }

    /// The teams with access to a repository. `None`: it belongs to a person, and Gitea answers
    /// 405 (gitea-facts §1.4).
    ///
    /// # Errors
    /// Any other [`CallError`].
    pub async fn fetch_repo_teams(
        &self,
        repo: &RepoName,
    ) -> Result<Option<Vec<RepoTeam>>, CallError> {
        let values = [repo.owner(), repo.name()];
        let asked = self.get(self.reader(), Ask::of(TEAMS, &values)).await;
        match asked {
            Ok(rows) => {
                let rows: Vec<WireRepoTeam> = rows;
                Ok(Some(rows.into_iter().map(WireRepoTeam::team).collect()))
            }
            Err(error) if error.kind == ErrorKind::Rejected(405) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
