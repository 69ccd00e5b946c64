//! Alive and ready, over loopback HTTP.

use super::*;
use state::{Limits, MemoryStore};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

const NOW: i64 = 1_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// How often the forge was asked, and what it says: each answer needs a permit.
struct Forge {
    asked: AtomicUsize,
    permits: Semaphore,
    answer: Result<(), String>,
}

impl Forge {
    fn new(permits: usize, answer: Result<(), String>) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            permits: Semaphore::new(permits),
            answer,
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn version(self: Arc<Self>) -> Result<(), String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.permits.acquire().await.unwrap().forget();
        self.answer.clone()
    }
}

fn health(forge: &Arc<Forge>, last: Option<i64>) -> (Health, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new(Limits::default()));
    let asked = Arc::clone(forge);
    let health = Health {
        store: Arc::clone(&store) as Arc<dyn Store>,
        last_answer: Arc::new(move || last.map(at)),
        ask_version: Arc::new(move || Box::pin(Arc::clone(&asked).version())),
        now: || at(NOW),
        patience: PATIENCE,
        identities: Arc::new(|| vec!["identity reader is not asked".to_owned()]),
    };
    (health, store)
}

async fn serve(health: Health) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, health.router()).await });
    address
}

async fn get_text(url: String) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
    (status, answer.text().await.unwrap())
}

async fn readiness(health: Health) -> (u16, String) {
    get_text(format!("{}/readyz", serve(health).await)).await
}

fn ready() -> (u16, String) {
    (200, "ok\n".to_owned())
}

fn not_ready(why: &str) -> (u16, String) {
    (503, format!("{{\"message\":\"not ready: {why}\"}}\n"))
}

#[tokio::test]
async fn the_process_is_alive_without_store_and_forge() {
    let forge = Forge::new(0, Ok(()));
    let (health, store) = health(&forge, None);
    store.close().await.unwrap();
    assert_eq!(
        get_text(format!("{}/healthz", serve(health).await)).await,
        ready()
    );
    assert_eq!(forge.asked(), 0);
}

#[tokio::test]
async fn a_fresh_answer_of_the_forge_is_enough() {
    for (last, asked) in [(NOW, 0), (NOW - 30, 0), (NOW - 31, 1), (NOW + 5, 1)] {
        let forge = Forge::new(1, Ok(()));
        assert_eq!(readiness(health(&forge, Some(last)).0).await, ready());
        assert_eq!(forge.asked(), asked, "{last}");
    }
}

#[tokio::test]
async fn a_forge_that_never_answered_is_asked() {
    let forge = Forge::new(1, Err("connection refused".to_owned()));
    let expected = not_ready("the forge does not answer: connection refused");
    assert_eq!(readiness(health(&forge, None).0).await, expected);
    assert_eq!(forge.asked(), 1);
}

#[tokio::test]
async fn a_forge_that_says_nothing_is_not_waited_for_for_ever() {
    let forge = Forge::new(0, Ok(()));
    let (mut health, _store) = health(&forge, None);
    health.patience = Duration::from_millis(20);
    assert_eq!(
        readiness(health).await,
        not_ready("the forge does not answer: no answer within 0 s")
    );
}

#[tokio::test]
async fn a_closed_store_is_not_ready() {
    let forge = Forge::new(1, Err("timeout".to_owned()));
    let (health, store) = health(&forge, Some(NOW));
    store.close().await.unwrap();
    assert_eq!(
        readiness(health.clone()).await,
        not_ready("the store is closed")
    );
    let both = Health {
        last_answer: Arc::new(|| None),
        ..health
    };
    let expected = not_ready("the store is closed; the forge does not answer: timeout");
    assert_eq!(readiness(both).await, expected);
}

/// All who ask while one question is under way get its answer or that of the next one.
#[tokio::test]
async fn the_forge_is_asked_by_one_at_a_time() {
    let forge = Forge::new(0, Ok(()));
    let state = Readiness {
        health: health(&forge, None).0,
        probe: Mutex::new(None),
    };
    let mut all = Box::pin(futures::future::join_all((0..10).map(|_| state.forge())));
    assert!(futures::poll!(&mut all).is_pending());
    assert_eq!(forge.asked(), 1);
    forge.permits.add_permits(1);
    assert_eq!(all.await, vec![Ok(()); 10]);
    assert_eq!(forge.asked(), 1);
}

#[tokio::test]
async fn what_is_to_be_said_of_identities_is_said_to_whoever_wants_to_know() {
    let forge = Forge::new(1, Ok(()));
    let (health, _store) = health(&forge, Some(NOW));
    let address = serve(health).await;
    assert_eq!(get_text(format!("{address}/readyz")).await, ready());
    let told = (200, "ok\nidentity reader is not asked\n".to_owned());
    assert_eq!(get_text(format!("{address}/readyz?verbose")).await, told);
}
