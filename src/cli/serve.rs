//! `refire serve`: the bot.

use super::{ConfigFile, Exit, output};
use crate::app::{self, Bot, Parts, StartError};
use crate::audit::Trail;
use crate::config::{Config, Environment, Secrets};
use crate::doctor::Finding;
use crate::doctor::examine::Examination;
use crate::doctor::identities::running::Running;
use crate::doctor::webhook::Secret;
use crate::gitea::Gitea;
use crate::numbers::{self, Recorder};
use crate::socket;
use crate::telemetry;
use crate::web::pages::Notices;
use crate::worker::tempo::Tempo;
use clap::Args;
use state::{DiskStore, OpenError, Opened, Store};
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::task::AbortOnDropHandle;

/// What `serve` takes.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Runs the bot until it is told to stop.
pub(super) fn run(args: &ServeArgs, environment: &Environment) -> Exit {
    let read = args.config.load(environment).and_then(|config| {
        let secrets = config.resolve_secrets(environment)?;
        Ok((config, secrets))
    });
    let (config, secrets) = match read {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "info");
    match super::runtime() {
        Ok(runtime) => runtime.block_on(serve(config, secrets)),
        Err(exit) => exit,
    }
}

async fn serve(config: Config, secrets: Secrets) -> Exit {
    // Before anything else, since a supervisor may change its mind while Gitea is still asked who
    // the bot is.
    let terminate = signal(SignalKind::terminate()).ok();
    start(config, secrets, asked_to_stop(terminate)).await
}

async fn start(config: Config, secrets: Secrets, stop: impl Future<Output = ()>) -> Exit {
    tokio::pin!(stop);
    let store = match open(&config).await {
        Ok(store) => store,
        Err(error) => return failed(&format!("the store {}: {error}", config.store.display())),
    };
    let trail = match Trail::open(&config.audit.path, config.audit.keep) {
        Ok(trail) => Some(Arc::new(trail)),
        Err(error) => {
            let path = config.audit.path.display();
            return failed(&format!("the audit trail {path} cannot be opened: {error}"));
        }
    };
    // First there, last gone: what the bot remembers can be asked for as long as it has the store.
    let door = socket::open(&config.store, Arc::clone(&store)).inspect_err(|error| {
        tracing::warn!(%error, "the socket beside the store cannot be served; `refire doctor` will not see into the store");
    });
    let looked_at = config.clone();
    let parts = Parts {
        config,
        secrets,
        store,
        tempo: Tempo::default(),
        trail,
        recorder: Recorder::of_process(),
    };
    let started = tokio::select! {
        started = app::start(parts) => started,
        () = &mut stop => return Exit::Done,
    };
    let bot = match started {
        Ok(bot) => bot,
        Err(error @ (StartError::NeedsLogin(_) | StartError::Client(_))) => {
            return output::fail(error, Exit::Usage);
        }
        Err(error) => return failed(&error.to_string()),
    };
    if let Ok(door) = &door {
        let gitea = bot.shared.gitea.clone();
        door.tell_of_identities(move || Running::of(&gitea));
    }
    tracing::info!(address = %bot.address, metrics = %bot.numbers, "refire is here");
    stay(bot, looked_at, stop).await
}

/// Until it is told to stop, or a part ends that should not have.
async fn stay(mut bot: Bot, looked_at: Config, stop: impl Future<Output = ()>) -> Exit {
    let notices = Arc::clone(&bot.notices);
    let look = look_around(bot.shared.gitea.clone(), looked_at, notices);
    let looking = AbortOnDropHandle::new(tokio::spawn(look));
    let ended_by_itself = tokio::select! {
        () = stop => false,
        () = bot.failed() => true,
    };
    drop(looking);
    tracing::info!("refire ends");
    match bot.stop().await {
        Err(error) => failed(&format!("the store could not be closed: {error}")),
        Ok(()) if ended_by_itself => {
            failed("a part of the bot ended by itself; the log says which")
        }
        Ok(()) => Exit::Done,
    }
}

/// The doctor's quick part. Whatever it finds, the bot runs: one that explains is better than one
/// that refuses to.
async fn look_around(gitea: Gitea, config: Config, notices: Arc<Notices>) {
    let examination = Examination {
        gitea: &gitea,
        config: &config,
        only: None,
        secret: Secret::There,
        address: None,
        tell: &|_| {},
    };
    let report = examination.run_quickly().await;
    for finding in report.failing() {
        tracing::warn!(
            area = ?finding.area,
            cause = ?finding.cause,
            evidence = finding.evidence.as_deref(),
            repair = finding.repair.as_deref(),
            "{}",
            finding.what
        );
    }
    notices.set(report.failing().map(line).collect());
    tracing::info!(verdict = ?report.verdict(), "the set-up was looked at; `refire doctor` looks at all of it");
}

/// A finding for the pages.
fn line(finding: &Finding) -> String {
    let what = &finding.what;
    let repair = finding.repair.as_ref();
    let repair = repair
        .map(|repair| format!(" {repair}."))
        .unwrap_or_default();
    format!("{what}.{repair}")
}

async fn open(config: &Config) -> Result<Arc<dyn Store>, OpenError> {
    let stamp = super::stamp();
    let settings = state::Settings {
        flushed: |took| metrics::histogram!(numbers::STORE_FLUSH).record(took),
        ..state::Settings::new(&config.store)
    };
    let Opened { store, .. } = DiskStore::open(settings, &stamp).await?;
    Ok(Arc::new(store))
}

fn failed(why: &str) -> Exit {
    output::fail(why, Exit::Failed)
}

/// Ends when the process is told to end: SIGTERM from a supervisor, SIGINT from a terminal.
async fn asked_to_stop(terminate: Option<Signal>) {
    let terminate = async {
        match terminate {
            Some(mut signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
