//! `refire rebuild`: a new store out of what Gitea knows.
//!
//! The new one is built beside the old one, which is held meanwhile so that no bot starts on it.
//! Only when all has been read do they change places. **Invariant:** whatever goes wrong before,
//! the old store is where it was; afterwards it is beside the new one, and is never deleted.

mod summary;

use super::progress::Progress;
use super::{ConfigFile, Exit, output};
use crate::app::{self, StartError};
use crate::config::{Config, Environment};
use crate::gitea::BuildError;
use crate::intake::sweep::{Found, Sweep, SweepError};
use crate::telemetry;
use crate::worker::tempo::Tempo;
use crate::worker::{Shared, Writing};
use clap::Args;
use secrecy::SecretString;
use state::{DiskStore, Hold, Limits, OpenError, Settings, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use summary::Summary;

/// What `rebuild` takes.
#[derive(Clone, Debug, Args)]
pub struct RebuildArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Why there is no new store.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}; stop the bot first")]
    InUse(OpenError),
    #[error("{0}")]
    Place(#[from] OpenError),
    #[error("the new store: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Client(#[from] BuildError),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("Gitea does not say who the bot is, the log says why; nothing was changed, try again")]
    Unknown,
    #[error("{0}; nothing was changed, try again")]
    Sweep(#[from] SweepError),
}

impl Trouble {
    const fn exit(&self) -> Exit {
        match self {
            Self::Client(_) | Self::Start(_) => Exit::Usage,
            Self::Unknown | Self::Sweep(SweepError::Call(_)) => Exit::Unknown,
            Self::InUse(_) | Self::Place(_) | Self::Store(_) | Self::Sweep(_) => Exit::Failed,
        }
    }
}

/// Builds the store anew.
pub(super) fn run(args: &RebuildArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    let built = match super::runtime() {
        Ok(runtime) => runtime.block_on(rebuild(&config, &tokens)),
        Err(exit) => return exit,
    };
    match built {
        Ok(summary) if args.json => output::answer(&format!("{}\n", summary.json())),
        Ok(summary) => output::answer(&summary.text()),
        Err(trouble) => {
            let exit = trouble.exit();
            output::fail(trouble, exit)
        }
    }
}

async fn rebuild(config: &Config, tokens: &[SecretString]) -> Result<Summary, Trouble> {
    let stamp = super::stamp();
    let hold = Hold::take(&config.store).map_err(|error| match error {
        OpenError::Locked { .. } => Trouble::InUse(error),
        error => Trouble::Place(error),
    })?;
    let place = beside(&config.store, &stamp);
    let found = match build(config, tokens, &place).await {
        Ok(found) => found,
        Err(trouble) => {
            // It is ours, half done, and nobody needs it.
            let _ = std::fs::remove_dir_all(&place);
            return Err(trouble);
        }
    };
    let aside = hold.replace(&place, &stamp)?;
    Ok(Summary {
        store: config.store.clone(),
        aside,
        found,
        lookback: config.sweep.lookback,
    })
}

/// Where the new store is built.
fn beside(store: &Path, stamp: &str) -> PathBuf {
    let mut place = store.as_os_str().to_owned();
    place.push(format!(".new-{stamp}"));
    place.into()
}

/// Fills a new store in this place.
async fn build(
    config: &Config,
    tokens: &[SecretString],
    place: &Path,
) -> Result<Vec<Found>, Trouble> {
    let gitea = app::client(config, tokens)?;
    // The bot's own comments ask for nothing, so it has to be known which they are.
    if !app::introduce(&gitea, config).await? {
        return Err(Trouble::Unknown);
    }
    let settings = Settings {
        // Whatever Gitea knows has to fit.
        limits: Limits {
            inbox: usize::MAX,
            ..Limits::default()
        },
        ..Settings::new(place)
    };
    let store: Arc<dyn Store> = Arc::new(DiskStore::open(settings, "new").await?.store);
    let policy = Arc::new(config.policy.clone());
    let shared = Shared::new(
        gitea,
        Arc::clone(&store),
        policy,
        Tempo::default(),
        Writing::default(),
    );
    let patterns = config.forge.repositories.clone();
    let mut sweep = Sweep::new(shared, patterns, config.sweep.lookback);
    let mut progress = Progress::begin();
    let found = sweep
        .fill(|found, of| progress.step(&found.repo, of))
        .await?;
    progress.end();
    store.close().await?;
    Ok(found)
}
