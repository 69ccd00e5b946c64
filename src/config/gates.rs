//! The gates: reading each of them. What must hold between them is in `rules`.

mod rules;

pub(super) use rules::check_contexts;

use super::{
    Origin,
    convert::{list, some, text},
    origin::{Placed, unplaced},
    raw::{Entry, Node, Table, Value},
    section::{Key, Report, Section},
    words::{quoted, toml_text},
};
use crate::{
    gate::policy::{ContextTemplate, Gate, GateName, TeamRef},
    model::TeamName,
};

/// The gates where nobody configured any, each with the team whose name is also its alias.
pub const USUAL_GATES: [(&str, &str); 2] = [("qa-review", "qa"), ("security-review", "security")];
/// Words that mean something else where a gate may be named.
const RESERVED: [&str; 2] = ["all", "help"];

/// A gate as far as it was understood, so that the rules between gates are held against all of it.
pub(super) struct Draft {
    path: String,
    name: Option<Placed<GateName>>,
    aliases: Option<Vec<Placed<GateName>>>,
    team: Option<TeamRef>,
    waivers: Option<Vec<Placed<TeamRef>>>,
    contexts: Option<Vec<Placed<ContextTemplate>>>,
}

/// Reads all gates; none given are the two that exist out of the box.
pub(super) fn read(report: &mut Report, root: &mut Table) -> Option<Vec<Draft>> {
    let tables = read_tables(report, root)?;
    if tables.is_empty() {
        let usual = USUAL_GATES
            .iter()
            .map(|(name, team)| usual_gate(report, name, team));
        return Some(usual.collect());
    }
    let gates: Vec<_> = tables
        .into_iter()
        .map(|entry| read_entry(report, entry))
        .collect();
    rules::check_words(report, &gates);
    Some(gates)
}

fn read_tables(report: &mut Report, root: &mut Table) -> Option<Vec<Entry>> {
    let Some(node) = root.remove("gates") else {
        return Some(Vec::new());
    };
    let kind = node.kind();
    if let Value::Table(table) = node.value {
        return Some(table.entries);
    }
    let says = format!("must be a table, not {kind}; begin each with [gates.qa-review]");
    report.mistake(&node.origin, "gates", says);
    None
}

fn read_entry(report: &mut Report, entry: Entry) -> Draft {
    let name = Placed {
        value: entry.name,
        origin: entry.name_origin,
    };
    let section = Section::of(report, entry.node, table_path(&name.value));
    read_one(section, &name)
}

/// A gate that nobody configured: the same reading, of a table that holds only what has no default.
fn usual_gate(report: &mut Report, name: &str, team: &str) -> Draft {
    let text = |text: &str| Node::default(Value::Text(text.to_owned()));
    let mut table = Table::empty(Origin::Default);
    table.set("team", text(team));
    table.set("aliases", Node::default(Value::List(vec![text(team)])));
    let entry = Entry {
        name: name.to_owned(),
        name_origin: Origin::Default,
        node: Node::default(Value::Table(table)),
    };
    read_entry(report, entry)
}

/// The gate's table, with quotes where TOML wants them.
fn table_path(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare {
        format!("gates.{name}")
    } else {
        format!("gates.{}", toml_text(name))
    }
}

fn read_one(mut section: Section<'_>, name: &Placed<String>) -> Draft {
    let path = table_path(&name.value);
    let word = read_name(section.report, name);
    let team = section.value(Key::bare("team", "\"qa\""), text(team));
    let waivers = read_waivers(&mut section, team.as_ref());
    let usual = format!("{} / approved (pull_request)", name.value);
    let example = format!("[{}]", quoted(&usual));
    let contexts = Key::list("contexts", [usual.as_str()], &example);
    let contexts = section.value(contexts, some(context));
    let aliases = section.value(Key::list("aliases", [], r#"["qa"]"#), list(gate_word));
    section.finish();
    Draft {
        path,
        name: word,
        aliases,
        team,
        waivers,
        contexts,
    }
}

fn read_name(report: &mut Report, name: &Placed<String>) -> Option<Placed<GateName>> {
    match gate_word(&name.value) {
        Ok(value) => Some(Placed {
            value,
            origin: name.origin.clone(),
        }),
        Err(says) => {
            report.mistake(&name.origin, &table_path(&name.value), says);
            None
        }
    }
}

/// Without waivers it is the gate's own team; without a team, which is a mistake already, nothing
/// more is to be said about their absence.
fn read_waivers(
    section: &mut Section<'_>,
    gate_team: Option<&TeamRef>,
) -> Option<Vec<Placed<TeamRef>>> {
    let usual = gate_team.map(written);
    let key = Key::list("waivers", usual.as_deref(), r#"["qa"]"#);
    section.value(key, |node| match gate_team {
        None if node.origin == Origin::Default => Ok(Vec::new()),
        _ => some(team)(node),
    })
}

fn gate_word(text: &str) -> Result<GateName, String> {
    if RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return Err(format!(
            "{} cannot name a gate: commands use that word for something else; write another",
            quoted(text)
        ));
    }
    GateName::try_from(text.to_owned())
        .map_err(|error| format!("{} cannot name a gate: {error}", quoted(text)))
}

fn team(text: &str) -> Result<TeamRef, String> {
    let blank = text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control());
    let wrong = || {
        format!(
            "{} is not a team; write \"qa\" for a team of the repository's owner, or \"org/qa\"",
            quoted(text)
        )
    };
    match text.parse::<TeamName>() {
        _ if blank => Err(wrong()),
        Ok(name) => Ok(TeamRef::Named(name)),
        Err(_) if text.contains('/') => Err(wrong()),
        Err(_) => Ok(TeamRef::OfOwner(text.to_owned())),
    }
}

fn written(team: &TeamRef) -> String {
    match team {
        TeamRef::OfOwner(team) => team.clone(),
        TeamRef::Named(name) => name.to_string(),
    }
}

/// A context as a key holds it.
pub(super) fn context(text: &str) -> Result<ContextTemplate, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(format!(
            "{} is not a context; write for example \"qa-review / approved (pull_request)\"",
            quoted(text)
        ));
    }
    Ok(ContextTemplate::new(text))
}

impl Draft {
    /// The gate as the core takes it.
    fn settle(self) -> Option<Gate> {
        Some(Gate {
            name: self.name?.value,
            aliases: self
                .aliases?
                .into_iter()
                .map(|alias| alias.value.into())
                .collect(),
            team: self.team?,
            waivers: unplaced(self.waivers?),
            contexts: unplaced(self.contexts?),
        })
    }
}

/// The gates as the core takes them. `None`: a mistake was noted.
pub(super) fn settle(gates: Vec<Draft>) -> Option<Vec<Gate>> {
    gates.into_iter().map(Draft::settle).collect()
}
