//! The declaration rule.

use super::check;
use super::given::{HEAD, OTHER, World, person, second, sha};
use crate::gate::declaration::Refusal;
use crate::gate::facts::{Hearing, Says};
use crate::gate::policy::{Bind, TeamRef, Unheard};
use crate::gate::settled::Late;
use crate::model::{Account, Membership};

const DECLARED: &str = "quinn of acme/qa declared";

fn declared() -> World {
    World::new().declares("quinn", "qa-review")
}

#[track_caller]
fn is_refused(world: World, why: Refusal) {
    assert_eq!(world.refusal(), Some(why));
    check(world, "missing");
}

fn said(reason: &str) -> Says {
    Says::Declare {
        commit: None,
        reason: Some(reason.to_owned()),
    }
}

#[test]
fn a_declaration_by_a_proven_member_of_a_waiver_team_satisfies_the_gate() {
    check(declared(), DECLARED);
    assert_eq!(declared().outcome("security-review"), "missing");
    check(World::new().declares("bob", "qa-review"), "missing");
}

#[test]
fn the_gates_own_team_waives_nothing_where_others_are_named() {
    let engineers = |world: World| {
        world.policy(|policy| policy.gates[0].waivers = vec![TeamRef::OfOwner("engineers".into())])
    };
    check(engineers(declared()), "missing");
    check(
        engineers(World::new().declares("erin", "qa-review")),
        "erin of acme/engineers declared",
    );
    check(engineers(World::new().approves("erin")), "missing");
}

#[test]
fn one_of_several_waiver_teams_is_enough_also_of_another_organisation() {
    let world = World::new().policy(|policy| {
        policy.gates[0].waivers = vec![
            TeamRef::OfOwner("qa".into()),
            TeamRef::Named("umbrella/leads".parse().unwrap()),
        ];
    });
    let world = world.answers("umbrella/leads", "bob", Membership::Member);
    check(
        world.declares("bob", "qa-review"),
        "bob of umbrella/leads declared",
    );
}

#[test]
fn the_newest_directive_of_a_person_for_a_gate_wins() {
    let world = declared().declares_at("quinn", "qa-review", OTHER);
    is_refused(
        world,
        Refusal::OtherCommit {
            named: OTHER.into(),
            head: sha(HEAD),
        },
    );
    let world = World::new()
        .declares_at("quinn", "qa-review", OTHER)
        .declares("quinn", "qa-review");
    check(world.clone(), DECLARED);
    let older = world.verdict("qa-review").declarations[0].standing.clone();
    assert_eq!(older, Err(Refusal::Superseded));
}

#[test]
fn directives_of_other_people_and_for_other_gates_do_not_interfere() {
    check(declared().revokes("quentin", "qa-review"), DECLARED);
    check(declared().revokes("quinn", "security-review"), DECLARED);
    check(declared().declares("bob", "qa-review"), DECLARED);
}

#[test]
fn one_comment_may_declare_two_gates() {
    let both = [
        ("qa-review", said("docs")),
        ("security-review", said("docs")),
    ];
    let world = World::new()
        .answers("acme/security", "quinn", Membership::Member)
        .says("quinn", &both);
    check(world.clone(), DECLARED);
    assert_eq!(
        world.outcome("security-review"),
        "quinn of acme/security declared"
    );
}

#[test]
fn the_last_directive_of_one_comment_wins() {
    let then = |first: Says, second: Says| {
        World::new().says("quinn", &[("qa-review", first), ("qa-review", second)])
    };
    check(then(said("docs"), Says::Revoke), "missing");
    check(then(Says::Revoke, said("docs")), DECLARED);
}

#[test]
fn a_revocation_by_the_same_user_withdraws_it() {
    is_refused(declared().revokes("quinn", "qa-review"), Refusal::Revoked);
    check(
        declared()
            .revokes("quinn", "qa-review")
            .declares("quinn", "qa-review"),
        DECLARED,
    );
}

#[test]
fn a_revocation_stays_final_when_a_writer_deletes_its_comment() {
    is_refused(
        declared().revokes("quinn", "qa-review").and_is_deleted(),
        Refusal::Revoked,
    );
}

#[test]
fn a_revocation_stays_final_when_a_writer_edits_its_comment() {
    let edited = |world: World| world.but_said(|said| said.directives.clear());
    is_refused(
        edited(declared().revokes("quinn", "qa-review")),
        Refusal::Revoked,
    );
}

#[test]
fn a_revocation_is_final_for_older_declarations_only() {
    let world = declared().revokes("quinn", "qa-review").and_is_deleted();
    check(world.declares("quinn", "qa-review"), DECLARED);
}

#[test]
fn deleting_the_declaration_withdraws_it() {
    check(declared().and_is_deleted(), "missing");
}

#[test]
fn the_declarer_is_not_the_author_not_the_bot_not_a_service_account_not_deleted() {
    for (who, why) in [
        ("alice", Refusal::Author),
        ("refire", Refusal::Bot),
        ("ci-runner", Refusal::ServiceAccount),
        ("Ghost", Refusal::NobodyReal),
    ] {
        let world = World::new().answers("acme/qa", who, Membership::Member);
        is_refused(world.declares(who, "qa-review"), why);
    }
}

