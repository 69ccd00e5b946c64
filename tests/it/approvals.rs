//! Approvals, and why each of them counts or does not.

use crate::stage::{Stage, holds};
use forge::{Protection, PullHandle, Review, ReviewState};
use insta::assert_snapshot;

const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const BY_QUINN: &str = "success: approved by quinn of acme/qa";

/// The approval is refused in words, and the gate waits.
async fn is_refused(stage: &Stage, pull: &PullHandle, why: &[&str]) {
    let reply = stage.says(pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["**`qa-review` waits for an approval by someone of `acme/qa`.**"],
    );
    holds(&reply, why);
    assert_eq!(stage.qa(pull), WAITS);
}

#[tokio::test]
async fn an_approval_by_a_member_satisfies_the_gate() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    let head = &pull.head()[..7];
    assert_eq!(
        reply,
        format!(
            "**`qa-review` is satisfied**: `quinn` of `acme/qa` approved `{head}`.\n\nStill open on this \
             pull request: `security-review` (`waits for an approval by someone of acme/security`)."
        )
    );
    holds(
        &stage.gate(&pull, "security-review"),
        &["pending: waits for an approval by someone of acme/security"],
    );
}

#[tokio::test]
async fn an_approval_by_somebody_who_is_not_in_the_team_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("bob");
    is_refused(
        &stage,
        &pull,
        &["| `bob` approved", "| ✘ | not in `acme/qa` |"],
    )
    .await;
}

#[tokio::test]
async fn i03_a_member_of_the_organisation_is_not_a_member_of_every_team() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("olivia");
    is_refused(&stage, &pull, &["| `olivia` approved", "not in `acme/qa`"]).await;
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    | review | counts | why |
    |---|---|---|
    | `olivia` approved `3f2a9c1` | ✘ | not in `acme/qa` |

    ▸ How this was checked
    "#);
    let asked = stage.forge.calls();
    assert!(
        !asked
            .iter()
            .any(|call| call.route.starts_with("/orgs/{org}/members"))
    );
}

#[tokio::test]
async fn the_authors_own_approval_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("quinn");
    pull.approved_by("quinn");
    is_refused(&stage, &pull, &["the author of this pull request"]).await;
}

#[tokio::test]
async fn an_approval_by_somebody_who_pushed_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.push("quinn");
    pull.approved_by("quinn");
    is_refused(
        &stage,
        &pull,
        &["`quinn` approved", "pushed to this pull request"],
    )
    .await;
}

#[tokio::test]
async fn an_approval_by_somebody_who_pushed_counts_where_the_configuration_says_so() {
    let stage = Stage::with("[approvals]\nexclude_pushers = false").await;
    let pull = stage.forge.pull("alice");
    pull.push("quinn");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn the_bots_own_approval_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("refire");
    is_refused(&stage, &pull, &["| `refire` approved", "the bot itself"]).await;
}

#[tokio::test]
async fn an_approval_by_a_service_account_does_not_count() {
    let stage = Stage::with("[people]\nservice_accounts = [\"^SVC$\"]").await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("svc");
    is_refused(&stage, &pull, &["| `svc` approved", "a service account"]).await;
}

#[tokio::test]
async fn i07_a_stale_approval_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let stale = Review {
        stale: Some(true),
        ..Review::default()
    };
    pull.reviewed("quinn", &stale);
    is_refused(
        &stage,
        &pull,
        &["the code changed since; approve once more"],
    )
    .await;
}

#[tokio::test]
async fn i07_an_approval_of_another_commit_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let older = pull.head();
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.push("alice");
    let said = format!("`quinn` approved `{}`", &older[..7]);
    is_refused(
        &stage,
        &pull,
        &[&said, "an older commit, not the head; approve once more"],
    )
    .await;
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i07_a_dismissed_approval_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let review = pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.dismiss(review, "olivia");
    is_refused(&stage, &pull, &["dismissed, or replaced by a later review"]).await;
}

#[tokio::test]
async fn i07_an_unofficial_approval_of_a_team_that_may_only_read_is_explained_with_its_repairs() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("sam");
    let reply = stage.says(&pull, "sam", "/refire security").await;
    holds(
        &reply,
        &[
            "**`security-review` waits for an approval by someone of `acme/security`.**",
            "| `sam` approved",
            "*not official*",
            "approvals whitelist",
        ],
    );
    holds(&stage.gate(&pull, "security-review"), &["pending: waits"]);
    // The repair that the reply names repairs it.
    stage.forge.org("acme").team("security").may_write();
    pull.approved_by("sam");
    stage.quiet().await;
    assert_eq!(
        stage.gate(&pull, "security-review"),
        "success: approved by sam of acme/security"
    );
}

#[tokio::test]
async fn being_on_the_approvals_whitelist_makes_a_reader_official_and_others_not() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let rule = Protection {
        approvers: vec!["security".to_owned()],
        approvals: 1,
        ..Protection::default()
    };
    pull.repo().protect("main", &rule);
    pull.approved_by("sam");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(
        stage.gate(&pull, "security-review"),
        "success: approved by sam of acme/security"
    );
    is_refused(
        &stage,
        &pull,
        &["`quinn` approved", "approvals whitelist does not name it"],
    )
    .await;
}

#[tokio::test]
async fn an_unofficial_approval_counts_where_the_configuration_says_so() {
    let stage = Stage::with("[approvals]\nrequire_official = false").await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("sam");
    stage.quiet().await;
    assert_eq!(
        stage.gate(&pull, "security-review"),
        "success: approved by sam of acme/security"
    );
}

