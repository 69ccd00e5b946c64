//! What the old scripts' file says, and what of it refire has no counterpart for.

use super::yaml::{Entry, Node, Value};
use crate::gate::policy::GateName;
use std::fmt;

/// Words that mean something else where a gate may be named.
const RESERVED: [&str; 2] = ["all", "help"];

/// A gate that people could declare not applicable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OldGate {
    /// Its name, as the scripts compared it.
    pub(super) name: GateName,
    /// Teams whose members could declare it. Empty: nobody could.
    pub(super) teams: Vec<String>,
    /// What was said about it, in one line.
    pub(super) description: String,
    pub(super) line: u64,
}

/// Something that people have to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Where it stands. `None`: nowhere in the file.
    pub(super) line: Option<u64>,
    pub(super) weight: Weight,
    pub(super) says: String,
}

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Something is not taken over, or has to be decided.
    Lost,
    /// Something was supposed, and is to be checked.
    Check,
}

impl Note {
    fn lost(line: u64, says: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            weight: Weight::Lost,
            says: says.into(),
        }
    }

    pub(super) fn check(line: Option<u64>, says: impl Into<String>) -> Self {
        Self {
            line,
            weight: Weight::Check,
            says: says.into(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let mark = match self.weight {
            Weight::Lost => "not taken over",
            Weight::Check => "to be checked",
        };
        write!(f, "{mark}: {}", plain(&self.says))
    }
}

/// In one line, whatever somebody wrote.
pub(super) fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The gates of the file, and everything else as notes.
///
/// # Errors
/// It is not such a file at all.
pub(super) fn understand(root: Node) -> Result<(Vec<OldGate>, Vec<Note>), String> {
    let Value::Map(entries) = root.value else {
        return Err(format!(
            "is not the scripts' configuration: it holds {}, not a map",
            root.value.kind()
        ));
    };
    let (mut gates, mut notes) = (Vec::new(), Vec::new());
    for entry in entries {
        let Entry { key, line, node } = entry;
        match key.as_str() {
            "n/a_gates" => read_gates(line, node, &mut gates, &mut notes),
            "items" => notes.extend(items(line, node)),
            "tier_failure_mode" => notes.extend(tiers(line, node)),
            "high_risk_labels" => notes.push(Note::lost(
                line,
                format!("high_risk_labels {}: labels change nothing for a gate", short(&node)),
            )),
            "default_mode" => notes.push(Note::lost(
                line,
                format!("default_mode {}: there are no tiers, so none is the default; whether a gate blocks is said by the branch rule", short(&node)),
            )),
            "version" => notes.push(Note::check(
                Some(line),
                format!("version {} was never read by the scripts, and says nothing here", short(&node)),
            )),
            _ => notes.push(unknown(line, &key)),
        }
    }
    if gates.is_empty() {
        notes.push(Note {
            line: None,
            weight: Weight::Lost,
            says: String::from("no gate was found under n/a_gates; without one, refire has its two, qa-review and security-review"),
        });
    }
    notes.sort_by_key(|note| note.line.unwrap_or_default());
    Ok((gates, notes))
}

fn unknown(line: u64, key: &str) -> Note {
    let meant = strsim::normalized_levenshtein(&key.to_lowercase(), "n/a_gates") > 0.6;
    let hint = if meant {
        "; the scripts read n/a_gates only, so this one was never in force: if it is meant, correct the name and import again"
    } else {
        ""
    };
    Note::lost(line, format!("the key {key:?} is not known{hint}"))
}

fn read_gates(line: u64, node: Node, gates: &mut Vec<OldGate>, notes: &mut Vec<Note>) {
    match node.value {
        Value::Null => {}
        Value::Map(entries) => {
            for entry in entries {
                match read_gate(entry, notes) {
                    Ok(gate) if gates.iter().any(|known| known.name == gate.name) => {
                        notes.push(Note::lost(
                            gate.line,
                            format!(
                                "the gate {:?} is there already, in another spelling",
                                gate.name.as_str()
                            ),
                        ));
                    }
                    Ok(gate) => gates.push(gate),
                    Err(note) => notes.push(note),
                }
            }
        }
        other => notes.push(Note::lost(
            line,
            format!("n/a_gates is {}, not a map of gates", other.kind()),
        )),
    }
}

/// The gate as far as it can be taken over; notes for the rest.
fn read_gate(entry: Entry, notes: &mut Vec<Note>) -> Result<OldGate, Note> {
    let Entry { key, line, node } = entry;
    let word = normal(&key);
    let reserved = RESERVED.contains(&word.as_str());
    let name = GateName::try_from(word.clone()).ok().filter(|_| !reserved);
    let name = name.ok_or_else(|| {
        Note::lost(
            line,
            format!("the gate {key:?} has a name that no gate can have in refire"),
        )
    })?;
    if word != key {
        notes.push(Note::check(Some(line), format!("the gate {key:?} could never be declared, because the scripts compared the word {word:?}; it is taken over as that")));
    }
    let mut gate = OldGate {
        name,
        teams: Vec::new(),
        description: String::new(),
        line,
    };
    let entries = match node.value {
        Value::Map(entries) => entries,
        Value::Null => Vec::new(),
        other => {
            notes.push(Note::lost(
                line,
                format!("the gate {key:?} is {}, not a map", other.kind()),
            ));
            Vec::new()
        }
    };
    for Entry {
        key: inner,
        line,
        node,
    } in entries
    {
        match (inner.as_str(), node.value) {
            ("required_teams", value) => gate.teams = teams(&key, line, value, notes),
            ("description", Value::Text(text)) => gate.description = plain(&text),
            ("description", Value::Null) => {}
            _ => notes.push(Note::lost(
                line,
                format!("the key {inner:?} of the gate {key:?} is not known"),
            )),
        }
    }
    Ok(gate)
}

/// As the scripts compared names of gates.
fn normal(name: &str) -> String {
    let lower = name.to_lowercase();
    let dashed = lower.chars().map(|c| {
        if c.is_whitespace() || c == '_' {
            '-'
        } else {
            c
        }
    });
    let kept = dashed.filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
    let kept: String = kept.collect();
    let parts: Vec<&str> = kept.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

fn teams(gate: &str, line: u64, value: Value, notes: &mut Vec<Note>) -> Vec<String> {
    let list = match value {
        Value::List(list) => list,
        Value::Null => Vec::new(),
        other => {
            notes.push(Note::lost(
                line,
                format!(
                    "required_teams of the gate {gate:?} is {}, not a list of teams",
                    other.kind()
                ),
            ));
            Vec::new()
        }
    };
    let mut teams: Vec<String> = Vec::new();
    for node in list {
        match node.value {
            Value::Text(team) if is_team(&team) => {
                if !teams.contains(&team) {
                    teams.push(team);
                }
            }
            Value::Text(team) => notes.push(Note::lost(
                node.line,
                format!("{team:?}, of the gate {gate:?}, can be no team's name"),
            )),
            other => notes.push(Note::lost(
                node.line,
                format!(
                    "{} among the teams of the gate {gate:?} is no team's name",
                    other.kind()
                ),
            )),
        }
    }
    teams
}

/// A team's name without its organisation, which is the repository's owner.
fn is_team(text: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '/';
    !text.is_empty() && !text.contains(bad)
}

fn items(line: u64, node: Node) -> Vec<Note> {
    let list = match node.value {
        Value::List(list) => list,
        Value::Null => return Vec::new(),
        other => {
            return vec![Note::lost(
                line,
                format!("items is {}, not a list", other.kind()),
            )];
        }
    };
    list.iter()
        .map(|item| {
            Note::lost(item.line, format!("the item {} of the checklist: refire has gates, not acknowledgements (/sop-ack)", named(item)))
        })
        .collect()
}

/// An item by its slug, with all its keys, so that none of them is missed.
fn named(item: &Node) -> String {
    let Value::Map(entries) = &item.value else {
        return short(item);
    };
    let slug = entries.iter().find(|entry| entry.key == "slug");
    let slug = slug.map_or_else(|| String::from("without slug"), |entry| short(&entry.node));
    let keys = entries.iter().map(|entry| entry.key.as_str());
    let keys: Vec<&str> = keys.filter(|key| *key != "slug").collect();
    if keys.is_empty() {
        return slug;
    }
    format!("{slug} (with {})", keys.join(", "))
}

fn tiers(line: u64, node: Node) -> Vec<Note> {
    match node.value {
        Value::Map(entries) => entries
            .iter()
            .map(|entry| {
                Note::lost(entry.line, format!("tier_failure_mode {:?} = {}: a gate holds for every pull request, whatever its labels; it concerned the checklist only", entry.key, short(&entry.node)))
            })
            .collect(),
        Value::Null => Vec::new(),
        other => vec![Note::lost(line, format!("tier_failure_mode is {}, not a map", other.kind()))],
    }
}

/// A value in a few words.
fn short(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => {
            let text = plain(text);
            let cut: String = text.chars().take(60).collect();
            let more = if cut.len() < text.len() { "…" } else { "" };
            format!("{cut:?}{more}")
        }
        Value::List(list) => {
            let all: Vec<String> = list.iter().take(20).map(short).collect();
            let more = if list.len() > 20 { ", …" } else { "" };
            format!("[{}{more}]", all.join(", "))
        }
        other => other.kind().to_owned(),
    }
}
