//! The real program, serving, while a test talks to it.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot start the program must fail"
)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The bot while it runs; dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    log: Arc<Mutex<String>>,
    growing: watch::Receiver<()>,
}

impl Running {
    /// Starts it and waits until it is there.
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let errors = child.stderr.take().expect("a pipe");
        let (grown, growing) = watch::channel(());
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let mut log = kept.lock().expect("nobody panicked");
                log.push_str(&line);
                log.push('\n');
                drop(log);
                grown.send_replace(());
            }
        });
        let running = Running {
            child,
            log,
            growing,
        };
        running.logs("refire is here").await;
        running
    }

    /// Waits until the bot has logged this.
    pub(crate) async fn logs(&self, words: &str) {
        let mut growing = self.growing.clone();
        let waiting = async {
            while !self.log().contains(words) {
                if growing.changed().await.is_err() {
                    break;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        let log = self.log();
        assert!(
            waited.is_ok() && log.contains(words),
            "`{words}` is not in {log}"
        );
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("nobody panicked").clone()
    }

    /// Ends it as a supervisor does; gives its log.
    pub(crate) async fn end(mut self) -> String {
        let id = self.child.id().to_string();
        let told = Command::new("kill").arg(&id).status();
        assert!(told.expect("kill starts").success());
        // Its log ends with it.
        let mut growing = self.growing.clone();
        let ended = async { while growing.changed().await.is_ok() {} };
        let waited = tokio::time::timeout(PATIENCE, ended).await;
        assert!(waited.is_ok(), "it does not end: {}", self.log());
        let status = self.child.wait().expect("a status");
        assert_eq!(status.code(), Some(0), "{}", self.log());
        self.log()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
