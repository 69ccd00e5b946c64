//! The file's mirror: what was written, with the place of every word, and nothing understood yet.
//!
//! serde stops at its first error, so the file is read into this tree first and field by field
//! afterwards (`section`); that is how all mistakes are found at once. **Invariant:** no key is
//! known here. Called by `config` for the file and by `env` for variables that hold TOML.

use super::{Mistake, Origin};
use std::{ops::Range, sync::Arc};
use toml::de::{DeArray, DeTable, DeValue};

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// A variable's text, which may stand for any scalar.
    Plain(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// Numbers with a point, dates, and numbers beyond 64 bits: no key takes them.
    Other,
}

/// A table's entries in the order in which they were written.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    pub(super) origin: Origin,
}

/// One entry of a table.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) name_origin: Origin,
    pub(super) node: Node,
}

impl Node {
    /// A value that nobody gave.
    pub(super) const fn default(value: Value) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }

    /// What kind of value this is, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) | Value::Plain(_) => "a text",
            Value::Integer(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other => "a date or a number of another kind",
        }
    }
}

impl Table {
    /// A table without entries.
    pub(super) const fn empty(origin: Origin) -> Self {
        Self {
            entries: Vec::new(),
            origin,
        }
    }

    /// Takes an entry out, so that what is left at the end is what nobody knows.
    pub(super) fn remove(&mut self, name: &str) -> Option<Node> {
        let at = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(at).node)
    }

    /// Replaces an entry's value, or adds the entry.
    pub(super) fn set(&mut self, name: &str, node: Node) {
        match self.entries.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.node = node,
            None => self.entries.push(Entry {
                name: name.to_owned(),
                name_origin: node.origin.clone(),
                node,
            }),
        }
    }

    /// The table of that name, made when it is missing. `None`: something else has that name.
    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Self> {
        if !self.entries.iter().any(|entry| entry.name == name) {
            let origin = self.origin.clone();
            self.set(
                name,
                Node {
                    value: Value::Table(Self::empty(origin.clone())),
                    origin,
                },
            );
        }
        match &mut self
            .entries
            .iter_mut()
            .find(|entry| entry.name == name)?
            .node
            .value
        {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
}

/// Parses a whole file. All errors of grammar are found at once; with any of them the rest is not
/// looked at, because what follows a broken line cannot be told from it.
pub(super) fn parse_document(file: &str, text: &str) -> Result<Table, Vec<Mistake>> {
    let source = Source::File {
        name: file.into(),
        text,
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(source.table(table.into_inner(), 0..0));
    }
    Err(errors.iter().map(|error| source.mistake(error)).collect())
}

/// Parses what a variable holds.
pub(super) fn parse_value(variable: &str, text: &str) -> Result<Node, toml::de::Error> {
    let value = DeValue::parse(text)?;
    let span = value.span();
    Ok(Source::Variable(variable).node(value.into_inner(), span))
}

/// What is being read, to turn byte offsets into places.
enum Source<'a> {
    File { name: Arc<str>, text: &'a str },
    Variable(&'a str),
}

impl Source<'_> {
    fn origin(&self, offset: usize) -> Origin {
        match self {
            Self::Variable(name) => Origin::Variable((*name).to_owned()),
            Self::File { name, text } => {
                let before = text.get(..offset).unwrap_or(text);
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
                Origin::File {
                    file: Arc::clone(name),
                    line,
                    column,
                }
            }
        }
    }

    fn node(&self, value: DeValue<'_>, span: Range<usize>) -> Node {
        let origin = self.origin(span.start);
        let value = match value {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other, Value::Integer),
            DeValue::Boolean(flag) => Value::Boolean(flag),
            DeValue::Array(items) => Value::List(self.list(items)),
            DeValue::Table(table) => Value::Table(self.table(table, span)),
            DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
        };
        Node { value, origin }
    }

    fn list(&self, items: DeArray<'_>) -> Vec<Node> {
        items
            .into_iter()
            .map(|item| {
                let span = item.span();
                self.node(item.into_inner(), span)
            })
            .collect()
    }

    /// The parser sorts entries by name; gates are listed in configured order, so the place of the
    /// key puts them back.
    fn table(&self, table: DeTable<'_>, span: Range<usize>) -> Table {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let entries = entries
            .into_iter()
            .map(|(name, value)| Entry {
                name_origin: self.origin(name.span().start),
                name: name.into_inner().into_owned(),
                node: {
                    let span = value.span();
                    self.node(value.into_inner(), span)
                },
            })
            .collect();
        Table {
            entries,
            origin: self.origin(span.start),
        }
    }

    /// An error of grammar. Only the parser's words are repeated, never the line: a secret may
    /// stand in it.
    fn mistake(&self, error: &toml::de::Error) -> Mistake {
        let offset = error.span().map_or(0, |span| span.start);
        let key = match self {
            Self::File { text, .. } => key_around(text, offset),
            Self::Variable(_) => String::new(),
        };
        Mistake::new(self.origin(offset), key, grammar_words(error))
    }
}

/// What the TOML parser found, as a sentence.
pub(super) fn grammar_words(error: &toml::de::Error) -> String {
    match error.message() {
        "duplicate key" => "is written twice; keep one".to_owned(),
        message => format!("is not TOML: {message}"),
    }
}

/// The key whose line holds this byte: what stands before `=`, below the last header above it.
fn key_around(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text
        .get(start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    let header = text
        .get(..start)
        .unwrap_or_default()
        .lines()
        .rev()
        .find_map(header_name);
    match (header, line.split_once('=')) {
        (Some(table), Some((key, _))) => format!("{table}.{}", key.trim()),
        (None, Some((key, _))) => key.trim().to_owned(),
        (_, None) => header_name(line).unwrap_or_default().to_owned(),
    }
}

fn header_name(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix('[')?.split(']').next()?;
    Some(name.trim_start_matches('[').trim())
}
