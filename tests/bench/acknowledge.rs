//! How many deliveries a second are acknowledged, each after it is on disk.
//!
//! 64 senders over loopback HTTP, against the webhook itself on a store in a directory of its own,
//! and against a bare handler that reads the same bodies and decides what they are, without
//! signature and disk. Prints both rates and their ratio, whose mark is 30 %. Both take turns, so
//! that a machine that is slow for a while is slow for both. The senders share the processors with
//! what they measure, as they always have.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use commands::GateTable;
use globset::Glob;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use refire::gate::policy::{
    ApprovalPolicy, Bind, ContextTemplate, DeclarationPolicy, Policy, Unheard,
};
use refire::intake::payload::Payload;
use refire::intake::webhook::Bounds;
use refire::intake::{Scope, Secrets, Taken, Webhook};
use regex::RegexSet;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use state::{DiskStore, Limits, Settings, Store as _};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Errors of tasks too.
type Failure = Box<dyn Error + Send + Sync>;

const SENDERS: u64 = 64;
const ROUNDS: u64 = 8;
const DELIVERIES_EACH: u64 = 100;
const WARM_UP_EACH: u64 = 20;
const SECRET: &str = "a-webhook-secret";
const MARK: f64 = 30.0;

/// One recorded delivery: its repository and sender make the generated ones as large as real ones.
const RECORDED: &str = include_str!("../../src/intake/testdata/status-1.26.3.json");

/// Stands where a comment's id will be; all ids have as many digits.
const ID: u64 = 10_000_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let settings = Settings {
        limits: Limits {
            inbox: usize::MAX,
            outbox: 1,
        },
        ..Settings::new(directory.path().join("store"))
    };
    let store = Arc::new(DiskStore::open(settings, "bench").await?.store);
    let bodies = Bodies::new()?;
    let (mut slow, mut fast) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let first = ID + round * (WARM_UP_EACH + DELIVERIES_EACH);
        slow += measure(webhook(Arc::clone(&store))?.router(), &bodies, first).await?;
        fast += measure(bare()?, &bodies, first).await?;
    }
    let waiting = store.stats().await?.inbox;
    let sent = f64::from(u32::try_from(SENDERS * ROUNDS * DELIVERIES_EACH)?);
    let (durable, bare) = (sent / slow.as_secs_f64(), sent / fast.as_secs_f64());
    let ratio = 100.0 * durable / bare;
    println!("a delivery has {} bytes; {SENDERS} senders", bodies.length);
    println!("durable acknowledgements  {durable:>8.0} /s  ({waiting} on disk)");
    println!("without HMAC and disk     {bare:>8.0} /s");
    println!("ratio                     {ratio:>8.1} %   (mark: at least {MARK} %)");
    if ratio < MARK {
        Err("the mark is missed".into())
    } else {
        Ok(())
    }
}

fn webhook(store: Arc<DiskStore>) -> Result<Webhook, Failure> {
    Ok(Webhook {
        store,
        secrets: Secrets::new([SecretString::from(SECRET)]),
        bounds: Bounds {
            size: 1 << 20,
            arrival: Duration::from_secs(10),
        },
        scope: scope()?,
        epoch: Arc::default(),
        wake: Arc::new(|_| ()),
        look: Arc::new(|_| ()),
        stopping: CancellationToken::new(),
        now: Timestamp::now,
        pulse: Arc::default(),
    })
}

fn bare() -> Result<Router, Failure> {
    Ok(Router::new()
        .route("/webhook", post(read))
        .with_state(scope()?))
}

async fn read(State(scope): State<Scope>, body: Bytes) -> (StatusCode, String) {
    let taken = Payload::parse(&body).map(|payload| match payload {
        Payload::Relevant(delivery) => scope.take(*delivery, 0),
        Payload::Irrelevant { .. } => Taken::Ignore("irrelevant"),
    });
    let Ok(Taken::Put(puts)) = taken else {
        return (StatusCode::BAD_REQUEST, String::new());
    };
    let put = puts
        .into_iter()
        .next()
        .and_then(|put| put.arrival(Timestamp::UNIX_EPOCH).ok());
    let answer = json!({ "accepted": put.map(|arrival| arrival.pull.number) });
    (StatusCode::ACCEPTED, format!("{answer}\n"))
}

