//! The approval rule.

use super::given::{HEAD, OTHER, World, person, second, sha};
use super::{check, check_all};
use crate::gate::approval::Discount;
use crate::gate::settled::Late;
use crate::model::{Account, Review, ReviewState};

fn approved() -> World {
    World::new().approves("quinn")
}

/// Whether an approval by `quinn` with this change counts.
#[track_caller]
fn does_not_count(why: Discount, change: impl FnOnce(&mut Review)) {
    let world = approved().but(change);
    assert_eq!(world.discount(), Some(why));
    check(world, "missing");
}

#[test]
fn an_approval_by_a_proven_member_satisfies_the_gate() {
    check(approved(), "quinn of acme/qa approved");
    assert_eq!(approved().outcome("security-review"), "missing");
}

#[test]
fn an_approval_by_nobody_of_the_team_does_not() {
    check(World::new().approves("bob"), "missing");
}

#[test]
fn the_state_is_exactly_approved_without_folding_case() {
    for state in [
        "approved",
        "Approved",
        "APPROVE",
        "PENDING",
        "COMMENT",
        "REQUEST_REVIEW",
        "",
    ] {
        check(
            World::new().reviews("quinn", ReviewState::Other(state.into())),
            "missing",
        );
    }
}

#[test]
fn official_is_literally_true() {
    for official in [None, Some(false)] {
        does_not_count(Discount::Unofficial, |review| review.official = official);
    }
}

#[test]
fn an_approval_that_is_dismissed_or_does_not_say_so_never_counts() {
    for dismissed in [None, Some(true)] {
        does_not_count(Discount::Dismissed, |review| review.dismissed = dismissed);
    }
}

#[test]
fn an_approval_that_is_stale_or_does_not_say_so_never_counts() {
    for stale in [None, Some(true)] {
        does_not_count(Discount::Stale, |review| review.stale = stale);
    }
}

#[test]
fn the_commit_is_the_head() {
    does_not_count(Discount::OtherCommit(None), |review| review.commit = None);
    does_not_count(Discount::OtherCommit(Some(sha(OTHER))), |review| {
        review.commit = Some(sha(OTHER))
    });
}

#[test]
fn no_commit_is_not_the_head_that_is_gone() {
    let world = approved()
        .facts(|facts| facts.pull.head = None)
        .but(|review| review.commit = None);
    assert_eq!(world.discount(), Some(Discount::OtherCommit(None)));
    check(world, "unknown: unsettled NoHead");
}

#[test]
fn an_approval_for_the_old_head_is_not_stale_after_merging_the_base_and_does_not_count() {
    check(approved().pushes("alice", OTHER), "missing");
}

#[test]
fn an_approval_comes_back_to_life_when_the_head_is_pushed_back() {
    check(
        approved().pushes("alice", OTHER).pushes("alice", HEAD),
        "quinn of acme/qa approved",
    );
}

#[test]
fn an_approval_for_another_base_survives_retargeting_in_gitea_and_does_not_count_here() {
    let world = approved().retargeted();
    assert_eq!(world.discount(), Some(Discount::BeforeRetarget));
    check(world.clone(), "missing");
    check(world.approves("quinn"), "quinn of acme/qa approved");
}

#[test]
fn after_retargeting_an_approval_that_the_timeline_does_not_name_is_not_proven_newer() {
    let world = World::new()
        .retargeted()
        .approves("quinn")
        .facts(|f| f.history.reviews.clear());
    assert_eq!(world.discount(), Some(Discount::BeforeRetarget));
}

#[test]
fn an_approval_that_the_timeline_does_not_name_may_be_for_another_base_and_a_rejection_closes() {
    let hidden = approved().facts(|facts| facts.history.reviews.clear());
    assert_eq!(hidden.discount(), Some(Discount::Unplaced));
    check(hidden, "missing");
    let rejected = World::new().requests_changes("quinn");
    let hidden = rejected
        .clone()
        .facts(|facts| facts.history.reviews.clear());
    assert_eq!(hidden.discount(), rejected.discount());
    assert_eq!(hidden.discount(), None);
}

#[test]
fn the_reviewer_is_not_the_author_not_the_bot_not_a_service_account_not_deleted() {
    for (who, why) in [
        ("alice", Discount::Author),
        ("refire", Discount::Bot),
        ("ci-runner", Discount::ServiceAccount),
        ("Ghost", Discount::NobodyReal),
    ] {
        let world = World::new()
            .answers("acme/qa", who, crate::model::Membership::Member)
            .approves(who);
        assert_eq!(world.discount(), Some(why), "{who}");
        check(world, "missing");
    }
}

