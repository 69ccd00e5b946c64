//! Members who leave their team, and other truths that change without a word from Gitea.

use crate::stage::{Stage, answers, holds};
use forge::{Fault, PullHandle, Review};
use std::time::Duration;

const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const LEFT: &str = "pending: waits for an approval: quinn approved but is not in acme/qa any more";

/// So many pull requests, each approved by quinn and looked at.
async fn green(stage: &Stage, count: usize) -> Vec<PullHandle> {
    let pulls: Vec<PullHandle> = (0..count).map(|_| stage.forge.pull("alice")).collect();
    for pull in &pulls {
        pull.approved_by("quinn");
    }
    stage.quiet().await;
    for pull in &pulls {
        assert_eq!(stage.qa(pull), "success: approved by quinn of acme/qa");
    }
    pulls
}

#[tokio::test]
async fn a_member_who_leaves_takes_the_approval_along_and_one_comment_says_so() {
    let mut stage = Stage::set().await;
    let pull = green(&stage, 1).await.remove(0);
    stage.sweep().await;
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), LEFT);
    insta::assert_snapshot!(stage.as_read(&pull));
    stage.sweep().await;
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["waits for an approval by someone of `acme/qa`"]);
    assert_eq!(
        stage.qa(&pull),
        LEFT,
        "the reason stands for as long as it holds"
    );
    let told = pull.comments_by("refire");
    let notices = told
        .iter()
        .filter(|it| it.body.contains("is not satisfied any more"));
    assert_eq!(notices.count(), 1);
    pull.approved_by("quincy");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), "success: approved by quincy of acme/qa");
}

/// Whoever may comment may write comments that cannot be read.
#[tokio::test]
async fn comments_that_cannot_be_read_do_not_hold_up_the_rest_of_a_sweep() {
    let mut stage = Stage::set().await;
    let pull = green(&stage, 1).await.remove(0);
    stage.sweep().await;
    let comments = "GET /repos/acme/widget/issues/comments";
    stage.forge.fault(Fault::status(comments, 500).always());
    let other = stage.unheard(|| stage.forge.pull("alice"));
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), LEFT);
    assert!(!stage.qa(&other).is_empty(), "it was found");
    let asked = pull.comment("alice", "/refire security");
    stage.quiet().await;
    assert_eq!(answers(&pull, asked), 1);
    stage.forge.heal();
}

#[tokio::test]
async fn a_member_who_leaves_takes_the_waiver_along() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa docs only").await;
    let green = "success: declared not applicable by quinn of acme/qa";
    assert_eq!(stage.qa(&pull), green);
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), green);
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.sweep().await;
    assert_eq!(
        stage.qa(&pull),
        "pending: waits for an approval: quinn declared it not applicable but is not in acme/qa any more"
    );
    let says = "**`qa-review` is not satisfied any more**: `quinn` declared it not applicable";
    let notices = || {
        let told = pull.comments_by("refire");
        told.iter().filter(|it| it.body.contains(says)).count()
    };
    assert_eq!(notices(), 1);
    stage.sweep().await;
    assert_eq!(notices(), 1, "it is told once");
}

#[tokio::test]
async fn what_no_webhook_tells_is_found_by_the_reconcile_too() {
    let mut stage = Stage::set().await;
    let pulls = green(&stage, 12).await;
    let dismissed = stage.forge.pull("alice");
    let review = dismissed.approved_by("quincy");
    stage.quiet().await;
    dismissed.dismiss(review, "olivia");
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.reconcile().await;
    assert!(pulls.iter().all(|pull| stage.qa(pull) == LEFT));
    assert_eq!(stage.qa(&dismissed), WAITS);
}

#[tokio::test]
async fn a_rejection_that_does_not_hold_any_more_is_found_by_the_reconcile() {
    let mut stage = Stage::set().await;
    let (left, dismissed) = (stage.forge.pull("alice"), stage.forge.pull("alice"));
    left.rejected_by("quincy");
    let review = dismissed.rejected_by("quinn");
    stage.quiet().await;
    for pull in [&left, &dismissed] {
        assert!(stage.qa(pull).starts_with("failure"));
    }
    stage.forge.org("acme").team("qa").remove("quincy");
    stage.unheard(|| dismissed.dismiss(review, "olivia"));
    stage.reconcile().await;
    for pull in [&left, &dismissed] {
        assert_eq!(stage.qa(pull), WAITS);
    }
}

