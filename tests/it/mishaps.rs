//! Deliveries are lost, come twice, late and out of order: what they told is found, and nothing is
//! done twice or undone for that.

use crate::stage::crowd::{ask, crowd, not_once, not_right};
use crate::stage::{Stage, answers, holds, replies};
use forge::{Fault, Forge, Kind, Mishaps, PullHandle};
use std::time::Duration;

/// One history, or as many as `SEEDS` says.
fn seeds() -> impl Iterator<Item = u64> {
    let asked = std::env::var("SEEDS").ok();
    let count = asked.map_or(1, |text| text.parse().expect("a number"));
    (1..).take(count)
}

/// Two deliveries of five come once and as they should.
fn bad(seed: u64) -> Mishaps {
    let late = Duration::from_millis(300);
    let mishaps = Mishaps::with_seed(seed).never(20).twice(20);
    mishaps.overtaken(20).late(20, late)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_bad_post_each_command_is_answered_once_and_one_sweep_puts_all_right() {
    for seed in seeds() {
        let mut stage = Stage::set().await;
        stage.sweep().await;
        stage.forge.mishaps(bad(seed));
        // That they were opened and approved may be lost, too.
        let (pulls, people) = crowd(&stage, 20, 20).await;
        let asked: Vec<_> = (0..60)
            .map(|number| ask(&pulls[number % 20], &people[number * 7 % 20], number))
            .collect();
        stage.quiet().await;
        stage.sweep().await;
        assert_eq!(not_once(&asked), [""; 0], "seed {seed}");
        assert_eq!(not_right(&stage, &pulls), [""; 0], "seed {seed}");
    }
}

/// Answers are late, cut, written by a proxy or lost behind a write that took effect, and some never come.
fn bad_weather(stage: &Stage, seed: u64) {
    let late = Kind::Slow(Duration::from_millis(50));
    let weather = [
        (Fault::status("* /", 502), 8),
        (Fault::on("* /", late), 10),
        (Fault::on("* /", Kind::Html403), 3),
        (Fault::on("* /", Kind::CutBody), 3),
        (Fault::on("* /", Kind::Reset), 3),
        (Fault::on("POST /", Kind::DropAfterWrite), 10),
        (Fault::on("PATCH /", Kind::DropAfterWrite), 10),
    ];
    for (salt, (fault, percent)) in (0..).zip(weather) {
        stage.forge.fault(fault.odds(percent, seed + salt));
    }
}

/// Neither what is told nor what is asked comes through as it should.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_bad_post_and_bad_weather_each_command_is_answered_once_as_if_there_were_none() {
    for seed in seeds() {
        let mut stage = Stage::set().await;
        let (pulls, people) = crowd(&stage, 10, 10).await;
        stage.sweep().await;
        stage.forge.mishaps(bad(seed));
        bad_weather(&stage, seed);
        let asked: Vec<_> = (0..40)
            .map(|number| ask(&pulls[number % 10], &people[number * 7 % 10], number))
            .collect();
        stage.forge.deliveries_idle().await;
        stage.sweep_in_motion().await;
        stage.forge.heal();
        stage.sweep().await;
        assert_eq!(not_once(&asked), [""; 0], "seed {seed}");
        assert_eq!(not_right(&stage, &pulls), [""; 0], "seed {seed}");
    }
}

/// What somebody does to a pull request, and the state of `qa-review` that comes of it.
type Deed = (fn(&Forge, &PullHandle), &'static str);

/// Each of them takes something back, but the last.
const DEEDS: [Deed; 6] = [
    (pushes, "pending"),
    (approves_and_is_dismissed, "pending"),
    (declares_and_deletes, "pending"),
    (declares_and_revokes, "pending"),
    (declares_and_edits, "pending"),
    (declares, "success"),
];

fn pushes(_: &Forge, pull: &PullHandle) {
    pull.approved_by("quinn");
    pull.comment("bob", "/refire qa");
    pull.push("alice");
}

fn approves_and_is_dismissed(_: &Forge, pull: &PullHandle) {
    let review = pull.approved_by("quinn");
    pull.comment("bob", "/refire qa");
    pull.dismiss(review, "olivia");
}

fn declares_and_deletes(_: &Forge, pull: &PullHandle) {
    let said = pull.comment("quincy", "/sop-n/a qa docs only");
    pull.delete_comment(said, "quincy");
}

fn declares_and_revokes(_: &Forge, pull: &PullHandle) {
    pull.comment("quincy", "/sop-n/a qa docs only");
    pull.comment("quincy", "/sop-revoke qa");
}

/// Later than within the second, of which Gitea tells nobody who has heard neither.
fn declares_and_edits(forge: &Forge, pull: &PullHandle) {
    let said = pull.comment("quincy", "/sop-n/a qa docs only");
    forge.advance(Duration::from_secs(2));
    pull.edit_comment(said, "quincy", "/sop-n/a qa");
}

fn declares(_: &Forge, pull: &PullHandle) {
    pull.comment("quincy", "/sop-n/a qa docs only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_in_bad_post_is_gone_after_one_sweep() {
    for seed in seeds() {
        let mut stage = Stage::set().await;
        stage.sweep().await;
        stage.forge.mishaps(bad(seed));
        let did: Vec<_> = (0..24)
            .map(|number| {
                let (pull, (deed, due)) = (stage.forge.pull("alice"), DEEDS[number % 6]);
                deed(&stage.forge, &pull);
                (pull, number % 6, due)
            })
            .collect();
        stage.quiet().await;
        stage.sweep().await;
        for (pull, deed, due) in did {
            let qa = stage.qa(&pull);
            assert!(qa.starts_with(due), "seed {seed}, deed {deed}: {qa}");
            for comment in pull.comments().iter().filter(|it| it.author != "refire") {
                let count = answers(&pull, comment.id);
                assert_eq!(count, 1, "seed {seed}, deed {deed}: {}", comment.body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_that_was_mended_in_bad_post_is_answered_once_as_it_stands() {
    for seed in seeds() {
        let mut stage = Stage::set().await;
        let pulls: Vec<_> = (0..12).map(|_| stage.forge.pull("alice")).collect();
        stage.quiet().await;
        stage.sweep().await;
        stage.forge.mishaps(bad(seed));
        for pull in &pulls {
            let slip = pull.comment("bob", "/refire securty");
            pull.edit_comment(slip, "bob", "/refire qa");
        }
        stage.quiet().await;
        stage.sweep().await;
        for pull in &pulls {
            let replies = replies(pull);
            assert_eq!(replies.len(), 1, "seed {seed}: {replies:#?}");
            holds(&replies[0], &["**`qa-review`"]);
        }
    }
}
