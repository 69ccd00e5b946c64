//! From what a comment says to what gates hear in it.

use crate::gate::facts::{Directive, Says};
use crate::gate::policy::{GateName, Policy};
use commands::{Command, GateTable, Reading};

/// The table that the grammar knows the gates by. Names that the configuration accepted are names
/// here too, so an empty table stands for a contradiction between the two and hears nothing.
#[must_use]
pub fn gate_table(policy: &Policy) -> GateTable {
    let gates = policy
        .gates
        .iter()
        .map(|gate| (gate.name.to_string(), gate.aliases.clone()));
    GateTable::new(gates).unwrap_or_default()
}

/// The directives in a reading, in order. Everything else in it asks, and says nothing of a gate.
#[must_use]
pub fn directives(reading: &Reading) -> Vec<Directive> {
    reading.commands.iter().filter_map(directive).collect()
}

fn directive(command: &Command) -> Option<Directive> {
    match command {
        Command::Declare {
            gate,
            commit,
            reason,
        } => {
            let commit = commit.as_ref().map(ToString::to_string);
            let reason = reason.as_ref().map(ToString::to_string);
            Some(Directive {
                gate: ours(gate)?,
                says: Says::Declare { commit, reason },
            })
        }
        Command::Revoke { gate, .. } => Some(Directive {
            gate: ours(gate)?,
            says: Says::Revoke,
        }),
        Command::Refire { .. } | Command::WhoAmI { .. } | Command::Help => None,
    }
}

/// The gate under the name that the core uses.
#[must_use]
pub fn ours(name: &commands::GateName) -> Option<GateName> {
    GateName::try_from(name.as_str().to_owned()).ok()
}
