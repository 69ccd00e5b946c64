//! Where the bot may do less, or hears nothing.

use crate::stage::Stage;
use crate::words::{DECLARATIONS, causes};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) async fn protection(stage: &mut Stage) {
    let repo = stage.repository().await;
    stage.protect(&repo).await;
    let pull = stage.pull_in(&repo, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    let merge = format!("{}/merge", pull.path());
    let (status, answer) = stage
        .forge
        .call("olivia", Method::POST, &merge, json!({"Do": "merge"}))
        .await;
    assert_eq!(
        status,
        StatusCode::METHOD_NOT_ALLOWED,
        "security-review is missing: {answer}"
    );
    stage
        .says(
            &pull,
            "sam",
            "/sop-n/a security docs",
            "is declared not applicable",
        )
        .await;
    stage.gate(&pull, "security-review", "success", "sam").await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: security-review")
        .await;
    stage
        .until("it can be merged", async || {
            let body = json!({"Do": "merge"});
            let (status, answer) = stage.forge.call("olivia", Method::POST, &merge, body).await;
            // Gitea itself may still be checking whether the branches can be merged.
            if status.is_success() {
                Ok(())
            } else {
                Err(format!("{status} {answer}"))
            }
        })
        .await;
    stage
        .says(&pull, "alice", "/refire qa", "This pull request is merged")
        .await;
}

pub(super) async fn locked(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let lock = format!("{}/lock", pull.issue());
    stage
        .forge
        .put("olivia", &lock, json!({"lock_reason": "Resolved"}))
        .await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    // Whoever may write may comment on a locked one, and the bot has to be able to write.
    stage
        .says(&pull, "quinn", "/refire qa", "`qa-review` is satisfied")
        .await;
}

pub(super) async fn archived(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage
        .says(&pull, "alice", "/refire qa", "waits for an approval")
        .await;
    stage.comment(&pull, "alice", "/refire security").await;
    stage
        .forge
        .patch(
            "olivia",
            &format!("/repos/{}", pull.repo),
            json!({"archived": true}),
        )
        .await;
    // Its reply may be refused for good; nothing is stuck.
    stage.quiet().await;
    let other = stage.pull("alice").await;
    stage
        .says(&other, "alice", "/refire qa", "waits for an approval")
        .await;
    stage
        .forge
        .patch(
            "olivia",
            &format!("/repos/{}", pull.repo),
            json!({"archived": false}),
        )
        .await;
    stage
        .says(&pull, "alice", "/refire qa", "waits for an approval")
        .await;
}

pub(super) async fn issue(stage: &mut Stage) {
    let mut pull = stage.pull("alice").await;
    let path = format!("/repos/{}/issues", pull.repo);
    let issue = stage
        .forge
        .post("alice", &path, json!({"title": "a plain issue"}))
        .await;
    pull.number = issue["number"].as_u64().unwrap_or_default();
    let comment = stage.comment(&pull, "alice", "/refire qa").await;
    stage
        .answer(&pull, comment, "This works on pull requests")
        .await;
}

pub(super) async fn person(stage: &mut Stage) {
    let new = json!({"name": "own", "auto_init": true, "default_branch": "main"});
    stage.forge.post("paul", "/user/repos", new).await;
    for who in ["refire", "alice"] {
        let path = format!("/repos/paul/own/collaborators/{who}");
        stage
            .forge
            .put("paul", &path, json!({"permission": "write"}))
            .await;
    }
    stage.hook("paul", "/repos/paul/own").await;
    let pull = stage.pull_in("paul/own", "paul").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.approve(&pull, "alice").await;
    let reply = stage
        .says(&pull, "paul", "/refire qa", "persons have no teams")
        .await;
    assert_eq!(causes(&reply), ["owner-not-an-organisation"], "{reply}");
    assert!(
        reply.contains("organisation/team"),
        "the repair is missing: {reply}"
    );
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
}

pub(super) async fn sweep(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    // The hook still points to where the bot listened before, and nobody listens there.
    stage.leave().await;
    let comment = stage.comment(&pull, "quinn", "/sop-n/a qa docs").await;
    let unheard = stage.pull_in(&pull.repo, "alice").await;
    stage.enter("1s", "").await;
    let reply = stage
        .answer(&pull, comment, "is declared not applicable")
        .await;
    assert!(reply.contains("@quinn"), "quinn is not told: {reply}");
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    stage.gate(&unheard, "qa-review", "pending", "waits").await;
    stage
        .shows(&unheard, DECLARATIONS, "success", "N/A: (none)")
        .await;
    stage.approve(&unheard, "quinn").await;
    stage
        .gate(&unheard, "qa-review", "success", "approved by quinn")
        .await;
    let head = stage.push(&unheard, "alice").await;
    stage.gate(&unheard, "qa-review", "pending", "waits").await;
    stage.was_never_green(&unheard, &head, "qa-review").await;
    let path = format!("{}/comments", unheard.issue());
    let said: Value = stage
        .forge
        .post("alice", &path, json!({"body": "/refire qa"}))
        .await;
    let id = said["id"].as_u64().unwrap_or_default();
    stage.answer(&unheard, id, "an older commit").await;
}
