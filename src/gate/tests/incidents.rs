//! The incidents that gates must survive, by their numbers. Those about commands, statuses and
//! replies stand with the decisions.

use super::given::{OTHER, World, gate_name, sha, team};
use super::{check, check_all};
use crate::gate::facts::{Directive, Says};
use crate::model::{CommitState, Membership, ReviewState};

#[test]
fn i01_a_403_of_the_first_candidate_does_not_end_the_evaluation() {
    let world = World::new()
        .approves("quinn")
        .hides("acme/qa", "quinn")
        .approves("quentin");
    check(world, "quentin of acme/qa approved");
}

#[test]
fn i02_all_403_is_cannot_verify_and_never_not_approved() {
    let world = World::new().approves("quinn").hides("acme/qa", "quinn");
    check(world, "unknown: quinn (refire acme/qa BotNotInTeam)");
}

#[test]
fn i03_membership_of_the_organisation_is_never_asked_for_and_never_counts() {
    let world = World::new().approves("sam").declares("sam", "qa-review");
    check(world.clone(), "missing");
    world.asked.take();
    world.verdict("qa-review");
    assert_eq!(world.asked.take(), ["sam in acme/qa"]);
}

#[test]
fn i06_a_draft_is_no_approval() {
    check(
        World::new().reviews("quinn", ReviewState::Other("PENDING".into())),
        "missing",
    );
}

#[test]
fn i07_reviews_without_commit_stale_dismissed_or_unofficial_do_not_count_and_erase_nothing() {
    let valid = || World::new().approves("quinn");
    check_all([
        ("no commit", valid().but(|r| r.commit = None), "missing"),
        ("stale", valid().but(|r| r.stale = Some(true)), "missing"),
        (
            "dismissed",
            valid().but(|r| r.dismissed = Some(true)),
            "missing",
        ),
        (
            "unofficial",
            valid().but(|r| r.official = Some(false)),
            "missing",
        ),
        (
            "a later row of an older commit",
            valid()
                .requests_changes("quinn")
                .but(|r| r.commit = Some(sha(OTHER))),
            "quinn of acme/qa approved",
        ),
    ]);
}

#[test]
fn i08_words_are_no_approval() {
    check(
        World::new().reviews("quinn", ReviewState::Other("COMMENT".into())),
        "missing",
    );
    check(World::new().says("quinn", &[]), "missing");
}

#[test]
fn i16_the_author_waives_nothing() {
    let world = World::new().answers("acme/qa", "alice", Membership::Member);
    check(world.declares("alice", "qa-review"), "missing");
}

#[test]
fn i17_a_declaration_for_a_gate_that_is_none_is_nobodys_and_disturbs_nothing() {
    let world = World::new()
        .declares("quinn", "qa-review")
        .but_said(|said| {
            let says = Says::Declare {
                commit: None,
                reason: None,
            };
            said.directives.push(Directive {
                gate: gate_name("sop-checklist"),
                says,
            });
        });
    check(world.clone(), "quinn of acme/qa declared");
    assert!(world.policy.gate(&gate_name("sop-checklist")).is_none());
}

#[test]
fn i18_deleted_users_are_ignored() {
    let world = World::new()
        .approves("quinn")
        .but(|r| r.reviewer = None)
        .approves("Ghost")
        .declares("Ghost", "qa-review");
    check(
        world.answers("acme/qa", "Ghost", Membership::Member),
        "missing",
    );
}

#[test]
fn i23_what_the_bot_could_not_evaluate_is_pending_and_looked_at_again() {
    let world = World::new().approves("quinn");
    let verdict = world
        .answers("acme/qa", "quinn", Membership::Unknown(Vec::new()))
        .verdict("qa-review");
    assert_eq!(verdict.verdict.state(), CommitState::Pending);
    assert!(verdict.verdict.may_heal());
    assert_eq!(verdict.team, team("acme/qa"));
}
