//! Peak memory of the release binary: idle, and while it evaluates a pull request with 10,000
//! comments of 4 KiB on an empty store. Prints both against their marks.
//!
//! `cargo bench --bench memory`; reads the peak from `/proc`, so it runs on Linux.

use forge::{Forge, Version};
use std::error::Error;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "a secret of the benchmark";
const COMMENTS: usize = 10_000;
const COMMENT: usize = 4 * 1024;
const PATIENCE: Duration = Duration::from_secs(300);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The bot as its own process.
struct Bot {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Bot {
    fn start(forge: &Forge) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let child = Command::new(env!("CARGO_BIN_EXE_refire"))
            .arg("serve")
            .env_clear()
            .env("REFIRE_FORGE__URL", forge.url())
            .env("REFIRE_FORGE__REPOSITORIES", "[\"acme/*\"]")
            .env("REFIRE_WEBHOOK__LISTEN", &address)
            .env("REFIRE_SWEEP__EVERY", "off")
            .env("REFIRE_TOKEN", forge.token("bot"))
            .env("REFIRE_WEBHOOK_SECRET", SECRET)
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            child,
            address,
            _folder: folder,
        })
    }

    /// The peak of resident memory so far, in KiB.
    fn peak(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .ok_or("no peak in /proc")?;
        let kib = line.split_whitespace().nth(1).ok_or("no number in /proc")?;
        Ok(kib.parse()?)
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Outcome<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

/// Waits until the bot says that it is ready.
async fn ready(bot: &Bot) -> Outcome<()> {
    let began = Instant::now();
    loop {
        let answer = reqwest::get(format!("http://{}/readyz", bot.address)).await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err("the bot did not become ready".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let forge = Forge::start(Version::V1_26).await;
    forge.standard_world();
    let pull = forge.pull("alice");
    pull.approved_by("quinn");
    let body = "no command in here, only words. ".repeat(COMMENT / 32);
    for _ in 0..COMMENTS {
        pull.comment("bob", &body);
    }
    let bot = Bot::start(&forge)?;
    ready(&bot).await?;
    let idle = bot.peak()?;
    let _hook = forge
        .org("acme")
        .hook(&format!("http://{}/webhook", bot.address), SECRET);
    let began = Instant::now();
    pull.comment("alice", "/refire qa");
    while pull.comments_by("refire").is_empty() {
        if began.elapsed() > PATIENCE {
            return Err("the command was not answered".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let busy = bot.peak()?;
    println!("memory: peak idle {:.1} MiB (mark 20)", mib(idle));
    println!(
        "memory: peak evaluating {COMMENTS} comments of {COMMENT} bytes on an empty store {:.1} MiB (mark 64), {:.1} s",
        mib(busy),
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
