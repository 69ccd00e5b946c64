//! The bot's replies, edited or deleted by others; and declarations that their writers confirm.

use crate::stage::{Stage, holds, told};
use forge::{CommentId, Fault, Posting, PullHandle};
use std::time::Duration;

/// As long as the sweep leaves alone what was just written, and a little.
const SETTLED: Duration = Duration::from_secs(12);

const CONFIRM: &str = "[declarations]\nunheard = \"confirm\"\n";
const DECLARES: &str = "/sop-n/a qa docs only";

fn reply(pull: &PullHandle) -> (CommentId, String) {
    let replies = pull.comments_by("refire");
    let last = replies.last().expect("a reply");
    (last.id, told(&last.body))
}

/// What a reply of the bot's ends with, for itself.
fn marker(pull: &PullHandle) -> String {
    let body = pull.comments_by("refire").pop().expect("a reply").body;
    body[body.rfind("<!--").expect("a marker")..].to_owned()
}

#[tokio::test]
async fn a_reply_that_somebody_edited_is_written_again_once() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    let (id, _) = reply(&pull);
    for (edit, stands) in [
        ("**`qa-review` is satisfied.**", said.as_str()),
        ("Lies.", "Lies."),
    ] {
        pull.edit_comment(id, "bob", &format!("{edit}\n\n{}", marker(&pull)));
        stage.quiet().await;
        assert_eq!(reply(&pull), (id, stands.to_owned()));
    }
    assert_eq!(pull.comments_by("refire").len(), 1);
}

#[tokio::test]
async fn a_reply_whose_marker_was_edited_away_is_written_again_in_its_place() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    let (id, _) = reply(&pull);
    pull.edit_comment(id, "bob", "Lies.");
    stage.quiet().await;
    assert_eq!(reply(&pull), (id, said));
    assert_eq!(pull.comments_by("refire").len(), 1);
}

#[tokio::test]
async fn a_reply_that_somebody_deleted_is_written_again_once() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    let (first, _) = reply(&pull);
    pull.delete_comment(first, "bob");
    stage.quiet().await;
    let (second, again) = reply(&pull);
    assert_eq!(again, said);
    assert_ne!(second, first);
    pull.delete_comment(second, "bob");
    stage.quiet().await;
    assert!(
        pull.comments_by("refire").is_empty(),
        "it was forced upon them"
    );
    stage.says(&pull, "alice", "/refire security").await;
    assert_eq!(pull.comments_by("refire").len(), 1);
}

/// What was heard is forgotten after a while, and what comes again next year looks new.
#[tokio::test]
async fn deliveries_of_touched_replies_that_come_again_next_year_write_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    notice(&stage, &pull).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        for standing in pull.comments_by("refire") {
            pull.delete_comment(standing.id, "bob");
            stage.forge.deliveries_idle().await;
            let deliveries = stage.forge.deliveries();
            let deletions = deliveries.iter().rev();
            let mut deletions = deletions.filter(|it| it.payload["action"] == "deleted");
            told.push(deletions.next().expect("it was told").payload.clone());
        }
        stage.quiet().await;
    }
    assert_eq!((told.len(), pull.comments_by("refire").len()), (4, 0));
    let year = Duration::from_secs(365 * 24 * 3600);
    stage.forgets_after(year).await;
    for payload in &told {
        assert_eq!(stage.hears(payload).await, 202);
    }
    stage.quiet().await;
    assert!(pull.comments_by("refire").is_empty(), "it was forced");
}

/// What happens here, no delivery tells.
async fn unheard<T>(stage: &Stage, happens: impl FnOnce() -> T) -> T {
    stage.quiet().await;
    stage.unheard(happens)
}

