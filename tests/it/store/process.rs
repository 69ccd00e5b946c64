//! The real binary on a store that is locked, of another version, damaged, or without room.

use forge::{Fault, Forge, PullHandle, Version};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use state::{DiskStore, Settings};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What a process exits with that may not have the store.
pub(super) const SECOND: i32 = 70;

const SECRET: &str = "a secret of the processes";

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A second process on the store, beside whoever has it.
pub(super) fn second(forge: &Forge, store: &Path) -> Child {
    command(forge, store, "127.0.0.1:0")
        .arg("serve")
        .spawn()
        .expect("the binary starts")
}

/// The program, without its subcommand. No signal ends it when a file may not grow: it is told instead.
pub(super) fn command(forge: &Forge, store: &Path, listen: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_refire"))
        .env("REFIRE_FORGE__URL", forge.url())
        .env("REFIRE_FORGE__REPOSITORIES", "[\"acme/widget\"]")
        .env("REFIRE_TOKEN", forge.token("bot"))
        .env("REFIRE_WEBHOOK_SECRET", SECRET)
        .env("REFIRE_WEBHOOK__LISTEN", listen)
        .env("REFIRE_STORE__PATH", store)
        .env("REFIRE_SWEEP__EVERY", "1s")
        .env("REFIRE_SWEEP__RECONCILE", "off")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A forge with the bot's process beside it.
pub(super) struct Theatre {
    pub(super) forge: Forge,
    pub(super) directory: TempDir,
    listen: String,
}

/// A process that ends with its test.
pub(super) struct Running(Option<Child>);

impl Theatre {
    pub(super) async fn open() -> Self {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        let probe = TcpListener::bind("127.0.0.1:0").expect("a port");
        let listen = probe.local_addr().expect("an address").to_string();
        let url = format!("http://{listen}/webhook");
        let _hook = forge.org("acme").hook(&url, SECRET);
        Self {
            forge,
            directory: TempDir::new().expect("a directory"),
            listen,
        }
    }

    pub(super) fn store(&self) -> PathBuf {
        self.directory.path().join("refire.db")
    }

    /// The process, as soon as it listens.
    pub(super) async fn start(&self) -> Running {
        let mut command = command(&self.forge, &self.store(), &self.listen);
        let child = command.arg("serve").spawn();
        let running = Running(Some(child.expect("the binary starts")));
        let listens = || std::net::TcpStream::connect(&self.listen).is_ok();
        until("it listens", listens).await;
        running
    }

    /// An approved pull request, all of whose statuses are posted.
    pub(super) async fn approved(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        pull.approved_by("quinn");
        until("the first statuses", || pull.statuses().len() == 3).await;
        pull
    }
}

impl Running {
    fn id(&self) -> Pid {
        let child = self.0.as_ref().expect("it runs");
        Pid::from_child(child)
    }

    /// Ends it by force; gives what it said.
    pub(super) fn kill(mut self) -> String {
        let mut child = self.0.take().expect("it runs");
        child.kill().expect("it runs");
        said(&child.wait_with_output().expect("it ends"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(super) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    assert!(waited.is_ok(), "it never came to this: {what}");
}

pub(super) fn replies(pull: &PullHandle) -> usize {
    pull.comments_by("refire").len()
}

/// Every file of a directory with what it holds.
pub(super) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            files.insert(path, bytes);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_processes_says_who_has_the_store_and_exits() {
    let theatre = Theatre::open().await;
    let first = theatre.start().await;
    let pull = theatre.approved().await;
    let output = second(&theatre.forge, &theatre.store()).wait_with_output();
    let output = output.expect("it ends");
    assert_eq!(output.status.code(), Some(SECOND));
    let host = rustix::system::uname();
    let holder = format!(
        "is in use by process {} on {}",
        first.id(),
        host.nodename().to_string_lossy()
    );
    assert!(said(&output).contains(&holder), "{}", said(&output));
    assert!(output.stdout.is_empty());
    pull.comment("bob", "/refire qa");
    until("the first one answers", || replies(&pull) == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_a_newer_schema_is_said_and_nothing_of_it_is_changed() {
    let theatre = Theatre::open().await;
    drop(theatre.start().await);
    let db = sled::open(theatre.store()).expect("a database");
    let meta = db.open_tree("meta").expect("a tree");
    let newer = 2_u32.to_be_bytes();
    meta.insert("schema", &newer).expect("a row");
    db.flush().expect("a disk");
    drop((meta, db));
    std::fs::write(theatre.store().join("schema"), "2\n").expect("a file");
    let before = contents(&theatre.store());
    let output = second(&theatre.forge, &theatre.store()).wait_with_output();
    let output = output.expect("it ends");
    assert_eq!(output.status.code(), Some(SECOND));
    let words = "has the schema version 2, this program knows 1; it was left as it is";
    assert!(said(&output).contains(words), "{}", said(&output));
    assert!(
        before == contents(&theatre.store()),
        "something was changed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_store_is_moved_aside_reported_once_and_rebuilt_from_gitea() {
    let theatre = Theatre::open().await;
    let first = theatre.start().await;
    let pull = theatre.approved().await;
    pull.comment("bob", "/refire qa");
    until("it is answered", || replies(&pull) == 1).await;
    let away = Fault::status("GET /repos/acme/widget/pulls/*", 502);
    theatre.forge.fault(away.always());
    pull.comment("bob", "/refire security");
    theatre.forge.deliveries_idle().await;
    drop(first);
    theatre.forge.heal();
    std::fs::write(theatre.store().join("db"), "no database").expect("a file");
    let second = theatre.start().await;
    until("what was accepted is answered", || replies(&pull) == 2).await;
    let text = second.kill();
    let told = text.matches("the store was damaged").count();
    assert_eq!(told, 1, "{text}");
    let settings = Settings::new(theatre.store());
    let opened = DiskStore::open(settings, "stamp").await.expect("a store");
    assert_eq!(opened.moved_aside, None);
}

/// The system refuses to let any file grow, or be written at all: what a full disk, or a quota, does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_nothing_is_taken_in_and_with_room_again_all_goes_on() {
    let theatre = Theatre::open().await;
    let running = theatre.start().await;
    let pull = theatre.approved().await;
    let allow = |current| {
        let limit = Rlimit {
            current,
            maximum: None,
        };
        prlimit(Some(running.id()), Resource::Fsize, limit).expect("a limit");
    };
    for round in 1..=3 {
        allow(Some(0));
        let refused = pull.comment("bob", "/refire qa");
        theatre.forge.deliveries_idle().await;
        let heard = theatre.forge.deliveries();
        let of = heard
            .iter()
            .find(|delivery| delivery.payload["comment"]["id"] == refused.get());
        assert_eq!(of.and_then(|delivery| delivery.status), Some(503));
        allow(None);
        until("it is found and answered", || {
            replies(&pull) == 2 * round - 1
        })
        .await;
        pull.comment("bob", "/refire security");
        until("the next is answered", || replies(&pull) == 2 * round).await;
    }
    let text = running.kill();
    assert!(text.contains("the store was opened again"), "{text}");
    assert!(!text.contains("the store was damaged"), "{text}");
}
