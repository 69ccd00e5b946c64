//! Writes that fail: for good, or for a while. They leave the outbox with their cause, never
//! silently, and what comes behind them goes on.

use crate::stage::{Log, Stage, answers, holds, replies, tempo};
use forge::{Fault, Forge, Kind, PullHandle, Version};
use refire::worker::tempo::Tempo;
use state::Store as _;
use std::time::Duration;

const COMMENTS: &str = "POST /repos/*/issues/*/comments";
const STATUSES: &str = "POST /repos/*/statuses/*";
const EDITS: &str = "PATCH /repos/*/issues/comments/*";

pub(crate) fn says(status: u16, sentence: &str) -> Kind {
    let url = "http://localhost/api/swagger";
    Kind::Status {
        status,
        body: serde_json::json!({ "message": sentence, "url": url }).to_string(),
        headers: Vec::new(),
    }
}

/// The conversation with one pull request refuses the bot, the others do not.
fn refuse(stage: &Stage, pull: &PullHandle, kind: Kind) {
    let call = format!("POST /repos/acme/widget/issues/{}/comments", pull.number());
    stage.forge.fault(Fault::on(&call, kind).always());
}

/// What was true when it was decided need not be true when it can be written at last.
#[tokio::test]
async fn a_success_that_waited_for_long_is_decided_anew_before_it_is_posted() {
    let age = Duration::from_millis(300);
    let stage = Stage::prepared(|stage| stage.tempo.facts_age = age).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let statuses = "POST /repos/acme/widget/statuses/*";
    stage.forge.fault(Fault::status(statuses, 502).always());
    let review = pull.approved_by("quinn");
    stage
        .attempted("POST /repos/{owner}/{repo}/statuses/{sha}")
        .await;
    stage.unheard(|| pull.dismiss(review, "olivia"));
    let decided = std::time::Instant::now();
    let is_old = || decided.elapsed() > age * 2;
    stage.meanwhile("it has waited", is_old).await;
    stage.forge.heal();
    stage.quiet().await;
    let rows = pull.status_rows();
    let mut green = rows.iter().filter(|row| row.state == "success");
    assert!(green.all(|row| row.context.starts_with("sop-")));
    assert!(stage.qa(&pull).starts_with("pending"));
}

/// An edit of a reply is a write like any other.
#[tokio::test]
async fn a_reply_that_may_not_be_edited_is_given_up_and_holds_nothing_up() {
    let log = Log::begin();
    let stage = Stage::set().await;
    let pull = stage.declared().await;
    let before = replies(&pull);
    let edits = "PATCH /repos/acme/widget/issues/comments/*";
    let refused = says(403, "You cannot edit this comment.");
    stage.forge.fault(Fault::on(edits, refused).always());
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(replies(&pull), before);
    let text = log.text();
    let given_up = text.lines().find(|line| line.contains("was given up"));
    holds(given_up.unwrap_or(&text), &["cannot-comment"]);
    pull.comment("bob", "/refire security");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), before.len() + 1);
}

/// A reply that is refused is tried, given up with its cause, and nobody else waits for it.
async fn a_refused_reply_is_given_up(kind: Kind, cause: &str) {
    let log = Log::begin();
    let stage = Stage::set().await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    refuse(&stage, &pull, kind);
    pull.comment("bob", "/refire qa");
    other.comment("bob", "/refire qa");
    stage.quiet().await;
    assert_eq!((replies(&pull).len(), replies(&other).len()), (0, 1));
    let text = log.text();
    let given_up = text.lines().find(|line| line.contains("was given up"));
    holds(given_up.unwrap_or(&text), &[cause]);
    let told = stage.gate(&pull, "security-review");
    holds(&told, &["no reply, the bot"]);
    // What comes behind it is not held up either.
    stage.forge.heal();
    pull.comment("bob", "/refire security");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn a_write_that_fails_for_good_because_it_is_locked_leaves_the_outbox_with_its_cause() {
    let kind = says(403, "You cannot comment on a locked issue.");
    a_refused_reply_is_given_up(kind, "cannot-comment").await;
}

#[tokio::test]
async fn a_write_that_fails_for_good_because_it_is_archived_leaves_the_outbox_with_its_cause() {
    let kind = says(423, "Repository is archived.");
    a_refused_reply_is_given_up(kind, "cannot-comment").await;
}

#[tokio::test]
async fn a_write_that_fails_for_good_for_want_of_rights_leaves_the_outbox_with_its_cause() {
    let kind = says(403, "token does not have at least one of required scope(s)");
    a_refused_reply_is_given_up(kind, "scope-missing").await;
}

#[tokio::test]
async fn a_status_that_fails_for_good_leaves_the_outbox_with_its_cause() {
    let log = Log::begin();
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let kind = says(403, "user should have a permission to write to a repo");
    stage.forge.fault(Fault::on(STATUSES, kind).always());
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "bob", "/refire qa").await;
    holds(&reply, &["**The status could not be posted**"]);
    let given_up = || log.text().contains("was given up");
    stage.until("it is given up", given_up).await;
    let text = log.text();
    let given_up = text.lines().find(|line| line.contains("was given up"));
    holds(given_up.unwrap_or_default(), &["cannot-write-status"]);
    stage.forge.heal();
    let rows = pull.status_rows().len();
    stage.says(&pull, "bob", "/refire qa").await;
    assert!(pull.status_rows().len() > rows, "it is posted");
}

