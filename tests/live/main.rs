//! The stories against a real server: the whole bot beside a running, empty Gitea.
//!
//! ```text
//! REFIRE_LIVE_URL=http://127.0.0.1:3000 REFIRE_LIVE_ADMIN=user:password \
//!     cargo test --features live --test live
//! ```
//!
//! The server is filled through its API; one story needs Git. It has to let webhooks go to this
//! machine (`[webhook] ALLOWED_HOST_LIST = loopback`). Without a server the test fails; it never
//! skips. `REFIRE_LIVE_ONLY=word` plays the stories whose name has that word, `one|other` those
//! that have one of them.

mod ear;
mod folder;
mod forge;
mod git;
mod proxy;
#[path = "../doctor/running.rs"]
mod running;
mod stage;
mod stories;
mod told;
mod words;
mod world;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use stage::Stage;
use std::panic::AssertUnwindSafe;

/// A story; it leaves the stage as it found it, but for repositories of its own.
type Story = for<'a> fn(&'a mut Stage) -> LocalBoxFuture<'a, ()>;

/// One test for all: they share a server and a bot, and are played one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stories_are_played_on_a_real_server() {
    let only = std::env::var("REFIRE_LIVE_ONLY").unwrap_or_default();
    let mut stage = Stage::set().await;
    let mut failed = Vec::new();
    let mut played = 0;
    for (name, story) in stories::ALL {
        if !only.split('|').any(|word| name.contains(word)) {
            continue;
        }
        told::line(&format!("\n\n=== {name}"));
        let began = std::time::Instant::now();
        let play = async {
            story(&mut stage).await;
            stage.curtain().await;
        };
        let ended = AssertUnwindSafe(play).catch_unwind().await;
        let outcome = if ended.is_ok() { "as told" } else { "FAILED" };
        told::line(&format!(
            "--- {outcome} ({:.1} s)",
            began.elapsed().as_secs_f32()
        ));
        if ended.is_err() {
            failed.push(*name);
        }
        played += 1;
    }
    stage.leave().await;
    told::line(&format!("\n{played} stories, {} failed", failed.len()));
    assert!(failed.is_empty(), "not as told: {failed:#?}");
    assert!(played > 0, "there is no story with “{only}” in its name");
}
