//! The person that a command names: `@quinn`, or without the sign.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most that a login may have; Gitea allows 40 characters.
const MOST: usize = 40;

/// A login as somebody typed it: 1 to 40 letters and digits, with single `-`, `_` and `.` between
/// them, without an `@`. That is what Gitea allows, and nothing of it is markup.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Person(String);

/// The word is no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login is 1 to 40 letters and digits, with single `-`, `_` and `.` between them")]
pub struct NotAPerson;

impl Person {
    /// Checks `word`, given without the `@`. Punctuation at its end belongs to the sentence.
    ///
    /// # Errors
    /// The word has another length or another character.
    pub fn new(word: &str) -> Result<Self, NotAPerson> {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
        let mut pieces = bare.split(['-', '_', '.']);
        let is_piece = |piece: &str| {
            !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let fits = bare.len() <= MOST && pieces.all(is_piece);
        fits.then(|| Self(bare.to_owned())).ok_or(NotAPerson)
    }

    /// The login, as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Person {
    type Error = NotAPerson;

    fn try_from(word: String) -> Result<Self, NotAPerson> {
        Self::new(&word)
    }
}

impl From<Person> for String {
    fn from(person: Person) -> Self {
        person.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_what_gitea_allows() {
        for word in ["quinn", "q", "Quinn-2.x_y", "0-0"] {
            assert_eq!(Person::new(word).map(String::from), Ok(word.to_owned()));
        }
        for word in ["", "-quinn", "a--b", "a-_A_-0", "q/a", "é", &"a".repeat(41)] {
            assert_eq!(Person::new(word), Err(NotAPerson), "{word}");
        }
    }
}
