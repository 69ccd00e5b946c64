//! Figure 1: two hundred deliveries a second onto a store on disk, while the forge is slow.
//! `FIGURES=full` runs it to its mark.

use super::kept::Kept;
use crate::figures::{all_once, ask, crowd, tells, times};
use crate::stage::Stage;
use forge::{Fault, Kind};
use std::time::{Duration, Instant};

/// A delivery on its way: how long it took to be acknowledged, and with which status.
async fn deliver(client: reqwest::Client, url: String, body: Vec<u8>) -> (Duration, u16) {
    let request = Stage::signed(&client, &url, body);
    let began = Instant::now();
    let answer = request.send().await.expect("an answer");
    (began.elapsed(), answer.status().as_u16())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_1_two_hundred_deliveries_a_second_are_taken_in_while_the_forge_is_slow() {
    let began = Instant::now();
    let mut kept = Kept::set().await;
    kept.stage.patience = Duration::from_secs(3_600);
    let stage = &kept.stage;
    let (pulls, people) = crowd(stage, 120, 40).await;
    stage.forge.drop_deliveries(true);
    let first = stage.forge.deliveries().len();
    let count = times(400, 12_000);
    let mut asked = Vec::new();
    for number in 0..count {
        // Commands by everybody and everywhere.
        let is_command = number % 100 == 0;
        let turn = if is_command { asked.len() } else { number };
        let (pull, who) = (&pulls[turn % 120], &people[turn % 40]);
        match is_command {
            true => asked.push(ask(pull, who, number)),
            false => drop(pull.comment(who, &format!("Looks fine to me, {number}."))),
        }
    }
    let lost = stage.forge.deliveries_from(first);
    stage.forge.drop_deliveries(false);
    let slow = Fault::on("* /", Kind::Slow(Duration::from_secs(2)));
    stage.forge.fault(slow.always());
    let client = reqwest::Client::new();
    let mut ticker = tokio::time::interval(Duration::from_millis(5));
    let mut under_way = tokio::task::JoinSet::new();
    for delivery in lost.iter().filter(|it| it.event == "pull_request_comment") {
        ticker.tick().await;
        under_way.spawn(deliver(client.clone(), stage.url(), delivery.body.clone()));
    }
    let mut took = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        let (time, status) = ended.expect("it ends");
        assert_eq!(status / 100, 2, "refused");
        took.push(time);
    }
    took.sort();
    let half = took[took.len() / 2];
    let p99 = took[took.len() * 99 / 100];
    stage.quiet().await;
    let answered = all_once(&asked);
    tells(
        1,
        &format!(
            "{} deliveries, 200 a second: half within {half:.0?}, p99 {p99:.0?}, none refused, {answered} commands answered",
            took.len()
        ),
        began,
    );
}
