//! Somebody who records what Gitea delivers, and delivers it again.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use reqwest::Client;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// A delivery as Gitea sent it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    headers: HeaderMap,
    /// The body, byte by byte.
    pub(crate) body: Bytes,
}

/// Listens until the story ends.
pub(crate) struct Ear {
    /// Where a hook delivers to it.
    pub(crate) url: String,
    heard: Heard,
    listens: tokio::task::JoinHandle<()>,
}

type Heard = Arc<Mutex<Vec<Delivery>>>;

impl Ear {
    /// Listens on a free port.
    pub(crate) async fn listens() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no place to listen: {error}"));
        let address = listener.local_addr();
        let address = address.unwrap_or_else(|error| panic!("an ear without address: {error}"));
        let heard = Heard::default();
        let router = Router::new().fallback(hear).with_state(Arc::clone(&heard));
        let listens = tokio::spawn(async move {
            let _ended = axum::serve(listener, router).await;
        });
        Self {
            url: format!("http://{address}/"),
            heard,
            listens,
        }
    }

    /// Everything so far, in its order.
    pub(crate) fn heard(&self) -> Vec<Delivery> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.listens.abort();
    }
}

impl Delivery {
    /// Whether it tells of a comment with this text.
    pub(crate) fn tells_of(&self, words: &str) -> bool {
        self.told()["comment"]["body"] == words
    }

    /// Whether it tells that this became of a comment.
    pub(crate) fn is(&self, action: &str, comment: u64) -> bool {
        let told = self.told();
        told["action"] == action && told["comment"]["id"] == comment
    }

    fn told(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Delivers it again with this body, and under another id where there is one; gives the answer's
    /// status.
    pub(crate) async fn again(&self, to: &str, body: Bytes, id: Option<&str>) -> u16 {
        let mut request = Client::new().post(to).body(body);
        for (name, value) in &self.headers {
            let name = name.as_str();
            match id {
                Some(id) if name.ends_with("-delivery") => request = request.header(name, id),
                _ if name.starts_with("x-") || name == "content-type" => {
                    request = request.header(name, value);
                }
                _ => {}
            }
        }
        let answer = request.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error}"));
        answer.status().as_u16()
    }
}

async fn hear(State(heard): State<Heard>, headers: HeaderMap, body: Bytes) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.push(Delivery { headers, body });
}
