//! Where the doctor learns what the bot remembers: from the running bot, or from its store.

use crate::config::Config;
use crate::doctor::store::{Facts, Memory, Seen, recall};
use crate::socket;
use jiff::Timestamp;
use state::{DiskStore, OpenError, Settings, Store as _};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a test delivery is waited for; Gitea gives up after five seconds.
const DELIVERY: Duration = Duration::from_secs(10);
/// Between two questions whether it has come.
const PAUSE: Duration = Duration::from_millis(100);

/// The store of a configuration.
pub(super) struct Stored {
    path: PathBuf,
    every: Option<Duration>,
}

impl Stored {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            path: config.store.clone(),
            every: config.sweep.every,
        }
    }

    /// Everything that is said of the store.
    pub(super) async fn look(&self, repositories: Vec<u64>) -> Facts {
        Facts {
            seen: self.see(&repositories).await,
            path: self.path.clone(),
            free: free(&self.path),
            every: self.every,
            now: Timestamp::now(),
        }
    }

    /// Whether the bot runs.
    pub(super) async fn runs(&self) -> bool {
        socket::ask(&self.path, &[]).await.is_ok()
    }

    /// Waits until the running bot has verified a delivery of this repository. `false`: none came.
    pub(super) async fn hears_of(&self, repository: u64) -> bool {
        let heard = async {
            loop {
                let memory = socket::ask(&self.path, &[repository]).await;
                if memory.is_ok_and(|memory| !memory.verified.is_empty()) {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(DELIVERY, heard).await.is_ok()
    }

    async fn see(&self, repositories: &[u64]) -> Seen {
        let unanswered = match socket::ask(&self.path, repositories).await {
            Ok(memory) => return Seen::Running(memory),
            Err(error) => error,
        };
        if !self.path.join("db").exists() {
            return Seen::Absent;
        }
        match DiskStore::inspect(Settings::new(&self.path)).await {
            Ok(store) => idle(&store, repositories).await,
            Err(OpenError::Locked { .. }) => Seen::Silent(silence(&self.path, &unanswered)),
            Err(error @ OpenError::Schema { .. }) => Seen::Foreign(error.to_string()),
            Err(error) => Seen::Unusable(error.to_string()),
        }
    }
}

async fn idle(store: &DiskStore, repositories: &[u64]) -> Seen {
    let memory: Result<Memory, _> = recall(store, repositories).await;
    let closed = store.close().await;
    match (memory, closed) {
        (Ok(memory), Ok(())) => Seen::Idle(memory),
        (Err(error), _) | (_, Err(error)) => Seen::Unusable(error.to_string()),
    }
}

fn silence(store: &Path, error: &io::Error) -> String {
    format!("{}: {error}", socket::beside(store).display())
}

/// Free bytes for the bot's user, in the directory or the one above it.
fn free(path: &Path) -> Option<u64> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let places = [path, above.unwrap_or(Path::new("."))];
    let room = places
        .iter()
        .find_map(|place| rustix::fs::statvfs(*place).ok())?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}
