//! Pull requests and their heads: opened, empty, shared, closed, reopened, from a fork.

use crate::stage::{Pull, Stage};
use crate::words::{DECLARATIONS, context};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// Longer than Gitea is given to record a push.
const NEVER: Duration = Duration::from_secs(150);

pub(super) async fn opened(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage
        .gate(&pull, "qa-review", "pending", "waits for an approval")
        .await;
    stage
        .gate(&pull, "security-review", "pending", "waits for an approval")
        .await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: (none)")
        .await;
    stage.quiet().await;
    assert_eq!(stage.count(&pull).await, 0, "nobody asked, nothing is said");
}

/// Who approves nothing, with a push already in mind, has approved nothing of what is pushed.
pub(super) async fn empty(stage: &mut Stage) {
    let repo = stage.repository().await;
    stage.branch(&repo, "nothing").await;
    let pull = stage.open(&repo, "alice", "nothing", "main").await;
    let base = stage.head(&pull).await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa nothing here",
            "has no commits yet",
        )
        .await;
    stage.approve(&pull, "quinn").await;
    let nothing = "there are no commits to review yet";
    stage.says(&pull, "alice", "/refire qa", nothing).await;
    stage.was_never_green(&pull, &base, "qa-review").await;
    let head = stage.push(&pull, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.settled(&pull, &head).await;
    let waits = "waits for an approval";
    let reply = stage.says(&pull, "alice", "/refire qa", waits).await;
    assert!(
        reply.contains(&format!("`quinn` approved `{}`", &base[..7])),
        "what became of the approval is not told: {reply}"
    );
    stage.quiet().await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    stage.was_never_green(&pull, &base, "qa-review").await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quinn")
        .await;
}

/// The second one lacks nothing, so that only who may approve the first keeps the commit pending.
pub(super) async fn shared(stage: &mut Stage) {
    let first = stage.pull("alice").await;
    stage.branch(&first.repo, "next").await;
    let second = stage
        .open(&first.repo, "quinn", &first.branch, "next")
        .await;
    let head = stage.head(&first).await;
    assert_eq!(stage.head(&second).await, head);
    stage.gate(&first, "qa-review", "pending", "waits").await;
    stage.approve(&second, "quincy").await;
    let other = format!("but its commit still waits for #{}", first.number);
    stage.says(&second, "quinn", "/refire qa", &other).await;
    stage.approve(&first, "quinn").await;
    let waits = "**`qa-review` waits for an approval by someone of `acme/qa`.**";
    let reply = stage.says(&first, "alice", "/refire qa", waits).await;
    let alone = format!("The same commit is the head of #{} too", second.number);
    let why = "opened another pull request with the same head, so counts for neither";
    for words in [&*alone, why] {
        assert!(reply.contains(words), "“{words}” is missing: {reply}");
    }
    stage.quiet().await;
    stage.gate(&first, "qa-review", "pending", "waits").await;
    stage.was_never_green(&first, &head, "qa-review").await;
    stage.approve(&first, "tess").await;
    stage.gate(&first, "qa-review", "success", "approved").await;
    let satisfied = "`qa-review` is satisfied";
    let reply = stage.says(&first, "alice", "/refire qa", satisfied).await;
    assert!(reply.contains("`tess`"), "{reply}");
}

pub(super) async fn shared_later(stage: &mut Stage) {
    let first = stage.pull("alice").await;
    stage.branch(&first.repo, "next").await;
    stage.approve(&first, "quincy").await;
    stage.gate(&first, "qa-review", "success", "quincy").await;
    let second = stage
        .open(&first.repo, "quinn", &first.branch, "next")
        .await;
    stage.gate(&first, "qa-review", "pending", "waits").await;
    let alone = format!("The same commit is the head of #{} too", second.number);
    stage.says(&first, "alice", "/refire qa", &alone).await;
    stage.approve(&second, "quincy").await;
    stage.gate(&first, "qa-review", "success", "quincy").await;
    stage
        .change(&second, "quinn", json!({"state": "closed"}))
        .await;
    stage
        .says(&first, "alice", "/refire qa", "`qa-review` is satisfied")
        .await;
    stage.gate(&first, "qa-review", "success", "quincy").await;
}

