//! A model check: random histories are played to the whole bot beside the stand-in, and what stands
//! in the end must be what a reference says that sees everything at once.
//!
//! The short form runs with the other tests. The long form:
//! `REFIRE_MODEL_HISTORIES=10000 cargo test --release --test model -- --nocapture`, further
//! `REFIRE_MODEL_SEED` (the first one) and `REFIRE_MODEL_STEPS` (30 by default). A failure prints its
//! seed and the shortest history that still fails; `REFIRE_MODEL_SEED=… REFIRE_MODEL_HISTORIES=1`
//! plays it again. `REFIRE_MODEL_FAILURES` says after how many it ends (1).

#![expect(
    clippy::expect_used,
    reason = "a history that cannot be played must fail"
)]

mod history;
mod judge;
mod life;
mod play;
mod reference;
#[path = "../it/stage/mod.rs"]
#[expect(
    dead_code,
    reason = "the conversations know more words than a history needs"
)]
mod stage;
mod truth;

use futures::StreamExt as _;
use history::History;
use play::Play;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Histories of the short form, and the seed of the first one.
const SHORT: (usize, u64) = (30, 1);
/// Steps of a history.
const STEPS: usize = 30;
/// Histories that are played at the same time.
const SIDE_BY_SIDE: usize = 3;
/// A history that fails now and then is given so many chances to fail again.
const CHANCES: usize = 2;

/// How a history ended.
struct Ended {
    wrong: Vec<String>,
    tally: BTreeMap<&'static str, usize>,
    told: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_history_the_statuses_are_what_a_reference_says_that_sees_everything() {
    let (count, first) = (
        number("REFIRE_MODEL_HISTORIES", SHORT.0),
        number("REFIRE_MODEL_SEED", SHORT.1),
    );
    let steps = number("REFIRE_MODEL_STEPS", STEPS);
    let done = AtomicUsize::new(0);
    let histories = (first..).take(count).map(|seed| History::of(seed, steps));
    let played = futures::stream::iter(histories).map(|history| async {
        let ended = play(&history).await;
        let done = done.fetch_add(1, Ordering::SeqCst) + 1;
        if done.is_multiple_of(100) {
            println!("{done} of {count} histories");
        }
        (history, ended)
    });
    let mut played = played.buffer_unordered(SIDE_BY_SIDE);
    let mut tally = BTreeMap::<&str, usize>::new();
    let mut failed = Vec::new();
    let patience = number("REFIRE_MODEL_FAILURES", 1_usize);
    while let Some((history, ended)) = played.next().await {
        for (what, times) in ended.tally.clone() {
            *tally.entry(what).or_default() += times;
        }
        if !ended.wrong.is_empty() {
            println!("seed {} fails: {:?}", history.seed, ended.wrong);
            failed.push(history);
            if failed.len() >= patience {
                break;
            }
        }
    }
    drop(played);
    println!("{count} histories of {steps} steps from seed {first}: {tally:?}");
    for history in &failed {
        let (shortest, ended) = shorten(history.clone()).await;
        println!("\n{shortest}\n{}\n{:#?}\n", ended.told, ended.wrong);
    }
    assert!(failed.is_empty(), "{} histories end wrong", failed.len());
}

/// Plays it in a task of its own, so that a panic is told like any other end.
async fn play(history: &History) -> Ended {
    let history = history.clone();
    let played = tokio::spawn(async move {
        let play = Play::of(&history).await;
        let told = format!("{}\n{}", play.told.join("\n"), play.describe());
        (play.judge.wrong.clone(), play.judge.tally.clone(), told)
    });
    match played.await {
        Ok((wrong, tally, told)) => Ended { wrong, tally, told },
        Err(error) => Ended {
            wrong: vec![format!("it could not be played: {error}")],
            tally: BTreeMap::new(),
            told: String::new(),
        },
    }
}

/// Leaves out what can be left out so that it still fails.
async fn shorten(history: History) -> (History, Ended) {
    let mut shortest = history;
    let mut chunk = shortest.steps.len() / 2;
    while chunk > 0 {
        let mut place = 0;
        while place < shortest.steps.len() {
            let shorter = shortest.without(place, chunk);
            if fails(&shorter).await.is_some() {
                shortest = shorter;
            } else {
                place += chunk;
            }
        }
        chunk /= 2;
    }
    let ended = match fails(&shortest).await {
        Some(ended) => ended,
        None => play(&shortest).await,
    };
    (shortest, ended)
}

async fn fails(history: &History) -> Option<Ended> {
    for _ in 0..CHANCES {
        let ended = play(history).await;
        if !ended.wrong.is_empty() {
            return Some(ended);
        }
    }
    None
}

fn number<N: std::str::FromStr>(variable: &str, otherwise: N) -> N {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |text| text.parse().ok().expect("a number"))
}
