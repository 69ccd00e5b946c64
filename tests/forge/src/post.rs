//! Sending webhooks as Gitea does: at most once, in the background, 5 s each; unless a test wants it
//! otherwise, which is `mishap`'s part.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::forge::lock;
use crate::mishap::{Fate, Mishaps, Trip};
use crate::webhook::{Delivery, make};
use crate::world::hook::Happening;
use crate::world::ids::HookId;

/// Sends, and remembers what was sent.
#[derive(Debug)]
pub(crate) struct Post {
    sent: Arc<Mutex<Sent>>,
    road: watch::Sender<Road>,
    client: Client,
}

#[derive(Debug, Default)]
struct Sent {
    entries: Vec<(Happening, bool)>,
    deliveries: Vec<Delivery>,
    lose: bool,
    mishaps: Option<Mishaps>,
}

/// What has left and not arrived.
#[derive(Debug, Default)]
struct Road {
    moving: usize,
    held: Vec<Held>,
}

/// A delivery that waits for a later one to overtake it.
#[derive(Debug)]
struct Held {
    index: usize,
    subject: Subject,
    go: oneshot::Sender<()>,
}

/// Where a delivery goes and what it is about: a repository, and which of its issues and pull requests.
type Subject = (HookId, Option<i64>, Option<i64>);

/// A delivery that is about to travel.
struct Parcel {
    index: usize,
    subject: Subject,
    trip: Trip,
    request: RequestBuilder,
}

/// A receiver that takes longer is given up.
const TIMEOUT: Duration = Duration::from_secs(5);

impl Post {
    pub(crate) fn new() -> Self {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .user_agent("Go-http-client/1.1")
            .build();
        Self {
            sent: Arc::default(),
            road: watch::Sender::default(),
            client: client.unwrap_or_default(),
        }
    }

    pub(crate) fn all(&self) -> Vec<Delivery> {
        self.from(0)
    }

    pub(crate) fn from(&self, index: usize) -> Vec<Delivery> {
        let sent = lock(&self.sent);
        sent.deliveries.iter().skip(index).cloned().collect()
    }

    /// What was said stays written down without its words, but for what is still under way.
    pub(crate) fn forget_bodies(&self) {
        let Sent {
            entries,
            deliveries,
            ..
        } = &mut *lock(&self.sent);
        for ((happening, _), delivery) in entries.iter_mut().zip(deliveries) {
            if delivery.lost || delivery.status.is_some() {
                happening.body = Vec::new();
                delivery.body = Vec::new();
                delivery.payload = serde_json::Value::Null;
            }
        }
    }

    pub(crate) fn lose(&self, lost: bool) {
        lock(&self.sent).lose = lost;
    }

    pub(crate) fn strike(&self, mishaps: Mishaps) {
        lock(&self.sent).mishaps = Some(mishaps);
    }

    pub(crate) fn heal(&self) {
        lock(&self.sent).mishaps = None;
        self.road.send_modify(|road| road.release(|_| true));
    }

    /// So many happenings are about to be sent. Said while they are taken from the world, so that
    /// whoever waits for quiet waits for them too, whichever thread has them in hand.
    pub(crate) fn expect(&self, happenings: usize) {
        self.road.send_modify(|road| road.moving += happenings);
    }

    /// Makes the delivery of a happening that was expected and sends it, as often as it is to arrive.
    pub(crate) fn send(&self, runtime: &Handle, happening: Happening, target_headers: bool) {
        let url = happening.hook.url.clone();
        let copies = lock(&self.sent).add(&happening, target_headers);
        self.expect(copies.len());
        for (index, trip, delivery) in copies {
            let parcel = Parcel {
                index,
                subject: subject(&delivery),
                trip,
                request: self.request(&url, delivery),
            };
            self.dispatch(runtime, parcel);
        }
        self.road.send_modify(|road| road.moving -= 1);
    }

    pub(crate) fn redeliver(&self, runtime: &Handle, index: usize) {
        let entry = lock(&self.sent).entries.get(index).cloned();
        let Some((happening, headers)) = entry else {
            panic!("there is no delivery {index}")
        };
        self.expect(1);
        self.send(runtime, happening, headers);
    }

