//! Which gates a turn looks at.

use super::writes;
use crate::decide::record::PullRecord;
use crate::decide::scope::{Scope, contradicts, scope};
use crate::gate::policy::GateName;
use crate::gate::tests::given::{HEAD, OTHER, World, gate_name, policy, second, sha};
use crate::model::{CommitState, Posted};

/// What is looked at for one comment on a pull request whose head was evaluated before.
fn looked_at(world: World, body: &str) -> Scope {
    let record = evaluated(&world, HEAD);
    let spoken = writes(world, "quinn", body);
    scope(
        &spoken.world.policy,
        &spoken.world.facts,
        &[spoken.asked],
        Some(&record),
    )
}

fn evaluated(world: &World, head: &str) -> PullRecord {
    let mut record = PullRecord::new(world.facts.pull.clone(), second(0));
    record.evaluated = Some(sha(head));
    record
}

fn only(gates: &[&str], declarations: bool) -> Scope {
    let gates: Vec<GateName> = gates.iter().map(|gate| gate_name(gate)).collect();
    Scope {
        all: gates.len() == 2,
        gates,
        declarations,
    }
}

#[test]
fn a_recheck_of_one_gate_looks_at_that_gate() {
    assert_eq!(
        looked_at(World::new(), "/refire qa"),
        only(&["qa-review"], false)
    );
    assert_eq!(
        looked_at(World::new(), "/refire"),
        only(&["qa-review", "security-review"], false)
    );
    assert_eq!(looked_at(World::new(), "/whoami-teams"), only(&[], false));
}

#[test]
fn a_declaration_looks_at_every_gate_that_anybody_declares_because_they_are_listed_together() {
    assert_eq!(
        looked_at(World::new(), "/sop-n/a qa docs"),
        only(&["qa-review"], true)
    );
    let other = World::new().declares("sam", "security-review");
    assert_eq!(
        looked_at(other.clone(), "/sop-n/a qa docs"),
        only(&["qa-review", "security-review"], true)
    );
    assert_eq!(
        looked_at(other.clone(), "/sop-revoke qa"),
        only(&["qa-review", "security-review"], true)
    );
    assert_eq!(looked_at(other, "/refire qa"), only(&["qa-review"], false));
}

#[test]
fn a_new_head_gets_everything() {
    let world = World::new();
    let everything = Scope::everything(&world.policy);
    assert_eq!(everything, only(&["qa-review", "security-review"], true));
    let spoken = writes(world, "alice", "/refire qa");
    let facts = &spoken.world.facts;
    let asked = [spoken.asked.clone()];
    let old = evaluated(&spoken.world, OTHER);
    assert_eq!(
        scope(&spoken.world.policy, facts, &asked, Some(&old)),
        everything
    );
    let never = PullRecord::new(facts.pull.clone(), second(0));
    assert_eq!(
        scope(&spoken.world.policy, facts, &asked, Some(&never)),
        everything
    );
    assert_eq!(
        scope(&spoken.world.policy, facts, &asked, None),
        only(&["qa-review"], false)
    );
}

fn listed(description: &str) -> Vec<Posted> {
    let context = String::from("sop-checklist / na-declarations (pull_request)");
    vec![Posted {
        context,
        state: CommitState::Success,
        description: description.into(),
        at: second(0),
        restored: None,
    }]
}

#[test]
fn a_list_that_contradicts_what_was_found_is_noticed() {
    let facts = World::new().facts;
    let found = |qa, security| {
        [
            (gate_name("qa-review"), qa),
            (gate_name("security-review"), security),
        ]
    };
    for (description, found, contradicted) in [
        ("N/A: (none)", found(false, false), false),
        ("N/A: qa-review, security-review", found(true, true), false),
        ("N/A: qa-review", found(true, false), false),
        ("N/A: qa-review", found(false, false), true),
        ("N/A: (none)", found(true, false), true),
        ("N/A: security-review", found(true, false), true),
    ] {
        assert_eq!(
            contradicts(&policy(), &facts, &listed(description), &found),
            contradicted,
            "{description}"
        );
    }
    assert!(
        !contradicts(&policy(), &facts, &[], &found(true, true)),
        "nothing was posted yet"
    );
}
