//! A model check: random histories are played to the whole bot beside the stand-in, and what stands
//! in the end must be what a reference says that sees everything at once.
//!
//! The short form runs with the other tests, the long one with `cargo run --release --example chaos
//! -- --figure 10`. `MODEL_SEED=… MODEL_HISTORIES=…` plays others, `MODEL_STEPS` (30) says how long
//! they are, `MODEL_FAILURES` (1) after how many that end wrong it ends. A failure prints its seed and
//! the shortest history that still fails.

#![expect(
    clippy::expect_used,
    reason = "a history that cannot be played must fail"
)]

mod history;
mod judge;
mod life;
mod play;
mod reference;
mod run;
#[path = "../it/stage/mod.rs"]
#[expect(
    dead_code,
    reason = "the conversations know more words than a history needs"
)]
mod stage;
mod truth;

use run::Run;
use std::time::Duration;

/// Histories of the short form, and the seed of the first one.
const SHORT: (usize, usize) = (30, 1);
/// Steps of a history.
const STEPS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_history_the_statuses_are_what_a_reference_says_that_sees_everything() {
    let run = Run {
        count: number("MODEL_HISTORIES", SHORT.0),
        first: number("MODEL_SEED", SHORT.1),
        steps: number("MODEL_STEPS", STEPS),
        patience: number("MODEL_FAILURES", 1),
        limit: Duration::MAX,
    };
    let played = run.play(|line| println!("{line}")).await;
    println!("{} histories: {:?}", played.count, played.tally);
    for failed in &played.failed {
        println!("\n{failed}\n");
    }
    assert!(played.failed.is_empty(), "{run:?} ends wrong");
    // A history in which nothing happens ends right, too.
    for what in ["greens posted", "declared", "commits left behind"] {
        let is_there = played.count < SHORT.0 || played.tally.contains_key(what);
        assert!(is_there, "{what}: none in {:?}", played.tally);
    }
}

fn number(variable: &str, otherwise: usize) -> usize {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |text| text.parse().expect("a number"))
}
