//! A server that answers from a function and remembers what it was asked.

use crate::gitea::{Gitea, Identity, Settings, Uses, Waits};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Response},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A request as the script sees it. The path is what follows `/sub/api/v1`, with its query.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) token: String,
    pub(super) body: Value,
    pub(super) headers: axum::http::HeaderMap,
}

impl Asked {
    pub(super) fn route(&self) -> &str {
        self.path.split('?').next().unwrap()
    }

    pub(super) fn query(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse("http://x")
            .unwrap()
            .join(&self.path)
            .unwrap();
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

pub(super) type Reply = Response<Body>;

/// An answer of Gitea's.
pub(super) fn reply(status: u16, body: &Value) -> Reply {
    let response = Response::builder().status(status);
    let response = response.header("content-type", "application/json;charset=utf-8");
    response.body(Body::from(body.to_string())).unwrap()
}

/// An error of Gitea's.
pub(super) fn refuse(status: u16, message: &str) -> Reply {
    reply(
        status,
        &json!({"message": message, "url": "http://forge/api/swagger"}),
    )
}

/// The 404 of 1.25 and 1.26.
pub(super) fn not_found() -> Reply {
    reply(
        404,
        &json!({"errors": null, "message": "not found", "url": "http://forge/api/swagger"}),
    )
}

/// A page of something that is not Gitea.
pub(super) fn page(status: u16) -> Reply {
    let response = Response::builder()
        .status(status)
        .header("server", "cloudflare");
    let response = response.header("content-type", "text/html");
    response
        .body(Body::from("<html>Attention Required!</html>"))
        .unwrap()
}

pub(super) fn empty(status: u16) -> Reply {
    Response::builder()
        .status(status)
        .body(Body::empty())
        .unwrap()
}

/// Gitea's redirect of a renamed thing.
pub(super) fn moved(status: u16, location: &str) -> Reply {
    let response = Response::builder()
        .status(status)
        .header("location", location);
    response
        .header("content-type", "text/html; charset=utf-8")
        .body(Body::empty())
        .unwrap()
}

/// One page of a list, cut out by `page` and `limit`, with its total.
pub(super) fn paged(asked: &Asked, rows: &[Value]) -> Reply {
    let number = |name| asked.query(name).unwrap().parse::<usize>().unwrap();
    let (page, limit) = (number("page"), number("limit"));
    let rows: Vec<_> = rows
        .iter()
        .skip((page - 1) * limit)
        .take(limit)
        .cloned()
        .collect();
    reply(200, &Value::from(rows))
}

/// Adds a header.
pub(super) fn with(mut reply: Reply, name: &'static str, value: &str) -> Reply {
    reply.headers_mut().insert(name, value.parse().unwrap());
    reply
}

/// Adds `X-Total-Count`.
pub(super) fn total(reply: Reply, total: usize) -> Reply {
    with(reply, "x-total-count", &total.to_string())
}

type Script = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// The running server.
pub(super) struct Stub {
    port: u16,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(script);
        let app = Router::new()
            .fallback(answer)
            .with_state((script, log.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, log }
    }

    /// A client with these identities, all of which do everything.
    pub(super) fn client(&self, identities: &[&str]) -> Gitea {
        client(
            self.port,
            identities.iter().map(|name| identity(name)).collect(),
        )
    }

    pub(super) fn client_of(&self, identities: Vec<Identity>) -> Gitea {
        client(self.port, identities)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// What was asked since the last time, as `token METHOD path`.
    pub(super) fn take(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.log.lock().unwrap());
        asked
            .iter()
            .map(|a| format!("{} {} {}", a.token, a.method, a.route()))
            .collect()
    }
}

/// An identity whose token is its name with `-token`.
pub(super) fn identity(name: &str) -> Identity {
    Identity {
        name: name.to_owned(),
        token: SecretString::from(format!("{name}-token")),
        login: None,
        uses: Uses {
            reads: true,
            teams: true,
            writes: true,
        },
        renewal: None,
    }
}

pub(super) fn client(port: u16, identities: Vec<Identity>) -> Gitea {
    client_with(port, identities, Duration::from_secs(20))
}

/// A client that remembers for other times.
pub(super) fn client_of_waits(stub: &Stub, identities: Vec<Identity>, waits: Waits) -> Gitea {
    let settings = Settings {
        waits,
        ..settings(stub.port)
    };
    Gitea::new(&settings, identities).unwrap()
}

pub(super) fn client_with(port: u16, identities: Vec<Identity>, timeout: Duration) -> Gitea {
    let settings = Settings {
        timeout,
        ..settings(port)
    };
    Gitea::new(&settings, identities).unwrap()
}

fn settings(port: u16) -> Settings {
    let base: reqwest::Url = format!("http://127.0.0.1:{port}/sub/").parse().unwrap();
    Settings {
        api: base.clone(),
        base,
        timeout: Duration::from_secs(20),
        user_agent: "refire/test".to_owned(),
        authorities: None,
        waits: Waits::default(),
    }
}

async fn answer(
    State((script, log)): State<(Script, Arc<Mutex<Vec<Asked>>>)>,
    request: Request,
) -> Reply {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let token = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let token = token
        .and_then(|value| value.strip_prefix("token "))
        .unwrap_or_default();
    let asked = Asked {
        method: parts.method,
        path: path.strip_prefix("/sub/api/v1").unwrap().to_owned(),
        token: token.trim_end_matches("-token").to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        headers: parts.headers,
    };
    log.lock().unwrap().push(asked.clone());
    script(&asked)
}
