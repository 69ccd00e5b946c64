//! What comes in: heard, found, heard twice, heard by nobody; and when Gitea or the bot is away.

use crate::stage::{self, Stage, answers, told};
use forge::{Fault, Forge, Kind, PullHandle, Review, ReviewState};
use std::time::Duration;

const QA: &str = "qa-review / approved (pull_request)";

fn says(reply: &str, words: &str) {
    assert!(reply.contains(words), "{words:?} is not said in: {reply}");
}

fn state(pull: &PullHandle) -> String {
    pull.status(QA).map(|row| row.state).unwrap_or_default()
}

/// What the bot says, reply by reply.
fn replies(pull: &PullHandle) -> Vec<String> {
    let replies = stage::replies(pull);
    replies.iter().map(|body| told(body)).collect()
}

// ---- heard, found, or both ----

#[tokio::test]
async fn i14_a_pull_request_that_no_webhook_announced_is_found() {
    let mut stage = Stage::set().await;
    let pull = stage.unheard(|| {
        let pull = stage.forge.pull("alice");
        pull.approved_by("quinn");
        pull
    });
    stage.sweep().await;
    assert_eq!(state(&pull), "success");
    assert_eq!(pull.statuses().len(), 3);
}

#[tokio::test]
async fn i14_a_comment_that_no_webhook_announced_is_found() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.unheard(|| pull.comment("alice", "/refire qa"));
    stage.sweep().await;
    says(&replies(&pull).concat(), "**`qa-review` is satisfied**");
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn the_same_comment_heard_twice_and_found_is_answered_once() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let heard = stage.forge.deliveries();
    let comment = heard
        .iter()
        .rposition(|delivery| {
            delivery.payload["comment"]["body"] == "/refire qa"
                && delivery.payload["action"] == "created"
        })
        .expect("the comment was announced");
    stage.calls();
    stage.forge.redeliver(comment);
    stage.quiet().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1);
    let writes = stage.calls();
    assert!(
        writes.iter().all(|call| call.starts_with("GET")),
        "{writes:#?}"
    );
}

#[tokio::test]
async fn two_hooks_that_tell_the_same_comment_get_one_answer() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let url = stage.url();
    let _second = pull.repo().hook(&url, crate::stage::SECRET);
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn with_an_empty_store_commands_older_than_the_lookback_are_left_alone() {
    let sweep = "[sweep]\nevery = \"off\"\nreconcile = \"off\"\nlookback = \"1s\"\n";
    let mut stage = Stage::with(sweep).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.unheard(|| pull.comment("bob", "/refire qa"));
    let later = stage.forge.now() + jiff::SignedDuration::from_secs(3);
    stage
        .meanwhile("time passes", || stage.forge.now() >= later)
        .await;
    stage.forge.advance(Duration::from_secs(3600));
    let young = stage.unheard(|| pull.comment("bob", "/refire security"));
    stage.forget().await;
    stage.sweep().await;
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 1);
    says(&replies[0].body, &format!("answers comment {young}"));
}

#[tokio::test]
async fn facts_are_never_limited_by_the_lookback() {
    let mut stage = Stage::set().await;
    let pull = stage.declared().await;
    stage.forge.advance(Duration::from_secs(48 * 3600));
    stage.forget().await;
    stage.sweep().await;
    assert_eq!(state(&pull), "success");
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn a_lost_store_leads_to_no_second_reply() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.says(&pull, "alice", "/refire qa").await;
    stage.says(&pull, "bob", "/whoami-teams").await;
    stage.forget().await;
    stage.calls();
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 2);
    assert!(stage.calls().iter().all(|call| call.starts_with("GET")));
}

#[tokio::test]
async fn a_restart_between_comment_and_answer_loses_nothing() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage
        .forge
        .fault(Fault::status("POST /repos/*/issues/*/comments", 503).always());
    let comment = pull.comment("alice", "/refire qa");
    stage
        .attempted("POST /repos/{owner}/{repo}/issues/{index}/comments")
        .await;
    stage.leave().await;
    stage.forge.heal();
    stage.enter().await;
    stage
        .until("it is answered", || replies(&pull).len() == 1)
        .await;
    says(
        &pull.comments_by("refire")[0].body,
        &format!("answers comment {comment} "),
    );
}

#[tokio::test]
async fn what_was_said_while_the_bot_was_away_is_answered() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.sweep().await;
    stage.leave().await;
    pull.comment("alice", "/refire qa");
    stage.forge.deliveries_idle().await;
    stage.enter().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1);
}

