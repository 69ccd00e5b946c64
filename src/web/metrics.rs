//! `/metrics`: the numbers, as Prometheus reads them.
//!
//! **Invariant:** a scrape asks nothing of the forge, and of the store only what waits. Mounted by `app`.

use crate::numbers::{self, Pulse, Recorder};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use state::{Millis, Stats, Store};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// The format of the answer.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that the route needs.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Who has counted.
    pub recorder: Recorder,
    /// What last happened when.
    pub pulse: Arc<Pulse>,
    /// Asked for what waits.
    pub store: Arc<dyn Store>,
    /// Our clock.
    pub now: fn() -> Timestamp,
    /// How long the store may take.
    pub patience: Duration,
}

impl Metrics {
    /// The route.
    pub fn router(self) -> Router {
        let state = Arc::new(self);
        Router::new()
            .route("/metrics", get(scrape))
            .with_state(state)
    }

    /// What is as it is at this moment.
    fn set(&self, stats: Option<Stats>) {
        let now = (self.now)();
        set_waiting(stats, Millis::new(now.as_millisecond()));
        let reading = self.pulse.read(now);
        let ages = [
            (numbers::LAST_DELIVERY, reading.last_delivery),
            (numbers::SWEEP_LAG, reading.sweep_lag),
            (
                numbers::OLDEST_VERIFICATION,
                Some(reading.oldest_verification.unwrap_or_default()),
            ),
            (
                numbers::UNKNOWN_OLDEST,
                Some(reading.oldest_unknown.unwrap_or_default()),
            ),
        ];
        for (name, age) in ages {
            if let Some(age) = age {
                metrics::gauge!(name).set(age.as_secs_f64());
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "there are never so many gates")]
        metrics::gauge!(numbers::UNKNOWN_GATES).set(reading.unknown_gates as f64);
    }
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    let stats = timeout(metrics.patience, metrics.store.stats()).await;
    let stats = stats.ok().and_then(Result::ok);
    let text = metrics.recorder.render(|| metrics.set(stats));
    ([(header::CONTENT_TYPE, FORMAT)], text).into_response()
}

/// What waits. Of a store that does not answer nothing is known, which is not 0.
fn set_waiting(stats: Option<Stats>, now: Millis) {
    #[expect(clippy::cast_precision_loss, reason = "there are never so many")]
    let count = |pick: fn(&Stats) -> u64| stats.as_ref().map_or(f64::NAN, |it| pick(it) as f64);
    let age = |pick: fn(&Stats) -> Option<Millis>| {
        let oldest = |stats: &Stats| pick(stats).map_or(0.0, |at| seconds(at, now));
        stats.as_ref().map_or(f64::NAN, oldest)
    };
    metrics::gauge!(numbers::INBOX_ITEMS).set(count(|stats| stats.inbox));
    metrics::gauge!(numbers::INBOX_OLDEST).set(age(|stats| stats.oldest_item));
    metrics::gauge!(numbers::OUTBOX_EFFECTS).set(count(|stats| stats.outbox));
    metrics::gauge!(numbers::OUTBOX_OLDEST).set(age(|stats| stats.oldest_effect));
}

fn seconds(from: Millis, to: Millis) -> f64 {
    let passed = u64::try_from(to.get().saturating_sub(from.get())).unwrap_or_default();
    Duration::from_millis(passed).as_secs_f64()
}
