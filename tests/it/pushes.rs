//! Heads that move, bases that change, and places where nothing can be said any more.

use crate::stage::{Stage, holds, key, replies, tempo};
use forge::{Fault, Forge, Kind, Posting, PullHandle, Version};
use state::{Commit, Store as _};
use std::time::Duration;

const QA: &str = "qa-review / approved (pull_request)";
const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const BY_QUINN: &str = "success: approved by quinn of acme/qa";
const LATE: &str = "pending: Gitea has not recorded the last push yet; looking again";
const NEVER: &str =
    "pending: Gitea never recorded the last push: push another commit, an empty one will do";

/// What a pull request shows before anybody does anything.
const OPENED: &str = "\
qa-review / approved (pull_request): pending (waits for an approval by someone of acme/qa)
security-review / approved (pull_request): pending (waits for an approval by someone of acme/security)
sop-checklist / na-declarations (pull_request): success (N/A: (none))";

/// The newest row of a gate at a commit that may have been left.
pub(crate) fn at(stage: &Stage, sha: &str, context: &str) -> String {
    let rows = stage.forge.repo("acme/widget").status_rows(sha);
    let newest = rows.iter().rfind(|row| row.context == context);
    newest.map_or_else(String::new, |row| {
        format!("{}: {}", row.state, row.description)
    })
}

#[tokio::test]
async fn a_new_head_gets_every_gate_and_then_the_declarations_at_once() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    let contexts: Vec<String> = pull
        .status_rows()
        .into_iter()
        .map(|row| row.context)
        .collect();
    let [gates @ .., last] = contexts.as_slice() else {
        panic!("no statuses")
    };
    assert_eq!(
        (gates.len(), last.as_str()),
        (2, "sop-checklist / na-declarations (pull_request)")
    );
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    assert_eq!(pull.status_rows().len(), 3, "each once");
}

#[tokio::test]
async fn an_edited_title_has_every_gate_looked_at() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let review = pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    // No event tells of it.
    pull.dismiss(review, "olivia");
    pull.retitle("WIP: a change", "alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn i11_an_empty_list_of_declarations_is_a_success() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    holds(
        &stage.statuses(&pull),
        &["na-declarations (pull_request): success (N/A: (none))"],
    );
}

#[tokio::test]
async fn a_draft_is_guarded_like_any_other() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").draft().open();
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_push_ends_the_approval_and_takes_the_green_back_from_the_commit_left_behind() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let left = pull.head();
    assert_eq!(at(&stage, &left, QA), BY_QUINN);
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(
        at(&stage, &left, QA),
        "pending: withdrawn: the head moved on"
    );
}

#[tokio::test]
async fn a_push_right_before_the_merge_takes_the_green_back_from_the_commit_left_behind() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let left = pull.head();
    assert_eq!(at(&stage, &left, QA), BY_QUINN);
    stage.unheard(|| pull.push("alice"));
    pull.merge("olivia").expect("nothing stands in the way");
    stage.quiet().await;
    assert_eq!(
        at(&stage, &left, QA),
        "pending: withdrawn: the head moved on"
    );
}

#[tokio::test]
async fn while_the_push_is_not_recorded_nothing_is_decided_and_the_release_decides() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.forge.hold_timeline();
    pull.push("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified yet**: Gitea moved the head but has not recorded the push \
             yet. Nobody's approval was rejected.",
            "| `quinn` approved",
            "| ? | who pushed the head is not recorded yet |",
        ],
    );
    assert_eq!(stage.qa(&pull), LATE);
    stage.forge.release_timeline();
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the push is recorded", green).await;
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 1, "{replies:#?}");
    let body = replies
        .first()
        .map(|reply| reply.body.clone())
        .unwrap_or_default();
    holds(&body, &["**`qa-review` is satisfied**"]);
}

