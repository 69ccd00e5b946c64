//! `/sop-n/a` and `/sop-revoke`: what counts, what ends it, and whose hand was in it.

use crate::stage::{Stage, holds, key, replies, told};
use forge::PullHandle;
use refire::memo::{self, Kind as _, Revoked};
use refire::model::{CommentId, UserId};
use state::Store as _;
use std::time::Duration;

const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const LIST: &str = "sop-checklist / na-declarations (pull_request)";
const DECLARES: &str = "/sop-n/a qa-review docs only";

/// `state: description` of a context of the head; empty: none is posted.
fn status(pull: &PullHandle, context: &str) -> String {
    let row = pull.status(context);
    row.map(|row| format!("{}: {}", row.state, row.description))
        .unwrap_or_default()
}

/// Whether the gate `qa-review` is green, and whether the list of declarations says the same.
fn is_declared(pull: &PullHandle) -> bool {
    let green = status(pull, QA).starts_with("success: declared not applicable");
    let listed = status(pull, LIST) == "success: N/A: qa-review";
    assert_eq!(green, listed, "{:#?}", pull.statuses());
    green
}

/// What the bot says in its `n`th reply, as it stands now.
fn reply(pull: &PullHandle, n: usize) -> String {
    let replies = pull.comments_by("refire");
    replies
        .get(n)
        .map(|reply| told(&reply.body))
        .unwrap_or_default()
}

fn says(reply: &str, words: &str) {
    assert!(reply.contains(words), "{words:?} is not said in: {reply}");
}

/// A pull request that `quinn` has declared not to need `qa-review`.
async fn declared(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    says(
        &stage.says(&pull, "quinn", DECLARES).await,
        "is declared not applicable",
    );
    assert!(is_declared(&pull));
    pull
}

// ---- what counts ----

#[tokio::test]
async fn a_declaration_by_a_member_is_accepted() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", DECLARES).await;
    let short = &pull.head()[..7];
    assert_eq!(
        reply,
        format!(
            "**`qa-review` is declared not applicable** by `quinn` of `acme/qa`: `docs only`. It holds \
             for `{short}`; a push or a change of the base ends it. `/sop-revoke qa-review` takes it back.\n\n\
             Still open on this pull request: `security-review` (`waits for an approval by someone of \
             acme/security`)."
        )
    );
    assert_eq!(
        status(&pull, QA),
        "success: declared not applicable by quinn of acme/qa"
    );
    assert_eq!(status(&pull, LIST), "success: N/A: qa-review");
    assert!(status(&pull, SECURITY).starts_with("pending: "));
}

#[tokio::test]
async fn i11_without_a_declaration_the_list_is_a_success_that_says_none() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    assert_eq!(status(&pull, LIST), "success: N/A: (none)");
}

#[tokio::test]
async fn a_declaration_by_nobody_of_the_team_is_refused() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "bob", DECLARES).await;
    says(
        &reply,
        "was not accepted**: you are not in `acme/qa`. Someone of `acme/qa` can declare it.",
    );
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn i16_the_author_cannot_waive_the_own_gate() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").add("alice");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "alice", DECLARES).await;
    says(
        &reply,
        "was not accepted**: you are the author of this pull request",
    );
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn a_pusher_cannot_waive_a_gate() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.push("quinn");
    stage.forge.advance(Duration::from_secs(60));
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", DECLARES).await;
    says(&reply, "`quinn` pushed to this pull request");
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn i17_an_unknown_gate_is_answered_with_the_known_ones() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", "/sop-n/a licences none").await;
    says(&reply, "There is no gate `licences`.");
    says(&reply, "`qa-review`");
    says(&reply, "`security-review`");
}

#[tokio::test]
async fn i19_an_em_dash_is_no_part_of_the_gate() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage
        .says(&pull, "quinn", "/sop-n/a qa-review — docs only")
        .await;
    says(&reply, "by `quinn` of `acme/qa`: `docs only`.");
    let reply = stage
        .says(&pull, "quinn", "/sop-n/a qa-review—docs only")
        .await;
    says(&reply, "by `quinn` of `acme/qa`: `docs only`.");
}

