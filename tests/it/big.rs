//! Things that are far larger than usual: nothing fails, nothing is lost, and the cost is bounded.

use crate::stage::{Stage, holds, replies};
use forge::{Call, Posting, PullHandle};
use std::time::Duration;

const MEMBERS: &str = "GET /teams/{id}/members";
const MEMBER: &str = "GET /teams/{id}/members/{username}";
const REVIEWS: &str = "GET /repos/{owner}/{repo}/pulls/{index}/reviews";
const ROWS: &str = "GET /repos/{owner}/{repo}/statuses/{sha}";

const SERVICE: &str = "[people]\nservice_accounts = [\"^svc$\"]\n";

/// How often this call was made.
fn count(calls: &[String], name: &str) -> usize {
    calls.iter().filter(|call| *call == name).count()
}

fn ten_mib() -> String {
    let long = "all work and no play ".repeat(500_000);
    assert!(long.len() > 10 * 1024 * 1024);
    long
}

#[tokio::test]
async fn a_comment_of_10_mib_is_heard_and_answered_once() {
    let mut stage = Stage::set().await;
    stage.patience = Duration::from_secs(120);
    let pull = stage.approved().await;
    stage.sweep().await;
    let heard = stage.forge.deliveries().len();
    pull.comment("bob", &format!("/refire qa\n\n{}", ten_mib()));
    stage.quiet().await;
    let told: Vec<Option<u16>> = stage
        .forge
        .deliveries_from(heard)
        .iter()
        .map(|delivery| delivery.status)
        .collect();
    assert_eq!(told.first(), Some(&Some(202)), "{told:?}");
    let answers = replies(&pull);
    assert_eq!(answers.len(), 1);
    holds(
        &answers[0],
        &["**`qa-review` is satisfied**", "searched up to 64 KiB only"],
    );
    stage.sweep().await;
    stage.forget().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1, "it is answered once");
}

#[tokio::test]
async fn a_comment_of_10_mib_that_nobody_heard_is_found_by_the_sweep() {
    let mut stage = Stage::set().await;
    stage.patience = Duration::from_secs(120);
    let pull = stage.approved().await;
    stage.sweep().await;
    let long = format!("/refire qa\n\n{}", ten_mib());
    stage.unheard(|| pull.comment("bob", &long));
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1);
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1, "it is answered once");
}

/// Whoever may write may describe every pull request, and delete every comment.
#[tokio::test]
async fn a_long_description_keeps_nobody_from_being_heard() {
    let stage = Stage::set().await;
    let pull = stage.declared().await;
    assert!(
        stage.qa(&pull).starts_with("success"),
        "{}",
        stage.qa(&pull)
    );
    pull.describe(&"<!-- all work and no play -->".repeat(40_000), "bob");
    let revocation = pull.comment("quinn", "/sop-revoke qa-review");
    pull.delete_comment(revocation, "bob");
    stage.quiet().await;
    assert!(
        stage.qa(&pull).starts_with("pending"),
        "{}",
        stage.qa(&pull)
    );
}

#[tokio::test]
async fn a_description_of_10_mib_hides_nothing() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(stage.qa(&pull).starts_with("success"));
    pull.describe(&ten_mib(), "bob");
    pull.rejected_by("quinn");
    stage.quiet().await;
    stage.sweep().await;
    assert_eq!(
        stage.qa(&pull),
        "failure: quinn of acme/qa requests changes"
    );
}

#[tokio::test]
async fn five_thousand_comments_by_bots_are_never_searched_and_hide_nothing() {
    let mut pulls = Vec::new();
    let mut stage = Stage::prepared_with(SERVICE, |stage| {
        let pull = stage.forge.pull("alice");
        pull.approved_by("quinn");
        for _ in 0..2_500 {
            pull.comment("svc", "/refire qa");
            pull.comment("refire", "/sop-n/a security-review the bot says so");
        }
        pulls.push(pull);
        stage.patience = Duration::from_secs(120);
    })
    .await;
    let pull: PullHandle = pulls.remove(0);
    stage.sweep().await;
    assert_eq!(
        pull.comments_by("refire").len(),
        2_500,
        "no bot is answered"
    );
    assert!(stage.qa(&pull).starts_with("success"));
    assert!(stage.gate(&pull, "security-review").starts_with("pending"));
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**: `quinn`"]);
    assert_eq!(pull.comments_by("refire").len(), 2_501);
}

#[tokio::test]
async fn three_hundred_reviews_are_all_read_and_the_one_that_counts_is_found() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    for n in 0..299 {
        match n % 3 {
            0 => pull.approved_by("bob"),
            1 => pull.commented_by("quinn", "one more thought"),
            _ => pull.rejected_by("eve"),
        };
    }
    stage.quiet().await;
    assert_eq!(pull.reviews().len(), 300);
    stage.calls();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**: `quinn`"]);
    let calls = stage.calls();
    assert_eq!(count(&calls, REVIEWS), 6, "{calls:#?}");
    assert!(calls.len() <= 24, "{calls:#?}");
}

#[tokio::test]
async fn four_hundred_statuses_on_one_commit_do_not_hide_ours_and_make_no_more_of_them() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.says(&pull, "alice", "/refire").await;
    for n in 0..400 {
        let context = format!("ci / job {n}");
        let posting = Posting {
            context: &context,
            state: "success",
            description: "done",
        };
        pull.repo().status(&pull.head(), "alice", &posting);
    }
    stage.quiet().await;
    let rows = pull.status_rows().len();
    stage.calls();
    pull.commented_by("bob", "nice");
    stage.quiet().await;
    let calls: Vec<Call> = stage.forge.take_calls();
    let names: Vec<String> = calls.iter().map(Call::name).collect();
    assert!(count(&names, ROWS) <= 9, "{names:#?}");
    assert_eq!(
        pull.status_rows().len(),
        rows,
        "ours stand, below the others"
    );
    // One under a name of ours is seen among them.
    let forged = Posting {
        context: "security-review / approved (pull_request)",
        state: "success",
        description: "approved by nobody",
    };
    pull.repo().status(&pull.head(), "eve", &forged);
    stage.quiet().await;
    assert!(stage.gate(&pull, "security-review").starts_with("pending"));
}

#[tokio::test]
async fn a_team_of_two_thousand_costs_one_question_about_the_one_and_one_page_to_name_some() {
    let stage = Stage::set().await;
    let team = stage.forge.org("acme").team("qa");
    for n in 0..2_000 {
        let name = format!("member-{n:04}");
        let _there = stage.forge.user(&name);
        team.add(&name);
    }
    let pull = stage.forge.pull("alice");
    pull.repo().make_private();
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    stage.calls();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` waits for an approval by someone of `acme/qa`.**",
            "`member-0000`",
        ],
    );
    let named = reply.matches("`member-").count();
    assert!(named <= 5, "{reply}");
    let calls = stage.calls();
    assert_eq!(
        (count(&calls, MEMBERS), count(&calls, MEMBER)),
        (1, 0),
        "{calls:#?}"
    );
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.calls();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**: `quinn`"]);
    let calls = stage.calls();
    assert_eq!(
        (count(&calls, MEMBERS), count(&calls, MEMBER)),
        (0, 1),
        "{calls:#?}"
    );
}
