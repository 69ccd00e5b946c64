//! A forge with a folder beside it, in which the real program is started.

use crate::running::Running;
use forge::{Forge, Protection, Version};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const HOOK_SECRET: &str = "a secret that must not be printed";
/// What the webhook is to hear, as Gitea lists it.
pub(crate) const EVENTS: [&str; 6] = [
    "issue_comment",
    "pull_request",
    "pull_request_comment",
    "pull_request_review",
    "pull_request_sync",
    "status",
];
/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A forge, a folder with a configuration, and where the bot would listen.
pub(crate) struct Clinic {
    pub(crate) forge: Forge,
    folder: TempDir,
    port: u16,
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("not one object: {self:#?}"))
    }
}

impl Clinic {
    /// The world of the recordings, with the bot's usual token and protected branches.
    pub(crate) async fn healthy(version: Version) -> Self {
        let clinic = Self::standard(version).await;
        clinic.forge.org("acme").team("security").may_write();
        let protection = Protection {
            contexts: vec!["*-review / approved (pull_request)".to_owned()],
            ..Protection::default()
        };
        for name in ["widget", "gadget", "vault", "oldname", "attic"] {
            clinic
                .forge
                .repo(&format!("acme/{name}"))
                .protect("main", &protection);
        }
        std::fs::write(clinic.path("hook-secret"), HOOK_SECRET).expect("a secret");
        clinic
    }

    /// The same, with a bot that owns the organisation and no secret yet.
    pub(crate) async fn owned(version: Version) -> Self {
        let clinic = Self::healthy(version).await;
        std::fs::remove_file(clinic.path("hook-secret")).expect("the secret");
        clinic.forge.org("acme").team("Owners").add("refire");
        let scopes = [
            "write:repository",
            "write:issue",
            "write:organization",
            "read:user",
        ];
        clinic.has_token(&clinic.forge.user("refire").token(&scopes));
        clinic
    }

    /// The world of the recordings, and nothing else.
    pub(crate) async fn standard(version: Version) -> Self {
        let forge = Forge::start(version).await;
        forge.standard_world();
        let clinic = Self {
            port: free_port(),
            folder: tempfile::tempdir().expect("a folder"),
            forge,
        };
        clinic.has_token(&clinic.forge.token("bot"));
        clinic.configure("");
        clinic
    }

    pub(crate) fn has_token(&self, token: &str) {
        std::fs::write(self.path("token"), token).expect("a token");
    }

    /// The usual configuration, and more.
    pub(crate) fn configure(&self, extra: &str) {
        let text = format!(
            "[forge]\nurl = \"{}\"\nrepositories = [\"acme/*\"]\n\
             [[identity]]\nname = \"refire\"\ntoken_file = \"token\"\n\
             [webhook]\nlisten = \"127.0.0.1:{}\"\nsecret_file = \"hook-secret\"\n{extra}",
            self.forge.url(),
            self.port
        );
        std::fs::write(self.path("refire.toml"), text).expect("a configuration");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the bot hears deliveries.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/webhook", self.port)
    }

    fn program(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refire"));
        command
            .arg(subcommand)
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts the doctor and waits for its end.
    pub(crate) async fn doctor(&self, arguments: &[&str]) -> Told {
        let mut command = self.program("doctor");
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output
            .expect("it ends")
            .expect("a thread")
            .expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Told {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Starts the bot and waits until it is there.
    pub(crate) async fn serve(&self) -> Running {
        Running::start(self.program("serve")).await
    }

    /// Waits for something that the running bot does.
    pub(crate) async fn until(&self, mut so: impl FnMut() -> bool) {
        let waiting = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(
            waited.is_ok(),
            "it never came to this; calls: {:#?}",
            self.forge.calls()
        );
    }

    /// The hooks of a place, as the site administrator's owner sees them.
    pub(crate) async fn hooks(&self, path: &str) -> Vec<Value> {
        let url = format!("{}/api/v1{path}", self.forge.url());
        let token = format!("token {}", self.forge.token("olivia"));
        let request = reqwest::Client::new()
            .get(url)
            .header("authorization", token);
        let text = request
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("a body");
        serde_json::from_str(&text).expect("a list")
    }

    /// The owner makes an active JSON hook that points to the bot.
    pub(crate) async fn make_hook(&self, path: &str, events: &[&str]) {
        self.make_hook_with(path, events, HOOK_SECRET).await;
    }

    /// The same with another secret.
    pub(crate) async fn make_hook_with(&self, path: &str, events: &[&str], secret: &str) {
        let body = json!({
            "type": "gitea",
            "active": true,
            "events": events,
            "config": {"url": self.url(), "content_type": "json", "secret": secret},
        });
        let url = format!("{}/api/v1{path}", self.forge.url());
        let token = format!("token {}", self.forge.token("olivia"));
        let request = reqwest::Client::new()
            .post(url)
            .header("authorization", token)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
    }
}

/// What a hook hears, sorted; 1.23 lists the kinds of reviews by themselves.
pub(crate) fn events(hook: &Value) -> Vec<&str> {
    let listed = hook["events"].as_array().expect("events");
    let mut events: Vec<&str> = listed
        .iter()
        .filter_map(Value::as_str)
        .map(|event| match event {
            "pull_request_review_approved"
            | "pull_request_review_rejected"
            | "pull_request_review_comment" => "pull_request_review",
            other => other,
        })
        .collect();
    events.sort_unstable();
    events.dedup();
    events
}

/// A port that nobody has just now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