#[tokio::test]
async fn who_pushed_the_head_may_not_approve_it_in_the_gap_before_the_push_is_recorded() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.forge.hold_timeline();
    pull.push("quinn");
    pull.approved_by("quinn");
    stage.says(&pull, "quinn", "/refire qa").await;
    assert_eq!(stage.qa(&pull), LATE);
    stage.forge.release_timeline();
    let decided = || stage.qa(&pull) == WAITS;
    stage.until("the push is recorded", decided).await;
    let rows = pull.status_rows();
    let green = rows
        .iter()
        .any(|row| row.context == QA && row.state == "success");
    assert!(!green, "it was never green: {rows:#?}");
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(
        &reply,
        &["pushed to this pull request; somebody else has to approve"],
    );
}

#[tokio::test]
async fn an_empty_pull_request_and_its_first_push() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").empty().open();
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    let reply = stage.says(&pull, "alice", "/refire").await;
    holds(&reply, &["**`qa-review` waits for an approval"]);
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn an_approval_of_an_empty_pull_request_does_not_outlive_its_first_push() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").empty().open();
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.hold_timeline();
    pull.push("quinn");
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(
        stage.qa(&pull).starts_with("pending"),
        "{}",
        stage.qa(&pull)
    );
    stage.forge.release_timeline();
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn a_push_while_closed_is_never_recorded_and_another_push_repairs_it() {
    let mut tempo = tempo();
    tempo.recorded_within = Duration::from_millis(100);
    let stage = Stage::paced(Forge::start(Version::V1_26).await, "", tempo).await;
    let pull = stage.pushed_while_closed().await;
    let told = || stage.qa(&pull) == NEVER;
    stage.until("the push is given up", told).await;
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "Gitea never recorded the last push (it does not while a pull request is closed)",
            "**Repair:** Push another commit to the branch (an empty one will do), then approve again",
        ],
    );
    pull.push("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_push_while_closed_is_late_for_a_minute_before_it_is_lost() {
    assert_eq!(
        refire::worker::tempo::Tempo::default().recorded_within,
        Duration::from_secs(60)
    );
    let stage = Stage::set().await;
    let pull = stage.pushed_while_closed().await;
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), LATE);
}

#[tokio::test]
async fn a_force_push_away_and_back_ends_and_restores_what_holds_for_the_commit() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let first = pull.head();
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let second = pull.force_push("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(
        at(&stage, &first, QA),
        "pending: withdrawn: the head moved on"
    );
    pull.force_push_back_to(&first, "alice");
    stage.quiet().await;
    assert_eq!(pull.head(), first);
    // The approval names this very commit, and Gitea calls it neither stale nor dismissed again.
    assert_eq!(stage.qa(&pull), BY_QUINN);
    assert!(at(&stage, &second, QA).starts_with("pending"));
}

#[tokio::test]
async fn a_declaration_does_not_come_back_with_the_commit() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let first = pull.head();
    stage.says(&pull, "quinn", "/sop-n/a qa docs only").await;
    assert_eq!(
        stage.qa(&pull),
        "success: declared not applicable by quinn of acme/qa"
    );
    pull.force_push("alice");
    pull.force_push_back_to(&first, "alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn whoever_force_pushed_away_stays_a_pusher() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let first = pull.head();
    pull.force_push("quinn");
    pull.force_push_back_to(&first, "alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["pushed to this pull request"]);
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn merging_the_base_into_the_head_is_a_push_like_any_other() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    pull.repo().push("main", "bob");
    pull.merge_base_into_head("quincy");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    pull.approved_by("quincy");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["`quincy` approved", "pushed to this pull request"],
    );
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_pull_request_from_a_fork_is_guarded_in_the_repository_of_its_base() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("eve").from_fork().open();
    stage.quiet().await;
    assert_eq!(stage.statuses(&pull), OPENED);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.push("eve");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn retargeting_out_of_the_guarded_branches_takes_the_green_back_and_back_again_is_new() {
    let stage = Stage::with("[pulls]\nbase_branches = [\"main\"]").await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("free");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.retarget("free", "alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&pull),
        "pending: withdrawn: the base branch was changed"
    );
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(
        reply,
        "**No gate guards pull requests into `free`**, so there is nothing to check here."
    );
    pull.retarget("main", "alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

/// After so long, what was posted is forgotten, though the pull request is open.
const LONG: Duration = Duration::from_secs(40 * 24 * 3600);

#[tokio::test]
async fn a_green_that_was_posted_long_ago_is_withdrawn_when_its_pull_request_is_closed() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forgets_after(LONG).await;
    pull.close("alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&pull),
        "pending: withdrawn: the pull request was closed"
    );
}

#[tokio::test]
async fn a_green_that_was_posted_long_ago_is_withdrawn_from_a_commit_that_was_left() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let left = pull.head();
    stage.forgets_after(LONG).await;
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(
        at(&stage, &left, QA),
        "pending: withdrawn: the head moved on"
    );
}

#[tokio::test]
async fn a_green_whose_successor_was_refused_is_withdrawn_when_its_pull_request_is_closed() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let review = pull.approved_by("quinn");
    stage.quiet().await;
    let posts = "POST /repos/acme/widget/statuses/*";
    stage.forge.fault(Fault::status(posts, 403).always());
    pull.dismiss(review, "olivia");
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forge.heal();
    pull.close("alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&pull),
        "pending: withdrawn: the pull request was closed"
    );
}

