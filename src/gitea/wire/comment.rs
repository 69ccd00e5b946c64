//! Comments, by themselves and in the list of a whole repository.

use super::WireUser;
use crate::gitea::body::BodyError;
use crate::model::{Comment, CommentId, PullNumber};
use jiff::Timestamp;
use serde::Deserialize;

/// A comment as every answer has it.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireComment {
    id: u64,
    /// `null` after an edit that changed nothing (gitea-facts §13.2).
    #[serde(default)]
    user: Option<WireUser>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    pull_request_url: Option<String>,
    #[serde(default)]
    issue_url: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl WireComment {
    /// The comment, its body cut.
    pub(in crate::gitea) fn comment(self) -> Comment {
        let mut body = self.body.unwrap_or_default();
        body.truncate(Comment::cut(&body).len());
        Comment {
            id: CommentId::new(self.id),
            author: self.user.map(|user| user.account()),
            body,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// A comment with the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoComment {
    /// The comment.
    pub comment: Comment,
    /// The pull request that it is on. `None`: it is on a plain issue.
    pub pull: Option<PullNumber>,
    /// The plain issue that it is on. `None`: it is on a pull request.
    pub issue: Option<PullNumber>,
}

/// A row of a repository's comments. The pull request's number is the last segment of a page's
/// address, and stands nowhere else (gitea-facts §3.1).
pub(in crate::gitea) fn repo_comment(json: &[u8]) -> Result<RepoComment, BodyError> {
    let row: WireComment = super::read(json)?;
    Ok(RepoComment {
        pull: number_in(row.pull_request_url.as_deref()),
        issue: number_in(row.issue_url.as_deref()),
        comment: row.comment(),
    })
}

fn number_in(url: Option<&str>) -> Option<PullNumber> {
    let segment = url?.rsplit('/').next()?;
    segment.parse().ok().map(PullNumber::new)
}
