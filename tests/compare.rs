//! `refire compare` as it is started: the trail of a bot that observes beside what a script posted.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot start the program must fail"
)]

mod program;

use forge::{Forge, Posting, PullHandle};
use program::{opened, refire};
use refire::audit::{Keep, Trail, What};
use refire::decide::evaluation::{Evaluation, Trigger};
use refire::model::{CommitState, PostedStatus, PullNumber};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

const QA: &str = "qa-review / approved (pull_request)";

/// What the bot would have posted, written down beside the store.
fn observed(folder: &Path, pull: &PullHandle, state: CommitState) {
    let trail = Trail::open(&folder.join("refire.db.audit"), Keep(10)).expect("a trail");
    let sha = pull.head().parse().expect("a commit");
    let gate = json!({
        "gate": "qa-review", "team": "acme/qa", "verdict": "missing", "reviews": [],
        "declarations": [], "next": null, "diagnosis": null,
        "outcome": "`qa-review` waits for an approval by someone of `acme/qa`.",
    });
    let at = jiff::Timestamp::now();
    let status = PostedStatus {
        sha,
        context: QA.to_owned(),
        state,
        description: "waits for \u{1b}[31man approval".to_owned(),
    };
    let evaluation = Evaluation {
        at,
        triggers: vec![Trigger::Sweep],
        head: Some(status.sha.clone()),
        base: "main".to_owned(),
        gates: vec![serde_json::from_value(gate).expect("a gate")],
        statuses: vec![status],
        answers: Vec::new(),
        calls: Vec::new(),
        observed: true,
    };
    let what = What::Evaluated {
        repo: "acme/widget".parse().expect("a name"),
        number: PullNumber::new(u64::try_from(pull.number()).expect("a number")),
        evaluation: Box::new(evaluation),
    };
    trail.append(at, what).expect("a line");
}

fn post(pull: &PullHandle, by: &str, state: &str) {
    let posting = Posting {
        context: QA,
        state,
        description: "by a job",
    };
    pull.repo().status(&pull.head(), by, &posting);
}

async fn compare(forge: &Forge, folder: &Path, arguments: &[&str]) -> Output {
    refire(forge, folder, &[&["compare"], arguments].concat()).await
}

async fn stage() -> (Forge, PullHandle, tempfile::TempDir) {
    let (forge, pull) = opened().await;
    (forge, pull, tempfile::tempdir().expect("a folder"))
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_script_lets_through_what_refire_holds_back_it_says_why_and_exits_with_1() {
    let (forge, pull, folder) = stage().await;
    observed(folder.path(), &pull, CommitState::Pending);
    post(&pull, "svc", "success");
    // What the bot has posted itself is nobody else's.
    post(&pull, "refire", "pending");
    let output = compare(&forge, folder.path(), &[]).await;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for part in [
        &format!("opposite: {} at ", pull.name()),
        "because: `qa-review` waits for an approval by someone of `acme/qa`.",
        "success: by a job (by svc)",
        "1 statuses on 1 commits",
        "0 agree, 1 opposite",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}'), "it may not speak to the terminal");
    assert!(forge.calls().iter().all(|call| !call.is_write()));
    let output = compare(&forge, folder.path(), &[&pull.name(), "--json"]).await;
    let told: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(told["differences"][0]["kind"], "opposite");
    assert_eq!(told["differences"][0]["others"]["by"], "svc");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_hold_back_it_exits_with_0() {
    let (forge, pull, folder) = stage().await;
    observed(folder.path(), &pull, CommitState::Pending);
    post(&pull, "svc", "failure");
    let output = compare(&forge, folder.path(), &["acme/widget", "--since", "1h"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.starts_with("word: "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anything_to_compare_or_to_read_it_exits_with_2() {
    let (forge, pull, folder) = stage().await;
    let output = compare(&forge, folder.path(), &[]).await;
    assert_eq!(output.status.code(), Some(2), "there is no trail");
    observed(folder.path(), &pull, CommitState::Pending);
    let output = compare(&forge, folder.path(), &["acme/other"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.starts_with("nothing to compare since "), "{told}");
    let output = compare(&forge, folder.path(), &["--since", "soon"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
}