/// Nothing is looked at because of it before somebody asks, or before everything is.
#[tokio::test]
async fn somebody_who_joins_counts_with_the_reconcile() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    stage.forge.org("acme").team("qa").add("bob");
    stage.reconcile().await;
    assert_eq!(stage.qa(&pull), "success: approved by bob of acme/qa");
}

#[tokio::test]
async fn a_dismissal_that_no_webhook_tells_is_found_by_the_sweep() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let review = pull.approved_by("quinn");
    stage.quiet().await;
    pull.dismiss(review, "olivia");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

/// Gitea marks reviews from a queue, and tells nobody.
#[tokio::test]
async fn an_approval_that_becomes_stale_and_no_webhook_tells_is_found_by_the_sweep() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let review = pull.approved_by("quinn");
    stage.quiet().await;
    let stale = Review {
        stale: Some(true),
        ..Review::default()
    };
    pull.turns(review, &stale);
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn a_declaration_that_was_deleted_unheard_is_found_by_the_sweep() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let said = pull.comment("quinn", "/sop-n/a qa docs only");
    stage.quiet().await;
    stage.forge.drop_deliveries(true);
    pull.delete_comment(said, "bob");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn what_no_webhook_tells_is_noticed_within_one_sweep_for_ten_greens_and_one_more() {
    let mut stage = Stage::set().await;
    let pulls = green(&stage, 23).await;
    stage.forge.org("acme").team("qa").remove("quinn");
    let mut sweeps = 0;
    while pulls.iter().any(|pull| stage.qa(pull) != LEFT) {
        stage.sweep().await;
        sweeps += 1;
        assert!(sweeps <= 23_usize.div_ceil(10) + 1, "after {sweeps} sweeps");
    }
}

/// Nothing of a pull request changes when somebody leaves a team.
#[tokio::test]
async fn every_green_has_its_turn_wherever_it_stands() {
    for which in [0, 11, 22] {
        let mut stage = Stage::set().await;
        let mut pulls = green(&stage, which).await;
        let pull = stage.forge.pull("alice");
        pull.approved_by("quincy");
        stage.quiet().await;
        pulls.extend(green(&stage, 22 - which).await);
        stage.sweep().await;
        stage.forge.org("acme").team("qa").remove("quincy");
        for _ in 0..23_usize.div_ceil(10) + 1 {
            stage.sweep().await;
        }
        assert!(stage.qa(&pull).starts_with("pending"), "{which}");
    }
}

/// How many greens a sweep looks at again, and with how many calls.
async fn looked_at_again(stage: &mut Stage) -> (usize, usize) {
    stage.sweep().await;
    stage.sweep().await;
    let _before = stage.forge.take_calls();
    stage.sweep().await;
    let calls = stage.forge.take_calls();
    let of = |name: &str| {
        calls
            .iter()
            .filter(|call| call.name().contains(name))
            .count()
    };
    let verified = of("/reviews") + of("/members/") + of("/issues/comments/");
    (of("/reviews"), verified)
}

async fn with_a_declaration_each(stage: &Stage, pulls: &[PullHandle]) {
    for pull in pulls {
        stage.says(pull, "sam", "/sop-n/a security docs only").await;
    }
}

#[tokio::test]
async fn a_sweep_looks_at_ten_greens_again_with_at_most_forty_calls() {
    let mut stage = Stage::set().await;
    let pulls = green(&stage, 12).await;
    with_a_declaration_each(&stage, &pulls).await;
    assert_eq!(looked_at_again(&mut stage).await, (10, 40));
}

#[tokio::test]
async fn a_sweep_looks_at_ten_greens_again_in_each_repository() {
    const REPOSITORIES: [&str; 2] = ["acme/widget", "acme/gadget"];
    let mut stage = Stage::set().await;
    for repo in REPOSITORIES {
        for _ in 0..12 {
            let pull = stage.forge.new_pull("alice").in_repo(repo).open();
            pull.approved_by("quinn");
            stage.quiet().await;
            assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
        }
    }
    stage.sweep().await;
    stage.sweep().await;
    let _before = stage.forge.take_calls();
    stage.sweep().await;
    let calls = stage.forge.take_calls();
    for repo in REPOSITORIES {
        let of_it = format!("/repos/{repo}/pulls/");
        let again = calls
            .iter()
            .filter(|call| call.path.contains(&of_it) && call.path.contains("/reviews"));
        assert_eq!(again.count(), 10, "{repo}");
    }
}