#[tokio::test]
async fn a_required_reason_that_is_missing_is_asked_for() {
    let stage = Stage::with("[declarations]\nrequire_reason = true\n").await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    says(
        &stage.says(&pull, "quinn", "/sop-n/a qa-review").await,
        "a reason is required here",
    );
    assert!(!is_declared(&pull));
    stage.says(&pull, "quinn", DECLARES).await;
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn one_comment_may_declare_two_gates() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("security").add("quinn");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let both = "/sop-n/a qa-review docs\n/sop-n/a security-review no code";
    let reply = stage.says(&pull, "quinn", both).await;
    says(&reply, "`qa-review` is declared not applicable");
    says(&reply, "`security-review` is declared not applicable");
    assert_eq!(pull.comments_by("refire").len(), 1);
    assert_eq!(
        status(&pull, LIST),
        "success: N/A: qa-review, security-review"
    );
    assert!(status(&pull, SECURITY).starts_with("success: declared"));
}

#[tokio::test]
async fn any_of_several_waiver_teams_may_declare() {
    let stage =
        Stage::with("[gates.qa-review]\nteam = \"qa\"\nwaivers = [\"security\", \"engineers\"]\n")
            .await;
    stage.forge.org("acme").team("engineers").add("refire");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", DECLARES).await;
    says(&reply, "you are not in `acme/security` or `acme/engineers`");
    let reply = stage.says(&pull, "bob", DECLARES).await;
    says(&reply, "by `bob` of `acme/engineers`");
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_declaration_that_cannot_be_verified_is_not_called_refused() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reply = stage.says(&pull, "quinn", DECLARES).await;
    says(&reply, "**`qa-review` cannot be verified**");
    assert!(status(&pull, QA).starts_with("pending: "));
    stage.forge.org("acme").team("qa").add("refire");
    stage
        .until("the declaration counts", || {
            status(&pull, QA).starts_with("success: ")
        })
        .await;
    says(&self::reply(&pull, 0), "is declared not applicable");
    assert_eq!(pull.comments_by("refire").len(), 1);
}

// ---- what ends it ----

#[tokio::test]
async fn a_revocation_withdraws_the_own_declaration() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let answer = stage.says(&pull, "quincy", "/sop-revoke qa-review").await;
    says(&answer, "There was nothing to withdraw");
    assert!(is_declared(&pull));
    let answer = stage.says(&pull, "quinn", "/sop-revoke qa-review").await;
    says(&answer, "Your declaration for `qa-review` is withdrawn.");
    assert!(!is_declared(&pull));
    assert!(status(&pull, QA).starts_with("pending: "));
    assert_eq!(status(&pull, LIST), "success: N/A: (none)");
    says(&reply(&pull, 0), "`quinn` took it back");
}

#[tokio::test]
async fn a_revocation_deleted_by_another_stays_final() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let revocation = pull.comment("quinn", "/sop-revoke qa-review");
    stage.quiet().await;
    pull.delete_comment(revocation, "bob");
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn a_revocation_edited_by_another_stays_final() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let revocation = pull.comment("quinn", "/sop-revoke qa-review");
    stage.quiet().await;
    pull.edit_comment(revocation, "bob", "never mind");
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
}

/// It closes the gate, so it counts; but it is not said to be whose comment it is.
#[tokio::test]
async fn a_revocation_that_another_put_into_a_comment_is_told_with_who_edited_it() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let said = pull.comment("quinn", "looks good");
    pull.edit_comment(said, "bob", "/sop-revoke qa");
    stage.quiet().await;
    assert!(!is_declared(&pull));
    let answer = replies(&pull).pop().expect("an answer");
    holds(
        &answer,
        &[
            "**Your declaration for `qa-review` is withdrawn.**",
            "`bob` edited this comment. If you did not mean it, a new comment declares again.",
        ],
    );
    let own = pull.comment("sam", "looks good");
    pull.edit_comment(own, "sam", "/sop-revoke qa");
    stage.quiet().await;
    assert!(
        !replies(&pull)
            .pop()
            .is_some_and(|it| it.contains("edited this comment"))
    );
}

/// Whoever sends a reply puts an address in the place of what looks like that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_that_looks_like_a_link_of_the_bots_own_is_a_reason() {
    for id in ["1", "007", "+7", "x"] {
        let stage = Stage::set().await;
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        let reason = format!("(refire:answer-to/{id}) (\u{2060}refire:answer-to/{id})");
        let said = format!("/sop-n/a qa-review {reason}");
        let reply = stage.says(&pull, "quinn", &said).await;
        holds(&reply, &[&reason.replace('\u{2060}', "")]);
        assert!(is_declared(&pull));
        stage.says(&pull, "alice", "/refire qa").await;
    }
}

