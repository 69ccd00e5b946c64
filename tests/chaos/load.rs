//! Figure 1: two hundred deliveries a second onto a store on disk, while the forge is slow.

use crate::crowd::{Asked, all_once, ask, crowd};
use crate::figure::{Extent, Outcome};
use crate::stage::{Stage, answers, tempo};
use forge::{Fault, Forge, Kind, Version};
use state::{DiskStore, Settings};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PULLS: usize = 120;
const PEOPLE: usize = 40;
/// One in so many holds a command.
const COMMAND_EVERY: usize = 100;
/// How long the forge takes for each call.
const SLOW: Duration = Duration::from_secs(2);
/// Between two words of how far it is.
const PROGRESS: Duration = Duration::from_secs(30);
/// Between two deliveries.
const BETWEEN: Duration = Duration::from_millis(5);

/// Runs the figure with so many deliveries, 99 of 100 of which should be acknowledged within `mark`
/// (`None`: however long it takes). `tell` hears now and then how far it is.
pub(crate) async fn run(extent: Extent, mark: Option<Duration>, tell: impl Fn(String)) -> Outcome {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = Settings::new(directory.path().join("refire.db"));
    let disk = DiskStore::open(settings, "chaos").await.expect("a store");
    let mut stage = Stage::bare(Forge::start(Version::V1_26).await, "", tempo());
    stage.patience = Duration::from_secs(3_600);
    stage.other = Some(Arc::new(disk.store));
    stage.enter().await;
    let (pulls, people) = crowd(&stage, PULLS, PEOPLE).await;
    stage.forge.drop_deliveries(true);
    let first = stage.forge.deliveries().len();
    let mut asked = Vec::new();
    for number in 0..extent.times {
        let is_command = number % COMMAND_EVERY == 0;
        // Commands by everybody and everywhere.
        let turn = if is_command { asked.len() } else { number };
        let (pull, who) = (&pulls[turn % PULLS], &people[turn % PEOPLE]);
        match is_command {
            true => asked.push(ask(pull, who, number)),
            false => drop(pull.comment(who, &format!("Looks fine to me, {number}."))),
        }
    }
    let lost = stage.forge.deliveries_from(first);
    stage.forge.drop_deliveries(false);
    stage
        .forge
        .fault(Fault::on("* /", Kind::Slow(SLOW)).always());
    let comments = lost.iter().filter(|it| it.event == "pull_request_comment");
    let bodies = comments.map(|delivery| delivery.body.clone());
    let mut outcome = Outcome::default();
    deliver_all(&stage, bodies, mark, &mut outcome).await;
    tell(format!("{outcome}"));
    rest(&stage, &asked, tell).await;
    all_once(&mut outcome, &asked);
    outcome
}

/// Waits until everything is answered.
async fn rest(stage: &Stage, asked: &[Asked], tell: impl Fn(String)) {
    let mut quiet = std::pin::pin!(stage.quiet());
    loop {
        tokio::select! {
            () = &mut quiet => return,
            () = tokio::time::sleep(PROGRESS) => {
                let has_answer = |(pull, comment): &&Asked| answers(pull, *comment) > 0;
                let answered = asked.iter().filter(has_answer).count();
                let calls = stage.forge.take_calls();
                let writes = calls.iter().filter(|call| call.method != "GET").count();
                let all = asked.len();
                tell(format!("{answered} of {all} answered, {} calls, {writes} of them writes", calls.len()));
            }
        }
    }
}

/// Sends them at their pace, however long each takes.
async fn deliver_all(
    stage: &Stage,
    bodies: impl Iterator<Item = Vec<u8>>,
    mark: Option<Duration>,
    outcome: &mut Outcome,
) {
    let client = reqwest::Client::new();
    let mut ticker = tokio::time::interval(BETWEEN);
    let mut under_way = tokio::task::JoinSet::new();
    for body in bodies {
        ticker.tick().await;
        under_way.spawn(deliver(client.clone(), stage.url(), body));
    }
    let mut took = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        let (time, status) = ended.expect("it ends");
        if status / 100 != 2 {
            outcome.accuse(|| format!("a delivery was answered with {status}"));
        }
        took.push(time);
    }
    took.sort();
    outcome.count(took.len(), "deliveries, two hundred a second");
    let (half, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    let millis = |time: Duration| usize::try_from(time.as_millis()).unwrap_or(usize::MAX);
    outcome.count(millis(half), "ms for half of them");
    outcome.count(millis(p99), "ms for 99 of 100");
    if let Some(mark) = mark.filter(|mark| p99 > *mark) {
        outcome.accuse(|| format!("99 of 100 take longer than {mark:?}"));
    }
}

/// A delivery on its way: how long it took to be acknowledged, and with which status.
async fn deliver(client: reqwest::Client, url: String, body: Vec<u8>) -> (Duration, u16) {
    let request = Stage::signed(&client, &url, body);
    let began = Instant::now();
    let answer = request.send().await.expect("an answer");
    (began.elapsed(), answer.status().as_u16())
}
