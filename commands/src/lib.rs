//! What a comment says to the bot: which of its lines are live, and which commands they hold.
//!
//! The way of a comment through this crate, in reading order:
//!
//! 1. [`parse`] cuts the body to [`MAX_BODY`] bytes and asks `live` for its live lines:
//!    pulldown-cmark knows the Markdown, `live` keeps the top-level paragraph text.
//! 2. `grammar` (nom) splits a line into words, [`catalogue`] finds the command that they name and
//!    reads its arguments into a [`Command`], or into a [`Misuse`] if it is ours but wrong.
//! 3. [`Reading`] keeps what is distinct, within its bounds.
//!
//! **Invariant:** everything here is a plain function of plain text. Nothing is fetched, nothing is
//! configured but the [`GateTable`], no input panics, and no work grows faster than the comment.
//! The service calls [`parse`]; nobody else decides what a command is.

mod body;
pub mod catalogue;
mod command;
mod commit;
mod gates;
mod grammar;
mod letters;
mod live;
mod misuse;
mod person;
mod reading;
mod reason;
mod slips;

pub use body::{MAX_BODY, may_hold_command};
pub use command::{Command, Selection};
pub use commit::{CommitPrefix, NotACommit};
pub use gates::{GateName, GateNameError, GateTable, GateTableError};
pub use misuse::Misuse;
pub use person::{NotAPerson, Person};
pub use reading::{MAX_COMMANDS, MAX_MISUSES, Reading, parse};
pub use reason::Reason;
