//! Time can jump: what was written down by a clock that was ahead, or long ago, is neither lost nor
//! done twice, and nothing waits as long as the jump.
//!
//! The bot's clock is the system's, so the stories change what is written down instead: that is what
//! a bot finds whose clock has jumped meanwhile. The forge's own clock does jump.

use crate::stage::crowd::{ask, not_once};
use crate::stage::{Stage, key, replies};
use crate::writes::says;
use forge::{Fault, Forge, PullHandle};
use refire::decide::record::PullRecord;
use refire::memo::{self, Confirmed, Kind as _};
use state::{Arrival, Commit, Effect, Millis, NewEffect, Store as _, Wake};
use std::collections::HashSet;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How far a clock was ahead.
const AHEAD: [Duration; 4] = [SECOND, HOUR, DAY, YEAR];

const READS: &str = "GET /repos/acme/widget/pulls/*";
const WRITES: &str = "POST /repos/*/issues/*/comments";

fn ahead(by: Duration) -> Millis {
    refire::worker::now().plus(by)
}

fn ago(days: u32) -> Millis {
    let age = i64::try_from((days * DAY).as_millis()).expect("some days");
    Millis::new(refire::worker::now().get() - age)
}

/// Longer ago than a refusal is tried.
fn long_ago() -> Millis {
    ago(3)
}

/// A command whose reply waits in the outbox of a bot that has gone.
async fn reply_waits(stage: &mut Stage, pull: &PullHandle) {
    let fault = Fault::status(WRITES, 502).always();
    stage.forge.fault(fault);
    pull.comment("bob", "/refire qa");
    let tried = || stage.forge.calls().iter().any(|call| call.status == 502);
    stage.meanwhile("the reply is tried", tried).await;
    stage.leave().await;
    stage.forge.heal();
}

/// The effects of the outbox, due or not.
async fn queued(stage: &Stage) -> Vec<Effect> {
    let due = stage.store.due(ahead(2 * YEAR), 100, &HashSet::new()).await;
    due.expect("the memory answers").effects
}

/// A command that waits in the inbox of a bot that has gone; gives its item.
async fn command_waits(stage: &mut Stage, pull: &PullHandle) -> state::Item {
    stage.forge.fault(Fault::status(READS, 502).always());
    pull.comment("bob", "/refire qa");
    stage.forge.deliveries_idle().await;
    stage.leave().await;
    stage.forge.heal();
    let claim = stage.store.claim(key(pull), 1).await;
    let mut items = claim.expect("the memory answers").items;
    items.pop().expect("the command waits")
}

#[tokio::test]
async fn an_effect_postponed_by_a_clock_that_was_ahead_does_not_wait_for_it() {
    for by in AHEAD {
        let mut stage = Stage::set().await;
        let pull = stage.approved().await;
        reply_waits(&mut stage, &pull).await;
        for effect in queued(&stage).await {
            let postponed = stage.store.postpone(effect.id, ahead(by)).await;
            postponed.expect("the memory answers");
        }
        stage.enter().await;
        let answered = || replies(&pull).len() == 1;
        stage.until("it is answered", answered).await;
    }
}

#[tokio::test]
async fn a_look_planned_by_a_clock_that_was_ahead_does_not_wait_for_it() {
    // A look may be meant to wait for an hour.
    for by in [SECOND, DAY, YEAR] {
        let mut stage = Stage::set().await;
        let pull = stage.forge.pull("alice");
        let review = pull.approved_by("quinn");
        stage.quiet().await;
        stage.leave().await;
        pull.dismiss(review, "olivia");
        stage.forge.deliveries_idle().await;
        let wake = Commit {
            wake: Wake::At(ahead(by)),
            ..Commit::new(key(&pull), ahead(by))
        };
        stage.store.commit(wake).await.expect("the memory answers");
        stage.enter().await;
        let seen = || stage.qa(&pull).starts_with("pending");
        stage.until("it is looked at", seen).await;
    }
}

#[tokio::test]
async fn a_command_taken_in_by_a_clock_that_was_ahead_is_answered_once() {
    for by in AHEAD {
        let mut stage = Stage::set().await;
        let pull = stage.approved().await;
        let item = command_waits(&mut stage, &pull).await;
        retake(&stage, &pull, item, ahead(by)).await;
        stage.enter().await;
        stage
            .until("it is answered", || replies(&pull).len() == 1)
            .await;
        stage.sweep().await;
        assert_eq!(replies(&pull).len(), 1);
    }
}

