//! The numbers: what a scrape says after a story, to the last count, and how many series it has.

use crate::stage::{Stage, key, tempo};
use forge::{Fault, Forge, Posting, Version};
use jiff::{SignedDuration, Timestamp};
use metrics::LocalRecorderGuard;
use refire::app;
use refire::memo::{self, Confirmed, Kind as _};
use refire::numbers::{self, Kind, Metric, Recorder};
use state::Store as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Stdio;

/// A stage whose bot counts alone. Everything runs on the thread of its test, so that it hears no other.
struct Counted {
    stage: Stage,
    _heard: LocalRecorderGuard<'static>,
}

impl Counted {
    async fn set() -> Self {
        Self::with("").await
    }

    async fn with(extra: &str) -> Self {
        let stage = Stage::bare(Forge::start(Version::V1_26).await, extra, tempo());
        Self::on(stage).await
    }

    async fn on(mut stage: Stage) -> Self {
        let recorder = Box::leak(Box::new(Recorder::alone()));
        let _heard = metrics::set_default_local_recorder(recorder.as_recorder());
        let mut parts = stage.parts();
        parts.recorder = recorder.clone();
        let bot = app::start(parts).await.expect("the bot starts");
        stage.appears(bot);
        Self { stage, _heard }
    }

    async fn scrape(&self) -> Scrape {
        let url = self.stage.url().replace("/webhook", "/metrics");
        Scrape::of(&url).await
    }
}

/// What a scrape says.
struct Scrape {
    text: String,
    values: BTreeMap<String, f64>,
}

impl Scrape {
    async fn of(url: &str) -> Self {
        let answer = reqwest::get(url).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().expect("a text");
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
        let text = answer.text().await.expect("a text");
        let values = samples(&text).map(|(series, value)| (series.to_owned(), value));
        let values: BTreeMap<String, f64> = values.collect();
        assert_eq!(
            values.len(),
            samples(&text).count(),
            "a series is there twice"
        );
        Self { text, values }
    }

    /// The value of one series.
    #[track_caller]
    fn get(&self, series: &str) -> f64 {
        let value = self.values.get(series).copied();
        value.unwrap_or_else(|| panic!("`{series}` is not in:\n{}", self.text))
    }

    /// Labels and value of every series of a metric that is not 0.
    fn of_metric(&self, name: &str) -> Vec<(&str, f64)> {
        let series = self.values.iter().filter(|(_, value)| **value > 0.0);
        let labels = series.filter_map(|(series, value)| {
            let labels = series.strip_prefix(name)?.strip_prefix('{')?;
            Some((labels.trim_end_matches('}'), *value))
        });
        labels.collect()
    }

