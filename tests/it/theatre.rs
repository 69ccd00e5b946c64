//! The real binary beside a forge: it is started, killed, and started again.

use forge::{Forge, PullHandle, Version};
use rustix::process::Pid;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};

const SECRET: &str = "a secret of the processes";

pub(crate) const QA: &str = "qa-review / approved (pull_request)";

/// The longest that anything may take: the bot's own longest pause is thirty seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The program, without its subcommand. No signal ends it when a file may not grow: it is told instead.
pub(crate) fn command(program: &Path, forge: &Forge, store: &Path, listen: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(program)
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
pub(crate) struct Theatre {
    pub(crate) forge: Forge,
    pub(crate) directory: TempDir,
    program: PathBuf,
    pub(crate) listen: String,
    /// Further variables of the process.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// A process that ends with its test. What it says goes into a file: a pipe that nobody reads would
/// hold it up.
pub(crate) struct Running {
    child: Child,
    said: NamedTempFile,
}

impl Theatre {
    /// The world of the recordings with a hook, and no bot yet.
    pub(crate) async fn of(program: &Path) -> Self {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        let listen = forge::free_address().to_string();
        let url = format!("http://{listen}/webhook");
        let _hook = forge.org("acme").hook(&url, SECRET);
        Self {
            forge,
            directory: TempDir::new().expect("a directory"),
            program: program.to_owned(),
            listen,
            variables: Vec::new(),
        }
    }

    /// Where the process listens.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.listen)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.path().join("refire.db")
    }

    /// The process, as soon as it listens.
    pub(crate) async fn start(&self) -> Running {
        let mut command = command(&self.program, &self.forge, &self.store(), &self.listen);
        let further = self.variables.iter();
        command.envs(further.map(|(name, value)| (*name, value)));
        let said = NamedTempFile::new_in(self.directory.path()).expect("a file");
        command.stderr(said.reopen().expect("a file"));
        let child = command.arg("serve").spawn().expect("the binary starts");
        let running = Running { child, said };
        let listens = || std::net::TcpStream::connect(&self.listen).is_ok();
        until("it listens", listens).await;
        running
    }

    /// An approved pull request, all of whose statuses are posted.
    pub(crate) async fn approved(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        pull.approved_by("quinn");
        let stands = || is_success(&pull, QA) && pull.statuses().len() == 3;
        until("the first statuses", stands).await;
        pull
    }
}

impl Running {
    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How it has ended. `None`: it runs.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.said.path()).expect("what it said")
    }

    /// Ends it by force. Its store's lock is free then.
    pub(crate) fn end(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Ends it by force; gives what it said.
    pub(crate) fn kill(mut self) -> String {
        self.end();
        self.said()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) async fn until(what: &str, so: impl FnMut() -> bool) {
    let came = came_to_be(PATIENCE, so).await;
    assert!(came, "it never came to this: {what}");
}

/// Whether it is so within this time.
pub(crate) async fn came_to_be(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, wait).await.is_ok()
}

pub(crate) fn is_success(pull: &PullHandle, context: &str) -> bool {
    pull.status(context)
        .is_some_and(|row| row.state == "success")
}

pub(crate) fn replies(pull: &PullHandle) -> usize {
    pull.comments_by("refire").len()
}

/// Every file of a directory with what it holds.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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
