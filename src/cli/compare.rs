//! `refire compare`: where refire and another arrangement beside it disagree, and why.
//!
//! `ours` reads what refire came to out of the audit trail, `difference` holds it against what others
//! posted, `render` tells. **Invariant:** nothing is written, and no more than [`MOST`] commits are
//! asked for.

mod difference;
mod ours;
mod render;

#[cfg(test)]
mod tests;

use super::since::since;
use super::{ConfigFile, Exit, check, output};
use crate::app;
use crate::audit::{Entry, Lines};
use crate::config::{Config, Environment};
use crate::gitea::Gitea;
use crate::model::{PullNumber, RepoName};
use crate::telemetry;
use clap::Args;
use difference::{Kind, Names, differences};
use jiff::Timestamp;
use ours::{Seen, seen};
use render::Report;
use secrecy::SecretString;
use std::path::Path;

/// Commits whose statuses are asked for, the newest first.
const MOST: usize = 200;
/// The end of a line that the bot is just writing.
const CUT_OFF: &str = "is cut off";

/// What `compare` takes.
#[derive(Clone, Debug, Args)]
pub struct CompareArgs {
    /// A repository or one pull request, such as acme/widget or acme/widget#12 [default: all]
    #[arg(value_name = "OWNER/NAME[#NUMBER]", value_parser = scope)]
    pub scope: Option<Scope>,
    /// Only what was decided since: 7d, 24h, 2026-11-27, or 2026-11-27T14:00:00Z
    #[arg(long, value_name = "WHEN", default_value = "7d", value_parser = since)]
    pub since: Timestamp,
    /// What the others call one of refire's contexts, where that differs; may be given several times
    #[arg(long = "context", value_name = "OURS=THEIRS", value_parser = renamed)]
    pub contexts: Vec<(String, String)>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The repository.
    pub repo: RepoName,
    /// The pull request. `None`: all of them.
    pub number: Option<PullNumber>,
}

impl Scope {
    fn covers(&self, repo: &RepoName, number: PullNumber) -> bool {
        self.repo == *repo && self.number.is_none_or(|own| own == number)
    }
}

fn scope(text: &str) -> Result<Scope, String> {
    if text.contains('#') {
        let pull = check::pull(text)?;
        return Ok(Scope {
            repo: pull.repo,
            number: Some(pull.number),
        });
    }
    let repo = text.parse().map_err(|_| {
        "write the repository, for example acme/widget, or acme/widget#12".to_owned()
    })?;
    Ok(Scope { repo, number: None })
}

fn renamed(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let parts = parts.filter(|(ours, theirs)| !ours.is_empty() && !theirs.is_empty());
    let (ours, theirs) = parts.ok_or("write refire's context, =, and theirs")?;
    Ok((ours.to_owned(), theirs.to_owned()))
}

/// Compares.
pub(super) fn run(args: &CompareArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    match super::runtime() {
        Ok(runtime) => runtime.block_on(compare(args, &config, &tokens)),
        Err(exit) => exit,
    }
}

async fn compare(args: &CompareArgs, config: &Config, tokens: &[SecretString]) -> Exit {
    let gitea = match app::client(config, tokens) {
        Ok(gitea) => gitea,
        Err(error) => return output::fail(error, Exit::Usage),
    };
    let (entries, mut troubles) = match entries(&config.audit.path) {
        Ok(read) => read,
        Err(error) => {
            let path = config.audit.path.display();
            let why = format!("the audit trail {path} cannot be read: {error}");
            return output::fail(why, Exit::Unknown);
        }
    };
    // Without it, what the bot has posted itself would be taken for somebody else's.
    match app::introduce(&gitea, config).await {
        Ok(true) => {}
        Ok(false) => return output::fail("Gitea does not say who the bot is", Exit::Unknown),
        Err(error) => return output::fail(error, Exit::Usage),
    }
    let from = args.since;
    let in_scope = |repo: &RepoName, number| {
        let scope = args.scope.as_ref();
        scope.is_none_or(|scope| scope.covers(repo, number))
    };
    let mut commits = seen(&config.policy, entries.into_iter(), in_scope);
    commits.retain(|commit| commit.newest >= from);
    let left_out = commits.len().saturating_sub(MOST);
    commits.truncate(MOST);
    let mut report = Report::new(from, left_out);
    for commit in &commits {
        let names = Names::new(&config.policy, &args.contexts);
        if let Err(why) = hold(&gitea, commit, &names, &mut report).await {
            troubles.push(why);
        }
    }
    report.troubles = troubles;
    let text = if args.json {
        report.json()
    } else {
        report.text()
    };
    match output::answer(&text) {
        Exit::Done => exit(&report),
        failed => failed,
    }
}

/// The lines that can be read, and what is wrong with the others. A last line that is cut off is being
/// written by the bot.
fn entries(directory: &Path) -> std::io::Result<(Vec<Entry>, Vec<String>)> {
    let (mut entries, mut troubles) = (Vec::new(), Vec::new());
    let mut lines = Lines::all(directory)?.peekable();
    while let Some((file, at, line)) = lines.next() {
        match line {
            Ok((entry, _)) => entries.push(entry),
            Err(why) if why == CUT_OFF && lines.peek().is_none() => {}
            Err(why) => troubles.push(format!("line {at} of {} {why}", file.display())),
        }
    }
    Ok((entries, troubles))
}

/// Asks what others posted on a commit, and holds it against ours.
async fn hold(
    gitea: &Gitea,
    commit: &Seen,
    names: &Names<'_>,
    report: &mut Report,
) -> Result<(), String> {
    let fetched = gitea
        .session()
        .fetch_past_statuses(&commit.repo, &commit.sha)
        .await;
    let (mut rows, more) = fetched.map_err(|error| {
        format!(
            "the statuses of {} in {} could not be read: {error}",
            commit.sha.short(),
            commit.repo
        )
    })?;
    rows.retain(|past| !gitea.has_posted(&past.row));
    let (compared, found) = differences(commit, &rows, names);
    report.take(compared, found);
    if more {
        return Err(format!(
            "{} in {} has more statuses than are read; older ones were left out",
            commit.sha.short(),
            commit.repo
        ));
    }
    Ok(())
}

/// Not knowing wins over a difference.
fn exit(report: &Report) -> Exit {
    let opposite = |found: &difference::Difference| found.kind == Kind::Opposite;
    if !report.troubles.is_empty() || report.compared == 0 {
        Exit::Unknown
    } else if report.differences.iter().any(opposite) {
        Exit::NotSatisfied
    } else {
        Exit::Done
    }
}
