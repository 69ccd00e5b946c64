//! Statuses belong to a commit: what happens when several pull requests have the same head.

use crate::pushes::at;
use crate::stage::{Stage, holds, key, tempo};
use forge::{Fault, Forge, Kind, PullHandle, Version};
use refire::worker::tempo::Tempo;
use state::{Commit, PullKey, Record, Store as _};
use std::time::Duration;

const QA: &str = "qa-review / approved (pull_request)";
const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const BY_QUINN: &str = "success: approved by quinn of acme/qa";

/// Two pull requests from one branch, into `main` and `release`.
fn two(stage: &Stage, second: &str) -> (PullHandle, PullHandle) {
    let one = stage.forge.pull("alice");
    let other = stage.forge.new_pull(second).to("release");
    let other = other.same_head_as(&one).open();
    (one, other)
}

/// One from a branch of its own, into this base, whose head is that of the other one.
fn beside(stage: &Stage, other: &PullHandle, base: &str) -> PullHandle {
    let pull = stage.forge.new_pull("bob").to(base).open();
    pull.force_push_back_to(&other.head(), "bob");
    pull
}

/// What the other one's lack looks like on the commit.
fn lacks(other: &PullHandle) -> String {
    let number = other.number();
    format!("pending: #{number} has the same head: waits for an approval by someone of acme/qa")
}

/// Whether the gate was ever green on the commit.
fn was_green(pull: &PullHandle) -> bool {
    let rows = pull.status_rows();
    rows.iter()
        .any(|row| row.context == QA && row.state == "success")
}

#[tokio::test]
async fn a_commit_carries_the_worst_verdict_of_all_open_pull_requests_with_that_head() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    let reply = stage.says(&one, "alice", "/refire qa").await;
    let number = other.number();
    let first = format!(
        "**`qa-review` is satisfied on this pull request, but its commit still waits for #{number}**: `quinn`"
    );
    let shared = format!("The same commit is the head of #{number} too");
    holds(&reply, &[&first, &shared, "the worst of them all"]);
    assert_eq!(stage.qa(&one), lacks(&other));
    assert!(!was_green(&one));
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
    assert_eq!(stage.qa(&other), BY_QUINN);
}

#[tokio::test]
async fn two_that_share_a_head_do_not_write_over_each_others_words_for_ever() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    stage.says(&one, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&one), lacks(&other));
    let posted = one.status_rows().len();
    for title in ["Once", "Twice", "Three times"] {
        one.retitle(title, "alice");
        stage.quiet().await;
        other.retitle(title, "bob");
        stage.quiet().await;
    }
    assert_eq!(one.status_rows().len(), posted, "nothing has changed");
}

#[tokio::test]
async fn a_rejection_of_one_is_a_rejection_on_the_commit() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    other.rejected_by("quincy");
    stage.quiet().await;
    stage.says(&one, "alice", "/refire qa").await;
    let number = other.number();
    assert_eq!(
        stage.qa(&one),
        format!("failure: #{number} has the same head: quincy of acme/qa requests changes")
    );
}