#[test]
fn who_opened_another_pull_request_with_this_head_declares_for_none() {
    let world = declared().facts(|facts| facts.openers = vec![person("quinn")]);
    is_refused(world, Refusal::OpenedAnother);
}

#[test]
fn the_declarer_pushed_nothing_to_this_pull_request() {
    is_refused(
        World::new()
            .pushes("quinn", OTHER)
            .declares("quinn", "qa-review"),
        Refusal::Pusher,
    );
    let lenient = World::new().policy(|policy| policy.approvals.exclude_pushers = false);
    is_refused(
        lenient
            .pushes("quinn", OTHER)
            .declares("quinn", "qa-review"),
        Refusal::Pusher,
    );
}

#[test]
fn a_push_ends_a_declaration() {
    let head = sha(OTHER);
    is_refused(
        declared().pushes("alice", OTHER),
        Refusal::PushedAfter { head },
    );
}

#[test]
fn a_push_back_to_the_same_commit_ends_it_too() {
    let world = declared().pushes("alice", OTHER).pushes("alice", HEAD);
    is_refused(world, Refusal::PushedAfter { head: sha(HEAD) });
}

#[test]
fn a_declaration_counts_only_while_the_timeline_is_settled() {
    let late = declared().head_moves(OTHER);
    assert_eq!(late.refusal(), Some(Refusal::Unsettled(Late::Soon)));
    check(late.clone(), "unknown: unsettled Soon");
    check(late.read_after(61), "unknown: unsettled Never");
    check(
        declared().facts(|facts| facts.pull.head = None),
        "unknown: unsettled NoHead",
    );
}

#[test]
fn a_change_of_the_base_ends_a_declaration_however_it_is_bound() {
    is_refused(declared().retargeted(), Refusal::Retargeted);
    is_refused(declared().reopened(), Refusal::Reopened);
    let bound = declared().policy(|policy| policy.declarations.bind = Bind::PullRequest);
    is_refused(bound.retargeted(), Refusal::Retargeted);
    check(
        World::new().retargeted().declares("quinn", "qa-review"),
        DECLARED,
    );
}

#[test]
fn nobody_can_have_looked_within_the_grace_after_a_push() {
    for seconds in [0, 4, 9] {
        let world = World::new()
            .pushes("alice", OTHER)
            .within(seconds)
            .declares("quinn", "qa-review");
        let seconds = u64::try_from(seconds).unwrap();
        is_refused(
            world,
            Refusal::TooSoon {
                seconds,
                head: sha(OTHER),
            },
        );
    }
    check(
        World::new()
            .pushes("alice", OTHER)
            .within(10)
            .declares("quinn", "qa-review"),
        DECLARED,
    );
}

#[test]
fn a_push_that_was_written_down_after_the_comment_was_written_is_too_soon() {
    let world = World::new()
        .pushes("alice", OTHER)
        .within(-2)
        .declares("quinn", "qa-review");
    is_refused(
        world,
        Refusal::TooSoon {
            seconds: 0,
            head: sha(OTHER),
        },
    );
}

#[test]
fn the_grace_is_configured() {
    let soon = World::new()
        .pushes("alice", OTHER)
        .within(4)
        .declares("quinn", "qa-review");
    check(
        soon.policy(|p| p.declarations.grace = std::time::Duration::from_secs(4)),
        DECLARED,
    );
}

#[test]
fn the_opening_of_a_pull_request_is_no_push_that_changed_it() {
    check(
        World::new().within(1).declares("quinn", "qa-review"),
        DECLARED,
    );
}

#[test]
fn the_first_push_to_a_pull_request_that_was_opened_empty_is_no_opening() {
    let first_push = |after: i64| {
        let empty = World::new().facts(|facts| facts.history.pushes.clear());
        let pushed = empty.within(after - 1).pushes("alice", OTHER);
        pushed.within(4).declares("quinn", "qa-review")
    };
    check(first_push(3), DECLARED);
    for after in [4, 60] {
        let head = sha(OTHER);
        is_refused(first_push(after), Refusal::TooSoon { seconds: 4, head });
    }
}

#[test]
fn a_second_push_right_after_the_opening_changed_the_pull_request() {
    let world = World::new()
        .within(1)
        .pushes("alice", OTHER)
        .within(2)
        .declares("quinn", "qa-review");
    is_refused(
        world,
        Refusal::TooSoon {
            seconds: 2,
            head: sha(OTHER),
        },
    );
}

#[test]
fn naming_the_commit_needs_no_grace() {
    let soon = || World::new().pushes("alice", OTHER).within(1);
    check(soon().declares_at("quinn", "qa-review", OTHER), DECLARED);
    check(
        soon().declares_at("quinn", "qa-review", sha(OTHER).as_str()),
        DECLARED,
    );
}

