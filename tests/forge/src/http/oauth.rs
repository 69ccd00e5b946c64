//! The two addresses of signing in, which are pages and not of the API.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;
use url::Url;

use crate::calls::Call;
use crate::fault::Kind;
use crate::forge::Shared;
use crate::version::Version;
use crate::world::oauth::{Claim, Granted, TOKEN, Wish};

const AUTHORIZE: &str = "/login/oauth/authorize";
const SIGN_IN: &str = "/user/login";
const EXCHANGE: &str = "/login/oauth/access_token";

/// What somebody sends.
type Fields = HashMap<String, String>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(AUTHORIZE, get(authorize))
        .route(EXCHANGE, post(exchange))
}

/// Whoever is signed in says yes at once; whoever is not is sent to where that is done.
async fn authorize(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Query(mut asked): Query<Fields>,
) -> Response {
    let mut field = |name: &str| asked.remove(name).unwrap_or_default();
    let state = field("state");
    let wish = Wish {
        client_id: field("client_id"),
        redirect: field("redirect_uri"),
        response_type: field("response_type"),
        scope: field("scope"),
        challenge: field("code_challenge"),
        method: field("code_challenge_method"),
    };
    let Some(user) = shared.with(|world| world.oauth.signed_in) else {
        if shared.with(|world| world.version) < Version::V1_26 {
            // Where to go afterwards is in a cookie.
            return Redirect::to(SIGN_IN).into_response();
        }
        let back: String =
            url::form_urlencoded::byte_serialize(uri.to_string().as_bytes()).collect();
        return Redirect::to(&format!("{SIGN_IN}?redirect_to={back}")).into_response();
    };
    let redirect = wish.redirect.clone();
    let known = shared.with(|world| world.is_registered(&wish));
    let Some(mut to) = Url::parse(&redirect).ok().filter(|_| known) else {
        return (StatusCode::BAD_REQUEST, "Unregistered Redirect URI").into_response();
    };
    let mut pairs = to.query_pairs_mut();
    match shared.with(|world| world.grant(user, wish)) {
        Ok(code) => pairs.append_pair("code", &code),
        Err((error, says)) => pairs
            .append_pair("error", error)
            .append_pair("error_description", says),
    };
    pairs.append_pair("state", &state);
    drop(pairs);
    Redirect::to(to.as_str()).into_response()
}

async fn exchange(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let came = Instant::now();
    let mut asked: Fields = url::form_urlencoded::parse(&body).into_owned().collect();
    let mut field = |name: &str| asked.remove(name).unwrap_or_default();
    let grant = field("grant_type");
    let claim = Claim {
        client_id: field("client_id"),
        secret: field("client_secret"),
        redirect: field("redirect_uri"),
        code: field("code"),
        verifier: field("code_verifier"),
    };
    let refused = |error, says: String| (400, json!({"error": error, "error_description": says}));
    let fault = shared.take_fault("POST", EXCHANGE);
    let (status, answer) = if let Some(Kind::Status { status, .. }) = fault {
        (status, json!({}))
    } else if grant == "authorization_code" {
        match shared.with(|world| world.exchange(&claim)) {
            Ok(granted) => (200, told(&granted)),
            Err((error, says)) => refused(error, says),
        }
    } else {
        refused(
            "unsupported_grant_type",
            "Only refresh_token or authorization_code grant type is supported".to_owned(),
        )
    };
    let text = answer.to_string();
    shared.add_call(Call {
        method: String::from("POST"),
        path: EXCHANGE.to_owned(),
        route: EXCHANGE.to_owned(),
        login: None,
        status,
        request: String::from_utf8_lossy(&body).into_owned(),
        bytes: text.len().try_into().unwrap_or(u64::MAX),
        came,
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/json;charset=utf-8")];
    (status, kind, text).into_response()
}

/// The further tokens are good for nothing here.
fn told(granted: &Granted) -> serde_json::Value {
    let mut told = json!({
        "access_token": granted.token,
        "token_type": "bearer",
        "expires_in": TOKEN.as_secs(),
        "refresh_token": "refresh",
    });
    if granted.is_identified {
        told["id_token"] = json!("identity");
    }
    told
}
