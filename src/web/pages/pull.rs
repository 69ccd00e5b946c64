//! The page of a pull request.

use super::Site;
use super::able::Able;
use super::access::{Barred, Sight};
use super::frame::{Frame, Notice, page as rendered};
use super::place::{self, Place};
use super::session::Session;
use super::view::{CallView, GateView, PastView, Viewer};
use super::words;
use super::would::{ReplyView, StatusView, Would};
use crate::decide::evaluation::Shown;
use crate::decide::record::PullRecord;
use crate::memo;
use crate::model::PullRef;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use state::{PullKey, StoreError};
use std::sync::Arc;

/// The page.
#[derive(Template)]
#[template(path = "pull.html", config = ".config/askama.toml")]
struct PullPage {
    frame: Frame,
    name: String,
    title: String,
    there: String,
    state: &'static str,
    base: String,
    head: String,
    gates: Vec<GateView>,
    past: Vec<PastView>,
    calls: Vec<CallView>,
    /// Whether nothing of it is posted, because the bot observes.
    observing: bool,
    /// What it would have posted then.
    statuses: Vec<StatusView>,
    replies: Vec<ReplyView>,
    /// Where changes are told, with what this page has seen.
    events: String,
}

/// What is remembered of a pull request.
#[derive(Default)]
struct Known {
    record: Option<PullRecord>,
    shown: Shown,
    would: Would,
}

/// Shows a pull request to whoever may see it.
pub(super) async fn page(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Path((owner, repo, number)): Path<(String, String, String)>,
) -> Response {
    let Some(pull) = place::pull(&owner, &repo, &number) else {
        return site.bar(&Place::Index, None, &Barred::Closed);
    };
    let here = Place::Pull(pull.clone());
    let Some(session) = site.visitor(&headers) else {
        return site.bar(&here, None, &Barred::SignedOut);
    };
    match site.sight(&session, &pull).await {
        Ok(sight) => site.show(&session, &pull, &sight).await,
        Err(why) => site.bar(&here, Some(&session), &why),
    }
}

impl Site {
    async fn show(&self, session: &Session, pull: &PullRef, sight: &Sight) -> Response {
        let key = key(pull, sight);
        let known = match self.known(key).await {
            Ok(known) => known,
            Err(error) => {
                tracing::error!(%error, "a page cannot be shown");
                return self.bar(&Place::Pull(pull.clone()), Some(session), &Barred::Away);
            }
        };
        let able = match &known.record {
            Some(record) => self.able(session, sight, (record, &known.shown)).await,
            None => Able::new(),
        };
        rendered(
            StatusCode::OK,
            &self.compose(session, (pull, sight), &known, able),
        )
    }

    async fn known(&self, key: PullKey) -> Result<Known, StoreError> {
        let record = self.shared.store.pull(key).await?;
        let record = record.and_then(|record| PullRecord::read(&record.bytes));
        let would = if self.shared.writing.mode.observes() {
            self.would(key, record.as_ref()).await?
        } else {
            Would::default()
        };
        Ok(Known {
            would,
            record,
            shown: self.shown(key).await?,
        })
    }

    async fn shown(&self, key: PullKey) -> Result<Shown, StoreError> {
        let place = memo::all_of_pull::<Shown>(key);
        let shown = memo::recall(&*self.shared.store, &place).await?;
        Ok(shown.unwrap_or_default())
    }

    fn compose(
        &self,
        session: &Session,
        (pull, sight): (&PullRef, &Sight),
        known: &Known,
        able: Able,
    ) -> PullPage {
        let record = known.record.as_ref().map(|record| &record.pull);
        let head = record.and_then(|pull| pull.head.as_ref());
        let head = head.map(|sha| sha.short().to_owned()).unwrap_or_default();
        let named = PullRef {
            repo: sight.pull.repo.clone(),
            number: pull.number,
        };
        let viewer = Viewer {
            gitea: &self.shared.gitea,
            pull: &named,
            head: head.clone(),
            bind: self.shared.policy.declarations.bind,
            able,
            is_member_of: &|organisation| sight.is_member_of(organisation),
        };
        let here = Place::Pull(named.clone());
        let seen = seen(&known.shown);
        let inside = viewer.is_inside(&known.shown);
        PullPage {
            observing: self.shared.writing.mode.observes(),
            statuses: known.would.statuses(inside),
            replies: self.replies(&named, &known.would, inside),
            events: format!("{}/events?seen={seen}", self.address(&here)),
            frame: self.frame(&here, Some(session)),
            name: named.to_string(),
            title: sight.pull.title.clone(),
            there: self.shared.gitea.pull_page(&named),
            state: record.map_or("", |pull| words::state(pull.state)),
            base: record.map(|pull| pull.base.clone()).unwrap_or_default(),
            gates: viewer.gates(&known.shown),
            past: viewer.past(&known.shown),
            calls: viewer.calls(&known.shown),
            head,
        }
    }

    /// What somebody reads who is shown nothing. The same for what is not there and for what may not be
    /// seen.
    pub(super) fn bar(&self, here: &Place, session: Option<&Session>, why: &Barred) -> Response {
        let (status, title, says) = match why {
            Barred::Moved(to) => {
                let to = self.address(&Place::Pull(to.clone()));
                return Redirect::temporary(&to).into_response();
            }
            Barred::SignedOut if self.door.is_none() => (
                StatusCode::NOT_FOUND,
                "Nothing is shown here",
                "Nobody can sign in here yet, and only what Gitea shows to somebody is shown.",
            ),
            Barred::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "Sign in to see this",
                "Only what Gitea shows to your account is shown here.",
            ),
            Barred::Closed => (
                StatusCode::NOT_FOUND,
                "Nothing to see",
                "There is no such pull request, or Gitea does not show it to your account.",
            ),
            Barred::Away => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Gitea does not answer",
                "Whether you may see this could not be found out. Try again in a moment.",
            ),
            Barred::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too much at once",
                "You have looked at very much within a minute. Try again in another one.",
            ),
        };
        let session = session.filter(|_| *why != Barred::SignedOut);
        let notice = Notice {
            frame: self.frame(here, session),
            title,
            says,
        };
        let mut response = rendered(status, &notice);
        if matches!(why, Barred::Away | Barred::TooMany) {
            let wait = HeaderValue::from_static("60");
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }

    /// What the newest evaluation of a pull request is, as [`seen`] says it.
    pub(super) async fn newest(&self, key: PullKey) -> Result<i64, StoreError> {
        Ok(seen(&self.shown(key).await?))
    }
}

/// The pull request by the number that its repository keeps when it is renamed.
pub(super) fn key(pull: &PullRef, sight: &Sight) -> PullKey {
    memo::pull_key(sight.pull.repository, pull.number)
}

/// The newest evaluation, as a number that changes with it.
fn seen(shown: &Shown) -> i64 {
    shown
        .past
        .first()
        .map_or(0, |past| past.at.as_millisecond())
}
