//! Writing answers and complaints. `println!` would panic when a reader such as `head` goes away.

use super::Exit;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes the answer to standard output. A reader that has seen enough is no failure.
pub(crate) fn answer(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(&format!("the answer could not be written: {error}"));
            Exit::Io
        }
        _ => Exit::Done,
    }
}

/// Ends with why, in the program's name, on standard error.
pub(crate) fn fail(why: impl Display, exit: Exit) -> Exit {
    complain(&format!("refire: {why}"));
    exit
}

/// Writes a line to standard error, where nothing can be done about a failure.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
