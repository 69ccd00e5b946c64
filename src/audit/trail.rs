//! Writing: one line after the other, durably, and what is too old goes.

use super::line::{Entry, Hash, What};
use super::read::Lines;
use super::{ENDING, HEAD, files};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How long lines are kept, in whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep(pub u16);

/// A trail that is written. There is one per process, and the store's lock keeps others away.
#[derive(Debug)]
pub struct Trail {
    directory: PathBuf,
    keep: Keep,
    end: Mutex<End>,
}

/// Where the next line goes.
#[derive(Debug)]
struct End {
    head: Head,
    today: Option<Today>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: Hash,
}

/// The file that is written, and how long it is with whole lines only.
#[derive(Debug)]
struct Today {
    day: Date,
    file: File,
    length: u64,
}

impl Trail {
    /// Opens the trail in this directory, which is made if it is not there. The rest of a line that a
    /// crash has cut off is removed: nothing was committed because of it.
    ///
    /// # Errors
    /// The directory cannot be read or written.
    pub fn open(directory: &Path, keep: Keep) -> io::Result<Self> {
        let mut made = DirBuilder::new();
        made.recursive(true).mode(0o700).create(directory)?;
        let head = match files(directory)?.last() {
            Some((_, newest)) => {
                cut(newest)?;
                last(directory)?
            }
            None => None,
        };
        let first = Head {
            seq: 0,
            hash: Hash::none(),
        };
        Ok(Self {
            directory: directory.to_owned(),
            keep,
            end: Mutex::new(End {
                head: head.unwrap_or(first),
                today: None,
            }),
        })
    }

    /// Writes a line, and what is too old goes with the first of a day. It is on disk when this returns.
    ///
    /// # Errors
    /// The disk. The line may be there or not; what it decides must not be done.
    pub fn append(&self, at: Timestamp, what: What) -> io::Result<()> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let day = at.to_zoned(TimeZone::UTC).date();
        let is_new = end.today.as_ref().is_none_or(|today| today.day < day);
        if is_new {
            end.today = Some(self.begin(day)?);
        }
        self.write(&mut end, at, what)?;
        if is_new {
            self.forget(&mut end, at)?;
        }
        Ok(())
    }

    fn begin(&self, day: Date) -> io::Result<Today> {
        let path = self.directory.join(format!("{day}{ENDING}"));
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(path)?;
        File::open(&self.directory)?.sync_all()?;
        let length = file.metadata()?.len();
        Ok(Today { day, file, length })
    }

    fn write(&self, end: &mut End, at: Timestamp, what: What) -> io::Result<()> {
        let Some(today) = &mut end.today else {
            return Err(io::Error::other("there is no file"));
        };
        let entry = Entry {
            seq: end.head.seq.saturating_add(1),
            prev: end.head.hash.clone(),
            at,
            what,
        };
        let (mut line, hash) = entry.seal()?;
        line.push('\n');
        // What a failed try has left behind goes first.
        today.file.set_len(today.length)?;
        today.file.write_all(line.as_bytes())?;
        today.file.sync_data()?;
        today.length = today.length.saturating_add(line.len() as u64);
        end.head = Head {
            seq: entry.seq,
            hash,
        };
        self.point(&end.head)
    }

    /// Says which line is the last. Not synced: that the trail is longer than its head says is no loss.
    fn point(&self, head: &Head) -> io::Result<()> {
        let beside = self.directory.join("head.new");
        fs::write(&beside, serde_json::to_vec(head)?)?;
        fs::rename(beside, self.directory.join(HEAD))
    }

    /// Removes the files whose days are over for longer than is kept, after the trail says so.
    fn forget(&self, end: &mut End, at: Timestamp) -> io::Result<()> {
        let days = SignedDuration::from_hours(24 * i64::from(self.keep.0));
        let oldest = at.saturating_sub(days).unwrap_or(Timestamp::MIN);
        let oldest = oldest.to_zoned(TimeZone::UTC).date();
        let files = files(&self.directory)?;
        let old: Vec<&PathBuf> = files
            .iter()
            .filter(|(day, _)| *day < oldest)
            .map(|(_, path)| path)
            .collect();
        let Some(newest) = old.last() else {
            return Ok(());
        };
        let through = Lines::of(newest)?.filter_map(Result::ok).last();
        if let Some((entry, _)) = through {
            let through = entry.seq;
            self.write(end, at, What::Forgotten { through })?;
        }
        old.into_iter().try_for_each(fs::remove_file)
    }
}

/// Removes what stands behind the last whole line.
fn cut(file: &Path) -> io::Result<()> {
    let text = fs::read(file)?;
    let whole = text.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |end| end + 1);
    if whole < text.len() {
        tracing::warn!(file = %file.display(), "a line that a crash has cut off was removed from the audit trail");
        OpenOptions::new()
            .write(true)
            .open(file)?
            .set_len(whole as u64)?;
    }
    Ok(())
}

/// The last line that can be read. Where it cannot, the trail goes on behind what it says of itself.
fn last(directory: &Path) -> io::Result<Option<Head>> {
    for (_, file) in files(directory)?.iter().rev() {
        let read = Lines::of(file)?.filter_map(Result::ok).last();
        if let Some((entry, hash)) = read {
            let seq = entry.seq;
            return Ok(Some(Head { seq, hash }));
        }
    }
    Ok(head(directory))
}

/// The last line as the trail says of itself. `None`: it does not say.
pub(super) fn head(directory: &Path) -> Option<Head> {
    let bytes = fs::read(directory.join(HEAD)).ok()?;
    serde_json::from_slice(&bytes).ok()
}
