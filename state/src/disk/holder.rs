//! Who has the store: a line in a file beside the database, for whoever finds
//! it locked.
//!
//! **Invariant:** the lock alone decides. What the file says is only repeated.

use std::fs;
use std::path::{Path, PathBuf};

/// Its name within the store's directory.
const NAME: &str = "holder";

/// The longest line that is repeated, in bytes.
const LONGEST: usize = 200;

/// Says that this process has it. Nothing depends on whether that works.
pub(super) fn sign(directory: &Path) {
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy().into_owned();
    let line = format!("process {} on {host}\n", std::process::id());
    if let Err(error) = fs::write(file(directory), line) {
        tracing::debug!(%error, "who has the store could not be written down");
    }
}

/// This process has it no more, or is about to.
pub(super) fn erase(directory: &Path) {
    // It may never have been written.
    let _ = fs::remove_file(file(directory));
}

/// Who has it; `None`: nobody said.
pub(super) fn read(directory: &Path) -> Option<String> {
    let text = fs::read_to_string(file(directory)).ok()?;
    let line = text.lines().next()?.trim();
    let plain = !line.is_empty() && line.len() <= LONGEST && !line.contains(char::is_control);
    plain.then(|| line.to_owned())
}

fn file(directory: &Path) -> PathBuf {
    directory.join(NAME)
}
