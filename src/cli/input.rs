//! What is read because an argument names it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The file; `-` is standard input. How much of it is read is the caller's matter.
///
/// # Errors
/// It cannot be opened.
pub(super) fn open(file: &Path) -> io::Result<Box<dyn Read>> {
    Ok(match file.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(file)?),
    })
}
