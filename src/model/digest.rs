//! Digests of what people wrote, so that bodies can be compared without being kept.

use super::Comment;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A digest of a body: equal bodies have equal digests, and CR LF is the same as LF.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of what is searched of a body: its first 64 KiB, and whether
    /// there is more. CR LF and LF are the same text.
    #[must_use]
    pub fn of(body: &str) -> Self {
        let searched = Comment::cut(body).replace("\r\n", "\n");
        let hash = Sha256::digest(searched.as_bytes());
        Self(hex::encode(hash.get(..16).unwrap_or(&hash)))
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.0)
    }
}
