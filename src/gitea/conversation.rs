//! Reading what was said: the timeline of one pull request, one comment, a repository's comments.

use super::{
    body::{self, Row},
    error::{CallError, ErrorKind},
    exchange::Call,
    pages::Walk,
    session::{Ask, Session},
    splitter::Element,
    time,
    wire::{self, RepoComment, WireComment, WireReaction},
};
use crate::model::{Account, Comment, CommentId, Entry, PullRef, RepoName};
use jiff::Timestamp;
use std::{collections::HashSet, ops::ControlFlow};

const TIMELINE: &str = "/repos/{owner}/{repo}/issues/{number}/timeline";
const COMMENT: &str = "/repos/{owner}/{repo}/issues/comments/{id}";
const REACTIONS: &str = "/repos/{owner}/{repo}/issues/comments/{id}/reactions";
const OF_ONE: &str = "/repos/{owner}/{repo}/issues/{number}/comments";
const COMMENTS: &str = "/repos/{owner}/{repo}/issues/comments";
/// 100,000 comments since the last look; more are an error, never a shorter list.
const COMMENT_PAGES: u64 = 2_000;

/// 100,000 entries; more are an error, never a shorter list.
const TIMELINE_PAGES: u64 = 2_000;

/// Pages of a timeline in a row on which everything is left out, behind which nothing is looked for.
const HIDDEN_PAGES: u64 = 20;

/// A page of a timeline, as it was read.
struct TimelinePage {
    number: u64,
    entries: u64,
    /// How many entries a page has. `None`: not known.
    full: Option<u64>,
    rows: Vec<Entry>,
}

impl TimelinePage {
    /// Whether more is missing on it than can be left out.
    fn is_surely_last(&self, left_out: u64) -> bool {
        let lacks = self
            .full
            .is_some_and(|full| self.entries.saturating_add(left_out) < full);
        lacks || (self.entries == 0 && left_out == 0)
    }
}

/// A thumb up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who gave it.
    pub by: Account,
    /// When, by the forge's clock, whole seconds. `None`: Gitea does not say.
    pub at: Option<Timestamp>,
}

/// What stands behind a comment's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A comment of a conversation.
    Plain(Comment),
    /// A review, an inline comment or an event: Gitea answers 204 (gitea-facts §3.2).
    OtherKind,
    /// Nothing (any more).
    Gone,
}

impl Session {
    /// The timeline, all of it or what changed since a time (inclusive). Entries are handed over page
    /// by page, some of them twice and not in order; after an error what was handed over is incomplete.
    ///
    /// It is asked for in pages, because 1.26 gives only the first 30 entries without `page` where
    /// older versions give all. Two things could hide an entry then, and do not:
    /// - Gitea cuts the pages first and leaves comments on lines of code out second, so that a short
    ///   or empty page need not be the last. `left_out` says how many there are of those: a page that
    ///   lacks more than that is the last one.
    /// - A deletion moves every later entry one place forward. So what is longer than a page is walked
    ///   from its end to its beginning, and without `since`, because an edit would bring an entry into
    ///   the middle of what changed.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] beyond 100,000 entries, and any other [`CallError`].
    pub async fn fetch_timeline(
        &self,
        pull: &PullRef,
        since: Option<Timestamp>,
        left_out: u64,
        mut sink: impl FnMut(Entry) + Send,
    ) -> Result<(), CallError> {
        let first = self.timeline_page(pull, since, 1).await?;
        if first.is_surely_last(left_out) {
            first.rows.into_iter().for_each(sink);
            return Ok(());
        }
        let mut page = self.last_timeline_page(pull, left_out).await?;
        loop {
            let number = page.number;
            page.rows.into_iter().for_each(&mut sink);
            if number <= 1 {
                return Ok(());
            }
            page = self.timeline_page(pull, None, number - 1).await?;
        }
    }

    /// The whole timeline, and what stands on it behind pages of entries that are left out without a
    /// count: lines of a draft that only its author sees, and mentions from repositories that we may not
    /// read. It takes many calls more, so it is for when something is missing that has to be there.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] beyond 100,000 entries, and any other [`CallError`].
    pub async fn fetch_hidden_timeline(
        &self,
        pull: &PullRef,
        mut sink: impl FnMut(Entry) + Send,
    ) -> Result<(), CallError> {
        let (mut last, mut number) = (1, 1);
        while number - last <= HIDDEN_PAGES {
            if number > TIMELINE_PAGES {
                return Err(self.error(self.reader(), TIMELINE, ErrorKind::TooLarge));
            }
            if self.timeline_page(pull, None, number).await?.entries > 0 {
                last = number;
            }
            number += 1;
        }
        // Backwards, because a deletion moves every later entry forward.
        for number in (1..=last).rev() {
            let page = self.timeline_page(pull, None, number).await?;
            page.rows.into_iter().for_each(&mut sink);
        }
        Ok(())
    }

    /// Finds the last page that has anything on it: doubles, then halves, then looks as far beyond
    /// as what is left out could reach.
    async fn last_timeline_page(
        &self,
        pull: &PullRef,
        left_out: u64,
    ) -> Result<TimelinePage, CallError> {
        let (mut filled, mut empty) = (1, None);
        loop {
            let next = match empty {
                Some(empty) if empty - filled <= 1 => {
                    match self.beyond(pull, filled, left_out).await? {
                        Some(further) => further,
                        None => return self.timeline_page(pull, None, filled).await,
                    }
                }
                Some(empty) => filled.midpoint(empty),
                None => filled * 2,
            };
            if next > TIMELINE_PAGES {
                return Err(self.error(self.reader(), TIMELINE, ErrorKind::TooLarge));
            }
            let page = self.timeline_page(pull, None, next).await?;
            if page.entries == 0 {
                empty = Some(next);
            } else if page.is_surely_last(left_out) {
                return Ok(page);
            } else {
                filled = next;
                empty = empty.filter(|empty| *empty > next);
            }
        }
    }