// ---- where commands do not work ----

#[tokio::test]
async fn a_command_on_a_plain_issue_gets_one_sentence() {
    let mut stage = Stage::set().await;
    let issue = stage.forge.repo("acme/widget").issue("alice", "A question");
    issue.comment("bob", "/refire qa");
    issue.comment("bob", "what is /refire?");
    stage.quiet().await;
    stage.sweep().await;
    let replies = issue.comments_by("refire");
    assert_eq!(replies.len(), 1);
    assert_eq!(
        told(&replies[0].body),
        "**This works on pull requests**; here is an issue."
    );
}

#[tokio::test]
async fn a_command_in_a_reviews_body_is_answered_with_where_to_write_it() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.commented_by("bob", "Looks good.\n\n/refire qa");
    stage.quiet().await;
    assert_eq!(
        replies(&pull),
        ["**Commands in a review are not run**: write it as a plain comment of the conversation."]
    );
    let approval = Review {
        state: Some(ReviewState::Approved),
        body: "/sop-n/a security-review".to_owned(),
        ..Review::default()
    };
    pull.reviewed("quinn", &approval);
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 2);
    assert_eq!(state(&pull), "success");
}

#[tokio::test]
async fn a_closed_pull_request_is_said_to_be_closed() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.close("alice");
    stage.quiet().await;
    says(
        &stage.says(&pull, "bob", "/refire qa").await,
        "**This pull request is closed.**",
    );
}

#[tokio::test]
async fn service_accounts_are_never_searched_not_even_by_the_sweep() {
    let mut stage = Stage::with("[people]\nservice_accounts = [\"^SVC$\"]\n").await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    pull.comment("svc", "/sop-n/a qa-review");
    stage.unheard(|| pull.comment("svc", "/refire qa"));
    stage.unheard(|| pull.comment("refire", "/refire qa"));
    stage.quiet().await;
    stage.sweep().await;
    assert_eq!(pull.comments_by("refire").len(), 1, "its own words");
    assert_eq!(state(&pull), "pending");
}

// ---- what is said back ----

#[tokio::test]
async fn a_slip_of_the_pen_is_answered_with_what_would_be_right() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    says(
        &stage.says(&pull, "bob", "/refire securty").await,
        "There is no gate `securty`.** Known here: `qa-review` (`qa`), `security-review` (`security`). \
         Did you mean `/refire security",
    );
    says(
        &stage.says(&pull, "bob", "/sop-an qa").await,
        "There is no command `/sop-an`.** Did you mean",
    );
    assert_eq!(stage.says(&pull, "bob", "/approve").await, "");
}

#[tokio::test]
async fn an_edited_slip_is_answered_in_place() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let comment = pull.comment("bob", "/refire securty");
    stage.quiet().await;
    pull.edit_comment(comment, "bob", "/refire qa");
    stage.quiet().await;
    let replies = replies(&pull);
    assert_eq!(replies.len(), 1);
    says(&replies[0], "**`qa-review` is satisfied**");
}

#[tokio::test]
async fn commands_that_an_edit_has_added_are_run_whoever_edited() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    for (by, command, answer) in [
        ("bob", "/refire qa", "**`qa-review` is satisfied**"),
        ("alice", "/refire security", "`security-review` waits"),
        ("bob", "/whoami-teams", "`acme/qa`"),
    ] {
        let said = pull.comment("bob", "Let me think.");
        stage.quiet().await;
        assert_eq!(answers(&pull, said), 0);
        let body = format!("Let me think.\n\n{command}");
        pull.edit_comment(said, by, &body);
        stage.quiet().await;
        assert_eq!(answers(&pull, said), 1, "{command}");
        says(replies(&pull).last().expect("an answer"), answer);
    }
}

#[tokio::test]
async fn a_command_that_is_edited_back_is_answered_as_it_stands() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let comment = pull.comment("bob", "/refire qa");
    for body in ["/refire security", "/refire qa"] {
        stage.quiet().await;
        stage.forge.advance(Duration::from_secs(5));
        pull.edit_comment(comment, "bob", body);
    }
    stage.quiet().await;
    let replies = replies(&pull);
    assert_eq!(replies.len(), 1);
    says(&replies[0], "**`qa-review` is satisfied**");
}

