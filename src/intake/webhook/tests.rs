//! Every answer, over loopback HTTP, with the reference store behind it.

use super::*;
use crate::intake::Event;
use crate::intake::fixture::{
    HEAD, QA, SECRET, comment, headers, issue_comment, pull, push, quinn, refire, scope, secrets,
    sign, status,
};
use crate::memo::{self, Created, Edited, Kind};
use crate::model::{CommentId, Digest};
use axum::body::Body;
use proptest::prelude::*;
use serde_json::{Value, json};
use state::{Commit, Limits, MemoryStore, Millis, Record};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const PULL: PullKey = PullKey {
    repository: 1,
    number: 16,
};

/// A running webhook; it ends with the test's runtime.
struct Running {
    address: String,
    store: Arc<MemoryStore>,
    stopping: CancellationToken,
    woken: UnboundedReceiver<PullKey>,
}

/// Status, headers of interest, and the body, which is one line.
#[derive(Debug, PartialEq, Eq)]
struct Reply(u16, String);

fn webhook(store: Arc<MemoryStore>) -> (Webhook, UnboundedReceiver<PullKey>) {
    let (wake, woken) = unbounded_channel();
    let webhook = Webhook {
        store,
        secrets: secrets(&["new", SECRET]),
        bounds: Bounds {
            size: 4096,
            arrival: Duration::from_secs(10),
        },
        scope: scope(),
        epoch: Arc::default(),
        wake: Arc::new(move |pull| wake.send(pull).unwrap()),
        look: Arc::new(|_| ()),
        stopping: CancellationToken::new(),
        now: || Timestamp::UNIX_EPOCH,
        pulse: Arc::default(),
    };
    (webhook, woken)
}

async fn run_with(limits: Limits, change: impl FnOnce(&mut Webhook)) -> Running {
    let store = Arc::new(MemoryStore::new(limits));
    let (mut webhook, woken) = webhook(Arc::clone(&store));
    change(&mut webhook);
    let stopping = webhook.stopping.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, webhook.router()).await });
    Running {
        address,
        store,
        stopping,
        woken,
    }
}

async fn run() -> Running {
    run_with(Limits::default(), |_| ()).await
}

impl Running {
    fn request(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        let address = format!("http://{}/webhook", self.address);
        reqwest::Client::new()
            .post(address)
            .header("content-type", "application/json")
            .body(body)
    }

    async fn send(&self, event: &Value) -> Reply {
        let body = event.to_string();
        let signature = sign(SECRET, body.as_bytes());
        reply(self.request(body).header("x-gitea-signature", signature)).await
    }

    /// What is remembered of the comment that the deliveries tell of, as it was heard first.
    async fn heard(&self) -> Option<Created> {
        let place = memo::of_comment::<Created>(PULL, CommentId::new(68));
        memo::recall(&*self.store, &place).await.unwrap()
    }

    async fn knows_head(&self, number: u64, open: bool) {
        let pull = PullKey {
            repository: 1,
            number,
        };
        let record = Record {
            bytes: Vec::new(),
            head: HEAD.as_bytes().to_vec(),
            open,
        };
        let commit = Commit {
            record: Some(record),
            ..Commit::new(pull, Millis::EPOCH)
        };
        self.store.commit(commit).await.unwrap();
    }

