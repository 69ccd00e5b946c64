//! One line: an entry as JSON, sealed with the hash of itself, which the next line repeats.

use super::Evaluation;
use crate::model::{PullNumber, RepoName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The last member of every line. In JSON no text can hold it unescaped.
const SEAL: &str = ",\"hash\":\"";

/// SHA-256 of a line without its seal, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hash(String);

impl Hash {
    /// What the first line of all says of the line before it.
    #[must_use]
    pub fn none() -> Self {
        Self("0".repeat(64))
    }

    fn of(body: &str) -> Self {
        Self(hex::encode(Sha256::digest(body)))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The lines are counted from 1.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: Hash,
    /// When it was written, by our clock.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// A pull request was evaluated.
    Evaluated {
        /// Its repository, as it was called then.
        repo: RepoName,
        /// Its number.
        number: PullNumber,
        /// What came of it.
        evaluation: Box<Evaluation>,
    },
    /// The lines up to this one were older than what is kept, and are not kept.
    Forgotten {
        /// The number of the newest of them.
        through: u64,
    },
}

impl Entry {
    /// The line, without its end, and its hash.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub(super) fn seal(&self) -> Result<(String, Hash), serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let hash = Hash::of(&body);
        let open = body.strip_suffix('}').unwrap_or(&body);
        Ok((format!("{open}{SEAL}{}\"}}", hash.as_str()), hash))
    }

    /// Reads a line, without its end.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub(super) fn open(line: &str) -> Result<(Self, Hash), &'static str> {
        let (open, seal) = line.rsplit_once(SEAL).ok_or("has no hash")?;
        let sealed = seal
            .strip_suffix("\"}")
            .ok_or("does not end with its hash")?;
        let body = format!("{open}}}");
        let hash = Hash::of(&body);
        if hash.as_str() != sealed {
            return Err("was changed: its hash is another");
        }
        let entry = serde_json::from_str(&body).map_err(|_| "is of another version")?;
        Ok((entry, hash))
    }
}
