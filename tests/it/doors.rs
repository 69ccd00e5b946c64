//! Hostile senders at the bot's own door: what is not believed leaves nothing behind and costs Gitea no
//! call, and an honest delivery is taken in beside it.

use crate::stage::{SECRET, Stage, replies, tempo};
use forge::{Forge, PullHandle, Version};
use hmac::{Hmac, KeyInit as _, Mac as _};
use refire::app;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Sha256;
use state::Store as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const NEW_SECRET: &str = "the secret that is new";

/// The largest body of which everything is kept, as it is configured if nothing is.
const LARGEST: usize = 1024 * 1024;

/// The largest body that is read where 16 KiB are configured.
const READ: usize = 256 * 16 * 1024;

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// A stage with a command that was told to nobody, as Gitea would tell it.
async fn untold() -> (Stage, PullHandle, Value) {
    let stage = Stage::set().await;
    let (pull, told) = untold_on(&stage).await;
    (stage, pull, told)
}

async fn untold_on(stage: &Stage) -> (PullHandle, Value) {
    let pull = stage.approved().await;
    stage.unheard(|| pull.comment("bob", "/refire qa"));
    let lost = stage.forge.deliveries();
    let told = lost.last().expect("it was announced").payload.clone();
    stage.calls();
    (pull, told)
}

/// Sends a body with a signature; the status of the answer.
async fn sent(stage: &Stage, body: impl Into<reqwest::Body>, signature: &str) -> u16 {
    let request = reqwest::Client::new()
        .post(stage.url())
        .header("content-type", "application/json")
        .header("x-gitea-signature", signature)
        .body(body);
    request.send().await.expect("an answer").status().as_u16()
}

/// Nothing waits, nothing was asked and nothing said.
async fn nothing_came_of_it(stage: &Stage, pull: &PullHandle) {
    stage.quiet().await;
    let stats = stage.store.stats().await.expect("the memory answers");
    assert_eq!((stats.inbox, stats.outbox), (0, 0));
    assert_eq!(stage.calls(), Vec::<String>::new());
    assert_eq!(replies(pull), Vec::<String>::new());
}

/// An honest delivery is taken in and answered.
async fn honesty_is_answered(stage: &Stage, pull: &PullHandle, told: &Value) {
    assert_eq!(stage.hears(told).await, 202);
    stage.quiet().await;
    assert_eq!(replies(pull).len(), 1);
}

/// A delivery that is signed with the new secret is taken in, and has one answer.
async fn is_answered_once(stage: &Stage, pull: &PullHandle, told: &Value) {
    let body = told.to_string();
    let signature = sign(NEW_SECRET, body.as_bytes());
    assert_eq!(sent(stage, body, &signature).await, 202);
    stage.quiet().await;
    assert_eq!(replies(pull).len(), 1);
}

#[tokio::test]
async fn a_forged_delivery_leaves_nothing_behind() {
    let (stage, pull, told) = untold().await;
    let body = told.to_string();
    let another = sign(SECRET, b"{}");
    let guessed = sign("a guess", body.as_bytes());
    for signature in [another.as_str(), guessed.as_str(), "", "sha256=", "x"] {
        assert_eq!(sent(&stage, body.clone(), signature).await, 401);
    }
    let changed = body.replacen("/refire qa", "/refire security", 1);
    let signature = sign(SECRET, body.as_bytes());
    assert_eq!(sent(&stage, changed, &signature).await, 401);
    nothing_came_of_it(&stage, &pull).await;
    honesty_is_answered(&stage, &pull, &told).await;
}

#[tokio::test]
async fn a_truncated_delivery_leaves_nothing_behind() {
    let (stage, pull, told) = untold().await;
    let body = told.to_string();
    let signature = sign(SECRET, body.as_bytes());
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let part = body[..cut].to_owned();
        assert_eq!(sent(&stage, part.clone(), &signature).await, 401);
        let own = sign(SECRET, part.as_bytes());
        assert_eq!(sent(&stage, part, &own).await, 400);
    }
    let mut broken = request(&stage, body.len(), &signature).await;
    broken
        .write_all(&body.as_bytes()[..body.len() / 2])
        .await
        .expect("it listens");
    broken.shutdown().await.expect("it is there");
    let _ = broken.read_to_end(&mut Vec::new()).await;
    nothing_came_of_it(&stage, &pull).await;
    honesty_is_answered(&stage, &pull, &told).await;
}

/// A connection on which the head of a delivery was sent.
async fn request(stage: &Stage, length: usize, signature: &str) -> TcpStream {
    let mut connection = connect(stage).await;
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         x-gitea-signature: {signature}\r\ncontent-length: {length}\r\n\r\n"
    );
    connection
        .write_all(head.as_bytes())
        .await
        .expect("it listens");
    connection
}

async fn connect(stage: &Stage) -> TcpStream {
    let url = stage.url();
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches("/webhook");
    TcpStream::connect(address).await.expect("it listens")
}

