//! Help, slips of the pen, and commands in the wrong place.

use super::Part;
use super::text::{code, quoted};
use crate::gate::policy::GateName;
use crate::model::PullState;
use commands::{MAX_BODY, MAX_COMMANDS, Misuse, catalogue};

/// The catalogue, from the table that parsing is made from.
pub(super) fn help() -> String {
    let rows: Vec<String> = catalogue::entries()
        .iter()
        .map(|entry| {
            format!(
                "| {} | {} | {} |",
                code(entry.usage),
                entry.who,
                entry.meaning
            )
        })
        .collect();
    format!(
        "**What I understand**\n\n| command | who | what it does |\n|---|---|---|\n{}",
        rows.join("\n")
    )
}

/// What would be right.
pub(super) fn render(misuse: &Misuse, gates: &[(GateName, Vec<String>)]) -> String {
    match misuse {
        Misuse::UnknownGate {
            command,
            word,
            suggestion,
        } => {
            let meant = suggestion
                .as_ref()
                .map(|gate| did_you_mean(&format!("{command} {gate}")));
            format!(
                "**There is no gate {}.** {}{}",
                quoted(word, 64),
                known(gates),
                meant.unwrap_or_default()
            )
        }
        Misuse::MissingGate { command } => {
            format!(
                "**{} needs to know which gate.** {}",
                code(command),
                known(gates)
            )
        }
        Misuse::UnknownCommand { word, suggestion } => format!(
            "**There is no command {}.**{} {} lists them all.",
            quoted(word, 64),
            did_you_mean(suggestion),
            code("/refire help")
        ),
        Misuse::BadCommit { word } => format!(
            "**{} names no commit.** After {} stand 7 to 64 hexadecimal digits, for example {}.",
            quoted(word, 64),
            code("@"),
            code("@91bc0d2")
        ),
        Misuse::MarkedUp { command } => format!(
            "**{} was not run**: a gate or commit stands in a code span, a link or other markup. Write it \
             as plain text. {}",
            code(command),
            known(gates)
        ),
    }
}

fn did_you_mean(command: &str) -> String {
    format!(" Did you mean {}?", code(command))
}

fn known(gates: &[(GateName, Vec<String>)]) -> String {
    let names: Vec<String> = gates
        .iter()
        .map(|(name, aliases)| {
            let aliases: Vec<String> = aliases.iter().map(code).collect();
            if aliases.is_empty() {
                code(name)
            } else {
                format!("{} ({})", code(name), aliases.join(", "))
            }
        })
        .collect();
    format!("Known here: {}.", names.join(", "))
}

/// Commands that cannot be run where they stand. Parts that are told elsewhere say nothing here.
pub(super) fn out_of_place(part: &Part) -> String {
    match part {
        Part::TooMany(refused) => format!(
            "**{refused} more commands were not run**: at most {MAX_COMMANDS} of one comment are."
        ),
        Part::Truncated => format!(
            "**This comment was searched up to {} KiB only**; what follows was not read.",
            MAX_BODY / 1024
        ),
        Part::NotOpen(PullState::Merged) => {
            String::from("**This pull request is merged**, so there is nothing left to check.")
        }
        Part::NotOpen(_) => String::from(
            "**This pull request is closed.** Reopen it, and its gates are checked again at once.",
        ),
        Part::NotAPull => String::from("**This works on pull requests**; here is an issue."),
        Part::NotAComment => String::from(
            "**Commands in a review are not run**: write it as a plain comment of the conversation.",
        ),
        Part::NotGuarded(base) => format!(
            "**No gate guards pull requests into {}**, so there is nothing to check here.",
            quoted(base, 100)
        ),
        Part::Gone => String::from(
            "**The comment that was answered here is gone**, and with it what it said.",
        ),
        _ => String::new(),
    }
}
