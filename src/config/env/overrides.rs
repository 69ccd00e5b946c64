//! The variables that override keys of the configuration, and how each writes its value.

use super::NotText;
use crate::config::{
    Origin,
    raw::{Node, Table, Value, grammar_words, parse_value},
};
use Form::{Plain, PlainOrList, Toml};

/// How a variable writes its key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// As in the file.
    Toml,
    /// As it is, or as a list as in the file.
    PlainOrList,
}

/// Every key that a variable overrides, with the variable.
#[rustfmt::skip]
pub(super) const OVERRIDES: &[(&str, &str, Form)] = &[
    ("REFIRE_FORGE__URL",                     "forge.url",                    Plain),
    ("REFIRE_FORGE__API_URL",                 "forge.api_url",                Plain),
    ("REFIRE_FORGE__REPOSITORIES",            "forge.repositories",           Toml),
    ("REFIRE_FORGE__TIMEOUT",                 "forge.timeout",                Plain),
    ("REFIRE_FORGE__USER_AGENT",              "forge.user_agent",             Plain),
    ("REFIRE_FORGE__CA_FILE",                 "forge.ca_file",                Plain),
    ("REFIRE_FORGE__MODE",                    "forge.mode",                   Plain),
    ("REFIRE_IDENTITY",                       "identity",                     Toml),
    ("REFIRE_WEBHOOK__LISTEN",                "webhook.listen",               Plain),
    ("REFIRE_WEBHOOK__SECRET_ENV",            "webhook.secret_env",           PlainOrList),
    ("REFIRE_WEBHOOK__SECRET_FILE",           "webhook.secret_file",          PlainOrList),
    ("REFIRE_WEBHOOK__MAX_BODY",              "webhook.max_body",             Plain),
    ("REFIRE_METRICS__LISTEN",                "metrics.listen",               Plain),
    ("REFIRE_WEB__PUBLIC_URL",                "web.public_url",               Plain),
    ("REFIRE_WEB__LISTEN",                    "web.listen",                   Plain),
    ("REFIRE_WEB__OAUTH_CLIENT_ID",           "web.oauth_client_id",          Plain),
    ("REFIRE_WEB__OAUTH_CLIENT_SECRET_ENV",   "web.oauth_client_secret_env",  Plain),
    ("REFIRE_WEB__OAUTH_CLIENT_SECRET_FILE",  "web.oauth_client_secret_file", Plain),
    ("REFIRE_WEB__OPERATORS",                 "web.operators",                Toml),
    ("REFIRE_STORE__PATH",                    "store.path",                   Plain),
    ("REFIRE_AUDIT__PATH",                    "audit.path",                   Plain),
    ("REFIRE_AUDIT__KEEP_DAYS",               "audit.keep_days",              Plain),
    ("REFIRE_SWEEP__EVERY",                   "sweep.every",                  Plain),
    ("REFIRE_SWEEP__RECONCILE",               "sweep.reconcile",              Plain),
    ("REFIRE_SWEEP__LOOKBACK",                "sweep.lookback",               Plain),
    ("REFIRE_GATES",                          "gates",                        Toml),
    ("REFIRE_DECLARATIONS__CONTEXT",          "declarations.context",         Plain),
    ("REFIRE_DECLARATIONS__BIND",             "declarations.bind",            Plain),
    ("REFIRE_DECLARATIONS__GRACE",            "declarations.grace",           Plain),
    ("REFIRE_DECLARATIONS__UNHEARD",          "declarations.unheard",         Plain),
    ("REFIRE_DECLARATIONS__REQUIRE_REASON",   "declarations.require_reason",  Plain),
    ("REFIRE_APPROVALS__REQUIRE_OFFICIAL",    "approvals.require_official",   Plain),
    ("REFIRE_APPROVALS__EXCLUDE_PUSHERS",     "approvals.exclude_pushers",    Plain),
    ("REFIRE_PEOPLE__SERVICE_ACCOUNTS",       "people.service_accounts",      Toml),
    ("REFIRE_PULLS__BASE_BRANCHES",           "pulls.base_branches",          Toml),
];

/// The variable that overrides a key. `None`: there is none, because the key stands in a list.
pub(in crate::config) fn variable_for(key: &str) -> Option<&'static str> {
    OVERRIDES
        .iter()
        .find(|(_, known, _)| *known == key)
        .map(|(variable, ..)| *variable)
}

/// All keys that are written `table.name`.
pub(in crate::config) fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    OVERRIDES
        .iter()
        .filter_map(|(_, key, _)| key.split_once('.'))
}

/// Reads what a variable holds. The error is the rest of a sentence.
pub(super) fn read(
    variable: &str,
    text: Result<&str, NotText>,
    form: Form,
) -> Result<Node, String> {
    let text = text.map_err(|NotText| "is not a text in UTF-8".to_owned())?;
    let toml = form == Toml || (form == PlainOrList && text.trim_start().starts_with('['));
    if !toml {
        let origin = Origin::Variable(variable.to_owned());
        return Ok(Node {
            value: Value::Plain(text.to_owned()),
            origin,
        });
    }
    parse_value(variable, text.trim()).map_err(|error| {
        format!(
            "{}; write a value as in the file, for example {}",
            grammar_words(&error),
            example(variable)
        )
    })
}

/// A value that would be right.
pub(super) fn example(variable: &str) -> &'static str {
    match variable {
        "REFIRE_GATES" => r#"{ qa = { team = "qa" } }"#,
        "REFIRE_IDENTITY" => r#"[{ name = "refire", token_env = "REFIRE_TOKEN" }]"#,
        "REFIRE_FORGE__REPOSITORIES" => r#"["acme/*"]"#,
        "REFIRE_PEOPLE__SERVICE_ACCOUNTS" => r#"["^ci-"]"#,
        "REFIRE_WEB__OPERATORS" => r#"["olivia"]"#,
        "REFIRE_PULLS__BASE_BRANCHES" => r#"["main"]"#,
        _ => r#"["NEW", "OLD"]"#,
    }
}

/// Puts a value where its key belongs. Where something else stands in the place of the table, that
/// is a mistake already.
pub(super) fn place(root: &mut Table, key: &str, node: Node) {
    match key.split_once('.') {
        None => root.set(key, node),
        Some((table, name)) => {
            if let Some(table) = root.table_mut(table) {
                table.set(name, node);
            }
        }
    }
}
