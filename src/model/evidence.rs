//! What was asked of Gitea and what came back: the part of a call that may be shown to people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// An answer came, with this HTTP status.
    Status(u16),
    /// No answer in time.
    Timeout,
    /// The connection failed or broke.
    Unreachable,
    /// The server's certificate is not one that is trusted.
    Untrusted,
    /// An answer came that could not be read: cut, too large, or not what Gitea says there.
    Unreadable,
}

/// One call, without secrets: no token, no body, and of a 401 no message (it may echo the token,
/// gitea-facts §1.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the call ended, by our clock.
    pub at: Timestamp,
    /// The identity's name in the configuration.
    pub asked_as: String,
    /// `GET`, `POST`, `PATCH`.
    pub method: String,
    /// The path below `/api/v1`, with its query.
    pub path: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Gitea's own message, at most 200 characters. `None`: there was none, or it must not be shown.
    pub message: Option<String>,
    /// Headers by which something in front of Gitea may be known: `server`, `via`, `cf-*`. Empty where
    /// Gitea itself answered.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}
