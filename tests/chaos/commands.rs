//! Figures 3 to 6: commands that are told again, not told at all, overtaken by pushes, or asked in
//! bad weather.

use crate::crowd::{all_answered, all_once, all_right, ask, crowd, stage};
use crate::figure::{Extent, Outcome};
use crate::stage::Stage;
use forge::{Delivery, Fault, Kind};
use std::time::Duration;

/// Figure 3: each command is delivered three times with its id and twice with new ones, and then found
/// by the sweep; it has one answer.
pub(crate) async fn told_again(extent: Extent) -> Outcome {
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 30, 20).await;
    let mut asked = Vec::new();
    let mut first = 0;
    for number in extent.turns() {
        first += stage.forge.deliveries_from(first).len();
        asked.push(ask(&pulls[number % 30], &people[number % 20], number));
        stage.forge.deliveries_idle().await;
        let told = stage.forge.deliveries_from(first);
        let told = told.iter().find(|it| it.event == "pull_request_comment");
        let told = told.expect("a delivery").clone();
        for again in 0..4 {
            match again % 2 {
                0 => send_again(&stage, &told).await,
                _ => stage.forge.redeliver(first),
            }
        }
    }
    stage.quiet().await;
    stage.sweep().await;
    let mut outcome = Outcome::default();
    all_once(&mut outcome, &asked);
    outcome
}

/// The same delivery, under its own id.
async fn send_again(stage: &Stage, delivery: &Delivery) {
    let client = reqwest::Client::new();
    let mut request = client.post(stage.url()).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16() / 100, 2, "{answer:?}");
}

/// Figure 4: what is typed while no webhook arrives is answered within one sweep.
pub(crate) async fn untold(extent: Extent) -> Outcome {
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 30, 20).await;
    stage.sweep().await;
    stage.forge.drop_deliveries(true);
    let mut asked = Vec::new();
    for number in extent.turns() {
        // Ten minutes in all.
        stage.forge.advance(Duration::from_secs(12));
        asked.push(ask(&pulls[number % 30], &people[number % 20], number));
    }
    stage.forge.drop_deliveries(false);
    stage.sweep().await;
    let mut outcome = Outcome::default();
    all_once(&mut outcome, &asked);
    outcome
}

/// Figure 5: a push races commands and declarations while the timeline is late; no green stands on code
/// that nobody approved.
pub(crate) async fn raced(extent: Extent) -> Outcome {
    let stage = stage().await;
    let mut outcome = Outcome::default();
    let mut races = 0;
    for race in extent.turns() {
        if let Some(green) = one_race(&stage, race).await {
            outcome.accuse(|| format!("race {race}: {green}"));
        }
        races += 1;
    }
    outcome.count(races, "races");
    outcome
}

/// What is green in the end, though it must not be.
async fn one_race(stage: &Stage, race: usize) -> Option<String> {
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.hold_timeline();
    if race.is_multiple_of(2) {
        pull.comment("quincy", "/sop-n/a qa docs only");
    }
    let head = pull.push("alice");
    pull.comment("bob", "/refire qa");
    if race % 2 == 1 {
        pull.comment("quincy", "/sop-n/a qa docs only");
    }
    if race.is_multiple_of(3) {
        // The bot looks in between.
        stage.forge.deliveries_idle().await;
        let so_far = stage.forge.calls().len();
        let looked = || stage.forge.calls().len() > so_far;
        stage.meanwhile("the bot looks", looked).await;
    }
    stage.forge.release_timeline();
    stage.quiet().await;
    let _forgotten = stage.forge.take_calls();
    let rows = pull.repo().status_rows(&head);
    let green = rows
        .iter()
        .find(|row| row.state == "success" && row.context.starts_with("qa-review"));
    green.map(|row| format!("{row:?}"))
}

/// Figure 6: a fifth of all calls are answered with an error, others are reset, cut or never answered;
/// everything ends right, and nothing is a failure by accident.
pub(crate) async fn in_bad_weather(extent: Extent, seed: u64) -> Outcome {
    let mut stage = stage().await;
    let (pulls, people) = crowd(&stage, 20, 20).await;
    let weather = [
        (Fault::status("* /", 502), 20),
        (Fault::on("* /", Kind::Reset), 5),
        (Fault::on("* /", Kind::CutJson), 2),
        (Fault::on("* /", Kind::Hang), 1),
    ];
    for (salt, (fault, percent)) in (0..).zip(weather) {
        stage.forge.fault(fault.odds(percent, seed + salt));
    }
    let mut asked = Vec::new();
    for number in extent.turns() {
        asked.push(ask(&pulls[number % 20], &people[number % 20], number));
    }
    let all = || all_answered(&asked);
    stage
        .meanwhile("everything is answered in bad weather", all)
        .await;
    stage.forge.heal();
    stage.quiet().await;
    stage.sweep().await;
    let mut outcome = Outcome::default();
    all_once(&mut outcome, &asked);
    all_right(&mut outcome, &stage, &pulls);
    outcome
}
