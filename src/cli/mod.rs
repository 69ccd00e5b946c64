//! The command line: one file per subcommand, and what the numbers that they exit with mean.
//!
//! **Invariant:** standard output carries the answer and nothing else; mistakes and logs go to
//! standard error; no argument ever is a secret. Called by `main` only.

mod audit;
mod check;
mod compare;
mod completions;
pub(crate) mod config;
mod doctor;
mod exit;
mod explain;
mod health;
mod import_sop;
mod input;
mod man;
mod output;
mod parse;
mod progress;
mod rebuild;
mod serve;
mod simulate;
mod since;

pub use audit::AuditArgs;
pub use check::CheckArgs;
pub use compare::CompareArgs;
pub use completions::CompletionsArgs;
pub use config::ConfigArgs;
pub use doctor::DoctorArgs;
pub use exit::Exit;
pub use explain::ExplainArgs;
pub use health::HealthArgs;
pub use import_sop::ImportSopArgs;
pub use parse::ParseArgs;
pub use rebuild::RebuildArgs;
pub use serve::ServeArgs;
pub use simulate::SimulateArgs;

use crate::config::{Config, Environment, Mistakes};
use clap::{Parser, Subcommand};
use secrecy::SecretString;
use std::{ffi::OsString, io, path::PathBuf};

/// A chat-ops bot for Gitea and Forgejo that proves team approvals and explains every refusal.
#[derive(Debug, Parser)]
#[command(name = "refire", version = crate::version::long(), arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Be the bot: hear webhooks, sweep, answer, until told to stop
    Serve(ServeArgs),
    /// Evaluate one pull request, without store or webhook
    ///
    /// Exits with 0 if all gates asked for are satisfied, 1 if one is not, 2 if the bot could not
    /// find out, 64 for a mistake in the arguments or the configuration.
    Check(CheckArgs),
    /// Check everything that has to be right, in the order in which it breaks
    ///
    /// Exits with 0 if nothing fails, 1 if something does, 2 if something could not be found out,
    /// 64 for a mistake in the arguments or the configuration.
    Doctor(DoctorArgs),
    /// Build the store anew from Gitea, while the bot is stopped
    ///
    /// The old store is moved aside, never deleted. Exits with 0 when the new one is in its place, 2 if
    /// Gitea could not be read, 64 for a mistake in the arguments or the configuration, 70 if the
    /// store is in use or cannot be moved; but for 0, everything is as it was.
    Rebuild(RebuildArgs),
    /// Show what was decided, when and why
    ///
    /// Exits with 0, also where nothing was; 1 if `verify` finds something missing or changed; 64 for a
    /// mistake in the arguments or the configuration, 74 if the trail cannot be read.
    Audit(AuditArgs),
    /// Explain how a pull request stands, what somebody could do, and what would be if
    ///
    /// Nothing is written. Exits with 0, 2 if the bot could not find out, 64 for a mistake in the
    /// arguments or the configuration.
    Explain(ExplainArgs),
    /// Show what a delivery would do, without doing it
    ///
    /// Exits with 0, 2 if the bot could not find out, 64 for a mistake in the arguments, the
    /// configuration or the delivery, 74 if it cannot be read.
    Simulate(SimulateArgs),
    /// Tell where refire and another arrangement beside it have come to different ends, and why
    ///
    /// Reads the audit trail, and the statuses that others posted on the same commits under the same
    /// contexts; writes nothing. Exits with 0 if wherever one lets through the other does too, 1 if not,
    /// 2 if something could not be read or there is nothing to compare, 64 for a mistake in the
    /// arguments or the configuration.
    Compare(CompareArgs),
    /// Show what the bot would understand of a comment on standard input
    Parse(ParseArgs),
    /// Show what is in force and who said so, without secrets
    Config(ConfigArgs),
    /// Ask the running bot whether it is ready, for supervisors and images without a shell
    ///
    /// Needs no configuration. Exits with 0 if it is, 1 if it is not or does not answer, 64 for a
    /// mistake in the arguments.
    Health(HealthArgs),
    /// Turn the configuration of the scripts that refire replaces into one of refire's
    ///
    /// Writes TOML to standard output and a line for each thing that has no counterpart to standard
    /// error. Needs no configuration. Exits with 0 if everything is taken over, 1 if something is not,
    /// 64 if the file cannot be read.
    ImportSop(ImportSopArgs),
    /// Write what a shell completes
    Completions(CompletionsArgs),
    /// Write the manual page
    Man,
}

/// Where the configuration is.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigFile {
    /// The configuration [default: $REFIRE_CONFIG, else refire.toml if it exists, else variables only]
    #[arg(long = "config", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl ConfigFile {
    /// The configuration with its tokens, in the order of the identities: what one look at the forge
    /// needs.
    ///
    /// # Errors
    /// Every mistake in it, and every token that is missing, empty or unreadable.
    fn load_with_tokens(
        &self,
        environment: &Environment,
    ) -> Result<(Config, Vec<SecretString>), Mistakes> {
        let config = self.load(environment)?;
        let tokens = config.resolve_tokens(environment)?;
        Ok((config, tokens))
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn load(&self, environment: &Environment) -> Result<Config, Mistakes> {
        Config::load(self.file.as_deref(), environment)
    }
}

/// What asynchronous subcommands run in.
fn runtime() -> Result<tokio::runtime::Runtime, Exit> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    built.map_err(|error| {
        output::complain(&format!("refire: no threads can be had: {error}"));
        Exit::Failed
    })
}

/// Runs the program with these arguments, its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(told) => return tell(&told),
    };
    let environment = Environment::of_process();
    match cli.command {
        Command::Serve(args) => serve::run(&args, &environment),
        Command::Check(args) => check::run(&args, &environment),
        Command::Doctor(args) => doctor::run(&args, &environment),
        Command::Rebuild(args) => rebuild::run(&args, &environment),
        Command::Audit(args) => audit::run(&args, &environment),
        Command::Explain(args) => explain::run(&args, &environment),
        Command::Simulate(args) => simulate::run(&args, &environment),
        Command::Compare(args) => compare::run(&args, &environment),
        Command::Parse(args) => parse::run(&args, io::stdin().lock()),
        Command::Config(args) => config::run(&args, &environment),
        Command::Health(args) => health::run(&args),
        Command::ImportSop(args) => import_sop::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => man::run(),
    }
}

/// Help and version are answers; everything else that clap says is a mistake.
fn tell(told: &clap::Error) -> Exit {
    // Nothing can be done about a closed terminal.
    let _ = told.print();
    if told.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    }
}

/// Says what is wrong with the configuration.
pub(crate) fn refuse(mistakes: &Mistakes) -> Exit {
    output::complain(&mistakes.to_string());
    Exit::Usage
}

/// The moment as it stands in the name of what is moved aside.
fn stamp() -> String {
    jiff::Timestamp::now()
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string()
}