#[tokio::test]
async fn who_opened_one_of_them_counts_for_none() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "quinn");
    one.approved_by("quinn");
    other.approved_by("quincy");
    stage.quiet().await;
    let reply = stage.says(&one, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` waits for an approval by someone of `acme/qa`.**",
            "opened another pull request with the same head, so counts for neither",
        ],
    );
    assert_eq!(stage.qa(&one), WAITS);
    assert!(!was_green(&one));
    one.approved_by("quincy");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), "success: approved by quincy of acme/qa");
}

#[tokio::test]
async fn who_opened_one_of_them_declares_for_none() {
    let stage = Stage::set().await;
    let (one, _other) = two(&stage, "quinn");
    stage.quiet().await;
    let reply = stage.says(&one, "quinn", "/sop-n/a qa docs only").await;
    holds(&reply, &["was not accepted"]);
    assert!(!was_green(&one));
}

#[tokio::test]
async fn opening_another_one_with_a_green_head_takes_the_green_back() {
    let stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
    let other = stage.forge.new_pull("bob").to("release");
    let other = other.same_head_as(&one).open();
    stage.quiet().await;
    assert_eq!(stage.qa(&other), WAITS);
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&other), BY_QUINN);
}

#[tokio::test]
async fn closed_with_a_green_head_it_leaves_no_green_for_the_next() {
    let stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
    one.close("alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&one),
        "pending: withdrawn: the pull request was closed"
    );
    let next = stage.forge.new_pull("alice").to("release");
    let next = next.same_head_as(&one).open();
    stage.quiet().await;
    assert_eq!(stage.qa(&next), WAITS);
}

#[tokio::test]
async fn a_declaration_is_withdrawn_with_its_pull_request_too() {
    let stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&one, "quinn", "/sop-n/a qa docs only").await;
    holds(&stage.statuses(&one), &["(N/A: qa-review)"]);
    one.close("alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&one),
        "pending: withdrawn: the pull request was closed"
    );
    holds(
        &stage.statuses(&one),
        &["na-declarations (pull_request): success (N/A: (none))"],
    );
}

#[tokio::test]
async fn closing_the_worse_of_two_leaves_the_commit_to_the_better() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    stage.says(&one, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&one), lacks(&other));
    other.close("bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
}

#[tokio::test]
async fn merging_the_worse_of_two_leaves_the_commit_to_the_better() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    stage.says(&one, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&one), lacks(&other));
    other.merge("olivia").expect("nothing stands in the way");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
}

#[tokio::test]
async fn a_merge_leaves_no_green_that_the_other_one_has_not_earned() {
    let stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    one.approved_by("quinn");
    stage.quiet().await;
    let head = one.head();
    one.merge("olivia").expect("nothing stands in the way");
    stage.quiet().await;
    let next = stage.forge.new_pull("bob").to("release").open();
    next.force_push_back_to(&head, "bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&next), WAITS);
}

#[tokio::test]
async fn closing_the_better_of_two_gives_the_other_one_nothing() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    one.close("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&other), WAITS);
    assert!(!was_green(&other));
}

#[tokio::test]
async fn a_head_that_moves_onto_a_green_commit_does_not_inherit_the_green() {
    let stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
    let other = beside(&stage, &one, "release");
    stage.quiet().await;
    assert_eq!(one.head(), other.head());
    assert_eq!(stage.qa(&other), WAITS);
    // And when it moves on, the commit is the first one's alone again.
    other.push("bob");
    stage.quiet().await;
    assert_ne!(one.head(), other.head());
    assert_eq!(stage.qa(&one), BY_QUINN);
}

/// Each of them remembers the other one with the commit.
#[tokio::test]
async fn two_that_leave_a_green_commit_in_the_same_moment_take_its_green_along() {
    let mut stage = Stage::set().await;
    let one = stage.forge.pull("alice");
    let other = beside(&stage, &one, "release");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    let left = one.head();
    assert_eq!(stage.qa(&one), BY_QUINN);
    assert_eq!(stage.qa(&other), BY_QUINN);
    // Both turns have decided about what they leave, and are kept busy by who asks.
    let teams = Kind::Slow(Duration::from_millis(500));
    stage
        .forge
        .fault(Fault::on("GET /teams/*/members/*", teams).always());
    stage.unheard(|| {
        one.push("alice");
        other.push("bob");
        one.comment("bob", "/whoami-teams");
        other.comment("bob", "/whoami-teams");
    });
    stage.sweep().await;
    assert_ne!(one.head(), other.head());
    let withdrawn = "pending: withdrawn: the head moved on";
    assert_eq!(at(&stage, &left, QA), withdrawn);
}

#[tokio::test]
async fn one_into_a_branch_that_nobody_guards_does_not_count() {
    let stage = Stage::with("[pulls]\nbase_branches = [\"main\"]").await;
    let (one, _other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
}

/// One gate, whose context names the base branch.
const PER_BASE: &str = r#"
[gates.qa-review]
team = "qa"
aliases = ["qa"]
contexts = ["qa-review / {base}"]
"#;

fn on(pull: &PullHandle, context: &str) -> String {
    let row = pull.status(context);
    row.map_or_else(String::new, |row| {
        format!("{}: {}", row.state, row.description)
    })
}

#[tokio::test]
async fn a_context_that_names_the_base_lets_two_share_a_head_without_sharing_a_gate() {
    let stage = Stage::with(PER_BASE).await;
    let (one, _other) = two(&stage, "bob");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    assert_eq!(on(&one, "qa-review / release"), WAITS);
}

#[tokio::test]
async fn retargeting_takes_the_green_back_from_the_context_of_the_old_base() {
    let stage = Stage::with(PER_BASE).await;
    let one = stage.forge.pull("alice");
    one.repo().branch("release");
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    one.retarget("release", "alice");
    stage.quiet().await;
    assert_eq!(
        on(&one, "qa-review / main"),
        "pending: withdrawn: the base branch was changed"
    );
    assert_eq!(on(&one, "qa-review / release"), WAITS);
}

#[tokio::test]
async fn retargeting_one_of_two_leaves_the_green_that_the_other_still_earns() {
    let stage = Stage::with(PER_BASE).await;
    let (one, other) = two(&stage, "bob");
    one.repo().branch("third");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    other.retarget("third", "bob");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    assert_eq!(
        on(&one, "qa-review / release"),
        "pending: withdrawn: the base branch was changed"
    );
    assert_eq!(on(&one, "qa-review / third"), WAITS);
}

#[tokio::test]
async fn closing_one_of_two_takes_its_green_back_that_the_other_has_no_part_in() {
    let stage = Stage::with(PER_BASE).await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    one.close("alice");
    stage.quiet().await;
    let withdrawn = "pending: withdrawn: the pull request was closed";
    assert_eq!(on(&one, "qa-review / main"), withdrawn);
    assert_eq!(on(&one, "qa-review / release"), BY_QUINN);
}

#[tokio::test]
async fn a_head_that_moves_on_takes_its_green_back_that_another_with_it_has_no_part_in() {
    let stage = Stage::with(PER_BASE).await;
    let one = stage.forge.pull("alice");
    let other = beside(&stage, &one, "release");
    one.approved_by("quinn");
    stage.quiet().await;
    one.push("alice");
    stage.quiet().await;
    let withdrawn = "pending: withdrawn: the head moved on";
    assert_eq!(on(&other, "qa-review / main"), withdrawn);
}

#[tokio::test]
async fn retargeting_one_of_two_of_the_same_base_leaves_the_green_of_the_other() {
    let stage = Stage::with(PER_BASE).await;
    let one = stage.forge.pull("alice");
    one.repo().branch("third");
    let other = beside(&stage, &one, "main");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    other.retarget("third", "bob");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
    assert_eq!(on(&one, "qa-review / third"), WAITS);
}

#[tokio::test]
async fn merging_two_of_the_same_base_is_one_gate_for_both() {
    let stage = Stage::with(PER_BASE).await;
    let one = stage.forge.pull("alice");
    let other = beside(&stage, &one, "main");
    one.approved_by("quinn");
    stage.quiet().await;
    stage.says(&one, "alice", "/refire qa").await;
    assert_eq!(on(&one, "qa-review / main"), lacks(&other));
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(on(&one, "qa-review / main"), BY_QUINN);
}

#[tokio::test]
async fn a_neighbour_that_cannot_be_read_is_not_taken_for_satisfied() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
    let route = format!("GET /repos/acme/widget/pulls/{}", other.number());
    stage
        .forge
        .fault(forge::Fault::status(&route, 500).always());
    stage.says(&one, "alice", "/refire qa").await;
    assert!(stage.qa(&one).starts_with("pending"), "{}", stage.qa(&one));
    stage.forge.heal();
    stage.says(&one, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&one), BY_QUINN);
}

#[tokio::test]
async fn a_neighbour_that_could_not_be_read_is_looked_at_again_without_being_asked() {
    let stage = Stage::set().await;
    let (one, other) = two(&stage, "bob");
    one.approved_by("quinn");
    other.approved_by("quinn");
    stage.quiet().await;
    let route = format!("GET /repos/acme/widget/pulls/{}", other.number());
    stage.forge.fault(Fault::status(&route, 500).times(3));
    one.comment("alice", "/refire qa");
    stage
        .attempted("POST /repos/{owner}/{repo}/issues/{index}/comments")
        .await;
    stage.forge.heal();
    let green = || stage.qa(&one) == BY_QUINN;
    stage.until("it is green again", green).await;
}

/// More open pull requests with the head of this one than are read.
async fn crowds(stage: &Stage, pull: &PullHandle) {
    for number in (10_000_u64..).take(state::MOST_WITH_ONE_HEAD + 1) {
        let key = PullKey {
            number,
            ..key(pull)
        };
        let record = Record {
            bytes: Vec::new(),
            head: pull.head().into_bytes(),
            open: true,
        };
        let commit = Commit {
            record: Some(record),
            ..Commit::new(key, refire::worker::now())
        };
        stage.store.commit(commit).await.expect("a commit");
    }
}

#[tokio::test]
async fn a_head_that_too_many_have_to_be_read_is_pending_and_says_so() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    crowds(&stage, &pull).await;
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["too many open pull requests have this head to look at all of them"],
    );
    assert_eq!(
        stage.qa(&pull),
        "pending: cannot verify: too many open pull requests have this head"
    );
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

/// A look takes 0.9 s here: four more in a row, and the first one would be too old for a success.
#[tokio::test]
async fn on_a_slow_forge_a_commit_of_many_pull_requests_is_green_all_the_same() {
    let tempo = Tempo {
        facts_age: Duration::from_secs(2),
        ..tempo()
    };
    let stage = Stage::paced(Forge::start(Version::V1_26).await, "", tempo).await;
    let one = stage.forge.pull("alice");
    for base in ["release", "second", "third", "fourth"] {
        let other = stage.forge.new_pull("bob").to(base);
        other.same_head_as(&one).open().approved_by("quinn");
    }
    stage.quiet().await;
    assert!(!was_green(&one));
    for read in ["pulls/*", "pulls/*/reviews", "issues/*/timeline"] {
        let call = format!("GET /repos/acme/widget/{read}");
        let late = Kind::Slow(Duration::from_millis(300));
        stage.forge.fault(Fault::on(&call, late).always());
    }
    one.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&one), BY_QUINN);
}