/// A stage whose bot knows these secrets.
async fn with_secrets(secrets: &[&str]) -> (Stage, PullHandle, Value) {
    let mut stage = Stage::bare(Forge::start(Version::V1_26).await, "", tempo());
    let mut parts = stage.parts();
    let secrets = secrets.iter().map(|secret| SecretString::from(*secret));
    parts.secrets.webhook = secrets.collect();
    let bot = app::start(parts).await.expect("the bot starts");
    stage.appears(bot);
    // The hook of the stage still signs with the old one.
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.sweep().await;
    stage.unheard(|| pull.comment("bob", "/refire qa"));
    let lost = stage.forge.deliveries();
    let told = lost.last().expect("it was announced").payload.clone();
    stage.calls();
    (stage, pull, told)
}

#[tokio::test]
async fn while_secrets_are_rotated_the_old_one_still_signs() {
    let (stage, pull, told) = with_secrets(&[NEW_SECRET, SECRET]).await;
    honesty_is_answered(&stage, &pull, &told).await;
    is_answered_once(&stage, &pull, &told).await;
}

#[tokio::test]
async fn a_delivery_signed_anew_with_a_secret_that_was_removed_leaves_nothing_behind() {
    let (stage, pull, told) = with_secrets(&[NEW_SECRET]).await;
    assert_eq!(stage.hears(&told).await, 401);
    nothing_came_of_it(&stage, &pull).await;
    is_answered_once(&stage, &pull, &told).await;
}

#[tokio::test]
async fn an_oversized_delivery_is_refused_though_it_is_signed() {
    let small = ("REFIRE_WEBHOOK__MAX_BODY", "16 KiB".to_owned());
    let stage = Stage::prepared(|stage| stage.variables.push(small)).await;
    let (pull, told) = untold_on(&stage).await;
    let mut body = told.to_string();
    body.push_str(&" ".repeat(READ + 1 - body.len()));
    let signature = sign(SECRET, body.as_bytes());
    assert_eq!(sent(&stage, body.clone(), &signature).await, 413);
    let pieces = body.into_bytes();
    let pieces: Vec<_> = pieces.chunks(64 * 1024).map(<[u8]>::to_vec).collect();
    let pieces = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let unannounced = reqwest::Body::wrap_stream(pieces);
    assert_eq!(sent(&stage, unannounced, &signature).await, 413);
    nothing_came_of_it(&stage, &pull).await;
    honesty_is_answered(&stage, &pull, &told).await;
}

#[tokio::test]
async fn a_delivery_of_one_byte_a_second_is_not_waited_for() {
    let (stage, pull, told) = untold().await;
    let body = told.to_string();
    let signature = sign(SECRET, body.as_bytes());
    let (mut answers, mut slow) = request(&stage, body.len(), &signature).await.into_split();
    let trickling = async {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        for byte in body.as_bytes() {
            let _ = second.tick().await;
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    };
    let mut answer = [0; 64];
    let reading = answers.read(&mut answer);
    let read = tokio::select! {
        read = reading => read.expect("an answer"),
        () = trickling => panic!("it was listened to all the time"),
    };
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    nothing_came_of_it(&stage, &pull).await;
    honesty_is_answered(&stage, &pull, &told).await;
}

#[tokio::test]
async fn signed_bodies_that_cannot_be_read_in_one_way_are_refused() {
    let (stage, pull, told) = untold().await;
    let body = told.to_string();
    let deep = "[".repeat(LARGEST - body.len() - 16);
    let nested = body.replacen('{', &format!("{{\"x\":{deep},"), 1);
    let twice = body.replacen('{', "{\"action\":\"deleted\",", 1);
    let inside = body.replacen("\"comment\":{", "\"comment\":{\"body\":\"x\",", 1);
    assert_ne!(inside, body);
    let mut no_text = body.clone().into_bytes();
    no_text.splice(1..1, *b"\"x\":\"\xC3\x28\",");
    let bodies = [
        deep.into_bytes(),
        nested.into_bytes(),
        twice.into_bytes(),
        inside.into_bytes(),
        no_text,
    ];
    for body in bodies {
        let signature = sign(SECRET, &body);
        assert_eq!(sent(&stage, body, &signature).await, 400);
    }
    nothing_came_of_it(&stage, &pull).await;
    honesty_is_answered(&stage, &pull, &told).await;
}

/// As many at a time as this process may open beside everything else; all of them in turn.
#[tokio::test]
async fn beside_ten_thousand_connections_that_send_nothing_a_signed_delivery_is_taken_in() {
    const MANY: usize = 10_000;
    let (stage, pull, told) = untold().await;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let at_once = match limit.current {
        Some(limit) if limit < 12_000 => usize::try_from(limit / 4).map_or(512, |few| few.min(512)),
        _ => MANY,
    };
    let (mut opened, mut silent) = (0, Vec::new());
    while opened < MANY {
        silent.clear();
        while silent.len() < at_once {
            silent.push(connect(&stage).await);
        }
        opened += silent.len();
    }
    let body = told.to_string();
    let signature = sign(SECRET, body.as_bytes());
    // Gitea tells it once and no second time.
    assert_eq!(sent(&stage, body, &signature).await, 202);
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
    assert!(opened >= MANY && !silent.is_empty());
}