fn scope() -> Result<Scope, Failure> {
    let policy = Policy {
        gates: Vec::new(),
        declarations: DeclarationPolicy {
            context: ContextTemplate::new("declarations"),
            bind: Bind::Head,
            grace: Duration::from_secs(10),
            unheard: Unheard::Mention,
            require_reason: false,
        },
        approvals: ApprovalPolicy {
            require_official: true,
            exclude_pushers: true,
        },
        service_accounts: RegexSet::new(["^ci-"])?,
        base_branches: vec![Glob::new("*")?.compile_matcher()],
    };
    Ok(Scope {
        gates: Arc::new(GateTable::new([(
            "qa-review".to_owned(),
            vec!["qa".to_owned()],
        )])?),
        policy: Arc::new(policy),
        repositories: Arc::new(|repo| repo.owner() == "acme"),
        is_own: Arc::new(|_| false),
    })
}

/// The deliveries of every sender: each comments on a pull request of its own.
struct Bodies {
    /// Before and after the comment's id.
    halves: Vec<(String, String)>,
    length: usize,
}

impl Bodies {
    fn new() -> Result<Self, Failure> {
        let recorded: Value = serde_json::from_str(RECORDED)?;
        let mut halves = Vec::new();
        for sender in 0..SENDERS {
            let text = serde_json::to_string_pretty(&delivery(&recorded, 100 + sender))?;
            let (before, after) = text.split_once(&ID.to_string()).ok_or("no id")?;
            halves.push((before.to_owned(), after.to_owned()));
        }
        let length = halves
            .first()
            .map_or(0, |(before, after)| before.len() + 8 + after.len());
        Ok(Self { halves, length })
    }

    /// The whole requests of one sender, signed.
    fn requests(&self, sender: u64, ids: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>, Failure> {
        let halves = self
            .halves
            .get(usize::try_from(sender)?)
            .ok_or("no such sender")?;
        ids.map(|id| request(&format!("{}{id}{}", halves.0, halves.1)))
            .collect()
    }
}

fn delivery(recorded: &Value, number: u64) -> Value {
    let (repository, user) = (&recorded["repository"], &recorded["sender"]);
    let branch = json!({ "label": "main", "ref": "main", "sha": recorded["sha"], "repo_id": 1, "repo": repository });
    json!({
        "action": "created",
        "issue": { "id": number, "number": number, "user": user, "title": "Watched", "state": "open" },
        "pull_request": { "id": number, "number": number, "user": user, "base": branch, "head": branch },
        "comment": {
            "id": ID, "user": user, "body": "Looks fine to me, once more please.\r\n\r\n/refire qa",
            "created_at": "2026-11-22T07:00:18Z", "updated_at": "2026-11-22T07:00:18Z",
        },
        "repository": repository,
        "sender": user,
        "is_pull": true,
    })
}

fn request(body: &str) -> Result<Vec<u8>, Failure> {
    let key = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    let signature = hex::encode(key.chain_update(body).finalize().into_bytes());
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nx-gitea-signature: {signature}\r\n\r\n",
        body.len()
    );
    Ok([head.as_bytes(), body.as_bytes()].concat())
}

/// How long it takes to acknowledge one round, after a warm-up; `first` is its first comment's id.
async fn measure(router: Router, bodies: &Bodies, first: u64) -> Result<Duration, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let warm = first + WARM_UP_EACH;
    send_all(&address, bodies, first..warm).await?;
    let took = send_all(&address, bodies, warm..warm + DELIVERIES_EACH).await?;
    server.abort();
    Ok(took)
}

/// How long it takes until all deliveries of all senders are acknowledged. Signing is not measured.
async fn send_all(
    address: &str,
    bodies: &Bodies,
    ids: std::ops::Range<u64>,
) -> Result<Duration, Failure> {
    let mut senders = JoinSet::new();
    let start = Arc::new(tokio::sync::Barrier::new(usize::try_from(SENDERS)? + 1));
    for sender in 0..SENDERS {
        let requests = bodies.requests(sender, ids.clone())?;
        let mut stream = TcpStream::connect(address).await?;
        let start = Arc::clone(&start);
        senders.spawn(async move {
            start.wait().await;
            for request in requests {
                stream.write_all(&request).await?;
                read_acknowledgement(&mut stream).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    start.wait().await;
    let began = Instant::now();
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    Ok(began.elapsed())
}

/// Every answer ends its only line, and the head has no line feed at its end but that before it.
async fn read_acknowledgement(stream: &mut TcpStream) -> Result<(), Failure> {
    let mut answer = Vec::with_capacity(512);
    while !answer.ends_with(b"}\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the connection broke".into());
        }
    }
    if answer.starts_with(b"HTTP/1.1 202") {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&answer).into())
    }
}
