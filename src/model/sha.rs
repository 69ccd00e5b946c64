//! Commit ids, always whole.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A full commit id: 40 or 64 lower-case hexadecimal digits. A status is only ever posted on one
/// of these, because Gitea would take a branch's name there too (gitea-facts §2.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha(String);

/// The text is not a full commit id.
#[derive(Debug, thiserror::Error)]
#[error("not a full commit id")]
pub struct ShaError;

impl Sha {
    /// All digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The seven characters that people read.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl FromStr for Sha {
    type Err = ShaError;

    fn from_str(text: &str) -> Result<Self, ShaError> {
        let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if whole {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ShaError)
        }
    }
}

impl TryFrom<String> for Sha {
    type Error = ShaError;

    fn try_from(text: String) -> Result<Self, ShaError> {
        text.parse()
    }
}

impl From<Sha> for String {
    fn from(sha: Sha) -> Self {
        sha.0
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha({})", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_name_is_not_a_commit_id() {
        assert!("main".parse::<Sha>().is_err());
        assert!("3f2a9c1".parse::<Sha>().is_err());
        assert_eq!("A".repeat(40).parse::<Sha>().unwrap().short(), "aaaaaaa");
    }
}
