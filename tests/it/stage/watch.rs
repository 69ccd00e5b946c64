//! Whoever logs a secret is seen: everything that is logged while stories are played, at every level, is
//! searched for the secrets of the stage as it is written, and no story ends well after one was.
//!
//! What sled tells is left out, as the program leaves it out: `refire::telemetry` says why.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use forge::Forge;
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, RwLock};
use tracing_subscriber::EnvFilter;

/// Tokens that bots of stories have, by their names in the standard world.
const TOKENS: [&str; 9] = [
    "bot",
    "bot-no-issue",
    "bot-no-organization",
    "bot-no-repository",
    "bot-public-only",
    "bot-read-repository",
    "bot-seed-scopes",
    "strangerbot",
    "weakbot",
];

/// What webhooks of tests are signed with.
const SECRETS: [&str; 5] = [
    super::SECRET,
    "a secret that must not be printed",
    "a secret of the processes",
    "the secret that is new",
    "a-webhook-secret-for-recordings",
];

static BEGUN: Once = Once::new();
static KNOWN: RwLock<Option<Forms>> = RwLock::new(None);
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static SEARCHED: AtomicU64 = AtomicU64::new(0);

/// Watches from now on, whichever story comes first. What is no test is measured, and not watched.
pub(crate) fn begin(forge: &Forge) {
    let Some(directory) = option_env!("CARGO_TARGET_TMPDIR") else {
        return;
    };
    BEGUN.call_once(|| {
        let tokens = TOKENS.map(|name| forge.token(name));
        let tokens = tokens.iter().map(String::as_str);
        let forms = Forms::of(tokens.chain(SECRETS));
        note(directory, &forms);
        *KNOWN.write().expect("nobody panicked") = Some(forms);
        let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("trace,sled=off"));
        log.with_writer(|| Watch).try_init().expect("the only one");
    });
}

/// Watches for one more.
pub(crate) fn also(secret: &str) {
    let mut known = KNOWN.write().expect("nobody panicked");
    let before = known.iter().flat_map(|forms| forms.plain.iter());
    let secrets: Vec<String> = before.cloned().chain([secret.to_owned()]).collect();
    let forms = Forms::of(secrets.iter().map(String::as_str));
    if let Some(directory) = option_env!("CARGO_TARGET_TMPDIR") {
        note(directory, &forms);
    }
    *known = Some(forms);
}

/// What else the tests print is searched for these when all of them are over. Each program of tests has
/// a list of its own, or the last one would leave no other.
fn note(directory: &str, forms: &Forms) {
    let lists = Path::new(directory).join("secrets-of-tests");
    std::fs::create_dir_all(&lists).expect("a folder");
    std::fs::write(lists.join(env!("CARGO_CRATE_NAME")), forms.list()).expect("a file");
}

/// Searches what is logged, to the watch or to what a story reads by itself.
pub(crate) fn search(line: &[u8]) {
    SEARCHED.fetch_add(1, Ordering::Relaxed);
    let known = KNOWN.read().expect("nobody panicked");
    if let Some(forms) = known.as_ref().filter(|forms| forms.are_in(line)) {
        let mut leaks = LEAKS.lock().expect("nobody panicked");
        leaks.push(forms.without(line));
    }
}

/// What was logged that holds a secret, with the secrets left out.
pub(crate) fn leaks() -> Vec<String> {
    LEAKS.lock().expect("nobody panicked").clone()
}

/// How many lines were searched.
pub(crate) fn searched() -> u64 {
    SEARCHED.load(Ordering::Relaxed)
}

/// Secrets in every form in which somebody might write them.
pub(crate) struct Forms {
    plain: Vec<String>,
    all: BTreeSet<String>,
    pattern: Regex,
}

impl Forms {
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let plain: Vec<String> = secrets.into_iter().map(str::to_owned).collect();
        let all: BTreeSet<String> = plain.iter().flat_map(|secret| forms_of(secret)).collect();
        let escaped: Vec<String> = all.iter().map(|form| regex::escape(form)).collect();
        let pattern = Regex::new(&format!("(?i:{})", escaped.join("|")));
        Self {
            plain,
            all,
            pattern: pattern.expect("a pattern"),
        }
    }

    /// Whether one of them is in there.
    pub(crate) fn are_in(&self, bytes: impl AsRef<[u8]>) -> bool {
        self.pattern.is_match(bytes.as_ref())
    }

    fn without(&self, bytes: &[u8]) -> String {
        let shown = self.pattern.replace_all(bytes, &b"(a secret)"[..]);
        String::from_utf8_lossy(&shown).into_owned()
    }

    fn list(&self) -> String {
        self.all.iter().map(|form| format!("{form}\n")).collect()
    }
}

/// As it is, in hexadecimal digits, percent-encoded, in JSON, and in base64 wherever it begins there.
fn forms_of(secret: &str) -> Vec<String> {
    let every: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let some = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    let json = serde_json::Value::from(secret).to_string();
    let mut forms = vec![
        secret.to_owned(),
        hex::encode(secret),
        every,
        some.to_string(),
        secret.replace(' ', "+"),
        json.trim_matches('"').to_owned(),
    ];
    for before in 0..3 {
        let padded = [&vec![0; before], secret.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&padded);
            // The first and the last digits depend on what stands beside it.
            let (from, to) = (before.div_ceil(3) * 4, encoded.len() - 2);
            forms.push(encoded[from.min(to)..to].to_owned());
        }
    }
    forms
}

/// Takes what is logged, one event at a time.
struct Watch;

impl io::Write for Watch {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        search(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
