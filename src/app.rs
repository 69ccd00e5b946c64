//! Puts the parts together, starts them in order, and ends them in the opposite order.
//!
//! Order at the end: nothing new comes in, the sweep stops, the turns and the writes under way end
//! within ten seconds, the store is closed. What was not finished waits in the store.

mod work;

use crate::audit::Trail;
use crate::config::{Config, SecretSource, Secrets, Use};
use crate::decide::reply::{Promise, cause};
use crate::gitea::{BuildError, Found, Gitea, Identity, Renewal, Settings, Uses};
use crate::intake::{Scope, matches, signature, webhook};
use crate::model::{RepoName, TeamName};
use crate::numbers::Recorder;
use crate::web::{Health, Metrics, health, server};
use crate::worker::Shared;
use crate::worker::tempo::Tempo;
use axum::Router;
use futures::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use state::{Store, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::JobSchedulerError;
use tokio_util::sync::CancellationToken;
use work::{Work, schedule};

/// How long the body of one delivery may take to arrive; Gitea gives up after five seconds.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Why the bot cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}; choose another `{key}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The key that says so.
        key: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The client cannot be made.
    #[error("the forge cannot be spoken to: {0}")]
    Client(#[from] BuildError),
    /// A token may not read its own account, and the configuration does not say whose it is.
    #[error(
        "the token of identity `{0}` may not read its own account (it lacks the scope `read:user`); \
         add the scope, or set `login` of that identity, so that the bot knows its own comments"
    )]
    NeedsLogin(String),
    /// The cron line cannot be scheduled.
    #[error("`sweep.reconcile` cannot be scheduled: {0}")]
    Schedule(#[from] JobSchedulerError),
}

/// A client for the forge of a configuration.
///
/// # Errors
/// An address or a token that no request can carry.
pub fn client(config: &Config, tokens: &[SecretString]) -> Result<Gitea, BuildError> {
    paced_client(config, tokens, &Tempo::default())
}

fn paced_client(
    config: &Config,
    tokens: &[SecretString],
    tempo: &Tempo,
) -> Result<Gitea, BuildError> {
    let settings = Settings {
        base: config.forge.url.as_url().clone(),
        timeout: config.forge.timeout,
        user_agent: config.forge.user_agent.clone(),
        authorities: config.forge.ca_file.clone(),
        waits: tempo.forge.clone(),
    };
    let identities = config
        .identities
        .iter()
        .zip(tokens)
        .map(|(identity, token)| Identity {
            name: identity.name.clone(),
            token: token.clone(),
            login: identity.login.clone(),
            uses: Uses {
                reads: identity.is_for(Use::Read),
                teams: identity.is_for(Use::Teams),
                writes: identity.is_for(Use::Write),
            },
            renewal: renewal(identity.token_source()),
        });
    Gitea::new(&settings, identities.collect())
}

/// How a token that is in a file is read again.
fn renewal(source: &SecretSource) -> Option<Renewal> {
    let source = source.clone();
    matches!(source, SecretSource::File(_)).then(|| Renewal(Arc::new(move || source.read_again())))
}

/// The bot while it runs.
#[derive(Debug)]
pub struct Bot {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the numbers are asked for.
    pub numbers: SocketAddr,
    /// What its parts share.
    pub shared: Arc<Shared>,
    stop: CancellationToken,
    servers: Vec<JoinHandle<()>>,
    parts: JoinHandle<()>,
}

/// What a bot is made of.
#[derive(Debug)]
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// The secrets that it names.
    pub secrets: Secrets,
    /// Inbox, outbox and memory.
    pub store: Arc<dyn Store>,
    /// The waits.
    pub tempo: Tempo,
    /// Where every decision is written down. `None`: nowhere.
    pub trail: Option<Arc<Trail>>,
    /// Who counts.
    pub recorder: Recorder,
}

