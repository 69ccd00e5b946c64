//! The law of the gates, sentence by sentence, on worlds that are told in sentences.

mod approval;
mod declaration;
mod evaluate;
pub(crate) mod given;
mod incidents;
mod properties;
mod settled;

use given::World;

/// The verdict on `qa-review` in one line.
#[track_caller]
fn check(world: World, expected: &str) {
    assert_eq!(world.outcome("qa-review"), expected);
}

/// The same for many worlds, each with what it shows.
#[track_caller]
fn check_all(cases: impl IntoIterator<Item = (&'static str, World, &'static str)>) {
    for (shows, world, expected) in cases {
        assert_eq!(world.outcome("qa-review"), expected, "{shows}");
    }
}
