//! Figure 7: whatever somebody writes or sends, nothing panics, nothing unsigned is believed, and
//! no command comes out of code.

use crate::figure::Outcome;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use commands::{GateTable, MAX_COMMANDS, MAX_MISUSES, parse};
use hmac::{Hmac, KeyInit, Mac};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use refire::intake::payload::Payload;
use refire::intake::signature::Secrets;
use serde_json::Value;
use sha2::Sha256;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How often each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Comments through the grammar.
    pub(crate) comments: u64,
    /// Webhook bodies that were changed somewhere.
    pub(crate) bodies: u64,
    /// Good bodies with signatures that are none of theirs.
    pub(crate) signatures: u64,
}

/// What comments are put together from: everything that begins, ends or hides a command.
const FRAGMENTS: &[&str] = &[
    "/refire",
    "/refire qa",
    "/sop-n/a qa docs",
    "/sop-na",
    "/sop-revoke security x",
    "/refire securty",
    "/whoami-teams",
    "/refire help",
    "/qa-recheck",
    "/x",
    "/usr/bin",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u{a0}",
    "\u{200b}",
    "\u{feff}",
    "\u{202e}",
    "> ",
    "- ",
    "1. ",
    "# ",
    "```",
    "```\n",
    "~~~\n",
    "`",
    "``",
    "<details>",
    "</details>",
    "<b>",
    "</b>",
    "<pre>",
    "</pre>",
    "<!--",
    "-->",
    "$$",
    "$$\n",
    "\\[",
    "\\]",
    "\\",
    "| a |",
    "|-|",
    "[^1]: ",
    "[^1]",
    "[x](y)",
    "[",
    "](",
    "*",
    "**",
    "_",
    "~~",
    "---",
    "===",
    "&amp;",
    "&#47;",
    "é",
    "—",
    "@91bc0d2",
    "@quinn",
    "word ",
    "a",
    ": ",
    "<http://a>",
    "\0",
    "😀",
];

/// Runs the figure, each part no longer than `limit`.
pub(crate) fn run(seed: u64, times: Times, limit: Duration) -> Outcome {
    let mut random = StdRng::seed_from_u64(seed);
    let mut outcome = Outcome::default();
    let gates = gates();
    let recorded = recorded();
    let mut spoke = 0;
    let comments = repeat(times.comments, limit, || {
        spoke += u64::from(comment(&mut random, &gates, &mut outcome));
    });
    let bodies = repeat(times.bodies, limit, || {
        body(&mut random, &recorded, &mut outcome);
    });
    let signatures = repeat(times.signatures, limit, || {
        signature(&mut random, &recorded, &mut outcome);
    });
    outcome.counts = vec![
        (comments, "comments"),
        (spoke, "of them with commands"),
        (bodies, "mutated bodies"),
        (signatures, "bad signatures"),
    ];
    outcome
}

/// Does something so often, but no longer than that; how often it was done.
fn repeat(times: u64, limit: Duration, mut act: impl FnMut()) -> u64 {
    let began = Instant::now();
    let mut done = 0;
    while done < times && began.elapsed() < limit {
        act();
        done += 1;
    }
    done
}

fn gates() -> GateTable {
    let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
    let gates = [gate("qa-review", "qa"), gate("security-review", "security")];
    GateTable::new(gates).unwrap_or_default()
}

/// One comment, as it is and in code; whether it holds commands.
fn comment(random: &mut StdRng, gates: &GateTable, outcome: &mut Outcome) -> bool {
    let pieces = random.random_range(1..24);
    let body: String = (0..pieces)
        .filter_map(|_| FRAGMENTS.choose(random).copied())
        .collect();
    let read = |text: &str| catch_unwind(AssertUnwindSafe(|| parse(text, gates)));
    let quoted = format!("> {}", body.replace('\n', "\n> "));
    let fence = "`".repeat(3 + body.matches('`').count());
    let fenced = format!("{fence}\n{body}\n{fence}");
    for dead in [quoted, fenced] {
        match read(&dead) {
            Ok(reading) if reading.is_empty() => {}
            other => outcome.accuse(|| format!("{dead:?} is code, and was read as {other:?}")),
        }
    }
    match read(&body) {
        Ok(reading) => {
            if reading.commands.len() > MAX_COMMANDS || reading.misuses.len() > MAX_MISUSES {
                outcome.accuse(|| format!("{body:?} has more commands than are run"));
            }
            !reading.commands.is_empty()
        }
        Err(_) => {
            outcome.accuse(|| format!("{body:?} panics"));
            false
        }
    }
}

/// A delivery as a real server signed and sent it.
struct Recorded {
    body: Vec<u8>,
    signature: HeaderValue,
    secret: String,
}

