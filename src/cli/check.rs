//! `refire check`: one evaluation for cron, CI and curiosity.

use super::{ConfigFile, Exit, output};
use crate::app;
use crate::config::{Config, Environment};
use crate::decide::directive::{gate_table, ours};
use crate::gate::policy::{GateName, Policy};
use crate::model::{PullNumber, PullRef};
use crate::telemetry;
use crate::worker::once::{Once, Report};
use clap::Args;
use secrecy::SecretString;
use std::sync::Arc;

/// What `check` takes.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// The pull request, such as acme/widget#12
    #[arg(value_name = "OWNER/NAME#NUMBER", value_parser = pull)]
    pub pull: PullRef,
    /// A gate, by its name or an alias; may be given several times [default: all gates]
    #[arg(long = "gate", value_name = "GATE")]
    pub gates: Vec<String>,
    /// Post the statuses too; without it nothing is written to the forge
    #[arg(long)]
    pub post: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Understands `acme/widget#12`.
pub(super) fn pull(text: &str) -> Result<PullRef, String> {
    let wrong = || "write the repository and the number, for example acme/widget#12".to_owned();
    let (repo, number) = text.split_once('#').ok_or_else(wrong)?;
    let number: u64 = number
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(wrong)?;
    Ok(PullRef {
        repo: repo.parse().map_err(|_| wrong())?,
        number: PullNumber::new(number),
    })
}

/// Evaluates once.
pub(super) fn run(args: &CheckArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    if args.post && config.forge.mode.observes() {
        return output::fail(
            "forge.mode is \"observe\", which writes nothing to Gitea; leave --post away",
            Exit::Usage,
        );
    }
    let gates = match asked(args, &config.policy) {
        Ok(gates) => gates,
        Err(sentence) => return output::fail(sentence, Exit::Usage),
    };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(check(args, &config, &tokens, &gates)),
        Err(exit) => exit,
    }
}

/// The gates that were asked for, in configured order; all where none was.
fn asked(args: &CheckArgs, policy: &Policy) -> Result<Vec<GateName>, String> {
    let table = gate_table(policy);
    let mut asked = Vec::new();
    for word in &args.gates {
        let known = || {
            policy
                .gates
                .iter()
                .map(|gate| gate.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let gate = table.find(word).and_then(ours);
        asked.push(
            gate.ok_or_else(|| format!("there is no gate {word:?}; known are: {}", known()))?,
        );
    }
    let all = policy.gates.iter().map(|gate| gate.name.clone());
    Ok(all
        .filter(|gate| asked.is_empty() || asked.contains(gate))
        .collect())
}

async fn check(
    args: &CheckArgs,
    config: &Config,
    tokens: &[SecretString],
    gates: &[GateName],
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
    let report = once.evaluate(gates, args.post).await;
    let text = if args.json {
        json(args, &report)
    } else {
        report.told.clone()
    };
    match output::answer(&format!("{text}\n")) {
        Exit::Done => exit(&report),
        failed => failed,
    }
}

/// Not knowing wins over not satisfied.
fn exit(report: &Report) -> Exit {
    let states = || report.verdicts.iter().map(|verdict| verdict.word);
    if report.verdicts.is_empty() || states().any(|word| word == "unknown") || report.unposted {
        Exit::Unknown
    } else if states().all(|word| word == "satisfied") {
        Exit::Done
    } else {
        Exit::NotSatisfied
    }
}

fn json(args: &CheckArgs, report: &Report) -> String {
    let gates: Vec<serde_json::Value> = report
        .verdicts
        .iter()
        .map(|v| serde_json::json!({ "gate": v.gate, "verdict": v.word, "reasons": v.reasons }))
        .collect();
    let pull = args.pull.to_string();
    serde_json::json!({ "pull": pull, "head": report.head, "gates": gates }).to_string()
}

#[cfg(test)]
mod tests {
    use super::pull;

    #[test]
    fn a_pull_request_is_named_by_repository_and_number() {
        assert_eq!(
            pull("acme/widget#12").unwrap().to_string(),
            "acme/widget#12"
        );
        for wrong in [
            "acme/widget",
            "widget#12",
            "acme/widget#0",
            "acme/widget#x",
            "#12",
            "a/b/c#1",
        ] {
            assert!(pull(wrong).is_err(), "{wrong}");
        }
    }
}
