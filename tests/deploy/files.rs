//! The files of `deploy/`, read as what they are.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where they are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// The text of one, by its path within the folder.
pub(crate) fn text(path: &str) -> String {
    let text = std::fs::read_to_string(folder().join(path));
    text.unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

/// Everything there, by path within the folder; without the secrets of somebody's try-out.
pub(crate) fn all() -> Vec<String> {
    let mut found = Vec::new();
    collect(&folder(), &mut found);
    let root = folder();
    let short = |path: &PathBuf| path.strip_prefix(&root).map(|p| p.display().to_string());
    let mut paths: Vec<String> = found.iter().filter_map(|path| short(path).ok()).collect();
    paths.retain(|path| !path.starts_with("secrets/"));
    paths.sort();
    paths
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Those with this ending.
pub(crate) fn ending(ending: &str) -> Vec<String> {
    let mut paths = all();
    paths.retain(|path| path.ends_with(ending));
    assert!(!paths.is_empty(), "deploy/ has no {ending}");
    paths
}

/// The documents of a YAML file.
pub(crate) fn yaml(path: &str) -> Vec<Value> {
    let documents = serde_saphyr::from_multiple(&text(path));
    documents.unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

/// The only document of a YAML file.
pub(crate) fn manifest(path: &str) -> Value {
    let mut documents = yaml(path);
    assert_eq!(documents.len(), 1, "deploy/{path}");
    documents.remove(0)
}

/// A JSON file.
pub(crate) fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

/// What a file says to a program: without the lines that are comments.
pub(crate) fn without_comments(path: &str) -> String {
    let text = text(path);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every text within a value, each with the key that it stands under.
pub(crate) fn texts(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather("", value, &mut found);
    found
}

fn gather(key: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((key.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| gather(key, item, found)),
        Value::Object(entries) => entries
            .iter()
            .for_each(|(key, value)| gather(key, value, found)),
        _ => {}
    }
}
