//! The commit that a declaration names: `@91bc0d2`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The beginning of a commit's id as somebody typed it: 7 to 64 hexadecimal digits, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitPrefix(String);

/// The word is no commit: not 7 to 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a commit is 7 to 64 hexadecimal digits")]
pub struct NotACommit;

impl CommitPrefix {
    /// Checks `word`, given without the `@`. Upper case is accepted.
    ///
    /// # Errors
    /// The word has another length or another character.
    pub fn new(word: &str) -> Result<Self, NotACommit> {
        let fits = (7..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(word.to_ascii_lowercase()))
            .ok_or(NotACommit)
    }

    /// The digits, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `sha`, a full id in either case, begins with this.
    pub fn names(&self, sha: &str) -> bool {
        sha.get(..self.0.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(&self.0))
    }
}

impl fmt::Display for CommitPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CommitPrefix {
    type Error = NotACommit;

    fn try_from(word: String) -> Result<Self, NotACommit> {
        Self::new(&word)
    }
}

impl From<CommitPrefix> for String {
    fn from(commit: CommitPrefix) -> Self {
        commit.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_to_sixty_four_digits_are_a_commit() {
        for (word, fits) in [
            ("91bc0d2", true),
            ("91BC0D2", true),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
            ("91bc0d", false),
            ("91bc0dg", false),
            ("", false),
        ] {
            assert_eq!(CommitPrefix::new(word).is_ok(), fits, "{word}");
        }
    }

    #[test]
    fn upper_case_is_stored_lower() {
        let commit = CommitPrefix::new("91BC0D2").unwrap();
        assert_eq!(commit.as_str(), "91bc0d2");
        assert!(commit.names("91bc0d2f00") && commit.names("91BC0D2"));
        assert!(!commit.names("91bc0d") && !commit.names("a91bc0d2"));
    }
}
