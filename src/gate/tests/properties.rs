//! What holds for every world.

use super::given::{OTHER, World, person, sha};
use crate::gate::settled::Late;
use crate::gate::verdict::{Because, Verdict};
use crate::gate::{Answers, Case, Step, evaluate};
use crate::model::{Membership, Review, ReviewId, ReviewState};
use proptest::prelude::*;

const PEOPLE: [&str; 8] = [
    "alice", "bob", "quinn", "quentin", "sam", "erin", "refire", "Ghost",
];

#[derive(Clone, Debug)]
enum Event {
    Approve(&'static str, u8),
    Reject(&'static str, u8),
    Declare(&'static str, &'static str),
    Revoke(&'static str),
    Push(&'static str, bool),
    HeadMoves,
    Retarget,
}

fn event() -> impl Strategy<Value = Event> {
    let who = || prop::sample::select(&PEOPLE[..]);
    let gate = prop::sample::select(&["qa-review", "security-review"][..]);
    prop_oneof![
        3 => (who(), 0..9u8).prop_map(|(who, flaw)| Event::Approve(who, flaw)),
        2 => (who(), 0..9u8).prop_map(|(who, flaw)| Event::Reject(who, flaw)),
        3 => (who(), gate).prop_map(|(who, gate)| Event::Declare(who, gate)),
        1 => who().prop_map(Event::Revoke),
        1 => (who(), any::<bool>()).prop_map(|(who, other)| Event::Push(who, other)),
        1 => Just(Event::HeadMoves),
        1 => Just(Event::Retarget),
    ]
}

/// Spoils a review in one way; most numbers leave it as it is.
fn spoil(review: &mut Review, flaw: u8) {
    match flaw {
        0 => review.commit = None,
        1 => review.commit = Some(sha("1234567")),
        2 => review.stale = Some(true),
        3 => review.dismissed = None,
        4 => review.official = Some(false),
        5 => review.state = ReviewState::Other(String::from("COMMENT")),
        _ => {}
    }
}

fn world(events: &[Event]) -> World {
    events
        .iter()
        .fold(World::new(), |world, event| match event {
            Event::Approve(who, flaw) => world.approves(who).but(|row| spoil(row, *flaw)),
            Event::Reject(who, flaw) => world.requests_changes(who).but(|row| spoil(row, *flaw)),
            Event::Declare(who, gate) => world.declares(who, gate),
            Event::Revoke(who) => world.revokes(who, "qa-review"),
            Event::Push(who, other) => {
                world.pushes(who, if *other { OTHER } else { super::given::HEAD })
            }
            Event::HeadMoves => world.head_moves(OTHER),
            Event::Retarget => world.retargeted(),
        })
}

fn membership() -> impl Strategy<Value = Membership> {
    prop_oneof![
        2 => Just(Membership::Member),
        3 => Just(Membership::NotMember),
        1 => Just(Membership::AnotherUser),
        2 => Just(Membership::Unknown(Vec::new())),
    ]
}

proptest! {
    #[test]
    fn an_evaluation_ends_and_grants_nothing_without_a_member(
        events in prop::collection::vec(event(), 0..12),
        replies in prop::collection::vec(membership(), 32),
        all_at_once: bool,
    ) {
        let world = world(&events);
        let case = Case { policy: &world.policy, gate: &world.policy.gates[0], facts: &world.facts };
        let mut answers = Answers::default();
        let mut replies = replies.into_iter().chain(std::iter::repeat(Membership::NotMember));
        let mut proven = Vec::new();
        let mut ended = None;
        for _ in 0..PEOPLE.len() * 3 {
            let (team, who) = match evaluate(case, &answers) {
                Step::Done(verdict) => {
                    ended = Some(verdict);
                    break;
                }
                Step::Ask(team, who) => (team, who),
            };
            prop_assert!(!who.is_empty(), "a question about nobody");
            let asked = if all_at_once { who.len() } else { 1 };
            let found: Vec<_> = who.into_iter().take(asked).zip(&mut replies).collect();
            for (who, _) in &found {
                prop_assert!(answers.get(&team, who).is_none(), "asked twice");
            }
            let members = found.iter().filter(|(_, membership)| *membership == Membership::Member);
            proven.extend(members.map(|(who, _)| who.clone()));
            answers.add(&team, found);
        }
        let Some(verdict) = ended else { return Err(TestCaseError::fail("it does not end")) };
        match &verdict.verdict {
            Verdict::Satisfied(ground) => {
                let (crate::gate::verdict::Ground::Approval { by, .. }
                | crate::gate::verdict::Ground::Declaration { by, .. }) = ground;
                prop_assert!(proven.contains(by));
                prop_assert!(*by != person("alice") && *by != person("refire") && by.id.is_real());
            }
            Verdict::Rejected(by) => prop_assert!(proven.contains(by)),
            Verdict::Unknown(because) => prop_assert!(!because.is_empty()),
            Verdict::Missing => {}
        }
    }

    #[test]
    fn a_review_that_is_not_valid_never_changes_a_verdict(
        events in prop::collection::vec(event(), 0..10),
        place in 0..10usize,
        who in prop::sample::select(&PEOPLE[..]),
        flaw in 0..6u8,
        approves: bool,
    ) {
        let before = world(&events);
        let mut after = before.clone();
        let state = if approves { ReviewState::Approved } else { ReviewState::RequestChanges };
        let mut row = Review {
            id: ReviewId::new(5000),
            reviewer: Some(person(who)),
            state,
            official: Some(true),
            dismissed: Some(false),
            stale: Some(false),
            commit: after.facts.pull.head.clone(),
            inline_comments: 0,
            submitted_at: Some(super::given::second(700)),
        };
        spoil(&mut row, flaw);
        let place = place.min(after.facts.reviews.rows.len());
        after.facts.reviews.rows.insert(place, row);
        let (before, after) = (before.verdict("qa-review").verdict, after.verdict("qa-review").verdict);
        // While a push is not recorded, an approval of an older commit may be one of the head.
        let late = Verdict::Unknown(vec![Because::Unsettled(Late::Soon)]);
        if !(before == Verdict::Missing && after == late) {
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn nobody_counts_whom_gitea_does_not_call_a_member(events in prop::collection::vec(event(), 0..12)) {
        let mut world = world(&events);
        world.memberships.clear();
        let verdict = world.verdict("qa-review").verdict;
        prop_assert!(!matches!(verdict, Verdict::Satisfied(_) | Verdict::Rejected(_)));
    }
}