/// A server that fails on one route is not away: whoever asked is told meanwhile.
#[tokio::test]
async fn a_status_that_cannot_be_posted_for_now_holds_back_no_reply_and_is_posted_later() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let away = Fault::on(STATUSES, says(502, "bad gateway"));
    stage.forge.fault(away.always());
    pull.approved_by("quinn");
    let rows = pull.status_rows().len();
    pull.comment("bob", "/refire qa");
    stage
        .meanwhile("it is told", || replies(&pull).len() == 1)
        .await;
    let reply = crate::stage::told(&pull.comments_by("refire")[0].body);
    holds(
        &reply,
        &["**The status could not be posted**", "forge-unavailable"],
    );
    stage.forge.heal();
    let posted = || stage.qa(&pull).starts_with("success");
    stage.until("it is posted by itself", posted).await;
    assert!(pull.status_rows().len() > rows);
}

/// What may become of a call, each once.
fn mishaps() -> [Kind; 9] {
    [
        says(500, "out of order"),
        says(503, "back in a moment"),
        Kind::Reset,
        Kind::DropAfterWrite,
        Kind::CutJson,
        Kind::CutBody,
        Kind::Slow(Duration::from_millis(300)),
        Kind::Hang,
        Kind::Html403,
    ]
}

/// A question that cannot be answered at first, so that its reply is edited afterwards. The first write by
/// this route goes wrong; in the end everything stands, once.
async fn goes_wrong_once(route: &str, mishap: Kind) {
    let what = format!("{route}: {mishap:?}");
    let timeout = ("REFIRE_FORGE__TIMEOUT", String::from("1s"));
    let stage = Stage::prepared(|stage| stage.variables.push(timeout)).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage
        .forge
        .fault(Fault::status("GET /teams/*", 502).always());
    let wrong = Fault::on(route, mishap);
    let is_edit = route == EDITS;
    if !is_edit {
        stage.forge.fault(wrong.clone());
    }
    let asked = pull.comment("bob", "/refire qa");
    pull.approved_by("quinn");
    let is_told = || answers(&pull, asked) == 1;
    stage.meanwhile(&what, is_told).await;
    stage.forge.heal();
    if is_edit {
        stage.forge.fault(wrong);
    }
    pull.retitle("Another title", "alice");
    stage.quiet().await;
    assert_eq!(answers(&pull, asked), 1, "{what}");
    holds(&pull.comments_by("refire")[0].body, &["is satisfied"]);
    let approved = "success: approved by quinn of acme/qa";
    assert_eq!(stage.qa(&pull), approved, "{what}");
}

#[tokio::test]
async fn whatever_becomes_of_a_reply_it_stands_once_in_the_end() {
    for mishap in mishaps() {
        goes_wrong_once(COMMENTS, mishap).await;
    }
}

#[tokio::test]
async fn whatever_becomes_of_a_status_it_stands_in_the_end() {
    for mishap in mishaps() {
        goes_wrong_once(STATUSES, mishap).await;
    }
}

#[tokio::test]
async fn whatever_becomes_of_an_edit_the_reply_is_up_to_date_in_the_end() {
    for mishap in mishaps() {
        goes_wrong_once(EDITS, mishap).await;
    }
}

/// A day is as long as the stage says.
async fn with_days_of(day: Duration) -> Stage {
    let tempo = Tempo {
        away: day,
        ..tempo()
    };
    Stage::paced(Forge::start(Version::V1_26).await, "", tempo).await
}

#[tokio::test]
async fn a_write_that_may_recover_is_tried_for_a_day_with_backoff_and_then_given_up() {
    let log = Log::begin();
    let stage = with_days_of(Duration::from_millis(500)).await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    refuse(&stage, &pull, says(502, "bad gateway"));
    pull.comment("bob", "/refire qa");
    other.comment("bob", "/refire qa");
    stage
        .meanwhile("the other goes on", || replies(&other).len() == 1)
        .await;
    stage.quiet().await;
    let tried = stage.forge.calls();
    let tried = tried.iter().filter(|call| call.status == 502).count();
    // Ten, twenty, forty, eighty, and then every two hundred milliseconds.
    assert!((4..=12).contains(&tried), "{tried}");
    let text = log.text();
    let given_up = text.lines().find(|line| line.contains("was given up"));
    holds(given_up.unwrap_or(&text), &["forge-unavailable"]);
    stage.forge.heal();
    pull.comment("bob", "/refire security");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn a_write_that_recovers_within_the_day_is_performed_once() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    stage
        .forge
        .fault(Fault::on(COMMENTS, says(502, "bad gateway")).times(6));
    pull.comment("bob", "/refire qa");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
    let stats = stage.store.stats().await.expect("a store");
    assert_eq!(stats.outbox, 0);
}
