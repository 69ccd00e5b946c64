//! Reading the raw tree key by key: each read says which key, what stands there by default and
//! how it is understood; mistakes and values in force are collected on the way.
//!
//! A key is known because somebody asks for it, so there is no second list that could disagree.
//! **Invariant:** a mistake never ends the reading. Called by `sections`, `gates` and `identity`.

mod key;
mod unknown;

pub(super) use key::Key;
pub(super) use unknown::unknown_tables;

use super::{
    Mistake, Origin,
    convert::{Converted, Wrong},
    env,
    raw::{Node, Table, Value},
    setting::Setting,
};
use unknown::unknown_words;

/// What reading gathers: what is wrong, and what is in force.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) settings: Vec<Setting>,
}

impl Report {
    /// Notes one mistake.
    pub(super) fn mistake(&mut self, origin: &Origin, key: &str, says: impl Into<String>) {
        self.mistakes.push(Mistake::new(origin.clone(), key, says));
    }
}

/// One table that is being read.
pub(super) struct Section<'r> {
    path: String,
    table: Table,
    asked: Vec<&'static str>,
    pub(super) report: &'r mut Report,
}

impl<'r> Section<'r> {
    /// Takes the table of that name out of `root`; an absent one is an empty one.
    pub(super) fn open(report: &'r mut Report, root: &mut Table, name: &str) -> Self {
        let above = root.origin.clone();
        match root.remove(name) {
            Some(node) => Self::of(report, node, name.to_owned()),
            None => Self {
                path: name.to_owned(),
                table: Table::empty(above),
                asked: Vec::new(),
                report,
            },
        }
    }

    /// Reads a value that must be a table.
    pub(super) fn of(report: &'r mut Report, node: Node, path: String) -> Self {
        let kind = node.kind();
        let table = match node.value {
            Value::Table(table) => table,
            _ => {
                report.mistake(
                    &node.origin,
                    &path,
                    format!("must be a table, not {kind}; write [{path}] on a line of its own"),
                );
                Table::empty(node.origin)
            }
        };
        Self {
            path,
            table,
            asked: Vec::new(),
            report,
        }
    }

    /// Where the table stands.
    pub(super) const fn origin(&self) -> &Origin {
        &self.table.origin
    }

    /// A key's full name.
    pub(super) fn full(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// Whether the table has that key; asked before it is read.
    pub(super) fn given(&self, name: &str) -> bool {
        self.table.entries.iter().any(|entry| entry.name == name)
    }

    /// Puts in a value that the table does not have, as if it stood there.
    pub(super) fn suppose(&mut self, name: &str, node: Node) {
        self.table.set(name, node);
    }

    /// A key with a default, or one that must be given. `None`: a mistake was noted.
    pub(super) fn value<T>(
        &mut self,
        key: Key,
        convert: impl Fn(&Node) -> Converted<T>,
    ) -> Option<T> {
        self.asked.push(key.name);
        match self
            .table
            .remove(key.name)
            .or_else(|| key.default.clone().map(Node::default))
        {
            Some(node) => self.convert(&key, &node, convert),
            None => {
                self.missing(&key);
                None
            }
        }
    }

    /// A key that may be absent: `Some(None)`. `None`: a mistake was noted.
    pub(super) fn optional<T>(
        &mut self,
        key: Key,
        convert: impl Fn(&Node) -> Converted<T>,
    ) -> Option<Option<T>> {
        self.asked.push(key.name);
        match self.table.remove(key.name) {
            Some(node) => self.convert(&key, &node, convert).map(Some),
            None => Some(None),
        }
    }

    fn convert<T>(
        &mut self,
        key: &Key,
        node: &Node,
        convert: impl Fn(&Node) -> Converted<T>,
    ) -> Option<T> {
        let full = self.full(key.name);
        match convert(node) {
            Ok(value) => {
                if !key.secret {
                    self.report.settings.push(Setting::of(full, node));
                }
                Some(value)
            }
            Err(wrongs) => {
                for wrong in wrongs {
                    self.report.mistakes.push(wrong.at(&full, &key.example));
                }
                None
            }
        }
    }

    fn missing(&mut self, key: &Key) {
        let full = self.full(key.name);
        let variable = env::variable_for(&full)
            .map(|name| format!(", or set {name}"))
            .unwrap_or_default();
        let says = format!(
            "is missing; write for example {} = {}{variable}",
            key.name, key.example
        );
        self.report.mistake(&self.table.origin.clone(), &full, says);
    }

    /// Ends the reading: whatever is left was asked for by nobody.
    pub(super) fn finish(self) {
        for entry in &self.table.entries {
            let key = self.full(&entry.name);
            let says = unknown_words(entry, &self.path, &self.asked);
            self.report
                .mistakes
                .push(Mistake::new(entry.name_origin.clone(), key, says));
        }
    }
}

impl Wrong {
    fn at(self, key: &str, example: &str) -> Mistake {
        let says = if self.lacks_example {
            format!("{}; write for example {example}", self.says)
        } else {
            self.says
        };
        Mistake::new(self.origin, key, says)
    }
}
