//! `POST /webhook`: a signed delivery in, one clear answer out.
//!
//! Bytes, then signature, then meaning, then disk: 202 is answered only after the store has said
//! that the event is written. Gitea tells of everything once and never again (gitea-facts §6.4),
//! so a delivery that was taken in is finished even if Gitea has hung up. **Invariant:** nothing
//! is read from Gitea here, and what is under way is bounded by [`ROOM`]. Mounted by `app`.

mod heard;
mod outcome;

use super::body::{NoBody, fetch_body};
use super::delivery::{Head, Taken, reason};
use super::payload::Payload;
use super::signature::Signing;
use super::{Put, Scope, Secrets, answer};
use crate::memo;
use crate::model::{CommitState, DeliveryId, Posted};
use crate::numbers::{self, Pulse};
use crate::spans;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use heard::Heard;
use jiff::Timestamp;
use outcome::{Failure, Outcome};
use state::{Acceptance, PullKey, Store, StoreError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

pub use super::body::Bounds;

/// How much memory all bodies under way may take together, in KiB: some two thousand usual
/// deliveries. A single body may always be as large as configured.
pub const ROOM: usize = 32 * 1024;

/// How many looks of one delivery are written side by side.
const SIDE_BY_SIDE: usize = 16;

/// Everything that the route needs.
#[derive(Clone)]
pub struct Webhook {
    /// Where events wait.
    pub store: Arc<dyn Store>,
    /// What deliveries are signed with.
    pub secrets: Secrets,
    /// What one body may cost.
    pub bounds: Bounds,
    /// What deliveries are measured by.
    pub scope: Scope,
    /// Grows whenever a look begins, before it reads anything.
    pub epoch: Arc<AtomicU64>,
    /// Tells the worker that something new waits for a pull request; must not block.
    pub wake: Arc<dyn Fn(PullKey) + Send + Sync>,
    /// Tells the worker that the inbox has no room for what came, so that the pull request is looked at
    /// without it; must not block.
    pub look: Arc<dyn Fn(PullKey) + Send + Sync>,
    /// Cancelled when the process is about to end: nothing is taken in any more.
    pub stopping: CancellationToken,
    /// Our clock.
    pub now: fn() -> Timestamp,
    /// Told of each delivery with a valid signature, and of each that was missed.
    pub pulse: Arc<Pulse>,
}

impl Webhook {
    /// The route, and nothing beside it.
    pub fn router(self) -> Router {
        let permits = ROOM.max(kib(self.bounds.cut()));
        let door = Door {
            room: Arc::new(Semaphore::new(permits)),
            heard: Arc::default(),
            webhook: Arc::new(self),
        };
        let route = post(receive).fallback(only_post);
        Router::new().route("/webhook", route).with_state(door)
    }

    fn read(&self, body: &Arrived) -> Result<Payload, Failure> {
        body.signing.clone().verify(&body.headers)?;
        self.pulse.delivered((self.now)());
        Ok(Payload::parse(&body.bytes)?)
    }

    async fn take(&self, payload: Payload, id: Option<&DeliveryId>) -> Result<Outcome, Failure> {
        let Payload::Relevant(delivery) = payload else {
            return Ok(Outcome::Ignored(reason::IRRELEVANT));
        };
        let epoch = self.epoch.load(Ordering::SeqCst);
        match self.scope.take(*delivery, epoch) {
            Taken::Ignore(reason) => Ok(Outcome::Ignored(reason)),
            Taken::Remember { memos, reason } => {
                let at = state::Millis::new((self.now)().as_millisecond());
                self.store.remember(memos, at).await?;
                Ok(Outcome::Ignored(reason))
            }
            Taken::Put(puts) => self.accept_all(puts, id).await,
            Taken::Head(head) => self.look_at_all(&head, id).await,
            Taken::Own(head, context) if self.is_late(&head, &context).await? => {
                self.look_at_all(&head, id).await
            }
            Taken::Own(..) => Ok(Outcome::Ignored(reason::OWN_STATUS)),
        }
    }

    /// One after the other: the first carries the memos that the others are looked at with.
    async fn accept_all(
        &self,
        puts: Vec<Put>,
        id: Option<&DeliveryId>,
    ) -> Result<Outcome, Failure> {
        let mut pulls: Vec<String> = puts.iter().map(name).collect();
        pulls.dedup();
        let mut known = true;
        for put in puts {
            known &= self.accept(put, id).await?;
        }
        Ok(Outcome::Accepted { pulls, known })
    }

    /// Whether something else than a success was posted there last.
    async fn is_late(&self, head: &Head, context: &str) -> Result<bool, Failure> {
        let place = memo::of_status(head.repository(), head.sha(), context);
        let posted = memo::recall::<Posted>(&*self.store, &place).await?;
        Ok(posted.is_some_and(|posted| posted.state != CommitState::Success))
    }

    async fn look_at_all(&self, head: &Head, id: Option<&DeliveryId>) -> Result<Outcome, Failure> {
        let pulls = self
            .store
            .pulls_with_head(head.repository().get(), head.bytes())
            .await?;
        let looks: Vec<Put> = pulls.iter().map(|(pull, _)| head.look(*pull)).collect();
        if looks.is_empty() {
            return Ok(Outcome::Ignored(reason::UNKNOWN_HEAD));
        }
        let pulls = looks.iter().map(name).collect();
        let accepted = stream::iter(looks)
            .map(|look| self.accept(look, id))
            .buffer_unordered(SIDE_BY_SIDE);
        let known = accepted
            .try_fold(true, async |all, known| Ok(all && known))
            .await?;
        Ok(Outcome::Accepted { pulls, known })
    }

    /// Whether the event was known already. Either way it is on disk.
    async fn accept(&self, mut put: Put, id: Option<&DeliveryId>) -> Result<bool, Failure> {
        put.event.delivery = id.cloned();
        let pull = put.pull();
        let asks = put.event.topic.comment().is_some();
        let arrival = put.arrival((self.now)()).map_err(|_| Failure::Unwritable)?;
        let (memos, at) = (arrival.memos.clone(), arrival.at);
        let accepted = self.store.accept(arrival).await;
        match &accepted {
            // It may be on disk all the same, and then somebody has to look at it.
            Err(StoreError::Failed(_)) => {
                (self.wake)(pull);
            }
            // What a comment asks is found by the sweep, and costs nothing before.
            Err(StoreError::InboxFull(_)) if asks && memos.is_empty() => {}
            // What it changed is looked at, and what was heard counts: its comment may be gone by then.
            Err(StoreError::InboxFull(_)) => {
                if !memos.is_empty() {
                    self.store.remember(memos, at).await?;
                }
                (self.look)(pull);
            }
            _ => {}
        }
        let known = matches!(accepted?, Acceptance::Known);
        tracing::debug!(
            repository = pull.repository,
            number = pull.number,
            known,
            "taken in"
        );
        if !known {
            (self.wake)(pull);
        }
        Ok(known)
    }
}

/// The webhook with the room that its deliveries share.
#[derive(Clone)]
struct Door {
    webhook: Arc<Webhook>,
    heard: Arc<Heard>,
    room: Arc<Semaphore>,
}

/// A body that was read, with its place in the room.
struct Arrived {
    headers: HeaderMap,
    bytes: Bytes,
    signing: Signing,
    _room: [Option<OwnedSemaphorePermit>; 2],
}

fn count(outcome: &'static str) {
    metrics::counter!(numbers::DELIVERIES, "outcome" => outcome).increment(1);
}

async fn receive(State(door): State<Door>, request: Request) -> Response {
    let id = delivery_id(request.headers());
    let span = spans::delivery(id.as_ref());
    respond(door, request).instrument(span).await
}

async fn respond(door: Door, request: Request) -> Response {
    let pulse = Arc::clone(&door.webhook.pulse);
    let outcome = door.receive(request).await;
    if let Err(failure) = &outcome {
        if failure.misses() {
            pulse.missed();
        }
        tracing::warn!(%failure, cause = failure.cause(), "a delivery was not taken in");
    }
    outcome.map_or_else(|failure| failure.answer(), Outcome::answer)
}

async fn only_post() -> Response {
    answer::message(
        StatusCode::METHOD_NOT_ALLOWED,
        "deliveries are sent with POST",
    )
}

impl Door {
    /// The body is read before anything is refused: a sender that is still writing hears no answer.
    async fn receive(self, request: Request) -> Result<Outcome, Failure> {
        match self.read(request).await {
            Ok(body) => self.finish(body).await,
            Err(failure) => {
                count(failure.word());
                Err(failure)
            }
        }
    }

    async fn read(&self, request: Request) -> Result<Arrived, Failure> {
        if self.webhook.stopping.is_cancelled() {
            return Err(Failure::Stopping);
        }
        let (head, body) = request.into_parts();
        let bounds = self.webhook.bounds;
        let permit = self.reserve(&head.headers)?;
        let mut signing = self.webhook.secrets.signing();
        let more = || self.permits(kib(bounds.cut() - bounds.size));
        let read = fetch_body(body, bounds, &mut signing, more).await;
        let (bytes, more) = read.map_err(|why| match why {
            NoBody::TooLarge => Failure::TooLarge(bounds.read()),
            NoBody::NoRoom => Failure::TooMany,
            NoBody::TooSlow => Failure::TooSlow,
            NoBody::Broken => Failure::Broken,
        })?;
        if !is_json(&head.headers) {
            return Err(Failure::NotJson);
        }
        Ok(Arrived {
            headers: head.headers,
            bytes,
            signing,
            _room: [Some(permit), more],
        })
    }

    /// Runs to its end even if Gitea hangs up: what is written must also wake the worker, and is counted.
    async fn finish(self, body: Arrived) -> Result<Outcome, Failure> {
        let taking = async move {
            let outcome = self.take(&body).await;
            count(outcome.as_ref().map_or_else(Failure::word, Outcome::word));
            outcome
        };
        let taking = tokio::spawn(taking.in_current_span());
        taking.await.unwrap_or(Err(Failure::Unwritable))
    }

    async fn take(&self, body: &Arrived) -> Result<Outcome, Failure> {
        let webhook = &self.webhook;
        let payload = webhook.read(body)?;
        let repository = payload.repository();
        let id = delivery_id(&body.headers);
        let outcome = webhook.take(payload, id.as_ref()).await?;
        if let Some(repository) = repository {
            let now = (webhook.now)();
            self.heard.note(&*webhook.store, repository, now).await;
        }
        Ok(outcome)
    }

    fn reserve(&self, headers: &HeaderMap) -> Result<OwnedSemaphorePermit, Failure> {
        let length = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let most = self.webhook.bounds.size;
        let permits = kib(length.unwrap_or(most).min(most));
        self.permits(permits).ok_or(Failure::TooMany)
    }

    fn permits(&self, kib: usize) -> Option<OwnedSemaphorePermit> {
        let permits = u32::try_from(kib).ok()?;
        let room = Arc::clone(&self.room);
        room.try_acquire_many_owned(permits).ok()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// What Gitea calls the delivery.
fn delivery_id(headers: &HeaderMap) -> Option<DeliveryId> {
    let id = headers.get("x-gitea-delivery")?;
    DeliveryId::parse(id.to_str().ok()?)
}

/// How people name what an event concerns.
fn name(put: &Put) -> String {
    format!("{}#{}", put.event.repo, put.event.number)
}

/// Gitea sends exactly `application/json`; a charset behind it does no harm.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// Whole KiB, at least one: an empty body is a delivery too.
fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024).max(1)
}

#[cfg(test)]
mod tests;
