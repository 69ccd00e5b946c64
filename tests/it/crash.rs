//! The real binary on a real store, killed between any two steps: nothing lost and nothing twice.

use crate::stage::answers;
use forge::{Fault, Forge, Kind, PullHandle, Version};
use state::{DiskStore, Settings, Store as _};
use std::fs::OpenOptions;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const SECRET: &str = "a secret of the crashes";
const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const LIST: &str = "sop-checklist / na-declarations (pull_request)";

/// How long the bot may take to end what it was told: its longest pause is thirty seconds.
const PATIENCE: Duration = Duration::from_secs(90);

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

/// A forge, and beside it a process that can be killed.
struct Theatre {
    forge: Forge,
    directory: TempDir,
    port: u16,
    process: Arc<Mutex<Child>>,
}

impl Theatre {
    async fn open() -> Self {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        let directory = TempDir::new().expect("a directory");
        let port = forge::free_address().port();
        let url = format!("http://127.0.0.1:{port}/webhook");
        let _hook = forge.org("acme").hook(&url, SECRET);
        let process = Arc::new(Mutex::new(spawn(&forge, directory.path(), port)));
        Self {
            forge,
            directory,
            port,
            process,
        }
    }

    /// What kills the process, for a closure around a call.
    fn dagger(&self) -> impl FnOnce() + Send + 'static {
        let process = Arc::clone(&self.process);
        move || kill(&process)
    }

    async fn is_dead(&self) {
        self.until("it is killed", || {
            let mut process = self.process.lock().expect("no test has panicked");
            process.try_wait().expect("a child").is_some()
        })
        .await;
    }

    async fn revive(&self) {
        *self.process.lock().expect("no test has panicked") =
            spawn(&self.forge, self.directory.path(), self.port);
        self.until("it listens", || {
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        })
        .await;
    }

    async fn until(&self, what: &str, so: impl Fn() -> bool) {
        let wait = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("it never came to this: {what}\n{}", self.log());
        }
    }

    /// An approved pull request, all of whose statuses are posted.
    async fn approved(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        pull.approved_by("quinn");
        self.until("the first statuses", || {
            is_success(&pull, QA) && pull.status(LIST).is_some()
        })
        .await;
        pull
    }

    async fn sweeps_twice(&self) {
        let _before = self.forge.take_calls();
        let swept = || {
            let calls = self.forge.calls();
            let sweeps = calls
                .iter()
                .filter(|call| call.name() == "GET /repos/{owner}/{repo}/issues/comments");
            sweeps.count() >= 2
        };
        self.until("it sweeps twice", swept).await;
    }

    /// Inbox and outbox of the process that has ended.
    async fn left_undone(&self) -> (u64, u64) {
        let settings = Settings::new(self.directory.path().join("refire.db"));
        let opened = DiskStore::open(settings, "test").await.expect("a store");
        assert!(opened.moved_aside.is_none(), "it was damaged");
        let stats = opened.store.stats().await.expect("a store");
        opened.store.close().await.expect("a store");
        (stats.inbox, stats.outbox)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Asks the process to end, as a supervisor does.
    async fn end(&self) -> ExitStatus {
        let id = self.process.lock().expect("no test has panicked").id();
        let term = Command::new("kill")
            .arg("-TERM")
            .arg(id.to_string())
            .status();
        assert!(term.expect("kill").success());
        let wait = async {
            loop {
                let ended = self
                    .process
                    .lock()
                    .expect("no test has panicked")
                    .try_wait();
                if let Some(status) = ended.expect("a child") {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(12), wait)
            .await
            .expect("SIGTERM ends it within ten seconds")
    }
}

impl Drop for Theatre {
    fn drop(&mut self) {
        kill(&self.process);
    }
}

fn spawn(forge: &Forge, directory: &Path, port: u16) -> Child {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join("log"));
    Command::new(env!("CARGO_BIN_EXE_refire"))
        .arg("serve")
        .current_dir(directory)
        .env_clear()
        .env("REFIRE_FORGE__URL", forge.url())
        .env("REFIRE_FORGE__REPOSITORIES", "[\"acme/widget\"]")
        .env("REFIRE_TOKEN", forge.token("bot"))
        .env("REFIRE_WEBHOOK_SECRET", SECRET)
        .env("REFIRE_WEBHOOK__LISTEN", format!("127.0.0.1:{port}"))
        .env("REFIRE_STORE__PATH", directory.join("refire.db"))
        .env("REFIRE_SWEEP__EVERY", "1s")
        .env("REFIRE_SWEEP__RECONCILE", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.expect("a log"))
        .spawn()
        .expect("the binary starts")
}

/// SIGKILL; waits until the process is gone, so that the store's lock is free.
fn kill(process: &Mutex<Child>) {
    let mut process = process
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let _ = process.kill();
    let _ = process.wait();
}

fn is_success(pull: &PullHandle, context: &str) -> bool {
    pull.status(context)
        .is_some_and(|row| row.state == "success")
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
    let theatre = Theatre::open().await;
    let mut asked = Vec::new();
    for (call, nth) in STEPS {
        let pull = theatre.approved().await;
        arm(&theatre.forge, call, nth, Box::new(theatre.dagger()));
        let one = Asked::on(pull);
        theatre.is_dead().await;
        theatre.revive().await;
        theatre
            .until(&format!("{call} ({nth})"), || one.is_answered())
            .await;
        asked.push(one);
    }
    at_the_end(theatre, &asked).await;
}

/// It ends in order, leaves nothing undone, and has done nothing twice.
async fn at_the_end(theatre: Theatre, asked: &[Asked]) {
    // What it did just before it was killed is in the outbox until it has seen that it is done.
    for _ in 0..10 {
        theatre.sweeps_twice().await;
        let ended = theatre.end().await;
        assert!(ended.success(), "{ended}: {}", theatre.log());
        if theatre.left_undone().await == (0, 0) {
            asked.iter().for_each(Asked::assert_once);
            return;
        }
        theatre.revive().await;
    }
    panic!("something is left in inbox or outbox\n{}", theatre.log());
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
    let theatre = Theatre::open().await;
    let mut asked = Vec::new();
    // Any call at all, those of the sweep included: one, three, … calls after the question.
    for nth in [1, 3, 6, 10, 15, 21] {
        let pull = theatre.approved().await;
        let dagger = theatre.dagger();
        theatre.forge.before("* /", nth, |_| dagger());
        let one = Asked::on(pull);
        theatre.is_dead().await;
        theatre.revive().await;
        theatre.until("it is answered", || one.is_answered()).await;
        asked.push(one);
    }
    // Right after it acknowledged, and while nobody listens.
    let pull = theatre.approved().await;
    let one = Asked::on(pull);
    theatre.forge.deliveries_idle().await;
    kill(&theatre.process);
    let other = Asked::on(theatre.forge.pull("alice"));
    other.pull.approved_by("quinn");
    theatre.revive().await;
    theatre
        .until("both are answered", || {
            one.is_answered() && other.is_answered()
        })
        .await;
    asked.extend([one, other]);
    at_the_end(theatre, &asked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_it_in_order_while_gitea_hangs_and_what_waited_is_answered_later() {
    let theatre = Theatre::open().await;
    let pull = theatre.approved().await;
    let hang = Fault::on("GET /repos/acme/widget/pulls/*", Kind::Hang);
    theatre.forge.fault(hang.always());
    let one = Asked::on(pull);
    theatre.forge.deliveries_idle().await;
    assert!(theatre.end().await.success());
    theatre.forge.heal();
    theatre.revive().await;
    theatre.until("it is answered", || one.is_answered()).await;
    at_the_end(theatre, &[one]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_it_in_order_while_it_still_asks_who_it_is() {
    let theatre = Theatre::open().await;
    let pull = theatre.approved().await;
    kill(&theatre.process);
    theatre
        .forge
        .fault(Fault::on("GET /user", Kind::Hang).always());
    theatre.revive().await;
    let one = Asked::on(pull);
    assert!(theatre.end().await.success());
    theatre.forge.heal();
    theatre.revive().await;
    theatre.until("it is answered", || one.is_answered()).await;
    at_the_end(theatre, &[one]).await;
}
