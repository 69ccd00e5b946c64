//! `refire explain`, `simulate` and `audit` as they are started: why, what if, and what was.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot start the program must fail"
)]

mod program;

use forge::{Forge, PullHandle};
use program::{opened, refire};
use refire::audit::{Keep, Trail, What};
use refire::decide::evaluation::{Evaluation, Trigger};
use refire::model::PullNumber;
use serde_json::Value;
use std::path::Path;

/// A forge with a pull request of alice's that quinn of the team `qa` has approved.
async fn approved() -> (Forge, PullHandle) {
    let (forge, pull) = opened().await;
    pull.approved_by("quinn");
    (forge, pull)
}

/// What it prints in a folder of its own, having exited with 0.
async fn told(forge: &Forge, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let output = refire(forge, folder.path(), arguments).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(forge.calls().iter().all(|call| !call.is_write()));
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn holds(text: &str, phrases: &[&str]) {
    for phrase in phrases {
        assert!(text.contains(phrase), "`{phrase}` is not in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_how_it_stands_and_who_counts() {
    let (forge, pull) = approved().await;
    let told = told(&forge, &["explain", &pull.name()]).await;
    let lines = [
        "qa-review is satisfied: quinn of acme/qa approved",
        "✔ quinn approved",
        "security-review waits for an approval by someone of acme/security",
    ];
    holds(&told, &lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_would_be_if() {
    let (forge, pull) = approved().await;
    let name = pull.name();
    let cases = [
        (
            "sam approves",
            "security-review is satisfied: sam of acme/security approved",
            "from pending to success",
        ),
        (
            "bob approves",
            "security-review waits for an approval",
            "No status would change.",
        ),
        (
            "quinn requests changes",
            "qa-review is rejected: quinn of acme/qa requests changes",
            "from success to failure",
        ),
        (
            "push",
            "an older commit, not the head",
            "from success to pending",
        ),
        (
            "quinn pushes",
            "qa-review waits for an approval",
            "from success to pending",
        ),
        (
            "quinn leaves qa",
            "not in acme/qa",
            "from success to pending",
        ),
        (
            "sam declares security",
            "sam of acme/security declared it not applicable",
            "from pending to success",
        ),
    ];
    for (assumption, stands, changes) in cases {
        let told = told(&forge, &["explain", &name, "--what-if", assumption]).await;
        let (_, then) = told.split_once("\nIf ").expect("what would be");
        holds(then, &[stands, changes]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_assumptions_hold_together() {
    let (forge, pull) = approved().await;
    let name = pull.name();
    let both = [
        "explain",
        &name,
        "--what-if",
        "bob joins security",
        "--what-if",
        "bob approves",
    ];
    let told = told(&forge, &both).await;
    let phrases = [
        "If bob joins acme/security and bob approves:",
        "security-review is satisfied: bob of acme/security approved",
    ];
    holds(&told, &phrases);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bot_would_be_told_in_a_team_nobody_knows_so_both_answers_are_explained() {
    let (forge, pull) = approved().await;
    forge.org("acme").team("qa").remove("refire");
    let arguments = ["explain", &pull.name(), "--what-if", "bot joins qa"];
    let told = told(&forge, &arguments).await;
    let phrases = [
        "If the bot joins acme/qa, provided that it is so: quinn in acme/qa:\n  qa-review is satisfied",
        "If the bot joins acme/qa, provided that it is not so: quinn in acme/qa:\n  qa-review waits",
    ];
    holds(&told, &phrases);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_somebody_could_do() {
    let (forge, pull) = approved().await;
    let name = pull.name();
    let sam = told(&forge, &["explain", &name, "--as", "sam"]).await;
    let phrases = [
        "sam could:",
        "✔ security-review: approve: in acme/security",
        "✔ security-review: declare it not applicable: in acme/security",
        "✘ qa-review: approve: not in acme/qa",
    ];
    holds(&sam, &phrases);
    let alice = told(&forge, &["explain", &name, "--as", "alice", "--json"]).await;
    let alice: Value = serde_json::from_str(&alice).expect("one object");
    let deed = &alice["could"][0]["deed"];
    assert_eq!(deed["counts"], "no");
    assert_eq!(deed["why"], "the author of this pull request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_assumption_exits_with_64_and_says_how_they_are_written() {
    let (forge, pull) = approved().await;
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["explain", &pull.name(), "--what-if", "quinn sleeps"];
    let output = refire(&forge, folder.path(), &arguments).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    holds(
        &said,
        &["\"quinn sleeps\" is no assumption", "'quinn joins qa'"],
    );
}

/// The body of the newest delivery of a kind, as a file in the folder.
async fn delivery(forge: &Forge, folder: &Path, event: &str) -> String {
    forge.deliveries_idle().await;
    let deliveries = forge.deliveries();
    let found = deliveries.iter().rfind(|it| it.event == event);
    let path = folder.join("event.json");
    std::fs::write(&path, &found.expect("a delivery").body).expect("a file");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn simulate_says_what_a_delivery_would_do_and_does_nothing() {
    let (forge, pull) = approved().await;
    let _hook = forge
        .org("acme")
        .hook("http://127.0.0.1:1/webhook", "a secret");
    let folder = tempfile::tempdir().expect("a folder");
    pull.comment("bob", "/refire qa");
    let event = delivery(&forge, folder.path(), "pull_request_comment").await;
    let asked = told(&forge, &["simulate", &event]).await;
    let phrases = [
        "It would be taken in:",
        "the commands in comment",
        "success on",
        "qa-review / approved (pull_request)",
        "a reply to",
        "**`qa-review` is satisfied**",
    ];
    holds(&asked, &phrases);
    pull.comment("bob", "Looks fine to me.");
    let event = delivery(&forge, folder.path(), "pull_request_comment").await;
    let plain = told(&forge, &["simulate", &event]).await;
    holds(&plain, &["nothing done: no command in it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_delivery_exits_with_64_and_says_why() {
    let (forge, _) = approved().await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("event.json"), "{}").expect("a file");
    let output = refire(&forge, folder.path(), &["simulate", "event.json"]).await;
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    holds(&said, &["refire: event.json: not an event"]);
}

/// A trail in this folder, where the program looks for it, with a line for each of these numbers.
fn trail(folder: &Path, numbers: &[u64]) -> std::path::PathBuf {
    let directory = folder.join("refire.db.audit");
    let trail = Trail::open(&directory, Keep(400)).expect("a trail");
    for number in numbers {
        let at = jiff::Timestamp::now();
        let evaluation = Evaluation {
            at,
            triggers: vec![Trigger::Delivery],
            head: None,
            base: String::from("main"),
            observed: false,
            gates: Vec::new(),
            statuses: Vec::new(),
            answers: Vec::new(),
            calls: Vec::new(),
        };
        let what = What::Evaluated {
            repo: "acme/widget".parse().expect("a name"),
            number: PullNumber::new(*number),
            evaluation: Box::new(evaluation),
        };
        trail.append(at, what).expect("a disk");
    }
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_shows_what_was_decided_about_what_is_asked_for() {
    let (forge, _) = approved().await;
    let folder = tempfile::tempdir().expect("a folder");
    trail(folder.path(), &[3, 4, 3]);
    let shown = |arguments: &'static [&'static str]| {
        let (forge, folder) = (&forge, folder.path());
        async move {
            let output = refire(forge, folder, arguments).await;
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            String::from_utf8(output.stdout).expect("text")
        }
    };
    assert_eq!(shown(&["audit"]).await.matches("acme/widget#").count(), 3);
    let one = shown(&["audit", "acme/widget#3"]).await;
    assert_eq!(one.matches("acme/widget#3").count(), 2);
    holds(&one, &["because of a webhook"]);
    assert_eq!(shown(&["audit", "--since", "2099-01-01"]).await, "");
    let lines = shown(&["audit", "--json", "acme/widget#4"]).await;
    let line: Value = serde_json::from_str(lines.trim()).expect("one line");
    assert_eq!(line["number"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_verify_exits_with_1_where_a_line_is_missing() {
    let (forge, _) = approved().await;
    let folder = tempfile::tempdir().expect("a folder");
    let directory = trail(folder.path(), &[3, 4, 5]);
    let output = refire(&forge, folder.path(), &["audit", "verify"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    holds(&said, &["3 lines from number 1 on"]);
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let file = directory.join(format!("{day}.jsonl"));
    let text = std::fs::read_to_string(&file).expect("a file");
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\"number\":4"))
        .collect();
    std::fs::write(&file, without.join("\n") + "\n").expect("a file");
    let output = refire(&forge, folder.path(), &["audit", "verify"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    holds(&said, &["is number 3, and number 2 is missing before it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_is_not_there_exits_with_74() {
    let (forge, _) = approved().await;
    let folder = tempfile::tempdir().expect("a folder");
    let output = refire(&forge, folder.path(), &["audit"]).await;
    assert_eq!(output.status.code(), Some(74), "{output:?}");
}
