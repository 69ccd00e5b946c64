//! Opening: the lock, the schema's version, a first look at every row, and what
//! is done about a damaged store.

use std::fmt::Display;
use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use sled::{Db, IVec};

use super::audit::{Standing, audit};
use super::index::Index;
use super::mark::Mark;
use super::tables::{Beside, META, SCHEMA, SCHEMA_KEY, TREE, Tables};
use super::{DiskStore, Settings, holder, tables};
use crate::{OpenError, StoreError};

/// Beside the database: the version of keys and rows once more.
const SCHEMA_FILE: &str = "schema";

/// An opened database whose rows have been read.
pub(super) struct Found {
    pub(super) tables: Tables,
    pub(super) index: Index,
    pub(super) standing: Standing,
}

/// Why a database could not be used.
enum Trouble {
    /// It is broken: it is to be moved aside.
    Damaged(String),
    /// It is not ours to touch, or the system refuses.
    Refused(OpenError),
}

/// Opens the store. One that is damaged is moved aside, to the returned place.
pub(super) fn open(
    settings: &Settings,
    stamp: &str,
) -> Result<(Found, Option<PathBuf>), OpenError> {
    let opened = match load(settings) {
        Ok(found) => (found, None),
        Err(Trouble::Refused(error)) => return Err(error),
        Err(Trouble::Damaged(reason)) => {
            let aside = move_aside(&settings.path, stamp)?;
            tracing::error!(%reason, aside = %aside.display(),
                "the store was damaged: it was moved aside, and an empty one takes its place");
            (load_undamaged(settings)?, Some(aside))
        }
    };
    holder::sign(&settings.path);
    Ok(opened)
}

/// The same for one that is there, which stays where it is.
pub(super) fn inspect(settings: &Settings) -> Result<DiskStore, OpenError> {
    if !settings.path.join("db").is_file() {
        return Err(failed(&settings.path, "there is none"));
    }
    load_undamaged(settings).map(|found| DiskStore::start(settings, found, (String::new(), 0)))
}

