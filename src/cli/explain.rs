//! `refire explain`: how a pull request stands, what somebody could do about it, and what would be if.

use super::check::pull;
use super::{ConfigFile, Exit, output};
use crate::app;
use crate::audit::{indented, plain, tell_gate};
use crate::config::{Config, Environment};
use crate::decide::evaluation::GateShown;
use crate::decide::whatif::Assumption;
use crate::model::{Login, PullRef, TeamName};
use crate::telemetry;
use crate::worker::explain::{Could, Explained, Then};
use crate::worker::once::Once;
use clap::Args;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;

/// What `explain` takes.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// The pull request, such as acme/widget#12
    #[arg(value_name = "OWNER/NAME#NUMBER", value_parser = pull)]
    pub pull: PullRef,
    /// What could this person do about each gate?
    #[arg(long = "as", value_name = "LOGIN")]
    pub person: Option<String>,
    /// And if: 'quinn approves', 'quinn requests changes', 'quinn declares qa', 'quinn joins qa',
    /// 'quinn leaves qa', 'push', 'quinn pushes', 'bot joins security'; several hold together
    #[arg(long = "what-if", value_name = "ASSUMPTION")]
    pub assumptions: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Explains, and writes nothing.
pub(super) fn run(args: &ExplainArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    let assumptions: Result<Vec<Assumption>, String> = args
        .assumptions
        .iter()
        .map(|text| Assumption::parse(text, &config.policy, |team| named(team, &args.pull)))
        .collect();
    let assumptions = match assumptions {
        Ok(assumptions) => assumptions,
        Err(sentence) => return output::fail(sentence, Exit::Usage),
    };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(explain(args, &config, &tokens, &assumptions)),
        Err(exit) => exit,
    }
}

/// A team of the repository's owner, where no other is said.
fn named(team: &str, pull: &PullRef) -> Option<TeamName> {
    match team.contains('/') {
        true => team.parse().ok(),
        false => Some(TeamName::new(pull.repo.owner(), team)),
    }
}

async fn explain(
    args: &ExplainArgs,
    config: &Config,
    tokens: &[SecretString],
    assumptions: &[Assumption],
) -> Exit {
    let gitea = match app::client(config, tokens) {
        Ok(gitea) => gitea,
        Err(error) => return output::fail(error, Exit::Usage),
    };
    let once = Once {
        gitea,
        policy: Arc::new(config.policy.clone()),
        pull: args.pull.clone(),
    };
    let gates: Vec<_> = once
        .policy
        .gates
        .iter()
        .map(|gate| gate.name.clone())
        .collect();
    let person = args.person.as_deref().map(Login::new);
    match once.explain(&gates, assumptions, person.as_ref()).await {
        Ok(explained) if args.json => output::answer(&in_json(args, &explained)),
        Ok(explained) => output::answer(&in_words(args, assumptions, &explained)),
        Err(trouble) => {
            let why = format_args!("{} could not be looked at: {trouble}", args.pull);
            output::fail(why, Exit::Unknown)
        }
    }
}

fn in_words(args: &ExplainArgs, assumptions: &[Assumption], explained: &Explained) -> String {
    let mut told = format!("{} now:\n{}", args.pull, gates(&explained.now));
    if let Some(person) = &args.person {
        told += &format!("\n{person} could:\n");
        explained
            .deeds
            .iter()
            .for_each(|could| told += &deed(could));
    }
    let assumed: Vec<String> = assumptions.iter().map(ToString::to_string).collect();
    for then in &explained.then {
        let provided = then.provided.iter().map(|it| format!(", {it}"));
        let provided: String = provided.collect();
        told += &format!("\nIf {}{provided}:\n", assumed.join(" and "));
        told += &gates(&then.gates);
        told += &changes(then);
    }
    told
}

fn gates(gates: &[GateShown]) -> String {
    gates.iter().map(tell_gate).collect()
}

fn deed(could: &Could) -> String {
    let deed = &could.deed;
    let what = match deed.comment {
        Some(_) => "declare it not applicable",
        None => "approve",
    };
    let line = format!(
        "{} {}: {what}: {}",
        deed.counts.mark(),
        could.gate,
        plain(&deed.why)
    );
    indented(1, &line)
}

fn changes(then: &Then) -> String {
    if then.changes.is_empty() {
        return indented(1, "No status would change.");
    }
    let line = |change: &crate::worker::explain::Change| {
        let line = format!(
            "{} would change from {} to {} ({})",
            change.context, change.before, change.after, change.description
        );
        indented(1, &line)
    };
    then.changes.iter().map(line).collect()
}

fn in_json(args: &ExplainArgs, explained: &Explained) -> String {
    let deed = |could: &Could| json!({ "gate": could.gate, "deed": could.deed });
    let then = |then: &Then| {
        let changes: Vec<Value> = then
            .changes
            .iter()
            .map(|it| {
                json!({
                    "context": it.context,
                    "before": it.before,
                    "after": it.after,
                    "description": it.description,
                })
            })
            .collect();
        json!({ "provided": then.provided, "gates": then.gates, "changes": changes })
    };
    let object = json!({
        "pull": args.pull.to_string(),
        "now": explained.now,
        "as": args.person,
        "could": explained.deeds.iter().map(deed).collect::<Vec<_>>(),
        "what_if": args.assumptions,
        "then": explained.then.iter().map(then).collect::<Vec<_>>(),
        "calls": explained.calls,
    });
    format!("{object:#}\n")
}