#[test]
fn who_somebody_is_is_told_by_the_id_and_not_by_the_login() {
    let renamed = |login: &str| Account::new(person("alice").id.get(), login);
    let world = approved().but(|review| review.reviewer = Some(renamed("alice-renamed")));
    assert_eq!(world.discount(), Some(Discount::Author));
    let world = approved().but(|review| review.reviewer = Some(Account::new(77, "alice")));
    assert_eq!(world.discount(), None);
}

#[test]
fn a_service_account_is_searched_without_case_where_the_pattern_says_so() {
    let patterns = regex::RegexSetBuilder::new(["^ci-"])
        .case_insensitive(true)
        .build()
        .unwrap();
    let world = approved().policy(|policy| policy.service_accounts = patterns);
    let world = world.but(|review| review.reviewer = Some(Account::new(88, "CI-Deploy")));
    assert_eq!(world.discount(), Some(Discount::ServiceAccount));
}

#[test]
fn a_bot_of_which_only_the_login_is_known_is_known_by_it_without_case() {
    let world = approved().facts(|facts| facts.bots = vec![Account::new(0, "Quinn")]);
    assert_eq!(world.discount(), Some(Discount::Bot));
}

#[test]
fn a_team_that_was_asked_or_a_deleted_reviewer_is_no_reviewer() {
    let world = approved().but(|review| review.reviewer = None);
    assert!(world.verdict("qa-review").reviews.is_empty());
    check(world, "missing");
}

#[test]
fn a_reviewer_who_pushed_to_the_pull_request_does_not_count() {
    let world = World::new()
        .pushes("quinn", OTHER)
        .pushes("alice", HEAD)
        .approves("quinn");
    assert_eq!(world.discount(), Some(Discount::Pusher));
    check(world, "missing");
}

#[test]
fn a_member_who_pushed_afterwards_does_not_count_either() {
    check(approved().pushes("quinn", HEAD), "missing");
}

#[test]
fn pushers_count_where_the_deployment_says_so() {
    let world = World::new().pushes("quinn", OTHER).approves("quinn");
    check(
        world.policy(|p| p.approvals.exclude_pushers = false),
        "quinn of acme/qa approved",
    );
}

#[test]
fn who_pushed_is_not_known_before_the_timeline_settles_and_that_is_not_missing() {
    let world = World::new().head_moves(OTHER).approves("quinn");
    assert_eq!(world.discount(), Some(Discount::Unsettled(Late::Soon)));
    check(world.clone(), "unknown: unsettled Soon");
    let known = world.pushes("bob", OTHER);
    check(known, "quinn of acme/qa approved");
}

#[test]
fn the_pusher_of_the_head_is_found_out_when_the_timeline_settles() {
    let world = World::new()
        .head_moves(OTHER)
        .approves("quinn")
        .pushes("quinn", OTHER);
    assert_eq!(world.discount(), Some(Discount::Pusher));
}

#[test]
fn an_unsettled_timeline_may_miss_a_change_of_the_base_so_it_matters_where_pushers_count_too() {
    let world = World::new().head_moves(OTHER).approves("quinn");
    let world = world.policy(|p| p.approvals.exclude_pushers = false);
    check(world.clone(), "unknown: unsettled Soon");
    check(world.pushes("quinn", OTHER), "quinn of acme/qa approved");
}

#[test]
fn an_approval_that_went_to_the_old_commit_while_the_push_was_not_recorded_is_not_missing() {
    let world = approved().head_moves(OTHER);
    check(world.clone(), "unknown: unsettled Soon");
    check(world.pushes("alice", OTHER), "missing");
}

#[test]
fn a_push_by_nobody_who_can_be_told_excludes_nobody() {
    let world = approved().facts(|facts| facts.history.pushes[0].pusher = None);
    check(world, "quinn of acme/qa approved");
}

#[test]
fn there_is_nothing_to_approve_on_an_empty_pull_request() {
    let empty = World::new().facts(|facts| {
        facts.history.pushes.clear();
        facts.pull.empty = true;
    });
    let world = empty.approves("quinn");
    assert_eq!(world.discount(), Some(Discount::Empty));
    check(world, "missing");
}

#[test]
fn an_approval_older_than_the_repository_was_migrated_and_never_counts() {
    for submitted in [None, Some(second(-86_401))] {
        does_not_count(Discount::Migrated, |review| review.submitted_at = submitted);
    }
    check(
        approved().but(|r| r.submitted_at = Some(second(-86_400))),
        "quinn of acme/qa approved",
    );
}

