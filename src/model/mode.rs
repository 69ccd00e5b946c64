//! Whether what is decided is also done.

use serde::{Deserialize, Serialize};

/// What becomes of the effects of a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They are performed.
    #[default]
    Act,
    /// They are written down, and nothing is written to the forge.
    Observe,
}

impl Mode {
    /// Whether nothing is written to the forge.
    #[must_use]
    pub const fn observes(self) -> bool {
        matches!(self, Self::Observe)
    }
}
