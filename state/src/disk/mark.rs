//! The mark: a small file beside the database with the number of the last batch
//! that was acknowledged.
//!
//! The library ends reading its log at the first message that it does not
//! understand, and takes what comes before for all there is. Whoever opens the
//! store compares: if the mark is ahead of the database, something that was
//! acknowledged is gone. The mark is written after the flush, so it is never
//! ahead by itself, whether or not it reached the disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::StoreError;

/// Its name within the store's directory.
const NAME: &str = "mark";

/// The file.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    /// Opens it, and creates it if there is none.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.open(directory.join(NAME)).map(Self)
    }

    /// Says that this batch was acknowledged.
    pub(super) fn set(&self, number: u64) -> io::Result<()> {
        let number = number.to_be_bytes();
        self.0.write_all_at([number, number].as_flattened(), 0)
    }

    /// The batch that was acknowledged last: none, if the file is empty.
    pub(super) fn get(&self) -> Result<u64, StoreError> {
        let mut bytes = [0; 17];
        let length = self.0.read_at(&mut bytes, 0);
        let length = length.map_err(|error| StoreError::Failed(error.to_string()))?;
        match bytes.get(..length).unwrap_or_default().as_chunks::<8>() {
            ([], []) => Ok(0),
            ([one, other], []) if one == other => Ok(u64::from_be_bytes(*one)),
            _ => Err(StoreError::Damaged("its mark")),
        }
    }
}
