//! Walking a list page by page.
//!
//! A list may change while it is walked; then `X-Total-Count` changes, and it is walked again, unless it
//! has only grown and what is new comes at its end.
//! **Invariant:** every walk ends: by the total, by an empty page, or at a limit of pages.

use super::{
    body::{BodyError, Page},
    error::{CallError, ErrorKind},
    exchange::Answer,
    session::{Ask, Session},
    splitter::Element,
};
use std::ops::ControlFlow;

/// How many rows are asked for at a time; Gitea gives no more (gitea-facts §5). Fewer, where those are more
/// than can be read: people write comments of any length.
const ROWS: [u64; 3] = [50, 5, 1];
/// How often a list that changes is walked.
const WALKS: usize = 3;

/// A list to walk.
pub(super) struct Walk<'a> {
    /// Who asks.
    pub(super) by: usize,
    /// What to ask for, without `page` and `limit`.
    pub(super) ask: Ask<'a>,
    /// How many pages at most.
    pub(super) pages: u64,
    /// Whether what is new comes at the end, or comes again with another walk, so that a list that has
    /// only grown is read on: what it has grown by moves nothing out of sight before its end.
    pub(super) grows: bool,
}

/// How a walk went.
pub(super) struct Walked {
    /// The answer to the first page.
    pub(super) first: Answer,
    /// Whether there was more than the limit of pages allows.
    pub(super) more: bool,
}

impl Walk<'_> {
    /// Whether fewer rows may come through. A list that grows by what anybody writes may take too long too.
    fn is_heavy(&self, error: &CallError) -> bool {
        error.kind == ErrorKind::TooLarge || (self.grows && error.kind == ErrorKind::Timeout)
    }
}

impl Session {
    /// All rows of a list that has no more than `walk.pages` pages.
    pub(super) async fn rows<T: Send>(
        &self,
        walk: Walk<'_>,
        parse: impl Fn(Element<'_>) -> Result<T, BodyError> + Send + Sync,
    ) -> Result<(Vec<T>, Walked), CallError> {
        let mut rows = Vec::new();
        let walked = self
            .walk(&walk, parse, |page, page_rows| {
                if page == 1 {
                    rows.clear();
                }
                rows.extend(page_rows);
                ControlFlow::Continue(())
            })
            .await?;
        Ok((rows, walked))
    }

    /// Hands over a list page by page, with the page's number. A page numbered 1 that is not the
    /// first begins the list anew.
    pub(super) async fn walk<T: Send>(
        &self,
        walk: &Walk<'_>,
        parse: impl Fn(Element<'_>) -> Result<T, BodyError> + Send + Sync,
        mut visit: impl FnMut(u64, Vec<T>) -> ControlFlow<()> + Send,
    ) -> Result<Walked, CallError> {
        let [many, fewer @ ..] = ROWS;
        let mut walked = self.walk_by(walk, many, &parse, &mut visit).await;
        for rows in fewer {
            let is_heavy = walked.as_ref().is_err_and(|error| walk.is_heavy(error));
            if !is_heavy {
                break;
            }
            tracing::info!(
                route = walk.ask.route,
                rows,
                "a page was too long: fewer rows are asked for"
            );
            walked = self.walk_by(walk, rows, &parse, &mut visit).await;
        }
        walked
    }

    async fn walk_by<T: Send>(
        &self,
        walk: &Walk<'_>,
        rows: u64,
        parse: &(impl Fn(Element<'_>) -> Result<T, BodyError> + Send + Sync),
        visit: &mut (impl FnMut(u64, Vec<T>) -> ControlFlow<()> + Send),
    ) -> Result<Walked, CallError> {
        for _ in 0..WALKS {
            if let Some(walked) = self.walk_once(walk, rows, parse, visit).await? {
                return Ok(walked);
            }
        }
        Err(self.error(walk.by, walk.ask.route, ErrorKind::Restless))
    }

    /// `None`: the list changed on the way.
    async fn walk_once<T: Send>(
        &self,
        walk: &Walk<'_>,
        rows: u64,
        parse: &(impl Fn(Element<'_>) -> Result<T, BodyError> + Send + Sync),
        visit: &mut (impl FnMut(u64, Vec<T>) -> ControlFlow<()> + Send),
    ) -> Result<Option<Walked>, CallError> {
        let (mut first, mut before, mut seen) = (None, None, 0);
        for page in 1..=walk.pages.max(1) {
            let (answer, body) = self.page(walk, (page, rows), parse).await?;
            let first = *first.get_or_insert(answer);
            let before = before.replace(answer.total).unwrap_or(answer.total);
            let has_grown = walk.grows && before < answer.total;
            if before != answer.total && !has_grown {
                return Ok(None);
            }
            seen += body.elements();
            let empty = body.elements() == 0;
            let stopped = visit(page, body.rows).is_break();
            if stopped || is_last(answer.total, seen, empty.then_some(page * rows)) {
                return Ok(Some(Walked {
                    first,
                    more: stopped,
                }));
            }
        }
        Ok(first.map(|first| Walked { first, more: true }))
    }

    async fn page<T: Send, P: Fn(Element<'_>) -> Result<T, BodyError> + Send + Sync>(
        &self,
        walk: &Walk<'_>,
        (page, rows): (u64, u64),
        parse: P,
    ) -> Result<(Answer, Page<T, P>), CallError> {
        let mut query = walk.ask.query.to_vec();
        query.extend([("page", page.to_string()), ("limit", rows.to_string())]);
        let Ask { route, values, .. } = walk.ask;
        let call = self.reading(
            walk.by,
            &Ask {
                route,
                values,
                query: &query,
            },
            &[200],
        )?;
        let mut body = Page::new(parse);
        let answer = self.call(&call, &mut body).await?;
        Ok((answer, body))
    }
}

/// Whether nothing follows. A total may count rows that are not shown (gitea-facts §13.2), and a
/// server may give fewer rows than asked for, so a page that is merely not full proves nothing.
/// `asked`: how many rows were asked for so far, where the last page was empty.
fn is_last(total: Option<u64>, seen: u64, asked: Option<u64>) -> bool {
    match (total, asked) {
        (Some(total), _) if seen >= total => true,
        (Some(total), Some(asked)) => asked >= total,
        (None, Some(_)) => true,
        (_, None) => false,
    }
}
