//! The figures that take long: `cargo run --release --example chaos` runs each to its mark and
//! prints what it came to; `--minutes 5` ends each part of one that early, `--figure 7` runs one of
//! them, `--seed` another history.
//!
//! It exits with 1 if anything happened that must not.

mod figure;
mod hostile;

use clap::Parser;
use figure::Outcome;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the long figures and prints what they came to.
#[derive(Debug, Parser)]
struct Chaos {
    /// Only this one
    #[arg(long)]
    figure: Option<u8>,
    /// The most that a part of a figure may take
    #[arg(long)]
    minutes: Option<u64>,
    /// Where randomness begins
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A figure's number and how it is run.
type Figure = (u8, fn(u64, Duration) -> Outcome);

const FIGURES: &[Figure] = &[(7, hostile)];

fn hostile(seed: u64, limit: Duration) -> Outcome {
    let times = hostile::Times {
        comments: 10_000_000,
        bodies: 1_000_000,
        signatures: 100_000,
    };
    hostile::run(seed, times, limit)
}

fn main() -> ExitCode {
    let chaos = Chaos::parse();
    let minutes = chaos.minutes.map(|minutes| minutes.saturating_mul(60));
    let limit = minutes.map_or(Duration::MAX, Duration::from_secs);
    let mut wrongs = 0;
    for (number, run) in FIGURES {
        if chaos.figure.is_some_and(|only| only != *number) {
            continue;
        }
        eprintln!("figure {number}, seed {}: running", chaos.seed);
        let began = Instant::now();
        let outcome = run(chaos.seed, limit);
        wrongs += outcome.wrongs;
        println!(
            "{number:>3}  {outcome}  ({:.0} s)",
            began.elapsed().as_secs_f32()
        );
    }
    if wrongs == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