#[tokio::test]
async fn a_command_on_a_closed_pull_request_is_answered_with_that() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    pull.close("alice");
    let rows = pull.status_rows().len();
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(&reply, &["**This pull request is closed.**"]);
    assert_eq!(pull.status_rows().len(), rows, "nothing is posted");
}

#[tokio::test]
async fn a_command_on_a_merged_pull_request_is_answered_with_that_and_its_green_stays() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let head = pull.head();
    pull.merge("olivia").expect("nothing stands in the way");
    let reply = stage
        .says(&pull, "quinn", "/sop-n/a security docs only")
        .await;
    holds(&reply, &["**This pull request is merged**"]);
    assert_eq!(at(&stage, &head, QA), BY_QUINN);
}

#[tokio::test]
async fn reopening_checks_everything_again() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    pull.close("alice");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&pull),
        "pending: withdrawn: the pull request was closed"
    );
    pull.reopen("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

/// What was taken back is forgotten with the record of a pull request that was closed long ago; somebody who
/// may write deletes the comment that says so, and opens it again.
#[tokio::test]
async fn a_declaration_that_was_taken_back_does_not_return_when_its_pull_request_does() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa docs only").await;
    assert!(stage.qa(&pull).starts_with("success: declared"));
    let revocation = pull.comment("quinn", "/sop-revoke qa");
    stage.quiet().await;
    pull.delete_comment(revocation, "bob");
    pull.close("bob");
    stage.quiet().await;
    stage.forgets_after(LONG).await;
    stage.forge.advance(LONG);
    pull.reopen("bob");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
    let answer = stage.says(&pull, "alice", "/refire qa").await;
    holds(&answer, &["closed and opened again after this comment"]);
}

#[tokio::test]
async fn an_answer_that_is_kept_up_is_kept_up_after_a_reopening_too() {
    let stage = Stage::set().await;
    let pull = stage.declared().await;
    pull.close("bob");
    stage.quiet().await;
    pull.reopen("bob");
    stage.quiet().await;
    pull.push("alice");
    stage.quiet().await;
    holds(
        &replies(&pull)[0],
        &["does not hold any more", "was pushed"],
    );
}

