//! The real binary on a real store, killed between any two steps: nothing lost and nothing twice.

use crate::stage::answers;
use crate::theatre::{PATIENCE, QA, Running, Theatre, came_to_be, is_success};
use forge::{Fault, Forge, Kind, PullHandle};
use rustix::process::{Signal, kill_process};
use state::{DiskStore, Settings, Store as _};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const SECURITY: &str = "security-review / approved (pull_request)";
const LIST: &str = "sop-checklist / na-declarations (pull_request)";

/// The calls between which it is killed, and which of them in a row.
const STEPS: [(&str, u64); 9] = [
    ("GET /repos/acme/widget/pulls/*", 1),
    ("GET /repos/acme/widget/pulls/*/reviews", 1),
    ("GET /repos/acme/widget/issues/*/timeline", 1),
    ("GET /teams/*", 1),
    ("POST /repos/acme/widget/statuses/*", 1),
    ("POST /repos/acme/widget/statuses/*", 2),
    ("POST /repos/acme/widget/statuses/*", 3),
    ("POST /repos/acme/widget/issues/*/comments", 1),
    ("POST /repos/acme/widget/issues/*/comments", 2),
];

/// A theatre whose process can be killed in the middle of a call.
struct Play {
    theatre: Theatre,
    process: Arc<Mutex<Running>>,
}

impl Play {
    async fn begin() -> Self {
        Self::with(Vec::new()).await
    }

    /// A reply that a killed process may have sent is waited for only this long.
    async fn lands_within(time: &str) -> Self {
        Self::with(vec![("REFIRE_FORGE__TIMEOUT", time.to_owned())]).await
    }

    async fn with(variables: Vec<(&'static str, String)>) -> Self {
        let mut theatre = Theatre::of(Path::new(env!("CARGO_BIN_EXE_refire"))).await;
        theatre.variables = variables;
        let process = Arc::new(Mutex::new(theatre.start().await));
        Self { theatre, process }
    }

    fn forge(&self) -> &Forge {
        &self.theatre.forge
    }

    fn process(&self) -> MutexGuard<'_, Running> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What kills the process, for a closure around a call.
    fn dagger(&self) -> impl FnOnce() + Send + 'static {
        let process = Arc::clone(&self.process);
        move || {
            let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
            process.end();
        }
    }

    async fn is_dead(&self) {
        self.until("it is killed", || self.process().has_ended().is_some())
            .await;
    }

    async fn revive(&self) {
        let next = self.theatre.start().await;
        *self.process() = next;
    }

    async fn until(&self, what: &str, so: impl FnMut() -> bool) {
        if !came_to_be(PATIENCE, so).await {
            panic!("it never came to this: {what}\n{}", self.process().said());
        }
    }

    async fn sweeps_twice(&self) {
        let _before = self.forge().take_calls();
        let swept = || {
            let calls = self.forge().calls();
            let sweeps = calls
                .iter()
                .filter(|call| call.name() == "GET /repos/{owner}/{repo}/issues/comments");
            sweeps.count() >= 2
        };
        self.until("it sweeps twice", swept).await;
    }

    /// Inbox and outbox of the process that has ended.
    async fn left_undone(&self) -> (u64, u64) {
        let settings = Settings::new(self.theatre.store());
        let opened = DiskStore::open(settings, "test").await.expect("a store");
        assert!(opened.moved_aside.is_none(), "it was damaged");
        let stats = opened.store.stats().await.expect("a store");
        opened.store.close().await.expect("a store");
        (stats.inbox, stats.outbox)
    }

    /// Asks the process to end, as a supervisor does, which takes it ten seconds at most.
    async fn end(&self) -> ExitStatus {
        kill_process(self.process().id(), Signal::TERM).expect("it runs");
        let mut ended = None;
        let over = || {
            ended = self.process().has_ended();
            ended.is_some()
        };
        let in_time = came_to_be(Duration::from_secs(12), over).await;
        assert!(
            in_time,
            "SIGTERM does not end it: {}",
            self.process().said()
        );
        ended.expect("it has ended")
    }
}

/// What was asked on one pull request.
struct Asked {
    pull: PullHandle,
    comments: Vec<forge::CommentId>,
}

impl Asked {
    fn on(pull: PullHandle) -> Self {
        let comments = vec![
            pull.comment("alice", "/refire qa"),
            pull.comment("sam", "/sop-n/a security-review docs only"),
        ];
        Self { pull, comments }
    }

    /// How many replies each of the comments has.
    fn replies(&self) -> Vec<usize> {
        let of = |comment: &forge::CommentId| answers(&self.pull, *comment);
        self.comments.iter().map(of).collect()
    }

