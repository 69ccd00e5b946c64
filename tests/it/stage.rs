//! Where the stories are played: a forge, the real bot beside it, and words for both.

mod scenes;

use forge::{Forge, PullHandle, Version};
use refire::app::{self, Bot, Parts};
use refire::config::{Config, Environment};
use refire::intake::sweep::Sweep;
use refire::worker::tempo::Tempo;
use state::{Limits, MemoryStore, Store};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What deliveries are signed with.
pub(crate) const SECRET: &str = "a secret of the stage";

/// Long enough for every story but those about very much.
const PATIENCE: Duration = Duration::from_secs(30);

/// A forge with the bot beside it.
pub(crate) struct Stage {
    /// The forge.
    pub forge: Forge,
    /// The store, which outlives the bot.
    pub store: Arc<MemoryStore>,
    bot: Option<Bot>,
    sweep: Option<Sweep>,
    extra: String,
    token: String,
    /// The waits of the bot.
    pub tempo: Tempo,
    /// Where the hook of the organisation points to.
    address: Option<SocketAddr>,
    /// The longest that anything may take before the story has failed.
    pub patience: Duration,
    /// The repositories that the bot looks after.
    pub patterns: Vec<&'static str>,
}

/// The waits of the stage: the same steps, faster.
pub(crate) fn tempo() -> Tempo {
    Tempo {
        again: [10, 20, 40, 80].map(Duration::from_millis).to_vec(),
        then: Duration::from_millis(200),
        cooldown: Duration::ZERO,
        refused_tries: 3,
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
        let mut stage = Self::bare(Version::V1_26, "").await;
        prepare(&mut stage);
        stage.enter().await;
        stage
    }

    /// On another version of Gitea.
    pub(crate) async fn on(version: Version, extra: &str) -> Self {
        let mut stage = Self::bare(version, extra).await;
        stage.enter().await;
        stage
    }

    /// Before the bot comes.
    async fn bare(version: Version, extra: &str) -> Self {
        let forge = Forge::start(version).await;
        forge.standard_world();
        let store = Arc::new(MemoryStore::new(Limits::default()));
        let token = forge.token("bot");
        Self {
            forge,
            store,
            bot: None,
            sweep: None,
            extra: extra.to_owned(),
            token,
            tempo: tempo(),
            address: None,
            patience: PATIENCE,
            patterns: vec!["acme/*"],
        }
    }

    /// The bot comes (back) on stage.
    pub(crate) async fn enter(&mut self) {
        let sweep = if self.extra.contains("[sweep]") {
            ""
        } else {
            "[sweep]\nevery = \"off\"\nreconcile = \"off\"\n"
        };
        let listen = self
            .address
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let text = format!(
            "[forge]\nurl = \"{}\"\nrepositories = {:?}\n\n[webhook]\nlisten = \"{listen}\"\n\n{sweep}\n{}",
            self.forge.url(),
            self.patterns,
            self.extra
        );
        let variables = [
            ("REFIRE_TOKEN", self.token.as_str()),
            ("REFIRE_WEBHOOK_SECRET", SECRET),
            ("WEAK_TOKEN", &self.forge.token("weakbot")),
        ];
        let environment = Environment::of(variables);
        let config =
            Config::from_toml(Some("refire.toml"), &text, &environment).expect("a configuration");
        let secrets = config.resolve_secrets(&environment).expect("secrets");
        let patterns = config.forge.repositories.clone();
        let lookback = config.sweep.lookback;
        let store: Arc<dyn Store> = Arc::clone(&self.store) as _;
        let parts = Parts {
            config,
            secrets,
            store,
            tempo: self.tempo.clone(),
        };
        let bot = app::start(parts).await.expect("the bot starts");
        if self.address.replace(bot.address).is_none() {
            let url = format!("http://{}/webhook", bot.address);
            let _hook = self.forge.org("acme").hook(&url, SECRET);
        }
        self.sweep = Some(Sweep::new(Arc::clone(&bot.shared), patterns, lookback));
        self.bot = Some(bot);
        let _introduction = self.forge.take_calls();
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
                tokio::task::yield_now().await;
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

/// A reply without the folded evidence and the marker.
pub(crate) fn told(body: &str) -> String {
    let open = body
        .find("<details>")
        .or_else(|| body.find("<!--"))
        .unwrap_or(body.len());
    body[..open].trim().to_owned()
}
