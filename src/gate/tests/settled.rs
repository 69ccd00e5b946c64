//! When the timeline has caught up with the head.

use super::given::{HEAD, OTHER, World, second, sha};
use crate::gate::facts::Push;
use crate::gate::settled::{Late, Settled, settled};
use crate::model::TimelineId;

fn lateness(world: &World) -> Option<Late> {
    match settled(&world.facts) {
        Settled::No(late) => Some(late),
        Settled::Yes { .. } | Settled::Empty => None,
    }
}

#[test]
fn settled_is_when_the_newest_push_ends_in_the_head() {
    let world = World::new().pushes("alice", OTHER);
    let Settled::Yes { head, push } = settled(&world.facts) else {
        panic!()
    };
    assert_eq!((head, push.last.as_ref()), (&sha(OTHER), Some(&sha(OTHER))));
}

#[test]
fn the_newest_push_is_the_one_with_the_greatest_id_whatever_the_order() {
    let world = World::new()
        .pushes("alice", OTHER)
        .facts(|facts| facts.history.pushes.reverse());
    assert!(matches!(settled(&world.facts), Settled::Yes { .. }));
}

#[test]
fn an_older_push_that_names_the_head_settles_nothing() {
    let world = World::new().pushes("alice", OTHER).head_moves(HEAD);
    assert_eq!(lateness(&world), Some(Late::Soon));
}

#[test]
fn no_event_is_not_no_push() {
    let world = World::new().facts(|facts| facts.history.pushes.clear());
    assert_eq!(lateness(&world), Some(Late::Soon));
}

#[test]
fn a_newest_push_without_commits_settles_nothing() {
    let world = World::new().facts(|facts| {
        facts.history.pushes.push(Push {
            id: TimelineId::new(99),
            at: second(9),
            pusher: None,
            last: None,
        });
    });
    assert_eq!(lateness(&world), Some(Late::Soon));
}

#[test]
fn after_sixty_seconds_the_push_was_not_recorded() {
    for (seconds, late) in [
        (-5, Late::Soon),
        (0, Late::Soon),
        (60, Late::Soon),
        (61, Late::Never),
    ] {
        let world = World::new().head_moves(OTHER).read_after(seconds);
        assert_eq!(lateness(&world), Some(late), "{seconds} s");
    }
}

#[test]
fn without_a_head_branch_nothing_is_settled() {
    let world = World::new()
        .facts(|facts| facts.pull.head = None)
        .read_after(600);
    assert_eq!(lateness(&world), Some(Late::NoHead));
}

#[test]
fn an_empty_pull_request_is_told_from_a_late_one() {
    let empty = |world: World| world.facts(|facts| facts.pull.empty = true);
    let no_push = World::new().facts(|facts| facts.history.pushes.clear());
    assert_eq!(settled(&empty(no_push).facts), Settled::Empty);
    assert!(matches!(
        settled(&empty(World::new()).facts),
        Settled::Yes { .. }
    ));
}

#[test]
fn the_first_push_to_an_empty_pull_request_is_waited_for() {
    let world = World::new()
        .facts(|facts| facts.history.pushes.clear())
        .head_moves(OTHER);
    assert_eq!(lateness(&world), Some(Late::Soon));
}