pub(super) async fn closed(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage
        .says(
            &pull,
            "sam",
            "/sop-n/a security docs",
            "is declared not applicable",
        )
        .await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    stage
        .change(&pull, "alice", json!({"state": "closed"}))
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "pending",
            "withdrawn: the pull request was closed",
        )
        .await;
    stage
        .gate(&pull, "security-review", "pending", "withdrawn")
        .await;
    stage
        .says(&pull, "alice", "/refire qa", "This pull request is closed.")
        .await;
    stage.change(&pull, "alice", json!({"state": "open"})).await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}

pub(super) async fn reopened(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa docs",
            "is declared not applicable",
        )
        .await;
    stage
        .change(&pull, "alice", json!({"state": "closed"}))
        .await;
    // Gitea looks for the pull requests of a push later. Another one shows when it has.
    stage.branch(&pull.repo, "next").await;
    let watched = stage.open(&pull.repo, "alice", &pull.branch, "next").await;
    let hidden = stage.push(&pull, "alice").await;
    stage.settled(&watched, &hidden).await;
    let closed = json!({"state": "closed"});
    stage.change(&watched, "alice", closed).await;
    stage.change(&pull, "alice", json!({"state": "open"})).await;
    stage
        .says(&pull, "quinn", "/refire qa", "cannot be verified yet")
        .await;
    never_recorded(stage, &pull).await;
    stage.was_never_green(&pull, &hidden, "qa-review").await;
    let head = stage.push(&pull, "alice").await;
    stage.settled(&pull, &head).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quinn")
        .await;
}

/// What the bot says once it knows that waiting is in vain (gitea-facts §13.2).
async fn never_recorded(stage: &Stage, pull: &Pull) {
    let what = "the reply says that Gitea never recorded the push";
    let words = "Gitea never recorded the last push";
    let reply = stage
        .until_within(NEVER, what, async || {
            let replies = stage.replies(pull).await;
            let bodies: Vec<String> = replies.iter().map(|r| r["body"].to_string()).collect();
            bodies
                .iter()
                .find(|body| body.contains(words))
                .cloned()
                .ok_or(bodies.join("\n"))
        })
        .await;
    assert!(
        reply.contains("Push another commit"),
        "the repair is missing: {reply}"
    );
    stage
        .gate(pull, "qa-review", "pending", "never recorded the last push")
        .await;
}

pub(super) async fn fork(stage: &mut Stage) {
    let repo = stage.repository().await;
    stage
        .forge
        .must(
            "eve",
            Method::POST,
            &format!("/repos/{repo}/forks"),
            json!({}),
        )
        .await;
    let own = repo.replace("acme/", "eve/");
    stage
        .until("the fork is there", async || {
            let path = format!("/repos/{own}/branches/main");
            let (status, body) = stage
                .forge
                .call("eve", Method::GET, &path, json!(null))
                .await;
            if status.is_success() {
                Ok(())
            } else {
                Err(body.to_string())
            }
        })
        .await;
    stage
        .commit(
            &own,
            "eve",
            &json!({"new_branch": "work", "branch": "main"}),
        )
        .await;
    let pull = stage.open(&repo, "eve", "eve:work", "main").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quinn")
        .await;
    let before = stage.head(&pull).await;
    let head = stage.commit(&own, "eve", &json!({"branch": "work"})).await;
    let moved = (&*context("qa-review"), "pending", "waits");
    stage.stands(&pull, &head, moved).await;
    let left = (
        &*context("qa-review"),
        "pending",
        "withdrawn: the head moved on",
    );
    stage.stands(&pull, &before, left).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
}
