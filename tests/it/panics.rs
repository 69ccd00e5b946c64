//! A mistake in the program costs one turn or one write: the others go on, and so does that one.

use crate::stage::{Stage, replies};
use forge::{Fault, Kind, PullHandle};
use refire::memo;
use refire::model::{Posted, RepositoryId, Sha};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// Panics over so many lines of the log in which a text stands.
#[derive(Clone)]
struct Panics {
    over: &'static str,
    left: Arc<AtomicUsize>,
}

impl Panics {
    /// On this thread, until the guard is dropped.
    fn over(over: &'static str, times: usize) -> (Self, DefaultGuard) {
        let left = Arc::new(AtomicUsize::new(times));
        let panics = Self { over, left };
        let writer = panics.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(Level::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        (panics, tracing::subscriber::set_default(subscriber))
    }

    fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }
}

impl io::Write for Panics {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        crate::stage::watch::search(line);
        let left = self.left();
        // What stands before the last line was to be written when it panicked last.
        let text = String::from_utf8_lossy(line);
        let last = text.lines().next_back().unwrap_or_default();
        if left > 0 && last.contains(self.over) {
            self.left.store(left - 1, Ordering::SeqCst);
            panic!("over {}", self.over);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_turn_that_panics_is_taken_again() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let (panics, _until) = Panics::over("/reviews", 1);
    pull.comment("bob", "/refire qa");
    let answered = || replies(&pull).len() == 1;
    stage.until("it is answered", answered).await;
    assert_eq!(panics.left(), 0);
}

#[tokio::test]
async fn a_write_that_panics_is_written_once() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let (panics, _until) = Panics::over("/comments outcome", 1);
    pull.comment("bob", "/refire qa");
    stage.quiet().await;
    assert_eq!(panics.left(), 0);
    assert_eq!(replies(&pull).len(), 1);
}

/// More than are performed side by side, each of them three times, as refused ones are.
#[tokio::test]
async fn writes_that_always_panic_hold_up_nothing_and_are_given_up() {
    let stage = Stage::set().await;
    let pulls = [(); 9].map(|()| stage.forge.pull("alice"));
    stage.quiet().await;
    let (panics, until) = Panics::over("/comments", 1_000);
    for pull in &pulls {
        pull.comment("bob", "/refire qa");
    }
    stage.quiet().await;
    assert_eq!(1_000 - panics.left(), 3 * pulls.len());
    drop(until);
    for pull in &pulls {
        assert_eq!(replies(pull).len(), 1, "what was posted is looked for");
        stage.says(pull, "bob", "/refire security").await;
        assert_eq!(replies(pull).len(), 2);
    }
}

/// What the bot takes to stand on the head under the contexts that begin like this.
async fn remembered(stage: &Stage, pull: &PullHandle, contexts: &str) -> Vec<String> {
    let repository = RepositoryId::new(pull.repo().id().get().unsigned_abs());
    let head: Sha = pull.head().parse().expect("a commit's id");
    let beginning = memo::of_status(repository, &head, contexts);
    let posted = memo::recall_all::<Posted>(&*stage.store, &beginning, 9).await;
    let posted = posted.expect("the store answers").into_iter();
    posted.map(|(_, posted)| posted.description).collect()
}

/// What was given up is not remembered as posted: the next look posts it.
#[tokio::test]
async fn a_status_that_always_panicked_is_posted_with_the_next_look() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let posting = "POST /repos/*/statuses/*";
    stage.forge.fault(Fault::on(posting, Kind::Reset).always());
    let (panics, until) = Panics::over("outcome=Unreachable", 1_000);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(1_000 - panics.left(), 3);
    assert_eq!(remembered(&stage, &pull, "qa-review / ").await, [""; 0]);
    drop(until);
    stage.forge.heal();
    pull.retitle("A better title", "alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
}
