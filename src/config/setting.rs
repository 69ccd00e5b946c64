//! One line of what is in force: a key, its value, and who said so.

use super::{
    Environment, Origin, SecretSource,
    raw::{Node, Value},
};

/// A key in force. Built while the configuration is read, so that it cannot tell another story.
#[derive(Clone, Debug)]
pub struct Setting {
    key: String,
    shown: Shown,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Shown {
    Value(toml::Value),
    Secret(Vec<SecretSource>),
}

impl Setting {
    /// A key with its value as it was written.
    pub(super) fn of(key: String, node: &Node) -> Self {
        Self {
            key,
            shown: Shown::Value(as_toml(node)),
            origin: node.origin.clone(),
        }
    }

    /// A key that names where secrets are.
    pub(super) fn secret(key: String, sources: Vec<SecretSource>, origin: Origin) -> Self {
        Self {
            key,
            shown: Shown::Secret(sources),
            origin,
        }
    }

    /// The key's full name, such as `sweep.every`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Who said so.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where the secrets are that the key names; of other keys nothing.
    pub(super) fn sources(&self) -> &[SecretSource] {
        match &self.shown {
            Shown::Value(_) => &[],
            Shown::Secret(sources) => sources,
        }
    }

    /// The value as TOML writes it; of secrets only whether and where they are set.
    #[must_use]
    pub fn value(&self, environment: &Environment) -> String {
        match &self.shown {
            Shown::Value(value) => value.to_string(),
            Shown::Secret(sources) => shown_secrets(sources, environment),
        }
    }

    /// The same for machines.
    #[must_use]
    pub fn json(&self, environment: &Environment) -> serde_json::Value {
        match &self.shown {
            Shown::Value(value) => serde_json::to_value(value).unwrap_or_default(),
            Shown::Secret(sources) => shown_secrets(sources, environment).into(),
        }
    }
}

fn shown_secrets(sources: &[SecretSource], environment: &Environment) -> String {
    sources
        .iter()
        .map(|source| source.shown(environment))
        .collect::<Vec<_>>()
        .join(", ")
}

fn as_toml(node: &Node) -> toml::Value {
    match &node.value {
        Value::Text(text) => text.as_str().into(),
        Value::Plain(text) => text
            .parse::<bool>()
            .map_or_else(|_| text.as_str().into(), Into::into),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::List(items) => toml::Value::Array(items.iter().map(as_toml).collect()),
        Value::Table(_) | Value::Other => toml::Value::Table(toml::Table::new()),
    }
}