#[tokio::test]
async fn an_approval_from_before_retargeting_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.repo().branch("release");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.retarget("release", "alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    is_refused(
        &stage,
        &pull,
        &["given before the base branch was changed; approve once more"],
    )
    .await;
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_request_for_changes_closes_the_gate_and_a_later_approval_of_the_same_person_opens_it() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.rejected_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["**`qa-review` is rejected**: `quinn` of `acme/qa` requests changes."],
    );
    assert_eq!(
        stage.qa(&pull),
        "failure: quinn of acme/qa requests changes"
    );
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_strangers_request_for_changes_does_not_close_the_gate() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.rejected_by("bob");
    is_refused(
        &stage,
        &pull,
        &["`bob` requested changes", "not in `acme/qa`"],
    )
    .await;
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn another_members_approval_satisfies_the_gate_beside_a_request_for_changes() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.rejected_by("quincy");
    stage.quiet().await;
    assert_eq!(
        stage.qa(&pull),
        "failure: quincy of acme/qa requests changes"
    );
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i07_a_later_row_that_does_not_count_never_erases_an_earlier_one_that_does() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let older = pull.head();
    pull.push("alice");
    pull.approved_by("quinn");
    pull.commented_by("quinn", "one more thought");
    pull.draft_review_by("quinn");
    let outdated = Review {
        state: Some(ReviewState::Comment),
        commit: Some(older),
        ..Review::default()
    };
    pull.reviewed("quinn", &outdated);
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i06_a_review_that_was_filed_as_a_draft_is_counted_and_its_repair_is_told() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.draft_review_by("quinn");
    is_refused(
        &stage,
        &pull,
        &[
            "1 review on this pull request is still a draft",
            "`APPROVED`, not `APPROVE`",
        ],
    )
    .await;
    let reply = pull.comments_by("refire").pop().expect("a reply").body;
    assert!(!reply.contains("quinn"), "drafts are nobody's: {reply}");
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    1 review on this pull request is still a draft that only its author can see. To submit one: open *Files changed*, *Finish review*, and choose *Approve*. (Scripts: the event is `APPROVED`, not `APPROVE`.)

    ▸ How this was checked
    "#);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i08_a_comment_that_says_lgtm_is_no_approval() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let _before = stage.forge.take_calls();
    pull.comment("quinn", "LGTM, approved by quinn of acme/qa");
    stage.quiet().await;
    assert_eq!(stage.forge.take_calls().len(), 0);
    pull.commented_by("quinn", "APPROVED");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(pull.comments_by("refire").len(), 0);
}

#[tokio::test]
async fn an_approval_older_than_the_repository_was_migrated_and_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let migrated = Review {
        submitted: Some("2001-02-03T04:05:06Z".parse().expect("a time")),
        ..Review::default()
    };
    pull.reviewed("quinn", &migrated);
    is_refused(
        &stage,
        &pull,
        &["older than this repository: it was migrated"],
    )
    .await;
}

#[tokio::test]
async fn i18_reviews_and_comments_of_a_deleted_user_count_for_nobody_and_break_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quincy");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), "success: approved by quincy of acme/qa");
    pull.comment("quincy", "/sop-n/a security-review docs only");
    stage.quiet().await;
    stage.forge.delete_user("quincy");
    is_refused(&stage, &pull, &[]).await;
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i15_a_status_is_computed_again_at_any_time_whoever_posted_last() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let before = pull.status_rows().len();
    stage.says(&pull, "eve", "/refire qa").await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    assert_eq!(
        pull.status_rows().len(),
        before + 1,
        "a re-check always posts its gate"
    );
}

/// The row is of a workflow that is disabled now, so that nothing else ever posts over it.
#[tokio::test]
async fn i15_a_red_row_that_a_workflow_left_behind_is_cleared_by_whoever_asks() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let left = forge::Posting {
        context: "qa-review / approved (pull_request)",
        state: "failure",
        description: "exit code 1",
    };
    stage.unheard(|| pull.repo().status(&pull.head(), "bob", &left));
    assert_eq!(stage.qa(&pull), "failure: exit code 1");
    stage.says(&pull, "eve", "/refire qa").await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i22_a_gate_is_decided_alone_whatever_else_is_red_on_the_commit() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let red = forge::Posting {
        context: "ci / build",
        state: "failure",
        description: "",
    };
    pull.repo().status(&pull.head(), "bob", &red);
    pull.approved_by("quinn");
    stage.says(&pull, "quinn", "/refire qa").await;
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`waits for an approval by someone of acme/security`).

    ▸ How this was checked
    "#);
    assert_eq!(stage.qa(&pull), BY_QUINN);
    assert!(
        !stage
            .forge
            .calls()
            .iter()
            .any(|call| call.route.ends_with("/status"))
    );
}

#[tokio::test]
async fn an_approval_on_a_later_page_of_a_long_conversation_counts() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    for _ in 0..60 {
        pull.comment("bob", "one more remark");
        pull.commented_by("bob", "one more thought");
    }
    pull.push("quincy");
    pull.approved_by("quincy");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**: `quinn`"]);
}

#[tokio::test]
async fn the_reply_says_who_counts_when_the_first_approver_pushed_and_nobody_else_is_in_the_team() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.push("quincy");
    pull.approved_by("quincy");
    pull.approved_by("bob");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` waits for an approval by someone of `acme/qa`.**",
            "Someone of `acme/qa` approves the newest commit",
            "| `quincy` approved",
            "| ✘ | pushed to this pull request; somebody else has to approve |",
            "| `bob` approved",
            "| ✘ | not in `acme/qa` |",
        ],
    );
}