/// The bot, or the machine, slept for days; what it wakes up to is a Gitea that stumbles once.
#[tokio::test]
async fn a_command_that_waits_since_days_is_not_given_up_at_the_first_failure() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    let item = command_waits(&mut stage, &pull).await;
    retake(&stage, &pull, item, long_ago()).await;
    stage.enter().await;
    stage.forge.fault(Fault::status(READS, 502).times(4));
    stage
        .until("it is answered", || replies(&pull).len() == 1)
        .await;
}

/// A bot appears that finds a command which has waited for so long, and Gitea answers `status` to whoever
/// wants to read its pull request.
async fn unread_since(days: u32, status: u16) -> (Stage, PullHandle) {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    let item = command_waits(&mut stage, &pull).await;
    retake(&stage, &pull, item, ago(days)).await;
    let refused = Fault::on(READS, says(status, "no"));
    stage.forge.fault(refused.always());
    let _before = stage.forge.take_calls();
    stage.enter().await;
    (stage, pull)
}

/// Gitea was away over a long weekend, or the token ended meanwhile.
#[tokio::test]
async fn a_command_that_could_not_be_read_for_days_is_answered_when_it_can() {
    for status in [401, 403, 502] {
        let (stage, pull) = unread_since(3, status).await;
        // Much more often than a refusal is tried.
        let tried = || {
            let calls = stage.forge.calls();
            calls.iter().filter(|call| call.status == status).count() >= 10
        };
        stage.meanwhile("it is tried", tried).await;
        stage.forge.heal();
        let answered = || replies(&pull).concat().contains("is satisfied");
        stage.until("it is answered", answered).await;
        assert_eq!(replies(&pull).len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_waits_is_given_up_after_a_day_if_it_is_not_there_and_after_a_month_if_it_cannot_be_read()
 {
    for (days, status) in [(3, 404), (31, 502)] {
        let log = crate::stage::Log::begin();
        let (mut stage, pull) = unread_since(days, status).await;
        let given_up = || {
            log.text()
                .contains("could not be read for too long; what waited is given up")
        };
        stage.until("it is given up", given_up).await;
        stage.forge.heal();
        stage.sweep().await;
        assert!(
            !replies(&pull).concat().contains("is satisfied"),
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_effect_that_waits_since_days_is_not_given_up_at_the_first_failure() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    reply_waits(&mut stage, &pull).await;
    let effects = queued(&stage).await.into_iter().map(|effect| NewEffect {
        lane: effect.lane,
        key: effect.key,
        rank: effect.rank,
        after: effect.after,
        payload: effect.payload,
        at: long_ago(),
    });
    let commit = Commit {
        effects: effects.collect(),
        ..Commit::new(key(&pull), long_ago())
    };
    stage
        .store
        .commit(commit)
        .await
        .expect("the memory answers");
    stage.forge.fault(Fault::status(WRITES, 502));
    stage.enter().await;
    stage
        .until("it is answered", || replies(&pull).len() == 1)
        .await;
}

/// A sweep that ran while the clock was ahead has confirmed it for a year.
#[tokio::test]
async fn a_green_that_was_confirmed_by_a_clock_that_was_ahead_has_its_turn_too() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quincy");
    for _ in 0..11 {
        stage.approved().await;
    }
    stage.sweep().await;
    let place = memo::all_of_pull::<Confirmed>(key(&pull));
    let at = jiff::Timestamp::now() + YEAR;
    let confirmed = vec![Confirmed { at }.memo(place)];
    let noted = stage.store.remember(confirmed, ahead(YEAR)).await;
    noted.expect("the memory answers");
    stage.forge.org("acme").team("qa").remove("quincy");
    for _ in 0..12_usize.div_ceil(10) + 1 {
        stage.sweep().await;
    }
    assert!(stage.qa(&pull).starts_with("pending"));
}

/// The push is late from when its head was first seen.
#[tokio::test]
async fn a_push_that_is_lost_is_called_lost_though_its_head_was_seen_by_a_clock_that_was_ahead() {
    let mut stage = Stage::set().await;
    let pull = stage.pushed_while_closed().await;
    stage.quiet().await;
    assert!(
        stage
            .qa(&pull)
            .contains("has not recorded the last push yet")
    );
    stage.leave().await;
    let record = stage
        .store
        .pull(key(&pull))
        .await
        .expect("the memory answers");
    let mut record = record.expect("a record");
    let mut read = PullRecord::read(&record.bytes).expect("a record");
    read.head_seen_at = jiff::Timestamp::now() + YEAR;
    record.bytes = serde_json::to_vec(&read).expect("a record");
    let commit = Commit {
        record: Some(record),
        ..Commit::new(key(&pull), refire::worker::now())
    };
    stage
        .store
        .commit(commit)
        .await
        .expect("the memory answers");
    stage.tempo.recorded_within = Duration::from_millis(100);
    stage.enter().await;
    pull.comment("bob", "/refire qa");
    let lost = || stage.qa(&pull).contains("never recorded the last push");
    stage.until("it is called lost", lost).await;
}

/// Everything done is forgotten after thirty days; a jump does the same in a moment.
#[tokio::test]
async fn what_a_jump_has_made_the_store_forget_is_not_answered_again() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.says(&pull, "bob", "/refire qa").await;
    stage.forgets_after(40 * DAY).await;
    let heard = stage.forge.deliveries().len();
    for delivery in 0..heard {
        stage.forge.redeliver(delivery);
    }
    stage.quiet().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 1);
}

/// Takes an item's event in at another time.
async fn retake(stage: &Stage, pull: &PullHandle, item: state::Item, at: Millis) {
    let done = Commit {
        done: vec![item.id],
        ..Commit::new(key(pull), long_ago())
    };
    stage.store.commit(done).await.expect("the memory answers");
    let forgotten = stage.store.purge(ahead(2 * YEAR)).await;
    forgotten.expect("the memory answers");
    let arrival = Arrival {
        pull: item.pull,
        identity: item.identity,
        remember: true,
        payload: item.payload,
        at,
        memos: Vec::new(),
    };
    let taken = stage.store.accept(arrival).await;
    assert!(matches!(taken, Ok(state::Acceptance::New(_))), "{taken:?}");
}

// ---- the clock of the forge ----

/// A stage whose repositories are older than any jump, so that nothing passes for migrated.
async fn old() -> Stage {
    Stage::prepared(|stage| stage.forge.advance(3 * YEAR)).await
}

fn jumps(forge: &Forge, by: Duration, forward: bool) {
    if forward {
        forge.advance(by);
    } else {
        forge.turn_back(by);
    }
}

/// What is said, approved and pushed after the clock of the forge has jumped is seen, where it is
/// heard and where it is not.
async fn plays_on_after(by: Duration, forward: bool) {
    let mut stage = old().await;
    let (heard, unheard) = (stage.approved().await, stage.approved().await);
    let mut asked = vec![ask(&heard, "bob", 0), ask(&unheard, "bob", 0)];
    stage.quiet().await;
    stage.sweep().await;
    jumps(&stage.forge, by, forward);
    for round in 1..=2 {
        asked.push(ask(&heard, "bob", round));
        heard.push("alice");
        stage.quiet().await;
        assert!(stage.qa(&heard).starts_with("pending"), "round {round}");
        heard.approved_by("quinn");
        stage.quiet().await;
        assert!(stage.qa(&heard).starts_with("success"), "round {round}");
        stage.forge.drop_deliveries(true);
        asked.push(ask(&unheard, "bob", round));
        unheard.push("alice");
        stage.sweep().await;
        assert!(stage.qa(&unheard).starts_with("pending"), "round {round}");
        // A pull request that was changed in the second of its last look does not look changed.
        stage.forge.advance(2 * SECOND);
        unheard.approved_by("quinn");
        stage.sweep().await;
        assert!(stage.qa(&unheard).starts_with("success"), "round {round}");
        stage.forge.drop_deliveries(false);
    }
    assert_eq!(not_once(&asked), [""; 0]);
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_forward_by_a_second() {
    plays_on_after(SECOND, true).await;
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_forward_by_an_hour() {
    plays_on_after(HOUR, true).await;
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_forward_by_a_year() {
    plays_on_after(YEAR, true).await;
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_back_by_a_second() {
    plays_on_after(SECOND, false).await;
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_back_by_an_hour() {
    plays_on_after(HOUR, false).await;
}

#[tokio::test]
async fn the_clock_of_the_forge_jumps_back_by_a_year() {
    plays_on_after(YEAR, false).await;
}
