//! Figure 9: an hour at twenty deliveries a second, with restarts: memory and store stay as they are,
//! and nothing waits in the end.

use crate::crowd::{Asked, all_answered, all_once, ask, nobodies};
use crate::figure::Outcome;
use crate::theatre::{Running, Theatre, until};
use forge::PullHandle;
use state::{DiskStore, Settings, Store as _};
use std::path::Path;
use std::time::{Duration, Instant};

const PEOPLE: usize = 40;
const PULLS: usize = 120;
/// One delivery in so many holds a command.
const COMMAND_EVERY: usize = 100;
/// Between two deliveries.
const BETWEEN: Duration = Duration::from_millis(50);
/// The longest that anything may wait after the last delivery.
const REST: Duration = Duration::from_secs(60);
/// The store may grow by this while it soaks, in KiB: what is kept of comments that were answered.
const GROWTH: u64 = 16 << 10;

/// What the C library's allocator is told wherever the bot is deployed (`deploy/`): threads share one
/// arena and keep nothing for themselves, and what is large goes back to the system. Left alone, it keeps
/// holes of every thread.
const ALLOCATOR: [(&str, &str); 5] = [
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0",
    ),
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "32768"),
    ("MALLOC_TOP_PAD_", "16384"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// How long it soaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Soak {
    pub(crate) whole: Duration,
    /// When memory is looked at first.
    pub(crate) warm: Duration,
    /// The process is killed and started again so often, in the first half.
    pub(crate) restarts: u32,
}

/// What the process holds, in KiB.
#[derive(Clone, Copy, Debug)]
struct Held {
    memory: u64,
    /// The part of the memory that is not the program itself.
    own: u64,
    store: u64,
}

/// Waits until the process says that nothing waits.
async fn rests(theatre: &Theatre) {
    let waits = async {
        loop {
            let page = reqwest::get(format!("http://{}/metrics", theatre.listen)).await;
            let page = page.expect("an answer").text().await.expect("a page");
            let nothing = ["refire_inbox_items 0\n", "refire_outbox_effects 0\n"];
            if nothing.iter().all(|line| page.contains(line)) {
                return;
            }
            tokio::time::sleep(BETWEEN).await;
        }
    };
    let waited = tokio::time::timeout(REST, waits).await;
    waited.expect("nothing waits in the end");
}

/// A soak under way.
struct Soaking<'a> {
    soak: Soak,
    began: Instant,
    theatre: &'a Theatre,
    running: Running,
    restarts: u32,
    warm: Option<Held>,
    minutes: u64,
}

/// Runs the figure with this program; `tell` hears once a minute how it stands.
pub(crate) async fn run(program: &Path, soak: Soak, tell: impl Fn(String)) -> Outcome {
    let mut theatre = Theatre::of(program).await;
    let variables = [("REFIRE_SWEEP__EVERY", "1m")].into_iter().chain(ALLOCATOR);
    theatre.variables = variables
        .map(|(name, value)| (name, String::from(value)))
        .collect();
    let people = nobodies(&theatre.forge, PEOPLE);
    let pulls: Vec<PullHandle> = (0..PULLS).map(|_| theatre.forge.pull("alice")).collect();
    let mut soaking = Soaking {
        soak,
        began: Instant::now(),
        theatre: &theatre,
        running: theatre.start().await,
        restarts: 0,
        warm: None,
        minutes: 0,
    };
    let mut ticker = tokio::time::interval(BETWEEN);
    let mut told = 0;
    let mut asked: Vec<Asked> = Vec::new();
    while soaking.began.elapsed() < soak.whole {
        ticker.tick().await;
        let is_command = told % COMMAND_EVERY == 0;
        let turn = if is_command { asked.len() } else { told };
        let (pull, who) = (&pulls[turn % PULLS], &people[turn % PEOPLE]);
        match is_command {
            true => asked.push(ask(pull, who, told)),
            false => drop(pull.comment(who, &format!("Looks fine to me, {told}."))),
        }
        told += 1;
        soaking.look(&tell).await;
    }
    until("every command is answered", || all_answered(&asked)).await;
    rests(&theatre).await;
    let mut outcome = Outcome::default();
    outcome.count(told, "deliveries");
    outcome.count(soaking.restarts as usize, "restarts");
    all_once(&mut outcome, &asked);
    soaking.end(&mut outcome).await;
    outcome
}

impl Soaking<'_> {
    /// What is due by the clock: to look at the memory for the first time, to restart, to tell.
    async fn look(&mut self, tell: &impl Fn(String)) {
        let elapsed = self.began.elapsed();
        if self.warm.is_none() && elapsed > self.soak.warm {
            self.warm = Some(self.held());
        }
        let due = self.soak.whole * (self.restarts + 1) / (2 * (self.soak.restarts + 1));
        if self.restarts < self.soak.restarts && self.warm.is_some() && elapsed > due {
            self.restarts += 1;
            self.running.end();
            self.running = self.theatre.start().await;
        }
        if elapsed.as_secs() / 60 > self.minutes {
            self.minutes += 1;
            // What the stand-in remembers is not what soaks here.
            self.theatre.forge.forget_bodies();
            let calls = self.theatre.forge.take_calls().len();
            let (minute, held) = (self.minutes, self.held());
            tell(format!("minute {minute}: {held:?}, {calls} calls"));
        }
    }

    fn held(&self) -> Held {
        Held {
            memory: resident(&self.running, "VmRSS:"),
            own: resident(&self.running, "RssAnon:"),
            store: size(&self.theatre.store()) >> 10,
        }
    }

    /// The process goes; nothing may wait, and it may not have grown.
    async fn end(mut self, outcome: &mut Outcome) {
        let end = self.held();
        self.running.end();
        judge(outcome, self.warm.unwrap_or(end), end);
        let waits = left(self.theatre).await;
        outcome.count(waits, "waiting");
        if waits > 0 {
            outcome.accuse(|| format!("{waits} items or effects wait in the end"));
        }
    }
}

fn judge(outcome: &mut Outcome, warm: Held, end: Held) {
    let kib = |held: u64| usize::try_from(held).unwrap_or(usize::MAX);
    outcome.count(kib(warm.memory), "KiB of memory when warm");
    outcome.count(kib(end.memory), "in the end");
    outcome.count(kib(end.own), "of them its own");
    outcome.count(kib(warm.store), "KiB of store when warm");
    outcome.count(kib(end.store), "in the end");
    if end.memory * 10 > warm.memory * 11 {
        outcome.accuse(|| format!("memory grows: {warm:?}, {end:?}"));
    }
    if end.store > warm.store + GROWTH {
        outcome.accuse(|| format!("the store grows: {warm:?}, {end:?}"));
    }
}

/// The memory of this name that a process holds now, in KiB.
fn resident(running: &Running, name: &str) -> u64 {
    let path = format!("/proc/{}/status", running.id().as_raw_nonzero());
    let status = std::fs::read_to_string(path).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a line").parse().expect("a number")
}

/// The bytes of all files below a directory; one that is gone meanwhile has none.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(file) if file.is_dir() => size(&entry.path()),
            Ok(file) => file.len(),
            Err(_) => 0,
        })
        .sum()
}

/// What waits in the store of a process that has gone.
async fn left(theatre: &Theatre) -> usize {
    let opened = DiskStore::open(Settings::new(theatre.store()), "chaos").await;
    let stats = opened.expect("a store").store.stats().await;
    let stats = stats.expect("the store answers");
    usize::try_from(stats.inbox + stats.outbox).unwrap_or(usize::MAX)
}
