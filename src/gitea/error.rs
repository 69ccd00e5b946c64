//! How a call can fail: one kind for each fact that somebody can act upon.

use super::traffic::LONGEST_QUIET;
use crate::model::{Evidence, Outcome};
use std::{fmt, time::Duration};

/// What the routes begin with that name a repository.
const REPOSITORY: &str = "/repos/{owner}/{repo}";

/// What went wrong, by the facts of the answer. What they *mean* is said by [`super::cause_of`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 401.
    Unauthorized,
    /// 403.
    Refused,
    /// 404 of Gitea's own making.
    NotFound,
    /// 301, 302, 303, 307 or 308 to another place of the same API: something was renamed
    /// (gitea-facts §5).
    Moved {
        /// Which of them.
        status: u16,
        /// The new path, below `/api/v1`.
        to: String,
    },
    /// 423: the repository is archived (gitea-facts §0.1).
    Archived,
    /// Any other 4xx of Gitea's.
    Rejected(u16),
    /// 429, which only a proxy sends (gitea-facts §8).
    TooMany {
        /// How long to wait, if it was said.
        retry_after: Option<Duration>,
    },
    /// 5xx.
    Server(u16),
    /// No answer in time.
    Timeout,
    /// The connection failed or broke.
    Unreachable {
        /// Whether the request may have arrived.
        sent: bool,
    },
    /// The server's certificate is not trusted; nothing was sent.
    Untrusted,
    /// Something other than Gitea answered.
    NotGitea {
        /// The HTTP status.
        status: u16,
        /// The `Server` header, by which the proxy may be known.
        server: Option<String>,
        /// The `Content-Type` header.
        content_type: Option<String>,
    },
    /// The answer is larger than any answer of Gitea's.
    TooLarge,
    /// The answer ended early or is not what Gitea says there.
    Unreadable,
    /// A 2xx other than the one that was due (gitea-facts §5, redirects).
    Unexpected(u16),
    /// A list changed under every one of several walks.
    Restless,
    /// Nothing was asked, because no path can carry that name.
    Unaskable,
}

/// A call that did not do what was asked. It never holds a token or a body.
#[derive(Clone, Debug)]
pub struct CallError {
    /// What was asked and what came back.
    pub evidence: Box<Evidence>,
    /// What went wrong.
    pub kind: ErrorKind,
    /// Which route it was, with names in place of values: `/teams/{id}`.
    pub route: &'static str,
    /// Whether the answer named the API's documentation, as all of Gitea's do but those about
    /// the state of an account (gitea-facts §0.1).
    pub signed: bool,
    /// Where people find what it was about.
    pub(super) pages: super::places::Pages,
}

impl ErrorKind {
    /// Whether it was Gitea that answered.
    pub(super) fn is_gitea(&self) -> bool {
        !matches!(
            self,
            Self::NotGitea { .. }
                | Self::Server(502..=504)
                | Self::TooMany { .. }
                | Self::Unexpected(_)
        )
    }

    /// How the call ended, for the evidence.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Unauthorized => Outcome::Status(401),
            Self::Refused => Outcome::Status(403),
            Self::NotFound => Outcome::Status(404),
            Self::Archived => Outcome::Status(423),
            Self::TooMany { .. } => Outcome::Status(429),
            Self::Rejected(status)
            | Self::Server(status)
            | Self::Unexpected(status)
            | Self::Moved { status, .. }
            | Self::NotGitea { status, .. } => Outcome::Status(*status),
            Self::Timeout => Outcome::Timeout,
            Self::Unreachable { .. } => Outcome::Unreachable,
            Self::Untrusted => Outcome::Untrusted,
            Self::TooLarge | Self::Unreadable | Self::Restless | Self::Unaskable => {
                Outcome::Unreadable
            }
        }
    }
}

impl CallError {
    /// Whether a write may have been performed although no good answer came: to be looked up
    /// before it is tried again (gitea-facts §2.1). Always `false` for reads.
    #[must_use]
    pub fn maybe_performed(&self) -> bool {
        let writes = self.evidence.method != "GET";
        writes
            && match self.kind {
                ErrorKind::Timeout
                | ErrorKind::Unreachable { sent: true }
                | ErrorKind::Server(_)
                | ErrorKind::TooLarge
                | ErrorKind::Unreadable
                | ErrorKind::Unexpected(_) => true,
                ErrorKind::NotGitea { status, .. } => !(300..500).contains(&status),
                _ => false,
            }
    }

    /// Whether a write may take effect even now, because nobody has heard Gitea's own answer to it.
    #[must_use]
    pub fn may_land_late(&self) -> bool {
        let unheard = matches!(
            self.kind,
            ErrorKind::Timeout | ErrorKind::Unreachable { .. }
        );
        self.maybe_performed() && (unheard || !self.kind.is_gitea())
    }

    /// Whether it was about a repository that has another name or another owner now.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self.kind, ErrorKind::Moved { .. }) && self.route.starts_with(REPOSITORY)
    }

    /// Whether a proxy has asked to be left alone for a while.
    #[must_use]
    pub const fn asks_for_quiet(&self) -> bool {
        matches!(self.kind, ErrorKind::TooMany { .. })
    }

    /// How long a proxy has asked to be left alone, within reason. `None`: it has not, or not said.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            ErrorKind::TooMany { retry_after } => retry_after.map(|wait| wait.min(LONGEST_QUIET)),
            _ => None,
        }
    }

    /// Whether the same read may be tried again at once (gitea-facts §8).
    pub(super) fn passes(&self) -> bool {
        let reads = self.evidence.method == "GET";
        reads
            && matches!(
                self.kind,
                ErrorKind::Unreachable { .. }
                    | ErrorKind::Server(502..=504)
                    | ErrorKind::TooMany { .. }
            )
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence {
            asked_as,
            method,
            path,
            message,
            ..
        } = &*self.evidence;
        write!(f, "{method} {path} as {asked_as}: {:?}", self.kind)?;
        message
            .iter()
            .try_for_each(|message| write!(f, ", {message:?}"))
    }
}

impl std::error::Error for CallError {}
