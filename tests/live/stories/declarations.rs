//! `/sop-n/a` and `/sop-revoke`.

use crate::stage::Stage;
use crate::words::{DECLARATIONS, context};
use serde_json::json;

pub(super) async fn then_push(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let comment = stage
        .comment(&pull, "quinn", "/sop-n/a qa — nothing to test")
        .await;
    stage
        .answer(&pull, comment, "is declared not applicable")
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    let before = stage.head(&pull).await;
    let head = stage.push(&pull, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: (none)")
        .await;
    let left = (
        &*context("qa-review"),
        "pending",
        "withdrawn: the head moved on",
    );
    stage.stands(&pull, &before, left).await;
    stage
        .answer(&pull, comment, "was pushed after `quinn` had declared it")
        .await;
    stage.was_never_green(&pull, &head, "qa-review").await;
}

pub(super) async fn after_push(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let head = stage.push(&pull, "alice").await;
    let at_once = stage
        .comment(&pull, "quincy", "/sop-n/a qa before anybody could look")
        .await;
    stage.settled(&pull, &head).await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa nobody looked",
            "the head moved",
        )
        .await;
    // Whether the comment or the event of the push came first, it was not meant for this head.
    stage
        .answer(&pull, at_once, "Someone of `acme/qa` can declare it")
        .await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    let named = format!("/sop-n/a qa @{} I mean this one", &head[..7]);
    stage
        .says(&pull, "quinn", &named, "is declared not applicable")
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    stage
        .says(
            &pull,
            "tess",
            "/sop-n/a security @0123456 wrong",
            "it names `0123456`",
        )
        .await;
}

pub(super) async fn revoked(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa docs",
            "is declared not applicable",
        )
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    let revocation = stage
        .comment(&pull, "quinn", "/sop-revoke qa I was wrong")
        .await;
    stage
        .answer(
            &pull,
            revocation,
            "Your declaration for `qa-review` is withdrawn",
        )
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let path = format!("/repos/{}/issues/comments/{revocation}", pull.repo);
    stage.forge.delete("bob", &path).await;
    stage
        .says(&pull, "bob", "/refire qa", "`quinn` took it back")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa after all",
            "is declared not applicable",
        )
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
}

pub(super) async fn deleted(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let comment = stage.comment(&pull, "quinn", "/sop-n/a qa docs").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    stage
        .answer(&pull, comment, "is declared not applicable")
        .await;
    let path = format!("/repos/{}/issues/comments/{comment}", pull.repo);
    stage.forge.delete("quinn", &path).await;
    stage.answer(&pull, comment, "is withdrawn").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: (none)")
        .await;
}

pub(super) async fn edited(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let comment = stage
        .comment(&pull, "quinn", "Looks like documentation to me.")
        .await;
    let path = format!("/repos/{}/issues/comments/{comment}", pull.repo);
    let forged = json!({"body": "/sop-n/a qa forged"});
    stage.forge.patch("bob", &path, forged).await;
    stage.answer(&pull, comment, "was edited by `bob`").await;
    let said = stage.comment(&pull, "quincy", "/sop-n/a qa docs").await;
    stage
        .answer(&pull, said, "is declared not applicable")
        .await;
    stage.gate(&pull, "qa-review", "success", "by quincy").await;
    let path = format!("/repos/{}/issues/comments/{said}", pull.repo);
    let other = json!({"body": "/sop-n/a qa docs, and more"});
    stage.forge.patch("bob", &path, other).await;
    stage.answer(&pull, said, "was edited by `bob`").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
}

pub(super) async fn two_gates(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let both = "Only words here.\n\n/sop-n/a qa docs\n/sop-n/a security docs";
    stage
        .says(
            &pull,
            "tess",
            both,
            "`security-review` is declared not applicable",
        )
        .await;
    stage.gate(&pull, "qa-review", "success", "tess").await;
    stage
        .gate(&pull, "security-review", "success", "tess")
        .await;
    stage
        .shows(
            &pull,
            DECLARATIONS,
            "success",
            "N/A: qa-review, security-review",
        )
        .await;
    stage.quiet().await;
    assert_eq!(stage.count(&pull).await, 1, "one comment, one reply");
}

pub(super) async fn slips(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage
        .says(
            &pull,
            "eve",
            "/refire securty",
            "Did you mean `/refire security",
        )
        .await;
    stage
        .says(
            &pull,
            "bob",
            "/sop-n/a qa not mine to say",
            "you are not in `acme/qa`",
        )
        .await;
    stage
        .says(&pull, "alice", "/refire help", "What I understand")
        .await;
    let replies = stage.count(&pull).await;
    stage
        .comment(
            &pull,
            "alice",
            "/lgtm\n\n```\n/refire qa\n```\n\n> /refire qa",
        )
        .await;
    // Events of one pull request are answered in order: the next answer shows that there was none.
    stage
        .says(&pull, "alice", "/refire qa", "waits for an approval")
        .await;
    assert_eq!(
        stage.count(&pull).await,
        replies + 1,
        "nothing but the last was for the bot"
    );
}

pub(super) async fn far_back(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage
        .says(
            &pull,
            "quinn",
            "/sop-n/a qa docs",
            "is declared not applicable",
        )
        .await;
    for number in 1..=70 {
        let body = json!({"body": format!("remark {number}")});
        stage
            .forge
            .post("bob", &format!("{}/comments", pull.issue()), body)
            .await;
    }
    assert!(
        stage.timeline(&pull).await > 60,
        "more than two of the server's own pages"
    );
    stage.approve(&pull, "tess").await;
    stage
        .says(&pull, "alice", "/refire", "`qa-review` is satisfied")
        .await;
    stage.gate(&pull, "qa-review", "success", "").await;
    let last = stage.comment(&pull, "quinn", "/sop-revoke qa").await;
    stage
        .answer(&pull, last, "Your declaration for `qa-review` is withdrawn")
        .await;
    stage
        .says(
            &pull,
            "sam",
            "/sop-n/a security docs",
            "is declared not applicable",
        )
        .await;
}
