//! The one list of what is not compared, each with its reason.

use serde_json::Value;

/// Steps that are still played, but whose answers are not compared: method, end of the path
/// (without query, names in braces as recorded), and why.
const STEPS: [(&str, &str, &str); 4] = [
    (
        "GET",
        "/files",
        "the bot does not look at files; commits have no contents here",
    ),
    (
        "GET",
        "/commits",
        "the bot does not list a pull request's commits",
    ),
    (
        "POST",
        "/contents/second.txt",
        "the bot commits nothing; what hooks hear of it is compared",
    ),
    (
        "GET",
        "/notifications",
        "the bot does not read notifications, and a queue decides their order; the refusal without the scope is compared",
    ),
];

/// Fields whose values differ from machine to machine: name and why. Their type is compared.
pub(crate) const FIELDS: [(&str, &str); 1] =
    [("size", "kilobytes of the repository on the server's disk")];

/// Lists in which the order changes from call to call, because the server walks a map.
pub(crate) const SETS: [&str; 2] = ["events", "units"];

/// Why the answer to a step is not compared, if so.
pub(crate) fn reason(step: &Value) -> Option<&'static str> {
    let method = step["request"]["method"].as_str().unwrap_or_default();
    let path = step["request"]["path"].as_str().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let found = STEPS
        .iter()
        .find(|(wanted, end, _)| *wanted == method && path.ends_with(end))?;
    let refused = step["response"]["status"] != 200 && step["response"]["status"] != 201;
    (!refused).then_some(found.2)
}
