//! Any delivery again, under its own id or a new one, today or next year: no second effect, no second
//! answer.

use crate::stage::Stage;
use forge::{Comment, CommentId, Posting, PullHandle, Thread};
use refire::memo::{self, Created, Kind as _};
use state::{PullKey, Store as _};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Everywhere that something was said, and every commit that ever was a head.
struct Places {
    pulls: Vec<PullHandle>,
    issue: Thread,
    heads: Vec<String>,
    /// A reply in a thread on a line of code, as it is told.
    inline: serde_json::Value,
}

/// Everything that the bot left in Gitea.
struct Left {
    comments: Vec<String>,
    statuses: Vec<String>,
}

impl Left {
    fn count(&self) -> (usize, usize) {
        (self.comments.len(), self.statuses.len())
    }
}

impl Places {
    fn left(&self) -> Left {
        let mut comments = said(&self.issue.comments_by("refire"));
        let mut statuses = Vec::new();
        for pull in &self.pulls {
            comments.extend(said(&pull.comments_by("refire")));
            for head in &self.heads {
                let rows = pull.repo().status_rows(head).into_iter();
                statuses.extend(rows.map(|row| format!("{row:?}")));
            }
        }
        Left { comments, statuses }
    }
}

fn said(comments: &[Comment]) -> Vec<String> {
    let said = comments.iter();
    said.map(|comment| format!("{}: {}", comment.id, comment.body))
        .collect()
}

/// Everything that people do: every command, edits, deletions, pushes, reviews, a forgery, other titles and
/// bases, closings, a merge, an issue.
async fn life(stage: &Stage) -> Places {
    let mut heads = Vec::new();
    let pull = approved_and_asked(stage).await;
    heads.push(pull.head());
    heads.push(pull.push("alice"));
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.quiet().await;
    let declared = declared(stage).await;
    heads.push(declared.head());
    let closed = stage.approved().await;
    heads.push(closed.head());
    closed.commented_by("bob", "Fine.\n\n/refire");
    stage.quiet().await;
    stage.says(&closed, "bob", "/refire").await;
    closed.close("alice");
    stage.quiet().await;
    stage.says(&closed, "bob", "/refire qa").await;
    let merged = moved_about_and_merged(stage).await;
    heads.push(merged.head());
    let issue = stage.forge.repo("acme/widget").issue("alice", "A question");
    issue.comment("bob", "/refire qa");
    stage.quiet().await;
    let inline = on_a_line(stage, &pull).await;
    Places {
        pulls: vec![pull, declared, closed, merged],
        issue,
        heads,
        inline,
    }
}

