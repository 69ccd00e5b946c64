//! What is known of a key before anything is read.

use crate::config::{
    raw::{Node, Value},
    words,
};

/// A key of a table: its name, what stands there by default, and what would be right.
pub(in crate::config) struct Key {
    pub(super) name: &'static str,
    pub(super) default: Option<Value>,
    pub(super) example: String,
    pub(super) secret: bool,
}

impl Key {
    /// A key without a default, and an example of its value as TOML.
    pub(in crate::config) fn bare(name: &'static str, example: &str) -> Self {
        Self {
            name,
            default: None,
            example: example.to_owned(),
            secret: false,
        }
    }

    /// A key that names where a secret is; its reader says how it is shown.
    pub(in crate::config) fn secret(name: &'static str, example: &str) -> Self {
        Self {
            secret: true,
            ..Self::bare(name, example)
        }
    }

    /// A key with a text by default.
    pub(in crate::config) fn text(name: &'static str, default: &str) -> Self {
        Self {
            default: Some(Value::Text(default.to_owned())),
            ..Self::bare(name, &words::toml_text(default))
        }
    }

    /// A key with a number by default.
    pub(in crate::config) fn number(name: &'static str, default: i64) -> Self {
        Self {
            default: Some(Value::Integer(default)),
            ..Self::bare(name, &default.to_string())
        }
    }

    /// A key with a truth by default.
    pub(in crate::config) fn flag(name: &'static str, default: bool) -> Self {
        Self {
            default: Some(Value::Boolean(default)),
            ..Self::bare(name, &default.to_string())
        }
    }

    /// A key with a list of texts by default, and an example that says more than an empty list.
    pub(in crate::config) fn list<'t>(
        name: &'static str,
        default: impl IntoIterator<Item = &'t str>,
        example: &str,
    ) -> Self {
        let items = default
            .into_iter()
            .map(|text| Node::default(Value::Text(text.to_owned())))
            .collect();
        Self {
            default: Some(Value::List(items)),
            ..Self::bare(name, example)
        }
    }
}