    /// What was counted by labels, but for calls, a line each.
    fn counted(&self) -> String {
        let counted = [
            numbers::DELIVERIES,
            numbers::EVALUATIONS,
            numbers::CAUSES,
            numbers::EFFECTS,
        ];
        let lines = counted.iter().flat_map(|name| {
            let series = self.of_metric(name).into_iter();
            series.map(move |(labels, value)| format!("{name} {labels} {value}"))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Series and value of each line that is no comment.
fn samples(text: &str) -> impl Iterator<Item = (&str, f64)> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').expect("a series and its value");
        (series, value.parse().expect("a number"))
    })
}

#[tokio::test]
async fn a_story_is_counted_to_the_last_count() {
    let it = Counted::set().await;
    let pull = it.stage.forge.pull("alice");
    it.stage.quiet().await;
    pull.approved_by("quinn");
    it.stage.quiet().await;
    pull.comment("bob", "LGTM");
    let command = it.stage.forge.deliveries().len();
    it.stage.says(&pull, "bob", "/refire qa").await;
    it.stage.forge.redeliver(command);
    it.stage.quiet().await;
    assert_eq!(it.stage.hears(&serde_json::json!([])).await, 400);
    let scrape = it.scrape().await;
    insta::assert_snapshot!(scrape.counted());
    let writes = it
        .stage
        .forge
        .calls()
        .iter()
        .filter(|it| it.is_write())
        .count();
    let told = scrape.of_metric(numbers::FORGE_CALLS);
    let told = told
        .iter()
        .filter(|(labels, _)| labels.contains("method=\"POST\""));
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let difference = told.map(|(_, value)| value).sum::<f64>() - writes as f64;
    assert!(difference.abs() < 0.5, "{difference}");
    for waits in [
        numbers::INBOX_ITEMS,
        numbers::OUTBOX_EFFECTS,
        numbers::UNKNOWN_GATES,
    ] {
        assert!(scrape.get(waits).abs() < 0.5, "{waits}");
    }
}

#[tokio::test]
async fn an_answer_is_timed_once_however_often_it_changes() {
    let it = Counted::set().await;
    it.stage.forge.org("acme").team("qa").remove("refire");
    let pull = it.stage.approved().await;
    it.stage.says(&pull, "quinn", "/refire qa").await;
    it.stage.forge.org("acme").team("qa").add("refire");
    let green = || it.stage.qa(&pull).starts_with("success");
    it.stage.until("it is known", green).await;
    it.stage.says(&pull, "bob", "/refire qa").await;
    let scrape = it.scrape().await;
    assert!((scrape.get("refire_answer_seconds_count") - 2.0).abs() < 0.5);
    let sum = scrape.get("refire_answer_seconds_sum");
    assert!(sum > 0.0 && sum < 60.0, "{sum}");
    assert!((scrape.get("refire_answer_seconds_bucket{le=\"600\"}") - 2.0).abs() < 0.5);
}

#[tokio::test]
async fn what_could_not_be_found_out_is_counted_by_its_cause_and_until_it_is_known() {
    let it = Counted::set().await;
    it.stage.forge.org("acme").team("qa").remove("refire");
    let pull = it.stage.forge.pull("alice");
    pull.approved_by("quinn");
    it.stage
        .meanwhile("it is unknown", || {
            it.stage.qa(&pull).contains("cannot verify")
        })
        .await;
    let scrape = it.scrape().await;
    assert!(scrape.get("refire_causes_total{cause=\"bot-not-in-team\"}") > 0.0);
    assert!(scrape.get("refire_evaluations_total{verdict=\"unknown\"}") > 0.0);
    assert!((scrape.get(numbers::UNKNOWN_GATES) - 1.0).abs() < 0.5);
    assert!(scrape.get(numbers::UNKNOWN_OLDEST) > 0.0);
    it.stage.forge.org("acme").team("qa").add("refire");
    it.stage
        .until("it is known", || it.stage.qa(&pull).starts_with("success"))
        .await;
    let scrape = it.scrape().await;
    assert!(scrape.get(numbers::UNKNOWN_GATES).abs() < 0.5);
    assert!(scrape.get(numbers::UNKNOWN_OLDEST).abs() < f64::EPSILON);
}

#[tokio::test]
async fn since_when_a_gate_is_unknown_outlives_the_bot() {
    let it = Counted::set().await;
    it.stage.forge.org("acme").team("qa").remove("refire");
    let pull = it.stage.forge.pull("alice");
    pull.approved_by("quinn");
    let unknown = || it.stage.qa(&pull).contains("cannot verify");
    it.stage.meanwhile("it is unknown", unknown).await;
    it.stage.quiet().await;
    let before = it.scrape().await.get(numbers::UNKNOWN_OLDEST);
    let Counted { mut stage, _heard } = it;
    drop(_heard);
    stage.leave().await;
    let mut it = Counted::on(stage).await;
    it.stage.sweep().await;
    let scrape = it.scrape().await;
    assert!((scrape.get(numbers::UNKNOWN_GATES) - 1.0).abs() < 0.5);
    let after = scrape.get(numbers::UNKNOWN_OLDEST);
    assert!(after > before, "{before}, then {after}");
    it.stage.forge.org("acme").team("qa").add("refire");
    let green = || it.stage.qa(&pull).starts_with("success");
    it.stage.until("it is known", green).await;
}

#[tokio::test]
async fn while_nothing_can_be_read_every_gate_is_unknown() {
    let it = Counted::set().await;
    let pull = it.stage.approved().await;
    let reviews = "GET /repos/*/pulls/*/reviews";
    it.stage.forge.fault(Fault::status(reviews, 502).always());
    pull.push("alice");
    it.stage
        .meanwhile("it is unknown", || {
            it.stage.qa(&pull).contains("could not look yet")
        })
        .await;
    let scrape = it.scrape().await;
    assert!((scrape.get(numbers::UNKNOWN_GATES) - 2.0).abs() < 0.5);
    assert!(scrape.get("refire_causes_total{cause=\"forge-unavailable\"}") > 0.0);
    it.stage.forge.heal();
    it.stage.quiet().await;
    assert!(it.scrape().await.get(numbers::UNKNOWN_GATES).abs() < 0.5);
}

#[tokio::test]
async fn what_only_the_sweep_finds_and_how_long_ago_things_happened() {
    let mut it = Counted::set().await;
    let scrape = it.scrape().await;
    for unknown in [numbers::LAST_DELIVERY, numbers::SWEEP_LAG] {
        assert!(!scrape.values.contains_key(unknown), "{unknown}");
    }
    let pull = it.stage.approved().await;
    it.stage.unheard(|| pull.comment("bob", "/refire qa"));
    it.stage.sweep().await;
    it.stage.sweep().await;
    let scrape = it.scrape().await;
    assert!((scrape.get(numbers::FOUND_BY_SWEEP) - 1.0).abs() < 0.5);
    for young in [numbers::LAST_DELIVERY, numbers::SWEEP_LAG] {
        let age = scrape.get(young);
        assert!(age > 0.0 && age < 60.0, "{young}: {age}");
    }
}

#[tokio::test]
async fn a_bot_that_sweeps_and_cannot_lags_behind() {
    let forge = Forge::start(Version::V1_26).await;
    forge.fault(Fault::status("GET /orgs/acme/repos", 500).always());
    let sweeps = "[sweep]\nevery = \"1h\"\nreconcile = \"off\"\n";
    let it = Counted::on(Stage::bare(forge, sweeps, tempo())).await;
    it.stage.quiet().await;
    let first = it.scrape().await.get(numbers::SWEEP_LAG);
    let second = it.scrape().await.get(numbers::SWEEP_LAG);
    assert!(second > first, "{first}, then {second}");
    it.stage.forge.heal();
}

#[tokio::test]
async fn on_a_listener_of_their_own_the_numbers_are_there_and_nowhere_else() {
    let it = Counted::with("[metrics]\nlisten = \"127.0.0.1:0\"\n").await;
    let bot = it.stage.bot.as_ref().expect("the bot is on stage");
    assert_ne!(bot.address, bot.numbers);
    let own = format!("http://{}", bot.numbers);
    let scrape = Scrape::of(&format!("{own}/metrics")).await;
    assert!(scrape.get(numbers::UNEXPLAINED).abs() < 0.5);
    let beside = it.stage.url().replace("/webhook", "/metrics");
    for nowhere in [beside, format!("{own}/webhook"), format!("{own}/healthz")] {
        let answer = reqwest::get(&nowhere).await.expect("an answer");
        assert_eq!(answer.status(), 404, "{nowhere}");
    }
}

#[tokio::test]
async fn forged_statuses_are_counted() {
    let it = Counted::set().await;
    let pull = it.stage.approved().await;
    let posting = Posting {
        context: "qa-review / approved (pull_request)",
        state: "failure",
        description: "no",
    };
    pull.repo().status(&pull.head(), "bob", &posting);
    it.stage.quiet().await;
    let scrape = it.scrape().await;
    assert!((scrape.get(numbers::FORGED_STATUSES) - 1.0).abs() < 0.5);
}

/// Of the greens the one that was confirmed longest ago counts, also while all are looked at, and also while
/// its repository cannot be read.
#[tokio::test]
async fn the_oldest_confirmation_of_a_green_is_told() {
    const HOUR: f64 = 3_600.0;
    let mut it = Counted::set().await;
    it.stage.sweep().await;
    assert!(it.scrape().await.get(numbers::OLDEST_VERIFICATION).abs() < 0.5);
    let pull = it.stage.approved().await;
    let long_ago = Confirmed {
        at: Timestamp::now() - SignedDuration::from_hours(1),
    };
    let memo = long_ago.memo(memo::all_of_pull::<Confirmed>(key(&pull)));
    let now = refire::worker::now();
    let remembered = it.stage.store.remember(vec![memo], now).await;
    remembered.expect("a store");
    it.stage.reconcile().await;
    assert!(it.scrape().await.get(numbers::OLDEST_VERIFICATION) >= HOUR);
    it.stage
        .forge
        .fault(Fault::status("GET /repos/*", 500).always());
    it.stage.sweep().await;
    assert!(it.scrape().await.get(numbers::OLDEST_VERIFICATION) >= HOUR);
    it.stage.forge.heal();
    it.stage.sweep().await;
    let oldest = it.scrape().await.get(numbers::OLDEST_VERIFICATION);
    assert!(oldest > 0.0 && oldest < HOUR, "{oldest}");
}

/// Everything that a bot can be seen doing, for those who look at the text as a whole.
async fn busy() -> Counted {
    let mut it = Counted::set().await;
    let pull = it.stage.approved().await;
    for command in [
        "/refire",
        "/sop-n/a security no",
        "/whoami-teams",
        "/refire help",
        "/nonsense",
    ] {
        it.stage.says(&pull, "quinn", command).await;
    }
    pull.push("alice");
    it.stage.sweep().await;
    it
}

#[tokio::test]
async fn promtool_has_nothing_to_say() {
    let it = busy().await;
    let text = it.scrape().await.text;
    obeys_the_format(&text);
    let checks = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut checks) = checks else {
        println!("promtool is not here; the text was checked by this test alone");
        return;
    };
    let mut stdin = checks.stdin.take().expect("an input");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let told = checks.wait_with_output().expect("it ends");
    let said = [told.stdout, told.stderr].concat();
    assert!(
        told.status.success() && said.is_empty(),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// Every sample stands below the help and the type of its metric, and every metric is one of ours with
/// the labels that it is said to have.
fn obeys_the_format(text: &str) {
    let mut metric: Option<&Metric> = None;
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and its help");
            let known = numbers::ALL.iter().find(|known| known.name == name);
            assert_eq!(known.map(|known| known.help), Some(help), "{name}");
            assert!(seen.insert(name), "{name} is there twice");
            metric = known;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let kind = metric.map(|metric| format!("{} {:?}", metric.name, metric.kind));
            assert_eq!(kind.map(|kind| kind.to_lowercase()).as_deref(), Some(rest));
        } else {
            fits(metric.expect("a metric above it"), line);
        }
    }
}

