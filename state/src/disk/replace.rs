//! A store put in the place of another one, which is kept beside it.

use std::fs::{File, TryLockError, rename};
use std::path::{Path, PathBuf};

use super::open::{failed, free_name, locked};
use crate::OpenError;

/// A place that is kept from every other process, whatever is there: a store,
/// a damaged one, one of another schema, or nothing.
#[derive(Debug)]
pub struct Hold {
    path: PathBuf,
    /// `None`: there is no database.
    _lock: Option<File>,
}

impl Hold {
    /// Takes the lock of the store without opening it. [`OpenError::Locked`] if
    /// somebody else has it.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        let lock = File::open(path.join("db")).ok();
        match lock.as_ref().map(File::try_lock) {
            None | Some(Ok(())) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Some(Err(TryLockError::WouldBlock)) => Err(locked(path)),
            Some(Err(TryLockError::Error(error))) => Err(failed(path, error)),
        }
    }

    /// Moves what is there to `<path>.replaced-<stamp>`, and the closed store
    /// `new` to its place. Gives where the old one is now; `None`: there was
    /// none. After an error everything is where it was.
    pub fn replace(self, new: &Path, stamp: &str) -> Result<Option<PathBuf>, OpenError> {
        let path = &self.path;
        let there = path.symlink_metadata().is_ok();
        let aside = there.then(|| free_name(path, &format!("replaced-{stamp}")));
        if let Some(aside) = &aside {
            rename(path, aside)
                .map_err(|error| failed(path, format_args!("it cannot be moved aside: {error}")))?;
        }
        if let Err(error) = rename(new, path) {
            if let Some(aside) = &aside {
                // What cannot be undone is told below, with the names of both.
                let _ = rename(aside, path);
            }
            let new = new.display();
            return Err(failed(
                path,
                format_args!("{new} cannot be put in its place: {error}"),
            ));
        }
        keep_names(path);
        Ok(aside)
    }
}

/// Names survive a power cut once their directory is on disk. Where that cannot
/// be asked for, both stores are still there, under one name or the other.
fn keep_names(path: &Path) {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let synced = File::open(above.unwrap_or(Path::new("."))).and_then(|above| above.sync_all());
    if let Err(error) = synced {
        tracing::debug!(%error, "the directory above the store could not be flushed");
    }
}
