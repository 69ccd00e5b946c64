//! The running bot's own door for other subcommands: a Unix socket beside the store.
//!
//! Whoever has the store open has it alone, so `doctor` asks here what is in it. Only the bot's own
//! user may connect. **Invariant:** nothing is changed by asking, every answer is bounded in size
//! and time, and no secret is behind this door. Served by `cli::serve`, asked by `cli::doctor`.

use crate::doctor::identities::running::Running;
use crate::doctor::store::{Memory, recall};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use state::Store;
use std::fmt;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Only the bot's own user.
const MODE: u32 = 0o600;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are answered at once.
const AT_ONCE: usize = 4;
/// About how many repositories one question may be.
const MOST: usize = 200;
/// The largest answer that is read, in bytes: far more than [`MOST`] repositories take.
const LARGEST: u64 = 256 * 1024;

/// Where the socket of a store is.
#[must_use]
pub fn beside(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".sock");
    path.into()
}

/// The socket while it is served; dropping it removes its file.
pub struct Door {
    path: PathBuf,
    stop: CancellationToken,
    identities: Identities,
}

/// How the identities are looked up, once there is somebody who knows them.
type Identities = Arc<OnceLock<Box<dyn Fn() -> Running + Send + Sync>>>;

impl Door {
    /// From now on it also tells of the identities. Whoever was first to know them is asked.
    pub fn tell_of_identities(&self, look: impl Fn() -> Running + Send + Sync + 'static) {
        let _ = self.identities.set(Box::new(look));
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("path", &self.path).finish()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.cancel();
        // Somebody may have tidied up before us.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[derive(Clone)]
struct Desk {
    store: Arc<dyn Store>,
    identities: Identities,
    seats: Arc<Semaphore>,
}

#[derive(Deserialize)]
struct Asked {
    /// Numbers of repositories, with commas between.
    #[serde(default)]
    repositories: String,
}

/// Serves the socket of a store that this process has open. A file that an earlier process left
/// behind is replaced: whoever has the store open is the only one who may serve it.
///
/// # Errors
/// The system's; something other than a socket in that place is left alone.
pub fn open(store_path: &Path, store: Arc<dyn Store>) -> io::Result<Door> {
    let path = beside(store_path);
    let listener = bind(&path)?;
    let stop = CancellationToken::new();
    let identities = Identities::default();
    let desk = Desk {
        store,
        identities: Arc::clone(&identities),
        seats: Arc::new(Semaphore::new(AT_ONCE)),
    };
    let router = Router::new().route("/memory", get(tell)).with_state(desk);
    let ended = stop.clone();
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).into_future();
        ended.run_until_cancelled(serving).await
    });
    Ok(Door {
        path,
        stop,
        identities,
    })
}

/// Under another name first, so that at no moment somebody else may connect.
fn bind(path: &Path) -> io::Result<UnixListener> {
    if path
        .symlink_metadata()
        .is_ok_and(|file| !file.file_type().is_socket())
    {
        return Err(io::Error::other(format!("{} is no socket", path.display())));
    }
    let mut closed = path.as_os_str().to_owned();
    closed.push(".new");
    let closed = PathBuf::from(closed);
    match std::fs::remove_file(&closed) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&closed)?;
    std::fs::set_permissions(&closed, Permissions::from_mode(MODE))?;
    std::fs::rename(&closed, path)?;
    Ok(listener)
}

async fn tell(
    State(desk): State<Desk>,
    Query(asked): Query<Asked>,
) -> Result<Json<Memory>, StatusCode> {
    let _seat = desk
        .seats
        .try_acquire()
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let numbers = asked.repositories.split(',').filter_map(|n| n.parse().ok());
    let numbers: Vec<u64> = numbers.take(MOST).collect();
    match timeout(PATIENCE, recall(&*desk.store, &numbers)).await {
        Ok(Ok(memory)) => Ok(Json(Memory {
            identities: desk.identities.get().map(|look| look()),
            ..memory
        })),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store could not be told of");
            Err(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_) => Err(StatusCode::GATEWAY_TIMEOUT),
    }
}

/// Asks the running bot what it remembers, of these repositories too.
///
/// # Errors
/// Nobody serves the socket, or the answer is none.
pub async fn ask(store_path: &Path, repositories: &[u64]) -> io::Result<Memory> {
    let path = beside(store_path);
    let asking = exchange(&path, repositories);
    let answer = timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::InvalidData)?;
    if !head.starts_with("HTTP/1.1 200 ") {
        let status = head.lines().next().unwrap_or_default().to_owned();
        return Err(io::Error::other(status));
    }
    serde_json::from_str(body).map_err(io::Error::other)
}

/// One request, one connection: no client is needed for that.
async fn exchange(path: &Path, repositories: &[u64]) -> io::Result<String> {
    let numbers: Vec<String> = repositories.iter().take(MOST).map(u64::to_string).collect();
    let mut stream = UnixStream::connect(path).await?;
    let request = format!(
        "GET /memory?repositories={} HTTP/1.1\r\nHost: refire\r\nConnection: close\r\n\r\n",
        numbers.join(",")
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(LARGEST).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memo::{self, Kind as _, Swept, Verified};
    use crate::model::RepositoryId;
    use jiff::Timestamp;
    use state::{Limits, MemoryStore, Millis};

    fn store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(Limits::default()))
    }

    #[tokio::test]
    async fn what_is_remembered_is_told_to_the_own_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refire.db");
        let store = store();
        let at = Timestamp::from_second(1_000_000).unwrap();
        let verified = Verified { at }.memo(memo::of_repository::<Verified>(RepositoryId::new(7)));
        let swept = Swept { at }.memo(memo::of_everything::<Swept>());
        store
            .remember(vec![verified, swept], Millis::new(0))
            .await
            .unwrap();
        let door = open(&path, store).unwrap();
        let mode = beside(&path).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        let memory = ask(&path, &[7, 8]).await.unwrap();
        assert_eq!(memory.verified, [(7, at)]);
        assert_eq!(memory.swept, Some(at));
        assert_eq!(memory.identities, None);
        let twins = Running {
            passed_over: Vec::new(),
            twins: vec![("one".to_owned(), "two".to_owned())],
        };
        let told = twins.clone();
        door.tell_of_identities(move || told.clone());
        assert_eq!(ask(&path, &[]).await.unwrap().identities, Some(twins));
        drop(door);
        assert!(!beside(&path).exists());
        assert!(ask(&path, &[]).await.is_err());
    }

    #[tokio::test]
    async fn a_file_left_behind_is_replaced_and_anything_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refire.db");
        // A process that was killed leaves its file.
        drop(std::os::unix::net::UnixListener::bind(beside(&path)).unwrap());
        assert!(ask(&path, &[]).await.is_err());
        let door = open(&path, store()).unwrap();
        assert!(ask(&path, &[]).await.is_ok());
        drop(door);
        std::fs::write(beside(&path), "a letter").unwrap();
        assert!(open(&path, store()).is_err());
        assert_eq!(std::fs::read_to_string(beside(&path)).unwrap(), "a letter");
    }
}
