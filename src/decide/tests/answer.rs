//! What one comment is told, and what has to be found out for it.

use super::{Conversation, read, writes};
use crate::decide::answer::{Ask, Known, gates_of, parts, refired, slips, speaks, stays_open};
use crate::decide::reply::Part;
use crate::gate::Answers;
use crate::gate::declaration::Refusal;
use crate::gate::policy::TeamRef;
use crate::gate::tests::given::{OTHER, World, attempt, evidence, person, policy, team};
use crate::model::{Cause, Membership};

fn names(gates: &[crate::gate::policy::GateName]) -> Vec<&str> {
    gates
        .iter()
        .map(crate::gate::policy::GateName::as_str)
        .collect()
}

/// What the parts are about, one word each.
fn kinds(parts: &[Part]) -> Vec<String> {
    let kind = |part: &Part| match part {
        Part::Gate(verdict) => format!("gate {}", verdict.gate),
        Part::Declaration(said) => format!("declaration {}", said.gate.gate),
        Part::Revocation { gate, had, .. } => format!("revocation {gate} {had}"),
        Part::WhoAmI(_) => String::from("who am I"),
        Part::Help => String::from("help"),
        Part::Slip(..) => String::from("slip"),
        Part::TooMany(n) => format!("too many {n}"),
        Part::Truncated => String::from("truncated"),
        _ => String::from("other"),
    };
    parts.iter().map(kind).collect()
}

#[test]
fn a_comment_needs_the_gates_that_its_commands_name_in_configured_order() {
    for (body, needed) in [
        ("/refire", vec!["qa-review", "security-review"]),
        ("/refire all", vec!["qa-review", "security-review"]),
        ("/refire qa", vec!["qa-review"]),
        (
            "/sop-n/a security docs\n/refire qa",
            vec!["qa-review", "security-review"],
        ),
        ("/sop-revoke qa", vec!["qa-review"]),
        ("/whoami-teams", vec![]),
        ("/refire help", vec![]),
        ("/refire nothing", vec![]),
        ("LGTM", vec![]),
    ] {
        assert_eq!(
            names(&gates_of(&read(&policy(), body), &policy())),
            needed,
            "{body}"
        );
    }
}

#[test]
fn only_a_recheck_posts_again_what_stands() {
    for (body, again) in [
        ("/refire qa", vec!["qa-review"]),
        ("/refire", vec!["qa-review", "security-review"]),
        ("/sop-n/a qa docs", vec![]),
        (
            "/sop-n/a qa docs\n/refire security",
            vec!["security-review"],
        ),
        ("/sop-revoke qa", vec![]),
    ] {
        assert_eq!(
            names(&refired(&read(&policy(), body), &policy())),
            again,
            "{body}"
        );
    }
}

#[test]
fn only_directives_speak() {
    for (body, does) in [
        ("/sop-n/a qa x", true),
        ("/sop-revoke qa", true),
        ("/refire", false),
        ("/whoami-teams", false),
    ] {
        assert_eq!(speaks(&read(&policy(), body)), does, "{body}");
    }
}

#[test]
fn every_command_is_answered_in_the_order_of_the_comment() {
    let body = "/refire security\n/sop-n/a qa docs\n/whoami-teams\n/refire help\n/refire securty";
    let told = writes(World::new(), "quinn", body).parts();
    assert_eq!(
        kinds(&told),
        [
            "gate security-review",
            "declaration qa-review",
            "who am I",
            "help",
            "slip"
        ]
    );
}

#[test]
fn refire_without_argument_tells_of_every_gate() {
    let told = writes(World::new(), "bob", "/refire").parts();
    assert_eq!(kinds(&told), ["gate qa-review", "gate security-review"]);
}

#[test]
fn of_several_directives_for_one_gate_the_last_is_told() {
    for (body, told) in [
        (
            "/sop-n/a qa a\n/sop-n/a qa b",
            vec!["declaration qa-review"],
        ),
        (
            "/sop-n/a qa a\n/sop-revoke qa",
            vec!["revocation qa-review false"],
        ),
        (
            "/sop-revoke qa\n/sop-n/a qa a",
            vec!["declaration qa-review"],
        ),
        (
            "/sop-n/a qa a\n/sop-n/a security b",
            vec!["declaration qa-review", "declaration security-review"],
        ),
    ] {
        assert_eq!(
            kinds(&writes(World::new(), "quinn", body).parts()),
            told,
            "{body}"
        );
    }
}

#[test]
fn more_than_sixteen_commands_and_a_cut_comment_are_told() {
    let body: String = (0..18).map(|n| format!("/sop-revoke qa {n}\n")).collect();
    let told = kinds(&slips(&read(&policy(), &body), &policy()));
    assert_eq!(told, ["too many 2"]);
    let long = format!("/refire qa\n\n{}", "x".repeat(70_000));
    assert_eq!(
        kinds(&slips(&read(&policy(), &long), &policy())),
        ["truncated"]
    );
}

fn declaration(told: &[Part]) -> &crate::decide::reply::Declaration {
    match told {
        [Part::Declaration(said)] => said,
        other => panic!("{:?}", kinds(other)),
    }
}

#[test]
fn a_declarer_is_asked_about_even_where_somebody_else_satisfies_the_gate() {
    let world = World::new().declares("quinn", "qa-review");
    let spoken = writes(world, "bob", "/sop-n/a qa docs");
    assert_eq!(
        declaration(&spoken.parts()).membership,
        Membership::NotMember
    );
    let spoken = writes(
        World::new().declares("quinn", "qa-review"),
        "quentin",
        "/sop-n/a qa docs",
    );
    assert_eq!(declaration(&spoken.parts()).membership, Membership::Member);
}

