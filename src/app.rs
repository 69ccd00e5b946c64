//! Puts the parts together, starts them in order, and ends them in the opposite order.
//!
//! Order at the end: nothing new comes in, the sweep stops, the turns and the writes under way end
//! within ten seconds, the store is closed. What was not finished waits in the store.

mod doors;
mod work;

use crate::audit::Trail;
use crate::config::{Config, SecretSource, Secrets, Use};
use crate::decide::reply::{Promise, cause};
use crate::gitea::{BuildError, Found, Gitea, Identity, Renewal, Settings, Uses};
use crate::intake::{Scope, matches};
use crate::model::{RepoName, TeamName};
use crate::numbers::Recorder;
use crate::web::pages::Notices;
use crate::web::{Health, health::PATIENCE};
use crate::worker::tempo::Tempo;
use crate::worker::{Shared, Writing};
use doors::{Answers, Doors};
use futures::FutureExt as _;
use jiff::Timestamp;
use secrecy::SecretString;
use state::{Store, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
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
        /// Which key says so.
        key: &'static str,
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
        api: config.forge.api_url.as_url().clone(),
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
    let gitea = Gitea::new(&settings, identities.collect())?;
    Ok(match &config.web.public_url {
        Some(address) => gitea.explaining_at(&address.to_string()),
        None => gitea,
    })
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
    /// Where its pages are.
    pub pages: SocketAddr,
    /// What its parts share.
    pub shared: Arc<Shared>,
    /// What the doctor found, for the pages.
    pub notices: Arc<Notices>,
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
    let mode = config.forge.mode;
    if mode.observes() {
        tracing::warn!("forge.mode is \"observe\": nothing is written to Gitea");
    }
    let policy = Arc::new(config.policy.clone());
    let shared = Shared::new(gitea, store, policy, tempo, Writing { trail, mode });
    let stop = CancellationToken::new();
    let notices = Arc::<Notices>::default();
    let answers = Answers::of(&shared, &config, secrets, (&recorder, &notices), &stop);
    let doors = Doors::open(&config, answers).await?;
    let (address, pages, numbers) = (doors.address, doors.pages, doors.numbers);
    let server = tokio::spawn(doors.serve(stop.clone(), shared.tempo.end));
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
        pages,
        numbers,
        shared,
        notices,
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

/// How whoever watches the bot sees whether it lives, and whether it can work.
fn health(shared: &Shared) -> Health {
    let [forge, asked, known] = [0; 3].map(|_| shared.gitea.clone());
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
        patience: PATIENCE,
        identities: Arc::new(move || notes(&known)),
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
