//! I21: no secret in anything that is written, at any level of the log, whatever fails.

use crate::stage::watch::{self, Forms};
use crate::stage::{Stage, replies};
use forge::{Fault, Forge, Kind, PullHandle, Version};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Characters that every encoding writes in its own way.
const NEW_SECRET: &str = "new: s3cret/+ of \"the\" programs & %41";
const OLD_SECRET: &str = "old: s3cret/+ of \"the\" programs & %41";

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a server or a proxy may answer that repeats what it was sent.
fn echoes(token: &str) -> Vec<Fault> {
    let teams = "GET /teams/*";
    let reviews = "GET /repos/*/pulls/*/reviews";
    let echo = |call: &str, status| {
        let message = format!("the token {token} may not do that");
        let body = serde_json::json!({ "message": message, "url": "http://forge/api/swagger" });
        let headers = vec![("location".to_owned(), format!("/login?token={token}"))];
        let kind = Kind::Status {
            status,
            body: body.to_string(),
            headers,
        };
        Fault::on(call, kind)
    };
    vec![
        echo(teams, 403),
        echo(teams, 404),
        echo(teams, 307),
        echo(teams, 500).times(3),
        echo(reviews, 403),
        echo(reviews, 502).times(3),
        Fault::on(reviews, Kind::CutJson).times(3),
        Fault::on(reviews, Kind::Html403),
        Fault::on(reviews, Kind::Reset).times(3),
        echo("POST /repos/*/statuses/*", 403),
        echo("POST /repos/*/issues/*/comments", 422),
        echo(teams, 401),
    ]
}

/// The programs with their forge; all of them read one configuration.
struct Programs {
    forge: Forge,
    folder: TempDir,
    listen: String,
    token: String,
    secrets: Forms,
}

impl Programs {
    async fn open() -> Self {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        let listen = forge::free_address().to_string();
        let url = format!("http://{listen}/webhook");
        let _new = forge.org("acme").hook(&url, NEW_SECRET);
        let _old = forge.repo("acme/widget").hook(&url, OLD_SECRET);
        let _forged = forge.repo("acme/widget").hook(&url, "a guess");
        let tokens = [forge.token("bot"), forge.token("weakbot")];
        watch::begin(&forge);
        [NEW_SECRET, OLD_SECRET].into_iter().for_each(watch::also);
        let own = tokens.iter().map(String::as_str);
        let secrets = Forms::of(own.chain([NEW_SECRET, OLD_SECRET]));
        let folder = TempDir::new().expect("a directory");
        fs::create_dir(folder.path().join("kept")).expect("a directory");
        fs::write(folder.path().join("token"), &tokens[1]).expect("a file");
        let this = Self {
            forge,
            folder,
            listen,
            token: tokens[0].clone(),
            secrets,
        };
        fs::write(this.folder.path().join("refire.toml"), this.configuration()).expect("a file");
        this
    }