#[test]
fn who_cannot_declare_is_not_asked_about() {
    let spoken = writes(World::new(), "alice", "/sop-n/a qa docs");
    let mut answers = Answers::default();
    let verdicts = spoken.verdicts(&mut answers);
    let known = Known {
        policy: &spoken.world.policy,
        facts: &spoken.world.facts,
        verdicts: &verdicts,
        answers: &Answers::default(),
        asides: &crate::decide::answer::Asides::default(),
    };
    let told = parts(known, &spoken.asked).unwrap();
    let said = declaration(&told).declared.clone().unwrap();
    assert_eq!(said.standing, Err(Refusal::Author));
}

#[test]
fn membership_of_one_waiver_team_is_enough_and_doubt_is_not_no() {
    let two = |world: World| {
        world.policy(|policy| {
            policy.gates[0].waivers = ["qa", "engineers"]
                .map(|team| TeamRef::OfOwner(team.into()))
                .to_vec();
        })
    };
    let membership = |world: World| {
        let told = writes(two(world), "bob", "/sop-n/a qa docs").parts();
        declaration(&told).membership.clone()
    };
    let tried = Membership::Unknown(vec![attempt(
        "refire",
        &team("acme/qa"),
        Cause::BotNotInTeam,
    )]);
    assert_eq!(membership(World::new()), Membership::NotMember);
    assert_eq!(membership(World::new().hides("acme/qa", "bob")), tried);
    let world =
        World::new()
            .hides("acme/qa", "bob")
            .answers("acme/engineers", "bob", Membership::Member);
    assert_eq!(membership(world), Membership::Member);
}

#[test]
fn what_is_not_known_yet_is_asked_for_one_team_at_a_time() {
    let spoken = writes(World::new(), "bob", "/whoami-teams");
    let question = |answers: &Answers| {
        let (policy, facts) = (&spoken.world.policy, &spoken.world.facts);
        parts(
            Known {
                policy,
                facts,
                verdicts: &[],
                answers,
                asides: &crate::decide::answer::Asides::default(),
            },
            &spoken.asked,
        )
        .unwrap_err()
    };
    let mut answers = Answers::default();
    assert_eq!(
        question(&answers),
        Ask::Membership(team("acme/qa"), vec![person("bob")])
    );
    answers.add(
        &team("acme/qa"),
        vec![(person("bob"), Membership::NotMember)],
    );
    assert_eq!(
        question(&answers),
        Ask::Membership(team("acme/security"), vec![person("bob")])
    );
}

#[test]
fn whoami_answers_only_about_its_writer() {
    let told = writes(World::new().approves("quinn"), "bob", "/whoami-teams").reply();
    assert!(!told.contains("quinn"), "{told}");
}

#[test]
fn a_revocation_tells_whether_there_was_anything_to_withdraw() {
    let had = |world: World| kinds(&writes(world, "quinn", "/sop-revoke qa").parts());
    assert_eq!(had(World::new()), ["revocation qa-review false"]);
    assert_eq!(
        had(World::new().declares("quentin", "qa-review")),
        ["revocation qa-review false"]
    );
    assert_eq!(
        had(World::new().declares("quinn", "security-review")),
        ["revocation qa-review false"]
    );
    assert_eq!(
        had(World::new().declares("quinn", "qa-review")),
        ["revocation qa-review true"]
    );
    let over = World::new()
        .declares("quinn", "qa-review")
        .pushes("alice", OTHER);
    assert_eq!(had(over), ["revocation qa-review true"]);
}

#[test]
fn an_answer_stays_open_while_it_may_change() {
    let open = |spoken: Conversation| stays_open(&spoken.parts());
    let declared = || writes(World::new(), "quinn", "/sop-n/a qa docs");
    for (shows, stays, expected) in [
        (
            "a verdict",
            open(writes(World::new(), "bob", "/refire qa")),
            false,
        ),
        (
            "an unknown verdict",
            open(writes(
                World::new().approves("quinn").hides("acme/qa", "quinn"),
                "bob",
                "/refire qa",
            )),
            true,
        ),
        (
            "an accepted declaration, which a push ends",
            open(declared()),
            true,
        ),
        (
            "one by nobody of the team",
            open(writes(World::new(), "bob", "/sop-n/a qa docs")),
            false,
        ),
        (
            "one in doubt",
            open(writes(
                World::new().hides("acme/qa", "quinn"),
                "quinn",
                "/sop-n/a qa x",
            )),
            true,
        ),
        (
            "one that waits for the timeline",
            open(declared().then(|w| w.head_moves(OTHER))),
            true,
        ),
        (
            "one that was never settled, which a push settles",
            open(declared().then(|w| w.head_moves(OTHER).read_after(61))),
            true,
        ),
        (
            "one that a push ended",
            open(declared().then(|w| w.pushes("alice", OTHER))),
            false,
        ),
        (
            "one that is gone",
            open(declared().then(World::and_is_deleted)),
            false,
        ),
        (
            "who am I",
            open(writes(World::new(), "bob", "/whoami-teams")),
            false,
        ),
        (
            "who am I, in doubt",
            open(writes(
                World::new().hides("acme/qa", "bob"),
                "bob",
                "/whoami-teams",
            )),
            true,
        ),
        (
            "help",
            open(writes(World::new(), "bob", "/refire help")),
            false,
        ),
    ] {
        assert_eq!(stays, expected, "{shows}");
    }
    let away = crate::gate::tests::given::diagnosis(
        evidence("refire", 502, None),
        crate::model::Subject::Forge,
        Cause::ForgeUnavailable,
    );
    assert!(stays_open(&[Part::CannotLook(Box::new(away))]));
}
