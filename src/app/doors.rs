//! Where the bot listens, and what it answers there: deliveries and how it is, the pages, the numbers.

use super::{ARRIVAL, StartError, health, scope};
use crate::config::{Config, Secrets};
use crate::intake::{signature, webhook};
use crate::numbers::Recorder;
use crate::web::health::PATIENCE;
use crate::web::pages::{Notices, Pages};
use crate::web::{Metrics, server};
use crate::worker::Shared;
use axum::Router;
use futures::FutureExt as _;
use futures::future::{join_all, select_all};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What is answered, by who asks.
pub(super) struct Answers {
    /// Gitea, and supervisors.
    webhook: Router,
    /// People.
    pages: Router,
    /// Prometheus.
    numbers: Router,
}

/// Doors that are open.
pub(super) struct Doors {
    /// Where deliveries come in.
    pub(super) address: SocketAddr,
    /// Where the pages are.
    pub(super) pages: SocketAddr,
    /// Where the numbers are.
    pub(super) numbers: SocketAddr,
    open: Vec<(TcpListener, Router)>,
}

impl Answers {
    pub(super) fn of(
        shared: &Arc<Shared>,
        config: &Config,
        secrets: Secrets,
        (recorder, notices): (&Recorder, &Arc<Notices>),
        stop: &CancellationToken,
    ) -> Self {
        let ready = health(shared).ready();
        let pages = Pages {
            shared: Arc::clone(shared),
            web: config.web.clone(),
            secret: secrets.oauth.clone(),
            ready: ready.clone(),
            notices: Arc::clone(notices),
            stop: stop.clone(),
        };
        let numbers = Metrics {
            recorder: recorder.clone(),
            pulse: Arc::clone(&shared.pulse),
            store: Arc::clone(&shared.store),
            now: Timestamp::now,
            patience: PATIENCE,
        };
        Self {
            webhook: deliveries(shared, config, secrets, stop).merge(ready.router()),
            pages: pages.router(),
            numbers: numbers.router(),
        }
    }
}

fn deliveries(
    shared: &Arc<Shared>,
    config: &Config,
    secrets: Secrets,
    stop: &CancellationToken,
) -> Router {
    let board = Arc::clone(&shared.board);
    let owing = Arc::clone(shared);
    let webhook = webhook::Webhook {
        store: Arc::clone(&shared.store),
        secrets: signature::Secrets::new(secrets.webhook),
        bounds: webhook::Bounds {
            size: config.webhook.max_body,
            arrival: ARRIVAL,
        },
        scope: scope(shared, config),
        epoch: Arc::clone(&shared.epoch),
        wake: Arc::new(move |key| board.wake(key)),
        look: Arc::new(move |key| owing.owe_look(key)),
        stopping: stop.clone(),
        now: Timestamp::now,
        pulse: Arc::clone(&shared.pulse),
    };
    webhook.router()
}

impl Doors {
    /// One door for everything, but for what has one of its own. Two with one address are one.
    pub(super) async fn open(config: &Config, answers: Answers) -> Result<Self, StartError> {
        let main = config.webhook.listen;
        let (listener, address) = listen("webhook.listen", main).await?;
        let mut doors = Self {
            address,
            pages: address,
            numbers: address,
            open: vec![(listener, answers.webhook)],
        };
        let own = config.web.listen;
        doors.pages = doors.add("web.listen", main, own, answers.pages).await?;
        let own = config.metrics;
        doors.numbers = doors
            .add("metrics.listen", main, own, answers.numbers)
            .await?;
        Ok(doors)
    }

    /// Answers at an address of its own, or, where there is none, with the deliveries.
    async fn add(
        &mut self,
        key: &'static str,
        main: SocketAddr,
        own: Option<SocketAddr>,
        answers: Router,
    ) -> Result<SocketAddr, StartError> {
        // Port 0 is any port that is free, and never twice the same.
        let is_other = |own: &SocketAddr| *own != main || own.port() == 0;
        if let Some(own) = own.filter(is_other) {
            let (listener, address) = listen(key, own).await?;
            self.open.push((listener, answers));
            return Ok(address);
        }
        if let Some((_, first)) = self.open.first_mut() {
            *first = std::mem::take(first).merge(answers);
        }
        Ok(self.address)
    }

    /// Serves at all of them until told to stop, or until one ends that should not have.
    pub(super) async fn serve(self, stop: CancellationToken, end: Duration) {
        let open = self.open.into_iter();
        let serving = open.map(|(listener, router)| {
            let serving = serve(listener, router, stop.clone(), end);
            serving.boxed()
        });
        let (_, _, others) = select_all(serving).await;
        if stop.is_cancelled() {
            join_all(others).await;
        }
    }
}

/// Listens where this key says, and tells where that is.
async fn listen(
    key: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| StartError::Listen {
        key,
        address,
        source,
    })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, end: Duration) {
    let limits = server::Limits {
        end,
        ..server::Limits::default()
    };
    if let Err(error) = server::serve(listener, router, limits, stop).await {
        tracing::error!(%error, "the server ended");
    }
}