/// While nothing can be read, what stands there is something else for a moment.
#[tokio::test]
async fn a_command_that_was_hidden_for_a_moment_is_answered() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let fault = Fault::status("GET /repos/acme/widget/pulls/*", 502);
    stage.forge.fault(fault.always());
    let comment = pull.comment("bob", "/refire qa");
    stage.forge.deliveries_idle().await;
    stage.forge.advance(Duration::from_secs(5));
    pull.edit_comment(comment, "alice", "Never mind.");
    stage.forge.heal();
    stage.quiet().await;
    stage.forge.advance(Duration::from_secs(5));
    pull.edit_comment(comment, "alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn an_edit_while_the_answer_is_on_its_way_is_answered() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let (thread, seen) = (pull.clone(), pull.comments().len());
    stage
        .forge
        .before("POST /repos/*/issues/*/comments", 1, move |_| {
            let comment = thread.comments()[seen].id;
            thread.edit_comment(comment, "bob", "/refire qa");
        });
    pull.comment("bob", "/refire securty");
    stage.quiet().await;
    let replies = replies(&pull);
    assert_eq!(replies.len(), 1);
    says(&replies[0], "**`qa-review` is satisfied**");
}

#[tokio::test]
async fn of_more_than_sixteen_commands_the_rest_is_refused() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("security").add("quinn");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let many: Vec<String> = (0..18)
        .map(|n| format!("/sop-n/a qa-review reason {n}"))
        .collect();
    let reply = stage.says(&pull, "quinn", &many.join("\n")).await;
    says(
        &reply,
        "**2 more commands were not run**: at most 16 of one comment are.",
    );
}

#[tokio::test]
async fn help_lists_every_command() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "bob", "/refire help").await;
    for command in ["/sop-n/a", "/sop-revoke", "/refire", "/whoami-teams"] {
        says(&reply, command);
    }
}

#[tokio::test]
async fn whoami_tells_what_is_known_and_why_the_rest_is_not() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("security").remove("refire");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", "/whoami-teams").await;
    let reply = reply.replace(&stage.forge.url(), "{FORGE}");
    insta::assert_snapshot!(reply, @r"
    **`quinn`** can approve `qa-review`; whether `quinn` is in `acme/security` is not known.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✔ member, may approve and waive | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ? not known: `refire` is in the organisation `acme`, not in the team `acme/security` | ✘ `refire` is in the organisation `acme`, not in the team `acme/security` (`bot-not-in-team`) |

    **Repair**, for what is not known:
    - Add `refire` to the team `acme/security`; an owner of `acme` can: `{FORGE}/org/acme/teams/security`
    ");
}

// ---- storms ----

#[tokio::test]
async fn i12_i13_a_storm_of_commands_is_answered_one_by_one_without_a_storm_of_statuses() {
    let stage = Stage::prepared(|stage| stage.tempo.cooldown = Duration::from_secs(60)).await;
    let pull = stage.approved().await;
    let before = pull.status_rows().len();
    let asked: Vec<_> = (0..50).map(|_| pull.comment("bob", "/refire qa")).collect();
    stage.quiet().await;
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 50);
    for comment in asked {
        let named = format!("answers comment {comment} ");
        let answers = replies.iter().filter(|r| r.body.contains(&named)).count();
        assert_eq!(answers, 1, "{comment}");
    }
    let posted = pull.status_rows().len() - before;
    assert!((1..=2).contains(&posted), "{posted} statuses were posted");
}

/// What rests from one is not another gate, and not another pull request.
#[tokio::test]
async fn i12_the_rest_after_a_re_check_is_of_one_gate_on_one_pull_request() {
    let stage = Stage::prepared(|stage| stage.tempo.cooldown = Duration::from_secs(60)).await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    let rows = |pull: &PullHandle| pull.status_rows().len();
    stage.says(&pull, "bob", "/refire qa").await;
    let before = (rows(&pull), rows(&other));
    stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(rows(&pull), before.0, "it rests");
    stage.says(&pull, "bob", "/refire security").await;
    stage.says(&other, "bob", "/refire qa").await;
    assert_eq!((rows(&pull), rows(&other)), (before.0 + 1, before.1 + 1));
}

// ---- Gitea is away ----

