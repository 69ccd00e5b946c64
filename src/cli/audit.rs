//! `refire audit`: what was decided, from the trail. It may run beside the bot.

use super::check::pull;
use super::since::since;
use super::{ConfigFile, Exit, output};
use crate::audit::{Entry, Lines, What, tell, verify};
use crate::config::Environment;
use crate::model::PullRef;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::io;
use std::path::Path;

/// What `audit` takes.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditArgs {
    /// Something else than to show it.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// The pull request, such as acme/widget#12 [default: all]
    #[arg(value_name = "OWNER/NAME#NUMBER", value_parser = pull)]
    pub pull: Option<PullRef>,
    /// Only what was decided since: 7d, 24h, 2026-11-27, or 2026-11-27T14:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub since: Option<Timestamp>,
    /// Print the lines of the trail, which are JSON
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// What else can be done with a trail.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Find out whether a line was removed or changed
    Verify {
        /// Where the configuration is.
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Shows or verifies the trail.
pub(super) fn run(args: &AuditArgs, environment: &Environment) -> Exit {
    let file = match &args.command {
        Some(AuditCommand::Verify { config }) => config,
        None => &args.config,
    };
    let directory = match file.load(environment) {
        Ok(config) => config.audit.path,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let done = match args.command {
        Some(AuditCommand::Verify { .. }) => verified(&directory),
        None => show(args, &directory),
    };
    done.unwrap_or_else(|error| {
        let directory = directory.display();
        output::complain(&format!(
            "refire: the audit trail {directory} cannot be read: {error}"
        ));
        Exit::Io
    })
}

fn verified(directory: &Path) -> io::Result<Exit> {
    Ok(match verify(directory)? {
        Ok(sound) => {
            let from = sound.first.unwrap_or(1);
            let last = sound.last.as_ref().map_or("none", |hash| hash.as_str());
            output::answer(&format!(
                "{} lines from number {from} on: none is missing, none was changed. The last one's hash is {last}.\n",
                sound.lines
            ))
        }
        Err(broken) => output::fail(broken, Exit::NotSatisfied),
    })
}

/// What cannot be read is said and passed over: the rest is worth having.
fn show(args: &AuditArgs, directory: &Path) -> io::Result<Exit> {
    for (file, number, read) in Lines::all(directory)? {
        let text = match read {
            Ok((entry, _)) if !is_asked_for(args, &entry) => continue,
            Ok((entry, _)) if args.json => line(&entry),
            Ok((entry, _)) => tell(&entry) + "\n",
            Err(why) => {
                let file = file.display();
                output::complain(&format!("refire: line {number} of {file} {why}"));
                continue;
            }
        };
        match output::answer(&text) {
            Exit::Done => {}
            failed => return Ok(failed),
        }
    }
    Ok(Exit::Done)
}

fn is_asked_for(args: &AuditArgs, entry: &Entry) -> bool {
    let since = args.since.is_none_or(|since| entry.at >= since);
    let pull = match (&args.pull, &entry.what) {
        (None, _) => true,
        (Some(asked), What::Evaluated { repo, number, .. }) => {
            asked.repo == *repo && asked.number == *number
        }
        (Some(_), What::Forgotten { .. }) => false,
    };
    since && pull
}

fn line(entry: &Entry) -> String {
    let json = serde_json::to_string(entry).unwrap_or_default();
    format!("{json}\n")
}
