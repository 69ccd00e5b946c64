//! The audit trail: every decision with its facts, evidence, verdict, effects and what triggered it,
//! a line each, each bound to the line before it.
//!
//! The lines are JSON in files of a day, in a directory of their own beside the store: the store may be
//! deleted and is built anew from Gitea, which does not know why something was green last month.
//! **Invariant:** a line is on disk before anything that it decides is committed, so that no status is
//! posted that the trail does not know; a turn that is repeated after a crash may stand in it twice. No
//! secret comes in: an [`Evaluation`] has none. What is answered where no gate was looked at (nothing could be
//! read, it is a plain issue, or it has to wait) is an entry without gates.
//!
//! `line` is the form of one line, `trail` writes, `read` reads and verifies.

mod line;
mod read;
mod tell;
mod trail;

#[cfg(test)]
mod tests;

pub use line::{Entry, Hash, What};
pub use read::{Broken, Lines, Sound, verify};
pub use tell::{indented, plain, tell, tell_gate, triggers};
pub use trail::{Keep, Trail};

use crate::decide::evaluation::Evaluation;
use std::path::{Path, PathBuf};

/// What the names of the files of a trail end with; before it stands the day (UTC).
const ENDING: &str = ".jsonl";
/// The file that says which line is the last, so that one that is removed from the end is missed.
const HEAD: &str = "head.json";

/// The files of a trail with their days, the oldest first.
fn files(directory: &Path) -> std::io::Result<Vec<(jiff::civil::Date, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let day = name.to_str().and_then(|name| name.strip_suffix(ENDING));
        if let Some(day) = day.and_then(|day| day.parse().ok()) {
            files.push((day, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}