/// Something cannot be read, until that is told; then Gitea is well again.
async fn i23_unread(fault: Fault) {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    pull.push("alice");
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.fault(fault.always());
    pull.comment("bob", "/refire qa");
    stage
        .meanwhile("it says that it could not look", || {
            is_told(&pull) && state(&pull) == "pending"
        })
        .await;
    stage.forge.heal();
    stage
        .until("the reply changes", || {
            replies(&pull).concat().contains("`qa-review` is satisfied")
        })
        .await;
    assert_eq!(replies(&pull).len(), 1);
    assert_eq!(state(&pull), "success");
    let states: Vec<String> = pull.status_rows().iter().map(|r| r.state.clone()).collect();
    assert!(!states.contains(&"failure".to_owned()), "{states:?}");
}

fn is_told(pull: &PullHandle) -> bool {
    replies(pull).concat().contains("could not look")
}

#[tokio::test]
async fn i23_a_broken_gitea_is_pending_and_never_a_failure() {
    i23_unread(Fault::status("GET /repos/*/pulls/*/reviews", 502)).await;
}

#[tokio::test]
async fn i23_a_cut_answer_is_pending_and_never_a_failure() {
    i23_unread(Fault::on("GET /repos/*/issues/*/timeline*", Kind::CutJson)).await;
}

#[tokio::test]
async fn i23_a_proxy_in_between_is_pending_and_never_a_failure() {
    i23_unread(Fault::on("GET /repos/*/pulls/*/reviews", Kind::Html403)).await;
}

#[tokio::test]
async fn i23_a_pull_request_that_cannot_be_read_at_all_is_pending_and_told_so() {
    i23_unread(Fault::status("GET /repos/acme/widget/pulls/*", 502)).await;
}

#[tokio::test]
async fn a_reply_that_was_written_and_not_confirmed_is_not_written_twice() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.forge.fault(Fault::on(
        "POST /repos/*/issues/*/comments",
        Kind::DropAfterWrite,
    ));
    stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(replies(&pull).len(), 1);
}

const POSTING: &str = "POST /repos/{owner}/{repo}/issues/{index}/comments";

/// A forge that does not answer the next reply, and writes it when it was looked for once.
async fn lands_late(again: Duration) -> Stage {
    let prepare = |stage: &mut Stage| {
        stage.tempo.again = vec![again];
        stage.tempo.landing = Some(Duration::from_secs(2));
    };
    let stage = Stage::prepared(prepare).await;
    let posting = "POST /repos/*/issues/*/comments";
    stage.forge.fault(Fault::on(posting, Kind::Held));
    stage
        .forge
        .after("GET /repos/*/issues/*/comments", 1, Forge::land);
    stage
}

#[tokio::test]
async fn a_reply_that_lands_after_it_was_looked_for_is_not_written_twice() {
    let stage = lands_late(Duration::from_millis(10)).await;
    let pull = stage.approved().await;
    stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn a_reply_that_lands_after_the_bot_came_back_is_not_written_twice() {
    let mut stage = lands_late(Duration::from_secs(1)).await;
    let pull = stage.approved().await;
    pull.comment("bob", "/refire qa");
    stage.attempted(POSTING).await;
    stage.leave().await;
    stage.enter().await;
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
}

#[tokio::test]
async fn a_status_that_was_written_and_not_confirmed_is_not_written_twice() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let before = pull.status_rows().len();
    stage
        .forge
        .fault(Fault::on("POST /repos/*/statuses/*", Kind::DropAfterWrite));
    stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(pull.status_rows().len(), before + 1);
    assert_eq!(replies(&pull).len(), 1);
}

// ---- the inbox is full ----

#[tokio::test]
async fn a_full_inbox_is_said_with_503_and_the_sweep_finds_the_comment_later() {
    let mut stage = Stage::prepared(|stage| stage.narrow(2)).await;
    let pull = stage.approved().await;
    stage
        .forge
        .fault(Fault::status("GET /repos/acme/widget/pulls/*", 502).always());
    for _ in 0..5 {
        pull.comment("bob", "/refire qa");
        stage.forge.deliveries_idle().await;
    }
    let refused: Vec<_> = stage
        .forge
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.status == Some(503))
        .collect();
    assert!(!refused.is_empty());
    stage.forge.heal();
    stage.quiet().await;
    stage.sweep().await;
    stage.sweep().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 5);
}

