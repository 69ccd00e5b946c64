//! What neither a delivery nor the sweep tells is found once a day, when everything is looked at.

use crate::forge::{number, text};
use crate::stage::{Pull, Stage};
use crate::words::context;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

const QA: &str = "qa-review";
/// Every pull request of every story before is looked at too.
const ROUND: Duration = Duration::from_secs(120);

/// When something was made, by the server's clock, which tells whole seconds.
fn made(it: &Value) -> Timestamp {
    let made = text(&it["created_at"]);
    made.parse()
        .unwrap_or_else(|error| panic!("{made} is no time: {error}"))
}

/// Waits until the gate is green; gives since when.
async fn green(stage: &Stage, pull: &Pull) -> Timestamp {
    let head = stage.head(pull).await;
    let context = context(QA);
    stage
        .until_within(ROUND, "the gate is green", async || {
            let rows = stage.rows(&pull.repo, &head).await;
            let green = rows
                .iter()
                .find(|row| row["context"] == context && row["status"] == "success");
            green
                .map(made)
                .ok_or_else(|| format!("{} other rows", rows.len()))
        })
        .await
}

/// Waits until the bot has said something again that is gone; gives when.
async fn said_again(stage: &Stage, pull: &Pull, gone: u64) -> Timestamp {
    stage
        .until_within(ROUND, "it is said again", async || {
            let replies = stage.replies(pull).await;
            let mut again = replies.iter().filter(|it| number(&it["id"]) != gone);
            again
                .next()
                .map(made)
                .ok_or_else(|| format!("{} replies", replies.len()))
        })
        .await
}

/// Nothing is looked at because somebody has joined, and a deletion changes nothing else.
pub(super) async fn found(stage: &mut Stage) {
    let joined = stage.pull("alice").await;
    stage.approve(&joined, "bob").await;
    let stranger = "not in `acme/qa`";
    stage.says(&joined, "alice", "/refire qa", stranger).await;
    let touched = stage.pull_in(&joined.repo, "alice").await;
    let waits = "waits for an approval";
    let asked = stage.comment(&touched, "alice", "/refire qa").await;
    stage.answer(&touched, asked, waits).await;
    stage.quiet().await;
    let reply = stage.replies(&touched).await.pop().unwrap_or_default();
    let reply = number(&reply["id"]);
    stage.leave().await;
    let night = stage.enter_before_night().await;
    // What had changed before is not news any more.
    stage.swept().await;
    stage.quiet().await;
    stage.member("qa", "bob", true).await;
    let path = format!("/repos/{}/issues/comments/{reply}", touched.repo);
    stage.forge.delete("bob", &path).await;
    let green = green(stage, &joined).await;
    let by = "approved by bob";
    stage.gate(&joined, QA, "success", by).await;
    let again = said_again(stage, &touched, reply).await;
    stage.answer(&touched, asked, waits).await;
    for found in [green, again] {
        assert!(found >= night, "found at {found}, not before {night}");
    }
    stage.member("qa", "bob", false).await;
    stage.anew("").await;
}
