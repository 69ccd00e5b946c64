//! From what counts to a verdict.

use super::given::{HEAD, OTHER, World, attempt, gate_name, person, sha, team};
use super::{check, check_all};
use crate::gate::policy::TeamRef;
use crate::gate::settled::Late;
use crate::gate::verdict::{Because, Ground, Verdict};
use crate::gate::{Answers, Case, Step, evaluate};
use crate::model::{Cause, CommitState, Membership};

fn asked(world: &World) -> Vec<String> {
    world.asked.take();
    world.verdict("qa-review");
    world.asked.take()
}

#[test]
fn nothing_is_missing_that_nobody_has_said() {
    let world = World::new();
    check(world.clone(), "missing");
    assert!(asked(&world).is_empty());
}

#[test]
fn either_an_approval_or_a_declaration_satisfies() {
    check_all([
        (
            "approval",
            World::new().approves("quinn"),
            "quinn of acme/qa approved",
        ),
        (
            "declaration",
            World::new().declares("quinn", "qa-review"),
            "quinn of acme/qa declared",
        ),
        (
            "another's approval beside a declaration that does not count",
            World::new().declares("bob", "qa-review").approves("quinn"),
            "quinn of acme/qa approved",
        ),
    ]);
}

#[test]
fn the_ground_names_the_commit_and_the_comment() {
    let Verdict::Satisfied(Ground::Approval { head, .. }) =
        World::new().approves("quinn").verdict("qa-review").verdict
    else {
        panic!()
    };
    assert_eq!(head, sha(HEAD));
    let verdict = World::new()
        .declares("quinn", "qa-review")
        .verdict("qa-review");
    assert!(verdict.is_declared());
    let Verdict::Satisfied(Ground::Declaration {
        comment,
        reason,
        heard,
        ..
    }) = verdict.verdict
    else {
        panic!()
    };
    assert_eq!(
        (comment.get(), reason.as_deref(), heard),
        (12, Some("docs only"), true)
    );
}

#[test]
fn a_members_request_for_changes_is_a_rejection_only_when_nothing_else_satisfies() {
    check_all([
        (
            "alone",
            World::new().requests_changes("quinn"),
            "quinn rejected",
        ),
        (
            "another member approved",
            World::new().requests_changes("quinn").approves("quentin"),
            "quentin of acme/qa approved",
        ),
        (
            "another member declared",
            World::new()
                .requests_changes("quinn")
                .declares("quentin", "qa-review"),
            "quentin of acme/qa declared",
        ),
        (
            "a stranger approved",
            World::new().requests_changes("quinn").approves("bob"),
            "quinn rejected",
        ),
    ]);
}

#[test]
fn a_rejection_is_not_told_while_an_approval_may_still_satisfy() {
    let world = World::new()
        .requests_changes("quinn")
        .approves("quentin")
        .hides("acme/qa", "quentin");
    check(world, "unknown: quentin (refire acme/qa BotNotInTeam)");
}

#[test]
fn a_rejection_that_cannot_be_verified_is_no_rejection_and_is_not_missing() {
    let world = World::new()
        .requests_changes("quinn")
        .hides("acme/qa", "quinn");
    check(world, "unknown: quinn (refire acme/qa BotNotInTeam)");
}

#[test]
fn two_hundred_with_the_id_of_the_user_is_a_member_and_nothing_else_is() {
    for (answer, expected) in [
        (Membership::Member, "quinn of acme/qa approved"),
        (Membership::NotMember, "missing"),
        (Membership::AnotherUser, "missing"),
        (Membership::Unknown(Vec::new()), "unknown: quinn ()"),
    ] {
        check(
            World::new()
                .approves("quinn")
                .answers("acme/qa", "quinn", answer),
            expected,
        );
    }
}

#[test]
fn every_inconclusive_cause_leaves_it_unknown() {
    for cause in [
        Cause::TokenInvalid,
        Cause::ScopeMissing,
        Cause::BotNotInTeam,
        Cause::BotNotInOrg,
        Cause::TeamUnknown,
        Cause::PublicOnlyToken,
        Cause::AccountBlocked,
        Cause::SignInRequired,
        Cause::ProxyInBetween,
        Cause::ForgeUnavailable,
        Cause::OwnerNotAnOrganisation,
        Cause::Unexplained,
    ] {
        let tried = vec![attempt("refire", &team("acme/qa"), cause)];
        let world =
            World::new()
                .approves("quinn")
                .answers("acme/qa", "quinn", Membership::Unknown(tried));
        let verdict = world.verdict("qa-review").verdict;
        assert_eq!(
            (verdict.word(), verdict.state()),
            ("unknown", CommitState::Pending),
            "{cause:?}"
        );
    }
}

#[test]
fn an_inconclusive_probe_never_ends_the_evaluation_and_the_next_candidate_is_tried() {
    let world = World::new()
        .approves("quinn")
        .hides("acme/qa", "quinn")
        .approves("quentin");
    check(world, "quentin of acme/qa approved");
}

#[test]
fn one_proven_member_is_enough_and_nobody_after_is_asked_about() {
    let world = World::new()
        .approves("bob")
        .approves("quinn")
        .approves("quentin");
    assert_eq!(asked(&world), ["bob in acme/qa", "quinn in acme/qa"]);
}

