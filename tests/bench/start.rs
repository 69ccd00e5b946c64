//! From the start of the program until it is ready, on an empty store and on one with 100,000 records.
//! Prints both against their marks.
//!
//! `cargo bench --bench start`.

use forge::{Forge, Version};
use state::{Commit, DiskStore, Millis, PullKey, Record, Settings, Store as _};
use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "a secret of the benchmark";
const RECORDS: u64 = 100_000;
/// Commits that are under way at the same time, so that one flush serves many.
const AT_ONCE: u64 = 500;
const PATIENCE: Duration = Duration::from_secs(300);
/// How often each is measured; the median counts.
const TIMES: usize = 5;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A process that ends with its measurement.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(forge: &Forge, store: &Path, address: &str) -> Outcome<Bot> {
    let child = Command::new(env!("CARGO_BIN_EXE_refire"))
        .arg("serve")
        .env_clear()
        .env("REFIRE_FORGE__URL", forge.url())
        .env("REFIRE_FORGE__REPOSITORIES", "[\"acme/*\"]")
        .env("REFIRE_WEBHOOK__LISTEN", address)
        .env("REFIRE_STORE__PATH", store)
        .env("REFIRE_SWEEP__EVERY", "off")
        .env("REFIRE_SWEEP__RECONCILE", "off")
        .env("REFIRE_TOKEN", forge.token("bot"))
        .env("REFIRE_WEBHOOK_SECRET", SECRET)
        .stderr(Stdio::null())
        .spawn()?;
    Ok(Bot(child))
}

/// The median time until it is ready.
async fn until_ready(forge: &Forge, store: &Path) -> Outcome<Duration> {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?.to_string();
        drop(socket);
        let began = Instant::now();
        let _bot = start(forge, store, &address)?;
        loop {
            let answer = reqwest::get(format!("http://{address}/readyz")).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            if began.elapsed() > PATIENCE {
                return Err("the bot did not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took[TIMES / 2])
}

/// Open pull requests, with a record of the usual size each.
async fn fill(store: &Path) -> Outcome<()> {
    let store = DiskStore::open(Settings::new(store), "bench").await?.store;
    let record = || Record {
        bytes: vec![b'x'; 1_000],
        head: b"0123456789012345678901234567890123456789".to_vec(),
        open: true,
    };
    for first in (0..RECORDS).step_by(usize::try_from(AT_ONCE)?) {
        let commits = (first..first + AT_ONCE).map(|number| {
            let pull = PullKey {
                repository: 1,
                number,
            };
            store.commit(Commit {
                record: Some(record()),
                ..Commit::new(pull, Millis::new(1))
            })
        });
        for done in futures::future::join_all(commits).await {
            done?;
        }
    }
    store.close().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let forge = Forge::start(Version::V1_26).await;
    forge.standard_world();
    let folder = tempfile::tempdir()?;
    let empty = until_ready(&forge, &folder.path().join("empty.db")).await?;
    println!("ready on an empty store: {empty:.0?} (mark 200 ms)");
    let full = folder.path().join("full.db");
    fill(&full).await?;
    let full = until_ready(&forge, &full).await?;
    println!("ready on {RECORDS} records: {full:.0?} (mark 1 s)");
    Ok(())
}