/// What was heard of it is older than what is kept of a closed pull request, and is kept with it.
#[tokio::test]
async fn a_forged_declaration_does_not_count_when_an_old_pull_request_is_closed_and_reopened() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let said = pull.comment("quinn", "looks good");
    pull.edit_comment(said, "bob", "/sop-n/a qa docs only");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    pull.close("bob");
    stage.quiet().await;
    // It was closed twenty days after that.
    let record = stage.store.pull(key(&pull)).await.expect("a store");
    let closed = Commit {
        record,
        ..Commit::new(key(&pull), refire::worker::now().plus(LONG / 2))
    };
    stage.store.commit(closed).await.expect("a store");
    stage.forgets_after(LONG).await;
    pull.reopen("bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn a_revocation_that_was_found_while_it_was_closed_holds_when_it_is_reopened() {
    let mut stage = Stage::set().await;
    let pull = stage.declared().await;
    pull.close("bob");
    stage.quiet().await;
    let revocation = stage.unheard(|| pull.comment("quinn", "/sop-revoke qa"));
    stage.sweep().await;
    pull.delete_comment(revocation, "bob");
    pull.reopen("bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn on_a_locked_pull_request_a_bot_that_may_write_answers_as_ever() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    pull.lock();
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
}

#[tokio::test]
async fn where_the_lock_keeps_the_bot_out_statuses_are_posted_and_the_reply_is_given_up() {
    let log = crate::stage::Log::begin();
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let body = r#"{"message":"You cannot comment on a locked issue.","url":"http://localhost/api/swagger"}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    stage
        .forge
        .fault(Fault::on("POST /repos/*/issues/*/comments", kind).always());
    let _looks = stage.forge.take_calls();
    let rows = pull.status_rows().len();
    assert_eq!(stage.says(&pull, "quinn", "/refire qa").await, "");
    assert_eq!(stage.qa(&pull), BY_QUINN);
    assert_eq!(
        stage.gate(&pull, "security-review"),
        "pending: waits for an approval by someone of acme/security; no reply, the bot may not comment: unlock the conversation"
    );
    assert_eq!(
        pull.status_rows().len(),
        rows + 2,
        "the status is posted all the same, and the one that waits says what the reply would have said"
    );
    let tried = stage.forge.take_calls();
    let tried = tried
        .iter()
        .filter(|call| call.is_write() && call.status == 403)
        .count();
    assert_eq!(tried, 3, "retried, and then given up");
    holds(&log.text(), &["a write was given up"]);
    // Nothing is stuck: what comes next is answered.
    stage.forge.heal();
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
}

#[tokio::test]
async fn in_an_archived_repository_statuses_are_posted_the_reply_is_given_up_and_nothing_is_stuck()
{
    let log = crate::stage::Log::begin();
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    pull.approved_by("quinn");
    let _question = pull.comment("alice", "/refire qa");
    pull.repo().archive();
    let _looks = stage.forge.take_calls();
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let calls = stage.forge.take_calls();
    let refused = calls.iter().filter(|call| call.status == 423).count();
    assert_eq!(refused, 3, "retried, and then given up");
    holds(&log.text(), &["a write was given up"]);
    pull.repo().unarchive();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
}

#[tokio::test]
async fn a_foreign_row_on_top_of_ours_is_posted_over() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    let forged = Posting {
        context: QA,
        state: "success",
        description: "approved by quinn of acme/qa",
    };
    pull.repo().status(&pull.head(), "bob", &forged);
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    let newest = pull.status(QA).expect("a status");
    assert_eq!(newest.creator, "refire");
}

#[tokio::test]
async fn a_foreign_copy_of_our_own_words_is_a_forgery_too() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let ours = pull.status(QA).expect("a status");
    let copy = Posting {
        context: QA,
        state: &ours.state,
        description: &ours.description,
    };
    pull.repo().status(&pull.head(), "bob", &copy);
    stage.quiet().await;
    let newest = pull.status(QA).expect("a status");
    assert_eq!(
        (newest.creator.as_str(), newest.state.as_str()),
        ("refire", "success")
    );
}

#[tokio::test]
async fn status_events_of_our_own_and_of_other_contexts_cost_no_call() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let _looks = stage.forge.take_calls();
    for (by, context) in [("refire", QA), ("bob", "ci / build")] {
        let posting = Posting {
            context,
            state: "pending",
            description: "",
        };
        pull.repo().status(&pull.head(), by, &posting);
    }
    stage.quiet().await;
    let calls = stage.forge.take_calls();
    assert_eq!(calls.len(), 0, "{calls:#?}");
    let heard = stage.forge.deliveries();
    assert!(
        heard.iter().any(|delivery| delivery.event == "status"),
        "they were sent"
    );
}

