//! Lines that are meant for us but say nothing we can do.

use serde::Serialize;

use crate::gates::GateName;

/// Characters of a word that is kept from what somebody typed.
pub(crate) const WORD_LIMIT: usize = 64;

/// What is wrong with a line that is ours. Words are what a stranger typed, cut to 64 characters:
/// whoever shows them escapes them. Commands are canonical, with their slash (`/sop-n/a`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "misuse")]
pub enum Misuse {
    /// There is no gate of that name.
    UnknownGate {
        /// The command.
        command: &'static str,
        /// What stands in the gate's place.
        word: String,
        /// The gate that may have been meant.
        suggestion: Option<GateName>,
    },
    /// The command needs a gate and has none.
    MissingGate {
        /// The command.
        command: &'static str,
    },
    /// The word is almost a command.
    UnknownCommand {
        /// The word, with its slash.
        word: String,
        /// The command that may have been meant, with its slash.
        suggestion: &'static str,
    },
    /// What follows the `@` is no commit (7 to 64 hexadecimal digits).
    BadCommit {
        /// The word, with its `@`.
        word: String,
    },
    /// A gate or a commit stands in a code span, a link or other markup: it must be plain text.
    MarkedUp {
        /// The command.
        command: &'static str,
    },
}
