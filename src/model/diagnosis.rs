//! What was found out about a refusal: its cause, the evidence, and the repair as data.
//!
//! Made by `gitea::cause`, put into words by `decide::reply::cause`.

use super::{Cause, CommentId, Evidence, Login, PullRef, RepoName, TeamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why something was refused, as far as that could be found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The cause.
    pub cause: Cause,
    /// The asking identity's name in the configuration.
    pub asked_as: String,
    /// The login behind that identity. `None`: not known.
    pub login: Option<Login>,
    /// What it was about.
    pub about: Subject,
    /// The answer that failed, then those that told the cause apart.
    pub evidence: Vec<Evidence>,
    /// The one action that repairs it.
    pub repair: Repair,
    /// Whether this was found out before, and the identity is not asked again for now.
    #[serde(default)]
    pub passed_over: bool,
}

/// What a refused call was about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A team and its members.
    Team(TeamName),
    /// A repository, its pull requests and its commits.
    Repository(RepoName),
    /// The conversation of a pull request.
    Conversation(PullRef),
    /// An account.
    User(Login),
    /// The server.
    Forge,
}

/// By what two diagnoses are the same one, met twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CauseKey {
    /// The cause.
    pub cause: Cause,
    /// The asking identity's name.
    pub asked_as: String,
    /// What it is about.
    pub about: Subject,
}

/// A cause whose diagnosis stands in one of our answers, so that it is told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldCause {
    /// What was found out when it was met first.
    pub diagnosis: Diagnosis,
    /// The comment whose answer holds it.
    pub holder: CommentId,
    /// How many comments have met it.
    pub times: u32,
    /// The newest of them.
    pub last_by: CommentId,
    /// When that one was answered, by our clock.
    pub last: Timestamp,
    /// When it was found to be gone, by our clock. `None`: it stands.
    pub resolved: Option<Timestamp>,
}

/// What those were told who asked about a pull request that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The causes that were met, whose diagnoses stand in the answer to the first who asked.
    pub causes: Vec<ToldCause>,
    /// The comments that were answered.
    pub told: Vec<CommentId>,
}

/// The one action that repairs a cause. Pages are addresses of the forge's web pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repair {
    /// A new token. `scopes`: those that the present one lacks; empty where it is not valid at all.
    IssueToken {
        /// The scopes to add.
        scopes: Vec<String>,
        /// Where tokens are issued.
        page: String,
    },
    /// A new token that is not limited to public things.
    IssueUnlimitedToken {
        /// Where tokens are issued.
        page: String,
    },
    /// A token, where none is sent.
    ConfigureToken,
    /// The asking account becomes a member of the team.
    JoinTeam {
        /// The team.
        team: TeamName,
        /// The team's page.
        page: String,
    },
    /// The configuration names a team that exists.
    NameTeam {
        /// The name that does not.
        team: TeamName,
    },
    /// The configuration names a team of an organisation.
    UseOrganisation {
        /// The person who owns the repository.
        owner: String,
    },
    /// The account is let in again.
    OpenAccount {
        /// What keeps it out.
        block: Block,
        /// Where that is cleared.
        page: String,
    },
    /// The asking account gets to see the repository.
    GrantRead {
        /// The repository.
        repo: RepoName,
        /// Where access is given.
        page: String,
    },
    /// The asking account gets to write to the repository.
    GrantWrite {
        /// The repository.
        repo: RepoName,
        /// The scopes that its token lacks, where that is what was refused.
        scopes: Vec<String>,
        /// Where access is given.
        page: String,
    },
    /// The conversation is opened for the asking account.
    OpenConversation {
        /// The repository.
        repo: RepoName,
        /// What keeps it out.
        closed: Closed,
        /// Where that is cleared.
        page: String,
    },
    /// The proxy lets the bot through.
    PassProxy,
    /// The authority that signed the server's certificate is trusted.
    TrustAuthority,
    /// Another commit on the branch.
    PushCommit,
    /// A member reviews.
    AskMember {
        /// The team.
        team: TeamName,
    },
    /// Nothing: the bot tries again.
    Wait,
    /// The evidence goes to whoever runs the forge.
    AskOperator,
}

/// What keeps an account out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// It was never activated.
    NotActivated,
    /// It may not sign in.
    Prohibited,
    /// It must change its password.
    PasswordDue,
    /// The server wants a second factor that it does not have.
    SecondFactor,
    /// Gitea's own words tell, and are none of the known ones.
    Other,
}

/// What keeps comments out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closed {
    /// The conversation is locked.
    Locked,
    /// The account is blocked by the owner or by the opener of the pull request.
    Blocked,
    /// The repository is archived.
    Archived,
    /// The answer does not say.
    Other,
}

impl Diagnosis {
    /// By what it is recognised when it is met again.
    #[must_use]
    pub fn key(&self) -> CauseKey {
        CauseKey {
            cause: self.cause,
            asked_as: self.asked_as.clone(),
            about: self.about.clone(),
        }
    }

    /// The answer that failed. `None`: there is no evidence at all.
    #[must_use]
    pub fn refused(&self) -> Option<&Evidence> {
        self.evidence.first()
    }

    /// The team that it is about. `None`: something else.
    #[must_use]
    pub const fn team(&self) -> Option<&TeamName> {
        match &self.about {
            Subject::Team(team) => Some(team),
            _ => None,
        }
    }
}
