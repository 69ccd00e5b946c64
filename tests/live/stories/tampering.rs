//! The insider who may write, and truths that change without a word from Gitea.

use crate::forge::{all, number, text};
use crate::stage::{Pull, Stage};
use crate::words::{context, contexts};
use reqwest::Method;
use serde_json::{Value, json};

/// Somebody posts a success under a context of the bot's.
async fn forge(stage: &Stage, pull: &Pull, who: &str, context: &str) {
    let head = stage.head(pull).await;
    let path = format!("/repos/{}/statuses/{head}", pull.repo);
    let forged = json!({"context": context, "state": "success", "description": "approved by quinn of acme/qa"});
    stage.forge.post(who, &path, forged).await;
}

/// Waits for a comment of the bot that says this; gives how many do.
async fn notice(stage: &Stage, pull: &Pull, says: &str) -> usize {
    stage
        .until("a notice", async || {
            let replies = stage.replies(pull).await;
            let saying = replies.iter().filter(|it| text(&it["body"]).contains(says));
            match saying.count() {
                0 => Err(format!("{} replies", replies.len())),
                count => Ok(count),
            }
        })
        .await
}

pub(super) async fn forged(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    forge(stage, &pull, "bob", &context("qa-review")).await;
    notice(
        stage,
        &pull,
        "**`bob` posted a status that only I may post**",
    )
    .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    forge(stage, &pull, "bob", &context("qa-review")).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    assert_eq!(stage.count(&pull).await, 1, "it is told once");
}

/// Contexts that are forged one by one cannot merge; all at once is a race that Gitea may win.
pub(super) async fn auto_merge(stage: &mut Stage) {
    let repo = stage.repository().await;
    stage.protect(&repo).await;
    let pull = stage.pull_in(&repo, "alice").await;
    stage
        .gate(&pull, "security-review", "pending", "waits")
        .await;
    let merge = format!("{}/merge", pull.path());
    let schedule = json!({"Do": "merge", "merge_when_checks_succeed": true});
    let scheduled = async || {
        let (status, answer) = stage
            .forge
            .call("bob", Method::POST, &merge, schedule.clone())
            .await;
        // Gitea itself may still be checking whether the branches can be merged.
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("{status} {answer}"))
        }
    };
    stage.until("the merge is scheduled", scheduled).await;
    forge(stage, &pull, "bob", &context("qa-review")).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    assert!(
        !is_merged(stage, &pull).await,
        "one forged context has merged it"
    );
    for forged in &contexts() {
        forge(stage, &pull, "bob", forged).await;
    }
    notice(
        stage,
        &pull,
        "**`bob` posted a status that only I may post**",
    )
    .await;
    let outcome = if is_merged(stage, &pull).await {
        "Gitea was faster than the bot and has merged"
    } else {
        "the bot was faster"
    };
    crate::told::line(&format!("\nall three forged at once: {outcome}"));
}

async fn is_merged(stage: &Stage, pull: &Pull) -> bool {
    stage.forge.get("root", &pull.path()).await["merged"] == true
}

pub(super) async fn departed(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    // Which repositories there are is asked when a sweep begins, and every hour.
    stage.quiet().await;
    stage.leave().await;
    stage.enter("1s", "").await;
    stage.hook("olivia", "/orgs/acme").await;
    stage.approve(&pull, "quincy").await;
    stage.gate(&pull, "qa-review", "success", "quincy").await;
    stage.member("qa", "quincy", false).await;
    let left = "quincy approved but is not in acme/qa any more";
    stage.gate(&pull, "qa-review", "pending", left).await;
    let told = notice(stage, &pull, "**`qa-review` is not satisfied any more**").await;
    assert_eq!(told, 1);
    stage.member("qa", "quincy", true).await;
    stage.gate(&pull, "qa-review", "pending", left).await;
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is satisfied")
        .await;
    stage.anew("").await;
}

pub(super) async fn touched(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let asked = stage.comment(&pull, "alice", "/refire qa").await;
    stage.answer(&pull, asked, "waits for an approval").await;
    stage.quiet().await;
    let reply = number(
        &all(&stage.replies(&pull).await.into())
            .next()
            .unwrap_or(&Value::Null)["id"],
    );
    let path = format!("/repos/{}/issues/comments/{reply}", pull.repo);
    let lie = json!({"body": "**`qa-review` is satisfied.**"});
    stage.forge.patch("bob", &path, lie).await;
    stage.answer(&pull, asked, "waits for an approval").await;
    let asked = stage.comment(&pull, "alice", "/refire security").await;
    stage.answer(&pull, asked, "waits for an approval").await;
    stage.quiet().await;
    let last = stage.replies(&pull).await.pop().unwrap_or_default();
    let path = format!(
        "/repos/{}/issues/comments/{}",
        pull.repo,
        number(&last["id"])
    );
    stage.forge.delete("bob", &path).await;
    stage.answer(&pull, asked, "waits for an approval").await;
}

