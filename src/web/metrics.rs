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

#[cfg(test)]
mod tests {
    use super::*;
    use state::{Limits, MemoryStore};

    async fn scraped(store: MemoryStore, pulse: Pulse) -> String {
        let metrics = Metrics {
            recorder: Recorder::alone(),
            pulse: Arc::new(pulse),
            store: Arc::new(store),
            now: || Timestamp::UNIX_EPOCH,
            patience: Duration::from_secs(5),
        };
        let answer = scrape(State(Arc::new(metrics))).await;
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        String::from_utf8(body.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn of_a_store_that_does_not_answer_it_is_not_said_that_nothing_waits() {
        let store = MemoryStore::new(Limits::default());
        store.close().await.unwrap();
        let text = scraped(store, Pulse::default()).await;
        for name in [numbers::INBOX_ITEMS, numbers::OUTBOX_OLDEST] {
            assert!(text.contains(&format!("\n{name} NaN\n")), "{text}");
        }
    }

    #[tokio::test]
    async fn an_age_that_is_not_known_is_absent_and_none_is_0() {
        let text = scraped(MemoryStore::new(Limits::default()), Pulse::default()).await;
        for absent in [numbers::LAST_DELIVERY, numbers::SWEEP_LAG] {
            assert!(!text.contains(absent), "{absent} is in:\n{text}");
        }
        for none in [
            numbers::UNKNOWN_OLDEST,
            numbers::OLDEST_VERIFICATION,
            numbers::INBOX_OLDEST,
        ] {
            assert!(text.contains(&format!("\n{none} 0\n")), "{text}");
        }
    }

    #[tokio::test]
    async fn ages_are_those_of_the_scrape() {
        let before = |seconds: i64| Timestamp::from_second(-seconds).unwrap();
        let pulse = Pulse::default();
        pulse.delivered(before(30));
        pulse.swept(before(90));
        pulse.unverified(Some(before(3_600)));
        let text = scraped(MemoryStore::new(Limits::default()), pulse).await;
        for (name, age) in [
            (numbers::LAST_DELIVERY, 30),
            (numbers::SWEEP_LAG, 90),
            (numbers::OLDEST_VERIFICATION, 3_600),
        ] {
            assert!(text.contains(&format!("\n{name} {age}\n")), "{text}");
        }
    }
}
