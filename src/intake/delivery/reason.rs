//! The answers to good deliveries that need no work. Gitea shows them in its hook page.

/// Not matched by the configured patterns.
pub const REPOSITORY: &str = "this repository is not among the configured ones";
/// A comment or review like most.
pub const NO_COMMAND: &str = "no command in it";
/// Written by one of the bot's accounts.
pub const OWN: &str = "the bot does not listen to itself";
/// Written by a machine.
pub const SERVICE: &str = "service accounts are not listened to";
/// Deleted and system users (I18).
pub const NOBODY: &str = "its author is no real account";
/// Titles, labels, pushes to branches, comments on issues.
pub const IRRELEVANT: &str = "nothing a gate depends on";
/// Not in `pulls.base_branches`.
pub const UNGUARDED: &str = "base branch is not guarded";
/// An `edited` event whose text is the same, as after an upload (gitea-facts §11).
pub const UNCHANGED: &str = "its text was not changed";
/// The bot hears the statuses that it posts (gitea-facts §13.2).
pub const OWN_STATUS: &str = "a status of the bot itself";
/// Somebody's own status.
pub const CONTEXT: &str = "this context is not one of the bot's";
/// The sweep finds the pull request if there is one.
pub const UNKNOWN_HEAD: &str = "no open pull request known with this commit";