#[tokio::test]
async fn a_sweep_looks_at_ten_greens_again_and_no_more_where_that_costs_less() {
    let mut stage = Stage::set().await;
    green(&stage, 12).await;
    assert_eq!(looked_at_again(&mut stage).await, (10, 20));
}

/// Each could cost five, one for the thumb of who declared it.
#[tokio::test]
async fn a_sweep_looks_at_fewer_greens_again_where_ten_would_cost_more_than_forty_calls() {
    let mut stage = Stage::with("[declarations]\nunheard = \"confirm\"").await;
    let pulls = green(&stage, 12).await;
    with_a_declaration_each(&stage, &pulls).await;
    assert_eq!(looked_at_again(&mut stage).await, (9, 36));
}

#[tokio::test]
async fn whom_nobody_can_ask_about_is_not_said_to_have_left() {
    let mut stage = Stage::set().await;
    let pull = green(&stage, 1).await.remove(0);
    stage.forge.org("acme").team("qa").remove("refire");
    stage.sweep().await;
    assert!(
        stage.qa(&pull).starts_with("pending: cannot verify"),
        "{}",
        stage.qa(&pull)
    );
    let told = pull.comments_by("refire");
    assert!(told.iter().all(|it| !it.body.contains("any more")));
    stage.forge.org("acme").team("qa").add("refire");
    stage.sweep().await;
    stage
        .until("it is green again", || {
            stage.qa(&pull).starts_with("success")
        })
        .await;
}

// ---- drafts ----

/// What a pull request shows before anybody does anything.
const OPENED: &str = "\
qa-review / approved (pull_request): pending (waits for an approval by someone of acme/qa)
security-review / approved (pull_request): pending (waits for an approval by someone of acme/security)
sop-checklist / na-declarations (pull_request): success (N/A: (none))";

/// Longer than a second, in which two changes look like one, and than what a sweep reads again.
const LATER: Duration = Duration::from_secs(60);

/// How often the next sweep reads a pull request to look at its gates.
async fn looks(stage: &mut Stage, pull: &PullHandle) -> usize {
    let _before = stage.forge.take_calls();
    stage.sweep().await;
    let calls = stage.forge.take_calls();
    let single = format!("/pulls/{}", pull.number());
    calls.iter().filter(|it| it.path.ends_with(&single)).count()
}

/// No delivery of anything that happens to it arrives.
#[tokio::test]
async fn a_draft_that_only_the_sweep_finds_is_guarded_like_any_other() {
    let mut stage = Stage::set().await;
    stage.forge.drop_deliveries(true);
    let pull = stage.forge.new_pull("alice").draft().open();
    stage.sweep().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    stage.forge.advance(LATER);
    pull.approved_by("quinn");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
    let rows = pull.status_rows();
    stage.forge.advance(LATER);
    pull.retitle("A change", "alice");
    stage.sweep().await;
    assert_eq!(pull.status_rows(), rows, "what stands is kept");
    stage.forge.advance(LATER);
    pull.push("alice");
    stage.sweep().await;
    assert_eq!(stage.statuses(&pull), OPENED);
}

#[tokio::test]
async fn a_draft_that_becomes_ready_unheard_is_looked_at_by_the_sweep_and_not_without_end() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").draft().open();
    stage.quiet().await;
    stage.sweep().await;
    assert_eq!(looks(&mut stage, &pull).await, 0, "nothing happened");
    for title in ["A change", "WIP: a change"] {
        stage.forge.advance(LATER);
        stage.unheard(|| pull.retitle(title, "alice"));
        assert_eq!(looks(&mut stage, &pull).await, 1, "{title}");
        assert_eq!(stage.statuses(&pull), OPENED, "{title}");
        assert_eq!(pull.status_rows().len(), 3, "each once");
        assert_eq!(looks(&mut stage, &pull).await, 0, "once is enough");
    }
}