/// Who wants a revocation to go unread types so many that it is not among those that are read.
#[tokio::test]
async fn where_more_revocations_were_heard_than_are_read_no_declaration_is_known_to_stand() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let by = UserId::new(stage.forge.user("bob").id().get());
    let revoked = Revoked {
        by,
        gates: vec![String::from("qa-review").try_into().expect("a gate")],
    };
    let place = |id: u64| memo::of_comment::<Revoked>(key(&pull), CommentId::new(1_000_000 + id));
    let flood = (0..10_000).map(|id| revoked.memo(place(id))).collect();
    let now = refire::worker::now();
    stage.store.remember(flood, now).await.expect("a store");
    stage.says(&pull, "bob", "/refire qa").await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn a_revocation_deleted_before_the_bot_looked_is_final_too() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let (thread, seen) = (pull.clone(), pull.comments().len());
    stage
        .forge
        .before("GET /repos/acme/widget/pulls/*", 1, move |_| {
            let revocation = thread.comments()[seen].id;
            thread.delete_comment(revocation, "bob");
        });
    pull.comment("quinn", "/sop-revoke qa-review");
    stage.quiet().await;
    assert_eq!(pull.comments_by("quinn").len(), 1, "it was deleted in time");
    assert!(!is_declared(&pull));
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn a_second_declaration_after_a_revocation_counts() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    stage.says(&pull, "quinn", "/sop-revoke qa").await;
    assert!(!is_declared(&pull));
    let answer = stage.says(&pull, "quinn", "/sop-n/a qa once more").await;
    says(&answer, "is declared not applicable");
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_deleted_declaration_is_withdrawn() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    pull.delete_comment(pull.comments_by("quinn")[0].id, "quinn");
    stage.quiet().await;
    assert!(!is_declared(&pull));
    assert!(status(&pull, QA).starts_with("pending: "));
    says(
        &reply(&pull, 0),
        "The declaration for `qa-review` is withdrawn",
    );
}

#[tokio::test]
async fn a_declaration_whose_deletion_went_unheard_is_withdrawn_with_the_next_look() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    stage.unheard(|| pull.delete_comment(pull.comments_by("quinn")[0].id, "bob"));
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn a_push_voids_it_and_the_reply_says_so_in_place() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let before = pull.comments_by("refire");
    let left = pull.head();
    let head = pull.push("alice");
    stage.quiet().await;
    assert!(!is_declared(&pull));
    let after = pull.comments_by("refire");
    assert_eq!((after.len(), after[0].id), (1, before[0].id));
    says(
        &reply(&pull, 0),
        &format!(
            "does not hold any more**: `{}` was pushed after `quinn` had declared it not applicable. \
             If it still does not apply, say so again",
            &head[..7]
        ),
    );
    let rows = pull.repo().status_rows(&left);
    let newest = |context: &str| {
        rows.iter()
            .rfind(|row| row.context == context)
            .map(|row| row.state.clone())
    };
    assert_eq!(newest(QA).as_deref(), Some("pending"), "{rows:#?}");
}

#[tokio::test]
async fn a_declaration_never_counts_while_the_timeline_is_late() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    stage.forge.hold_timeline();
    pull.push("alice");
    let answer = stage.says(&pull, "bob", "/refire qa").await;
    says(&answer, "**`qa-review` cannot be verified yet**");
    assert!(status(&pull, QA).starts_with("pending: "));
    stage.forge.release_timeline();
    stage
        .until("the answers say what became of it", || {
            reply(&pull, 0).contains("does not hold any more")
                && reply(&pull, 1).starts_with("**`qa-review` waits")
        })
        .await;
    assert!(!is_declared(&pull));
    assert_eq!(pull.comments_by("refire").len(), 2);
}

