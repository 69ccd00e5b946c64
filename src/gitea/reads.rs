//! Reading repositories, pull requests and reviews.

use super::{
    error::{CallError, ErrorKind},
    pages::Walk,
    session::{Ask, Session},
    splitter::Element,
    version::Version,
    wire::{self, WirePull, WireRepository, WireUser},
};
use crate::model::{
    Account, Login, Pull, PullRef, RepoName, Repository, RepositoryId, Review, Reviews,
};
use jiff::Timestamp;
use std::{collections::HashSet, ops::ControlFlow};

const REPOSITORY: &str = "/repos/{owner}/{repo}";
const BY_ID: &str = "/repositories/{id}";
const USER: &str = "/users/{user}";
const PULL: &str = "/repos/{owner}/{repo}/pulls/{number}";
const PULLS: &str = "/repos/{owner}/{repo}/pulls";
const REVIEWS: &str = "/repos/{owner}/{repo}/pulls/{number}/reviews";
/// No pull request has more reviews than this many pages.
const REVIEW_PAGES: u64 = 200;

/// Which states a listing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Open ones, drafts too.
    Open,
    /// Closed and merged ones as well.
    All,
}

/// Which pull requests to list.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// In which states.
    pub which: Which,
    /// Stops at the first one that was last updated before this.
    pub until: Option<Timestamp>,
    /// The most pages of 50 that are read.
    pub pages: u64,
}

impl Session {
    /// Which server this is. Needs no scope (gitea-facts §7.4).
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_version(&self) -> Result<Version, CallError> {
        self.get(self.reader(), Ask::of("/version", &[])).await
    }

    /// The account that has this login now. Needs the scope `read:user` (gitea-facts §7.1).
    ///
    /// # Errors
    /// [`ErrorKind::Moved`] when the login was left by a rename, and any other [`CallError`].
    pub async fn fetch_account(&self, login: &Login) -> Result<Account, CallError> {
        let values = [login.as_str()];
        let user: WireUser = self.get(self.reader(), Ask::of(USER, &values)).await?;
        Ok(user.account())
    }

    /// One repository.
    ///
    /// # Errors
    /// [`ErrorKind::Moved`] when it was renamed, and any other [`CallError`].
    pub async fn fetch_repository(&self, repo: &RepoName) -> Result<Repository, CallError> {
        let values = [repo.owner(), repo.name()];
        let row: WireRepository = self
            .get(self.reader(), Ask::of(REPOSITORY, &values))
            .await?;
        self.saw_owner_of(repo);
        row.repository().map_err(|_| self.senseless(REPOSITORY))
    }

    /// The repository with this number, whatever its name is now: it has it for ever.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is gone or out of sight, and any other [`CallError`].
    pub async fn fetch_repository_by_id(&self, id: RepositoryId) -> Result<Repository, CallError> {
        let id = id.to_string();
        let row: WireRepository = self
            .get(self.reader(), Ask::of(BY_ID, &[id.as_str()]))
            .await?;
        row.repository().map_err(|_| self.senseless(BY_ID))
    }

    /// One pull request: the only source of its head (gitea-facts §13.2).
    ///
    /// # Errors
    /// Any [`CallError`]; Gitea's 200 with the body `null` is [`ErrorKind::Unreadable`].
    pub async fn fetch_pull(&self, pull: &PullRef) -> Result<Pull, CallError> {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let row: WirePull = self.get_row(self.reader(), Ask::of(PULL, &values)).await?;
        self.saw_owner_of(&pull.repo);
        row.pull().map_err(|_| self.senseless(PULL))
    }

    /// Pull requests by recent update. Their heads may be older than the true ones, and a
    /// repository with more than `listing.pages` pages gives the first of them.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_pulls(
        &self,
        repo: &RepoName,
        listing: Listing,
    ) -> Result<Vec<Pull>, CallError> {
        // Without `state` Gitea lists all, whatever its documentation says (gitea-facts §5).
        let state = if listing.which == Which::Open {
            "open"
        } else {
            "all"
        };
        let query = [
            ("state", state.to_owned()),
            ("sort", "recentupdate".to_owned()),
        ];
        let values = [repo.owner(), repo.name()];
        let ask = Ask {
            route: PULLS,
            values: &values,
            query: &query,
        };
        let walk = Walk {
            by: self.reader(),
            ask,
            pages: listing.pages,
            grows: false,
        };
        let mut pulls: Vec<Pull> = Vec::new();
        let is_new = |pull: &Pull| listing.until.is_none_or(|until| pull.updated_at >= until);
        let visit = |page, rows: Vec<Pull>| {
            if page == 1 {
                pulls.clear();
            }
            let reached_old = rows.iter().any(|pull| !is_new(pull));
            pulls.extend(rows.into_iter().filter(is_new));
            if reached_old {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        self.walk(&walk, |row: Element<'_>| wire::listed_pull(row.json), visit)
            .await?;
        self.saw_owner_of(repo);
        Ok(without_repeats(pulls))
    }

    /// All reviews that may be seen, and how many drafts may not.
    ///
    /// # Errors
    /// [`ErrorKind::Restless`] when reviews came in faster than they could be read, and any other
    /// [`CallError`].
    pub async fn fetch_reviews(&self, pull: &PullRef) -> Result<Reviews, CallError> {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let walk = Walk {
            by: self.reader(),
            ask: Ask::of(REVIEWS, &values),
            pages: REVIEW_PAGES,
            grows: false,
        };
        let parse = |row: Element<'_>| wire::review(row.json);
        let (rows, walked) = self.rows::<Review>(walk, parse).await?;
        if walked.more {
            return Err(self.error(self.reader(), REVIEWS, ErrorKind::TooLarge));
        }
        let shown = rows.len() as u64;
        let hidden_drafts = walked.first.total.unwrap_or(shown).saturating_sub(shown);
        Ok(Reviews {
            rows,
            hidden_drafts,
        })
    }

    /// A good answer whose parts do not fit together.
    pub(super) fn senseless(&self, route: &'static str) -> CallError {
        self.error(self.reader(), route, ErrorKind::Unreadable)
    }
}

/// While a list is walked, a row may move from a page to the next and be seen twice.
fn without_repeats(pulls: Vec<Pull>) -> Vec<Pull> {
    let mut seen = HashSet::new();
    pulls
        .into_iter()
        .filter(|pull| seen.insert(pull.number))
        .collect()
}
