//! The configuration: file and variables in, a [`Config`] that cannot be wrong out.
//!
//! In reading order: `raw` mirrors the file, `env` lays the variables over it, `section`
//! reads key by key and gathers every mistake, `sections`, `gates` and `identity` say which keys
//! exist and what they mean. **Invariant:** only `env` reads the environment; secrets are named
//! here and read by [`Config::resolve_secrets`] at the last moment. Called by `cli`.

mod address;
mod bounded;
mod convert;
mod cron;
mod env;
mod gates;
mod identity;
mod mistake;
mod origin;
mod pattern;
mod raw;
mod secret;
mod section;
mod sections;
mod setting;
mod source;
mod values;
mod wake;
mod web;
mod words;

#[cfg(test)]
mod tests;

pub use address::{ForgeUrl, PublicUrl};
pub use cron::CronLine;
pub use env::{Environment, LogFormat};
pub use gates::USUAL_GATES;
pub use identity::{Identity, Use};
pub use mistake::{Mistake, Mistakes};
pub use origin::Origin;
pub use pattern::RepoPattern;
pub use secret::{SecretSource, Secrets, VariableName};
pub use setting::Setting;
pub use web::{OAuth, Web};

use crate::audit::Keep;
use crate::gate::policy::Policy;
use crate::model::Mode;
use origin::Placed;
use raw::Table;
use section::Report;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What is in force. Made by [`Config::load`] and [`Config::from_toml`] only.
#[derive(Clone, Debug)]
pub struct Config {
    /// The forge, and how it is spoken to.
    pub forge: Forge,
    /// As whom, in the order of the file; every use has at least one. Never empty.
    pub identities: Vec<Identity>,
    /// How deliveries come in.
    pub webhook: Webhook,
    /// Where the numbers are asked for. `None`: where deliveries come in.
    pub metrics: Option<SocketAddr>,
    /// The pages, and who may see them.
    pub web: Web,
    /// Where the store is; relative to the working directory.
    pub store: PathBuf,
    /// Where it is written down what was decided.
    pub audit: Audit,
    /// How what was never delivered is found.
    pub sweep: Sweep,
    /// What must hold before a pull request may merge.
    pub policy: Policy,
    settings: Vec<Setting>,
}

/// The forge, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Forge {
    /// The address that people open.
    pub url: ForgeUrl,
    /// Where we ask it ourselves, past what may stand in front of `url` (I10); `url` unless the
    /// configuration says otherwise.
    pub api_url: ForgeUrl,
    /// The repositories that are looked after; never empty.
    pub repositories: Vec<RepoPattern>,
    /// How long one call may take; longer than nothing.
    pub timeout: Duration,
    /// What we call ourselves; visible ASCII.
    pub user_agent: String,
    /// A file of certificates in PEM: authorities that are trusted beside the system's. `None`: the
    /// system's alone.
    pub ca_file: Option<PathBuf>,
    /// Whether what is decided is written to it.
    pub mode: Mode,
}

/// How deliveries come in.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The largest body that is kept as it is, in bytes; of a larger one, up to 256 times that, long texts
    /// are cut.
    pub max_body: usize,
    secrets: Vec<(&'static str, Placed<SecretSource>)>,
}

/// Where it is written down what was decided, and for how long.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The directory of the trail; relative to the working directory.
    pub path: PathBuf,
    /// How long lines are kept.
    pub keep: Keep,
}

/// How what was never delivered is found.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The pause between two sweeps, a second or more. `None`: never, not even at start.
    pub every: Option<Duration>,
    /// When every open pull request is evaluated again. `None`: never.
    pub reconcile: Option<CronLine>,
    /// With an empty store, commands younger than this are still answered.
    pub lookback: Duration,
}

impl Config {
    /// Every key in force with its origin, in the order of the documentation.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Understands a file's text with the variables laid over it. `name` is what mistakes call the
    /// file; `None`: there is no file.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_toml(
        name: Option<&str>,
        text: &str,
        environment: &Environment,
    ) -> Result<Self, Mistakes> {
        let origin = name.map_or(Origin::Default, |file| Origin::File {
            file: file.into(),
            line: 1,
            column: 1,
        });
        let mut root =
            raw::parse_document(name.unwrap_or_default(), text).map_err(Mistakes::new)?;
        root.origin = origin;
        let mut report = Report {
            mistakes: environment.lay_over(&mut root),
            ..Report::default()
        };
        let config = Self::read(&mut report, root, environment);
        match config {
            Some(config) if report.mistakes.is_empty() => Ok(Self {
                settings: report.settings,
                ..config
            }),
            _ => Err(Mistakes::new(report.mistakes)),
        }
    }

    /// Every table is read before anything is given up, so that all mistakes are found.
    fn read(report: &mut Report, mut root: Table, environment: &Environment) -> Option<Self> {
        let root = &mut root;
        let forge = sections::forge(report, root);
        let identities = identity::read(report, root, environment);
        let webhook = sections::webhook(report, root, environment);
        let listen = webhook.as_ref().map(|webhook| webhook.listen);
        let metrics = sections::metrics(report, root, listen);
        let web = web::read(report, root);
        let store = sections::store(report, root);
        let audit = sections::audit(report, root, store.as_deref());
        let sweep = sections::sweep(report, root);
        let policy = read_policy(report, root);
        section::unknown_tables(report, root);
        let named: Vec<_> = report
            .settings
            .iter()
            .flat_map(Setting::sources)
            .filter_map(SecretSource::variable_name)
            .collect();
        report.mistakes.extend(environment.strays(&named));
        report.mistakes.extend(environment.log_format().err());
        let (forge, identities, webhook) = (forge?, identities?, webhook?);
        Some(Self {
            forge,
            identities,
            webhook,
            metrics: metrics?,
            web: web?,
            store: store?,
            audit: audit?,
            sweep: sweep?,
            policy: policy?,
            settings: Vec::new(),
        })
    }
}

fn read_policy(report: &mut Report, root: &mut Table) -> Option<Policy> {
    let gates = gates::read(report, root);
    let (declarations, context) = sections::declarations(report, root);
    let approvals = sections::approvals(report, root);
    let service_accounts = sections::service_accounts(report, root);
    let base_branches = sections::base_branches(report, root);
    gates::check_contexts(
        report,
        gates.as_deref().unwrap_or_default(),
        context.as_ref(),
    );
    Some(Policy {
        gates: gates::settle(gates?)?,
        declarations: declarations?,
        approvals: approvals?,
        service_accounts: service_accounts?,
        base_branches: base_branches?,
    })
}
