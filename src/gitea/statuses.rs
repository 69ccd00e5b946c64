//! Reading what stands on a commit.

use super::{
    error::{CallError, ErrorKind},
    pages::Walk,
    session::{Ask, Session},
    splitter::Element,
    wire,
};
use crate::model::{PastStatus, RepoName, Sha, StatusRow};
use std::ops::ControlFlow;

const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";
/// Newest first, so what stands on a context is found long before.
const PAGES: u64 = 20;

impl Session {
    /// The statuses of a commit: all of them, or as many pages as it takes to see the newest row of
    /// every context of `wanted`. The greatest id of a context is its newest row. Asked for by the whole id, which no branch can shadow
    /// (gitea-facts §2.2).
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] when the newest rows are beyond the last page that is read, and any
    /// other [`CallError`].
    pub async fn fetch_statuses(
        &self,
        repo: &RepoName,
        sha: &Sha,
        wanted: &[String],
    ) -> Result<Vec<StatusRow>, CallError> {
        let (query, values) = (newest(), [repo.owner(), repo.name(), sha.as_str()]);
        let walk = self.statuses(&query, &values);
        let mut statuses: Vec<StatusRow> = Vec::new();
        let visit = |page, rows: Vec<StatusRow>| {
            if page == 1 {
                statuses.clear();
            }
            statuses.extend(rows);
            if newest_first(&statuses) && has_all(&statuses, wanted) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let parse = |row: Element<'_>| wire::status(row.json);
        let walked = self.walk(&walk, parse, visit).await?;
        if walked.more && !newest_first(&statuses) {
            return Err(self.error(walk.by, STATUSES, ErrorKind::TooLarge));
        }
        Ok(statuses)
    }
}

impl Session {
    /// Everything that was posted on a commit, the newest rows first, and whether there is more than is
    /// read.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_past_statuses(
        &self,
        repo: &RepoName,
        sha: &Sha,
    ) -> Result<(Vec<PastStatus>, bool), CallError> {
        let (query, values) = (newest(), [repo.owner(), repo.name(), sha.as_str()]);
        let walk = self.statuses(&query, &values);
        let (rows, walked) = self.rows(walk, |row| wire::past_status(row.json)).await?;
        Ok((rows, walked.more))
    }

    /// The rows of one commit, page by page.
    fn statuses<'a>(&self, query: &'a [(&'static str, String)], values: &'a [&'a str]) -> Walk<'a> {
        Walk {
            by: self.reader(),
            ask: Ask {
                route: STATUSES,
                values,
                query,
            },
            pages: PAGES,
            grows: false,
        }
    }
}

/// Gitea's names are swapped: this one gives the newest first (gitea-facts §2.2).
fn newest() -> [(&'static str, String); 1] {
    [("sort", "leastindex".to_owned())]
}

/// Whether the server still takes `leastindex` for the newest first; a repaired one would not.
fn newest_first(rows: &[StatusRow]) -> bool {
    rows.is_sorted_by(|earlier, later| earlier.id >= later.id)
}

fn has_all(rows: &[StatusRow], wanted: &[String]) -> bool {
    !wanted.is_empty()
        && wanted
            .iter()
            .all(|context| rows.iter().any(|r| r.context == *context))
}