/// Starts the bot. Deliveries are taken in at once; they are worked on as soon as Gitea has said
/// who the bot is.
///
/// # Errors
/// Everything that an operator has to mend before it can run.
pub async fn start(parts: Parts) -> Result<Bot, StartError> {
    let Parts {
        config,
        secrets,
        store,
        mut tempo,
        trail,
        recorder,
    } = parts;
    tempo.promise = promise(&config, &secrets, &tempo);
    let gitea = paced_client(&config, &secrets.tokens, &tempo)?;
    let shared = Shared::new(gitea, store, Arc::new(config.policy.clone()), tempo, trail);
    let stop = CancellationToken::new();
    let (listener, address) = listen(config.webhook.listen, "webhook.listen").await?;
    let mut router = router(&shared, &config, secrets, &stop);
    let (mut servers, mut numbers_at) = (Vec::new(), address);
    let end = shared.tempo.end;
    let numbers = numbers(&shared, &recorder).router();
    match config.metrics {
        None => router = router.merge(numbers),
        Some(own) => {
            let (listener, own) = listen(own, "metrics.listen").await?;
            numbers_at = own;
            servers.push(tokio::spawn(serve(listener, numbers, stop.clone(), end)));
        }
    }
    servers.push(tokio::spawn(serve(listener, router, stop.clone(), end)));
    let known = introduce(&shared.gitea, &config)
        .await
        .inspect_err(|_| stop.cancel())?;
    let (ticks, reconcile) = schedule(&config).await?;
    let work = Work {
        shared: Arc::clone(&shared),
        config,
        stop: stop.clone(),
        reconcile,
        ticks,
        recorder,
    };
    let parts = tokio::spawn(work.run(known));
    Ok(Bot {
        address,
        numbers: numbers_at,
        shared,
        stop,
        servers,
        parts,
    })
}

/// Listens where this key says, and tells where that is.
async fn listen(
    address: SocketAddr,
    key: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| StartError::Listen {
        address,
        key,
        source,
    })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

/// What brings the bot back to a pull request; without a sweep, what is unknown is tried again by
/// itself all the same.
fn promise(config: &Config, secrets: &Secrets, tempo: &Tempo) -> Promise {
    let every = config.sweep.every.unwrap_or(tempo.then);
    Promise {
        events: !secrets.webhook.is_empty(),
        every: Some(every).filter(|every| every.as_secs() > 0),
    }
}

impl Bot {
    /// Whether everything that came in is answered: nothing waits in the inbox or the outbox and
    /// nothing is under way. What is to be looked at later does not count.
    ///
    /// # Errors
    /// The store.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        let idle = self.shared.board.is_quiet() && self.shared.dispatcher.is_quiet();
        let stats = self.shared.store.stats().await?;
        let still = self.shared.board.is_quiet() && self.shared.dispatcher.is_quiet();
        Ok(idle && still && stats.inbox == 0 && stats.outbox == 0)
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// The store could not be closed; what was acknowledged is on disk all the same.
    pub async fn stop(self) -> Result<(), StoreError> {
        self.stop.cancel();
        let _ = futures::future::join_all(self.servers).await;
        let _ = self.parts.await;
        self.shared.store.close().await
    }

    /// Ends when a part ends that should not have.
    pub async fn failed(&mut self) {
        tokio::select! {
            _ = futures::future::select_all(self.servers.iter_mut()) => {}
            _ = &mut self.parts => {}
        }
    }
}

/// Asks who the bot is. `false`: the writing identity is not known yet, and has to be asked for again.
///
/// # Errors
/// A token may not read its own account, and nobody says whose it is.
pub(crate) async fn introduce(gitea: &Gitea, config: &Config) -> Result<bool, StartError> {
    let teams: Vec<TeamName> = named_teams(config);
    let mut writer = false;
    for (introduction, identity) in gitea
        .introduce(&teams)
        .await
        .into_iter()
        .zip(&config.identities)
    {
        match introduction.found {
            Found::Account(account) => {
                tracing::info!(identity = introduction.identity, login = %account.login, "an identity is known");
                writer |= identity.is_for(Use::Write);
            }
            Found::LoginOnly(login) => {
                tracing::info!(identity = introduction.identity, %login, "an identity is known by its login");
                writer |= identity.is_for(Use::Write);
            }
            Found::NeedsLogin => return Err(StartError::NeedsLogin(introduction.identity)),
            Found::Failed(why) => {
                tracing::warn!(
                    identity = introduction.identity,
                    cause = %why.cause,
                    "an identity could not be asked: {}",
                    cause::line(&why)
                );
            }
        }
    }
    for (first, second) in gitea.twins() {
        tracing::warn!(
            first,
            second,
            "two identities have the same account, so the second can do nothing that the first cannot"
        );
    }
    Ok(writer)
}

