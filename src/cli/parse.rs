//! `refire parse`: what the bot would understand of a comment. No configuration, no network.

use super::{Exit, output};
use crate::config::USUAL_GATES;
use clap::Args;
use commands::{Command, GateTable, Misuse, Reading, Reason, Selection};
use serde_json::json;
use std::io::Read;

/// More than the bot searches, and more than a forge takes: the rest is left unread.
const LONGEST: u64 = 1024 * 1024;

/// What `parse` takes.
#[derive(Clone, Debug, Args)]
pub struct ParseArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Shows what the bot would understand.
pub(super) fn run(args: &ParseArgs, input: impl Read) -> Exit {
    let mut body = Vec::new();
    if let Err(error) = input.take(LONGEST).read_to_end(&mut body) {
        output::complain(&format!(
            "the comment could not be read from standard input: {error}"
        ));
        return Exit::Io;
    }
    let reading = commands::parse(&String::from_utf8_lossy(&body), &usual_gates());
    output::answer(&if args.json {
        render_json(&reading)
    } else {
        render_lines(&reading)
    })
}

/// The gates that exist where nobody configured any.
fn usual_gates() -> GateTable {
    let gates = USUAL_GATES.map(|(name, team)| (name.to_owned(), vec![team.to_owned()]));
    GateTable::new(gates).unwrap_or_default()
}

fn render_json(reading: &Reading) -> String {
    let object = json!({
        "commands": reading.commands,
        "mistakes": reading.misuses,
        "refused": reading.refused,
        "truncated": reading.truncated,
    });
    format!("{object:#}\n")
}

/// One line for each command and each mistake.
fn render_lines(reading: &Reading) -> String {
    let mut lines: Vec<String> = reading.commands.iter().map(command_line).collect();
    lines.extend(
        reading
            .misuses
            .iter()
            .map(|misuse| format!("mistake: {}", misuse_line(misuse))),
    );
    if lines.is_empty() {
        lines.push("nothing: no command of ours".to_owned());
    }
    if reading.refused > 0 {
        lines.push(format!(
            "refused: {} more, because {} commands of one comment are run",
            reading.refused,
            commands::MAX_COMMANDS
        ));
    }
    if reading.truncated {
        lines.push(format!(
            "truncated: nothing was searched beyond {} KiB",
            commands::MAX_BODY / 1024
        ));
    }
    lines.join("\n") + "\n"
}

fn command_line(command: &Command) -> String {
    match command {
        Command::Declare {
            gate,
            commit,
            reason,
        } => {
            let commit = commit
                .as_ref()
                .map(|commit| format!(" at commit {commit}"))
                .unwrap_or_default();
            format!(
                "declare: {gate} is not applicable{commit}{}",
                because(reason.as_ref())
            )
        }
        Command::Revoke { gate, reason } => {
            format!(
                "revoke: the writer's declaration of {gate} is withdrawn{}",
                because(reason.as_ref())
            )
        }
        Command::Refire {
            gates: Selection::One(gate),
        } => format!("refire: {gate} is evaluated and posted again"),
        Command::Refire {
            gates: Selection::All,
        } => "refire: all gates are evaluated and posted again".to_owned(),
        Command::WhoAmI { person: None } => {
            "whoami: who the writer is to every gate's teams".to_owned()
        }
        Command::WhoAmI {
            person: Some(person),
        } => format!("whoami: who {person} is to every gate's teams"),
        Command::Help => "help: the commands, and who may use what".to_owned(),
    }
}

fn because(reason: Option<&Reason>) -> String {
    reason
        .map(|reason| format!(", reason: {}", shown(reason.as_str())))
        .unwrap_or_default()
}

fn misuse_line(misuse: &Misuse) -> String {
    match misuse {
        Misuse::UnknownGate {
            command,
            word,
            suggestion: Some(gate),
        } => {
            format!(
                "{command}: there is no gate {}; did you mean {gate}?",
                shown(word)
            )
        }
        Misuse::UnknownGate {
            command,
            word,
            suggestion: None,
        } => format!("{command}: there is no gate {}", shown(word)),
        Misuse::MissingGate { command } => {
            format!("{command}: the gate is missing, for example {command} qa-review")
        }
        Misuse::UnknownCommand { word, suggestion } => {
            format!("{} is no command; did you mean {suggestion}?", shown(word))
        }
        Misuse::BadCommit { word } => format!(
            "{} is no commit; write 7 to 64 hexadecimal digits after the @",
            shown(word)
        ),
        Misuse::MarkedUp { command } => {
            format!("{command}: its gate or commit must be plain text, without markup")
        }
    }
}

/// A stranger's text for a terminal: in quotes, and control characters spelt out.
fn shown(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Reading {
        commands::parse(body, &usual_gates())
    }

    #[test]
    fn the_usual_gates_are_known_by_name_and_alias() {
        assert_eq!(usual_gates().names().count(), 2);
        assert_eq!(
            render_lines(&read("/refire QA")),
            "refire: qa-review is evaluated and posted again\n"
        );
    }

    #[test]
    fn each_command_and_each_mistake_has_a_line() {
        let body = "/sop-n/a qa @91bc0d2 - docs only\n/sop-revoke security\n/refire\n/whoami-teams\n/refire help\n\
                    /refire securty\n/sop-n/a\n/whoami-team";
        assert_eq!(
            render_lines(&read(body)),
            "declare: qa-review is not applicable at commit 91bc0d2, reason: \"docs only\"\n\
             revoke: the writer's declaration of security-review is withdrawn\n\
             refire: all gates are evaluated and posted again\n\
             whoami: who the writer is to every gate's teams\n\
             help: the commands, and who may use what\n\
             mistake: /refire: there is no gate \"securty\"; did you mean security-review?\n\
             mistake: /sop-n/a: the gate is missing, for example /sop-n/a qa-review\n\
             mistake: \"/whoami-team\" is no command; did you mean /whoami-teams?\n"
        );
    }

    #[test]
    fn a_comment_without_commands_says_so() {
        assert_eq!(
            render_lines(&read("LGTM, thanks\n/deploy prod")),
            "nothing: no command of ours\n"
        );
    }

    #[test]
    fn what_was_cut_and_refused_is_said() {
        let many: String = (0..18)
            .map(|n| format!("/sop-n/a qa reason {n}\n"))
            .collect();
        let text = render_lines(&read(&(many + &"x".repeat(70_000))));
        assert!(text.contains("refused: 2 more"), "{text}");
        assert!(
            text.ends_with("truncated: nothing was searched beyond 64 KiB\n"),
            "{text}"
        );
    }

    #[test]
    fn json_is_one_object() {
        let object: serde_json::Value =
            serde_json::from_str(&render_json(&read("/refire qa\n/refire xyzzy"))).unwrap();
        assert_eq!(object["commands"][0]["command"], "refire");
        assert_eq!(object["mistakes"][0]["misuse"], "unknown-gate");
        assert_eq!(
            (&object["refused"], &object["truncated"]),
            (&0.into(), &false.into())
        );
    }
}
