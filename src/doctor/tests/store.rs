//! The store.

use super::{Check, Level, one, told};
use crate::doctor::store::{Facts, Memory, Seen, judge};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

fn now() -> Timestamp {
    "2026-11-22T07:00:00Z".parse().unwrap()
}

fn ago(minutes: i64) -> Option<Timestamp> {
    Some(now() - SignedDuration::from_mins(minutes))
}

fn facts(seen: Seen) -> Facts {
    Facts {
        path: "refire.db".into(),
        seen,
        free: Some(10 << 30),
        every: Some(Duration::from_secs(120)),
        now: now(),
    }
}

fn memory() -> Memory {
    Memory {
        swept: ago(1),
        ..Memory::default()
    }
}

#[test]
fn a_running_bot_that_sweeps_is_right() {
    let findings = judge(&facts(Seen::Running(memory())));
    assert_eq!(told(&findings), Vec::<String>::new());
    assert_eq!(findings.len(), 3);
}

#[test]
fn whose_the_store_is_decides() {
    for (seen, expected) in [
        (
            Seen::Idle(memory()),
            "warn Lock: the store `refire.db` is whole, and the bot does not run",
        ),
        (Seen::Absent, "warn Lock: there is no store `refire.db` yet"),
        (
            Seen::Silent("x".to_owned()),
            "warn Socket: the store `refire.db` is in use, and whoever has it does not answer",
        ),
        (
            Seen::Foreign("x".to_owned()),
            "fail Schema: the store `refire.db` belongs to something else",
        ),
        (
            Seen::Unusable("x".to_owned()),
            "fail Lock: the store `refire.db` cannot be read",
        ),
    ] {
        assert_eq!(told(&judge(&facts(seen))), [expected]);
    }
}

#[test]
fn a_full_disk_a_stuck_sweep_and_old_items_are_told() {
    let room = |free| {
        judge(&Facts {
            free: Some(free),
            ..facts(Seen::Running(memory()))
        })
    };
    one(&room(100 << 20), Level::Warn, Check::Disk);
    one(&room(10 << 20), Level::Fail, Check::Disk);
    let stuck = Memory {
        swept: ago(60),
        ..Memory::default()
    };
    let (what, _) = one(
        &judge(&facts(Seen::Running(stuck.clone()))),
        Level::Fail,
        Check::Sweep,
    );
    assert_eq!(what, "the last sweep ended 60 min ago");
    // A bot that does not run cannot sweep.
    let idle = judge(&facts(Seen::Idle(stuck)));
    one(&idle, Level::Ok, Check::Sweep);
    one(
        &judge(&facts(Seen::Running(Memory::default()))),
        Level::Warn,
        Check::Sweep,
    );
    let waiting = Memory {
        inbox: 1,
        oldest_effect: ago(11),
        oldest_item: ago(2),
        ..memory()
    };
    let (what, _) = one(
        &judge(&facts(Seen::Running(waiting))),
        Level::Warn,
        Check::Waiting,
    );
    assert_eq!(
        what,
        "1 item and 0 effects wait, the oldest since 2026-11-22 06:49 UTC"
    );
}
