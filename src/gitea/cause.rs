//! From the facts of a failed call to its cause: the status first, Gitea's message second.
//!
//! The tables are data, so that a new wording of Gitea's is a new line. What takes a further
//! call to tell apart is done in [`super::membership`], which says so. **Invariant:** no cause is
//! ever guessed; what fits no row is `Unexplained`.

use super::error::{CallError, ErrorKind};
use crate::model::Cause;

/// What Gitea says in a 403 (gitea-facts §1.6, §13.1); the first row that is contained decides.
const REFUSALS: &[(&str, Cause)] = &[
    ("Must be a team member", Cause::BotNotInTeam),
    ("Must be an organization member", Cause::BotNotInOrg),
    ("limited to public", Cause::PublicOnlyToken),
    ("Only signed in user", Cause::SignInRequired),
    ("account is not activated", Cause::AccountBlocked),
    ("prohibited from signing in", Cause::AccountBlocked),
    ("must change your password", Cause::AccountBlocked),
];

const TEAM_LIST: &str = "/orgs/{org}/teams";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";
const SCOPE: &str = "required scope";

/// Why a call failed, as far as its own answer says.
#[must_use]
pub fn cause_of(error: &CallError) -> Cause {
    let posts_status = error.evidence.method == "POST" && error.route == STATUSES;
    match &error.kind {
        ErrorKind::Unauthorized => Cause::TokenInvalid,
        ErrorKind::Refused => refusal(error, posts_status),
        ErrorKind::NotFound | ErrorKind::Server(500) if posts_status => Cause::HeadNotInBase,
        ErrorKind::NotFound => absence(error.route),
        ErrorKind::Archived => Cause::CannotComment,
        ErrorKind::Server(_) | ErrorKind::Timeout | ErrorKind::Unreachable { .. } => {
            Cause::ForgeUnavailable
        }
        ErrorKind::NotGitea { .. } | ErrorKind::TooMany { .. } | ErrorKind::Unreadable => {
            Cause::ProxyInBetween
        }
        ErrorKind::Moved { .. } if error.route.starts_with("/orgs/") => Cause::TeamUnknown,
        ErrorKind::Moved { .. } if error.route.starts_with(REPOSITORY) => Cause::RepoNotVisible,
        _ => Cause::Unexplained,
    }
}

fn refusal(error: &CallError, posts_status: bool) -> Cause {
    let message = error.evidence.message.as_deref().unwrap_or_default();
    if let Some((_, cause)) = REFUSALS.iter().find(|(words, _)| message.contains(words)) {
        return *cause;
    }
    if posts_status {
        return Cause::CannotWriteStatus;
    }
    if message.contains(SCOPE) {
        return Cause::ScopeMissing;
    }
    if !message.is_empty() && !error.signed {
        return Cause::AccountBlocked;
    }
    if error.evidence.method == "GET" {
        Cause::Unexplained
    } else {
        Cause::CannotComment
    }
}

/// What a 404 means where its route leaves one meaning only. A team's 404 has several.
fn absence(route: &str) -> Cause {
    match route {
        TEAM_LIST => Cause::OwnerNotAnOrganisation,
        REPOSITORY => Cause::RepoNotVisible,
        "/users/{user}" => Cause::UserUnknown,
        _ => Cause::Unexplained,
    }
}
