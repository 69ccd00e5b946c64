//! Whether an answer is the recorded one.
//!
//! Compared are the fields and their types, the length and order of lists, and every value that is
//! no id and no time. Numbers of issues and pull requests are compared, since they count within
//! their repository. Texts are compared with ids and times in them masked, and commit ids must be
//! the same ones wherever they appear.

use serde_json::Value;

use crate::left_out::{FIELDS, SETS};
use crate::names::Names;

/// Collects differences of one answer.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) names: &'a mut Names,
    pub(crate) differences: Vec<String>,
}

impl Comparison<'_> {
    /// Compares two bodies.
    pub(crate) fn bodies(&mut self, path: &str, recorded: &Value, answered: &Value) {
        match (recorded, answered) {
            (Value::Object(recorded), Value::Object(answered)) => {
                let missing = recorded.keys().filter(|name| !answered.contains_key(*name));
                let more = answered.keys().filter(|name| !recorded.contains_key(*name));
                let missing: Vec<&String> = missing.collect();
                let more: Vec<&String> = more.collect();
                if !(missing.is_empty() && more.is_empty()) {
                    self.differences
                        .push(format!("{path}: missing {missing:?}, too many {more:?}"));
                }
                for (name, value) in recorded {
                    if let Some(other) = answered.get(name) {
                        self.field(&format!("{path}/{name}"), value, other);
                    }
                }
                self.edited(path, recorded, answered);
            }
            (Value::Array(recorded), Value::Array(answered)) => {
                if recorded.len() != answered.len() {
                    self.differences.push(format!(
                        "{path}: {} entries, not {}",
                        answered.len(),
                        recorded.len()
                    ));
                }
                let numbered = recorded.iter().all(|entry| entry["id"].is_i64());
                if numbered && ranks(recorded) != ranks(answered) {
                    self.differences
                        .push(format!("{path}: the ids are in another order"));
                }
                for (index, (one, other)) in recorded.iter().zip(answered).enumerate() {
                    self.bodies(&format!("{path}/{index}"), one, other);
                }
            }
            (Value::String(recorded), Value::String(answered)) => {
                self.texts(path, recorded, answered)
            }
            (recorded, answered) => self.same(path, recorded, answered),
        }
    }

    fn field(&mut self, path: &str, recorded: &Value, answered: &Value) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let by_type = is_id(name) || FIELDS.iter().any(|(field, _)| *field == name);
        if let Some(id) = self.user_id(recorded) {
            self.same(path, &id, answered);
        } else if by_type && !recorded.is_array() && !recorded.is_object() {
            if kind(recorded) != kind(answered) || is_positive(recorded) != is_positive(answered) {
                self.differences
                    .push(format!("{path}: {answered}, not {recorded}"));
            }
        } else if SETS.contains(&name) {
            self.bodies(path, &sorted(recorded), &sorted(answered));
        } else {
            self.bodies(path, recorded, answered);
        }
    }

    /// The id of a user whom the world names.
    fn user_id(&self, recorded: &Value) -> Option<Value> {
        let name = recorded
            .as_str()
            .filter(|text| text.starts_with("{user:"))?;
        self.names.fill(name).parse::<i64>().ok().map(Value::from)
    }

    /// A comment's times tell whether it was edited.
    fn edited(
        &mut self,
        path: &str,
        recorded: &serde_json::Map<String, Value>,
        answered: &serde_json::Map<String, Value>,
    ) {
        if recorded.contains_key("issue_url") {
            let edited = |fields: &serde_json::Map<String, Value>| {
                fields.get("created_at") != fields.get("updated_at")
            };
            if edited(recorded) != edited(answered) {
                self.differences.push(format!(
                    "{path}: edited {}, not {}",
                    edited(answered),
                    edited(recorded)
                ));
            }
        }
    }

    fn texts(&mut self, path: &str, recorded: &str, answered: &str) {
        if !self.names.matches(&mask(recorded), &mask(answered)) {
            self.differences
                .push(format!("{path}: {answered:?}, not {recorded:?}"));
        }
    }

    fn same(&mut self, path: &str, recorded: &Value, answered: &Value) {
        if recorded != answered {
            self.differences
                .push(format!("{path}: {answered}, not {recorded}"));
        }
    }

    /// Compares the headers that were kept.
    pub(crate) fn header(&mut self, name: &str, recorded: Option<&str>, answered: Option<&str>) {
        match (recorded, answered) {
            (None, None) => {}
            (Some(recorded), Some(answered)) => self.texts(name, recorded, answered),
            (recorded, answered) => self
                .differences
                .push(format!("{name}: {answered:?}, not {recorded:?}")),
        }
    }
}

/// A commit's is a text, and compared.
fn is_id(name: &str) -> bool {
    name == "id" || (name.ends_with("_id") && name != "commit_id")
}

/// Which entry has the smallest id, which the next, and so on.
fn ranks(list: &[Value]) -> Vec<usize> {
    let ids: Vec<Option<i64>> = list.iter().map(|entry| entry["id"].as_i64()).collect();
    let mut ranks: Vec<usize> = (0..ids.len()).collect();
    ranks.sort_by_key(|index| ids[*index]);
    ranks
}

/// Names of users stand for their ids in recordings.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if text.starts_with("{user:") => "number",
        Value::String(text) if text.starts_with("{sha:") || is_sha(text) => "sha",
        Value::String(text) if text.is_empty() => "nothing",
        Value::String(_) => "text",
        _ => "more",
    }
}

fn is_sha(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// 0 and negative ids mean something.
fn is_positive(value: &Value) -> bool {
    value.as_i64().is_none_or(|number| number > 0)
}

fn sorted(list: &Value) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}

/// Hides times, and the ids that stand in addresses and sentences.
fn mask(text: &str) -> String {
    if is_time(text) {
        return "(time)".to_owned();
    }
    let mut masked = text.to_owned();
    for before in [
        "#issuecomment-",
        "/comments/",
        "/threads/",
        "[id: ",
        "/teams/",
    ] {
        masked = mask_digits_after(&masked, before);
    }
    mask_avatar(masked)
}

/// A time that is set: the two that mean "not set" are compared.
fn is_time(text: &str) -> bool {
    let shaped = text.len() == 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    shaped && !text.starts_with("0001-") && !text.starts_with("1970-")
}

fn mask_digits_after(text: &str, before: &str) -> String {
    let mut pieces = text.split(before);
    let mut masked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        masked.push_str(before);
        masked.push_str(if digits > 0 { "(id)" } else { "" });
        masked.push_str(&piece[digits..]);
    }
    masked
}

/// The picture's name is a digest of the address.
fn mask_avatar(text: String) -> String {
    match text.split_once("/avatars/") {
        Some((base, name)) if name.len() == 32 => format!("{base}/avatars/(digest)"),
        _ => text,
    }
}
