//! What is said about names that nobody knows: the nearest known one, the table where it belongs,
//! or that a secret has no place here. A value is never repeated.

use super::Report;
use crate::config::{
    env,
    raw::{Entry, Table},
    words,
};

/// The table to which a key of that name belongs, as its header is written.
fn home(name: &str) -> Option<String> {
    match name {
        "token_env" | "token_file" | "login" | "uses" => Some("[[identity]]".to_owned()),
        "team" | "waivers" | "contexts" | "aliases" => Some("[gates.qa-review]".to_owned()),
        _ => env::keys()
            .find(|(_, key)| *key == name)
            .map(|(table, _)| format!("[{table}]")),
    }
}

/// Names under which people leave a secret.
const SECRETS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "credential",
];

/// What is said about a key that nobody asked for.
pub(super) fn unknown_words(entry: &Entry, path: &str, asked: &[&'static str]) -> String {
    let name = entry.name.to_lowercase();
    if let Some(near) = words::nearest(&name, asked.iter().copied()) {
        return format!("is no key of refire; did you mean {near}?");
    }
    match home(&name) {
        Some(table) => format!("is no key here; it belongs into {table}"),
        None if names_a_secret(&name) => secret_words(path).to_owned(),
        None => format!(
            "is no key of refire; here it knows {}",
            words::alternatives(asked)
        ),
    }
}

fn names_a_secret(name: &str) -> bool {
    SECRETS
        .iter()
        .any(|word| name.to_lowercase().contains(word))
}

fn secret_words(path: &str) -> &'static str {
    if path == "webhook" {
        "a secret does not belong into the configuration; name the variable that holds it with secret_env, or its file with secret_file"
    } else {
        "a secret does not belong into the configuration; name the variable that holds it with token_env, or its file with token_file"
    }
}

/// The tables that exist.
const TABLES: [&str; 13] = [
    "forge",
    "identity",
    "webhook",
    "web",
    "metrics",
    "store",
    "audit",
    "sweep",
    "gates",
    "declarations",
    "approvals",
    "people",
    "pulls",
];

/// Reports what is left at the top of the file once every table was taken.
pub(in crate::config) fn unknown_tables(report: &mut Report, root: &Table) {
    for entry in &root.entries {
        let says = match (words::nearest(&entry.name, TABLES), home(&entry.name)) {
            (_, Some(table)) => format!("belongs into a table; write it below {table}"),
            (Some(near), None) => format!("is no table of refire; did you mean [{near}]?"),
            (None, None) if names_a_secret(&entry.name) => secret_words("").to_owned(),
            (None, None) => format!(
                "is no table of refire; it knows {}",
                words::alternatives(&TABLES)
            ),
        };
        report.mistake(&entry.name_origin, &entry.name, says);
    }
}
