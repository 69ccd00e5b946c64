//! Reading an answer that is not the one that was due: is it Gitea's, and what does it say?
//!
//! **Invariant:** an error page of a proxy is never taken for an answer of Gitea's, and a 401's
//! message is never kept, since it may echo the token (gitea-facts §1.6).

use super::error::ErrorKind;
use reqwest::{
    Response, Url,
    header::{self, HeaderMap, HeaderName},
};
use serde::Deserialize;
use std::time::Duration;

/// More than this no message of Gitea's needs.
const ERROR_LIMIT: usize = 64 * 1024;
/// How much of a message is kept, in characters.
const MESSAGE_LIMIT: usize = 200;
const API: &str = "/api/v1";

/// What a bad answer says.
pub(super) struct Refusal {
    pub(super) kind: ErrorKind,
    pub(super) message: Option<String>,
    pub(super) signed: bool,
    /// Headers by which something in front of Gitea may be known.
    pub(super) headers: Vec<(String, String)>,
}

impl From<ErrorKind> for Refusal {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind,
            message: None,
            signed: false,
            headers: Vec::new(),
        }
    }
}

/// The shape of Gitea's errors (gitea-facts §0.1).
#[derive(Deserialize)]
struct Shape {
    message: String,
    #[serde(default)]
    url: Option<String>,
}

/// Reads an answer with a status that was not due. `route` says where empty bodies are Gitea's.
pub(super) async fn read(response: Response, route: &str, asked: &str) -> Refusal {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    match status {
        200..300 => return ErrorKind::Unexpected(status).into(),
        300..400 => {
            return moved(status, &headers, asked).unwrap_or_else(|| foreign(status, &headers));
        }
        429 => {
            return ErrorKind::TooMany {
                retry_after: retry_after(&headers),
            }
            .into();
        }
        502..=504 => return ErrorKind::Server(status).into(),
        _ => {}
    }
    let Some(body) = error_body(response).await else {
        return foreign(status, &headers);
    };
    if body.is_empty() && matches!(status, 403 | 404) && route.contains("/comments") {
        return kind(status).into();
    }
    match serde_json::from_slice::<Shape>(&body) {
        Ok(shape) if shape.url.is_some() || status != 404 => worded(status, shape),
        _ => foreign(status, &headers),
    }
}

/// An answer of something else than Gitea.
pub(super) fn foreign(status: u16, headers: &HeaderMap) -> Refusal {
    let server = text(headers, &header::SERVER);
    let content_type = text(headers, &header::CONTENT_TYPE);
    let kind = ErrorKind::NotGitea {
        status,
        server,
        content_type,
    };
    Refusal {
        headers: telling(headers),
        ..kind.into()
    }
}

/// How many telling headers are kept.
const TELLING: usize = 6;

/// The headers by which a proxy, a CDN or a firewall names itself.
fn telling(headers: &HeaderMap) -> Vec<(String, String)> {
    let tells = |name: &str| matches!(name, "server" | "via") || name.starts_with("cf-");
    headers
        .keys()
        .filter(|name| tells(name.as_str()))
        .filter_map(|name| Some((name.to_string(), text(headers, name)?)))
        .take(TELLING)
        .collect()
}

fn worded(status: u16, shape: Shape) -> Refusal {
    let message = (status != 401)
        .then(|| shorten(&shape.message))
        .filter(|text| !text.is_empty());
    Refusal {
        kind: kind(status),
        message,
        signed: shape.url.is_some(),
        headers: Vec::new(),
    }
}

fn kind(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Refused,
        404 => ErrorKind::NotFound,
        423 => ErrorKind::Archived,
        500.. => ErrorKind::Server(status),
        _ => ErrorKind::Rejected(status),
    }
}

/// A redirect within the API to another path. One to the same path, on another host or with
/// another scheme, is a proxy's.
fn moved(status: u16, headers: &HeaderMap, asked: &str) -> Option<Refusal> {
    let location = text(headers, &header::LOCATION)?;
    let anywhere = Url::parse("http://forge.invalid").ok()?;
    let to = anywhere.join(&location).ok()?;
    let (_, to) = to.path().split_once(API)?;
    let asked = asked.split('?').next().unwrap_or_default();
    (to.starts_with('/') && to != asked).then(|| {
        ErrorKind::Moved {
            status,
            to: to.to_owned(),
        }
        .into()
    })
}

/// Reads what the answer says, up to a limit. `None`: it broke off or is too long.
async fn error_body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > ERROR_LIMIT {
            return None;
        }
    }
    Some(body)
}

fn shorten(message: &str) -> String {
    message
        .chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_LIMIT)
        .collect()
}

/// How long a proxy asks to be left alone: with 429, or with the 503 of an upkeep. `None`: it does not.
pub(super) fn asked_for_quiet(response: &Response) -> Option<Duration> {
    let asks = matches!(response.status().as_u16(), 429 | 503);
    retry_after(response.headers()).filter(|_| asks)
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &header::RETRY_AFTER)?;
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = super::time::http_date(&value)?;
    Some(
        until
            .duration_since(jiff::Timestamp::now())
            .try_into()
            .unwrap_or_default(),
    )
}

/// A header as short text.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(shorten)
}
