//! A tiny proxy of the stories' own between the bot and the server. It passes everything on until it
//! is told to answer some paths itself, or to be away.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use reqwest::Client;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// More than this no request or answer of the stories has.
const MOST: usize = 8 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the proxy does to the requests whose path has these words.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// Everything is passed on.
    Open,
    /// Paths with these words are answered by a page of its own, as a firewall does.
    Forbids(&'static str),
    /// Paths with these words find no server behind the proxy.
    Away(&'static str),
    /// Paths with these words wait until it is in another mood.
    Holds(&'static str),
}

/// The proxy, which ends with the story.
pub(crate) struct Proxy {
    /// Its address, as the bot is told.
    pub(crate) url: String,
    address: SocketAddr,
    passage: Passage,
    /// Connections live in tasks of their own, and end only together with what runs them.
    runs: Option<Runtime>,
}

#[derive(Clone)]
struct Passage {
    to: String,
    client: Client,
    mood: watch::Sender<Mood>,
    held: watch::Sender<bool>,
}

impl Proxy {
    /// Stands in front of a server.
    pub(crate) fn before(to: &str) -> Self {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = listener.local_addr();
        let address = address.unwrap_or_else(|error| panic!("a proxy without address: {error}"));
        let mut proxy = Self {
            url: format!("http://{address}"),
            address,
            passage: Passage {
                to: to.to_owned(),
                client: client.unwrap_or_else(|error| panic!("no HTTP client: {error}")),
                mood: watch::Sender::new(Mood::Open),
                held: watch::Sender::new(false),
            },
            runs: None,
        };
        proxy.serves(listener);
        proxy
    }

    /// From now on it behaves like this.
    pub(crate) fn is(&self, mood: Mood) {
        self.passage.held.send_replace(false);
        self.passage.mood.send_replace(mood);
    }

    /// Whether a request waits.
    pub(crate) fn holds(&self) -> bool {
        *self.passage.held.borrow()
    }

    /// Nobody listens at its address any more.
    pub(crate) fn stops(&mut self) {
        if let Some(runs) = self.runs.take() {
            runs.shutdown_background();
        }
    }

    /// Whether connections are refused.
    pub(crate) fn is_gone(&self) -> bool {
        TcpStream::connect(self.address).is_err()
    }

    /// It listens at the same address again.
    pub(crate) fn comes_back(&mut self) {
        self.serves(listen(self.address));
    }

    fn serves(&mut self, listener: TcpListener) {
        let runs = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runs = runs.unwrap_or_else(|error| panic!("nothing runs the proxy: {error}"));
        let router = Router::new()
            .fallback(pass)
            .with_state(self.passage.clone());
        runs.spawn(async move {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => axum::serve(listener, router).await,
                Err(error) => Err(error),
            }
        });
        self.runs = Some(runs);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stops();
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let listener = TcpListener::bind(address);
    let listener = listener.unwrap_or_else(|error| panic!("no place for a proxy: {error}"));
    let ready = listener.set_nonblocking(true);
    ready.unwrap_or_else(|error| panic!("no place for a proxy: {error}"));
    listener
}

async fn pass(State(passage): State<Passage>, request: Request) -> Response {
    let mood = passage.mood.borrow().clone();
    let path = request.uri().path().to_owned();
    match mood {
        Mood::Forbids(words) if path.contains(words) => forbidden(),
        Mood::Away(words) if path.contains(words) => StatusCode::BAD_GATEWAY.into_response(),
        Mood::Holds(words) if path.contains(words) => {
            passage.held.send_replace(true);
            let mut moods = passage.mood.subscribe();
            let _ = moods.wait_for(|mood| !matches!(mood, Mood::Holds(_))).await;
            forward(&passage, request).await
        }
        _ => forward(&passage, request).await,
    }
}

/// What a firewall says that does not like a User-Agent.
fn forbidden() -> Response {
    let page = "<html><head><title>403 Forbidden</title></head><body>banned</body></html>";
    let headers = [
        (header::CONTENT_TYPE, "text/html"),
        (header::SERVER, "tinyproxy"),
        (header::VIA, "1.1 tinyproxy"),
    ];
    (StatusCode::FORBIDDEN, headers, page).into_response()
}

async fn forward(passage: &Passage, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    let asked = passage
        .client
        .request(parts.method, format!("{}{path}", passage.to))
        .headers(headers)
        .body(body);
    match asked.send().await {
        Ok(answer) => passed_on(answer).await,
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn passed_on(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let mut headers: HeaderMap = answer.headers().clone();
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    let body: Bytes = answer.bytes().await.unwrap_or_default();
    (status, headers, body).into_response()
}
