//! Answers to "is this user in that team?", of which there are three.

use super::Diagnosis;
use serde::{Deserialize, Serialize};

/// Whether somebody is in a team. There is no default and no way to read `Unknown` as `NotMember`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Membership {
    /// Gitea answered 200 with the id of the user in question.
    Member,
    /// Gitea answered 404, and afterwards the same identity saw the team.
    NotMember,
    /// That login belongs to somebody else now (a 307, or a 200 with another id).
    AnotherUser,
    /// No identity could find out; one diagnosis for each that tried, in their order.
    Unknown(Vec<Diagnosis>),
}

/// What one identity sees of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sight {
    /// It may ask about the team's members.
    Sees,
    /// It may not, and why.
    Blind(Box<Diagnosis>),
}
