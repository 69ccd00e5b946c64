//! `/healthz`: the process answers. `/readyz`: the store is open and the forge answers.
//!
//! **Invariant:** nothing else asks the forge only to see whether it is there, and this asks only
//! when nothing was heard of it for [`FRESH`]. Mounted by `app`.

use crate::intake::answer;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use state::Store;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long an answer of the forge proves that it is there.
pub const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// How long the store and the forge may each take to say that they are there.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Everything that the routes need.
#[derive(Clone)]
pub struct Health {
    /// Asked for what waits, which it can only tell while it is open.
    pub store: Arc<dyn Store>,
    /// When the forge last answered anything, by our clock. `None`: never yet.
    pub last_answer: Arc<dyn Fn() -> Option<Timestamp> + Send + Sync>,
    /// Asks the forge for its version; the error is one sentence without secrets.
    pub ask_version: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
    /// Our clock.
    pub now: fn() -> Timestamp,
    /// How long to wait for either; [`PATIENCE`].
    pub patience: Duration,
    /// What is to be said of the bot's identities, a line each; told by `/readyz?verbose`.
    pub identities: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Health {
    /// The two routes.
    pub fn router(self) -> Router {
        self.ready().router()
    }

    /// Whoever tells how the bot is: all of them share what they were told.
    #[must_use]
    pub fn ready(self) -> Ready {
        Ready(Arc::new(Readiness {
            health: self,
            probe: Mutex::new(None),
        }))
    }
}

/// Tells how the bot is. Cheap to clone.
#[derive(Clone)]
pub struct Ready(Arc<Readiness>);

impl Ready {
    /// The two routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(readyz))
            .with_state(Arc::clone(&self.0))
    }

    /// Why the bot cannot do its work, a sentence each. Empty: it can.
    pub async fn reasons(&self) -> Vec<String> {
        self.0.reasons().await
    }

    /// What is to be said of the bot's identities, a line each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        (self.0.health.identities)()
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

struct Readiness {
    health: Health,
    /// The last question to the forge; held while it is being asked, so that only one is.
    probe: Mutex<Option<Probe>>,
}

struct Probe {
    ended: Instant,
    answer: Result<(), String>,
}

async fn readyz(State(state): State<Arc<Readiness>>, RawQuery(query): RawQuery) -> Response {
    let reasons = state.reasons().await;
    if reasons.is_empty() {
        let verbose = query.is_some_and(|query| query.split('&').any(|word| word == "verbose"));
        let notes = if verbose {
            (state.health.identities)()
        } else {
            Vec::new()
        };
        let lines = notes.iter().map(|note| format!("{note}\n"));
        let told: String = std::iter::once(String::from("ok\n")).chain(lines).collect();
        return (StatusCode::OK, told).into_response();
    }
    answer::unavailable(&format!("not ready: {}", reasons.join("; ")))
}

impl Readiness {
    async fn reasons(&self) -> Vec<String> {
        let (store, forge) = tokio::join!(self.store(), self.forge());
        [store, forge].into_iter().filter_map(Result::err).collect()
    }

    async fn store(&self) -> Result<(), String> {
        match timeout(self.health.patience, self.health.store.stats()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the store does not answer".to_owned()),
        }
    }

    async fn forge(&self) -> Result<(), String> {
        if self.answered_lately() {
            return Ok(());
        }
        let asked = Instant::now();
        let mut probe = self.probe.lock().await;
        if let Some(other) = probe.as_ref().filter(|probe| probe.ended >= asked) {
            return other.answer.clone();
        }
        let answer = self.ask().await;
        *probe = Some(Probe {
            ended: Instant::now(),
            answer: answer.clone(),
        });
        answer
    }

    async fn ask(&self) -> Result<(), String> {
        let asking = timeout(self.health.patience, (self.health.ask_version)()).await;
        let answer = asking.unwrap_or_else(|_| {
            Err(format!(
                "no answer within {} s",
                self.health.patience.as_secs()
            ))
        });
        answer.map_err(|why| format!("the forge does not answer: {why}"))
    }

    /// An answer from the future is none: the clock was set back.
    fn answered_lately(&self) -> bool {
        let age = (self.health.last_answer)().map(|at| (self.health.now)().duration_since(at));
        age.is_some_and(|age| !age.is_negative() && age <= FRESH)
    }
}

#[cfg(test)]
mod tests;