#[tokio::test]
async fn a_declaration_at_once_after_a_push_is_asked_for_again() {
    let stage = Stage::set().await;
    stage.forge.freeze();
    let pull = stage.forge.pull("alice");
    stage.forge.advance(Duration::from_secs(60));
    let head = pull.push("alice");
    stage.forge.advance(Duration::from_secs(4));
    stage.quiet().await;
    let answer = stage.says(&pull, "quinn", DECLARES).await;
    says(
        &answer,
        &format!(
            "the head moved 4 s before your comment; say it again if you mean `{}`",
            &head[..7]
        ),
    );
    assert!(!is_declared(&pull));
    stage.forge.advance(Duration::from_secs(6));
    stage.says(&pull, "quinn", DECLARES).await;
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_change_of_the_base_right_after_the_opening_is_no_opening_even_after_a_lost_store() {
    let mut stage = Stage::set().await;
    stage.forge.freeze();
    let pull = stage.forge.pull("alice");
    pull.repo().branch("release");
    pull.retarget("release", "eve");
    stage.quiet().await;
    stage.forget().await;
    let answer = stage.says(&pull, "quinn", DECLARES).await;
    says(&answer, "the head moved 0 s before your comment");
    assert!(!is_declared(&pull));
    stage.forge.advance(Duration::from_secs(10));
    stage.says(&pull, "quinn", DECLARES).await;
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_declaration_that_names_the_commit_needs_no_grace() {
    let stage = Stage::set().await;
    stage.forge.freeze();
    let pull = stage.forge.pull("alice");
    let left = pull.head();
    stage.forge.advance(Duration::from_secs(60));
    let head = pull.push("alice");
    stage.quiet().await;
    let other = format!("/sop-n/a qa-review @{} docs", &left[..7]);
    says(
        &stage.says(&pull, "quinn", &other).await,
        &format!("it names `{}`, the head is `{}`", &left[..7], &head[..7]),
    );
    assert!(!is_declared(&pull));
    let named = format!("/sop-n/a qa-review @{} docs", &head[..7]);
    says(
        &stage.says(&pull, "quinn", &named).await,
        "is declared not applicable",
    );
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_change_of_the_base_voids_it() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    pull.repo().branch("release");
    pull.retarget("release", "alice");
    stage.quiet().await;
    assert!(!is_declared(&pull));
    says(&reply(&pull, 0), "the base branch was changed afterwards");
}

#[tokio::test]
async fn bound_to_the_pull_request_it_survives_a_push_and_never_a_change_of_the_base() {
    let stage = Stage::with("[declarations]\nbind = \"pull_request\"\n").await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let answer = stage.says(&pull, "quinn", DECLARES).await;
    says(&answer, "It holds for this pull request");
    pull.push("alice");
    stage.quiet().await;
    assert!(is_declared(&pull));
    pull.repo().branch("release");
    pull.retarget("release", "alice");
    stage.quiet().await;
    assert!(!is_declared(&pull));
}

// ---- somebody else's hand ----

#[tokio::test]
async fn a_comment_edited_by_another_does_not_declare() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let comment = pull.comment("quinn", "looks fine");
    stage.quiet().await;
    pull.edit_comment(comment, "bob", DECLARES);
    stage.quiet().await;
    says(
        &reply(&pull, 0),
        "**The declaration for `qa-review` was not accepted**: this comment of `quinn`'s was edited by \
         `bob`. If `quinn` means it, a new comment says so.",
    );
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn an_edit_ends_a_declaration_for_good() {
    let stage = Stage::set().await;
    let pull = declared(&stage).await;
    let comment = pull.comments_by("quinn")[0].id;
    pull.edit_comment(comment, "bob", "/sop-n/a qa-review another reason");
    stage.quiet().await;
    assert!(!is_declared(&pull));
    says(&reply(&pull, 0), "was edited by `bob`");
    pull.edit_comment(comment, "bob", DECLARES);
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn an_edit_within_the_second_is_seen_by_the_body_that_was_heard() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.forge.freeze();
    let comment = pull.comment("quinn", "looks fine");
    stage.quiet().await;
    stage.unheard(|| pull.edit_comment(comment, "bob", DECLARES));
    let row = &pull.comments_by("quinn")[0];
    assert_eq!(row.created, row.updated, "the times prove nothing");
    let reply = stage.says(&pull, "alice", "/refire").await;
    assert!(!is_declared(&pull));
    says(&reply, "was edited");
    let mut stage = stage;
    stage.sweep().await;
    assert!(!is_declared(&pull));
}

#[tokio::test]
async fn an_edit_within_the_second_is_seen_after_a_sweep_has_met_the_comment_before() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.forge.freeze();
    let comment = pull.comment("quinn", "looks fine");
    stage.quiet().await;
    stage.sweep().await;
    stage.unheard(|| pull.edit_comment(comment, "bob", DECLARES));
    for _ in 0..3 {
        stage.sweep().await;
        assert!(!is_declared(&pull));
    }
    stage.forge.advance(Duration::from_secs(60));
    stage.sweep().await;
    let reply = stage.says(&pull, "alice", "/refire").await;
    assert!(!is_declared(&pull));
    says(&reply, "was edited");
}

/// Quinn comments and bob edits that at once; Gitea's times, which are whole seconds, do not show it.
async fn edited_within_the_second(stage: &Stage, written: &str, heard: bool) -> PullHandle {
    for _ in 0..10 {
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        let edits = || {
            let comment = pull.comment("quinn", written);
            pull.edit_comment(comment, "bob", DECLARES);
        };
        match heard {
            true => edits(),
            false => stage.unheard(edits),
        }
        let row = &pull.comments_by("quinn")[0];
        if row.created == row.updated {
            return pull;
        }
    }
    panic!("a second ended between each of ten comments and its edit");
}

#[tokio::test]
async fn an_edit_within_the_second_that_was_heard_is_void_and_told_with_who_edited() {
    let stage = Stage::set().await;
    let pull = edited_within_the_second(&stage, "looks fine", true).await;
    stage.quiet().await;
    assert!(!is_declared(&pull));
    says(
        &reply(&pull, 0),
        "**The declaration for `qa-review` was not accepted**: this comment of `quinn`'s was edited by \
         `bob`.",
    );
    stage.says(&pull, "alice", "/refire qa").await;
    assert!(!is_declared(&pull));
    assert_eq!(pull.comments_by("refire").len(), 2, "each is told once");
}

#[tokio::test]
async fn a_declaration_and_its_edit_within_the_second_are_void_whichever_is_heard_first() {
    for created_first in [true, false] {
        let stage = Stage::set().await;
        let written = "/sop-n/a qa-review another reason";
        let pull = edited_within_the_second(&stage, written, false).await;
        let edited = stage.forge.deliveries().len() - 1;
        let order = match created_first {
            true => [edited - 1, edited],
            false => [edited, edited - 1],
        };
        for delivery in order {
            stage.forge.redeliver(delivery);
            stage.quiet().await;
            assert!(!is_declared(&pull), "{created_first}");
            says(&reply(&pull, 0), "this comment of `quinn`'s was edited");
        }
        assert_eq!(pull.comments_by("refire").len(), 1, "{created_first}");
    }
}

/// That it was edited is known from its text before the event arrives that tells who did it.
#[tokio::test]
async fn who_edited_a_declaration_is_told_though_that_is_heard_after_the_answer() {
    let stage = Stage::set().await;
    let written = "/sop-n/a qa-review another reason";
    let pull = edited_within_the_second(&stage, written, false).await;
    let edited = stage.forge.deliveries().len() - 1;
    for delivery in [edited - 1, edited] {
        stage.forge.redeliver(delivery);
        stage.quiet().await;
    }
    says(&reply(&pull, 0), "was edited by `bob`");
}

#[tokio::test]
async fn an_edit_that_only_the_times_show_does_not_declare() {
    let stage = Stage::set().await;
    stage.forge.freeze();
    let pull = stage.forge.pull("alice");
    stage.forge.drop_deliveries(true);
    let comment = pull.comment("quinn", "looks fine");
    stage.forge.advance(Duration::from_secs(1));
    pull.edit_comment(comment, "bob", DECLARES);
    stage.forge.drop_deliveries(false);
    let answer = stage.says(&pull, "alice", "/refire").await;
    assert!(!is_declared(&pull));
    says(&answer, "this comment of `quinn`'s was edited");
}

#[tokio::test]
async fn a_declaration_that_was_not_heard_counts_and_mentions_its_writer() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.unheard(|| pull.comment("quinn", DECLARES));
    stage.sweep().await;
    assert!(is_declared(&pull));
    says(
        &reply(&pull, 0),
        "@quinn: no webhook announced this comment, so I tell you that it counts in your name.",
    );
}

#[tokio::test]
async fn a_declaration_that_was_not_heard_can_be_refused() {
    let mut stage = Stage::with("[declarations]\nunheard = \"refuse\"\n").await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.unheard(|| pull.comment("quinn", DECLARES));
    stage.sweep().await;
    assert!(!is_declared(&pull));
    says(&reply(&pull, 0), "no webhook announced the comment");
    stage.says(&pull, "quinn", DECLARES).await;
    assert!(is_declared(&pull));
}

#[tokio::test]
async fn a_migrated_comment_does_not_declare() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let long_ago = stage.forge.now() - jiff::SignedDuration::from_hours(24);
    pull.migrated_comment("quinn", DECLARES, long_ago);
    stage.says(&pull, "alice", "/refire").await;
    assert!(!is_declared(&pull));
}
