//! The short form of each figure, with fixed seeds; `main.rs` beside it is the long one. Figure 8 is in
//! `tests/it/store`, figure 10 in `tests/model`.

#![expect(clippy::expect_used, reason = "a figure that cannot go on must fail")]

mod commands;
mod crowd;
mod figure;
mod hostile;
mod killed;
mod load;
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

use figure::{Extent, Outcome};
use killed::Killed;
use soak::Soak;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_refire");

#[track_caller]
fn ends_well(outcome: &Outcome) {
    println!("{outcome}");
    assert_eq!(outcome.wrongs, 0, "{outcome}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_1_two_hundred_deliveries_a_second_are_taken_in_while_the_forge_is_slow() {
    ends_well(&load::run(Extent::of(400), None, |line| println!("{line}")).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_2_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice() {
    let killed = Killed {
        kills: 3,
        command_every: 20,
    };
    ends_well(&killed::run(PROGRAM.as_ref(), Extent::of(300), killed).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_3_commands_that_are_delivered_again_and_again_and_found_have_one_answer_each() {
    ends_well(&commands::told_again(Extent::of(40)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_4_what_was_typed_while_no_webhook_arrived_is_answered_within_one_sweep() {
    ends_well(&commands::untold(Extent::of(50)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_5_a_push_that_races_commands_leaves_no_green_on_code_that_nobody_approved() {
    ends_well(&commands::raced(Extent::of(20)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_6_in_bad_weather_all_ends_right_and_nothing_fails_by_accident() {
    ends_well(&commands::in_bad_weather(Extent::of(40), 6).await);
}

#[test]
fn figure_7_nothing_hostile_panics_is_believed_or_speaks_out_of_code() {
    let times = hostile::Times {
        comments: 20_000,
        bodies: 4_000,
        signatures: 2_000,
    };
    let outcome = hostile::run(7, times, Duration::MAX);
    let spoke = outcome.counts[1].0;
    assert!(spoke > 1_000, "the comments say too little: {outcome}");
    ends_well(&outcome);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_9_it_soaks_with_restarts_and_nothing_waits_in_the_end() {
    let soak = Soak {
        whole: Duration::from_secs(8),
        warm: Duration::from_secs(2),
        restarts: 1,
    };
    ends_well(&soak::run(PROGRAM.as_ref(), soak, |line| println!("{line}")).await);
}
