//! To whoever types too much: when the answer comes.

use super::text::{code, counted};
use crate::model::RepoName;
use jiff::Timestamp;

/// A command that waits, because there were many within the hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// When it is answered.
    pub until: Timestamp,
    /// The repository in which they came.
    pub repo: RepoName,
    /// How many run at once there within an hour.
    pub hourly: usize,
}

/// The sentence.
pub(super) fn render(later: &Later) -> String {
    let most = u64::try_from(later.hourly).unwrap_or(u64::MAX);
    format!(
        "**This is answered at {} UTC**, and what you type until then with it: more than {} came from \
         you within an hour in {}, and from there on they wait, at most 10 min, and are answered \
         together where they are alike. This comment will change.",
        later.until.strftime("%H:%M:%S"),
        counted(most, "command", "commands"),
        code(&later.repo),
    )
}
