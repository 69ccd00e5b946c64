//! Where a value came from: the reason why `refire config` and every mistake can say it.

use std::{fmt, sync::Arc};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// It stands in the configuration file; line and column count from 1, columns in characters.
    File {
        /// The file's name as it was given.
        file: Arc<str>,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// This variable gave it.
    Variable(String),
}

impl Origin {
    /// The place as a mistake names it, with its column. `None`: there is no place to point at.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::Default => None,
            Self::File { file, line, column } => Some(format!("{file}:{line}:{column}")),
            Self::Variable(name) => Some(name.clone()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line, .. } => write!(f, "{file}:{line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A value together with where it came from, for rules that compare values of different keys.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    /// The value.
    pub(super) value: T,
    /// Where it came from.
    pub(super) origin: Origin,
}

/// The values alone.
pub(super) fn unplaced<T>(placed: Vec<Placed<T>>) -> Vec<T> {
    placed.into_iter().map(|placed| placed.value).collect()
}
