//! Gitea's own deliveries, delivered again.

use crate::ear::{Delivery, Ear};
use crate::forge::text;
use crate::stage::{Pull, Stage};
use crate::words::contexts;
use axum::body::Bytes;

/// Everything that the bot left on these commits and in the conversation.
async fn left(stage: &Stage, pull: &Pull, heads: &[String]) -> Vec<String> {
    let replies = stage.replies(pull).await.into_iter();
    let mut left: Vec<String> = replies
        .map(|it| format!("{} {} {}", it["id"], it["updated_at"], it["body"]))
        .collect();
    for head in heads {
        left.extend(stage.posted(&pull.repo, head).await);
    }
    left
}

/// A conversation with every kind of delivery that the bot acts upon; gives the heads it went through.
async fn life(stage: &Stage, pull: &Pull) -> Vec<String> {
    let before = stage.head(pull).await;
    stage.approve(pull, "quinn").await;
    stage
        .gate(pull, "qa-review", "success", "approved by quinn")
        .await;
    let declared = "is declared not applicable";
    stage
        .says(pull, "sam", "/sop-n/a security docs", declared)
        .await;
    stage
        .says(pull, "sam", "/sop-revoke security", "is withdrawn")
        .await;
    let head = stage.push(pull, "alice").await;
    stage.gate(pull, "qa-review", "pending", "waits").await;
    stage.settled(pull, &head).await;
    stage.approve(pull, "quinn").await;
    stage
        .gate(pull, "qa-review", "success", "approved by quinn")
        .await;
    stage
        .says(pull, "bob", "/refire qa", "`qa-review` is satisfied")
        .await;
    stage.quiet().await;
    vec![before, head]
}

/// All of them, each under this id or its own.
async fn again(stage: &Stage, heard: &[Delivery], own_id: bool) {
    for (at, delivery) in heard.iter().enumerate() {
        let id = format!("{at:08}-0000-4000-8000-000000000000");
        let id = (!own_id).then_some(id.as_str());
        let body = delivery.body.clone();
        assert_eq!(delivery.again(&stage.url(), body, id).await / 100, 2);
    }
    stage.quiet().await;
}

pub(super) async fn replayed(stage: &mut Stage) {
    let repo = stage.repository().await;
    let ear = Ear::listens().await;
    stage.overhears(&repo, &ear.url).await;
    let pull = stage.pull_in(&repo, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let heads = life(stage, &pull).await;
    let before = left(stage, &pull, &heads).await;
    assert!(before.len() > contexts().len(), "{before:#?}");
    let last = stage.replies(&pull).await.pop().unwrap_or_default();
    let last = text(&last["body"]);
    let mut heard = stage
        .until("the last delivery", async || {
            let heard = ear.heard();
            let is_told = heard.iter().any(|it| it.tells_of(&last));
            is_told.then_some(heard).ok_or_else(|| last.clone())
        })
        .await;
    for own_id in [true, true, false] {
        again(stage, &heard, own_id).await;
        assert_eq!(left(stage, &pull, &heads).await, before, "{own_id}");
    }
    // Years later, and on another disk.
    stage.forget().await;
    again(stage, &heard, true).await;
    assert_eq!(left(stage, &pull, &heads).await, before);
    let delivery = heard.pop().unwrap_or_else(|| panic!("nothing was heard"));
    refused(stage, &delivery).await;
    assert_eq!(left(stage, &pull, &heads).await, before);
}

/// What somebody has changed on the way.
async fn refused(stage: &Stage, delivery: &Delivery) {
    let whole = &delivery.body;
    let cut = whole.slice(..whole.len() / 2);
    let text = String::from_utf8_lossy(whole);
    let other = Bytes::from(text.replace("acme", "acmf"));
    for changed in [cut, other, Bytes::new()] {
        assert_eq!(delivery.again(&stage.url(), changed, None).await, 401);
    }
}
