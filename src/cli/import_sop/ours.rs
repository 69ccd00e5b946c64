//! Our configuration, with what is to be known about it beside the keys.

use super::old::{Note, OldGate, Weight, plain};
use toml::Value;

/// How wide a comment is.
const WIDTH: usize = 96;

/// What is not in their file, and was supposed.
pub(super) fn to_be_checked(gates: &[OldGate]) -> Vec<Note> {
    let mut notes = vec![Note::check(
        None,
        "forge.url and forge.repositories stand nowhere in the file: write yours",
    )];
    for gate in gates {
        let name = gate.name.as_str();
        if gate.teams.is_empty() {
            notes.push(Note {
                line: Some(gate.line),
                weight: Weight::Lost,
                says: format!("nobody could declare the gate {name}, and in refire somebody always can (without waivers, the gate's own team): it is written as a comment, decide who may"),
            });
            continue;
        }
        notes.push(Note::check(
            Some(gate.line),
            format!("gates.{name}.team = \"{}\" is a guess from the gate's name: the team that approves stands as TEAM in its workflow", team(gate)),
        ));
    }
    if !gates.is_empty() {
        notes.push(Note::check(None, "the contexts are those that the scripts posted last: write them as the branch rule requires them"));
    }
    notes
}

/// The file.
pub(super) fn render(gates: &[OldGate], notes: &[Note]) -> String {
    let mut toml = String::from(
        "# refire's configuration, made by `refire import-sop` from that of the scripts before.\n\
         #\n# What is to be known about it:\n",
    );
    for note in notes {
        toml.push_str(&comment(&format!("- {note}")));
    }
    toml.push_str(
        "\n[forge]\n\
         url = \"https://git.example.org\"        # write yours\n\
         repositories = [\"acme/*\"]              # write yours\n\
         # mode = \"observe\"                     # for a time beside the scripts; `refire compare` then tells\n",
    );
    for gate in gates {
        toml.push_str(&table(gate, gates));
    }
    toml.push_str(AS_BEFORE);
    toml
}

/// Where refire is stricter than the scripts by itself.
const AS_BEFORE: &str = "
# Where refire is stricter than the scripts were; uncomment what shall stay as it was.

# [declarations]
# bind = \"pull_request\"                  # a declaration survives pushes
# [approvals]
# exclude_pushers = false                # who pushed to a pull request may approve it
# [pulls]
# base_branches = [\"main\"]               # the scripts looked at the default branch only
";

fn table(gate: &OldGate, all: &[OldGate]) -> String {
    let name = gate.name.as_str();
    let mut text = String::from("\n");
    if !gate.description.is_empty() {
        text.push_str(&comment(&gate.description));
    }
    let context = format!("{name} / approved (pull_request_target)");
    let lines = [
        format!("[gates.{name}]"),
        format!(
            "team = {}   # a guess: see TEAM in the workflow",
            Value::from(team(gate))
        ),
        format!("waivers = {}", list(&gate.teams)),
        format!("contexts = {}", list(&[context])),
        format!("aliases = {}", list(&aliases(gate, all))),
    ];
    let mark = if gate.teams.is_empty() { "# " } else { "" };
    for line in lines {
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

/// By convention a gate was called after its team.
fn team(gate: &OldGate) -> &str {
    let name = gate.name.as_str();
    name.strip_suffix("-review")
        .filter(|team| !team.is_empty())
        .unwrap_or(name)
}

/// What people typed besides the name, unless it means another gate or something else.
fn aliases(gate: &OldGate, all: &[OldGate]) -> Vec<String> {
    let alias = team(gate);
    let taken = all.iter().any(|other| other.name.as_str() == alias);
    let reserved = matches!(alias, "all" | "help");
    if taken || reserved {
        Vec::new()
    } else {
        vec![alias.to_owned()]
    }
}

fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().cloned().map(Value::String).collect())
}

/// Lines of a comment, whatever was written.
fn comment(text: &str) -> String {
    let text = plain(text);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("# {line}\n")).collect()
}
