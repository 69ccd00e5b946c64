//! Reading the recordings; their form is told in `tests/fixtures/recordings/README.md`.

use std::path::PathBuf;

use serde_json::Value;

/// A recorded scenario: its steps, with every shared object put back in its place.
pub(crate) fn load(version: &str, name: &str) -> Vec<Value> {
    let file = read(version, name);
    let objects = file["objects"].as_array().unwrap();
    file["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| expand(step, objects))
        .collect()
}

/// Any file of a version's folder, as it is.
pub(crate) fn read(version: &str, name: &str) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recordings");
    let path = root.join(version).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn expand(value: &Value, objects: &[Value]) -> Value {
    match value {
        Value::Object(fields) => match fields.get("$").and_then(Value::as_u64) {
            Some(index) => expand(&objects[usize::try_from(index).unwrap()], objects),
            None => fields
                .iter()
                .map(|(name, field)| (name.clone(), expand(field, objects)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(|item| expand(item, objects)).collect(),
        other => other.clone(),
    }
}