fn recorded() -> Vec<Recorded> {
    let files = [
        include_str!("../fixtures/recordings/1.23.8/raw-deliveries.json"),
        include_str!("../fixtures/recordings/1.24.7/raw-deliveries.json"),
        include_str!("../fixtures/recordings/1.25.4/raw-deliveries.json"),
        include_str!("../fixtures/recordings/1.26.3/raw-deliveries.json"),
    ];
    let read = |file: &str| -> Option<Vec<Recorded>> {
        let file: Value = serde_json::from_str(file).ok()?;
        let secret = file["secret"].as_str()?;
        let deliveries = file["deliveries"].as_object()?.values();
        let one = |delivery: &Value| {
            Some(Recorded {
                body: delivery["body"].as_str()?.as_bytes().to_vec(),
                signature: HeaderValue::from_str(
                    delivery["headers"]["x-gitea-signature"].as_str()?,
                )
                .ok()?,
                secret: secret.to_owned(),
            })
        };
        deliveries.map(one).collect()
    };
    files.into_iter().filter_map(read).flatten().collect()
}

impl Recorded {
    fn is_believed(&self, body: &[u8], signature: HeaderValue) -> bool {
        let secrets = Secrets::new([self.secret.clone().into()]);
        let name = HeaderName::from_static("x-gitea-signature");
        let headers = HeaderMap::from_iter([(name, signature)]);
        secrets.verify(&headers, body).is_ok()
    }
}

/// A body that is not what was signed is not believed; one that is signed anew, by somebody who
/// knows the secret, is read or refused and breaks nothing.
fn body(random: &mut StdRng, recorded: &[Recorded], outcome: &mut Outcome) {
    let Some(delivery) = recorded.choose(random) else {
        return outcome.accuse(|| String::from("no delivery was recorded"));
    };
    let mut body = delivery.body.clone();
    for _ in 0..random.random_range(1..6) {
        mutate(random, &mut body);
    }
    if body == delivery.body {
        return;
    }
    if delivery.is_believed(&body, delivery.signature.clone()) {
        outcome.accuse(|| format!("believed: {}", String::from_utf8_lossy(&body)));
    }
    if catch_unwind(AssertUnwindSafe(|| Payload::parse(&body))).is_err() {
        outcome.accuse(|| format!("panics: {}", String::from_utf8_lossy(&body)));
    }
}

/// One change: a byte, a cut, a repetition, a number at its limits, a nesting, invalid UTF-8.
fn mutate(random: &mut StdRng, body: &mut Vec<u8>) {
    let at = random.random_range(0..=body.len());
    let to = body.len().min(at + random.random_range(0..64));
    match random.random_range(0..8) {
        0 if at < body.len() => body[at] = random.random(),
        1 => body.truncate(at),
        2 => drop(body.drain(at..to)),
        3 => {
            let again = body[at..to].to_vec();
            body.splice(at..at, again);
        }
        4 => {
            let limits = [
                "0",
                "-1",
                "18446744073709551616",
                "1e999",
                "null",
                "\"\"",
                "[]",
                "{}",
            ];
            let limit = limits.choose(random).copied().unwrap_or_default();
            body.splice(at..to, limit.bytes());
        }
        5 => {
            let depth = random.random_range(1..300);
            body.splice(at..at, std::iter::repeat_n(b'[', depth));
        }
        6 => {
            body.splice(at..at, [0xC3, 0x28, 0xFF]);
        }
        _ if at < body.len() => drop(body.swap_remove(at)),
        _ => {}
    }
}

/// A signature that is not this body's: random, cut, of another body, of another secret.
fn signature(random: &mut StdRng, recorded: &[Recorded], outcome: &mut Outcome) {
    let Some(delivery) = recorded.choose(random) else {
        return outcome.accuse(|| String::from("no delivery was recorded"));
    };
    let good = delivery.signature.to_str().unwrap_or_default();
    let forged = match random.random_range(0..5) {
        0 => hex::encode(random.random::<[u8; 32]>()),
        1 => good[..random.random_range(0..good.len())].to_owned(),
        2 => flip(random, good),
        3 => sign(&delivery.secret, &delivery.body[1..]),
        _ => sign(
            &format!("{}{}", delivery.secret, random.random::<u8>()),
            &delivery.body,
        ),
    };
    let header = HeaderValue::from_str(&forged);
    if header.is_ok_and(|header| delivery.is_believed(&delivery.body, header)) {
        outcome.accuse(|| format!("the signature {forged} was believed"));
    }
}

fn flip(random: &mut StdRng, good: &str) -> String {
    let at = random.random_range(0..good.len());
    let other = if good[at..].starts_with('0') {
        "1"
    } else {
        "0"
    };
    [&good[..at], other, &good[at + 1..]].concat()
}

fn sign(secret: &str, body: &[u8]) -> String {
    let Ok(key) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    hex::encode(key.chain_update(body).finalize().into_bytes())
}
