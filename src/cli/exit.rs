//! What the numbers mean that the program exits with.

use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; of `check`: every gate that was asked for is satisfied; of `doctor`: nothing fails.
    Done,
    /// 1: of `check`: a gate is not satisfied; of `doctor`: something fails; of `health`: not ready.
    NotSatisfied,
    /// 2: of `check` and `doctor`: it could not be found out; of `rebuild`: Gitea could not be read.
    Unknown,
    /// 64: the arguments or the configuration are wrong (`EX_USAGE`).
    Usage,
    /// 70: `serve` ended although nobody asked it to; the store cannot be had (`EX_SOFTWARE`).
    Failed,
    /// 74: standard input or output failed (`EX_IOERR`).
    Io,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotSatisfied => 1,
            Self::Unknown => 2,
            Self::Usage => 64,
            Self::Failed => 70,
            Self::Io => 74,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.code().into()
    }
}
