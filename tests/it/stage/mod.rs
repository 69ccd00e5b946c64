//! Where the stories are played: a forge, the real bot beside it, and words for both.

pub(crate) mod crowd;
mod scenes;
pub(crate) mod trail;
pub(crate) mod watch;

use forge::{CommentId, Forge, PullHandle, Version};
use refire::app::{self, Bot, Parts};
use refire::audit::Trail;
use refire::config::{Config, Environment};
use refire::intake::sweep::Sweep;
use refire::numbers::Recorder;
use refire::worker::tempo::Tempo;
use regex::Regex;
use state::{Limits, MemoryStore, PullKey, Store};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What deliveries are signed with.
pub(crate) const SECRET: &str = "a secret of the stage";

/// Tokens for identities of their own, by the variable that holds them.
const OTHERS: [(&str, &str); 7] = [
    ("TOKEN_OF_REFIRE", "bot"),
    ("TOKEN_OF_WEAKBOT", "weakbot"),
    ("TOKEN_OF_STRANGERBOT", "strangerbot"),
    ("TOKEN_WITHOUT_ORGANIZATION", "bot-no-organization"),
    ("TOKEN_OF_OLIVIA", "olivia"),
    ("TOKEN_PUBLIC_ONLY", "bot-public-only"),
    ("TOKEN_THAT_ONLY_READS", "bot-read-repository"),
];

/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two questions whether the bot is at rest, so that asking does not keep it from it.
const PAUSE: Duration = Duration::from_millis(1);

/// A forge with the bot beside it.
pub(crate) struct Stage {
    /// The forge.
    pub forge: Forge,
    /// The store, which outlives the bot.
    pub store: Arc<MemoryStore>,
    /// What the bot has in place of it.
    pub other: Option<Arc<dyn Store>>,
    pub(crate) bot: Option<Bot>,
    pub(crate) sweep: Option<Sweep>,
    extra: String,
    token: String,
    /// The waits of the bot.
    pub tempo: Tempo,
    /// Where deliveries go. `None`: no hook is there yet.
    pub url: Option<String>,
    /// The longest that anything may take before the story has failed.
    pub patience: Duration,
    /// Where the bot writes down what it decides.
    pub trail: Option<Arc<Trail>>,
    /// Whether the bot writes to the forge.
    pub mode: &'static str,
    /// The repositories that the bot looks after.
    pub patterns: Vec<&'static str>,
    /// Further variables that it is given.
    pub variables: Vec<(&'static str, String)>,
    /// Where it listens as long as no hook points at it.
    pub listens_at: String,
}

/// The waits of the stage: the same steps, faster.
pub(crate) fn tempo() -> Tempo {
    Tempo {
        again: [10, 20, 40, 80].map(Duration::from_millis).to_vec(),
        then: Duration::from_millis(200),
        cooldown: Duration::ZERO,
        restore: Duration::ZERO,
        pace: None,
        refused_tries: 3,
        landing: Some(Duration::ZERO),
        end: Duration::from_secs(2),
        ..Tempo::default()
    }
}

impl Stage {
    /// The usual stage: Gitea 1.26, the world of the recordings, a hook of the organisation.
    pub(crate) async fn set() -> Self {
        Self::with("").await
    }

    /// The same with more configuration.
    pub(crate) async fn with(extra: &str) -> Self {
        Self::on(Version::V1_26, extra).await
    }

    /// The usual stage, prepared by the closure before the bot comes.
    pub(crate) async fn prepared(prepare: impl FnOnce(&mut Self)) -> Self {
        Self::prepared_with("", prepare).await
    }

    /// The same with more configuration.
    pub(crate) async fn prepared_with(extra: &str, prepare: impl FnOnce(&mut Self)) -> Self {
        let mut stage = Self::bare(Forge::start(Version::V1_26).await, extra, tempo());
        prepare(&mut stage);
        stage.enter().await;
        stage
    }

    /// On another version of Gitea.
    pub(crate) async fn on(version: Version, extra: &str) -> Self {
        Self::paced(Forge::start(version).await, extra, tempo()).await
    }

    /// Beside a forge, with other waits.
    pub(crate) async fn paced(forge: Forge, extra: &str, tempo: Tempo) -> Self {
        let mut stage = Self::bare(forge, extra, tempo);
        stage.enter().await;
        stage
    }

