//! Answers to "is this user in that team?", of which there are three.

use super::{Evidence, Login, TeamName};
use serde::{Deserialize, Serialize};

/// Why something could not be found out, or was refused. The words for people are in
/// `decide::reply`; the ids are stable and appear in logs and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The token is missing, revoked or mistyped.
    TokenInvalid,
    /// The token lacks a scope.
    ScopeMissing,
    /// The asking account is in the organisation, not in this team.
    BotNotInTeam,
    /// The asking account is in no team of the organisation.
    BotNotInOrg,
    /// No team of that name or id exists (any more).
    TeamUnknown,
    /// The token is limited to public things.
    PublicOnlyToken,
    /// The asking account is inactive, prohibited, must change its password or lacks a second factor.
    AccountBlocked,
    /// The server answers nobody who is not signed in.
    SignInRequired,
    /// The repository cannot be read by the asking account, or is not there.
    RepoNotVisible,
    /// Statuses may not be written.
    CannotWriteStatus,
    /// Comments may not be written: locked, blocked or archived.
    CannotComment,
    /// The head commit is not in the base repository (yet).
    HeadNotInBase,
    /// Something in front of Gitea answered.
    ProxyInBetween,
    /// Gitea is down, slow or broken.
    ForgeUnavailable,
    /// The named user does not exist, was renamed or deleted.
    UserUnknown,
    /// The answer is really no.
    NotAMember,
    /// The timeline never names the head.
    PushNotRecorded,
    /// The repository belongs to a person: there are no teams.
    OwnerNotAnOrganisation,
    /// None of the above could be told apart from what came back.
    Unexplained,
}

/// One probe by one identity that did not give an answer, with its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The identity's name in the configuration.
    pub asked_as: String,
    /// The login behind that identity. `None`: not known.
    pub login: Option<Login>,
    /// The team in question.
    pub team: TeamName,
    /// Why it failed.
    pub cause: Cause,
    /// What was asked and what came back.
    pub evidence: Evidence,
}

/// Whether somebody is in a team. There is no default and no way to read `Unknown` as `NotMember`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Membership {
    /// Gitea answered 200 with the id of the user in question.
    Member,
    /// Gitea answered 404, and afterwards the same identity saw the team.
    NotMember,
    /// That login belongs to somebody else now (a 307, or a 200 with another id).
    AnotherUser,
    /// No identity could find out; one attempt for each that tried.
    Unknown(Vec<Attempt>),
}

/// What one identity sees of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sight {
    /// It may ask about the team's members.
    Sees,
    /// It may not, and why.
    Blind(Box<Attempt>),
}