#[test]
fn with_nobody_proven_and_anything_inconclusive_every_attempt_is_named() {
    let tried = ["refire", "reader"].map(|who| attempt(who, &team("acme/qa"), Cause::BotNotInTeam));
    let world = World::new()
        .approves("quinn")
        .answers("acme/qa", "quinn", Membership::Unknown(tried.to_vec()))
        .approves("quentin")
        .hides("acme/qa", "quentin")
        .approves("bob");
    check(
        world,
        "unknown: quinn (refire acme/qa BotNotInTeam, reader acme/qa BotNotInTeam); \
         quentin (refire acme/qa BotNotInTeam)",
    );
}

#[test]
fn a_declarer_in_doubt_does_not_hide_an_approval() {
    let world = World::new()
        .declares("quinn", "qa-review")
        .hides("acme/qa", "quinn")
        .approves("quentin");
    check(world, "quentin of acme/qa approved");
}

#[test]
fn every_waiver_team_is_asked_and_doubt_about_one_of_them_remains() {
    let world = World::new().policy(|policy| {
        policy.gates[0].waivers = vec![
            TeamRef::OfOwner("qa".into()),
            TeamRef::OfOwner("engineers".into()),
        ];
    });
    let world = world.declares("bob", "qa-review").hides("acme/qa", "bob");
    assert_eq!(asked(&world), ["bob in acme/qa", "bob in acme/engineers"]);
    check(world.clone(), "unknown: bob (refire acme/qa BotNotInTeam)");
    let world = world.answers("acme/engineers", "bob", Membership::Member);
    check(world, "bob of acme/engineers declared");
}

#[test]
fn nobody_is_asked_about_who_cannot_count() {
    let world = World::new()
        .approves("alice")
        .approves("quinn")
        .but(|r| r.stale = Some(true))
        .declares("refire", "qa-review");
    assert!(asked(&world).is_empty());
}

#[test]
fn nobody_is_asked_about_twice() {
    let world = World::new()
        .approves("bob")
        .declares("bob", "qa-review")
        .requests_changes("carol");
    assert_eq!(asked(&world), ["bob in acme/qa", "carol in acme/qa"]);
}

#[test]
fn answers_about_one_team_are_no_answers_about_another() {
    let world = World::new();
    let gate = world.policy.gate(&gate_name("qa-review")).unwrap();
    let world = World::new().approves("quinn");
    let case = Case {
        policy: &world.policy,
        gate,
        facts: &world.facts,
    };
    let mut answers = Answers::default();
    answers.add(
        &team("acme/security"),
        vec![(person("quinn"), Membership::Member)],
    );
    answers.add(
        &team("other/qa"),
        vec![(person("quinn"), Membership::Member)],
    );
    assert_eq!(
        evaluate(case, &answers),
        Step::Ask(team("acme/qa"), vec![person("quinn")])
    );
}

#[test]
fn a_team_is_of_the_repositorys_owner_or_named() {
    let world = World::new().policy(|policy| {
        policy.gates[0].team = TeamRef::Named("umbrella/qa".parse().unwrap());
    });
    let world = world.answers("umbrella/qa", "bob", Membership::Member);
    check(world.clone().approves("bob"), "bob of umbrella/qa approved");
    check(world.approves("quinn"), "missing");
}

#[test]
fn a_push_that_was_never_recorded_is_the_cause_and_nobody_is_asked_to_approve_in_vain() {
    let late = || World::new().head_moves(OTHER).read_after(61);
    check_all([
        ("nobody did anything", late(), "unknown: unsettled Never"),
        (
            "an approval for the head",
            late().approves("quinn"),
            "unknown: unsettled Never",
        ),
        (
            "an approval that Gitea stored for the old commit",
            late().approves("quinn").but(|r| r.commit = Some(sha(HEAD))),
            "unknown: unsettled Never",
        ),
        (
            "a declaration",
            late().declares("quinn", "qa-review"),
            "unknown: unsettled Never",
        ),
    ]);
    check(World::new().head_moves(OTHER), "missing");
}

#[test]
fn what_was_read_is_told_in_one_word_and_one_state() {
    for (world, word, state) in [
        (
            World::new().approves("quinn"),
            "satisfied",
            CommitState::Success,
        ),
        (
            World::new().requests_changes("quinn"),
            "rejected",
            CommitState::Failure,
        ),
        (World::new(), "missing", CommitState::Pending),
        (
            World::new().approves("quinn").hides("acme/qa", "quinn"),
            "unknown",
            CommitState::Pending,
        ),
    ] {
        let verdict = world.verdict("qa-review").verdict;
        assert_eq!((verdict.word(), verdict.state()), (word, state));
    }
}

#[test]
fn only_a_doubt_that_time_may_remove_is_looked_at_again() {
    let late = |late| Because::Unsettled(late);
    let probe = || Because::Probe {
        who: person("quinn").id,
        login: "quinn".into(),
        diagnoses: Vec::new(),
    };
    for (because, heals) in [
        (vec![late(Late::Soon)], true),
        (vec![late(Late::Never)], false),
        (vec![late(Late::NoHead)], false),
        (vec![late(Late::Never), probe()], true),
        (vec![Because::TooManyShare], true),
    ] {
        assert_eq!(
            Verdict::Unknown(because.clone()).may_heal(),
            heals,
            "{because:?}"
        );
    }
    assert!(!Verdict::Missing.may_heal());
}
