//! What all pages share: the frame around them, their headers, the style sheet and the script.

use super::place::{Place, encoded};
use super::session::Session;
use super::{Site, sign_in};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// Where the style sheet is; Gitea has no owner of that name.
pub(super) const STYLE: &str = "/-/style.css";
/// Where the script is.
pub(super) const SCRIPT: &str = "/-/live.js";

/// What stands around a page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// What stands before every path.
    pub(super) base: String,
    /// Where the page is, below that.
    pub(super) here: String,
    /// Whether anybody can sign in at all.
    pub(super) can_sign_in: bool,
    /// Who looks. `None`: nobody who is signed in.
    pub(super) who: Option<Who>,
}

/// Who looks.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// The login.
    pub(super) login: String,
    /// What only this session's own pages know.
    pub(super) token: String,
}

impl Frame {
    /// Where to sign in, to come back here.
    pub(super) fn sign_in(&self) -> String {
        let here = encoded(&self.here);
        format!("{}{}?to={here}", self.base, sign_in::SIGN_IN)
    }
}

impl Site {
    /// The frame of a page for whoever looks.
    pub(super) fn frame(&self, place: &Place, session: Option<&Session>) -> Frame {
        let seal = self.door.as_ref().map(|door| &door.seal);
        let who = session.and_then(|session| {
            Some(Who {
                login: session.login.to_string(),
                token: seal?.sign(sign_in::OUT, &session.id)?,
            })
        });
        Frame {
            base: self.base.clone(),
            here: place.path(),
            can_sign_in: self.door.is_some(),
            who,
        }
    }
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "notice.html", config = ".config/askama.toml")]
pub(super) struct Notice<'a> {
    /// What stands around it.
    pub(super) frame: Frame,
    /// Its heading.
    pub(super) title: &'a str,
    /// What it says, in whole sentences.
    pub(super) says: &'a str,
}

/// A page with its status. What cannot be rendered is a mistake of ours.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What every answer says about itself.
#[derive(Clone, Debug)]
pub(super) struct Headers([(HeaderName, HeaderValue); 3]);

impl Headers {
    /// Forms lead to us, and from there to the forge alone.
    pub(super) fn for_forge(origin: &str) -> Self {
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self' {origin}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        // An origin is ASCII; were it not, nothing at all would be allowed.
        let policy = HeaderValue::from_str(&policy)
            .unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self([
            (header::CONTENT_SECURITY_POLICY, policy),
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("same-origin"),
            ),
        ])
    }
}

/// Adds what every answer says.
pub(super) async fn with_headers(
    State(headers): State<Headers>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(headers.0);
    response
}

/// Nobody on the way keeps a page: it is for one visitor.
pub(super) async fn is_not_kept(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A file of ours with what browsers ask for it by.
struct Asset {
    text: &'static str,
    kind: &'static str,
    tag: String,
}

impl Asset {
    fn new(text: &'static str, kind: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(text));
        let tag = format!("\"{}\"", digest.get(..16).unwrap_or_default());
        Self { text, kind, tag }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH);
        let own = [
            (header::ETAG, self.tag.as_str()),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        if known.is_some_and(|known| known.as_bytes() == self.tag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, own).into_response();
        }
        ([(header::CONTENT_TYPE, self.kind)], own, self.text).into_response()
    }
}

static STYLE_SHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("style.css"), "text/css; charset=utf-8"));
static LIVE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("live.js"), "text/javascript; charset=utf-8"));

/// The style sheet.
pub(super) async fn style(headers: HeaderMap) -> Response {
    STYLE_SHEET.answer(&headers)
}

/// The script.
pub(super) async fn script(headers: HeaderMap) -> Response {
    LIVE.answer(&headers)
}
