//! A disk that refuses in the middle of the bot's work.

use super::kept::Kept;
use forge::{Fault as Break, PullHandle};
use state::{Fault, Store as _};
use std::sync::Arc;

const OFF: &str = "[sweep]\nevery = \"off\"\nreconcile = \"off\"\n";

fn replies(pull: &PullHandle) -> usize {
    pull.comments_by("refire").len()
}

async fn is_refused_and_found(fault: Fault) {
    let mut kept = Kept::set().await;
    let pull = kept.approved().await;
    kept.refuses(fault).await;
    let comment = pull.comment("bob", "/refire qa");
    kept.stage.forge.deliveries_idle().await;
    assert_eq!(kept.answer(comment), Some(503));
    kept.heals().await;
    kept.stage.sweep().await;
    assert_eq!(replies(&pull), 1);
    kept.stage.says(&pull, "bob", "/refire security").await;
    assert_eq!(replies(&pull), 2);
    kept.ends().await;
}

#[tokio::test]
async fn while_writes_fail_nothing_is_taken_in_and_later_it_is_found() {
    is_refused_and_found(Fault::Write).await;
}

#[tokio::test]
async fn while_flushes_fail_nothing_is_promised_and_later_it_is_found() {
    is_refused_and_found(Fault::Flush).await;
}

#[tokio::test]
async fn while_the_disk_is_full_nothing_is_taken_in_and_later_it_is_found() {
    is_refused_and_found(Fault::Full).await;
}

#[tokio::test]
async fn a_refused_delivery_is_told_when_to_come_again_and_the_bot_is_not_ready() {
    let kept = Kept::set().await;
    let address = kept.stage.url().replace("/webhook", "/readyz");
    let ready = reqwest::get(&address).await.expect("an answer");
    assert_eq!(ready.status(), 200);
    let pull = kept.approved().await;
    pull.comment("bob", "/refire qa");
    kept.stage.quiet().await;
    kept.refuses(Fault::Full).await;
    let heard = kept.stage.forge.deliveries();
    let heard = heard.iter().rev();
    let command = heard
        .into_iter()
        .find(|delivery| delivery.payload["comment"]["body"] == "/refire qa")
        .expect("it was heard");
    let mut request = reqwest::Client::new()
        .post(kept.stage.url())
        .body(command.body.clone());
    for (name, value) in &command.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    let again = answer.headers().get("retry-after");
    assert_eq!(again.and_then(|again| again.to_str().ok()), Some("10"));
    let ready = reqwest::get(&address).await.expect("an answer");
    assert_eq!(ready.status(), 503);
    kept.heals().await;
    let ready = reqwest::get(&address).await.expect("an answer");
    assert_eq!(ready.status(), 200);
    kept.ends().await;
}

/// Nothing was promised, and yet it is there: nobody has to find it.
#[tokio::test]
async fn what_is_on_disk_after_a_failed_flush_is_answered_by_itself() {
    let kept = Kept::set().await;
    let pull = kept.approved().await;
    kept.settings.faults.refuse(Fault::Flush);
    let comment = pull.comment("bob", "/refire qa");
    kept.stage.forge.deliveries_idle().await;
    assert_eq!(kept.answer(comment), Some(503));
    kept.heals().await;
    kept.stage
        .until("it is answered", || replies(&pull) == 1)
        .await;
    kept.ends().await;
}

