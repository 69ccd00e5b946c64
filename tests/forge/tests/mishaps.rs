//! Deliveries that are lost, come twice, late, or after later ones, by seed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use forge::{Delivery, Forge, Mishaps, PullHandle, Version};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A forge whose deliveries are heard here.
struct Scene {
    forge: Forge,
    pull: PullHandle,
    /// The id and the text of each comment that is heard.
    heard: UnboundedReceiver<(String, String)>,
}

impl Scene {
    async fn set() -> Self {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        let pull = forge.pull("alice");
        let (hear, heard) = unbounded_channel();
        let hears = async move |headers: HeaderMap, body: String| {
            let uuid = headers["x-gitea-delivery"].to_str().unwrap().to_owned();
            let payload: Value = serde_json::from_str(&body).unwrap();
            let text = payload["comment"]["body"].as_str().unwrap_or_default();
            // Whoever tests may have heard enough.
            let _ = hear.send((uuid, text.to_owned()));
            (StatusCode::ACCEPTED, "heard")
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().route("/hook", post(hears));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let _hook = forge.org("acme").hook(&url, "secret");
        Self { forge, pull, heard }
    }

    async fn next(&mut self) -> String {
        let next = tokio::time::timeout(Duration::from_secs(10), self.heard.recv());
        next.await.unwrap().unwrap().1
    }

    /// What was heard until nothing is under way any more.
    async fn all(&mut self) -> Vec<(String, String)> {
        self.forge.deliveries_idle().await;
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

fn bad(seed: u64) -> Mishaps {
    let late = Duration::from_millis(20);
    let mishaps = Mishaps::with_seed(seed).never(20).twice(20);
    mishaps.overtaken(20).late(20, late)
}

/// What became of the comments of one person, while another talks as much as there is time for.
async fn history(seed: u64, others: usize) -> Vec<(bool, Value)> {
    let mut scene = Scene::set().await;
    scene.forge.mishaps(bad(seed));
    for number in 0..40 {
        scene.pull.comment("bob", &format!("number {number}"));
        for _ in 0..others {
            scene.pull.comment("quinn", "meanwhile");
        }
    }
    scene.all().await;
    let all = scene.forge.deliveries().into_iter();
    let bobs = all.filter(|it| it.payload["sender"]["login"] == "bob");
    bobs.map(|it| (it.lost, it.payload["comment"]["body"].clone()))
        .collect()
}

#[tokio::test]
async fn one_seed_has_one_history_whatever_others_do_meanwhile() {
    let first = history(7, 0).await;
    assert_eq!(first, history(7, 2).await);
    assert_ne!(first, history(8, 0).await);
    let lost = first.iter().filter(|(lost, _)| *lost).count();
    assert!((2..=16).contains(&lost), "{lost} of 40 are lost");
}

#[tokio::test]
async fn at_rest_all_that_is_not_lost_has_arrived_as_often_as_it_was_sent() {
    let mut scene = Scene::set().await;
    scene.forge.mishaps(bad(7));
    for number in 0..60 {
        scene.pull.comment("bob", &format!("number {number}"));
    }
    let heard = scene.all().await;
    let deliveries = scene.forge.deliveries();
    assert!(heard.len() > 50 && deliveries.len() > heard.len());
    let answered = |it: &&Delivery| it.status == Some(202);
    assert_eq!(deliveries.iter().filter(answered).count(), heard.len());
    assert!(deliveries.iter().all(|it| it.lost == it.status.is_none()));
}

#[tokio::test]
async fn what_comes_twice_comes_under_one_id_or_two() {
    let mut scene = Scene::set().await;
    scene.forge.mishaps(Mishaps::with_seed(3).twice(100));
    let mut alike = 0;
    for _ in 0..20 {
        scene.pull.comment("bob", "twice");
        let heard = scene.all().await;
        assert_eq!(heard.len(), 2);
        alike += usize::from(heard[0] == heard[1]);
    }
    assert!((4..=16).contains(&alike), "{alike} of 20 under one id");
}

#[tokio::test]
async fn one_that_is_overtaken_comes_after_the_next_about_the_same_pull_request() {
    let mut scene = Scene::set().await;
    let other = scene.forge.pull("alice");
    scene.all().await;
    scene.forge.mishaps(Mishaps::with_seed(1).overtaken(100));
    scene.pull.comment("bob", "first");
    scene.forge.mishaps(Mishaps::with_seed(1));
    other.comment("bob", "elsewhere");
    assert_eq!(scene.next().await, "elsewhere");
    scene.pull.comment("bob", "second");
    assert_eq!(scene.next().await, "second");
    assert_eq!(scene.next().await, "first");
}

#[tokio::test]
async fn one_that_nothing_overtakes_comes_when_somebody_waits_for_rest_or_all_is_well_again() {
    let mut scene = Scene::set().await;
    scene.forge.mishaps(Mishaps::with_seed(1).overtaken(100));
    scene.pull.comment("bob", "first");
    assert_eq!(scene.all().await.len(), 1);
    scene.pull.comment("bob", "second");
    scene.forge.heal();
    assert_eq!(scene.next().await, "second");
}

#[tokio::test]
async fn one_that_is_late_is_under_way_until_it_has_come() {
    const LATE: Duration = Duration::from_millis(300);
    let mut scene = Scene::set().await;
    scene.forge.mishaps(Mishaps::with_seed(1).late(100, LATE));
    let began = Instant::now();
    scene.pull.comment("bob", "first");
    assert_eq!(scene.forge.deliveries()[0].status, None);
    assert_eq!(scene.all().await.len(), 1);
    assert!(began.elapsed() >= LATE);
    assert_eq!(scene.forge.deliveries()[0].status, Some(202));
}