    /// Sends bytes as they are and reads until the other side closes.
    async fn speak(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
    Reply(status, answer.text().await.unwrap())
}

fn line(status: u16, body: &str) -> Reply {
    Reply(status, format!("{body}\n"))
}

fn message(status: u16, sentence: &str) -> Reply {
    line(status, &json!({ "message": sentence }).to_string())
}

fn ignored(reason: &str) -> Reply {
    line(200, &json!({ "ignored": reason }).to_string())
}

fn accepted() -> Reply {
    line(202, r#"{"accepted":"acme/widget#16"}"#)
}

#[tokio::test]
async fn accepted_means_that_the_event_is_in_the_store() {
    let mut bot = run().await;
    assert_eq!(
        bot.send(&comment("created", "/refire qa", None)).await,
        accepted()
    );
    let claim = bot.store.claim(PULL, 10).await.unwrap();
    assert_eq!(claim.items.len(), 1);
    let event: Event = serde_json::from_slice(&claim.items[0].payload).unwrap();
    assert_eq!(event.repo.to_string(), "acme/widget");
    assert_eq!(bot.heard().await, Some(Created(Digest::of("/refire qa"))));
    assert_eq!(bot.woken.try_recv(), Ok(PULL));
}

#[tokio::test]
async fn the_same_comment_by_two_webhooks_is_put_once() {
    let mut bot = run().await;
    let event = comment("created", "/refire qa", None);
    assert_eq!(bot.send(&event).await, accepted());
    assert_eq!(
        bot.send(&event).await,
        line(202, r#"{"accepted":"acme/widget#16","known":true}"#)
    );
    assert_eq!(bot.store.claim(PULL, 10).await.unwrap().items.len(), 1);
    assert_eq!(bot.woken.try_recv(), Ok(PULL));
    assert!(bot.woken.try_recv().is_err());
}

/// A sweep may have found and counted the edited text before its webhook came.
#[tokio::test]
async fn an_edit_is_looked_at_even_if_its_text_is_known() {
    let bot = run().await;
    assert_eq!(
        bot.send(&comment("created", "/sop-n/a qa", None)).await,
        accepted()
    );
    let done = bot
        .store
        .claim(PULL, 10)
        .await
        .unwrap()
        .items
        .iter()
        .map(|item| item.id)
        .collect();
    bot.store
        .commit(Commit {
            done,
            ..Commit::new(PULL, Millis::EPOCH)
        })
        .await
        .unwrap();
    assert_eq!(
        bot.send(&comment("edited", "/sop-n/a qa", Some("hello")))
            .await,
        accepted()
    );
    assert_eq!(bot.store.claim(PULL, 10).await.unwrap().items.len(), 1);
    let edited = bot
        .store
        .recall(&memo::of_comment::<Edited>(PULL, CommentId::new(68)))
        .await
        .unwrap();
    assert_eq!(
        Edited::read(&edited.unwrap()),
        Some(Edited {
            by: Some("quinn".to_owned())
        })
    );
}

#[tokio::test]
async fn looks_of_one_epoch_are_one_and_of_the_next_another() {
    let epoch = Arc::new(AtomicU64::new(1));
    let shared = Arc::clone(&epoch);
    let bot = run_with(Limits::default(), |webhook| webhook.epoch = shared).await;
    let opened = pull("opened", "main", Value::Null);
    assert_eq!(bot.send(&opened).await, accepted());
    assert_eq!(
        bot.send(&opened).await.1,
        "{\"accepted\":\"acme/widget#16\",\"known\":true}\n"
    );
    epoch.fetch_add(1, Ordering::SeqCst);
    assert_eq!(bot.send(&opened).await, accepted());
    assert_eq!(bot.store.claim(PULL, 10).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn good_deliveries_that_are_not_for_us_are_ignored_with_a_reason() {
    let mut bot = run().await;
    for (event, reason) in [
        (comment("created", "LGTM", None), "no command in it"),
        (issue_comment("created", "LGTM", None), "no command in it"),
        (push(), "nothing a gate depends on"),
        (status(QA, refire()), "a status of the bot itself"),
        (
            status("ci / build", quinn()),
            "this context is not one of the bot's",
        ),
        (
            status(QA, quinn()),
            "no open pull request known with this commit",
        ),
        (
            pull("opened", "feature/x", Value::Null),
            "base branch is not guarded",
        ),
        (
            comment("edited", "x", Some("x")),
            "its text was not changed",
        ),
    ] {
        assert_eq!(bot.send(&event).await, ignored(reason), "{event}");
    }
    assert_eq!(bot.store.stats().await.unwrap().inbox, 0);
    assert!(bot.woken.try_recv().is_err());
}

#[tokio::test]
async fn i13_a_comment_without_a_command_is_remembered() {
    let bot = run().await;
    bot.send(&comment("created", "LGTM", None)).await;
    assert_eq!(bot.heard().await, Some(Created(Digest::of("LGTM"))));
}

#[tokio::test]
async fn a_strangers_status_is_looked_at_for_every_open_pull_request_with_that_head() {
    let bot = run().await;
    for (number, open) in [(12, true), (13, false), (14, true)] {
        bot.knows_head(number, open).await;
    }
    let both = line(202, r#"{"accepted":"acme/widget#12, acme/widget#14"}"#);
    assert_eq!(bot.send(&status(QA, quinn())).await, both);
    let waiting: Vec<u64> = bot
        .store
        .waiting()
        .await
        .unwrap()
        .iter()
        .map(|pull| pull.number)
        .collect();
    assert_eq!(waiting, [12, 14]);
}

#[tokio::test]
async fn an_unbelieved_delivery_is_401() {
    let bot = run().await;
    let body = comment("created", "/refire", None).to_string();
    let mismatch = "the signature does not match: the secret of this webhook is not the one that refire is \
                    configured with";
    let missing =
        "the delivery is not signed: give this webhook the secret that refire is configured with";
    let malformed =
        "the signature is malformed: it must be the HMAC-SHA256 of the body in hexadecimal digits";
    let foreign = sign("another", body.as_bytes());
    for (signature, sentence) in [
        (foreign.as_str(), mismatch),
        ("", missing),
        ("x", malformed),
    ] {
        let request = bot
            .request(body.clone())
            .header("x-gitea-signature", signature);
        assert_eq!(reply(request).await, message(401, sentence));
    }
    assert_eq!(
        reply(bot.request("not even JSON")).await,
        message(401, missing)
    );
    assert_eq!(bot.store.stats().await.unwrap().inbox, 0);
}

#[tokio::test]
async fn without_a_secret_everything_is_401() {
    let bot = run_with(Limits::default(), |webhook| {
        webhook.secrets = secrets(&[""])
    })
    .await;
    let body = comment("created", "/refire", None).to_string();
    let request = bot
        .request(body.clone())
        .header("x-gitea-signature", sign("", body.as_bytes()));
    let sentence = "no webhook secret is configured here, so no delivery can be believed";
    assert_eq!(reply(request).await, message(401, sentence));
}

#[tokio::test]
async fn what_is_no_event_is_400() {
    let bot = run().await;
    for (body, sentence) in [
        (
            "",
            "not an event: the body is no JSON object (line 1, column 0)",
        ),
        ("{}", "not an event: `repository` is missing"),
    ] {
        let request = bot
            .request(body)
            .header("x-gitea-signature", sign(SECRET, body.as_bytes()));
        assert_eq!(reply(request).await, message(400, sentence));
    }
}

#[tokio::test]
async fn what_is_too_large_is_413_with_and_without_a_length() {
    const READ: usize = 256 * 4096;
    let bot = run().await;
    let sentence = "the body is larger than 1048576 bytes (256 times webhook.max_body)";
    let too_large = || message(413, sentence);
    assert_eq!(reply(bot.request(vec![b' '; READ + 1])).await, too_large());
    let chunks = stream::iter([
        Ok::<_, std::io::Error>(vec![b' '; READ]),
        Ok(vec![b' '; READ]),
    ]);
    assert_eq!(
        reply(bot.request(reqwest::Body::wrap_stream(chunks))).await,
        too_large()
    );
}

/// A comment on a pull request whose description alone is larger than what is kept of a body.
fn long_description() -> String {
    let mut event = comment("created", "/refire", None);
    event["issue"]["body"] = Value::from("all work and no play ".repeat(10_000));
    event.to_string()
}

#[tokio::test]
async fn a_long_text_is_cut_and_what_stands_beside_it_is_heard() {
    let bot = run().await;
    let body = long_description();
    assert!(body.len() > 4096);
    let signature = sign(SECRET, body.as_bytes());
    let request = bot.request(body.clone());
    let request = request.header("x-gitea-signature", signature.clone());
    assert_eq!(reply(request).await, accepted());
    let pieces: Vec<_> = body.as_bytes().chunks(1000).map(<[u8]>::to_vec).collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let request = bot.request(reqwest::Body::wrap_stream(pieces));
    let request = request.header("x-gitea-signature", signature);
    assert_eq!(reply(request).await.0, 202);
}

#[tokio::test]
async fn where_there_is_no_room_for_it_now_it_is_read_to_its_end_and_not_taken_in() {
    let bounds = Bounds {
        size: 4096,
        arrival: Duration::from_secs(10),
    };
    let read = async |more: fn() -> Option<OwnedSemaphorePermit>| {
        let mut signing = secrets(&[SECRET]).signing();
        let body = axum::body::Body::from(long_description());
        let read = fetch_body(body, bounds, &mut signing, more).await;
        read.map(|(bytes, _)| bytes.len())
    };
    assert_eq!(read(|| None).await, Err(NoBody::NoRoom));
    let room = || Arc::new(Semaphore::new(1)).try_acquire_owned().ok();
    assert!(read(room).await.is_ok_and(|kept| kept < 80 * 1024));
}

#[tokio::test]
async fn what_is_cut_away_is_signed_like_the_rest() {
    let bot = run().await;
    let body = long_description();
    let signature = sign(SECRET, body.as_bytes());
    let end = body.rfind("no play").unwrap();
    let changed = [&body[..end], "NO PLAY", &body[end + 7..]].concat();
    let request = bot.request(changed).header("x-gitea-signature", signature);
    assert_eq!(reply(request).await.0, 401);
}

#[tokio::test]
async fn a_body_that_just_fits_is_read() {
    let bot = run().await;
    let mut body = comment("created", "/refire", None).to_string();
    body.push_str(&" ".repeat(4096 - body.len()));
    let request = bot
        .request(body.clone())
        .header("x-gitea-signature", sign(SECRET, body.as_bytes()));
    assert_eq!(reply(request).await, accepted());
}

#[tokio::test]
async fn what_is_no_json_is_415() {
    let bot = run().await;
    for kind in ["application/x-www-form-urlencoded", "text/plain", ""] {
        let request = reqwest::Client::new().post(format!("http://{}/webhook", bot.address));
        let request = request.header("content-type", kind).body("payload=x");
        let sentence =
            "the delivery is no JSON: set this webhook's content type to application/json";
        assert_eq!(reply(request).await, message(415, sentence));
    }
    let body = push().to_string();
    let request = reqwest::Client::new().post(format!("http://{}/webhook", bot.address));
    let request = request.header("content-type", "Application/JSON; charset=utf-8");
    let request = request
        .header("x-gitea-signature", sign(SECRET, body.as_bytes()))
        .body(body);
    assert_eq!(reply(request).await, ignored("nothing a gate depends on"));
}

#[tokio::test]
async fn other_methods_are_405() {
    let bot = run().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let url = format!("http://{}/webhook", bot.address);
        let answer = reqwest::Client::new()
            .request(method.parse().unwrap(), url)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                answer.status().as_u16(),
                &answer.headers()["allow"] == "POST"
            ),
            (405, true),
            "{method}"
        );
        assert_eq!(
            answer.text().await.unwrap(),
            "{\"message\":\"deliveries are sent with POST\"}\n"
        );
    }
}

#[tokio::test]
async fn a_trickling_body_is_408() {
    let brief = |webhook: &mut Webhook| webhook.bounds.arrival = Duration::from_millis(20);
    let bot = run_with(Limits::default(), brief).await;
    let answer = bot
        .speak("POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{")
        .await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(
        answer.ends_with("{\"message\":\"the body did not arrive in time\"}\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_full_inbox_is_503_and_remembers_what_was_heard_and_that_something_was_missed() {
    let limits = Limits {
        inbox: 1,
        outbox: 1,
    };
    let mut pulse = Arc::default();
    let bot = run_with(limits, |webhook| pulse = Arc::clone(&webhook.pulse)).await;
    assert_eq!(
        bot.send(&pull("opened", "main", Value::Null)).await,
        accepted()
    );
    let full = message(
        503,
        "the inbox is full: nothing was taken in, try again later",
    );
    assert_eq!(bot.send(&comment("created", "/refire", None)).await, full);
    assert_eq!(bot.heard().await, Some(Created(Digest::of("/refire"))));
    assert_eq!(pulse.all_missed(), 1);
    reply(bot.request("{}")).await;
    assert_eq!(pulse.all_missed(), 1, "what is not signed told nothing");
}

#[tokio::test]
async fn a_store_that_fails_is_503() {
    let bot = run().await;
    for number in 1..=u64::try_from(state::MOST_WITH_ONE_HEAD).unwrap() + 1 {
        bot.knows_head(number, true).await;
    }
    let failed = message(
        503,
        "the store failed: nothing is promised, try again later",
    );
    assert_eq!(bot.send(&status(QA, quinn())).await, failed);
}

#[tokio::test]
async fn shutting_down_is_503() {
    let stopping = message(
        503,
        "refire is shutting down: nothing was taken in, try again later",
    );
    let bot = run().await;
    bot.store.close().await.unwrap();
    assert_eq!(
        bot.send(&comment("created", "/refire", None)).await,
        stopping
    );
    assert_eq!(bot.send(&comment("created", "LGTM", None)).await, stopping);
    let bot = run().await;
    bot.stopping.cancel();
    assert_eq!(bot.send(&push()).await, stopping);
}

/// The room is taken by bodies that may still become as large as permitted.
#[tokio::test]
async fn too_many_deliveries_at_once_are_503() {
    let (webhook, _woken) = webhook(Arc::new(MemoryStore::new(Limits::default())));
    let door = Door {
        heard: Arc::default(),
        room: Arc::new(Semaphore::new(4)),
        webhook: Arc::new(webhook),
    };
    let under_way = door.reserve(&headers(&[])).unwrap();
    assert_eq!(door.room.available_permits(), 0);
    let request = || {
        Request::post("/webhook")
            .header("content-type", "application/json")
            .body(Body::from("{}"))
            .unwrap()
    };
    let refused = door.clone().receive(request()).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        "too many deliveries are under way: nothing was taken in, try again later"
    );
    assert_eq!(refused.answer().status(), 503);
    drop(under_way);
    let believed = door.clone().receive(request()).await.err().unwrap();
    assert_eq!(believed.answer().status(), 401);
    assert_eq!(door.room.available_permits(), 4);
}

#[tokio::test]
async fn a_delivery_takes_as_much_room_as_it_says() {
    let (webhook, _woken) = webhook(Arc::new(MemoryStore::new(Limits::default())));
    let door = Door {
        heard: Arc::default(),
        room: Arc::new(Semaphore::new(100)),
        webhook: Arc::new(webhook),
    };
    for (length, taken) in [
        ("0", 1),
        ("1024", 1),
        ("1025", 2),
        ("4096", 4),
        ("99999999", 4),
        ("x", 4),
    ] {
        let permit = door
            .reserve(&headers(&[("content-length", length)]))
            .unwrap();
        assert_eq!(permit.num_permits(), taken, "{length}");
    }
}

fn arrived(webhook: &Webhook, headers: HeaderMap, body: &[u8]) -> Arrived {
    let mut signing = webhook.secrets.signing();
    signing.take(body);
    Arrived {
        headers,
        bytes: Bytes::copy_from_slice(body),
        signing,
        _room: [None, None],
    }
}

#[tokio::test]
async fn what_was_taken_in_is_finished_when_gitea_hangs_up() {
    let store = Arc::new(MemoryStore::new(Limits::default()));
    let (webhook, mut woken) = webhook(Arc::clone(&store));
    let door = Door {
        heard: Arc::default(),
        room: Arc::new(Semaphore::new(4)),
        webhook: Arc::new(webhook),
    };
    let body = comment("created", "/refire", None).to_string();
    let signed = headers(&[("x-gitea-signature", &sign(SECRET, body.as_bytes()))]);
    let body = arrived(&door.webhook, signed, body.as_bytes());
    let mut finishing = Box::pin(door.finish(body));
    assert!(futures::poll!(&mut finishing).is_pending());
    drop(finishing);
    assert_eq!(woken.recv().await, Some(PULL));
    assert_eq!(store.stats().await.unwrap().inbox, 1);
}

#[test]
fn i21_the_secret_is_never_printed() {
    let (webhook, _woken) = webhook(Arc::new(MemoryStore::new(Limits::default())));
    assert!(!format!("{webhook:?}").contains(SECRET));
}

proptest! {
    /// Neither an event nor garbage gets as far as being read.
    #[test]
    fn no_body_without_a_valid_signature_is_parsed(garbage in any::<Vec<u8>>(), signature in "[0-9a-f]{64}|.{0,80}") {
        let (webhook, _woken) = webhook(Arc::new(MemoryStore::new(Limits::default())));
        let mut presented = HeaderMap::new();
        if let Ok(value) = signature.parse() {
            presented.insert("x-gitea-signature", value);
        }
        for body in [garbage, comment("created", "/refire", None).to_string().into_bytes()] {
            let refused = webhook.read(&arrived(&webhook, presented.clone(), &body));
            prop_assert!(matches!(refused, Err(Failure::Refused(_))));
        }
    }
}
