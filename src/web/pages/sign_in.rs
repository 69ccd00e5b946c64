//! Signing in with an account of Gitea, and out again.
//!
//! Whoever comes back from Gitea must be the browser that went there: the sign-in's name is in its
//! signed cookie and can be used once. **Invariant:** a page that was asked for is a [`Place`] of ours, so
//! signing in sends nobody to another site.

use super::frame::{Notice, page};
use super::place::Place;
use super::seal;
use super::session::{LONGEST, OF_ONE, SIGN_IN as TEN_MINUTES, Session, UnderWay};
use super::{Door, Site};
use crate::gitea::{Unheard, Verifier};
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where it begins.
pub(super) const SIGN_IN: &str = "/login";
/// Where Gitea sends people back.
pub(super) const CALLBACK: &str = "/login/callback";
/// Where it ends.
pub(super) const SIGN_OUT: &str = "/logout";
/// The cookie of whoever is signed in.
pub(super) const SESSION: &str = "session";
/// The cookie of whoever signs in.
const STATE: &str = "sign-in";
/// What a form says that signs out.
pub(super) const OUT: &str = "sign-out";

/// Where to go on.
#[derive(Deserialize)]
pub(super) struct To {
    #[serde(default)]
    to: String,
}

/// What Gitea sends people back with.
#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// What the form of signing out holds.
#[derive(Deserialize)]
pub(super) struct Leave {
    #[serde(default)]
    token: String,
}

/// Sends somebody to Gitea.
pub(super) async fn begin(State(site): State<Arc<Site>>, Query(To { to }): Query<To>) -> Response {
    let begun = site.door.as_ref().and_then(|door| site.go(door, &to));
    begun.unwrap_or_else(|| site.refuse(StatusCode::NOT_FOUND, "Nobody can sign in here yet."))
}

/// Somebody comes back.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Response {
    let Some(door) = &site.door else {
        return site.refuse(StatusCode::NOT_FOUND, "Nobody can sign in here yet.");
    };
    let own = door.seal.read(&headers, STATE);
    let under_way = own
        .filter(|own| *own == back.state)
        .and_then(|own| door.under_way.take(&own));
    let Some(under_way) = under_way else {
        let says = "This sign-in was not begun in this browser, was used already, or took longer than ten minutes.";
        return site.refuse(StatusCode::BAD_REQUEST, says);
    };
    if !door.admitted.spend() {
        let says = "Too many people sign in at once. Try again in a minute.";
        return site.refuse(StatusCode::TOO_MANY_REQUESTS, says);
    }
    match site.admit(door, &back.code, &under_way, &headers).await {
        Ok(response) => response,
        Err(Unheard::Away) => site.refuse(StatusCode::SERVICE_UNAVAILABLE, "Gitea did not answer."),
        Err(_) => site.refuse(StatusCode::FORBIDDEN, "Gitea did not let you in."),
    }
}

/// Somebody goes. Only a page of that session can ask for it.
pub(super) async fn out(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Form(Leave { token }): Form<Leave>,
) -> Response {
    let (Some(door), Some(session)) = (&site.door, site.visitor(&headers)) else {
        return Redirect::to(&site.address(&Place::Index)).into_response();
    };
    if !door.seal.is_signed(OUT, &session.id, &token) {
        return site.refuse(
            StatusCode::FORBIDDEN,
            "That was not asked for by a page of yours.",
        );
    }
    site.sessions.take(&session.id);
    with_cookies(
        Redirect::to(&site.address(&Place::Index)).into_response(),
        [door.seal.no_cookie(SESSION)],
    )
}

impl Site {
    /// `None`: the system has no random bytes.
    fn go(&self, door: &Door, to: &str) -> Option<Response> {
        let (state, verifier) = (seal::random()?, Verifier::random()?);
        let gitea = &self.shared.gitea;
        let there = gitea.sign_in_page(&door.application, &state, &verifier);
        let cookie = door.seal.cookie(STATE, &state, TEN_MINUTES);
        let to = Place::of(to);
        let until = Instant::now() + TEN_MINUTES;
        door.under_way.put(state, until, UnderWay { verifier, to });
        Some(with_cookies(Redirect::to(&there).into_response(), [cookie]))
    }

    async fn admit(
        &self,
        door: &Door,
        code: &str,
        under_way: &UnderWay,
        headers: &HeaderMap,
    ) -> Result<Response, Unheard> {
        let _place = self.questions.acquire().await.map_err(|_| Unheard::Away)?;
        let gitea = &self.shared.gitea;
        let granted = gitea.fetch_grant(&door.application, code, &under_way.verifier);
        let (visitor, good_for) = granted.await?;
        let account = visitor.fetch_self().await?;
        let id = seal::random().ok_or(Unheard::Away)?;
        if let Some(before) = self.visitor(headers) {
            self.sessions.take(&before.id);
        }
        tracing::info!(login = %account.login, "somebody signed in");
        let session = Session::new(id.clone(), account.login, visitor, good_for);
        let until = session.until;
        let login = session.login.clone();
        self.sessions.put(id.clone(), until, Arc::new(session));
        self.sessions.thin(OF_ONE, |other| other.login == login);
        let cookies = [
            door.seal.cookie(
                SESSION,
                &id,
                good_for.min(LONGEST).max(Duration::from_secs(1)),
            ),
            door.seal.no_cookie(STATE),
        ];
        let there = Redirect::to(&self.address(&under_way.to));
        Ok(with_cookies(there.into_response(), cookies))
    }

    /// The path of a page as browsers ask for it.
    pub(super) fn address(&self, place: &Place) -> String {
        format!("{}{}", self.base, place.path())
    }

    fn refuse(&self, status: StatusCode, says: &str) -> Response {
        let notice = Notice {
            frame: self.frame(&Place::Index, None),
            title: "Not signed in",
            says,
        };
        page(status, &notice)
    }
}

fn with_cookies(
    mut response: Response,
    cookies: impl IntoIterator<Item = Option<HeaderValue>>,
) -> Response {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
