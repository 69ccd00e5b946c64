//! Every API call in the order in which it was answered, for tests that count.

use std::time::Instant;

/// One call that the stand-in answered (or broke on purpose).
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Path and query as asked, e.g. `/api/v1/repos/acme/widget/pulls/3?x=1`.
    pub path: String,
    /// The route it matched, below `/api/v1`, e.g. `/repos/{owner}/{repo}/pulls/{index}`; empty for none.
    pub route: String,
    /// The login whose token (or password) was presented and accepted; `None` for nobody.
    pub login: Option<String>,
    /// The status answered; 0 when the connection was reset or left hanging instead.
    pub status: u16,
    /// The request's body.
    pub request: String,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// When it came, by a clock that nobody moves.
    pub came: Instant,
}

impl Call {
    /// Whether it could have changed anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// `GET /repos/{owner}/{repo}`: how tests name a call.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.route)
    }
}
