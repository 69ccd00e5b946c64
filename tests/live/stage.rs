//! Where the stories are played: a real server, the real bot beside it, and words for both.

use crate::forge::{Forge, number, text};
use crate::{told, world};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use refire::app::{self, Bot, Parts};
use refire::config::{Config, Environment};
use refire::memo::{self, Swept};
use refire::numbers::Recorder;
use refire::worker::tempo::Tempo;
use serde_json::{Value, json};
use sha2::Sha256;
use state::{DiskStore, Settings};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const SECRET: &str = "a secret of the live stories";
/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the server while something is waited for.
const GLANCE: Duration = Duration::from_millis(100);
/// Seconds between the entry of the bot and the moment when it looks at everything: long enough for a
/// sweep or two in between.
const EVENING: i64 = 15;

/// A server with the bot beside it.
pub(crate) struct Stage {
    /// The server.
    pub(crate) forge: Forge,
    /// The ids of acme's teams.
    pub(crate) teams: HashMap<String, u64>,
    bot: Option<Bot>,
    cast: Cast,
    home: TempDir,
    pulls: Vec<Pull>,
    repositories: usize,
}

/// As whom the bot comes, and by which way.
#[derive(Clone)]
pub(crate) struct Cast {
    /// The server's address as the bot is told.
    pub(crate) url: String,
    /// Its identities, as the configuration has them.
    pub(crate) identities: String,
    /// Their tokens, by the variable that holds them.
    pub(crate) tokens: Vec<(&'static str, String)>,
}

/// The one identity of most stories.
const REFIRE: &str =
    "[[identity]]\nname = \"refire\"\ntoken_env = \"REFIRE_TOKEN\"\nlogin = \"refire\"\n";

/// A pull request.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    /// `owner/name` of its repository.
    pub(crate) repo: String,
    /// Its number.
    pub(crate) number: u64,
    /// Its head branch.
    pub(crate) branch: String,
}

impl Pull {
    /// Below `/api/v1`.
    pub(crate) fn path(&self) -> String {
        format!("/repos/{}/pulls/{}", self.repo, self.number)
    }

    /// The same as an issue.
    pub(crate) fn issue(&self) -> String {
        format!("/repos/{}/issues/{}", self.repo, self.number)
    }

    fn name(&self) -> String {
        format!("{}#{}", self.repo, self.number)
    }
}

impl Stage {
    /// Fills the server and lets the bot in.
    pub(crate) async fn set() -> Self {
        let mut forge = Forge::of_environment().await;
        told::line(&format!("Gitea {} at {}", forge.version().await, forge.url));
        let teams = world::fill(&mut forge).await;
        let token = forge.new_token("refire", &world::SCOPES).await;
        let home = tempfile::tempdir();
        let mut stage = Self {
            forge,
            teams,
            bot: None,
            cast: Cast {
                url: String::new(),
                identities: REFIRE.to_owned(),
                tokens: vec![("REFIRE_TOKEN", token)],
            },
            home: home.unwrap_or_else(|error| panic!("no directory for the store: {error}")),
            pulls: Vec::new(),
            repositories: 0,
        };
        stage.cast.url.clone_from(&stage.forge.url);
        stage.enter("off", "").await;
        stage.hook("olivia", "/orgs/acme").await;
        stage
    }

    /// The bot comes back with more configuration, and is heard where it listens now.
    pub(crate) async fn anew(&mut self, more: &str) {
        self.leave().await;
        self.enter("off", more).await;
        self.hook("olivia", "/orgs/acme").await;
    }

    /// The bot comes back as somebody else, or by another way; gives as whom it came before.
    pub(crate) async fn recast(&mut self, cast: Cast) -> Cast {
        let before = std::mem::replace(&mut self.cast, cast);
        self.anew("").await;
        before
    }

    /// As whom the bot is on stage.
    pub(crate) fn cast(&self) -> Cast {
        self.cast.clone()
    }

