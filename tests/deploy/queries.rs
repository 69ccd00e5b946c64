//! Which metrics the alerts and the dashboard ask for.

use crate::files;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every metric of the program, and the one that Prometheus makes itself.
pub(crate) fn metrics() -> BTreeSet<String> {
    let all = refire::numbers::ALL.iter().map(|metric| metric.name);
    all.chain(["up"]).map(str::to_owned).collect()
}

/// Words of the query language that stand where metrics do.
const WORDS: [&str; 22] = [
    "absent",
    "and",
    "avg",
    "bool",
    "by",
    "count",
    "histogram_quantile",
    "ignoring",
    "increase",
    "label_values",
    "max",
    "min",
    "offset",
    "on",
    "or",
    "rate",
    "sum",
    "topk",
    "unless",
    "without",
    "group_left",
    "clamp_min",
];

/// The metrics that a query names; a histogram's under its own name.
pub(crate) fn metrics_of(query: &str) -> BTreeSet<String> {
    let pattern = |text| Regex::new(text).expect("a pattern");
    // Labels, durations and what is grouped by are no metrics.
    let bare = pattern(r#"\{[^}]*\}|\[[^\]]*\]|"[^"]*""#).replace_all(query, " ");
    let bare = pattern(r"\b(by|without|on|ignoring)\s*\([^)]*\)").replace_all(&bare, " ");
    let bare = pattern(r"\boffset\s+\w+").replace_all(&bare, " ");
    let names = pattern(r"[a-zA-Z_][a-zA-Z0-9_]*");
    let names = names.find_iter(&bare).map(|found| found.as_str());
    let metrics = names.filter(|name| !WORDS.contains(name));
    metrics
        .map(|name| name.strip_suffix("_bucket").unwrap_or(name).to_owned())
        .collect()
}

/// The alerts with their rules.
pub(crate) fn alerts() -> Vec<(String, Value)> {
    let rules = files::manifest("prometheus/alerts.yaml");
    let groups = rules["groups"].as_array().expect("groups").clone();
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().expect("rules").clone());
    rules
        .map(|rule| (rule["alert"].as_str().expect("a name").to_owned(), rule))
        .collect()
}

/// Every query of the dashboard's panels, with the panel's title.
pub(crate) fn panels() -> Vec<(String, String)> {
    let dashboard = files::json("grafana/refire.json");
    let panels = dashboard["panels"].as_array().expect("panels").clone();
    let of = |panel: &Value| -> Vec<(String, String)> {
        let title = panel["title"].as_str().expect("a title").to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let queries = targets.iter().map(|target| target["expr"].as_str());
        queries
            .map(|query| (title.clone(), query.expect("a query").to_owned()))
            .collect()
    };
    panels.iter().flat_map(of).collect()
}