/// Whatever of the sweep's own calls fails, and on whichever page, the next one begins where it did.
#[tokio::test]
async fn what_nobody_heard_is_found_though_a_sweep_before_could_not_read_everything() {
    for call in [
        "GET /repos/acme/widget/issues/comments",
        "GET /repos/acme/widget/pulls",
        "GET /repos/*/pulls/*",
        "GET /repos/*/issues/*/timeline*",
    ] {
        for page in [0, 1] {
            let mut stage = Stage::set().await;
            let pull = stage.approved().await;
            stage.sweep().await;
            let asked = stage.unheard(|| {
                let first = pull.comment("bob", "/refire qa");
                for _ in 0..60 {
                    pull.comment("alice", "Thank you.");
                }
                [first, pull.comment("bob", "/refire help")]
            });
            let fault = Fault::status(call, 500).after(page).always();
            stage.forge.fault(fault);
            stage.sweep_in_motion().await;
            stage.forge.heal();
            stage.sweep().await;
            let answered = asked.map(|comment| answers(&pull, comment));
            assert_eq!(answered, [1, 1], "{call}, page {page}");
        }
    }
}

/// Gitea shows only when a pull request last changed, and the comment explains that.
#[tokio::test]
async fn a_refused_approval_is_found_though_a_later_comment_was_heard() {
    let mut stage = Stage::prepared(|stage| stage.narrow(2)).await;
    let (pull, other) = (stage.forge.pull("alice"), stage.forge.pull("alice"));
    stage.quiet().await;
    stage.sweep().await;
    let reading = "GET /repos/acme/widget/pulls/*";
    stage.forge.fault(Fault::status(reading, 502).always());
    for _ in 0..2 {
        other.comment("bob", "/refire qa");
        stage.forge.deliveries_idle().await;
    }
    pull.approved_by("quinn");
    stage.forge.deliveries_idle().await;
    let told = stage.forge.deliveries();
    assert_eq!(told.last().and_then(|told| told.status), Some(503));
    // With the bot goes what it would have looked at without an item.
    stage.leave().await;
    stage.forge.heal();
    stage.enter().await;
    stage.quiet().await;
    pull.comment("bob", "Thank you.");
    stage.quiet().await;
    assert!(stage.qa(&pull).starts_with("pending"));
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
}

/// Whoever fills the inbox could else have a revocation refused, and delete it before a sweep finds it.
#[tokio::test]
async fn a_refused_revocation_is_final_though_it_is_deleted_before_the_sweep() {
    let mut stage = Stage::prepared(|stage| stage.narrow(2)).await;
    let pull = stage.declared().await;
    let other = stage.forge.pull("alice");
    stage.quiet().await;
    assert!(stage.statuses(&pull).contains("(N/A: qa-review)"));
    let reading = format!("GET /repos/acme/widget/pulls/{}", other.number());
    stage.forge.fault(Fault::status(&reading, 502).always());
    for _ in 0..2 {
        other.comment("bob", "/refire qa");
        stage.forge.deliveries_idle().await;
    }
    let revocation = pull.comment("quinn", "/sop-revoke qa");
    stage.forge.deliveries_idle().await;
    let told = stage.forge.deliveries();
    assert_eq!(told.last().and_then(|told| told.status), Some(503));
    stage.unheard(|| pull.delete_comment(revocation, "bob"));
    stage.forge.heal();
    stage.quiet().await;
    stage.sweep().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(stage.statuses(&pull).contains("(N/A: (none))"));
    assert!(stage.qa(&pull).starts_with("pending"));
}

/// Gitea delivers a reply in a thread on a line of code like a comment of the conversation, where it
/// never stands (gitea-facts §6.2).
#[tokio::test]
async fn a_command_in_a_reply_to_an_inline_comment_is_answered_with_where_to_write_it() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let api = format!(
        "{}/api/v1/repos/acme/widget/pulls/{}/reviews",
        stage.forge.url(),
        pull.number()
    );
    let line = r#"{"path": "a.txt", "new_position": 1, "body": "/refire qa"}"#;
    stage
        .asks_as(
            "bob",
            &api,
            &format!(r#"{{"event": "COMMENT", "body": "see", "comments": [{line}]}}"#),
        )
        .await;
    let inline = pull.comment("bob", "what follows the line").get() - 1;
    stage.quiet().await;
    let heard = stage.forge.deliveries();
    let last = heard.last().expect("the comment was announced");
    let mut payload = last.payload.clone();
    payload["comment"]["id"] = inline.into();
    payload["comment"]["body"] = "/refire qa".into();
    assert_eq!(stage.hears(&payload).await, 202);
    stage.quiet().await;
    assert_eq!(
        replies(&pull),
        ["**Commands in a review are not run**: write it as a plain comment of the conversation."]
    );
}
