//! A folder of its own in which the real program is started, as on somebody's machine.

use crate::running::Running;
use crate::told;
use serde_json::Value;
use std::fmt::Display;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The file of the token, and that of the webhook's secret.
const TOKEN: &str = "token";
const SECRET: &str = "hook-secret";

/// A folder with a configuration, and where the bot listens.
pub(crate) struct Folder {
    place: TempDir,
    port: u16,
}

/// What the doctor said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
}

impl Told {
    /// What it found at this level, in its order: each with its repair.
    pub(crate) fn at(&self, level: &str) -> Vec<Found> {
        let json: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("not one object ({error}): {}", self.out));
        let findings = crate::forge::all(&json["findings"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        findings
            .filter(|finding| finding["level"] == level)
            .map(|finding| Found {
                what: text(&finding["what"]),
                cause: text(&finding["cause"]),
                evidence: text(&finding["evidence"]),
                repair: text(&finding["repair"]),
            })
            .collect()
    }
}

/// One finding; what it lacks is empty.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) what: String,
    pub(crate) cause: String,
    pub(crate) evidence: String,
    pub(crate) repair: String,
}

impl Folder {
    /// A folder with the two keys that are required, and the files of the secrets named.
    pub(crate) fn new(forge: &str, pattern: &str) -> Self {
        let folder = Self {
            place: must("a folder", tempfile::tempdir()),
            port: free_port(),
        };
        let text = format!(
            "[forge]\nurl = \"{forge}\"\nrepositories = [\"{pattern}\"]\n\
             [[identity]]\nname = \"refire\"\ntoken_file = \"{TOKEN}\"\n\
             [webhook]\nlisten = \"127.0.0.1:{}\"\nsecret_file = \"{SECRET}\"\n",
            folder.port
        );
        folder.write("refire.toml", &text);
        folder
    }

    /// The bot has this token from now on.
    pub(crate) fn has_token(&self, token: &str) {
        self.write(TOKEN, token);
    }

    /// The secret that the doctor wrote.
    pub(crate) fn hook_secret(&self) -> String {
        let read = std::fs::read_to_string(self.place.path().join(SECRET));
        must("the secret", read).trim_end().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        must(name, std::fs::write(self.place.path().join(name), text));
    }

    fn program(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refire"));
        command
            .arg(subcommand)
            .env_clear()
            .current_dir(self.place.path())
            .stdin(Stdio::null());
        command
    }

    /// Plays `refire doctor` to its end.
    pub(crate) async fn doctor(&self, arguments: &[&str]) -> Told {
        let mut command = self.program("doctor");
        command.args(arguments);
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        let output = must("refire doctor", must("a thread", ran));
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        told::line(&format!("\nrefire doctor {}", arguments.join(" ")));
        if !arguments.contains(&"--json") {
            told::speech(&output.status.to_string(), &out);
        }
        Told {
            code: output.status.code(),
            out,
        }
    }

    /// Plays `refire serve`, which has to end by itself; gives what it complains of.
    pub(crate) async fn cannot_serve(&self) -> String {
        let mut command = self.program("serve");
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        let output = must("refire serve", must("a thread", ran));
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        told::line("\nrefire serve");
        told::speech(&output.status.to_string(), &says);
        assert_eq!(output.status.code(), Some(64), "{says}");
        says
    }

    /// Starts `refire serve` and waits until it is there.
    pub(crate) async fn serve(&self) -> Running {
        told::line("\nrefire serve");
        Running::start(self.program("serve")).await
    }
}

/// A port that nobody has just now.
fn free_port() -> u16 {
    let listener = must("a port", TcpListener::bind("127.0.0.1:0"));
    must("an address", listener.local_addr()).port()
}

fn must<T, E: Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
