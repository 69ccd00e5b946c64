//! What the bot is for, told once from the beginning to the end.

use crate::stage::Stage;
use crate::words::DECLARATIONS;

pub(super) async fn mission(stage: &mut Stage) {
    stage.member("qa", "refire", false).await;
    let pull = stage.pull("alice").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "pending",
            "waits for an approval by someone of acme/qa",
        )
        .await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(
            &pull,
            "qa-review",
            "pending",
            "cannot verify whether quinn counts",
        )
        .await;
    let reply = stage
        .says(
            &pull,
            "alice",
            "/refire qa",
            "`qa-review` cannot be verified",
        )
        .await;
    for words in [
        "Must be a team member",
        "403",
        "Add `refire` to the team `acme/qa`; an owner of `acme` can: `",
    ] {
        assert!(reply.contains(words), "“{words}” is missing: {reply}");
    }
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;

    stage.member("qa", "refire", true).await;
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is satisfied")
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "approved by quinn of acme/qa",
        )
        .await;

    let waiver = "/sop-n/a security-review docs only";
    let comment = stage.comment(&pull, "sam", waiver).await;
    stage
        .answer(
            &pull,
            comment,
            "`security-review` is declared not applicable",
        )
        .await;
    stage
        .gate(
            &pull,
            "security-review",
            "success",
            "declared not applicable by sam",
        )
        .await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: security-review")
        .await;

    let pushed = stage.push(&pull, "alice").await;
    stage
        .gate(&pull, "security-review", "pending", "waits")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage
        .shows(&pull, DECLARATIONS, "success", "N/A: (none)")
        .await;
    stage.answer(&pull, comment, "does not hold any more").await;
    stage.was_never_green(&pull, &pushed, "qa-review").await;
    stage
        .was_never_green(&pull, &pushed, "security-review")
        .await;

    let reply = stage
        .says(
            &pull,
            "sam",
            "/whoami-teams",
            "`sam`** can approve `security-review`",
        )
        .await;
    assert!(
        reply.contains("✘ not a member"),
        "sam is not in acme/qa: {reply}"
    );
}