#[test]
fn not_requiring_official_drops_that_one_condition_and_no_other() {
    let lenient = |world: World| world.policy(|policy| policy.approvals.require_official = false);
    check(
        lenient(approved().but(|r| r.official = Some(false))),
        "quinn of acme/qa approved",
    );
    check(
        lenient(approved().but(|r| r.official = None)),
        "quinn of acme/qa approved",
    );
    check_all([
        (
            "stale",
            lenient(approved().but(|r| r.stale = Some(true))),
            "missing",
        ),
        (
            "dismissed",
            lenient(approved().but(|r| r.dismissed = Some(true))),
            "missing",
        ),
        (
            "commit",
            lenient(approved().but(|r| r.commit = None)),
            "missing",
        ),
        ("retargeted", lenient(approved().retargeted()), "missing"),
        ("member", lenient(World::new().approves("bob")), "missing"),
    ]);
}

#[test]
fn only_an_approval_that_fails_nowhere_else_is_called_unofficial() {
    let pusher = World::new()
        .pushes("quinn", OTHER)
        .approves("quinn")
        .but(|r| r.official = Some(false));
    assert_eq!(pusher.discount(), Some(Discount::Pusher));
    let stale = approved().but(|r| (r.official, r.stale) = (Some(false), Some(true)));
    assert_eq!(stale.discount(), Some(Discount::Stale));
    let late = World::new()
        .head_moves(OTHER)
        .approves("quinn")
        .but(|r| r.official = Some(false));
    assert_eq!(late.discount(), Some(Discount::Unofficial));
    check(late, "missing");
}

#[test]
fn a_request_for_changes_is_valid_under_the_same_conditions() {
    check(World::new().requests_changes("quinn"), "quinn rejected");
    check(World::new().requests_changes("bob"), "missing");
    check(World::new().requests_changes("alice"), "missing");
    let changes: [fn(&mut Review); 5] = [
        |r| r.official = None,
        |r| r.dismissed = Some(true),
        |r| r.stale = None,
        |r| r.commit = None,
        |r| r.submitted_at = None,
    ];
    for change in changes {
        check(
            World::new().requests_changes("quinn").but(change),
            "missing",
        );
    }
    check(
        World::new().head_moves(OTHER).requests_changes("quinn"),
        "unknown: unsettled Soon",
    );
    check(
        World::new().requests_changes("quinn").retargeted(),
        "missing",
    );
}

#[test]
fn of_the_valid_reviews_of_a_person_the_latest_wins() {
    check_all([
        (
            "and back",
            approved().requests_changes("quinn"),
            "quinn rejected",
        ),
        (
            "and forth",
            World::new().requests_changes("quinn").approves("quinn"),
            "quinn of acme/qa approved",
        ),
    ]);
}

#[test]
fn latest_is_told_by_the_timeline_and_not_by_the_order_of_the_list() {
    let world = World::new().requests_changes("quinn").approves("quinn");
    check(
        world.facts(|facts| facts.reviews.rows.reverse()),
        "quinn of acme/qa approved",
    );
}

#[test]
fn a_row_that_the_timeline_does_not_name_is_taken_for_what_closes_the_gate() {
    let forget = |world: World, row: usize| {
        world.facts(|facts| {
            let id = facts.reviews.rows[row].id;
            facts.history.reviews.remove(&id);
        })
    };
    check(
        forget(approved().requests_changes("quinn"), 1),
        "quinn rejected",
    );
    check(
        forget(World::new().requests_changes("quinn").approves("quinn"), 1),
        "quinn rejected",
    );
    check(
        forget(World::new().requests_changes("quinn").approves("quinn"), 0),
        "quinn rejected",
    );
}

#[test]
fn reviews_are_validated_first_and_reduced_second() {
    let changes: [fn(&mut Review); 7] = [
        |r| r.commit = Some(sha(OTHER)),
        |r| r.commit = None,
        |r| r.stale = Some(true),
        |r| r.dismissed = None,
        |r| r.official = Some(false),
        |r| r.submitted_at = None,
        |r| r.state = ReviewState::Other(String::from("approved")),
    ];
    for change in changes {
        check(
            approved().requests_changes("quinn").but(change),
            "quinn of acme/qa approved",
        );
        check(
            World::new()
                .requests_changes("quinn")
                .approves("quinn")
                .but(change),
            "quinn rejected",
        );
    }
}

#[test]
fn a_comment_after_an_approval_does_not_mask_it() {
    check(
        approved().reviews("quinn", ReviewState::Other("COMMENT".into())),
        "quinn of acme/qa approved",
    );
}

#[test]
fn who_opened_another_pull_request_with_this_head_counts_for_none() {
    let world = approved().facts(|facts| facts.openers = vec![person("quinn")]);
    assert_eq!(world.discount(), Some(Discount::OpenedAnother));
    check(world, "missing");
}