    fn request(&self, url: &str, delivery: Delivery) -> RequestBuilder {
        let mut request = self.client.post(url);
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        request.body(delivery.body)
    }

    fn dispatch(&self, runtime: &Handle, parcel: Parcel) {
        let (sent, road) = (Arc::clone(&self.sent), self.road.clone());
        let overtaken = (parcel.trip == Trip::Overtaken).then(|| self.hold(&parcel));
        runtime.spawn(async move {
            if let Some(overtaken) = overtaken {
                // Whoever holds it lives in the road, and the road as long as this.
                let _ = overtaken.await;
            }
            if let Trip::Late(by) = parcel.trip {
                tokio::time::sleep(by).await;
            }
            let answer = answer_of(parcel.request).await;
            let mut sent = lock(&sent);
            let own = sent.deliveries.get_mut(parcel.index);
            if let (Some(delivery), Some((status, text))) = (own, answer) {
                (delivery.status, delivery.answer) = (Some(status), text);
            }
            drop(sent);
            road.send_modify(|road| road.arrived(parcel.index, parcel.subject));
        });
    }

    fn hold(&self, parcel: &Parcel) -> oneshot::Receiver<()> {
        let (go, overtaken) = oneshot::channel();
        let (index, subject) = (parcel.index, parcel.subject);
        self.road.send_modify(|road| {
            road.moving -= 1;
            road.held.push(Held { index, subject, go });
        });
        overtaken
    }

    /// Nothing is left on the road. What is held up while nothing else moves has nobody to wait for: it
    /// goes on.
    pub(crate) async fn idle(&self) {
        let mut road = self.road.subscribe();
        loop {
            // The sender lives as long as this does, so waiting cannot fail.
            let Ok(rest) = road.wait_for(|road| road.moving == 0).await else {
                return;
            };
            if rest.held.is_empty() {
                return;
            }
            drop(rest);
            self.road.send_modify(|road| {
                if road.moving == 0 {
                    road.release(|_| true);
                }
            });
        }
    }
}

impl Sent {
    /// Writes a happening down as often as it is to arrive, or once as lost; gives what is to travel.
    fn add(&mut self, happening: &Happening, headers: bool) -> Vec<(usize, Trip, Delivery)> {
        let first = make(happening, self.deliveries.len(), headers);
        let fate = match &mut self.mishaps {
            _ if self.lose => Fate::lost(),
            Some(mishaps) => mishaps.fate(&first),
            None => Fate::straight(),
        };
        if fate.trips.is_empty() {
            let lost = true;
            self.enter(happening, headers, Delivery { lost, ..first });
            return Vec::new();
        }
        let mut copies = Vec::new();
        for trip in fate.trips {
            let index = self.deliveries.len();
            let delivery = match copies.is_empty() || !fate.anew {
                true => first.clone(),
                false => make(happening, index, headers),
            };
            self.enter(happening, headers, delivery.clone());
            copies.push((index, trip, delivery));
        }
        copies
    }

    fn enter(&mut self, happening: &Happening, headers: bool, delivery: Delivery) {
        self.entries.push((happening.clone(), headers));
        self.deliveries.push(delivery);
    }
}

impl Road {
    /// That delivery has arrived, or was given up; those that it has overtaken go on.
    fn arrived(&mut self, index: usize, subject: Subject) {
        self.moving -= 1;
        self.release(|held| held.index < index && held.subject == subject);
    }

    fn release(&mut self, which: impl Fn(&Held) -> bool) {
        for held in self.held.extract_if(.., |held| which(held)) {
            self.moving += 1;
            // Its task waits for this word.
            let _ = held.go.send(());
        }
    }
}

fn subject(delivery: &Delivery) -> Subject {
    let payload = &delivery.payload;
    let number = |part: &str| payload[part]["number"].as_i64();
    let number = number("pull_request").or_else(|| number("issue"));
    (delivery.hook, payload["repository"]["id"].as_i64(), number)
}

async fn answer_of(request: RequestBuilder) -> Option<(u16, String)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.unwrap_or_default()))
}