    /// The bot comes on stage; `sweep` is `sweep.every`, `more` is further configuration.
    pub(crate) async fn enter(&mut self, sweep: &str, more: &str) {
        let text = self.configuration((sweep, "off"), more);
        self.plays(&text).await;
    }

    /// The bot comes on stage and sweeps, and at the moment that is given it looks at everything. It
    /// does so each half a minute from then on, so that whoever came late does not wait until tomorrow.
    pub(crate) async fn enter_before_night(&mut self) -> Timestamp {
        let night = Timestamp::now().as_second() + EVENING;
        let second = night % 30;
        let line = format!("{second},{} * * * * *", second + 30);
        let text = self.configuration(("1s", &line), "");
        self.plays(&text).await;
        let night = Timestamp::from_second(night);
        night.unwrap_or_else(|error| panic!("no time: {error}"))
    }

    /// The bot comes on stage with this configuration.
    async fn plays(&mut self, text: &str) {
        let tokens = self.cast.tokens.iter();
        let tokens = tokens.map(|(name, token)| (*name, token.as_str()));
        let variables = tokens.chain([("REFIRE_WEBHOOK_SECRET", SECRET)]);
        let environment = Environment::of(variables);
        let config = Config::from_toml(Some("refire.toml"), text, &environment);
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let secrets = config.resolve_secrets(&environment);
        let secrets = secrets.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let settings = Settings::new(self.home.path().join("refire.db"));
        let opened = DiskStore::open(settings, "live").await;
        let opened = opened.unwrap_or_else(|error| panic!("the store: {error}"));
        assert!(opened.moved_aside.is_none(), "the store was damaged");
        let store = Arc::new(opened.store);
        // A write that is refused for good is given up sooner, so that its story ends sooner.
        let tempo = Tempo {
            refused_tries: 2,
            pace: None,
            ..Tempo::default()
        };
        let bot = app::start(Parts {
            config,
            secrets,
            store,
            tempo,
            trail: None,
            recorder: Recorder::of_process(),
        })
        .await;
        self.bot = Some(bot.unwrap_or_else(|error| panic!("the bot does not start: {error}")));
    }

    /// `sweep` and `reconcile` are the keys of `[sweep]`.
    fn configuration(&self, (sweep, reconcile): (&str, &str), more: &str) -> String {
        let Cast {
            url, identities, ..
        } = &self.cast;
        format!(
            "[forge]\nurl = \"{url}\"\nrepositories = [\"acme/*\", \"paul/*\"]\n\
             {identities}\
             [webhook]\nlisten = \"127.0.0.1:0\"\n\
             [sweep]\nevery = \"{sweep}\"\nreconcile = \"{reconcile}\"\n\
             {more}"
        )
    }

    /// Plays `refire check` with the bot's own token; gives its exit code and what it prints.
    pub(crate) async fn check(&self, pull: &Pull, more: &[&str]) -> (Option<i32>, String) {
        let file = self.home.path().join("refire.toml");
        let written = std::fs::write(&file, self.configuration(("off", "off"), ""));
        written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_refire"));
        command
            .arg("check")
            .arg(pull.name())
            .arg("--config")
            .arg(file)
            .args(more);
        command
            .envs(self.cast.tokens.iter().cloned())
            .env_remove("REFIRE_LIVE_ONLY");
        let ran = tokio::task::spawn_blocking(move || command.output()).await;
        let Ok(Ok(output)) = ran else {
            panic!("refire check does not run: {ran:?}")
        };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        told::line(&format!(
            "\nrefire check {} {}",
            pull.name(),
            more.join(" ")
        ));
        told::speech(&output.status.to_string(), &told);
        (output.status.code(), told)
    }

    /// The bot leaves the stage in order; its store stays.
    pub(crate) async fn leave(&mut self) {
        if let Some(bot) = self.bot.take() {
            let ended = bot.stop().await;
            ended.unwrap_or_else(|error| panic!("the store could not be closed: {error}"));
        }
    }