    /// Before the bot comes.
    pub(crate) fn bare(forge: Forge, extra: &str, tempo: Tempo) -> Self {
        forge.standard_world();
        watch::begin(&forge);
        let store = Arc::new(MemoryStore::new(Limits::default()));
        let token = forge.token("bot");
        Self {
            forge,
            store,
            other: None,
            bot: None,
            sweep: None,
            extra: extra.to_owned(),
            token,
            tempo,
            url: None,
            patience: PATIENCE,
            trail: None,
            mode: "act",
            patterns: vec!["acme/*", "alice/*"],
            variables: Vec::new(),
            listens_at: String::from("127.0.0.1:0"),
        }
    }

    /// The bot comes (back) on stage.
    pub(crate) async fn enter(&mut self) {
        let bot = app::start(self.parts()).await.expect("the bot starts");
        self.appears(bot);
    }

    /// What the bot is made of here.
    pub(crate) fn parts(&self) -> Parts {
        let sweep = if self.extra.contains("[sweep]") {
            ""
        } else {
            "[sweep]\nevery = \"off\"\nreconcile = \"off\"\n"
        };
        let text = format!(
            "[forge]\nurl = \"{}\"\nrepositories = {:?}\nmode = \"{}\"\n\n[webhook]\nlisten = \"{}\"\n\n{sweep}\n{}",
            self.forge.url(),
            self.patterns,
            self.mode,
            self.listen(),
            self.extra
        );
        let others = OTHERS.map(|(variable, token)| (variable, self.forge.token(token)));
        let others = others
            .iter()
            .map(|(variable, token)| (*variable, token.as_str()));
        let own = [
            ("REFIRE_TOKEN", self.token.as_str()),
            ("REFIRE_WEBHOOK_SECRET", SECRET),
            ("WEAK_TOKEN", &self.forge.token("weakbot")),
        ];
        let further = self.variables.iter();
        let further = further.map(|(name, value)| (*name, value.as_str()));
        let environment = Environment::of(own.into_iter().chain(others).chain(further));
        let config =
            Config::from_toml(Some("refire.toml"), &text, &environment).expect("a configuration");
        let secrets = config.resolve_secrets(&environment).expect("secrets");
        let own: Arc<dyn Store> = Arc::clone(&self.store) as _;
        let store = self.other.clone().unwrap_or(own);
        Parts {
            config,
            secrets,
            store,
            tempo: self.tempo.clone(),
            trail: self.trail.clone(),
            recorder: Recorder::of_process(),
        }
    }

    /// The bot has been started: it is heard by the hook, and its sweep waits for a word.
    pub(crate) fn appears(&mut self, bot: Bot) {
        if self.url.is_none() {
            let url = format!("http://{}/webhook", bot.address);
            let _hook = self.forge.org("acme").hook(&url, SECRET);
            self.url = Some(url);
        }
        let config = self.parts().config;
        let (patterns, lookback) = (config.forge.repositories, config.sweep.lookback);
        self.sweep = Some(Sweep::new(Arc::clone(&bot.shared), patterns, lookback));
        self.bot = Some(bot);
        let _introduction = self.forge.take_calls();
    }

    /// Where the bot listens: anywhere at first, and afterwards where the hook points.
    fn listen(&self) -> &str {
        let address = self
            .url
            .as_deref()
            .and_then(|url| url.strip_prefix("http://"));
        let address = address.and_then(|url| url.strip_suffix("/webhook"));
        address.unwrap_or(&self.listens_at)
    }