#[tokio::test]
async fn a_reply_that_somebody_edited_unheard_is_written_again_by_the_sweep_once() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    stage.sweep().await;
    let (id, _) = reply(&pull);
    for stands in [said.as_str(), "Lies."] {
        unheard(&stage, || pull.edit_comment(id, "bob", "Lies.")).await;
        stage.forge.advance(SETTLED);
        stage.sweep().await;
        assert_eq!(reply(&pull), (id, stands.to_owned()));
    }
    assert_eq!(pull.comments_by("refire").len(), 1);
}

#[tokio::test]
async fn what_was_edited_a_moment_ago_is_left_to_the_next_sweep() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    let (id, _) = reply(&pull);
    unheard(&stage, || pull.edit_comment(id, "bob", "Lies.")).await;
    stage.sweep().await;
    assert_eq!(reply(&pull), (id, String::from("Lies.")));
    stage.forge.advance(SETTLED);
    stage.sweep().await;
    assert_eq!(reply(&pull), (id, said));
}

#[tokio::test]
async fn a_reply_that_the_bot_wrote_twice_or_folded_is_left_alone_by_the_sweep() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.says(&pull, "alice", "/refire qa").await;
    pull.approved_by("quinn");
    stage.quiet().await;
    let (id, said) = reply(&pull);
    stage.forge.advance(SETTLED);
    let _before = stage.forge.take_calls();
    stage.sweep().await;
    assert_eq!(reply(&pull), (id, said));
    let calls = stage.calls();
    assert!(
        !calls.iter().any(|call| call.starts_with("PATCH")),
        "{calls:#?}"
    );
}

#[tokio::test]
async fn a_reply_that_somebody_deleted_unheard_is_written_again_by_the_reconcile_once() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let said = stage.says(&pull, "alice", "/refire qa").await;
    let (first, _) = reply(&pull);
    unheard(&stage, || pull.delete_comment(first, "bob")).await;
    stage.reconcile().await;
    let (second, again) = reply(&pull);
    assert_eq!(again, said);
    assert_ne!(second, first);
    unheard(&stage, || pull.delete_comment(second, "bob")).await;
    for _ in 0..2 {
        stage.reconcile().await;
        assert!(
            pull.comments_by("refire").is_empty(),
            "it was forced upon them"
        );
    }
}

#[tokio::test]
async fn a_conversation_that_cannot_be_read_does_not_hold_up_the_reconcile() {
    let mut stage = Stage::set().await;
    let (first, second) = (stage.forge.pull("alice"), stage.forge.pull("alice"));
    for pull in [&first, &second] {
        let said = stage.says(pull, "alice", "/refire qa").await;
        assert!(!said.is_empty());
        unheard(&stage, || pull.delete_comment(reply(pull).0, "bob")).await;
    }
    let reads = format!("GET /repos/acme/widget/issues/{}/comments", first.number());
    stage.forge.fault(Fault::status(&reads, 500).always());
    stage.reconcile().await;
    assert_eq!(
        [&first, &second].map(|pull| pull.comments_by("refire").len()),
        [0, 1]
    );
    stage.forge.heal();
    stage.reconcile().await;
    assert_eq!(first.comments_by("refire").len(), 1);
}

/// A notice: bob has posted a status under a context of the bot's.
async fn notice(stage: &Stage, pull: &PullHandle) {
    stage.quiet().await;
    let posting = Posting {
        context: "qa-review / approved (pull_request)",
        state: "success",
        description: "forged",
    };
    pull.repo().status(&pull.head(), "bob", &posting);
    stage.quiet().await;
}

/// A reply to a command in the text of a review.
async fn answered_review(stage: &Stage, pull: &PullHandle) {
    pull.commented_by("bob", "/refire qa");
    stage.quiet().await;
}