#[test]
fn naming_another_commit_than_the_head_is_refused() {
    let named = || HEAD.to_owned();
    let world = World::new()
        .pushes("alice", OTHER)
        .declares_at("quinn", "qa-review", HEAD);
    is_refused(
        world,
        Refusal::OtherCommit {
            named: named(),
            head: sha(OTHER),
        },
    );
    let bound = World::new().policy(|policy| policy.declarations.bind = Bind::PullRequest);
    let world = bound
        .pushes("alice", OTHER)
        .declares_at("quinn", "qa-review", HEAD);
    is_refused(
        world,
        Refusal::OtherCommit {
            named: named(),
            head: sha(OTHER),
        },
    );
}

#[test]
fn naming_the_commit_does_not_survive_a_push() {
    let world = World::new()
        .declares_at("quinn", "qa-review", HEAD)
        .pushes("alice", OTHER)
        .pushes("alice", HEAD);
    is_refused(world, Refusal::PushedAfter { head: sha(HEAD) });
}

#[test]
fn bound_to_the_pull_request_a_declaration_survives_pushes_and_needs_no_grace() {
    let bound = || World::new().policy(|policy| policy.declarations.bind = Bind::PullRequest);
    check(
        bound()
            .declares("quinn", "qa-review")
            .pushes("alice", OTHER),
        DECLARED,
    );
    check(
        bound()
            .pushes("alice", OTHER)
            .within(1)
            .declares("quinn", "qa-review"),
        DECLARED,
    );
    let late = bound().declares("quinn", "qa-review").head_moves(OTHER);
    check(late, "unknown: unsettled Soon");
    is_refused(
        bound()
            .declares("quinn", "qa-review")
            .pushes("quinn", OTHER),
        Refusal::Pusher,
    );
}

#[test]
fn an_edited_comment_never_declares() {
    for by in [None, Some(String::from("bob")), Some(String::from("quinn"))] {
        let world = declared().but_said(|said| said.hearing = Hearing::Edited(by.clone()));
        is_refused(world, Refusal::Edited(by));
    }
    for hearing in [Hearing::Heard, Hearing::Unheard] {
        let world = declared().but_said(|said| {
            said.updated_at = second(600);
            said.hearing = hearing;
        });
        is_refused(world, Refusal::Edited(None));
    }
}

#[test]
fn a_revocation_in_an_edited_comment_still_withdraws() {
    let world = declared().revokes("quinn", "qa-review").but_said(|said| {
        said.updated_at = second(600);
        said.hearing = Hearing::Edited(Some("bob".into()));
    });
    is_refused(world, Refusal::Revoked);
}

#[test]
fn a_declaration_that_was_never_heard_counts_by_default_and_is_told_apart() {
    let unheard = declared().but_said(|said| said.hearing = Hearing::Unheard);
    check(unheard.clone(), DECLARED);
    assert!(!unheard.verdict("qa-review").declarations[0].heard);
    assert!(declared().verdict("qa-review").declarations[0].heard);
}

#[test]
fn a_declaration_that_was_never_heard_is_refused_where_the_deployment_says_so() {
    let refuse =
        |world: World| world.policy(|policy| policy.declarations.unheard = Unheard::Refuse);
    is_refused(
        refuse(declared().but_said(|said| said.hearing = Hearing::Unheard)),
        Refusal::Unheard,
    );
    check(refuse(declared()), DECLARED);
}

#[test]
fn a_comment_older_than_the_repository_was_migrated_and_never_counts() {
    let old = |at: i64| {
        declared().but_said(|said| (said.created_at, said.updated_at) = (second(at), second(at)))
    };
    is_refused(old(-86_401), Refusal::Migrated);
    assert_eq!(
        old(-86_400)
            .policy(|p| p.declarations.grace = std::time::Duration::ZERO)
            .refusal(),
        None
    );
}

#[test]
fn a_reason_can_be_required() {
    let strict = World::new().policy(|policy| policy.declarations.require_reason = true);
    is_refused(
        strict.clone().declares_at("quinn", "qa-review", HEAD),
        Refusal::NoReason,
    );
    check(strict.declares("quinn", "qa-review"), DECLARED);
}

#[test]
fn there_is_nothing_to_waive_on_an_empty_pull_request() {
    let empty = World::new().facts(|facts| {
        facts.history.pushes.clear();
        facts.pull.empty = true;
    });
    is_refused(empty.declares("quinn", "qa-review"), Refusal::Empty);
}

#[test]
fn a_second_person_of_that_name_is_another_person() {
    let world = declared().but_said(|said| said.author = Account::new(77, "quinn"));
    check(world, "missing");
}

#[test]
fn only_what_time_heals_is_looked_at_again() {
    for (refusal, unknown, heals) in [
        (Refusal::Unsettled(Late::Soon), true, true),
        (Refusal::Unsettled(Late::Never), true, false),
        (Refusal::Unsettled(Late::NoHead), true, false),
        (Refusal::Author, false, false),
    ] {
        assert_eq!(
            (refusal.is_unknown(), refusal.may_heal()),
            (unknown, heals),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_newer_directive_in_an_edited_comment_closes_the_gate_rather_than_leaving_the_older_one() {
    let world = declared().declares("quinn", "qa-review");
    let world = world.but_said(|said| said.hearing = Hearing::Edited(Some("bob".into())));
    is_refused(world, Refusal::Edited(Some("bob".into())));
}