#[tokio::test]
async fn i23_what_could_not_be_read_is_pending_and_tried_again() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage
        .forge
        .fault(Fault::status("GET /repos/*/issues/*/timeline", 502).times(6));
    pull.approved_by("quinn");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("it could be read", green).await;
    let rows = pull.status_rows();
    assert!(!rows.iter().any(|row| row.state == "failure"), "{rows:#?}");
}

#[tokio::test]
async fn every_version_tells_the_same_story_of_a_head_that_moves() {
    for version in Version::ALL {
        let stage = Stage::on(version, "").await;
        let pull = stage.forge.pull("alice");
        pull.approved_by("quinn");
        stage.quiet().await;
        let first = pull.head();
        assert_eq!(stage.qa(&pull), BY_QUINN, "{version:?}");
        stage.forge.hold_timeline();
        let second = pull.force_push("alice");
        stage.says(&pull, "alice", "/refire qa").await;
        assert!(stage.qa(&pull).starts_with("pending"), "{version:?}");
        stage.forge.release_timeline();
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), WAITS, "{version:?}");
        pull.force_push_back_to(&first, "alice");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), BY_QUINN, "{version:?}");
        assert!(
            at(&stage, &second, QA).starts_with("pending"),
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn i20_a_row_that_stands_is_read_as_gitea_writes_it_and_not_posted_again() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let rows = pull.status_rows().len();
    stage.forget().await;
    pull.commented_by("bob", "a look that changes nothing");
    stage.quiet().await;
    assert_eq!(pull.status_rows().len(), rows, "{:#?}", pull.status_rows());
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_head_that_moves_unheard_after_the_memory_was_lost_takes_its_green_along() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let left = pull.head();
    assert_eq!(at(&stage, &left, QA), BY_QUINN);
    stage.forget().await;
    // Another one's turn lists this one with the head that is green.
    let other = stage.forge.pull("bob");
    stage.says(&other, "bob", "/refire qa").await;
    stage.unheard(|| pull.push("alice"));
    pull.commented_by("bob", "a look");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(
        at(&stage, &left, QA),
        "pending: withdrawn: the head moved on"
    );
}

#[tokio::test]
async fn a_head_that_moved_after_the_memory_was_lost_is_left_by_whoever_asks_first() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    let left = pull.head();
    stage.forget().await;
    stage.unheard(|| pull.push("alice"));
    stage.says(&pull, "bob", "/refire qa").await;
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(
        at(&stage, &left, QA),
        "pending: withdrawn: the head moved on"
    );
}

/// What may not be taken back now is taken back when it may.
#[tokio::test]
async fn a_green_whose_withdrawal_is_refused_once_is_withdrawn_in_the_end() {
    for refusal in [Kind::Html403, Kind::CutJson, Kind::Reset] {
        let stage = Stage::set().await;
        let pull = stage.approved().await;
        let left = pull.head();
        let posts = format!("POST /repos/acme/widget/statuses/{left}");
        stage.forge.fault(Fault::on(&posts, refusal));
        pull.push("alice");
        let withdrawn = "pending: withdrawn: the head moved on";
        let gone = || at(&stage, &left, QA) == withdrawn;
        stage.until("it is withdrawn", gone).await;
        assert_eq!(stage.qa(&pull), WAITS);
    }
}

#[tokio::test]
async fn a_green_whose_withdrawal_was_given_up_is_withdrawn_by_the_reconcile() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    let left = pull.head();
    let posts = format!("POST /repos/acme/widget/statuses/{left}");
    stage.forge.fault(Fault::on(&posts, Kind::Html403).always());
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(at(&stage, &left, QA), BY_QUINN);
    stage.forge.heal();
    stage.reconcile().await;
    let withdrawn = "pending: withdrawn: the head moved on";
    assert_eq!(at(&stage, &left, QA), withdrawn);
}

