//! `refire config`: what is in force, and who said so. Never a secret.

use super::{ConfigFile, Exit, output};
use crate::config::{Environment, Setting};
use clap::Args;
use serde_json::{Map, Value, json};

/// What `config` takes.
#[derive(Clone, Debug, Args)]
pub struct ConfigArgs {
    /// Print one JSON object: each key with its value and origin
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Shows the configuration.
pub(super) fn run(args: &ConfigArgs, environment: &Environment) -> Exit {
    match args.config.load(environment) {
        Ok(config) if args.json => output::answer(&render_json(config.settings(), environment)),
        Ok(config) => output::answer(&render_lines(config.settings(), environment)),
        Err(mistakes) => super::refuse(&mistakes),
    }
}

/// One line a key, in TOML-like form, the origins in a column of their own.
pub(crate) fn render_lines(settings: &[Setting], environment: &Environment) -> String {
    let lines: Vec<_> = settings
        .iter()
        .map(|setting| {
            (
                format!("{} = {}", setting.key(), setting.value(environment)),
                setting.origin(),
            )
        })
        .collect();
    let longest = lines
        .iter()
        .map(|(line, _)| line.chars().count())
        .max()
        .unwrap_or_default();
    let width = longest.min(90);
    lines
        .iter()
        .map(|(line, origin)| format!("{line:<width$}  # {origin}\n"))
        .collect()
}

/// One object: each key with its value and its origin.
pub(crate) fn render_json(settings: &[Setting], environment: &Environment) -> String {
    let keys = settings.iter().map(|setting| {
        let shown =
            json!({"value": setting.json(environment), "origin": setting.origin().to_string()});
        (setting.key().to_owned(), shown)
    });
    format!("{:#}\n", Value::Object(keys.collect::<Map<_, _>>()))
}