#[tokio::test]
async fn a_notice_or_a_reply_to_a_review_that_others_touch_is_written_again_once_each() {
    for is_notice in [true, false] {
        for deletes in [true, false] {
            let stage = Stage::set().await;
            let pull = stage.forge.pull("alice");
            match is_notice {
                true => notice(&stage, &pull).await,
                false => answered_review(&stage, &pull).await,
            }
            let (first, said) = reply(&pull);
            let touch = |id| match deletes {
                true => pull.delete_comment(id, "bob"),
                false => pull.edit_comment(id, "bob", "Lies."),
            };
            let _before = stage.forge.take_calls();
            touch(first);
            stage.quiet().await;
            let (second, again) = reply(&pull);
            assert_eq!(again, said, "notice {is_notice}, deleted {deletes}");
            assert_eq!(second != first, deletes);
            let calls = stage.calls();
            let reads = calls.iter().filter(|call| call.starts_with("GET"));
            assert_eq!(reads.count(), 0, "nothing is looked at: {calls:#?}");
            touch(second);
            stage.quiet().await;
            let stands = pull.comments_by("refire");
            let lies = stands.iter().any(|it| it.body == "Lies.");
            assert_eq!((stands.len(), lies), (usize::from(!deletes), !deletes));
        }
    }
}

#[tokio::test]
async fn a_notice_that_others_touch_unheard_is_written_again_once() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    notice(&stage, &pull).await;
    let (first, said) = reply(&pull);
    unheard(&stage, || pull.edit_comment(first, "bob", "Lies.")).await;
    stage.forge.advance(SETTLED);
    stage.sweep().await;
    assert_eq!(reply(&pull), (first, said));
    let other = stage.forge.pull("alice");
    notice(&stage, &other).await;
    let (first, said) = reply(&other);
    unheard(&stage, || other.delete_comment(first, "bob")).await;
    stage.reconcile().await;
    let (second, again) = reply(&other);
    assert_eq!(again, said);
    unheard(&stage, || other.delete_comment(second, "bob")).await;
    for _ in 0..2 {
        stage.reconcile().await;
        assert!(other.comments_by("refire").is_empty(), "it was forced");
    }
}

/// What an event tells that it said before may have been written by whoever touches it now.
#[tokio::test]
async fn what_is_written_again_is_what_the_bot_wrote_and_nothing_that_others_put_there() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    notice(&stage, &pull).await;
    let (id, said) = reply(&pull);
    let lie = format!("**`qa-review` is satisfied.**\n\n{}", marker(&pull));
    unheard(&stage, || pull.edit_comment(id, "bob", &lie)).await;
    pull.delete_comment(id, "bob");
    stage.quiet().await;
    assert_eq!(reply(&pull).1, said);
}

/// Others may write into a reply that it answers whatever they want nobody to hear answered.
#[tokio::test]
async fn what_others_write_into_a_reply_answers_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.says(&pull, "alice", "/refire qa").await;
    let (id, _) = reply(&pull);
    let next = id.get() + 1;
    let text = refire::model::Digest::of("/refire security");
    let also = format!("<!-- refire: also answers {next}:{text} -->");
    let lie = format!("Lies.\n\n{also}\n{}", marker(&pull));
    unheard(&stage, || pull.edit_comment(id, "bob", &lie)).await;
    let asked = pull.comment("alice", "/refire security");
    assert_eq!(asked.get(), next);
    stage.quiet().await;
    let (_, said) = reply(&pull);
    holds(&said, &["`security-review` waits for an approval"]);
}