/// Gitea tells a reply in a thread on a line of code like a comment of the conversation.
async fn on_a_line(stage: &Stage, pull: &PullHandle) -> serde_json::Value {
    let api = format!("/api/v1/repos/acme/widget/pulls/{}/reviews", pull.number());
    let line = r#"{"path": "a.txt", "new_position": 1, "body": "/refire qa"}"#;
    let review = format!(r#"{{"event": "COMMENT", "body": "see", "comments": [{line}]}}"#);
    let url = format!("{}{api}", stage.forge.url());
    stage.asks_as("bob", &url, &review).await;
    let inline = pull.comment("bob", "what follows the line").get() - 1;
    stage.quiet().await;
    let heard = stage.forge.deliveries();
    let mut told = heard.last().expect("it was told").payload.clone();
    told["comment"]["id"] = inline.into();
    told["comment"]["body"] = "/refire qa".into();
    assert_eq!(stage.hears(&told).await, 202);
    stage.quiet().await;
    told
}

/// What was asked is answered, and the answer is not what would be said after the push that follows.
async fn approved_and_asked(stage: &Stage) -> PullHandle {
    let pull = stage.approved().await;
    for command in [
        "/refire qa",
        "/refire",
        "/refire securty",
        "/refire help",
        "/whoami-teams",
    ] {
        stage.says(&pull, "bob", command).await;
    }
    pull.commented_by("bob", "Looks good.\n\n/refire qa");
    stage.quiet().await;
    let slip = pull.comment("bob", "/sop-an qa");
    stage.quiet().await;
    pull.edit_comment(slip, "bob", "/refire qa");
    stage.quiet().await;
    pull
}

/// It is told of the forgery; each of the others is told by an event of its own.
async fn moved_about_and_merged(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    pull.repo().branch("release");
    stage.quiet().await;
    pull.retitle("Another title", "alice");
    stage.quiet().await;
    pull.retarget("release", "alice");
    stage.quiet().await;
    let forged = Posting {
        context: "qa-review / approved (pull_request)",
        state: "success",
        description: "fine",
    };
    pull.repo().status(&pull.head(), "bob", &forged);
    stage.quiet().await;
    pull.close("alice");
    stage.quiet().await;
    pull.reopen("alice");
    stage.quiet().await;
    for reviewer in ["quinn", "sam"] {
        pull.approved_by(reviewer);
        stage.quiet().await;
    }
    pull.merge("olivia").expect("nothing stands in the way");
    stage.quiet().await;
    assert_eq!(pull.comments_by("refire").len(), 1, "the forgery is told");
    pull
}

async fn declared(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa-review docs").await;
    stage.says(&pull, "quinn", "/sop-revoke qa-review").await;
    let voided = pull.comment("quinn", "/sop-n/a qa-review again");
    stage.quiet().await;
    // An edit within the second would leave no trace once the store is lost, with or without replays.
    stage.forge.advance(Duration::from_secs(2));
    pull.edit_comment(voided, "alice", "/sop-n/a qa-review docs, really");
    stage.quiet().await;
    let withdrawn = pull.comment("quincy", "/sop-n/a qa-review typo only");
    stage.quiet().await;
    pull.delete_comment(withdrawn, "quincy");
    stage.quiet().await;
    stage
        .says(&pull, "sam", "/sop-n/a security-review docs")
        .await;
    pull
}

/// Sends every delivery of so far again. Gitea gives a new id to each; whoever recorded them does not.
async fn again(stage: &Stage, places: &Places, (many, same_id): (usize, bool)) {
    let client = reqwest::Client::new();
    for (at, delivery) in stage.forge.deliveries().into_iter().take(many).enumerate() {
        let mut request = client.post(stage.url()).body(delivery.body);
        for (name, value) in &delivery.headers {
            let is_id = name.ends_with("-delivery");
            let value = match is_id && !same_id {
                true => format!("{at:08}-0000-4000-8000-000000000000"),
                false => value.clone(),
            };
            request = request.header(name, value);
        }
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }
    assert_eq!(stage.hears(&places.inline).await, 202);
    stage.quiet().await;
}

/// Everything done is forgotten, as after so long.
async fn passes(stage: &Stage, time: Duration) {
    stage.forge.advance(time);
    stage.forgets_after(time).await;
}

async fn changes_nothing(stage: &Stage, places: &Places, many: usize) {
    let before = places.left();
    for same_id in [true, false] {
        stage.calls();
        again(stage, places, (many, same_id)).await;
        let after = places.left();
        let said = after.comments.iter().zip(&before.comments);
        for (after, before) in said.chain(after.statuses.iter().zip(&before.statuses)) {
            assert_eq!(after, before, "the same id: {same_id}");
        }
        assert_eq!(after.count(), before.count(), "the same id: {same_id}");
        let mut writes = stage.calls();
        writes.retain(|call| !call.starts_with("GET"));
        assert_eq!(writes, Vec::<String>::new(), "the same id: {same_id}");
    }
}

#[tokio::test]
async fn any_delivery_again_changes_nothing_today_or_next_year() {
    let stage = Stage::set().await;
    let places = life(&stage).await;
    let many = stage.forge.deliveries().len();
    changes_nothing(&stage, &places, many).await;
    passes(&stage, 40 * DAY).await;
    changes_nothing(&stage, &places, many).await;
    passes(&stage, YEAR).await;
    changes_nothing(&stage, &places, many).await;
}

#[tokio::test]
async fn any_delivery_again_changes_nothing_when_the_store_is_lost() {
    let mut stage = Stage::set().await;
    let places = life(&stage).await;
    let many = stage.forge.deliveries().len();
    stage.forge.advance(YEAR);
    stage.forget().await;
    changes_nothing(&stage, &places, many).await;
    stage.sweep().await;
    changes_nothing(&stage, &places, many).await;
}

/// What was heard of a comment, as the store remembers it.
async fn heard(stage: &Stage, pull: &PullHandle, comment: CommentId) -> Option<Created> {
    let key = PullKey {
        repository: pull.repo().id().get().unsigned_abs(),
        number: pull.number().unsigned_abs(),
    };
    let comment = refire::model::CommentId::new(comment.get().unsigned_abs());
    let key = memo::of_comment::<Created>(key, comment);
    let bytes = stage.store.recall(&key).await.expect("the store answers");
    bytes.and_then(|bytes| Created::read(&bytes))
}

#[tokio::test]
async fn a_conversation_does_not_fill_the_store_and_what_declares_stays_heard() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.sweep().await;
    let plain = pull.comment("bob", "Looks fine to me.");
    let declares = pull.comment("quincy", "/sop-n/a qa docs only");
    stage.quiet().await;
    assert!(heard(&stage, &pull, plain).await.is_some());
    stage.forge.advance(DAY);
    stage.sweep().await;
    stage.forge.advance(DAY);
    stage.sweep().await;
    assert_eq!(heard(&stage, &pull, plain).await, None);
    assert!(heard(&stage, &pull, declares).await.is_some());
    assert!(
        stage.qa(&pull).starts_with("success"),
        "{}",
        stage.qa(&pull)
    );
    // It is seen all the same that it was edited, heard or not.
    stage.unheard(|| pull.edit_comment(plain, "eve", "/sop-n/a security docs only"));
    stage.says(&pull, "bob", "/refire security").await;
    assert!(stage.gate(&pull, "security-review").starts_with("pending"));
}

#[tokio::test]
async fn a_bot_that_comes_back_forgets_what_was_plain_before_it_went() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.sweep().await;
    let plain = pull.comment("bob", "Looks fine to me.");
    stage.quiet().await;
    stage.forge.advance(DAY);
    stage.sweep().await;
    assert!(heard(&stage, &pull, plain).await.is_some());
    stage.leave().await;
    stage.enter().await;
    stage.forge.advance(DAY);
    stage.sweep().await;
    assert_eq!(heard(&stage, &pull, plain).await, None);
}
