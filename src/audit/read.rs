//! Reading, and whether every line is there and as it was written.

use super::line::{Entry, Hash, What};
use super::{files, trail};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// The longest line that is read, in bytes: far more than one evaluation has.
const LONGEST: u64 = 64 << 20;

/// A line with its hash, or what is wrong with it as the end of a sentence.
pub(super) type Read = Result<(Entry, Hash), String>;

/// The lines of one file, each read or with what is wrong with it.
#[derive(Debug)]
pub struct Lines {
    file: BufReader<File>,
}

impl Lines {
    /// The lines of this file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = BufReader::new(File::open(path)?);
        Ok(Self { file })
    }

    /// The lines of all files of a trail, in order, with their places.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn all(directory: &Path) -> io::Result<impl Iterator<Item = (PathBuf, usize, Read)>> {
        let files = files(directory)?.into_iter();
        Ok(files.flat_map(|(_, path)| {
            let lines = match Self::of(&path) {
                Ok(lines) => lines.collect(),
                Err(error) => vec![Err(format!("cannot be read: {error}"))],
            };
            let numbered = lines.into_iter().enumerate();
            numbered.map(move |(at, line)| (path.clone(), at + 1, line))
        }))
    }
}

impl Iterator for Lines {
    type Item = Read;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match io::Read::take(&mut self.file, LONGEST).read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => {
                let line = line.strip_suffix('\n').ok_or("is cut off");
                Some(line.and_then(Entry::open).map_err(str::to_owned))
            }
            Err(error) => Some(Err(format!("cannot be read: {error}"))),
        }
    }
}

/// A trail in which nothing is missing and nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The number of the first line that is kept. `None`: there is no line.
    pub first: Option<u64>,
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last one.
    pub last: Option<Hash>,
}

/// Where a trail is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file and the line in it, counted from 1. `None`: the end is missing.
    pub place: Option<(PathBuf, usize)>,
    /// What is wrong there, as the end of a sentence.
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, line)) => write!(f, "line {line} of {} {}", file.display(), self.why),
            None => write!(f, "the trail {}", self.why),
        }
    }
}

/// What has been read, from the first line on.
#[derive(Default)]
struct Chain {
    first: Option<u64>,
    last: Option<(u64, Hash)>,
    forgotten: u64,
    lines: u64,
    /// The line that the trail says is its last was met.
    head_met: bool,
}

/// Reads a trail from end to end: every line is as it was written, none is missing between two, none at
/// the beginning that was not forgotten for its age, and none at the end.
///
/// # Errors
/// The directory cannot be read; inside, the first place where something is wrong.
pub fn verify(directory: &Path) -> io::Result<Result<Sound, Broken>> {
    let head = trail::head(directory);
    let mut chain = Chain::default();
    for (file, line, read) in Lines::all(directory)? {
        let linked = read.and_then(|(entry, hash)| {
            chain.head_met |= head.as_ref().is_some_and(|head| head.hash == hash);
            chain.link(&entry, hash)
        });
        if let Err(why) = linked {
            let place = Some((file, line));
            return Ok(Err(Broken { place, why }));
        }
    }
    Ok(chain.end(head.is_some()))
}

impl Chain {
    fn link(&mut self, entry: &Entry, hash: Hash) -> Result<(), String> {
        if let Some((seq, last)) = &self.last {
            if entry.seq != seq + 1 {
                return Err(format!(
                    "is number {}, and number {} is missing before it",
                    entry.seq,
                    seq + 1
                ));
            }
            if entry.prev != *last {
                return Err(String::from("does not follow the line before it"));
            }
        }
        if let What::Forgotten { through } = entry.what {
            self.forgotten = self.forgotten.max(through);
        }
        self.first.get_or_insert(entry.seq);
        self.last = Some((entry.seq, hash));
        self.lines += 1;
        Ok(())
    }

    fn end(self, has_head: bool) -> Result<Sound, Broken> {
        let broken = |why: String| Err(Broken { place: None, why });
        let first = self.first.unwrap_or(1);
        if first > self.forgotten + 1 {
            return broken(format!(
                "begins with number {first}, and what is missing before it was not forgotten for its age"
            ));
        }
        if has_head && !self.head_met {
            return broken(String::from(
                "ends too early: the line that was the last one is missing",
            ));
        }
        if !has_head && self.lines > 0 {
            return broken(String::from(
                "does not say which line is the last (head.json is missing), so that nobody can tell whether its end is there",
            ));
        }
        Ok(Sound {
            first: self.first,
            lines: self.lines,
            last: self.last.map(|(_, hash)| hash),
        })
    }
}
