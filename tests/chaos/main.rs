//! The figures that take long: `cargo run --release --example chaos` runs each to its mark and
//! prints what it came to; `--minutes 5` begins nothing more in a figure after that time, `--figure 7`
//! runs one of them, `--seed` another history. Figure 8 is among the tests in full. Figure 9 measures
//! memory, so it wants the bot as it is shipped, without the stand-in in the same file:
//! `--program target/release/refire`.
//!
//! It exits with 1 if anything happened that must not.

#![expect(clippy::expect_used, reason = "a figure that cannot go on must fail")]

mod commands;
mod crowd;
mod figure;
#[path = "../model/history.rs"]
mod history;
mod hostile;
#[path = "../model/judge.rs"]
mod judge;
mod killed;
#[path = "../model/life.rs"]
mod life;
mod load;
#[path = "../model/play.rs"]
mod play;
#[path = "../model/reference.rs"]
mod reference;
#[path = "../model/run.rs"]
mod run;
mod soak;
#[path = "../it/stage/mod.rs"]
#[expect(
    dead_code,
    reason = "the conversations know more words than figures need"
)]
mod stage;
#[path = "../it/theatre.rs"]
#[expect(dead_code, reason = "the conversations do more with the process")]
mod theatre;
#[path = "../model/truth.rs"]
mod truth;

use clap::Parser;
use figure::{Extent, Outcome};
use killed::Killed;
use run::Run;
use soak::Soak;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Those that run here.
const FIGURES: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 9, 10];
/// Within this time 99 of 100 deliveries of figure 1 are acknowledged.
const ACKNOWLEDGED: Duration = Duration::from_millis(100);
/// How long figure 9 soaks.
const HOUR: Duration = Duration::from_secs(3_600);

/// Runs the long figures and prints what they came to.
#[derive(Clone, Debug, Parser)]
struct Chaos {
    /// Only this one
    #[arg(long)]
    figure: Option<u8>,
    /// After so many minutes a figure begins nothing more
    #[arg(long)]
    minutes: Option<u64>,
    /// Where randomness begins
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// The bot of the figures that need its process; without, this program is the bot as well
    #[arg(long)]
    program: Option<PathBuf>,
}

impl Chaos {
    fn limit(&self) -> Duration {
        let seconds = self.minutes.map(|minutes| minutes.saturating_mul(60));
        seconds.map_or(Duration::MAX, Duration::from_secs)
    }

    /// The program that is the bot, see `main`.
    fn bot(&self) -> PathBuf {
        let myself = || std::env::current_exe().expect("this program");
        self.program.clone().unwrap_or_else(myself)
    }

    fn extent(&self, times: usize) -> Extent {
        Extent {
            limit: self.limit(),
            ..Extent::of(times)
        }
    }

    async fn run(self, figure: u8) -> Outcome {
        match figure {
            1 => self.load().await,
            2 => self.killed().await,
            3 => commands::told_again(self.extent(1_000)).await,
            4 => commands::untold(self.extent(50)).await,
            5 => commands::raced(self.extent(1_000)).await,
            6 => commands::in_bad_weather(self.extent(1_000), self.seed.into()).await,
            7 => self.hostile(),
            9 => self.soak().await,
            _ => self.model().await,
        }
    }

    async fn load(&self) -> Outcome {
        let seconds = self.limit().as_secs().min(60);
        let deliveries = usize::try_from(seconds * 200).unwrap_or(12_000);
        load::run(Extent::of(deliveries), Some(ACKNOWLEDGED), progress).await
    }

    async fn killed(&self) -> Outcome {
        let killed = Killed {
            kills: 20,
            command_every: 100,
        };
        killed::run(&self.bot(), self.extent(10_000), killed).await
    }

    fn hostile(&self) -> Outcome {
        let times = hostile::Times {
            comments: 10_000_000,
            bodies: 1_000_000,
            signatures: 100_000,
        };
        hostile::run(self.seed.into(), times, self.limit())
    }

    async fn soak(&self) -> Outcome {
        let whole = self.limit().min(HOUR);
        let soak = Soak {
            whole,
            warm: whole / 12,
            restarts: 3,
        };
        soak::run(&self.bot(), soak, progress).await
    }

    async fn model(&self) -> Outcome {
        let run = Run {
            count: 10_000,
            first: usize::try_from(self.seed).unwrap_or(1),
            steps: 30,
            patience: 1,
            limit: self.limit(),
        };
        let played = run.play(progress).await;
        let mut outcome = Outcome::default();
        outcome.count(played.count, "histories");
        outcome.count(played.tally.values().sum(), "things that happened in them");
        for failed in played.failed {
            outcome.accuse(|| failed);
        }
        outcome
    }
}

fn progress(line: String) {
    eprintln!("{line}");
}

/// Runs one in a task of its own, so that a panic is told like any other wrong.
async fn told(chaos: Chaos, figure: u8) -> u64 {
    eprintln!("figure {figure}, seed {}: running", chaos.seed);
    let began = Instant::now();
    let outcome = match tokio::spawn(chaos.run(figure)).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let mut outcome = Outcome::default();
            outcome.accuse(|| format!("it could not be run to its end: {error}"));
            outcome
        }
    };
    let seconds = began.elapsed().as_secs_f32();
    println!("{figure:>3}  {outcome}  ({seconds:.0} s)");
    outcome.wrongs
}

fn main() -> refire::cli::Exit {
    // The figures that kill the bot's process need one.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "serve")
    {
        return refire::cli::run(std::env::args_os());
    }
    let chaos = Chaos::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut wrongs = 0;
    for figure in FIGURES {
        if chaos.figure.is_none_or(|only| only == figure) {
            wrongs += runtime.block_on(told(chaos.clone(), figure));
        }
    }
    if wrongs == 0 {
        refire::cli::Exit::Done
    } else {
        refire::cli::Exit::NotSatisfied
    }
}