#[tokio::test]
async fn what_the_bot_edits_or_an_outsiders_word_about_it_restores_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.says(&pull, "alice", "/refire qa").await;
    let _before = stage.forge.take_calls();
    let (id, _) = reply(&pull);
    pull.edit_comment(id, "refire", "Its own words.");
    stage.quiet().await;
    assert_eq!(stage.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_said_on_a_plain_issue_is_not_restored() {
    let stage = Stage::set().await;
    let issue = stage.forge.repo("acme/widget").issue("alice", "Broken");
    issue.comment("alice", "/refire qa");
    stage.quiet().await;
    let said = issue.comments_by("refire");
    assert_eq!(said.len(), 1);
    let _before = stage.forge.take_calls();
    issue.edit_comment(said[0].id, "bob", "Lies.");
    stage.quiet().await;
    assert_eq!(stage.calls(), Vec::<String>::new());
}

// ---- declarations.unheard = "confirm" ----

/// A declaration by quinn that no webhook announced; gives the bot's reply.
async fn declared_unheard(stage: &mut Stage, pull: &PullHandle) -> CommentId {
    unheard(stage, || pull.comment("quinn", DECLARES)).await;
    stage.sweep().await;
    reply(pull).0
}

async fn reacts(stage: &Stage, who: &str, to: CommentId, with: &str) {
    let address = format!(
        "{}/api/v1/repos/acme/widget/issues/comments/{to}/reactions",
        stage.forge.url()
    );
    let json = format!("{{\"content\":\"{with}\"}}");
    stage.asks_as(who, &address, &json).await;
}

fn is_declared(stage: &Stage, pull: &PullHandle) -> bool {
    stage.qa(pull) == "success: declared not applicable by quinn of acme/qa"
}

#[tokio::test]
async fn an_unheard_declaration_waits_for_its_writers_thumb_and_for_nobody_elses() {
    let mut stage = Stage::with(CONFIRM).await;
    let pull = stage.forge.pull("alice");
    let asked = declared_unheard(&mut stage, &pull).await;
    assert!(!is_declared(&stage, &pull));
    holds(
        &reply(&pull).1,
        &["@quinn has to confirm it: with a 👍 on this reply"],
    );
    reacts(&stage, "bob", asked, "+1").await;
    reacts(&stage, "quinn", asked, "eyes").await;
    stage.sweep().await;
    assert!(!is_declared(&stage, &pull));
    reacts(&stage, "quinn", asked, "+1").await;
    stage.sweep().await;
    assert!(is_declared(&stage, &pull), "{}", stage.qa(&pull));
    holds(
        &reply(&pull).1,
        &["**`qa-review` is declared not applicable**"],
    );
    stage.sweep().await;
    assert!(is_declared(&stage, &pull), "{}", stage.qa(&pull));
}

/// The thumb was given to what the reply said then, and before there was anything else to confirm.
#[tokio::test]
async fn a_thumb_under_another_reply_confirms_nothing_whatever_others_write_into_that() {
    let mut stage = Stage::with(CONFIRM).await;
    let pull = stage.forge.pull("alice");
    let first = declared_unheard(&mut stage, &pull).await;
    reacts(&stage, "quinn", first, "+1").await;
    stage.sweep().await;
    assert!(is_declared(&stage, &pull), "{}", stage.qa(&pull));
    pull.push("alice");
    stage.quiet().await;
    stage.forge.advance(Duration::from_secs(600));
    // As somebody who may write makes it, by an edit within the second.
    let second = declared_unheard(&mut stage, &pull).await;
    assert_ne!(second, first);
    let marker = marker(&pull);
    unheard(&stage, || {
        pull.delete_comment(second, "bob");
        pull.edit_comment(first, "bob", &format!("Thanks!\n\n{marker}"));
    })
    .await;
    pull.comment("bob", "/refire qa");
    stage.quiet().await;
    assert!(!is_declared(&stage, &pull), "{}", stage.qa(&pull));
}

#[tokio::test]
async fn a_confirmation_is_found_at_once_when_somebody_asks() {
    let mut stage = Stage::with(CONFIRM).await;
    let pull = stage.forge.pull("alice");
    let asked = declared_unheard(&mut stage, &pull).await;
    reacts(&stage, "quinn", asked, "+1").await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(is_declared(&stage, &pull), "{}", stage.qa(&pull));
}

#[tokio::test]
async fn a_declaration_that_was_heard_needs_no_confirmation() {
    let stage = Stage::with(CONFIRM).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", DECLARES).await;
    assert!(is_declared(&stage, &pull));
    let asked = stage.calls();
    assert!(
        !asked.iter().any(|call| call.contains("reactions")),
        "{asked:#?}"
    );
}