/// Teams that the configuration names with their organisation; the bot may be in one of them.
fn named_teams(config: &Config) -> Vec<TeamName> {
    let owners: Vec<&str> = config
        .forge
        .repositories
        .iter()
        .filter_map(|p| p.owner_literal())
        .collect();
    let gates = config.policy.gates.iter();
    let refs = gates.flat_map(|gate| std::iter::once(&gate.team).chain(&gate.waivers));
    let mut teams: Vec<TeamName> = Vec::new();
    for team in refs {
        for owner in &owners {
            let Ok(repo) = format!("{owner}/any").parse::<RepoName>() else {
                continue;
            };
            let team = team.resolve(&repo);
            if !teams.contains(&team) {
                teams.push(team);
            }
        }
    }
    teams
}

/// What deliveries are measured by.
pub(crate) fn scope(shared: &Shared, config: &Config) -> Scope {
    let patterns = config.forge.repositories.clone();
    let own = shared.gitea.clone();
    Scope {
        gates: Arc::clone(&shared.gates),
        policy: Arc::clone(&shared.policy),
        repositories: Arc::new(move |repo| matches(&patterns, repo)),
        is_own: Arc::new(move |account| own.is_own(account)),
    }
}

fn router(
    shared: &Arc<Shared>,
    config: &Config,
    secrets: Secrets,
    stop: &CancellationToken,
) -> Router {
    let board = Arc::clone(&shared.board);
    let scope = scope(shared, config);
    let webhook = webhook::Webhook {
        store: Arc::clone(&shared.store),
        secrets: signature::Secrets::new(secrets.webhook),
        bounds: webhook::Bounds {
            size: config.webhook.max_body,
            arrival: ARRIVAL,
        },
        scope,
        epoch: Arc::clone(&shared.epoch),
        wake: Arc::new(move |key| board.wake(key)),
        stopping: stop.clone(),
        now: Timestamp::now,
        pulse: Arc::clone(&shared.pulse),
    };
    webhook.router().merge(health(shared).router())
}

/// How whoever watches the bot sees whether it lives, and whether it can work.
fn health(shared: &Shared) -> Health {
    let (forge, asked, known) = (
        shared.gitea.clone(),
        shared.gitea.clone(),
        shared.gitea.clone(),
    );
    Health {
        store: Arc::clone(&shared.store),
        last_answer: Arc::new(move || forge.last_answer()),
        ask_version: Arc::new(move || {
            let session = asked.session();
            async move {
                session
                    .fetch_version()
                    .await
                    .map(|_| ())
                    .map_err(|error| error.to_string())
            }
            .boxed()
        }),
        now: Timestamp::now,
        patience: health::PATIENCE,
        identities: Arc::new(move || notes(&known)),
    }
}

/// The page of the numbers.
fn numbers(shared: &Shared, recorder: &Recorder) -> Metrics {
    Metrics {
        recorder: recorder.clone(),
        pulse: Arc::clone(&shared.pulse),
        store: Arc::clone(&shared.store),
        now: Timestamp::now,
        patience: health::PATIENCE,
    }
}

/// What is to be said of the identities: who is passed over, and who is one account.
fn notes(gitea: &Gitea) -> Vec<String> {
    let passed_over = gitea.passed_over().into_iter().map(|passed| {
        let until = passed.until.strftime("%H:%M:%S");
        let why = cause::line(&passed.why);
        format!(
            "identity {} is not asked until {until} UTC: {why}",
            passed.identity
        )
    });
    let twins = gitea.twins().into_iter();
    let twins = twins
        .map(|(first, second)| format!("identities {first} and {second} have the same account"));
    passed_over.chain(twins).collect()
}

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, end: Duration) {
    let limits = server::Limits {
        end,
        ..server::Limits::default()
    };
    if let Err(error) = server::serve(listener, router, limits, stop).await {
        tracing::error!(%error, "the server ended");
    }
}
