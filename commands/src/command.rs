//! The commands as values. How each is typed stands beside its entry in the catalogue.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::{declare, help, refire, revoke, whoami};
use crate::commit::CommitPrefix;
use crate::gates::GateName;
use crate::person::Person;
use crate::reason::Reason;

/// What somebody asks the bot to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum Command {
    /// The writer declares the gate not applicable: `/sop-n/a`.
    Declare {
        /// The gate.
        gate: GateName,
        /// The commit it is declared for; `None`: whatever the head was.
        commit: Option<CommitPrefix>,
        /// Why; `None`: not said.
        reason: Option<Reason>,
    },
    /// The writer withdraws the own declaration: `/sop-revoke`.
    Revoke {
        /// The gate.
        gate: GateName,
        /// Why; `None`: not said.
        reason: Option<Reason>,
    },
    /// Evaluate and post again: `/refire`.
    Refire {
        /// Which gates.
        gates: Selection,
    },
    /// Who somebody is to every gate's teams: `/whoami-teams`.
    WhoAmI {
        /// Who; `None`: the writer.
        person: Option<Person>,
    },
    /// The catalogue: `/refire help`.
    Help,
}

/// Which gates a command is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Every gate there is.
    All,
    /// This one.
    One(GateName),
}

/// The canonical spelling, on one line of Markdown: parsing it gives the same command.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declare {
                gate,
                commit,
                reason,
            } => declare::print(f, gate, commit.as_ref(), reason.as_ref()),
            Self::Revoke { gate, reason } => revoke::print(f, gate, reason.as_ref()),
            Self::Refire { gates } => refire::print(f, gates),
            Self::WhoAmI { person } => whoami::print(f, person.as_ref()),
            Self::Help => f.write_str(help::ENTRY.verb),
        }
    }
}
