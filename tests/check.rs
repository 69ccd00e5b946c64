//! `refire check` as it is started: one evaluation, no store, and nothing written unless asked.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot start the program must fail"
)]

mod program;

use forge::{Forge, PullHandle};
use program::{opened, refire};
use serde_json::Value;
use std::process::Output;

/// A forge with a pull request of alice's that quinn of the team `qa` has approved.
async fn approved() -> (Forge, PullHandle) {
    let (forge, pull) = opened().await;
    pull.approved_by("quinn");
    (forge, pull)
}

/// Checks in a folder of its own.
async fn check(forge: &Forge, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    refire(forge, folder.path(), &[&["check"], arguments].concat()).await
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one object on standard output")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_satisfied_gate_exits_with_0_and_writes_nothing() {
    let (forge, pull) = approved().await;
    let output = check(&forge, &[&pull.name(), "--gate", "qa", "--json"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = json(&output);
    assert_eq!(told["pull"], pull.name());
    assert_eq!(told["head"], pull.head());
    assert_eq!(told["gates"][0]["gate"], "qa-review");
    assert_eq!(told["gates"][0]["verdict"], "satisfied");
    assert_eq!(told["gates"].as_array().map(Vec::len), Some(1));
    assert!(forge.calls().iter().all(|call| !call.is_write()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_approval_exits_with_1_and_says_whose() {
    let (forge, pull) = approved().await;
    let output = check(&forge, &[&pull.name(), "--json"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let gate = &json(&output)["gates"][1];
    assert_eq!(gate["verdict"], "missing");
    let reasons = gate["reasons"].to_string();
    assert!(reasons.contains("acme/security"), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn not_knowing_exits_with_2_even_where_another_gate_is_missing() {
    let (forge, pull) = approved().await;
    forge.org("acme").team("qa").remove("refire");
    let output = check(&forge, &[&pull.name()]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("cannot be verified"), "{told}");
    assert!(told.contains("Must be a team member"), "{told}");
    assert!(
        told.contains("Add `refire` to the team `acme/qa`"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_cannot_be_read_exits_with_2() {
    let (forge, _) = approved().await;
    let output = check(&forge, &["acme/widget#999", "--json"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = json(&output);
    assert_eq!(told["head"], Value::Null);
    assert_eq!(told["gates"][0]["verdict"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_gate_exits_with_64_and_names_the_known_ones() {
    let (forge, pull) = approved().await;
    let output = check(&forge, &[&pull.name(), "--gate", "securty"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("qa-review, security-review"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn post_writes_the_statuses_once_and_nothing_else() {
    let (forge, pull) = approved().await;
    for _ in 0..2 {
        let output = check(&forge, &[&pull.name(), "--gate", "qa", "--post"]).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let written: Vec<String> = forge
        .calls()
        .iter()
        .filter(|c| c.is_write())
        .map(|c| c.name())
        .collect();
    assert_eq!(written, ["POST /repos/{owner}/{repo}/statuses/{sha}"]);
    let status = pull
        .status("qa-review / approved (pull_request)")
        .expect("a status");
    assert_eq!(status.state, "success");
}
