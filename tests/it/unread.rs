//! A pull request that cannot be read: why stands once, is counted, and is folded when it is over.

use crate::stage::{Stage, holds, replies, told};
use forge::{Call, Fault, Kind, PullHandle};
use std::time::Duration;

/// The identity that reads may not: its token lacks a scope.
const SCOPE: &str = r#"{"message":"token does not have at least one of required scope(s), required=[read:issue], token scope=read:user","url":"http://localhost/api/swagger"}"#;

fn refused(call: &str, status: u16, body: &str) -> Fault {
    let kind = Kind::Status {
        status,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    Fault::on(call, kind).always()
}

/// The pull request was looked at before, and cannot be read any more.
async fn unreadable(call: &str) -> (Stage, PullHandle) {
    let stage = Stage::prepared(|stage| {
        // Looked at again now and then, so that the story is told by its commands.
        stage.tempo.then = Duration::from_millis(100);
    })
    .await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.fault(refused(call, 403, SCOPE));
    (stage, pull)
}

/// Somebody asks while nothing can be read, and is told something.
async fn asks(stage: &Stage, pull: &PullHandle, who: &str) -> String {
    let before = replies(pull).len();
    pull.comment(who, "/refire qa");
    stage
        .meanwhile("there is an answer", || replies(pull).len() > before)
        .await;
    told(replies(pull).last().expect("an answer"))
}

/// Three ask, then it can be read again.
async fn stands_once(call: &str) {
    let (stage, pull) = unreadable(call).await;
    let first = asks(&stage, &pull, "alice").await;
    holds(
        &first,
        &[
            "**I could not look yet**: the bot's token lacks a scope",
            "**Repair:** Issue a new token for `refire` with the scope `read:issue` added",
        ],
    );
    let page = format!("{}/acme/widget/pulls/{}", stage.forge.url(), pull.number());
    let holder = pull.comments_by("refire")[0].id;
    let line = format!(
        "**I could not look yet**, for a reason that I told before: [the diagnosis]({page}#issuecomment-{holder}). \
         This comment will change."
    );
    assert_eq!(asks(&stage, &pull, "quinn").await, line);
    assert_eq!(asks(&stage, &pull, "bob").await, line);
    let counted = || replies(&pull)[0].contains("Seen 3 times, last at ");
    stage.meanwhile("the first one counts", counted).await;
    stage.forge.heal();
    let over = || {
        let replies = replies(&pull);
        let all = replies.iter();
        all.map(|body| told(body))
            .all(|said| said.starts_with("**`qa-review` is satisfied**"))
    };
    stage.until("everybody is answered", over).await;
    let replies = replies(&pull);
    assert_eq!(replies.len(), 3);
    holds(
        &replies[0],
        &[
            ": scope-missing, seen 3 times</i></summary>",
            "Resolved at ",
        ],
    );
    let folded = replies.iter().filter(|body| body.contains("Resolved at"));
    assert_eq!(folded.count(), 1);
}

#[tokio::test]
async fn why_a_pull_request_cannot_be_read_stands_once_and_is_folded_when_it_can() {
    stands_once("GET /repos/*/pulls/*").await;
}

#[tokio::test]
async fn why_its_conversation_cannot_be_read_stands_once_and_is_folded_when_it_can() {
    stands_once("GET /repos/*/issues/*/timeline*").await;
}

#[tokio::test]
async fn what_is_told_of_an_unreadable_pull_request_is_not_written_again() {
    let (stage, pull) = unreadable("GET /repos/*/pulls/*").await;
    asks(&stage, &pull, "alice").await;
    asks(&stage, &pull, "quinn").await;
    let counted = || replies(&pull)[0].contains("Seen 2 times");
    stage.meanwhile("the first one counts", counted).await;
    stage.calls();
    let looked = || {
        let calls = stage.forge.calls();
        calls.iter().filter(|call| call.status == 403).count() >= 3
    };
    stage.meanwhile("it is looked at again", looked).await;
    let calls = stage.forge.take_calls();
    let writes = calls.iter().filter(|call| call.is_write());
    let writes: Vec<String> = writes.map(Call::name).collect();
    assert_eq!(writes, Vec::<String>::new());
    stage.forge.heal();
    let over = || !replies(&pull).concat().contains("could not look");
    stage.until("everybody is answered", over).await;
}

#[tokio::test]
async fn another_cause_takes_the_place_of_the_first_in_the_same_answer() {
    let (stage, pull) = unreadable("GET /repos/*/pulls/*").await;
    asks(&stage, &pull, "alice").await;
    let line = asks(&stage, &pull, "quinn").await;
    stage.forge.heal();
    let page = "<html>Forbidden</html>";
    stage
        .forge
        .fault(refused("GET /repos/*/pulls/*", 403, page));
    let changed = || replies(&pull)[0].contains("a proxy in front of Gitea answered");
    stage.meanwhile("the first answer says so", changed).await;
    holds(
        &replies(&pull)[0],
        &[
            "Resolved at ",
            ": scope-missing, seen 2 times</i></summary>",
        ],
    );
    assert_eq!(told(&replies(&pull)[1]), line);
    stage.forge.heal();
    let over = || !replies(&pull).concat().contains("could not look");
    stage.until("everybody is answered", over).await;
    holds(&replies(&pull)[0], &[": proxy-in-between</i></summary>"]);
}

#[tokio::test]
async fn whoever_asks_on_a_closed_one_is_told_too_why_it_cannot_be_read() {
    let (stage, pull) = unreadable("GET /repos/*/issues/*/timeline*").await;
    pull.close("alice");
    let first = asks(&stage, &pull, "alice").await;
    holds(&first, &["**I could not look yet**: the bot's token lacks"]);
    stage.forge.heal();
    let over = || !replies(&pull).concat().contains("could not look");
    stage.until("alice is answered", over).await;
    holds(
        &replies(&pull)[0],
        &["closed", ": scope-missing</i></summary>"],
    );
}