    /// A hook to the bot where it listens now.
    pub(crate) async fn hook(&self, who: &str, of: &str) {
        self.hook_to(who, of, &self.url()).await;
    }

    /// The same to somebody else, who hears everything in the bot's place.
    pub(crate) async fn hook_to(&self, who: &str, of: &str, url: &str) {
        world::hook(&self.forge, who, of, url, SECRET).await;
    }

    /// Somebody else hears what the bot hears of a repository.
    pub(crate) async fn overhears(&self, repo: &str, url: &str) {
        let of = format!("/repos/{repo}");
        self.hook_to("olivia", &of, url).await;
    }

    /// The bot comes back with an empty store, as after a lost disk.
    pub(crate) async fn forget(&mut self) {
        self.leave().await;
        self.home = tempfile::tempdir().unwrap_or_else(|error| panic!("no directory: {error}"));
        self.enter("off", "").await;
        self.hook("olivia", "/orgs/acme").await;
    }

    /// Where Gitea delivers to the bot.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhook", self.bot().address)
    }

    /// Somebody who knows the hook's secret delivers this; gives the answer's status.
    pub(crate) async fn tells(&self, payload: &Value) -> u16 {
        let body = payload.to_string().into_bytes();
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes());
        let mut mac = mac.unwrap_or_else(|error| panic!("{error}"));
        mac.update(&body);
        let signature = hex::encode(mac.finalize().into_bytes());
        let request = reqwest::Client::new().post(self.url()).body(body);
        let request = request
            .header("content-type", "application/json")
            .header("x-gitea-event", "issue_comment")
            .header("x-gitea-signature", signature);
        let answer = request.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error}"));
        answer.status().as_u16()
    }

    fn bot(&self) -> &Bot {
        match &self.bot {
            Some(bot) => bot,
            None => panic!("the bot is not on stage"),
        }
    }

    /// A new repository of acme, for one story alone.
    pub(crate) async fn repository(&mut self) -> String {
        self.repositories += 1;
        let name = format!("story-{}", self.repositories);
        let new = json!({"name": name, "auto_init": true, "default_branch": "main"});
        self.forge.post("olivia", "/orgs/acme/repos", new).await;
        format!("acme/{name}")
    }

    /// A pull request of a new branch with one commit into `main` of a new repository.
    pub(crate) async fn pull(&mut self, author: &str) -> Pull {
        let repo = self.repository().await;
        self.pull_in(&repo, author).await
    }

    /// The same in this repository.
    pub(crate) async fn pull_in(&mut self, repo: &str, author: &str) -> Pull {
        let branch = format!("work-{}", self.pulls.len());
        self.commit(
            repo,
            author,
            &json!({"new_branch": branch, "branch": "main"}),
        )
        .await;
        self.open(repo, author, &branch, "main").await
    }

    /// Opens a pull request.
    pub(crate) async fn open(&mut self, repo: &str, by: &str, head: &str, base: &str) -> Pull {
        let new = json!({"title": format!("{head} into {base}"), "head": head, "base": base});
        let pull = self
            .forge
            .post(by, &format!("/repos/{repo}/pulls"), new)
            .await;
        let (repo, branch) = (repo.to_owned(), head.to_owned());
        let pull = Pull {
            repo,
            number: number(&pull["number"]),
            branch,
        };
        told::line(&format!("\n{by} opens {}", pull.name()));
        self.pulls.push(pull.clone());
        pull
    }

    /// One commit through the contents API; gives its id.
    pub(crate) async fn commit(&self, repo: &str, by: &str, place: &Value) -> String {
        let mut commit = place.clone();
        commit["message"] = json!("one more file");
        commit["content"] = json!("eA==");
        let name = Timestamp::now().as_nanosecond();
        let path = format!("/repos/{repo}/contents/file-{name}.txt");
        text(&self.forge.post(by, &path, commit).await["commit"]["sha"])
    }

    /// Somebody pushes a commit to the head branch; gives its id.
    pub(crate) async fn push(&self, pull: &Pull, by: &str) -> String {
        let sha = self
            .commit(&pull.repo, by, &json!({"branch": pull.branch}))
            .await;
        told::line(&format!("\n{by} pushes {} to {}", &sha[..7], pull.name()));
        sha
    }

    /// A new branch beside `main`.
    pub(crate) async fn branch(&self, repo: &str, name: &str) {
        let branch = json!({"new_branch_name": name, "old_branch_name": "main"});
        self.forge
            .post("olivia", &format!("/repos/{repo}/branches"), branch)
            .await;
    }

    /// Waits until `look` finds something; `what` says what was waited for.
    ///
    /// # Panics
    /// When it does not come.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        look: impl AsyncFn() -> Result<T, String>,
    ) -> T {
        self.until_within(PATIENCE, what, look).await
    }

    /// The same with more patience.
    pub(crate) async fn until_within<T>(
        &self,
        patience: Duration,
        what: &str,
        look: impl AsyncFn() -> Result<T, String>,
    ) -> T {
        let end = tokio::time::Instant::now() + patience;
        loop {
            match look().await {
                Ok(found) => return found,
                Err(instead) if tokio::time::Instant::now() >= end => {
                    panic!("{what}: waited in vain. There is: {instead}")
                }
                Err(_) => tokio::time::sleep(GLANCE).await,
            }
        }
    }

    /// Waits until everything that the bot heard is answered.
    pub(crate) async fn quiet(&self) {
        let bot = self.bot();
        self.until("the bot comes to rest", async || {
            match bot.is_quiet().await {
                Ok(true) => Ok(()),
                other => Err(format!("{other:?} {:?}", bot.shared.store.stats().await)),
            }
        })
        .await;
    }

    /// Waits until the bot has something that it could not end.
    pub(crate) async fn heard(&self) {
        let bot = self.bot();
        self.until("the bot hears", async || {
            match bot.shared.store.stats().await {
                Ok(stats) if stats.inbox > 0 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    /// Waits until the sweep has gone its whole round since now.
    pub(crate) async fn swept(&self) {
        let store = &*self.bot().shared.store;
        let mut since = Timestamp::now();
        // The first one that ends may have begun before.
        for what in ["a round of the sweep ends", "the next one does"] {
            let ended = async || {
                let ended = memo::recall::<Swept>(store, &memo::of_everything::<Swept>()).await;
                let ended = ended.map_err(|error| error.to_string())?;
                let at = ended.map(|ended| ended.at);
                at.filter(|at| *at > since).ok_or(format!("{at:?}"))
            };
            since = self.until(what, ended).await;
        }
    }

    /// A story has ended: the bot comes to rest, and no comment was answered twice.
    pub(crate) async fn curtain(&mut self) {
        self.quiet().await;
        for pull in std::mem::take(&mut self.pulls) {
            let mut seen = Vec::new();
            for reply in self.replies(&pull).await {
                let marker = text(&reply["body"]);
                let marker = marker.rsplit("<!--").next().unwrap_or_default().to_owned();
                assert!(
                    !seen.contains(&marker),
                    "answered twice on {}: {marker}",
                    pull.name()
                );
                seen.push(marker);
            }
        }
    }

    /// The bot's comments on a pull request.
    pub(crate) async fn replies(&self, pull: &Pull) -> Vec<Value> {
        let (_, list) = self
            .forge
            .call(
                "root",
                reqwest::Method::GET,
                &format!("{}/comments", pull.issue()),
                Value::Null,
            )
            .await;
        let ours = crate::forge::all(&list).filter(|c| c["user"]["login"] == "refire");
        ours.cloned().collect()
    }
}
