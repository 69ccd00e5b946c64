//! `refire simulate`: what a delivery would do, without doing it.

use super::{ConfigFile, Exit, input, output};
use crate::app;
use crate::config::{Config, Environment};
use crate::effect::{Act, Effect};
use crate::intake::delivery::reason;
use crate::intake::payload::Payload;
use crate::intake::{Put, Taken, Topic};
use crate::telemetry;
use crate::worker::simulate::simulate;
use crate::worker::tempo::Tempo;
use crate::worker::{Shared, Writing};
use clap::Args;
use secrecy::SecretString;
use serde_json::{Value, json};
use state::{Limits, MemoryStore};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More than any delivery that is taken in.
const LONGEST: u64 = 64 << 20;

/// What `simulate` takes.
#[derive(Clone, Debug, Args)]
pub struct SimulateArgs {
    /// The body of a delivery, as Gitea shows it in the webhook's settings; `-` for standard input
    #[arg(value_name = "EVENT.json")]
    pub event: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

/// What would become of a delivery.
enum Fate {
    Ignored(&'static str),
    /// With why there is nothing to do.
    Remembered(&'static str),
    /// Of a pull request with that head nothing is known here.
    Head,
    Taken {
        events: Vec<String>,
        effects: Vec<Effect>,
    },
}

/// Simulates one delivery. Its signature is not asked for: nothing is done.
pub(super) fn run(args: &SimulateArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    let body = match read(&args.event) {
        Ok(body) => body,
        Err(error) => {
            let event = args.event.display();
            return output::fail(format_args!("{event} cannot be read: {error}"), Exit::Io);
        }
    };
    let payload = match Payload::parse(&body) {
        Ok(payload) => payload,
        Err(error) => {
            return output::fail(
                format_args!("{}: {error}", args.event.display()),
                Exit::Usage,
            );
        }
    };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(tell(args, &config, &tokens, payload)),
        Err(exit) => exit,
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    input::open(path)?.take(LONGEST).read_to_end(&mut body)?;
    Ok(body)
}

async fn tell(
    args: &SimulateArgs,
    config: &Config,
    tokens: &[SecretString],
    payload: Payload,
) -> Exit {
    let gitea = match app::client(config, tokens) {
        Ok(gitea) => gitea,
        Err(error) => return output::fail(error, Exit::Usage),
    };
    // The bot's own comments ask for nothing, so it has to be known which they are.
    if let Err(error) = app::introduce(&gitea, config).await {
        return output::fail(error, Exit::Usage);
    }
    let store = Arc::new(MemoryStore::new(Limits::default()));
    let policy = Arc::new(config.policy.clone());
    let shared = Shared::new(gitea, store, policy, Tempo::default(), Writing::default());
    let taken = match payload {
        Payload::Relevant(delivery) => app::scope(&shared, config).take(*delivery, 0),
        Payload::Irrelevant { .. } => Taken::Ignore("no gate depends on events of this kind"),
    };
    let fate = match taken {
        Taken::Ignore(reason) => Fate::Ignored(reason),
        Taken::Own(..) => Fate::Ignored(reason::OWN_STATUS),
        Taken::Remember { reason, .. } => Fate::Remembered(reason),
        Taken::Head(_) => Fate::Head,
        Taken::Put(puts) => {
            let events = puts.iter().map(event).collect();
            match simulate(&shared, puts).await {
                Ok(effects) => Fate::Taken { events, effects },
                Err(trouble) => {
                    let why = format_args!("it could not be found out: {trouble}");
                    return output::fail(why, Exit::Unknown);
                }
            }
        }
    };
    output::answer(&if args.json {
        in_json(&fate)
    } else {
        in_words(&fate)
    })
}

/// What is put into the inbox, in words.
fn event(put: &Put) -> String {
    let what = match &put.event.topic {
        Topic::Comment { comment, .. } => format!("the commands in comment {comment}"),
        Topic::ReviewBody { reviewer, .. } => {
            format!("the commands in a review by {}", reviewer.login)
        }
        Topic::Restore { comment, .. } => {
            format!("the answer to comment {comment}, which somebody touched")
        }
        Topic::Rewrite { to, .. } => format!("the comment {to}, which somebody touched"),
        Topic::Look => String::from("every gate is looked at"),
    };
    format!("{}: {what}", put.event.pull())
}

fn in_words(fate: &Fate) -> String {
    match fate {
        Fate::Ignored(reason) => format!("It would be ignored: {reason}.\n"),
        Fate::Remembered(reason) => {
            format!("What was heard would be remembered, and nothing done: {reason}.\n")
        }
        Fate::Head => String::from(
            "Somebody posts a status under a context of ours: every open pull request with that head would be looked at.\n",
        ),
        Fate::Taken { events, effects } => {
            let mut told = String::from("It would be taken in:\n");
            events
                .iter()
                .for_each(|event| told += &format!("  {event}\n"));
            match effects.is_empty() {
                true => told += "and nothing would be written.\n",
                false => told += "and this would be written:\n",
            }
            effects
                .iter()
                .for_each(|effect| told += &effect_in_words(effect));
            told
        }
    }
}

fn effect_in_words(effect: &Effect) -> String {
    match &effect.act {
        Act::Status { status, .. } => format!(
            "  {} on {}: {} ({})\n",
            status.state,
            status.sha.short(),
            status.context,
            status.description
        ),
        Act::Reply { to, body, .. } => {
            let lines = body.lines().map(|line| format!("    {line}\n"));
            format!("  a reply to {to}:\n{}", lines.collect::<String>())
        }
        Act::Fold { to } => format!("  a word less in the reply to {to}\n"),
        Act::React { comment } => format!("  the reaction eyes to comment {comment}\n"),
    }
}

fn in_json(fate: &Fate) -> String {
    let object = match fate {
        Fate::Ignored(reason) => json!({ "fate": "ignored", "reason": reason }),
        Fate::Remembered(reason) => json!({ "fate": "remembered", "reason": reason }),
        Fate::Head => json!({ "fate": "looked-at" }),
        Fate::Taken { events, effects } => {
            let effects: Vec<Value> = effects.iter().map(|effect| json!(effect)).collect();
            json!({ "fate": "taken", "events": events, "effects": effects })
        }
    };
    format!("{object:#}\n")
}
