//! `/sop-revoke`: a declaration is taken back.

use std::fmt;

use super::Entry;
use super::arguments::Arguments;
use crate::command::Command;
use crate::gates::{GateName, GateTable};
use crate::misuse::Misuse;
use crate::reason::Reason;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/sop-revoke",
    aliases: &[],
    usage: "/sop-revoke <gate> [reason]",
    who: "whoever declared it",
    meaning: "withdraws your own declaration",
    first_word: "/sop-revoke",
    second_word: None,
    parse,
};

fn parse(mut arguments: Arguments<'_>, gates: &GateTable) -> Result<Command, Misuse> {
    Ok(Command::Revoke {
        gate: arguments.take_gate(gates)?,
        reason: arguments.reason(),
    })
}

/// Writes the canonical spelling.
pub(crate) fn print(
    f: &mut fmt::Formatter<'_>,
    gate: &GateName,
    reason: Option<&Reason>,
) -> fmt::Result {
    write!(f, "{} {gate}", ENTRY.verb)?;
    let Some(reason) = reason else { return Ok(()) };
    f.write_str(" ")?;
    reason.write_escaped(f)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;

    #[test]
    fn a_revocation_names_a_gate_and_may_say_why() {
        check(&[
            ("/sop-revoke qa", "/sop-revoke qa-review"),
            (
                "/sop-revoke qa — code after all",
                "/sop-revoke qa-review code after all",
            ),
            (
                "/sop-revoke qa @bob asked",
                "/sop-revoke qa-review @bob asked",
            ),
            ("/sop-revoke", "/sop-revoke: which gate?"),
            ("/sop-revoke all", "/sop-revoke: no gate all"),
            ("/sop-revoke `qa`", "/sop-revoke: marked up"),
        ]);
    }
}