fn fits(metric: &Metric, line: &str) {
    let (series, _) = line.rsplit_once(' ').expect("a series and its value");
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let suffix = name.strip_prefix(metric.name).expect("its metric's name");
    let suffixes: &[&str] = match metric.kind {
        Kind::Histogram => &["_bucket", "_sum", "_count"],
        Kind::Counter | Kind::Gauge => &[""],
    };
    assert!(suffixes.contains(&suffix), "{line}");
    let labels = labels.strip_suffix('}').expect("an end").split("\",");
    let mut labels: Vec<_> = labels
        .filter_map(|label| Some(label.split_once('=')?.0))
        .collect();
    labels.retain(|label| *label != "le");
    let told: Vec<_> = metric.labels.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, told, "{line}");
}

#[tokio::test]
async fn no_series_names_a_repository_a_pull_request_or_a_person() {
    let it = busy().await;
    let scrape = it.scrape().await;
    for name in [
        "acme",
        "widget",
        "alice",
        "quinn",
        "bob",
        "refire\"",
        "qa-review",
    ] {
        let naming = scrape.values.keys().find(|series| series.contains(name));
        assert_eq!(naming, None, "{name}");
    }
    let words = numbers::ALL.iter().flat_map(|metric| metric.labels);
    let words = words.filter(|(_, values)| !values.is_empty());
    for (label, values) in words {
        let mark = format!("{label}=\"");
        let told = scrape
            .values
            .keys()
            .filter_map(|series| series.split_once(&mark));
        for (series, rest) in told {
            let value = rest.split('"').next().unwrap_or_default();
            let others = numbers::ALL.iter().flat_map(|metric| metric.labels);
            let mut known = others
                .filter(|(other, _)| other == label)
                .flat_map(|it| it.1);
            assert!(
                values.contains(&value) || known.any(|it| *it == value),
                "{series}{label}={value}"
            );
        }
    }
}

#[tokio::test]
async fn with_a_thousand_repositories_there_are_no_more_series_than_with_one() {
    const MANY: usize = 1_000;
    let stage = Stage::bare(Forge::start(Version::V1_26).await, "", tempo());
    for number in 0..MANY {
        let name = format!("acme/many-{number}");
        let _repo = stage.forge.repo(&name);
        if number % 20 == 0 {
            let _pull = stage.forge.new_pull("alice").in_repo(&name).open();
        }
    }
    let mut it = Counted::on(stage).await;
    it.stage.patience = std::time::Duration::from_secs(300);
    it.stage.sweep().await;
    let began = std::time::Instant::now();
    let scrape = it.scrape().await;
    let took = began.elapsed();
    let (series, size) = (scrape.values.len(), scrape.text.len());
    println!(
        "{MANY} repositories: {series} series, {size} bytes, scraped in {took:?} (mark: 2,000 series, 50 ms)"
    );
    assert!(series <= 2_000, "{series}");
    assert!(scrape.get("refire_evaluations_total{verdict=\"not_satisfied\"}") >= 100.0);
}