/// The commit is the same, and its context is another one.
#[tokio::test]
async fn a_green_for_the_old_base_whose_withdrawal_is_refused_once_is_withdrawn_in_the_end() {
    let gates =
        "[gates.qa-review]\nteam = \"qa\"\naliases = [\"qa\"]\ncontexts = [\"qa into {base}\"]\n";
    // Two more statuses are refused beside it, perhaps in rounds of their own.
    let patient = |stage: &mut Stage| stage.tempo.refused_tries = 9;
    let stage = Stage::prepared_with(gates, patient).await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("release");
    pull.approved_by("quinn");
    stage.quiet().await;
    let posts = format!("POST /repos/acme/widget/statuses/{}", pull.head());
    stage.forge.fault(Fault::on(&posts, Kind::Html403).times(4));
    pull.retarget("release", "alice");
    let withdrawn = "pending: withdrawn: the base branch was changed";
    let gone = || at(&stage, &pull.head(), "qa into main") == withdrawn;
    stage.until("it is withdrawn", gone).await;
    assert_eq!(at(&stage, &pull.head(), "qa into release"), WAITS);
}

/// A draft with fifty comments on lines of code: so many entries of the timeline that nobody else is given.
async fn hides_fifty_entries(stage: &Stage, pull: &PullHandle, by: &str) {
    let api = format!(
        "{}/api/v1/repos/acme/widget/pulls/{}/reviews",
        stage.forge.url(),
        pull.number()
    );
    let line = r#"{"path": "a.txt", "new_position": 1, "body": "hm"}"#;
    let lines = [line; 50].join(",");
    let draft = format!(r#"{{"event": "PENDING", "body": "see", "comments": [{lines}]}}"#);
    stage.asks_as(by, &api, &draft).await;
}

#[tokio::test]
async fn an_approval_does_not_survive_a_retarget_that_a_long_draft_hides() {
    let stage = Stage::with("[pulls]\nbase_branches = [\"main\", \"next\"]").await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("next");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    hides_fifty_entries(&stage, &pull, "alice").await;
    pull.retarget("next", "alice");
    stage.quiet().await;
    assert_ne!(stage.qa(&pull), BY_QUINN);
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn an_approval_for_an_unguarded_branch_does_not_count_where_a_long_draft_hides_the_way_there()
{
    let stage = Stage::with("[pulls]\nbase_branches = [\"main\"]").await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("free");
    stage.quiet().await;
    hides_fifty_entries(&stage, &pull, "alice").await;
    pull.retarget("free", "alice");
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.quiet().await;
    pull.retarget("main", "alice");
    stage.quiet().await;
    assert_ne!(stage.qa(&pull), BY_QUINN);
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), WAITS);
}

/// The bot sees it into the same branch before and after.
#[tokio::test]
async fn an_approval_for_another_branch_does_not_count_where_a_long_draft_hides_there_and_back() {
    let stage = Stage::with("[pulls]\nbase_branches = [\"main\", \"next\"]").await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("next");
    stage.quiet().await;
    hides_fifty_entries(&stage, &pull, "alice").await;
    stage.unheard(|| {
        pull.retarget("next", "alice");
        pull.approved_by("quinn");
        pull.retarget("main", "alice");
    });
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["given before the base branch was changed"]);
    assert_eq!(stage.qa(&pull), WAITS);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn an_approval_from_before_a_pull_request_came_into_a_guarded_branch_does_not_count() {
    let stage = Stage::with("[pulls]\nbase_branches = [\"next\"]").await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("next");
    stage.says(&pull, "alice", "/refire qa").await;
    hides_fifty_entries(&stage, &pull, "alice").await;
    pull.approved_by("quinn");
    pull.retarget("next", "alice");
    stage.quiet().await;
    assert_ne!(stage.qa(&pull), BY_QUINN);
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn a_push_that_a_long_draft_hides_is_found_before_it_is_said_to_be_lost() {
    let mut quick = tempo();
    quick.recorded_within = Duration::from_millis(50);
    let stage = Stage::paced(Forge::start(Version::V1_26).await, "", quick).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    hides_fifty_entries(&stage, &pull, "bob").await;
    pull.push("alice");
    pull.approved_by("quinn");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("it is green", green).await;
}
