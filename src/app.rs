//! Puts the parts together, starts them in order, and ends them in the opposite order.
//!
//! Order at the end: nothing new comes in, the sweep stops, the turns and the writes under way end
//! within ten seconds, the store is closed. What was not finished waits in the store.

use crate::audit::Trail;
use crate::config::{Config, SecretSource, Secrets, Use};
use crate::decide::reply::{Promise, cause};
use crate::effect::{Effect, Look};
use crate::gitea::{BuildError, Found, Gitea, Identity, Renewal, Settings, Uses};
use crate::intake::{Told, matches, signature, sweep::Sweep, webhook};
use crate::model::{PullRef, RepoName, TeamName};
use crate::web::{Health, health, server};
use crate::worker::tempo::Tempo;
use crate::worker::{self, Shared, Writing, observed};
use axum::Router;
use futures::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use state::{Store, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;

/// How often what is done long ago is removed from the store.
const PURGE: Duration = Duration::from_secs(60 * 60);
/// How long the body of one delivery may take to arrive; Gitea gives up after five seconds.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Between two tries to find out who the bot is.
const INTRODUCTION: Duration = Duration::from_secs(5);

/// Why the bot cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {source}; choose another `webhook.listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
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
    /// What its parts share.
    pub shared: Arc<Shared>,
    stop: CancellationToken,
    server: JoinHandle<()>,
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
    } = parts;
    tempo.promise = promise(&config, &secrets, &tempo);
    let gitea = paced_client(&config, &secrets.tokens, &tempo)?;
    let mode = config.forge.mode;
    if mode.observes() {
        tracing::warn!("forge.mode is \"observe\": nothing is written to Gitea");
    }
    let policy = Arc::new(config.policy.clone());
    let shared = Shared::new(gitea, store, policy, tempo, Writing { trail, mode });
    let stop = CancellationToken::new();
    let address = config.webhook.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    let router = router(&shared, &config, secrets, &stop);
    let server = tokio::spawn(serve(listener, router, stop.clone(), shared.tempo.end));
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
    };
    let parts = tokio::spawn(work.run(known));
    Ok(Bot {
        address,
        shared,
        stop,
        server,
        parts,
    })
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
        let _ = self.server.await;
        let _ = self.parts.await;
        self.shared.store.close().await
    }

    /// Ends when a part ends that should not have.
    pub async fn failed(&mut self) {
        tokio::select! {
            _ = &mut self.server => {}
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

fn router(
    shared: &Arc<Shared>,
    config: &Config,
    secrets: Secrets,
    stop: &CancellationToken,
) -> Router {
    let patterns = config.forge.repositories.clone();
    let (own, board, forge) = (
        shared.gitea.clone(),
        Arc::clone(&shared.board),
        shared.gitea.clone(),
    );
    let scope = crate::intake::Scope {
        gates: Arc::clone(&shared.gates),
        policy: Arc::clone(&shared.policy),
        repositories: Arc::new(move |repo| matches(&patterns, repo)),
        is_own: Arc::new(move |account| own.is_own(account)),
    };
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
    };
    let (asked, known) = (forge.clone(), forge.clone());
    let health = Health {
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
    };
    webhook.router().merge(health.router())
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

/// A tick whenever every open pull request is to be looked at again.
type Ticks = tokio::sync::mpsc::Receiver<()>;

async fn schedule(config: &Config) -> Result<(Ticks, Option<JobScheduler>), StartError> {
    let (tick, ticks) = tokio::sync::mpsc::channel(1);
    let Some(line) = &config.sweep.reconcile else {
        return Ok((ticks, None));
    };
    let scheduler = JobScheduler::new().await?;
    let job = Job::new(line.as_str(), move |_, _| {
        // A tick that finds another one waiting has nothing to add.
        let _ = tick.try_send(());
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok((ticks, Some(scheduler)))
}

/// Everything that goes on beside the server.
struct Work {
    shared: Arc<Shared>,
    config: Config,
    stop: CancellationToken,
    ticks: Ticks,
    reconcile: Option<JobScheduler>,
}

impl Work {
    async fn run(self, mut known: bool) {
        while !known {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(INTRODUCTION) => {}
            }
            known = introduce(&self.shared.gitea, &self.config)
                .await
                .unwrap_or_default();
        }
        let look = look(&self.shared);
        let stop = self.stop.clone();
        let dispatcher = Arc::clone(&self.shared.dispatcher).run(look, stop.clone());
        let turns = worker::run(Arc::clone(&self.shared), stop.clone());
        let purge = purge(Arc::clone(&self.shared.store), stop);
        tokio::join!(turns, dispatcher, purge, self.sweep());
    }

    async fn sweep(mut self) {
        let Some(every) = self.config.sweep.every else {
            return self.reconcile_only().await;
        };
        let mut sweep = self.begin();
        let mut lost = self.shared.store.lost();
        let mut due = self.has_only_observed().await;
        let mut ticker = tokio::time::interval(every);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let everything = tokio::select! {
                () = self.stop.cancelled() => break,
                _ = ticker.tick() => false,
                Some(()) = self.ticks.recv() => true,
                // The first look at an empty store is one at everything.
                () = is_lost(&mut lost) => false,
            };
            tokio::select! {
                () = self.stop.cancelled() => break,
                whole = sweep.round(everything || due) => due = self.is_still_due(due, whole).await,
            }
        }
        self.end().await;
    }

    async fn reconcile_only(mut self) {
        let mut sweep = self.begin();
        let mut lost = self.shared.store.lost();
        let mut due = self.has_only_observed().await;
        if due {
            let whole = sweep.round(true).await;
            due = self.is_still_due(due, whole).await;
        }
        let mut anew = due || *lost.borrow_and_update() > 0;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                Some(()) = self.ticks.recv() => {
                    let _ended = sweep.round(true).await;
                }
                () = is_lost(&mut lost) => anew = true,
                () = tokio::time::sleep(INTRODUCTION), if anew => {}
            }
            // Nobody else comes by to find what was lost.
            if anew {
                anew = !sweep.round(due).await;
                due = self.is_still_due(due, !anew).await;
            }
        }
        self.end().await;
    }

    /// What a bot that observed has only written down is looked at by one that acts as soon as it
    /// comes.
    async fn has_only_observed(&self) -> bool {
        let observed = observed::has_only_observed(&self.shared).await;
        observed.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a bot has observed here is not known");
            false
        })
    }

    async fn is_still_due(&self, due: bool, whole: bool) -> bool {
        due && !(whole && observed::has_acted(&self.shared).await.is_ok())
    }

    fn begin(&self) -> Sweep {
        let patterns = self.config.forge.repositories.clone();
        Sweep::new(
            Arc::clone(&self.shared),
            patterns,
            self.config.sweep.lookback,
        )
    }

    async fn end(self) {
        if let Some(mut scheduler) = self.reconcile {
            let _ = scheduler.shutdown().await;
        }
    }
}

/// Ends when the store has lost what it held.
async fn is_lost(lost: &mut watch::Receiver<u64>) {
    if lost.changed().await.is_err() {
        std::future::pending().await
    }
}

/// How the dispatcher asks for a new look where facts have grown old.
fn look(shared: &Arc<Shared>) -> Look {
    let shared = Arc::clone(shared);
    Arc::new(move |effect: Effect| {
        let shared = Arc::clone(&shared);
        async move {
            let pull = PullRef {
                repo: effect.repo,
                number: effect.number,
            };
            shared
                .look_again(effect.repository, &pull, Told::Self_)
                .await
        }
        .boxed()
    })
}

async fn purge(store: Arc<dyn Store>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PURGE) => {}
        }
        match store.purge(worker::now()).await {
            Ok(purged) => tracing::debug!(?purged, "what was done long ago is removed"),
            Err(error) => tracing::warn!(%error, "the store could not be tidied"),
        }
    }
}
