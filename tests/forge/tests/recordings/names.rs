//! Names in braces: what they stand for in this run.

use std::collections::HashMap;

use serde_json::Value;

/// Names given by the world, by set-ups and by `save`, and commit ids met so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// `team:qa`, `widget-1.n`, `c.quinn`, `base`, ….
    known: HashMap<String, String>,
    /// `widget-1.head` to 40 hex characters, one to one.
    shas: HashMap<String, String>,
}

impl Names {
    pub(crate) fn set(&mut self, name: &str, value: impl ToString) {
        self.known.insert(name.to_owned(), value.to_string());
    }

    pub(crate) fn set_sha(&mut self, name: &str, sha: &str) {
        self.shas.insert(name.to_owned(), sha.to_owned());
    }

    pub(crate) fn sha(&self, name: &str) -> Option<&str> {
        self.shas.get(name).map(String::as_str)
    }

    fn lookup(&self, name: &str) -> Option<&str> {
        match name.strip_prefix("sha:") {
            Some(sha) => self.sha(sha),
            None => self.known.get(name).map(String::as_str),
        }
    }

    /// A request's text with every known name replaced.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            match self.lookup(name) {
                Some(value) => filled.push_str(value),
                None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
            }
            rest = after;
        }
        filled + rest
    }

    /// The same for a whole body.
    pub(crate) fn fill_body(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_body(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (name.clone(), self.fill_body(field)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Whether the answered text is the recorded one; a commit id met for the first time is learnt.
    pub(crate) fn matches(&mut self, recorded: &str, answered: &str) -> bool {
        let Some((before, name, after)) = next_name(recorded) else {
            return recorded == answered;
        };
        let Some(rest) = answered.strip_prefix(before) else {
            return false;
        };
        let value = match self.lookup(name) {
            Some(value) => value.to_owned(),
            None => match self.learn(name, rest) {
                Some(value) => value,
                None => return false,
            },
        };
        rest.strip_prefix(&value)
            .is_some_and(|rest| self.matches(after, rest))
    }

    /// Takes the beginning of the text as the meaning of an unknown name, if it can be.
    fn learn(&mut self, name: &str, text: &str) -> Option<String> {
        let hex = |length: usize| {
            text.get(..length)
                .filter(|value| value.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .map(str::to_owned)
        };
        if let Some(name) = name.strip_prefix("sha:") {
            let sha = hex(40).filter(|sha| !self.shas.values().any(|known| known == sha))?;
            self.set_sha(name, &sha);
            return Some(sha);
        }
        // Not a name: the braces stand in the text itself.
        Some(format!("{{{name}}}"))
    }
}

/// Text before the next name, the name, and the text after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| at + from) {
        let inside = text[open + 1..]
            .find('}')
            .map(|end| &text[open + 1..open + 1 + end])?;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
        if !inside.is_empty() && inside.bytes().all(word) {
            return Some((&text[..open], inside, &text[open + inside.len() + 2..]));
        }
        from = open + 1;
    }
    None
}
