//! What tells a page that something changed.

use super::browser::{Browser, path, stage, stage_with};
use crate::stage::{holds, tempo};
use crate::theatre::Theatre;
use rustix::process::Pid;
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_refire");

/// The longest that an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The next event. `None`: the stream has ended.
async fn next(stream: &mut reqwest::Response) -> Option<String> {
    let chunk = tokio::time::timeout(PATIENCE, stream.chunk()).await;
    let chunk = chunk.expect("an event or an end").ok().flatten()?;
    Some(String::from_utf8_lossy(&chunk).into_owned())
}

#[tokio::test]
async fn a_gate_that_turns_green_is_told() {
    let stage = stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    holds(&page.text, &["data-gate=\"qa-review\" data-word=\"waits\""]);
    let mut stream = browser.listens(&stage, &page).await;
    assert_eq!(stream.status(), 200);
    pull.approved_by("quinn");
    let told = next(&mut stream).await.expect("an event");
    assert_eq!(told, "event: changed\ndata: now\n\n");
    stage.quiet().await;
    let page = browser.looks_at(&stage, &pull).await;
    holds(
        &page.text,
        &["data-gate=\"qa-review\" data-word=\"satisfied\""],
    );
}

#[tokio::test]
async fn what_changed_before_anybody_listened_is_told_at_once() {
    let stage = stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    pull.approved_by("quinn");
    stage.quiet().await;
    let mut stream = browser.listens(&stage, &page).await;
    assert!(next(&mut stream).await.is_some());
}

#[tokio::test]
async fn whoever_may_not_see_it_any_more_hears_nothing() {
    let mut tempo = tempo();
    tempo.seen = Duration::ZERO;
    let stage = stage_with("", tempo).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "eve").await;
    let page = browser.looks_at(&stage, &pull).await;
    let mut stream = browser.listens(&stage, &page).await;
    stage.forge.repo("acme/widget").make_private();
    pull.approved_by("quinn");
    assert_eq!(next(&mut stream).await, None);
    stage.quiet().await;
}

#[tokio::test]
async fn whoever_signs_out_hears_nothing() {
    let stage = stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    let mut stream = browser.listens(&stage, &page).await;
    browser.signs_out(&stage, page.token()).await;
    pull.approved_by("quinn");
    assert_eq!(next(&mut stream).await, None);
    let events = format!("{}/events", path(&pull));
    assert_eq!(Browser::default().open(&stage, &events).await.status, 401);
    stage.quiet().await;
}

/// The figure: 100 people who watch cause no evaluation; what they take is measured by
/// `a_hundred_who_watch_take_little_memory`.
#[tokio::test]
async fn a_hundred_who_watch_cause_no_evaluation() {
    let stage = stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(browser.listens(&stage, &page).await);
    }
    stage.calls();
    pull.approved_by("quinn");
    for stream in &mut streams {
        assert!(next(stream).await.is_some());
    }
    stage.quiet().await;
    let calls = stage.calls();
    let evaluations = calls
        .iter()
        .filter(|call| call.ends_with("/reviews"))
        .count();
    assert_eq!(evaluations, 1, "{calls:#?}");
    assert!(!calls.iter().any(|call| call.ends_with("/user/teams")));
}

/// The figure: at most 10 MiB more. The process is one of its own, so that nothing else is counted.
#[tokio::test]
async fn a_hundred_who_watch_take_little_memory() {
    let mut theatre = Theatre::of(PROGRAM.as_ref()).await;
    let base = theatre.address();
    let (id, secret) = theatre.forge.application(&format!("{base}/login/callback"));
    theatre.variables = vec![
        ("REFIRE_WEB__PUBLIC_URL", base.clone()),
        ("REFIRE_WEB__OAUTH_CLIENT_ID", id),
        ("REFIRE_WEB__OAUTH_CLIENT_SECRET_ENV", String::from("OAUTH")),
        ("OAUTH", secret),
    ];
    let running = theatre.start().await;
    let pull = theatre.approved().await;
    let browser = Browser::default();
    theatre.forge.signs_in_as("bob");
    let begun = browser.get(&format!("{base}/login")).await;
    let back = browser.says_yes(&begun).await;
    assert_eq!(browser.get(&back).await.status, 303);
    let page = browser.get(&format!("{base}{}", path(&pull))).await;
    assert_eq!(page.status, 200);
    let before = resident(running.id());
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(browser.hears(&format!("{base}{}", page.events())).await);
    }
    pull.rejected_by("quincy");
    for stream in &mut streams {
        assert!(next(stream).await.is_some());
    }
    let grown = resident(running.id()).saturating_sub(before);
    println!("100 who watch: {grown} KiB more");
    assert!(grown <= 10 * 1024, "{grown} KiB");
}

/// KiB that a process has in memory.
fn resident(process: Pid) -> u64 {
    let status = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = std::fs::read_to_string(status).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a number").parse().expect("a number")
}

#[tokio::test]
async fn whoever_waits_does_not_hold_up_the_end() {
    let mut stage = stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    let mut stream = browser.listens(&stage, &page).await;
    stage.leave().await;
    assert_eq!(next(&mut stream).await, None);
    stage.enter().await;
}
