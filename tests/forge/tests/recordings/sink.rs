//! Receives webhooks and keeps them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;

/// A delivery as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Bytes,
}

/// Where hooks point.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sink {
    heard: Arc<Mutex<Vec<Heard>>>,
    pub(crate) url: String,
}

impl Sink {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let sink = Self {
            url,
            ..Self::default()
        };
        let app = Router::new()
            .route("/hook", post(keep))
            .with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        sink
    }

    /// What arrived since the last time.
    pub(crate) fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

async fn keep(State(sink): State<Sink>, headers: HeaderMap, raw: Bytes) -> StatusCode {
    sink.heard.lock().unwrap().push(Heard { headers, raw });
    StatusCode::ACCEPTED
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn event(&self) -> &str {
        self.header("x-gitea-event-type").unwrap_or_default()
    }

    pub(crate) fn payload(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    /// All four signatures are over the raw bytes.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(&self.raw);
        let mac = hex::encode(mac.finalize().into_bytes());
        let prefixed = format!("sha256={mac}");
        let sha1 = self.header("x-hub-signature").unwrap_or_default();
        self.header("x-gitea-signature") == Some(&mac)
            && self.header("x-gogs-signature") == Some(&mac)
            && self.header("x-hub-signature-256") == Some(&prefixed)
            && sha1.len() == 45
            && sha1.starts_with("sha1=")
    }
}