    /// A page with entries behind pages without any, where so many can be left out.
    async fn beyond(
        &self,
        pull: &PullRef,
        filled: u64,
        left_out: u64,
    ) -> Result<Option<u64>, CallError> {
        let reach = left_out / self.gitea().page_size().unwrap_or(1);
        for number in filled + 2..=filled + 1 + reach.min(TIMELINE_PAGES) {
            if self.timeline_page(pull, None, number).await?.entries > 0 {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    async fn timeline_page(
        &self,
        pull: &PullRef,
        since: Option<Timestamp>,
        page: u64,
    ) -> Result<TimelinePage, CallError> {
        let number = pull.number.to_string();
        let mut query: Vec<_> = since.iter().map(|at| ("since", time::since(*at))).collect();
        query.push(("page", page.to_string()));
        query.push(("limit", "50".to_owned()));
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let ask = Ask {
            route: TIMELINE,
            values: &values,
            query: &query,
        };
        let call = self.reading(self.reader(), &ask, &[200])?;
        let mut body = body::Page::new(wire::entry);
        self.call(&call, &mut body).await?;
        Ok(TimelinePage {
            number: page,
            entries: body.elements(),
            full: self.gitea().page_size(),
            rows: body.rows,
        })
    }

    /// What stands behind a comment's id.
    ///
    /// # Errors
    /// Any [`CallError`] but a 404.
    pub async fn fetch_comment(&self, repo: &RepoName, id: CommentId) -> Result<Lookup, CallError> {
        let id = id.to_string();
        let values = [repo.owner(), repo.name(), id.as_str()];
        let call: Call = self.reading(self.reader(), &Ask::of(COMMENT, &values), &[200, 204])?;
        let mut row = Row::<WireComment>::new();
        match self.call(&call, &mut row).await {
            Ok(_) => Ok(row
                .into_value()
                .map_or(Lookup::OtherKind, |row| Lookup::Plain(row.comment()))),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Lookup::Gone),
            Err(error) => Err(error),
        }
    }

    /// Who gave a comment a thumb up.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_consents(
        &self,
        repo: &RepoName,
        id: CommentId,
    ) -> Result<Vec<Consent>, CallError> {
        let id = id.to_string();
        let values = [repo.owner(), repo.name(), id.as_str()];
        let ask = Ask::of(REACTIONS, &values);
        // Gitea answers `null` where there are none (gitea-facts §3.5).
        let rows: Option<Vec<WireReaction>> = self.get(self.reader(), ask).await?;
        let rows = rows.unwrap_or_default();
        Ok(rows.into_iter().filter_map(WireReaction::consent).collect())
    }

    /// Our own comments in one conversation that were written or changed since a time (inclusive).
    /// Gitea gives this list in one answer (gitea-facts §3.2), of which nothing else is kept. Whoever
    /// writes them asks, since reading may be what an identity cannot do.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_own_comments(
        &self,
        pull: &PullRef,
        since: Timestamp,
    ) -> Result<Vec<Comment>, CallError> {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let ask = Ask {
            route: OF_ONE,
            values: &values,
            query: &[("since", time::since(since))],
        };
        let call = self.reading(self.writer(), &ask, &[200])?;
        let own = |row: Element<'_>| {
            let comment = wire::repo_comment(row.json)?.comment;
            let author = comment.author.as_ref();
            let is_own = author.is_some_and(|author| self.gitea().is_own(author));
            Ok(is_own.then_some(comment))
        };
        let mut body = body::Page::new(own);
        self.call(&call, &mut body).await?;
        Ok(body.rows.into_iter().flatten().collect())
    }

    /// All comments of a repository, on pull requests and issues, that were written or changed
    /// since a time (inclusive), each once for each of its versions. Gives the server's time at
    /// the beginning of the walk, from which the next one should go on with some overlap.
    ///
    /// # Errors
    /// [`ErrorKind::Restless`] when comments came in faster than they could be read,
    /// [`ErrorKind::TooLarge`] when there are more than 100,000, and any other [`CallError`].
    pub async fn fetch_comments_since(
        &self,
        repo: &RepoName,
        since: Timestamp,
        mut sink: impl FnMut(RepoComment) + Send,
    ) -> Result<Timestamp, CallError> {
        let query = [("since", time::since(since))];
        let values = [repo.owner(), repo.name()];
        let ask = Ask {
            route: COMMENTS,
            values: &values,
            query: &query,
        };
        let walk = Walk {
            by: self.reader(),
            ask,
            pages: COMMENT_PAGES,
            grows: true,
        };
        let mut seen = HashSet::new();
        let visit = |_, rows: Vec<RepoComment>| {
            for row in rows {
                if seen.insert((row.comment.id, row.comment.updated_at)) {
                    sink(row);
                }
            }
            ControlFlow::Continue(())
        };
        let parse = |row: Element<'_>| wire::repo_comment(row.json);
        let walked = self.walk(&walk, parse, visit).await?;
        if walked.more {
            return Err(self.error(walk.by, COMMENTS, ErrorKind::TooLarge));
        }
        walked.first.date.ok_or_else(|| self.senseless(COMMENTS))
    }
}
