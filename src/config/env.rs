//! The environment: every variable that this program knows, each named once.
//!
//! **Invariant:** nothing else in the program reads the environment. What it holds may be secret,
//! so `Debug` shows names only. Called by `config` and, for secrets, by `secret`.

mod overrides;

pub(super) use overrides::{keys, variable_for};

use super::{
    Mistake, Origin,
    raw::{Node, Table, Value},
    values::choice,
    words,
};
use overrides::{OVERRIDES, example, place, read};
use std::{collections::BTreeMap, ffi::OsString, fmt};

/// Which file to read when `--config` is not given.
pub(super) const CONFIG: &str = "REFIRE_CONFIG";
/// The token, when no identity is configured.
pub(super) const TOKEN: &str = "REFIRE_TOKEN";
/// The file with the token, when no identity is configured.
pub(super) const TOKEN_FILE: &str = "REFIRE_TOKEN_FILE";
/// The webhook's secret, when none is configured.
pub(super) const WEBHOOK_SECRET: &str = "REFIRE_WEBHOOK_SECRET";
/// The file with the webhook's secret, when none is configured.
pub(super) const WEBHOOK_SECRET_FILE: &str = "REFIRE_WEBHOOK_SECRET_FILE";
/// What is logged.
const LOG: &str = "REFIRE_LOG";
/// Where spans are exported to, as OpenTelemetry calls it.
#[cfg(feature = "otel")]
const OTLP_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How it is.
const LOG_FORMAT: &str = "REFIRE_LOG_FORMAT";

/// Variables that are no keys of the configuration.
const OTHERS: &[&str] = &[
    CONFIG,
    TOKEN,
    TOKEN_FILE,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_FILE,
    LOG,
    LOG_FORMAT,
];
/// The tests against a real server have variables of their own.
const LIVE: &str = "REFIRE_LIVE_";
/// What a build is told of its commit; whoever has it set while the program runs has done no harm.
const BUILD: &str = "REFIRE_COMMIT";
const PREFIX: &str = "REFIRE_";

/// The variables of a process, taken once.
pub struct Environment(pub(super) BTreeMap<OsString, OsString>);

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// The variable is set, but not to a text in UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotText;

impl Environment {
    /// What this process was started with.
    #[must_use]
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// These variables and no others.
    pub fn of<N: Into<OsString>, V: Into<OsString>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// What `REFIRE_LOG` asks to be logged. `None`: it is not set, or not a text.
    #[must_use]
    pub fn log_filter(&self) -> Option<&str> {
        self.get(LOG).and_then(Result::ok)
    }

    /// How `REFIRE_LOG_FORMAT` asks for lines: as text, unless it says otherwise.
    ///
    /// # Errors
    /// It is set to a word that is none of ours, or to nothing.
    pub fn log_format(&self) -> Result<LogFormat, Mistake> {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let asked = self.get(LOG_FORMAT).map(Result::unwrap_or_default);
        let format = asked.map_or(Ok(LogFormat::Text), |word| choice(word, &formats));
        format.map_err(|says| Mistake::new(Origin::Variable(LOG_FORMAT.to_owned()), "", says))
    }

    /// Where `OTEL_EXPORTER_OTLP_ENDPOINT` asks spans to be exported to. `None`: nowhere.
    #[cfg(feature = "otel")]
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        let endpoint = self.get(OTLP_ENDPOINT).and_then(Result::ok);
        endpoint.filter(|endpoint| !endpoint.is_empty())
    }

    /// A variable's text. `None`: it is not set.
    pub(super) fn get(&self, name: &str) -> Option<Result<&str, NotText>> {
        let value = self.0.get(std::ffi::OsStr::new(name))?;
        Some(value.to_str().ok_or(NotText))
    }

    /// Whether the variable is set to something.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0
            .get(std::ffi::OsStr::new(name))
            .is_some_and(|value| !value.is_empty())
    }

    /// The path that a variable holds, as a value to be read like any other. `None`: it is not set,
    /// or set to nothing.
    pub(super) fn path_in(&self, name: &str) -> Option<Result<Node, Mistake>> {
        let origin = Origin::Variable(name.to_owned());
        match self.get(name)? {
            Ok("") => None,
            Ok(path) => Some(Ok(Node {
                value: Value::Plain(path.to_owned()),
                origin,
            })),
            Err(NotText) => Some(Err(Mistake::new(origin, "", "is not a text in UTF-8"))),
        }
    }

    /// Lays the variables over what the file says; returns what is wrong with them.
    pub(super) fn lay_over(&self, root: &mut Table) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for &(variable, key, form) in OVERRIDES {
            match self.get(variable).map(|text| read(variable, text, form)) {
                None => {}
                Some(Err(says)) => mistakes.push(Mistake::new(
                    Origin::Variable(variable.to_owned()),
                    key,
                    says,
                )),
                Some(Ok(node)) => place(root, key, node),
            }
        }
        mistakes
    }

    /// Variables that begin like ours and fit nothing. `named` are those that the configuration
    /// itself names as holding a secret.
    pub(super) fn strays(&self, named: &[&str]) -> Vec<Mistake> {
        self.0
            .keys()
            .filter_map(|name| name.to_str())
            .filter(|name| name.starts_with(PREFIX) && !name.starts_with(LIVE))
            .filter(|name| !named.contains(name) && !OTHERS.contains(name) && *name != BUILD)
            .filter(|name| OVERRIDES.iter().all(|(known, ..)| known != name))
            .map(|name| Mistake::new(Origin::Variable(name.to_owned()), "", stray_words(name)))
            .collect()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn stray_words(name: &str) -> String {
    for whole in ["REFIRE_GATES", "REFIRE_IDENTITY"] {
        if name.starts_with(&format!("{whole}_")) {
            return format!(
                "is no variable of refire; the whole value goes into {whole}, for example {}",
                example(whole)
            );
        }
    }
    let known = OVERRIDES
        .iter()
        .map(|(known, ..)| *known)
        .chain(OTHERS.iter().copied());
    match words::nearest(name, known) {
        Some(near) => format!("is no variable of refire; did you mean {near}?"),
        None => "is no variable of refire; keys are written like REFIRE_SWEEP__EVERY, with two underscores".to_owned(),
    }
}
