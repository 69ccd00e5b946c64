//! The store on disk: whose it is, whether there is room, and what waits in it.

use super::identities::running::Running;
use super::{Area, Check, Finding};
use crate::decide::reply::text::{code, counted};
use crate::memo::{self, Swept, Verified};
use crate::model::RepositoryId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use state::{Stats, Store, StoreError};
use std::path::PathBuf;
use std::time::Duration;

const AREA: Area = Area::Store;
/// Less room than this fills up within days.
const ROOM: u64 = 512 * 1024 * 1024;
/// Less than this and the store will fail soon.
const LEAST: u64 = 64 * 1024 * 1024;
/// Whatever waits longer than this does not wait for its turn.
const LONG: SignedDuration = SignedDuration::from_mins(10);

/// What the bot remembers, as far as the doctor asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Items in the inbox.
    pub inbox: u64,
    /// Effects in the outbox.
    pub outbox: u64,
    /// When the oldest waiting item arrived. `None`: none waits.
    pub oldest_item: Option<Timestamp>,
    /// When the oldest queued effect was decided. `None`: none is queued.
    pub oldest_effect: Option<Timestamp>,
    /// When the last sweep ended. `None`: none is remembered.
    pub swept: Option<Timestamp>,
    /// Repositories by number, with when a delivery of each was last verified.
    pub verified: Vec<(u64, Timestamp)>,
    /// Its identities as it sees them. `None`: it does not run, or does not know them yet.
    #[serde(default)]
    pub identities: Option<Running>,
}

/// What is known of the store.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where it is.
    pub path: PathBuf,
    /// Who has it, and what is in it.
    pub seen: Seen,
    /// Free bytes where it is. `None`: the system does not say.
    pub free: Option<u64>,
    /// The pause between sweeps. `None`: there are none.
    pub every: Option<Duration>,
    /// Now, by our clock.
    pub now: Timestamp,
}

/// Who has the store, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The running bot told.
    Running(Memory),
    /// The bot does not run; it was read from disk.
    Idle(Memory),
    /// There is none yet.
    Absent,
    /// Somebody has it open and does not answer on the socket; why.
    Silent(String),
    /// Another version of this program, or another program, wrote it.
    Foreign(String),
    /// It cannot be read.
    Unusable(String),
}

impl Seen {
    /// What the bot remembers. `None`: it could not be asked.
    #[must_use]
    pub const fn memory(&self) -> Option<&Memory> {
        match self {
            Self::Running(memory) | Self::Idle(memory) => Some(memory),
            _ => None,
        }
    }
}

/// Reads what is asked of an open store.
///
/// # Errors
/// The store's.
pub async fn recall(store: &dyn Store, repositories: &[u64]) -> Result<Memory, StoreError> {
    let Stats {
        inbox,
        outbox,
        oldest_item,
        oldest_effect,
    } = store.stats().await?;
    let moment = |at: state::Millis| Timestamp::from_millisecond(at.get()).ok();
    let swept = memo::recall::<Swept>(store, &memo::of_everything::<Swept>()).await?;
    let mut verified = Vec::new();
    for id in repositories {
        let key = memo::of_repository::<Verified>(RepositoryId::new(*id));
        let told = memo::recall::<Verified>(store, &key).await?;
        verified.extend(told.map(|told| (*id, told.at)));
    }
    Ok(Memory {
        inbox,
        outbox,
        oldest_item: oldest_item.and_then(moment),
        oldest_effect: oldest_effect.and_then(moment),
        swept: swept.map(|swept| swept.at),
        verified,
        identities: None,
    })
}

/// What is to be said.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let path = code(facts.path.display());
    let mut findings = vec![judge_seen(&path, &facts.seen)];
    findings.extend(facts.free.and_then(|free| judge_room(&path, free)));
    if let Some(memory) = facts.seen.memory() {
        let runs = matches!(facts.seen, Seen::Running(_));
        findings.extend(judge_sweep(facts, memory.swept, runs));
        findings.push(judge_waiting(facts, memory, runs));
    }
    findings
}

