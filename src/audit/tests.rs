use super::*;
use crate::decide::evaluation::Trigger;
use crate::model::PullNumber;
use jiff::{SignedDuration, Timestamp};
use std::fs;

const KEEP: Keep = Keep(10);

fn at(day: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
    begin + SignedDuration::from_hours(24 * day)
}

fn evaluated(day: i64) -> What {
    What::Evaluated {
        repo: "acme/widget".parse().unwrap(),
        number: PullNumber::new(3),
        evaluation: Box::new(Evaluation {
            at: at(day),
            triggers: vec![Trigger::Clock],
            head: None,
            base: String::from("main,\"hash\":\""),
            gates: Vec::new(),
            statuses: Vec::new(),
            answers: Vec::new(),
            calls: Vec::new(),
            observed: false,
        }),
    }
}

/// A trail with a line on each of these days.
fn trail(days: impl IntoIterator<Item = i64>) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let trail = Trail::open(directory.path(), KEEP).unwrap();
    for day in days {
        trail.append(at(day), evaluated(day)).unwrap();
    }
    directory
}

fn sound(directory: &Path) -> Sound {
    verify(directory).unwrap().unwrap()
}

fn broken(directory: &Path) -> String {
    let broken = verify(directory).unwrap().unwrap_err();
    let told = broken.to_string();
    told.replace(&format!("{}/", directory.display()), "")
}

/// The file of a day, changed.
fn change(directory: &Path, day: &str, by: impl Fn(&str) -> String) {
    let file = directory.join(format!("{day}.jsonl"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, by(&text)).unwrap();
}

fn without(text: &str, line: usize) -> String {
    let lines = text.lines().enumerate().filter(|(at, _)| at + 1 != line);
    lines.map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn lines_are_counted_and_bound_to_each_other_over_days_and_restarts() {
    let directory = trail([0, 0, 1]);
    let again = Trail::open(directory.path(), KEEP).unwrap();
    again.append(at(1), evaluated(1)).unwrap();
    let sound = sound(directory.path());
    assert_eq!((sound.first, sound.lines), (Some(1), 4));
    let read = Lines::all(directory.path()).unwrap();
    let seqs: Vec<u64> = read.map(|(_, _, line)| line.unwrap().0.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

#[test]
fn a_changed_line_is_found() {
    let directory = trail([0, 0, 0]);
    change(directory.path(), "2026-11-01", |text| {
        text.replacen("\"number\":3", "\"number\":4", 2)
    });
    assert_eq!(
        broken(directory.path()),
        "line 1 of 2026-11-01.jsonl was changed: its hash is another"
    );
}

#[test]
fn a_removed_line_is_found_wherever_it_was() {
    for (line, told) in [
        (
            1,
            "the trail begins with number 2, and what is missing before it was not forgotten for its age",
        ),
        (
            2,
            "line 2 of 2026-11-01.jsonl is number 3, and number 2 is missing before it",
        ),
        (
            3,
            "the trail ends too early: the line that was the last one is missing",
        ),
    ] {
        let directory = trail([0, 0, 0]);
        change(directory.path(), "2026-11-01", |text| without(text, line));
        assert_eq!(broken(directory.path()), told);
    }
}

#[test]
fn a_line_that_another_took_the_place_of_is_missed() {
    let (one, other) = (trail([0, 0]), trail([0, 1]));
    let line = fs::read_to_string(other.path().join("2026-11-02.jsonl")).unwrap();
    change(one.path(), "2026-11-01", |text| without(text, 2) + &line);
    assert_eq!(
        broken(one.path()),
        "the trail ends too early: the line that was the last one is missing"
    );
}

#[test]
fn what_is_too_old_goes_and_that_is_no_loss() {
    let directory = trail([0, 1, 2, 12]);
    let sound = sound(directory.path());
    // The line that says so is one of them.
    assert_eq!((sound.first, sound.lines), (Some(3), 3));
    assert!(!directory.path().join("2026-11-02.jsonl").exists());
    assert!(directory.path().join("2026-11-03.jsonl").exists());
}

#[test]
fn a_file_that_somebody_removed_is_a_loss() {
    let directory = trail([0, 1, 2]);
    fs::remove_file(directory.path().join("2026-11-01.jsonl")).unwrap();
    assert!(broken(directory.path()).starts_with("the trail begins with number 2"));
}

#[test]
fn the_rest_of_a_line_that_a_crash_has_cut_off_is_removed() {
    let directory = trail([0, 0]);
    change(directory.path(), "2026-11-01", |text| {
        format!("{text}{}", &text[..40])
    });
    assert_eq!(
        broken(directory.path()),
        "line 3 of 2026-11-01.jsonl is cut off"
    );
    let again = Trail::open(directory.path(), KEEP).unwrap();
    again.append(at(0), evaluated(0)).unwrap();
    assert_eq!(sound(directory.path()).lines, 3);
}

#[test]
fn only_the_bots_own_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = trail([0]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = directory.path().join("2026-11-01.jsonl");
    assert_eq!(mode(&file), 0o600);
    let inside = directory.path().join("made");
    Trail::open(&inside, KEEP).unwrap();
    assert_eq!(mode(&inside), 0o700);
}

#[test]
fn an_empty_trail_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(sound(directory.path()).lines, 0);
}
