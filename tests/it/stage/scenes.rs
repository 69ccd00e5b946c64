//! What happens between the lines: the bot leaves and comes back, loses its memory, sweeps.

use super::{SECRET, Stage, watch};
use forge::{Call, PullHandle};
use futures::FutureExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use state::{Limits, MemoryStore, Store as _};
use std::sync::Arc;
use std::time::Duration;

impl Stage {
    /// The bot goes; what it was told and has not answered stays in the store.
    pub(crate) async fn leave(&mut self) {
        self.sweep = None;
        let bot = self.bot.take().expect("the bot is on stage");
        bot.stop().await.expect("the bot ends in order");
        self.store.restart().expect("a store opens again");
    }

    /// The bot comes back with an empty store, as after a lost disk.
    pub(crate) async fn forget(&mut self) {
        self.leave().await;
        self.store = Arc::new(MemoryStore::new(Limits::default()));
        self.enter().await;
    }

    /// Time passes for the store alone: what was done is forgotten, and whatever else is kept so long.
    pub(crate) async fn forgets_after(&self, time: Duration) {
        let later = refire::worker::now().plus(time);
        while self.store.purge(later).await.expect("it answers").more {}
    }

    /// Something happens that no delivery tells.
    pub(crate) fn unheard<T>(&self, happens: impl FnOnce() -> T) -> T {
        self.forge.drop_deliveries(true);
        let happened = happens();
        self.forge.drop_deliveries(false);
        happened
    }

    /// One round of the sweep, at a moment that the story chooses.
    pub(crate) async fn sweep(&mut self) {
        self.round(false).await;
    }

    /// The same where the bot does not come to rest.
    pub(crate) async fn sweep_in_motion(&mut self) {
        self.sweeps(false).await;
    }

    /// The nightly round, that looks at everything.
    pub(crate) async fn reconcile(&mut self) {
        self.round(true).await;
    }

    async fn round(&mut self, everything: bool) {
        self.sweeps(everything).await;
        self.quiet().await;
    }

    async fn sweeps(&mut self, everything: bool) {
        let sweep = self.sweep.as_mut().expect("the bot is on stage");
        sweep.round(everything).await;
    }

    /// A pull request that quinn has approved, and that the bot has looked at.
    pub(crate) async fn approved(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        pull.approved_by("quinn");
        self.quiet().await;
        pull
    }

    /// A pull request that was pushed to while it was closed, and approved when it was open again. Gitea
    /// stores the approval for the commit before, so that approving once more would help nobody.
    pub(crate) async fn pushed_while_closed(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        self.quiet().await;
        pull.close("alice");
        pull.push("alice");
        pull.reopen("alice");
        pull.approved_by("quinn");
        pull
    }

    /// A pull request for which quinn has declared `qa-review` not applicable, in a comment that was
    /// heard.
    pub(crate) async fn declared(&self) -> PullHandle {
        let pull = self.forge.pull("alice");
        self.quiet().await;
        self.says(&pull, "quinn", "/sop-n/a qa-review docs only")
            .await;
        pull
    }

    /// Where deliveries go.
    pub(crate) fn url(&self) -> String {
        self.url.clone().expect("the bot has been on stage")
    }

    /// Somebody posts JSON to the forge's API.
    pub(crate) async fn asks_as(&self, who: &str, url: &str, json: &str) {
        let request = reqwest::Client::new()
            .post(url)
            .header("authorization", format!("token {}", self.forge.token(who)))
            .header("content-type", "application/json")
            .body(json.to_owned());
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// The bot hears this, signed as Gitea signs; gives the status of its answer.
    pub(crate) async fn hears(&self, payload: &serde_json::Value) -> u16 {
        let request = Self::signed(
            &reqwest::Client::new(),
            &self.url(),
            payload.to_string().into_bytes(),
        );
        request.send().await.expect("an answer").status().as_u16()
    }

    /// A delivery of a comment, signed as Gitea signs.
    pub(crate) fn signed(
        client: &reqwest::Client,
        url: &str,
        body: Vec<u8>,
    ) -> reqwest::RequestBuilder {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
        mac.update(&body);
        client
            .post(url)
            .header("x-gitea-event", "issue_comment")
            .header("x-gitea-event-type", "pull_request_comment")
            .header("x-gitea-delivery", "a-delivery-of-the-stage")
            .header(
                "x-gitea-signature",
                hex::encode(mac.finalize().into_bytes()),
            )
            .header("content-type", "application/json")
            .body(body)
    }

    /// A store whose inbox holds so few items.
    pub(crate) fn narrow(&mut self, inbox: usize) {
        let limits = Limits {
            inbox,
            ..Limits::default()
        };
        self.store = Arc::new(MemoryStore::new(limits));
    }

    /// Waits for something that the bot does by itself, later, and for its rest.
    pub(crate) async fn until(&self, what: &str, so: impl FnMut() -> bool) {
        self.meanwhile(what, so).await;
        self.quiet().await;
    }

    /// Waits for a call, named as tests name them.
    pub(crate) async fn attempted(&self, call: &str) {
        let made = || self.forge.calls().iter().any(|made| made.name() == call);
        self.meanwhile(call, made).await;
    }

    /// Waits for something that the bot does while it cannot come to rest.
    pub(crate) async fn meanwhile(&self, what: &str, mut so: impl FnMut() -> bool) {
        let wait = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(self.patience, wait).await;
        assert!(waited.is_ok(), "it never came to this: {what}");
    }

    /// The calls since the last time, as tests name them.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.forge.take_calls();
        calls.iter().map(Call::name).collect()
    }
}

/// A story that leaves something unanswered, or logs a secret, has failed.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let stats = self.store.stats().now_or_never();
        let stats = stats.expect("the memory answers at once").expect("a store");
        assert_eq!(
            (stats.inbox, stats.outbox),
            (0, 0),
            "something is left in inbox or outbox"
        );
        assert_eq!(watch::leaks(), Vec::<String>::new(), "a secret was logged");
    }
}