/// An [`OpenError::Failed`].
pub(super) fn failed(path: &Path, reason: impl Display) -> OpenError {
    OpenError::Failed {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn load_undamaged(settings: &Settings) -> Result<Found, OpenError> {
    load(settings).map_err(|trouble| match trouble {
        Trouble::Refused(error) => error,
        Trouble::Damaged(reason) => failed(&settings.path, reason),
    })
}

fn move_aside(path: &Path, stamp: &str) -> Result<PathBuf, OpenError> {
    let aside = free_name(path, &format!("damaged-{stamp}"));
    std::fs::rename(path, &aside).map_err(|error| {
        failed(
            path,
            format!("it is damaged and cannot be moved aside: {error}"),
        )
    })?;
    Ok(aside)
}

/// `<path>.<ending>`, or the same with a number if that is taken.
pub(super) fn free_name(path: &Path, ending: &str) -> PathBuf {
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        PathBuf::from(name)
    };
    let numbered = (2_u32..).map(|number| named(&format!("{ending}-{number}")));
    std::iter::once(named(ending))
        .chain(numbered)
        .find(|name| name.symlink_metadata().is_err())
        .unwrap_or_else(|| named(ending))
}

/// A damaged database may show as a panic inside the library that reads it.
fn load(settings: &Settings) -> Result<Found, Trouble> {
    if is_locked(&settings.path) {
        return Err(Trouble::Refused(locked(&settings.path)));
    }
    let reading = catch_unwind(AssertUnwindSafe(|| read(settings)));
    reading.unwrap_or_else(|_| Err(Trouble::Damaged("reading it ended in a panic".to_owned())))
}

/// An [`OpenError::Locked`].
pub(super) fn locked(path: &Path) -> OpenError {
    OpenError::Locked {
        path: path.to_owned(),
        holder: holder::read(path),
    }
}

/// Whether somebody holds the lock on the database's file. Other reasons why
/// it cannot be opened are left to show when it is.
fn is_locked(path: &Path) -> bool {
    File::open(path.join("db"))
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The library's threads may hold the lock a moment longer than the database.
/// Waits at most two seconds: another process may have taken it meanwhile.
pub(super) fn wait_for_unlock(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while is_locked(path) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
}

fn read(settings: &Settings) -> Result<Found, Trouble> {
    let path = &settings.path;
    let diagnosed = |error: StoreError| match error {
        StoreError::Damaged(_) => Trouble::Damaged(error.to_string()),
        error => Trouble::Refused(failed(path, error)),
    };
    // Opening a database may change its files already, whatever is found in it.
    if let Some(found) = written_schema(path).filter(|found| *found != SCHEMA) {
        return Err(Trouble::Refused(other_schema(path, Some(found))));
    }
    let existed = std::fs::metadata(path.join("db")).is_ok_and(|file| file.len() > 0);
    let db = open_database(settings).map_err(diagnosed)?;
    match schema(&db).map_err(diagnosed)? {
        // The library takes a file of which it understands nothing for a new one.
        Schema::New if existed => {
            return Err(Trouble::Damaged("its version is missing".to_owned()));
        }
        Schema::New | Schema::Known => {}
        Schema::Other(found) => {
            return Err(Trouble::Refused(other_schema(path, found)));
        }
    }
    let written = std::fs::write(path.join(SCHEMA_FILE), format!("{SCHEMA}\n"));
    written.map_err(|error| Trouble::Refused(failed(path, error)))?;
    let file = File::open(path.join("db"));
    let file = file.map_err(|error| Trouble::Refused(failed(path, error)))?;
    let mark = Mark::open(path).map_err(|error| Trouble::Refused(failed(path, error)))?;
    let acknowledged = mark.get().map_err(diagnosed)?;
    let beside = Beside {
        file,
        mark,
        faults: settings.faults.clone(),
        flushed: settings.flushed,
    };
    let tables = Tables::open(db, beside).map_err(diagnosed)?;
    let last = tables.last_batch().map_err(diagnosed)?;
    if last.number < acknowledged {
        return Err(Trouble::Damaged(format!(
            "it ends with batch {}, and {acknowledged} were acknowledged",
            last.number
        )));
    }
    let (index, standing) = audit(&tables, last).map_err(diagnosed)?;
    Ok(Found {
        tables,
        index,
        standing,
    })
}

/// The version that is written beside the database; `None`: none is, or none
/// that can be understood, so that the one inside decides.
fn written_schema(path: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(path.join(SCHEMA_FILE)).ok()?;
    text.trim().parse().ok()
}

fn other_schema(path: &Path, found: Option<u32>) -> OpenError {
    OpenError::Schema {
        path: path.to_owned(),
        found,
        known: SCHEMA,
    }
}

fn open_database(settings: &Settings) -> Result<Db, StoreError> {
    settings.faults.open()?;
    let config = sled::Config::new()
        .path(&settings.path)
        .cache_capacity(settings.cache)
        // Flushing is the writing thread's business alone.
        .flush_every_ms(None);
    config.open().map_err(tables::failed)
}

/// Whose database this is.
enum Schema {
    /// Nobody's until now; our version has just been written.
    New,
    /// Ours, and of this version.
    Known,
    /// Of another version, or with tables that are not ours (`None`). It was
    /// left alone.
    Other(Option<u32>),
}

fn schema(db: &Db) -> Result<Schema, StoreError> {
    let ours = |name: &IVec| *name == db.name() || [META, TREE].iter().any(|ours| *name == ours);
    if !db.is_empty() || !db.tree_names().iter().all(ours) {
        return Ok(Schema::Other(None));
    }
    let meta = db.open_tree(META).map_err(tables::failed)?;
    match meta.get(SCHEMA_KEY).map_err(tables::failed)? {
        Some(found) if *found == SCHEMA.to_be_bytes() => Ok(Schema::Known),
        Some(found) => {
            let version = found.as_ref().try_into().ok().map(u32::from_be_bytes);
            Ok(Schema::Other(version))
        }
        None => {
            meta.insert(SCHEMA_KEY, &SCHEMA.to_be_bytes())
                .map_err(tables::failed)?;
            meta.flush().map_err(tables::failed)?;
            Ok(Schema::New)
        }
    }
}
