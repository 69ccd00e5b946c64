//! The two addresses of signing in, which are pages and not of the API.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;
use url::Url;

use crate::calls::Call;
use crate::fault::Kind;
use crate::forge::Shared;
use crate::world::oauth::{Claim, TOKEN, Wish};

const AUTHORIZE: &str = "/login/oauth/authorize";
const EXCHANGE: &str = "/login/oauth/access_token";

/// What somebody sends.
type Fields = HashMap<String, String>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(AUTHORIZE, get(authorize))
        .route(EXCHANGE, post(exchange))
}

/// Whoever is signed in says yes at once; whoever is not is sent to where that is done.
async fn authorize(State(shared): State<Arc<Shared>>, Query(mut asked): Query<Fields>) -> Response {
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
        return Redirect::to("/user/login").into_response();
    };
    let redirect = wish.redirect.clone();
    let known = shared.with(|world| world.is_registered(&wish));
    let Some(mut to) = Url::parse(&redirect).ok().filter(|_| known) else {
        return (StatusCode::BAD_REQUEST, "Unregistered Redirect URI").into_response();
    };
    let pair = match shared.with(|world| world.grant(user, wish)) {
        Ok(code) => ("code", code),
        Err(error) => ("error", error.to_owned()),
    };
    to.query_pairs_mut()
        .append_pair(pair.0, &pair.1)
        .append_pair("state", &state);
    Redirect::to(to.as_str()).into_response()
}

async fn exchange(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
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
    let refused = |error, says| (400, json!({"error": error, "error_description": says}));
    let fault = shared.take_fault("POST", EXCHANGE);
    let (status, answer) = if let Some(Kind::Status { status, .. }) = fault {
        (status, json!({}))
    } else if grant == "authorization_code" {
        match shared.with(|world| world.exchange(&claim)) {
            Ok(token) => (200, granted(&token)),
            Err((error, says)) => refused(error, says),
        }
    } else {
        refused(
            "unsupported_grant_type",
            "Only refresh_token or authorization_code grant type is supported",
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
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/json;charset=utf-8")];
    (status, kind, text).into_response()
}

fn granted(token: &str) -> serde_json::Value {
    json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": TOKEN.as_secs(),
        "refresh_token": "",
    })
}
