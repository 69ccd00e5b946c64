//! What the HTTP side answers: JSON of one line, because Gitea shows it in its hook page.
//!
//! **Invariant:** nothing that a stranger wrote is repeated in an answer, but names and numbers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How long the sender of a refused delivery shall wait, in seconds. Gitea does not send again
/// (gitea-facts §13.2), but a proxy or a person may.
const RETRY_AFTER: &str = "10";

/// One sentence.
pub(crate) fn message(status: StatusCode, sentence: &str) -> Response {
    json_line(status, &json!({ "message": sentence }))
}

/// One sentence, and when to try again.
pub(crate) fn unavailable(sentence: &str) -> Response {
    let retry = [(header::RETRY_AFTER, RETRY_AFTER)];
    (retry, message(StatusCode::SERVICE_UNAVAILABLE, sentence)).into_response()
}

/// A value on a line of its own.
pub(crate) fn json_line(status: StatusCode, value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, format!("{value}\n")).into_response()
}
