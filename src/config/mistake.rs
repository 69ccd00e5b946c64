//! What is wrong with a configuration, one sentence each, all of them at once.

use super::Origin;
use std::fmt;

/// One mistake: where, which key, and what would be right. Never a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    origin: Origin,
    key: String,
    says: String,
}

impl Mistake {
    /// A mistake at a place. An empty key means that the whole file or variable is meant.
    pub(super) fn new(origin: Origin, key: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            origin,
            key: key.into(),
            says: says.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.origin.place() {
            write!(f, "{place}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.says)
    }
}

/// Every mistake that was found, in the order of the file, then of the variables. Never empty.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Puts the mistakes in order. The same sentence about the same place is said once.
    pub(super) fn new(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort();
        mistakes.dedup();
        Self(mistakes)
    }

    /// The mistakes one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}
