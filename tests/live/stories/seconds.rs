//! Edits within the second in which a comment was written: Gitea's times tell nothing of them.

use crate::ear::{Delivery, Ear};
use crate::forge::text;
use crate::stage::{Pull, Stage};
use crate::words::DECLARATIONS;
use serde_json::json;

const QA: &str = "qa-review";
const SAID: &str = "Looks like documentation to me.";
const FORGED: &str = "/sop-n/a qa docs only";
/// A second may end between the two, on a slow machine more often.
const TRIES: usize = 20;

/// `bob` makes a declaration of what `quinn` has said, and nobody can tell it by the times; gives
/// the comment's id.
async fn forged(stage: &Stage, pull: &Pull) -> u64 {
    for _ in 0..TRIES {
        let comment = stage.comment(pull, "quinn", SAID).await;
        let path = format!("/repos/{}/issues/comments/{comment}", pull.repo);
        let forgery = json!({"body": FORGED});
        stage.forge.patch("bob", &path, forgery).await;
        let stands = stage.forge.get("root", &path).await;
        assert_eq!(stands["body"], FORGED);
        if text(&stands["created_at"]) == text(&stands["updated_at"]) {
            crate::told::line("\nbob edits it within the second");
            return comment;
        }
        stage.forge.delete("quinn", &path).await;
    }
    panic!("none of {TRIES} edits came within the second of its comment")
}

/// A pull request that the bot has looked at.
async fn waiting(stage: &mut Stage) -> Pull {
    let pull = stage.pull("alice").await;
    stage.gate(&pull, QA, "pending", "waits").await;
    stage.quiet().await;
    pull
}

/// Nothing was declared, and nothing ever has been.
async fn is_void(stage: &Stage, pull: &Pull) {
    stage.quiet().await;
    stage.gate(pull, QA, "pending", "waits").await;
    let none = "N/A: (none)";
    stage.shows(pull, DECLARATIONS, "success", none).await;
    let head = stage.head(pull).await;
    stage.was_never_green(pull, &head, QA).await;
}

pub(super) async fn heard(stage: &mut Stage) {
    let pull = waiting(stage).await;
    let comment = forged(stage, &pull).await;
    let void = "was edited by `bob`. If `quinn` means it, a new comment says so";
    stage.answer(&pull, comment, void).await;
    stage.says(&pull, "alice", "/refire qa", void).await;
    is_void(stage, &pull).await;
    let declared = "is declared not applicable";
    stage.says(&pull, "quinn", FORGED, declared).await;
    let by = "declared not applicable by quinn";
    stage.gate(&pull, QA, "success", by).await;
}

/// Waits for what Gitea tells of a comment.
async fn delivery(stage: &Stage, ear: &Ear, action: &str, comment: u64) -> Delivery {
    let what = format!("the delivery of the comment {comment}, {action}");
    let told = async || {
        let heard = ear.heard();
        let count = heard.len();
        let mut heard = heard.into_iter();
        let told = heard.find(|it| it.is(action, comment));
        told.ok_or_else(|| format!("{count} others"))
    };
    stage.until(&what, told).await
}

/// What was written is heard, the edit is not: the text that was heard is another one.
pub(super) async fn edit_unheard(stage: &mut Stage) {
    let pull = waiting(stage).await;
    let ear = Ear::listens().await;
    stage.hook_to("olivia", "/orgs/acme", &ear.url).await;
    let comment = forged(stage, &pull).await;
    let created = delivery(stage, &ear, "created", comment).await;
    // From now on nobody delivers the edit any more.
    delivery(stage, &ear, "edited", comment).await;
    assert!(created.tells_of(SAID), "{created:?}");
    let body = created.body.clone();
    assert_eq!(created.again(&stage.url(), body, None).await / 100, 2);
    stage.quiet().await;
    stage.hook("olivia", "/orgs/acme").await;
    let void = "was edited. If `quinn` means it, a new comment says so";
    stage.says(&pull, "alice", "/refire qa", void).await;
    is_void(stage, &pull).await;
    stage.leave().await;
    stage.enter("1s", "").await;
    stage.answer(&pull, comment, void).await;
    is_void(stage, &pull).await;
    stage.anew("").await;
}

/// Nobody can tell it from a declaration whose delivery was lost; it is told to whose name it bears.
pub(super) async fn unheard(stage: &mut Stage) {
    let pull = waiting(stage).await;
    stage.leave().await;
    let comment = forged(stage, &pull).await;
    stage.enter("1s", "").await;
    let mention = "@quinn: no webhook announced this comment, so I tell you that it counts in your \
                   name";
    stage.answer(&pull, comment, mention).await;
    let by = "declared not applicable by quinn";
    stage.gate(&pull, QA, "success", by).await;
    stage.anew("").await;
    let withdrawn = "Your declaration for `qa-review` is withdrawn";
    stage
        .says(&pull, "quinn", "/sop-revoke qa not mine", withdrawn)
        .await;
    stage.gate(&pull, QA, "pending", "waits").await;
}

pub(super) async fn refused(stage: &mut Stage) {
    let pull = waiting(stage).await;
    stage.leave().await;
    let comment = forged(stage, &pull).await;
    let refuse = "[declarations]\nunheard = \"refuse\"\n";
    stage.enter("1s", refuse).await;
    let void = "no webhook announced the comment";
    stage.answer(&pull, comment, void).await;
    is_void(stage, &pull).await;
    stage.anew("").await;
}
