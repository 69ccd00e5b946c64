//! What tells a page that something changed: server-sent events.
//!
//! An event says nothing but that: the page is asked for again, by whoever may see it. **Invariant:** a
//! listener causes no evaluation, and hears nothing once it may not see the pull request any more.

use super::Site;
use super::access::Barred;
use super::place;
use super::pull::key;
use super::session::Session;
use crate::model::PullRef;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Deserialize;
use state::PullKey;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// So often something is said, so that nothing on the way takes the connection for a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What a page has seen.
#[derive(Deserialize)]
pub(super) struct Seen {
    #[serde(default)]
    seen: i64,
}

/// Somebody who waits for changes.
struct Listener {
    site: Arc<Site>,
    session: Arc<Session>,
    pull: PullRef,
    key: PullKey,
    changes: Receiver<PullKey>,
    /// It may have changed before anybody listened.
    missed: bool,
    _places: [OwnedSemaphorePermit; 2],
}

/// Tells each change of a pull request.
pub(super) async fn events(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Path((owner, repo, number)): Path<(String, String, String)>,
    Query(Seen { seen }): Query<Seen>,
) -> Response {
    let (Some(pull), Some(session)) = (place::pull(&owner, &repo, &number), site.visitor(&headers))
    else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let sight = match site.sight(&session, &pull).await {
        Ok(sight) => sight,
        Err(why) => return refused(&why).into_response(),
    };
    let places = [&site.listeners, &session.listeners];
    let places = places.map(|places| Arc::clone(places).try_acquire_owned());
    let [Ok(place), Ok(own)] = places else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let key = key(&pull, &sight);
    let changes = site.shared.changes.listen();
    let newest = site.newest(key).await.unwrap_or(seen);
    let listener = Listener {
        session,
        pull,
        key,
        changes,
        missed: newest != seen,
        _places: [place, own],
        site,
    };
    let told = stream::unfold(listener, async |mut listener| {
        listener.hears().await.then(|| {
            // Browsers pass an event without data over.
            let event = Event::default().event("changed").data("now");
            (Ok::<_, Infallible>(event), listener)
        })
    });
    let told = Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // A proxy that gathers an answer before it passes it on would keep every change to itself.
    ([(HeaderName::from_static("x-accel-buffering"), "no")], told).into_response()
}

impl Listener {
    /// Whether something changed that may be told; otherwise it is over.
    async fn hears(&mut self) -> bool {
        let (stop, end) = (self.site.stop.clone(), self.session.until);
        if !std::mem::take(&mut self.missed) {
            let changed = tokio::select! {
                () = stop.cancelled() => false,
                () = tokio::time::sleep_until(end.into()) => false,
                changed = self.changed() => changed,
            };
            if !changed {
                return false;
            }
        }
        let is_in = self.site.sessions.get(&self.session.id).is_some();
        is_in && self.site.sight(&self.session, &self.pull).await.is_ok()
    }

    async fn changed(&mut self) -> bool {
        loop {
            match self.changes.recv().await {
                Ok(key) if key == self.key => return true,
                Ok(_) => {}
                // Among what was missed may be what is waited for.
                Err(RecvError::Lagged(_)) => return true,
                Err(RecvError::Closed) => return false,
            }
        }
    }
}

fn refused(why: &Barred) -> StatusCode {
    match why {
        Barred::SignedOut => StatusCode::UNAUTHORIZED,
        Barred::Closed | Barred::Moved(_) => StatusCode::NOT_FOUND,
        Barred::Away => StatusCode::SERVICE_UNAVAILABLE,
        Barred::TooMany => StatusCode::TOO_MANY_REQUESTS,
    }
}
