//! Approvals, and why each of them counts or does not.

use crate::stage::Stage;
use crate::words::context;
use reqwest::{Method, StatusCode};
use serde_json::json;

pub(super) async fn member(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "approved by quinn of acme/qa",
        )
        .await;
    stage
        .gate(&pull, "security-review", "pending", "waits")
        .await;
    stage
        .says(&pull, "eve", "/refire qa", "`qa-review` is satisfied")
        .await;
}

pub(super) async fn stranger(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "bob").await;
    stage
        .says(&pull, "alice", "/refire qa", "not in `acme/qa`")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
}

pub(super) async fn author(stage: &mut Stage) {
    let pull = stage.pull("quinn").await;
    let review = json!({"event": "APPROVED", "body": "my own"});
    let path = format!("{}/reviews", pull.path());
    let (status, _) = stage.forge.call("quinn", Method::POST, &path, review).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "Gitea itself refuses it"
    );
    let own = "you are the author of this pull request";
    stage.says(&pull, "quinn", "/sop-n/a qa my own", own).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
}

pub(super) async fn pusher(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let head = stage.push(&pull, "quinn").await;
    stage.settled(&pull, &head).await;
    stage.approve(&pull, "quinn").await;
    stage
        .says(&pull, "alice", "/refire qa", "pushed to this pull request")
        .await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa tested",
            "`quinn` pushed to this pull request",
        )
        .await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    stage.approve(&pull, "quincy").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quincy")
        .await;
}

pub(super) async fn older_commit(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    let before = stage.head(&pull).await;
    let head = stage.push(&pull, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let left = (
        &*context("qa-review"),
        "pending",
        "withdrawn: the head moved on",
    );
    stage.stands(&pull, &before, left).await;
    stage
        .says(
            &pull,
            "alice",
            "/refire qa",
            "an older commit, not the head",
        )
        .await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}

pub(super) async fn dismissed(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let review = stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    let path = format!("{}/reviews/{review}/dismissals", pull.path());
    stage
        .forge
        .post("olivia", &path, json!({"message": "not convinced"}))
        .await;
    // Gitea announces no dismissal (gitea-facts §13.1), so somebody asks.
    stage
        .says(
            &pull,
            "olivia",
            "/refire qa",
            "dismissed, or replaced by a later review",
        )
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
}

pub(super) async fn unofficial(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "sam").await;
    stage
        .says(
            &pull,
            "sam",
            "/refire security",
            "Gitea calls it *not official*",
        )
        .await;
    stage
        .gate(&pull, "security-review", "pending", "waits")
        .await;
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "security-review").await;
}

pub(super) async fn changes(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.review(&pull, "quinn", "REQUEST_CHANGES").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "failure",
            "quinn of acme/qa requests changes",
        )
        .await;
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is rejected")
        .await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quinn")
        .await;
    stage.review(&pull, "quinn", "REQUEST_CHANGES").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "failure",
            "quinn of acme/qa requests changes",
        )
        .await;
    stage.review(&pull, "quinn", "COMMENT").await;
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is rejected")
        .await;
}

pub(super) async fn retargeted(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.branch(&pull.repo, "next").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    stage
        .says(
            &pull,
            "sam",
            "/sop-n/a security nothing new",
            "is declared not applicable",
        )
        .await;
    stage.change(&pull, "alice", json!({"base": "next"})).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .gate(&pull, "security-review", "pending", "waits")
        .await;
    let words = "given before the base branch was changed";
    stage.says(&pull, "alice", "/refire", words).await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}

pub(super) async fn misfiled(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    // GitHub's word; Gitea keeps a draft that only quinn sees.
    stage.review(&pull, "quinn", "APPROVE").await;
    stage
        .says(
            &pull,
            "alice",
            "/refire qa",
            "still a draft that only its author can see",
        )
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
}