/// Nobody hears of it, and the sweep finds it: what was edited, and nothing else.
pub(super) async fn touched_unheard(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let asked = stage.comment(&pull, "alice", "/refire qa").await;
    stage.answer(&pull, asked, "waits for an approval").await;
    let left_alone = stage.comment(&pull, "alice", "/refire security").await;
    let waits = "waits for an approval";
    stage.answer(&pull, left_alone, waits).await;
    stage.quiet().await;
    let before = stage.replies(&pull).await;
    stage.leave().await;
    let edited = number(&before[0]["id"]);
    let path = format!("/repos/{}/issues/comments/{edited}", pull.repo);
    let lie = json!({"body": "**`qa-review` is satisfied.**"});
    stage.forge.patch("bob", &path, lie).await;
    stage.enter("1s", "").await;
    stage.answer(&pull, asked, waits).await;
    stage.quiet().await;
    let after = stage.replies(&pull).await;
    let ids = |replies: &[Value]| {
        replies
            .iter()
            .map(|it| number(&it["id"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(after[1]["updated_at"], before[1]["updated_at"]);
    stage.anew("").await;
}

pub(super) async fn confirmed(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    stage.leave().await;
    let asked = stage.comment(&pull, "quinn", "/sop-n/a qa docs only").await;
    stage
        .enter("1s", "[declarations]\nunheard = \"confirm\"\n")
        .await;
    stage.answer(&pull, asked, "@quinn has to confirm it").await;
    let reply = stage.replies(&pull).await.pop().unwrap_or_default();
    let path = format!(
        "/repos/{}/issues/comments/{}/reactions",
        pull.repo,
        number(&reply["id"])
    );
    stage
        .forge
        .post("bob", &path, json!({"content": "+1"}))
        .await;
    stage
        .says(&pull, "bob", "/refire qa", "waits for an approval")
        .await;
    stage
        .forge
        .post("quinn", &path, json!({"content": "+1"}))
        .await;
    stage
        .answer(&pull, asked, "is declared not applicable")
        .await;
    stage
        .gate(
            &pull,
            "qa-review",
            "success",
            "declared not applicable by quinn",
        )
        .await;
    stage.anew("").await;
}

/// No delivery tells of it, and the first sweep after a start looks.
pub(super) async fn forged_unheard(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    stage.leave().await;
    forge(stage, &pull, "bob", &context("qa-review")).await;
    stage.enter("1s", "").await;
    let named = "**`bob` posted a status that only I may post**";
    notice(stage, &pull, named).await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.anew("").await;
}

pub(super) async fn added(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    for (command, answer) in [
        ("/refire qa", "waits for an approval"),
        ("/whoami-teams", "`acme/qa`"),
    ] {
        let said = stage.comment(&pull, "alice", "Let me think.").await;
        stage.quiet().await;
        let path = format!("/repos/{}/issues/comments/{said}", pull.repo);
        let body = json!({"body": format!("Let me think.\n\n{command}")});
        stage.forge.patch("alice", &path, body).await;
        stage.answer(&pull, said, answer).await;
    }
}

pub(super) async fn edited_unheard(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let said = stage.comment(&pull, "quinn", "/sop-n/a qa docs").await;
    let declared = "declared not applicable by quinn";
    stage.gate(&pull, "qa-review", "success", declared).await;
    stage.quiet().await;
    stage.leave().await;
    let path = format!("/repos/{}/issues/comments/{said}", pull.repo);
    let body = json!({"body": "/sop-n/a qa docs, and everything else"});
    stage.forge.patch("bob", &path, body).await;
    stage.enter("1s", "").await;
    stage.answer(&pull, said, "was edited").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.anew("").await;
}

pub(super) async fn revocation_edited(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let declared = "is declared not applicable";
    stage
        .says(&pull, "quinn", "/sop-n/a qa docs", declared)
        .await;
    let revocation = stage.comment(&pull, "quinn", "/sop-revoke qa").await;
    stage.answer(&pull, revocation, "is withdrawn").await;
    let path = format!("/repos/{}/issues/comments/{revocation}", pull.repo);
    stage
        .forge
        .patch("bob", &path, json!({"body": "Never mind."}))
        .await;
    stage.quiet().await;
    stage
        .says(&pull, "bob", "/refire qa", "`quinn` took it back")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
}

/// What is signed with it is believed to come from Gitea, and grants nothing: what grants is read there.
pub(super) async fn secret(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let said = stage.comment(&pull, "quinn", "Looks like docs.").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.quiet().await;
    let path = format!("/repos/{}/issues/comments/{said}", pull.repo);
    let mut comment = stage.forge.get("root", &path).await;
    comment["body"] = json!("/sop-n/a qa docs\n/refire qa");
    let repository = stage
        .forge
        .get("root", &format!("/repos/{}", pull.repo))
        .await;
    let told = json!({
        "action": "created", "is_pull": true, "comment": comment, "repository": repository,
        "issue": stage.forge.get("root", &pull.issue()).await,
        "pull_request": stage.forge.get("root", &pull.path()).await,
        "sender": stage.forge.get("root", "/users/quinn").await,
    });
    assert_eq!(stage.tells(&told).await, 202);
    stage.quiet().await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    assert_eq!(stage.count(&pull).await, 0, "nobody has said that");
}