    /// Waits until everything that happened is answered.
    pub(crate) async fn quiet(&self) {
        let bot = self.bot.as_ref().expect("the bot is on stage");
        let quiet = async {
            loop {
                self.forge.deliveries_idle().await;
                if bot.is_quiet().await.expect("the store answers") {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        if tokio::time::timeout(self.patience, quiet).await.is_err() {
            let stats = self.store.stats().await.expect("the store answers");
            panic!(
                "the bot does not come to rest: {stats:?}; calls: {:#?}",
                self.forge.calls()
            );
        }
    }

    /// Somebody comments; gives the bot's reply, without what is folded.
    pub(crate) async fn says(&self, pull: &PullHandle, who: &str, what: &str) -> String {
        let before = pull.comments_by("refire").len();
        pull.comment(who, what);
        self.quiet().await;
        let replies = pull.comments_by("refire");
        replies
            .get(before)
            .map(|reply| told(&reply.body))
            .unwrap_or_default()
    }

    /// The newest status of one gate at the head, as `state: description`.
    pub(crate) fn gate(&self, pull: &PullHandle, gate: &str) -> String {
        let row = pull.status(&format!("{gate} / approved (pull_request)"));
        row.map_or_else(
            || String::from("no status"),
            |row| format!("{}: {}", row.state, row.description),
        )
    }

    /// The newest status of `qa-review` at the head, as `state: description`.
    pub(crate) fn qa(&self, pull: &PullHandle) -> String {
        self.gate(pull, "qa-review")
    }

    /// The newest statuses of the head, as `context: state (description)`.
    pub(crate) fn statuses(&self, pull: &PullHandle) -> String {
        let mut rows: Vec<String> = pull
            .statuses()
            .iter()
            .map(|row| format!("{}: {} ({})", row.context, row.state, row.description))
            .collect();
        rows.sort();
        rows.join("\n")
    }
}

impl Stage {
    /// The bot's last reply as a reader sees it: of what is folded the heading alone, and addresses,
    /// commits and times as in the examples of the documentation.
    pub(crate) fn as_read(&self, pull: &PullHandle) -> String {
        let replies = pull.comments_by("refire");
        let body = replies.last().expect("a reply").body.as_str();
        let replaced = |text: &str, pattern: &str, by: &str| {
            let pattern = Regex::new(pattern).expect("a pattern");
            pattern.replace_all(text, by).into_owned()
        };
        let shown = body.replace(&self.forge.url(), "https://git.example.org");
        let folded = "(?s)<details><summary><i>(.*?)</i></summary>.*?</details>";
        let shown = replaced(&shown, folded, "▸ $1");
        let shown = replaced(&shown, "<!-- .* -->", "");
        let shown = replaced(&shown, "`[0-9a-f]{7}`", "`3f2a9c1`");
        let shown = replaced(&shown, r"\d\d:\d\d:\d\d", "10:15:00");
        shown.trim().to_owned()
    }
}

/// As the store calls it.
pub(crate) fn key(pull: &PullHandle) -> PullKey {
    PullKey {
        repository: pull.repo().id().get().unsigned_abs(),
        number: pull.number().unsigned_abs(),
    }
}

/// The bodies of the bot's replies, the oldest first.
pub(crate) fn replies(pull: &PullHandle) -> Vec<String> {
    let replies = pull.comments_by("refire").into_iter();
    replies.map(|reply| reply.body).collect()
}

/// How many of the bot's replies answer a comment.
pub(crate) fn answers(pull: &PullHandle, comment: CommentId) -> usize {
    answering(pull, comment).len()
}

/// The bodies of the bot's replies that answer a comment.
pub(crate) fn answering(pull: &PullHandle, comment: CommentId) -> Vec<String> {
    let marker = format!("<!-- refire: answers comment {comment} ");
    let mut replies = replies(pull);
    replies.retain(|body| body.contains(&marker));
    replies
}

/// A reply without the folded evidence and the marker.
pub(crate) fn told(body: &str) -> String {
    let open = body
        .find("<details>")
        .or_else(|| body.find("<!--"))
        .unwrap_or(body.len());
    body[..open].trim().to_owned()
}

/// Fails unless all of these stand in a text.
#[track_caller]
pub(crate) fn holds(text: &str, phrases: &[&str]) {
    for phrase in phrases {
        assert!(text.contains(phrase), "`{phrase}` is not in:\n{text}");
    }
}

/// What the bot logs on this thread, from `begin` on.
pub(crate) struct Log {
    lines: Lines,
    _until: tracing::subscriber::DefaultGuard,
}

impl Log {
    /// Listens.
    pub(crate) fn begin() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .finish();
        let _until = tracing::subscriber::set_default(subscriber);
        Self { lines, _until }
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        let lines = self.lines.0.lock().expect("nobody panicked");
        String::from_utf8_lossy(&lines).into_owned()
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        watch::search(bytes);
        self.0.lock().expect("nobody panicked").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
