//! Tables: commands come in at these seconds, and run at those.

use crate::decide::pace::{Admission, Arrived, Hour, Pace, Rules, admit, is_held, waits};
use jiff::Timestamp;
use std::time::Duration;

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + at).unwrap()
}

/// It is heard as soon as it is typed.
fn heard(item: u64, at: i64) -> Arrived {
    Arrived {
        item,
        at: second(at),
        now: second(at),
    }
}

/// A person who types at these seconds on one pull request.
#[derive(Default)]
struct Person {
    pace: Pace,
    hour: Hour,
    items: u64,
}

impl Person {
    fn types(&mut self, at: i64) -> Admission {
        self.items += 1;
        let rules = Rules::default();
        let command = heard(self.items, at);
        admit(&rules, &mut self.pace, &mut self.hour, command)
    }

    /// When it runs.
    fn runs(&mut self, at: i64) -> i64 {
        match self.types(at) {
            Admission::AtOnce => at,
            Admission::Waits { until, .. } => until.as_second() - 1_800_000_000,
        }
    }
}

fn check(typed: &[i64], run: &[i64]) {
    let mut person = Person::default();
    let runs: Vec<i64> = typed.iter().map(|at| person.runs(*at)).collect();
    assert_eq!(runs, run, "typed at {typed:?}");
}

#[test]
fn the_first_five_within_a_minute_run_at_once_and_later_ones_wait_ten_seconds_together() {
    check(&[0, 1, 2, 3, 4], &[0, 1, 2, 3, 4]);
    check(&[0, 0, 0, 0, 0, 0, 5, 10], &[0, 0, 0, 0, 0, 10, 10, 10]);
    check(&[0, 15, 30, 45, 59, 61, 70], &[0, 15, 30, 45, 59, 61, 80]);
}

#[test]
fn each_further_round_is_twice_as_long_up_to_ten_minutes() {
    let typed: Vec<i64> = (0..2000).collect();
    let mut person = Person::default();
    let mut ends: Vec<i64> = typed.iter().map(|at| person.runs(*at)).collect();
    assert_eq!(ends[..5], [0, 1, 2, 3, 4]);
    ends.drain(..5);
    ends.dedup();
    // Each round begins with the first command after the end of the one before.
    assert_eq!(ends, [15, 36, 77, 158, 319, 640, 1241, 1842, 2443]);
}

#[test]
fn who_was_calm_for_a_minute_begins_anew() {
    check(
        &[0, 0, 0, 0, 0, 0, 11, 100, 100, 100, 100, 100, 100],
        &[0, 0, 0, 0, 0, 10, 31, 100, 100, 100, 100, 100, 110],
    );
}

#[test]
fn an_item_waits_until_its_round_is_over_and_those_before_it_do_not() {
    let mut person = Person::default();
    for at in 0..6 {
        person.types(at);
    }
    let rules = Rules::default();
    let waits_at = |item, at| waits(&rules, &person.pace, item, second(at)).is_some();
    let table = [
        (5, 6, false),
        (6, 6, true),
        (6, 14, true),
        (6, 15, false),
        (9, 9, true),
    ];
    for (item, at, waits) in table {
        assert_eq!(waits_at(item, at), waits, "item {item} at {at}");
    }
    assert_eq!(
        [5, 6].map(|item| is_held(&person.pace, item)),
        [false, true]
    );
}

#[test]
fn what_a_clock_that_was_ahead_has_put_off_does_not_wait_for_that_day() {
    let mut person = Person::default();
    let tomorrow = 24 * 60 * 60;
    for _ in 0..6 {
        person.types(tomorrow);
    }
    assert_eq!(waits(&Rules::default(), &person.pace, 6, second(0)), None);
}

#[test]
fn from_the_thirty_first_an_hour_they_wait_everywhere_and_that_is_told_once() {
    let rules = Rules::default();
    let mut hour = Hour::default();
    let mut told = Vec::new();
    let mut waiting = 0;
    // Each on a pull request of its own, one a minute.
    for n in 0..60 {
        let command = heard(n, i64::try_from(n).unwrap() * 60);
        match admit(&rules, &mut Pace::default(), &mut hour, command) {
            Admission::AtOnce => {}
            Admission::Waits { until, tell, first } => {
                assert!(first);
                assert_eq!(until.duration_since(command.at).as_secs(), 10);
                waiting += 1;
                told.extend(tell.then_some(n));
            }
        }
    }
    assert_eq!((waiting, told), (30, vec![30]));
    let later = heard(99, 60 * 60 * 3);
    let admission = admit(&rules, &mut Pace::default(), &mut hour, later);
    assert_eq!(admission, Admission::AtOnce, "an hour has passed");
}

#[test]
fn what_is_told_is_forgotten_after_an_hour_and_nothing_grows() {
    let mut person = Person::default();
    let mut told = 0;
    for at in 0..10_000 {
        if let Admission::Waits { tell: true, .. } = person.types(at) {
            told += 1;
        }
    }
    assert_eq!(told, 3, "in less than three hours");
    assert_eq!(person.pace.latest.len(), 5);
    assert_eq!(person.hour.latest.len(), 30);
    assert_eq!(Rules::default().longest, Duration::from_secs(600));
}

#[test]
fn who_is_found_so_late_that_it_may_run_already_is_told_nothing_and_the_next_one_is() {
    let mut person = Person::default();
    for _ in 0..30 {
        person.types(0);
    }
    let found = Arrived {
        now: second(500),
        ..heard(31, 400)
    };
    let (rules, hour) = (Rules::default(), &mut person.hour);
    let tells = |pace: &mut Pace, hour: &mut Hour, command| {
        let admission = admit(&rules, pace, hour, command);
        matches!(admission, Admission::Waits { tell: true, .. })
    };
    assert!(
        !tells(&mut person.pace, hour, found),
        "its round ended at 420"
    );
    assert!(tells(&mut person.pace, hour, heard(32, 500)));
}
