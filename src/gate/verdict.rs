//! What came out of an evaluation, with everything that a reader may want to know about it.

use super::approval::Judged;
use super::declaration::Declared;
use super::policy::GateName;
use super::settled::Late;
use crate::model::{Account, CommentId, CommitState, Diagnosis, Membership, Sha, TeamName, UserId};

/// Whether a gate is satisfied. Nothing here can be read as "yes" by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody proven satisfies it.
    Satisfied(Ground),
    /// A member's valid request for changes stands and nothing else satisfies the gate.
    Rejected(Account),
    /// Nobody who counts has approved, and nothing was left open.
    Missing,
    /// It could not be found out; every reason, in the order in which they were met.
    Unknown(Vec<Because>),
}

impl Verdict {
    /// The one mapping from verdict to commit status: "could not find out" is `pending`, never
    /// `failure` (I23).
    #[must_use]
    pub const fn state(&self) -> CommitState {
        match self {
            Self::Satisfied(_) => CommitState::Success,
            Self::Rejected(_) => CommitState::Failure,
            Self::Missing | Self::Unknown(_) => CommitState::Pending,
        }
    }

    /// The word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Satisfied(_) => "satisfied",
            Self::Rejected(_) => "rejected",
            Self::Missing => "missing",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether it could not be found out.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether looking again without an event makes sense: a push that was never recorded does not
    /// heal by waiting (gitea-facts §13.2).
    #[must_use]
    pub fn may_heal(&self) -> bool {
        let hopeless =
            |why: &Because| matches!(why, Because::Unsettled(Late::Never | Late::NoHead));
        matches!(self, Self::Unknown(because) if !because.iter().all(hopeless))
    }
}

/// What satisfies a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// An approval by a proven member.
    Approval {
        /// Who approved.
        by: Account,
        /// Which team that person was proven to be in.
        team: TeamName,
        /// The commit.
        head: Sha,
    },
    /// A declaration by a proven member of a waiver team.
    Declaration {
        /// Who declared.
        by: Account,
        /// Which team that person was proven to be in.
        team: TeamName,
        /// Where.
        comment: CommentId,
        /// Why.
        reason: Option<String>,
        /// Whether a webhook announced it.
        heard: bool,
    },
}

/// Why a verdict is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nobody could tell whether this person is a member.
    Probe {
        /// The person.
        who: UserId,
        /// Their login.
        login: String,
        /// Why each identity could not, in their order.
        diagnoses: Vec<Diagnosis>,
    },
    /// The timeline has not caught up with the head.
    Unsettled(Late),
    /// The facts themselves could not be read.
    Unread(Box<Diagnosis>),
    /// Too many open pull requests share the head to look at all of them.
    TooManyShare,
}

impl Because {
    fn diagnoses(&self) -> Vec<&Diagnosis> {
        match self {
            Self::Probe { diagnoses, .. } => diagnoses.iter().collect(),
            Self::Unread(diagnosis) => vec![diagnosis],
            Self::Unsettled(_) | Self::TooManyShare => Vec::new(),
        }
    }
}

/// One gate's verdict with all that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateVerdict {
    /// The gate.
    pub gate: GateName,
    /// Whose approval satisfies it here.
    pub team: TeamName,
    /// Whose declaration waives it here.
    pub waivers: Vec<TeamName>,
    /// The verdict.
    pub verdict: Verdict,
    /// Every approval and request for changes, judged.
    pub reviews: Vec<Judged>,
    /// Every declaration for this gate, judged.
    pub declarations: Vec<Declared>,
    /// What was answered about people, in the order of asking.
    pub answers: Vec<(TeamName, Account, Membership)>,
}

impl GateVerdict {
    /// Whether a proven declaration stands, which is what the declarations' status lists.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        matches!(self.verdict, Verdict::Satisfied(Ground::Declaration { .. }))
    }

    /// Everything that was found out about why the gate is not known, in the order of asking; empty
    /// where it is known, or waits for something that no call was refused for.
    #[must_use]
    pub fn diagnoses(&self) -> Vec<&Diagnosis> {
        let Verdict::Unknown(doubts) = &self.verdict else {
            return Vec::new();
        };
        doubts.iter().flat_map(Because::diagnoses).collect()
    }

    /// What was answered about a person and a team. `None`: nobody asked.
    #[must_use]
    pub fn membership(&self, team: &TeamName, who: &Account) -> Option<&Membership> {
        let found = self.answers.iter().find(|(t, a, _)| t == team && a == who);
        found.map(|(_, _, membership)| membership)
    }
}
