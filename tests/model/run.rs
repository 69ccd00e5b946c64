//! Plays many histories side by side, and shortens those that end wrong.

use crate::history::History;
use crate::play::Play;
use futures::StreamExt as _;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Histories that are played at the same time.
const SIDE_BY_SIDE: usize = 3;
/// A history that fails now and then is given so many chances to fail again.
const CHANCES: usize = 2;

/// Which histories are played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// So many.
    pub(crate) count: usize,
    /// The seed of the first one; each further one has the next.
    pub(crate) first: usize,
    /// The steps of each.
    pub(crate) steps: usize,
    /// It ends early when so many ended wrong.
    pub(crate) patience: usize,
    /// No further one is begun after this time.
    pub(crate) limit: Duration,
}

/// How they ended.
#[derive(Default)]
pub(crate) struct Played {
    /// Histories that were played.
    pub(crate) count: usize,
    /// What happened in them how often.
    pub(crate) tally: BTreeMap<&'static str, usize>,
    /// Each that ended wrong, as short as it still does, with what was done and what is wrong.
    pub(crate) failed: Vec<String>,
}

/// How a history ended.
struct Ended {
    wrong: Vec<String>,
    tally: BTreeMap<&'static str, usize>,
    told: String,
}

impl Run {
    /// Plays them all; `tell` hears of every hundredth, and of each that ends wrong at once.
    pub(crate) async fn play(self, tell: impl Fn(String)) -> Played {
        let (began, done) = (Instant::now(), AtomicUsize::new(0));
        let seeds = (self.first..).take(self.count);
        let seeds = seeds.take_while(|_| began.elapsed() < self.limit);
        let histories = seeds.map(|seed| History::of(seed as u64, self.steps));
        let ended = futures::stream::iter(histories).map(|history| async {
            let ended = play(&history).await;
            let done = done.fetch_add(1, Ordering::SeqCst) + 1;
            if done.is_multiple_of(100) {
                tell(format!("{done} of {} histories", self.count));
            }
            (history, ended)
        });
        let mut ended = ended.buffer_unordered(SIDE_BY_SIDE);
        let (mut played, mut failed) = (Played::default(), Vec::new());
        while let Some((history, ended)) = ended.next().await {
            played.count += 1;
            for (what, times) in ended.tally {
                *played.tally.entry(what).or_default() += times;
            }
            if !ended.wrong.is_empty() {
                tell(format!("seed {} fails: {:?}", history.seed, ended.wrong));
                failed.push(history);
                if failed.len() >= self.patience {
                    break;
                }
            }
        }
        for history in failed {
            let (shortest, ended) = shorten(history).await;
            let told = format!("{shortest}\n{}\n{:#?}", ended.told, ended.wrong);
            played.failed.push(told);
        }
        played
    }
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