fn judge_seen(path: &str, seen: &Seen) -> Finding {
    match seen {
        Seen::Running(_) => {
            let what = format!("the bot runs and has the store {path} open");
            Finding::ok(AREA, Check::Lock, what)
        }
        Seen::Idle(_) => {
            let what = format!("the store {path} is whole, and the bot does not run");
            let repair = "start it with `refire serve`";
            Finding::warn(AREA, Check::Lock, what).repaired_by(repair)
        }
        Seen::Absent => {
            let what = format!("there is no store {path} yet");
            let repair = "start the bot with `refire serve`, which makes it";
            Finding::warn(AREA, Check::Lock, what).repaired_by(repair)
        }
        Seen::Silent(why) => {
            let what = format!("the store {path} is in use, and whoever has it does not answer");
            let repair = "see to it that one `refire serve` has it, and that the doctor runs as the same user";
            let finding = Finding::warn(AREA, Check::Socket, what);
            finding.repaired_by(repair).seen(why.as_str())
        }
        Seen::Foreign(why) => {
            let repair =
                "start the version that wrote it, or move it aside: it is built anew from Gitea";
            let what = format!("the store {path} belongs to something else");
            let finding = Finding::fail(AREA, Check::Schema, what);
            finding.repaired_by(repair).seen(why.as_str())
        }
        Seen::Unusable(why) => {
            let repair =
                "give the bot's user access to it, or let `refire serve` move a damaged one aside";
            let what = format!("the store {path} cannot be read");
            let finding = Finding::fail(AREA, Check::Lock, what);
            finding.repaired_by(repair).seen(why.as_str())
        }
    }
}

fn judge_room(path: &str, free: u64) -> Option<Finding> {
    if free >= ROOM {
        return None;
    }
    let what = format!("{} MiB are free where {path} is", free / 1024 / 1024);
    let finding = if free < LEAST {
        Finding::fail(AREA, Check::Disk, what)
    } else {
        Finding::warn(AREA, Check::Disk, what)
    };
    Some(finding.repaired_by("make room on that disk"))
}

/// A bot that does not run sweeps nothing, which is said elsewhere.
fn judge_sweep(facts: &Facts, swept: Option<Timestamp>, runs: bool) -> Option<Finding> {
    let every = facts.every?;
    let ago = |at: Timestamp| facts.now.duration_since(at);
    let patience = SignedDuration::try_from(every * 3).unwrap_or(SignedDuration::MAX) + LONG;
    match swept {
        Some(at) if !runs || ago(at) <= patience => {
            let what = format!(
                "the last sweep ended at {}",
                at.strftime("%Y-%m-%d %H:%M:%S UTC")
            );
            Some(Finding::ok(AREA, Check::Sweep, what))
        }
        Some(at) => {
            let what = format!("the last sweep ended {} min ago", ago(at).as_mins());
            let repair = "read the bot's log: it says why a sweep cannot end";
            Some(Finding::fail(AREA, Check::Sweep, what).repaired_by(repair))
        }
        None if runs => {
            let what = "no sweep has ended yet";
            let repair = "wait for the first sweep, and read the bot's log if it does not end";
            Some(Finding::warn(AREA, Check::Sweep, what).repaired_by(repair))
        }
        None => None,
    }
}

fn judge_waiting(facts: &Facts, memory: &Memory, runs: bool) -> Finding {
    let oldest = [memory.oldest_item, memory.oldest_effect];
    let oldest = oldest.into_iter().flatten().min();
    let old = oldest.filter(|at| facts.now.duration_since(*at) > LONG);
    let items = counted(memory.inbox, "item", "items");
    let effects = counted(memory.outbox, "effect", "effects");
    let Some(at) = old else {
        let what = format!("{items} and {effects} wait, none for long");
        return Finding::ok(AREA, Check::Waiting, what);
    };
    let since = at.strftime("%Y-%m-%d %H:%M UTC");
    let what = format!("{items} and {effects} wait, the oldest since {since}");
    let repair = if runs {
        "read the bot's log: it says what it cannot do"
    } else {
        "start the bot with `refire serve`: it goes on where it stopped"
    };
    Finding::warn(AREA, Check::Waiting, what).repaired_by(repair)
}
