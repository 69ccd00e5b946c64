//! Reading files that somebody named: never without end.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reads a text of at most so many KiB.
pub(super) fn read(path: &Path, kib: u64) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(kib * 1024 + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > kib * 1024 {
        return Err(io::Error::other(format!("it is larger than {kib} KiB")));
    }
    Ok(text)
}