    fn is_answered(&self) -> bool {
        let listed = self.pull.status(LIST).map(|row| row.description);
        self.replies().iter().all(|replies| *replies > 0)
            && is_success(&self.pull, QA)
            && is_success(&self.pull, SECURITY)
            && listed.as_deref() == Some("N/A: security-review")
    }

    /// Nothing was said or posted twice. A `/refire qa` posts the status of `qa-review` again.
    fn assert_once(&self) {
        assert_eq!(self.replies(), [1, 1], "{:#?}", self.pull.comments());
        assert_eq!(self.pull.comments_by("refire").len(), 2);
        for context in [SECURITY, LIST] {
            let rows = self.pull.status_rows();
            let mut said: Vec<_> = rows.iter().filter(|row| row.context == context).collect();
            let posted = said.len();
            said.dedup_by(|one, other| {
                one.state == other.state && one.description == other.description
            });
            assert_eq!(said.len(), posted, "{context} was posted twice: {rows:#?}");
        }
    }
}

/// Kills it around every call of the list, and revives it each time.
async fn killed_around_every_step(
    arm: impl Fn(&Forge, &'static str, u64, Box<dyn FnOnce() + Send>),
) {
    let play = Play::lands_within("2s").await;
    let mut asked = Vec::new();
    for (call, nth) in STEPS {
        let pull = play.theatre.approved().await;
        arm(play.forge(), call, nth, Box::new(play.dagger()));
        let one = Asked::on(pull);
        play.is_dead().await;
        play.revive().await;
        play.until(&format!("{call} ({nth})"), || one.is_answered())
            .await;
        asked.push(one);
    }
    at_the_end(play, &asked).await;
}

/// It ends in order, leaves nothing undone, and has done nothing twice.
async fn at_the_end(play: Play, asked: &[Asked]) {
    // What it did just before it was killed is in the outbox until it has seen that it is done.
    for _ in 0..10 {
        play.sweeps_twice().await;
        let ended = play.end().await;
        assert!(ended.success(), "{ended}: {}", play.process().said());
        if play.left_undone().await == (0, 0) {
            asked.iter().for_each(Asked::assert_once);
            return;
        }
        play.revive().await;
    }
    panic!(
        "something is left in inbox or outbox\n{}",
        play.process().said()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_any_step_nothing_is_lost_and_nothing_twice() {
    killed_around_every_step(|forge, call, nth, dagger| {
        forge.before(call, nth, move |forge| {
            dagger();
            // The call was on its way already, and does not arrive.
            forge.fault(Fault::on(call, Kind::Reset));
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_step_nothing_is_lost_and_nothing_twice() {
    killed_around_every_step(|forge, call, nth, dagger| forge.after(call, nth, |_| dagger())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_is_lost_and_nothing_twice() {
    let play = Play::lands_within("2s").await;
    let mut asked = Vec::new();
    // Any call at all, those of the sweep included: one, three, … calls after the question.
    for nth in [1, 3, 6, 10, 15, 21] {
        let pull = play.theatre.approved().await;
        let dagger = play.dagger();
        play.forge().before("* /", nth, |_| dagger());
        let one = Asked::on(pull);
        play.is_dead().await;
        play.revive().await;
        play.until("it is answered", || one.is_answered()).await;
        asked.push(one);
    }
    // Right after it acknowledged, and while nobody listens.
    let pull = play.theatre.approved().await;
    let one = Asked::on(pull);
    play.forge().deliveries_idle().await;
    play.process().end();
    let other = Asked::on(play.forge().pull("alice"));
    other.pull.approved_by("quinn");
    play.revive().await;
    play.until("both are answered", || {
        one.is_answered() && other.is_answered()
    })
    .await;
    asked.extend([one, other]);
    at_the_end(play, &asked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_it_in_order_while_gitea_hangs_and_what_waited_is_answered_later() {
    let play = Play::begin().await;
    let pull = play.theatre.approved().await;
    let hang = Fault::on("GET /repos/acme/widget/pulls/*", Kind::Hang);
    play.forge().fault(hang.always());
    let one = Asked::on(pull);
    play.forge().deliveries_idle().await;
    assert!(play.end().await.success());
    play.forge().heal();
    play.revive().await;
    play.until("it is answered", || one.is_answered()).await;
    at_the_end(play, &[one]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_it_in_order_while_it_still_asks_who_it_is() {
    let play = Play::begin().await;
    let pull = play.theatre.approved().await;
    play.process().end();
    play.forge()
        .fault(Fault::on("GET /user", Kind::Hang).always());
    play.revive().await;
    let one = Asked::on(pull);
    assert!(play.end().await.success());
    play.forge().heal();
    play.revive().await;
    play.until("it is answered", || one.is_answered()).await;
    at_the_end(play, &[one]).await;
}
