//! Where it is played: a forge, the bot on a store of its own, and a pair of eyes.

use crate::paper::{self, heading};
use forge::{Forge, PullHandle, Version};
use refire::app::{self, Bot, Parts};
use refire::config::{Config, Environment};
use refire::numbers::Recorder;
use refire::worker::tempo::Tempo;
use state::{DiskStore, Settings};
use std::sync::Arc;
use std::time::Duration;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(30);
const SECRET: &str = "the secret of the demo";

/// Why the demo ends early, in one sentence.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A forge with the bot beside it.
pub(crate) struct Scene {
    pub(crate) forge: Forge,
    bot: Bot,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// The organisation `acme` with its teams; the bot is in `security`, and not in `qa`.
    pub(crate) async fn set() -> Result<Self, Failure> {
        let forge = Forge::start(Version::V1_26).await;
        forge.standard_world();
        forge.org("acme").team("qa").remove("refire");
        let folder = tempfile::tempdir()?;
        let text = format!(
            "[forge]\nurl = \"{}\"\nrepositories = [\"acme/*\"]\n\n[webhook]\nlisten = \"127.0.0.1:0\"\n",
            forge.url()
        );
        let token = forge.token("bot");
        let variables = [
            ("REFIRE_TOKEN", token.as_str()),
            ("REFIRE_WEBHOOK_SECRET", SECRET),
        ];
        let environment = Environment::of(variables);
        let config = Config::from_toml(Some("demo"), &text, &environment)?;
        let secrets = config.resolve_secrets(&environment)?;
        let opened =
            DiskStore::open(Settings::new(folder.path().join("refire.db")), "demo").await?;
        let (store, tempo) = (Arc::new(opened.store), Tempo::default());
        let bot = app::start(Parts {
            config,
            secrets,
            store,
            tempo,
            trail: None,
            recorder: Recorder::of_process(),
        })
        .await?;
        let url = format!("http://{}/webhook", bot.address);
        let _hook = forge.org("acme").hook(&url, SECRET);
        Ok(Self {
            forge,
            bot,
            _folder: folder,
        })
    }

    /// Waits until everything that happened is answered.
    pub(crate) async fn quiet(&self) -> Result<(), Failure> {
        let quiet = async {
            loop {
                self.forge.deliveries_idle().await;
                if self.bot.is_quiet().await? {
                    return Ok::<(), Failure>(());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, quiet)
            .await
            .map_err(|_| "the bot did not come to rest")?
    }

    /// Leaves everything running until somebody presses Ctrl-C.
    pub(crate) async fn stay(&self, pull: &PullHandle) -> Result<(), Failure> {
        let (forge, number) = (self.forge.url(), pull.number());
        let base = format!("{forge}/api/v1/repos/acme/widget");
        heading("It stays here. Ctrl-C ends it.");
        println!(
            "The forge listens on {forge}, the bot on http://{}.\n",
            self.bot.address
        );
        println!("Say something as quinn (everybody's password is in the command):\n");
        let password = self.forge.password();
        println!("  curl -u quinn:{password} -H 'Content-Type: application/json' \\");
        println!("    -d '{{\"body\": \"/refire\"}}' {base}/issues/{number}/comments\n");
        println!("Read the conversation, and the statuses of the head:\n");
        println!("  curl -u quinn:{password} '{base}/issues/{number}/comments'");
        println!(
            "  curl -u quinn:{password} '{base}/commits/{}/statuses'\n",
            pull.head()
        );
        println!(
            "Ask how the bot is:\n\n  curl http://{}/readyz",
            self.bot.address
        );
        tokio::signal::ctrl_c().await?;
        Ok(())
    }

    /// Ends everything.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        self.bot.stop().await?;
        self.forge.stop();
        Ok(())
    }

    /// Shows the statuses of the head.
    pub(crate) fn show_statuses(pull: &PullHandle) {
        let mut rows: Vec<[String; 3]> = pull
            .statuses()
            .into_iter()
            .map(|row| [row.context, row.state, row.description])
            .collect();
        rows.sort();
        paper::statuses(&pull.head(), &rows);
    }
}
