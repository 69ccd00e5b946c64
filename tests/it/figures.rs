//! Figures 3 to 6, in short; `FIGURES=full` runs them to their marks:
//! `FIGURES=full cargo test --release --test it figure -- --nocapture`.

use crate::stage::{Stage, answers};
use forge::{CommentId, Fault, Forge, Kind, PullHandle};
use std::time::{Duration, Instant};

const SEED: u64 = 20_261_127;

/// So many in short, and so many to the mark.
pub(crate) fn times(short: usize, full: usize) -> usize {
    match std::env::var("FIGURES") {
        Ok(word) if word == "full" => full,
        _ => short,
    }
}

/// Who waits long enough for a figure.
async fn stage() -> Stage {
    let mut stage = Stage::set().await;
    stage.patience = Duration::from_secs(3_600);
    stage
}

/// So many people who are nobody in particular.
pub(crate) fn nobodies(forge: &Forge, count: usize) -> Vec<String> {
    let name = |number| {
        let name = format!("person{number}");
        let _handle = forge.user(&name);
        name
    };
    (0..count).map(name).collect()
}

/// Pull requests, and people who are nobody in particular.
pub(crate) async fn crowd(
    stage: &Stage,
    pulls: usize,
    people: usize,
) -> (Vec<PullHandle>, Vec<String>) {
    let people = nobodies(&stage.forge, people);
    let pulls: Vec<PullHandle> = (0..pulls).map(|_| stage.forge.pull("alice")).collect();
    for pull in pulls.iter().step_by(2) {
        pull.approved_by("quinn");
    }
    stage.quiet().await;
    (pulls, people)
}

/// Fails unless each was answered once; gives how many there were.
pub(crate) fn all_once(asked: &[(PullHandle, CommentId)]) -> usize {
    for (pull, comment) in asked {
        assert_eq!(answers(pull, *comment), 1, "{} {comment}", pull.name());
    }
    asked.len()
}

/// Every second pull request is approved, and nobody has asked for changes anywhere.
fn all_right(stage: &Stage, pulls: &[PullHandle]) {
    for (number, pull) in pulls.iter().enumerate() {
        let due = if number % 2 == 0 {
            "success"
        } else {
            "pending"
        };
        assert!(
            stage.qa(pull).starts_with(due),
            "{}: {}",
            pull.name(),
            stage.qa(pull)
        );
        let failed = pull
            .status_rows()
            .into_iter()
            .find(|row| row.state == "failure");
        assert!(failed.is_none(), "{failed:?}");
    }
}

pub(crate) fn ask(pull: &PullHandle, who: &str, number: usize) -> (PullHandle, CommentId) {
    let comment = pull.comment(who, &format!("/refire qa\n\nnumber {number}"));
    (pull.clone(), comment)
}

pub(crate) fn tells(number: u8, what: &str, began: Instant) {
    println!(
        "figure {number}: {what} ({:.0} s)",
        began.elapsed().as_secs_f32()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_3_commands_that_are_delivered_again_and_again_and_found_have_one_answer_each() {
    let began = Instant::now();
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 30, 20).await;
    let mut asked = Vec::new();
    let mut first = 0;
    for number in 0..times(40, 1_000) {
        first += stage.forge.deliveries_from(first).len();
        asked.push(ask(&pulls[number % 30], &people[number % 20], number));
        stage.forge.deliveries_idle().await;
        let told = stage.forge.deliveries_from(first);
        let told = told.iter().find(|it| it.event == "pull_request_comment");
        let payload = told.expect("a delivery").payload.clone();
        for again in 0..4 {
            // Twice under one id of its own, as one delivery that is sent again, and twice anew.
            match again % 2 {
                0 => drop(stage.hears(&payload).await),
                _ => stage.forge.redeliver(first),
            }
        }
    }
    stage.quiet().await;
    stage.sweep().await;
    let answered = all_once(&asked);
    tells(
        3,
        &format!("{answered} commands, each told five times and found: {answered} answers"),
        began,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_4_what_was_typed_while_no_webhook_arrived_is_answered_within_one_sweep() {
    let began = Instant::now();
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 30, 20).await;
    stage.sweep().await;
    stage.forge.drop_deliveries(true);
    let asked: Vec<_> = (0..50)
        .map(|number| {
            stage.forge.advance(Duration::from_secs(12));
            ask(&pulls[number % 30], &people[number % 20], number)
        })
        .collect();
    stage.forge.drop_deliveries(false);
    stage.sweep().await;
    let answered = all_once(&asked);
    tells(
        4,
        &format!("{answered} of 50 answered within one sweep"),
        began,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_5_a_push_that_races_commands_leaves_no_green_on_code_that_nobody_approved() {
    let began = Instant::now();
    let stage = stage().await;
    let races = times(20, 1_000);
    for race in 0..races {
        let pull = stage.forge.pull("alice");
        pull.approved_by("quinn");
        stage.quiet().await;
        stage.forge.hold_timeline();
        if race % 2 == 0 {
            pull.comment("quincy", "/sop-n/a qa docs only");
        }
        let head = pull.push("alice");
        pull.comment("bob", "/refire qa");
        if race % 2 == 1 {
            pull.comment("quincy", "/sop-n/a qa docs only");
        }
        if race % 3 == 0 {
            // The bot looks in between.
            stage.forge.deliveries_idle().await;
            let so_far = stage.forge.calls().len();
            let looked = || stage.forge.calls().len() > so_far;
            stage.meanwhile("the bot looks", looked).await;
        }
        stage.forge.release_timeline();
        stage.quiet().await;
        let rows = pull.repo().status_rows(&head);
        let green = rows
            .iter()
            .find(|row| row.state == "success" && row.context.starts_with("qa-review"));
        assert!(green.is_none(), "race {race}: {green:?}");
    }
    tells(
        5,
        &format!("{races} races: 0 green for code that nobody approved"),
        began,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_6_in_bad_weather_all_ends_right_and_nothing_fails_by_accident() {
    let began = Instant::now();
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 20, 20).await;
    let weather = |kind, percent, salt| {
        let fault = Fault::on("* /", kind);
        stage.forge.fault(fault.odds(percent, SEED + salt));
    };
    let away = Kind::Status {
        status: 502,
        body: "{}".to_owned(),
        headers: Vec::new(),
    };
    weather(away, 20, 0);
    weather(Kind::Reset, 5, 1);
    weather(Kind::CutJson, 2, 2);
    weather(Kind::Hang, 1, 3);
    let commands = times(40, 1_000);
    let asked: Vec<_> = (0..commands)
        .map(|number| ask(&pulls[number % 20], &people[number % 20], number))
        .collect();
    let all = || {
        let answered = |(pull, comment): &(PullHandle, CommentId)| answers(pull, *comment) > 0;
        asked.iter().all(answered)
    };
    stage
        .meanwhile("everything is answered in bad weather", all)
        .await;
    stage.forge.heal();
    stage.quiet().await;
    stage.sweep().await;
    all_once(&asked);
    all_right(&stage, &pulls);
    tells(
        6,
        &format!("{commands} commands: each answered once, all statuses right, none a failure"),
        began,
    );
}