    fn configuration(&self) -> String {
        format!(
            "[forge]\nurl = \"{}\"\nrepositories = [\"acme/widget\"]\n\
             [webhook]\nlisten = \"{}\"\nsecret_env = [\"NEW_SECRET\", \"OLD_SECRET\"]\n\
             [store]\npath = \"kept/refire.db\"\n[sweep]\nevery = \"1s\"\nreconcile = \"off\"\n\
             [[identity]]\nname = \"main\"\ntoken_env = \"MAIN_TOKEN\"\n\
             [[identity]]\nname = \"spare\"\ntoken_file = \"token\"\nuses = [\"teams\"]\n",
            self.forge.url(),
            self.listen
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refire"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("REFIRE_LOG", "trace")
            .env("MAIN_TOKEN", &self.token)
            .env("NEW_SECRET", NEW_SECRET)
            .env("OLD_SECRET", OLD_SECRET)
            .stdin(Stdio::null());
        command
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// The bot, which writes into files, as soon as it listens.
    async fn serve(&self) -> Child {
        let file = |name: &str| File::create(self.kept().join(name)).expect("a file");
        let mut command = self.command(&["serve"]);
        command.stdout(file("stdout")).stderr(file("stderr"));
        let child = command.spawn().expect("the binary starts");
        until("it listens", || TcpStream::connect(&self.listen).is_ok()).await;
        child
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        let run = tokio::task::spawn_blocking(move || command.output());
        run.await.expect("it ends").expect("the binary starts")
    }

    /// Whatever another program says, no secret is in it.
    async fn says_no_secret(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let said = [output.stdout, output.stderr].concat();
        assert!(!self.secrets.are_in(&said), "{arguments:?}");
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Everything that can be read in Gitea or went there beside the token itself.
    fn in_gitea(&self, pull: &PullHandle) -> String {
        let (answers, calls) = (self.forge.deliveries(), self.forge.calls());
        let answers: Vec<&str> = answers.iter().map(|d| d.answer.as_str()).collect();
        let said = replies(pull).join("\n");
        format!("{said}\n{:?}\n{answers:?}\n{calls:?}", pull.status_rows())
    }
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    assert!(waited.is_ok(), "it never came to this: {what}");
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// One command beside each fault; all of them are answered in the end.
async fn trouble(forge: &Forge, pull: &PullHandle, token: &str) {
    for (at, fault) in echoes(token).into_iter().enumerate() {
        forge.fault(fault);
        pull.comment("bob", "/refire qa");
        until("it is answered", || replies(pull).len() > at).await;
        forge.heal();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i21_no_program_writes_a_secret_anywhere_whatever_fails() {
    let programs = Programs::open().await;
    let forge = &programs.forge;
    let mut bot = programs.serve().await;
    let pull = forge.pull("alice");
    pull.approved_by("quinn");
    until("the first statuses", || pull.statuses().len() == 3).await;
    trouble(forge, &pull, &programs.token).await;
    let shown = fs::read(format!("/proc/{}/cmdline", bot.id())).expect("it runs");
    assert!(shown.starts_with(env!("CARGO_BIN_EXE_refire").as_bytes()));
    assert!(!programs.secrets.are_in(&shown), "in the process table");
    let second = programs.says_no_secret(&["serve"]).await;
    assert!(second.contains("is in use"), "{second}");
    programs.says_no_secret(&["doctor", "--json"]).await;
    forge.user("refire").revoke_tokens();
    pull.comment("bob", "/refire security");
    let refused = || forge.calls().iter().any(|call| call.status == 401);
    until("a token is refused for good", refused).await;
    for arguments in [
        &["doctor"][..],
        &["config"],
        &["config", "--json"],
        &["check", &pull.name()],
        &["check", &pull.name(), "--json", "--post"],
    ] {
        programs.says_no_secret(arguments).await;
    }
    kill_process(Pid::from_child(&bot), Signal::TERM).expect("it runs");
    let ended = tokio::task::spawn_blocking(move || bot.wait());
    ended.await.expect("it ends").expect("it ends");
    programs.says_no_secret(&["rebuild"]).await;
    let log = fs::read_to_string(programs.kept().join("stderr")).expect("a log");
    assert!(log.contains("TRACE"), "nothing is logged at the last level");
    let kept = files(&programs.kept());
    assert!(kept.len() > 3, "the store is not where it was: {kept:?}");
    for file in kept {
        let bytes = fs::read(&file).expect("a file");
        assert!(!programs.secrets.are_in(bytes), "{}", file.display());
    }
    assert!(!programs.secrets.are_in(programs.in_gitea(&pull)));
}

/// What stands in an argument can be read in the process table by everybody on the machine.
#[tokio::test]
async fn i21_no_argument_of_a_program_takes_a_secret() {
    let programs = Programs::open().await;
    let all = programs.says_no_secret(&["completions", "bash"]).await;
    assert!(all.contains("--config"), "no argument is named: {all}");
    for name in ["token", "secret", "password", "key"] {
        let option = all.split_whitespace().find(|word| {
            let option = word.trim_start_matches('"').strip_prefix("--");
            option.is_some_and(|option| option.contains(name))
        });
        assert_eq!(option, None);
    }
}

#[tokio::test]
async fn i21_no_story_logs_or_says_a_secret_whatever_fails() {
    let stage = Stage::set().await;
    let before = watch::searched();
    let pull = stage.approved().await;
    let token = stage.forge.token("bot");
    for fault in echoes(&token) {
        stage.forge.fault(fault);
        pull.comment("bob", "/refire qa");
        let asked = stage.forge.calls().len();
        let asks = || stage.forge.calls().len() > asked;
        stage.meanwhile("it asks", asks).await;
        stage.forge.heal();
    }
    stage.quiet().await;
    let secrets = Forms::of([token.as_str(), crate::stage::SECRET]);
    let said = replies(&pull).join("\n");
    let parts = stage.parts();
    let shown = format!("{said} {:?} {:?}", pull.status_rows(), parts.secrets);
    assert!(!secrets.are_in(shown));
    assert!(watch::searched() > before, "nothing was logged");
    assert_eq!(watch::leaks(), Vec::<String>::new());
}

/// What the search for secrets rests on.
#[test]
fn i21_a_secret_is_found_in_whatever_form_it_is_written() {
    let secret = "5e75a2c0ffee0123456789abcdef5e75a2c0ffee";
    let forms = Forms::of([secret, NEW_SECRET]);
    let basic = [
        "cmVmaXJlOjVlNzVhMmMwZmZlZTAxMjM0NTY3ODlhYmNkZWY1ZTc1YTJjMGZmZWU=",
        "dG9rZW46NWU3NWEyYzBmZmVlMDEyMzQ1Njc4OWFiY2RlZjVlNzVhMmMwZmZlZQ==",
    ];
    for text in basic {
        assert!(forms.are_in(text), "{text}");
    }
    for text in [
        format!("authorization: token {secret}"),
        secret.to_uppercase(),
        hex::encode(secret),
        serde_json::json!({ "secret": NEW_SECRET }).to_string(),
        "new%3A%20s3cret%2F%2B%20of%20%22the%22%20programs%20%26%20%2541".to_owned(),
    ] {
        assert!(forms.are_in(&text), "{text}");
    }
    assert!(!forms.are_in("the token of refire is not shown"));
}