/// The disk refuses from the n-th such call on, while a command is worked on.
async fn is_answered_once(fault: Fault, call: &'static str, nth: u64) {
    let kept = Kept::set().await;
    let pull = kept.approved().await;
    let faults = kept.settings.faults.clone();
    kept.stage
        .forge
        .before(call, nth, move |_| faults.refuse(fault));
    pull.comment("bob", "/refire qa");
    let broken = async {
        while kept.disk.stats().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let broken = tokio::time::timeout(kept.stage.patience, broken).await;
    broken.expect("the disk refuses something");
    kept.heals().await;
    kept.stage
        .until("it is answered", || replies(&pull) == 1)
        .await;
    assert_eq!(replies(&pull), 1);
    kept.ends().await;
}

#[tokio::test]
async fn a_turn_that_cannot_be_committed_is_taken_again() {
    for fault in [Fault::Write, Fault::Flush, Fault::Full] {
        is_answered_once(fault, "GET /repos/*/pulls/*/reviews", 1).await;
    }
}

#[tokio::test]
async fn a_reply_whose_end_cannot_be_written_down_is_not_written_twice() {
    for fault in [Fault::Write, Fault::Flush, Fault::Full] {
        is_answered_once(fault, "POST /repos/*/issues/*/comments", 1).await;
    }
}

#[tokio::test]
async fn a_status_whose_end_cannot_be_written_down_is_not_posted_twice() {
    let kept = Kept::set().await;
    let pull = kept.approved().await;
    let before = pull.status_rows().len();
    let faults = kept.settings.faults.clone();
    kept.stage
        .forge
        .after("POST /repos/*/statuses/*", 1, move |_| {
            faults.refuse(Fault::Write);
        });
    pull.comment("bob", "/refire qa");
    kept.stage
        .meanwhile("it is posted", || pull.status_rows().len() > before)
        .await;
    kept.heals().await;
    kept.stage
        .until("it is answered", || replies(&pull) == 1)
        .await;
    assert_eq!(pull.status_rows().len(), before + 1);
    kept.ends().await;
}

/// The worker begins with a list of what waits.
#[tokio::test]
async fn a_store_that_cannot_be_read_at_the_start_is_read_later() {
    let mut kept = Kept::set().await;
    let pull = kept.approved().await;
    let away = Break::status("GET /repos/acme/widget/pulls/*", 502);
    kept.stage.forge.fault(away.always());
    pull.comment("bob", "/refire qa");
    kept.stage.forge.deliveries_idle().await;
    kept.leave().await;
    kept.stage.forge.heal();
    kept.disk = open_and_break(&kept).await;
    kept.stage.other = Some(Arc::clone(&kept.disk) as _);
    kept.stage.enter().await;
    kept.heals().await;
    kept.stage
        .until("it is answered", || replies(&pull) == 1)
        .await;
    kept.ends().await;
}

async fn open_and_break(kept: &Kept) -> Arc<state::DiskStore> {
    let opened = state::DiskStore::open(kept.settings.clone(), "stamp").await;
    let disk = opened.expect("a store").store;
    kept.settings.faults.refuse(Fault::Full);
    let refused = disk.remember(Vec::new(), refire::worker::now()).await;
    assert!(refused.is_err());
    Arc::new(disk)
}

/// Where nothing is swept nobody else would find what was lost.
#[tokio::test]
async fn a_damaged_store_is_filled_from_gitea_even_where_nothing_is_swept() {
    let mut kept = Kept::with(OFF).await;
    let pull = kept.approved().await;
    kept.leave().await;
    let forgotten = pull.comment("bob", "/refire qa");
    kept.stage.forge.deliveries_idle().await;
    std::fs::write(kept.settings.path.join("db"), "no database").expect("a file");
    kept.enter().await;
    kept.stage
        .until("it is found and answered", || replies(&pull) == 1)
        .await;
    assert_eq!(kept.answer(forgotten), None);
    kept.ends().await;
}

#[tokio::test]
async fn a_store_that_is_damaged_while_the_bot_runs_is_filled_from_gitea() {
    let kept = Kept::with(OFF).await;
    let pull = kept.approved().await;
    kept.stage.says(&pull, "bob", "/refire qa").await;
    kept.refuses(Fault::Full).await;
    let comment = pull.comment("bob", "/refire security");
    kept.stage.forge.deliveries_idle().await;
    assert_eq!(kept.answer(comment), Some(503));
    std::fs::write(kept.settings.path.join("db"), "no database").expect("a file");
    kept.heals().await;
    kept.stage
        .until("it is found and answered", || replies(&pull) == 2)
        .await;
    kept.ends().await;
}
