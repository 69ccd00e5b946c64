//! The gates that exist, by every name they have. What a gate demands is the service's matter.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::slips::{self, Name};

/// Words that cannot name a gate: `/refire all` and `/refire help` mean something else.
const RESERVED: [&str; 2] = ["all", "help"];

/// Bytes of the longest name.
const LONGEST: usize = 64;

/// A gate's canonical name: a letter or digit, then letters, digits, `.`, `_` or `-`; at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GateName(Arc<str>);

/// The word can name no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateNameError {
    /// Empty, too long, or with a character that is not allowed.
    #[error(
        "`{0}` cannot name a gate: a letter or digit, then letters, digits, `.`, `_` or `-`, \
         at most 64 in all"
    )]
    Malformed(String),
    /// A word that commands use for something else.
    #[error("`{0}` cannot name a gate: commands use that word for something else")]
    Reserved(String),
}

impl GateName {
    /// Checks `name`. Case is kept, and ignored wherever names are looked up.
    ///
    /// # Errors
    /// The name is malformed or reserved.
    pub fn new(name: impl Into<String>) -> Result<Self, GateNameError> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || name.len() > LONGEST || !name.bytes().all(allowed) {
            return Err(GateNameError::Malformed(name));
        }
        if RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&name)) {
            return Err(GateNameError::Reserved(name));
        }
        Ok(Self(name.into()))
    }

    /// The name as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for GateName {
    type Error = GateNameError;

    fn try_from(name: String) -> Result<Self, GateNameError> {
        Self::new(name)
    }
}

impl From<GateName> for String {
    fn from(name: GateName) -> Self {
        name.as_str().to_owned()
    }
}

/// Which gates exist, in configured order: canonical names with aliases, all distinct without
/// regard to case.
#[derive(Debug, Clone, Default)]
pub struct GateTable {
    gates: Vec<(GateName, Vec<String>)>,
}

/// The names do not make a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateTableError {
    /// A name or an alias is none.
    #[error(transparent)]
    Name(#[from] GateNameError),
    /// One word names two gates, or one gate twice.
    #[error("`{word}` names both `{first}` and `{second}`: names and aliases must differ")]
    Duplicate {
        /// The word, as it was written the second time.
        word: String,
        /// The gate that had it first.
        first: GateName,
        /// The gate that claims it again.
        second: GateName,
    },
}

impl GateTable {
    /// Makes the table from each gate's name and aliases.
    ///
    /// # Errors
    /// A name or alias is malformed, reserved, or used twice.
    pub fn new(
        gates: impl IntoIterator<Item = (String, Vec<String>)>,
    ) -> Result<Self, GateTableError> {
        let mut table = Self::default();
        for (name, aliases) in gates {
            table.add(GateName::new(name)?, aliases)?;
        }
        Ok(table)
    }

    /// The gate that `word` names, by its name or an alias, in any case.
    pub fn find(&self, word: &str) -> Option<&GateName> {
        // Gates are few: to compare them all is quicker than to hash one word.
        let names = |word: &str, gate: &GateName, aliases: &[String]| {
            let mut aliases = aliases.iter();
            gate.as_str().eq_ignore_ascii_case(word)
                || aliases.any(|alias| alias.eq_ignore_ascii_case(word))
        };
        let mut gates = self.names();
        let found = gates.find(|(gate, aliases)| names(word, gate, aliases));
        found.map(|(gate, _)| gate)
    }

    /// The gates in configured order, each with its aliases.
    pub fn names(&self) -> impl Iterator<Item = (&GateName, &[String])> {
        self.gates
            .iter()
            .map(|(name, aliases)| (name, aliases.as_slice()))
    }

    /// The gate that somebody who typed `word` may have meant.
    pub(crate) fn nearest(&self, word: &str) -> Option<&GateName> {
        let words = || {
            self.names().flat_map(|(gate, aliases)| {
                let names = std::iter::once(gate.as_str());
                names
                    .chain(aliases.iter().map(String::as_str))
                    .map(move |name| (name, gate))
            })
        };
        let names = words().map(|(name, gate)| (Name::new(name), gate));
        slips::nearest(word, names).or_else(|| slips::by_beginning(word, words()))
    }

    fn add(&mut self, name: GateName, aliases: Vec<String>) -> Result<(), GateTableError> {
        self.claim(name.as_str(), &name)?;
        self.gates.push((name.clone(), Vec::new()));
        for alias in aliases {
            let alias = GateName::new(alias)?;
            self.claim(alias.as_str(), &name)?;
            if let Some((_, aliases)) = self.gates.last_mut() {
                aliases.push(alias.into());
            }
        }
        Ok(())
    }

    fn claim(&self, word: &str, by: &GateName) -> Result<(), GateTableError> {
        let Some(first) = self.find(word) else {
            return Ok(());
        };
        Err(GateTableError::Duplicate {
            word: word.to_owned(),
            first: first.clone(),
            second: by.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(gates: &[(&str, &[&str])]) -> Result<GateTable, GateTableError> {
        GateTable::new(gates.iter().map(|(name, aliases)| {
            let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
            ((*name).to_owned(), aliases)
        }))
    }

    #[test]
    fn a_gate_is_found_by_name_or_alias_in_any_case() {
        let gates = table(&[("qa-review", &["qa"]), ("Security", &[])]).unwrap();
        for (word, name) in [
            ("qa-review", Some("qa-review")),
            ("QA", Some("qa-review")),
            ("security", Some("Security")),
            ("sec", None),
            ("", None),
        ] {
            assert_eq!(gates.find(word).map(GateName::as_str), name, "{word}");
        }
    }

    #[test]
    fn a_word_names_one_gate_only_once() {
        let error = table(&[("qa-review", &["qa"]), ("other", &["QA"])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`QA` names both `qa-review` and `other`: names and aliases must differ"
        );
        assert!(table(&[("qa", &["Qa"])]).is_err());
    }

    #[test]
    fn malformed_and_reserved_names_are_refused() {
        for name in [
            "",
            "-qa",
            "q a",
            "qä",
            "qa/x",
            "ALL",
            "help",
            &"q".repeat(65),
        ] {
            assert!(table(&[(name, &[])]).is_err(), "{name}");
            assert!(table(&[("fine", &[name])]).is_err(), "{name}");
        }
        assert!(table(&[("q", &[]), ("2.a_b-c", &[])]).is_ok());
    }

    #[test]
    fn the_nearest_gate_is_within_two_edits_or_begins_alike() {
        let gates = table(&[("qa-review", &["qa"]), ("security-review", &["security"])]).unwrap();
        for (word, name) in [
            ("securty", Some("security-review")),
            ("SECURITY-REWIEV", Some("security-review")),
            ("aq", Some("qa-review")),
            ("sec", Some("security-review")),
            ("qa-reviewers", Some("qa-review")),
            ("xy", None),
            ("s", None),
            ("documentation", None),
        ] {
            assert_eq!(gates.nearest(word).map(GateName::as_str), name, "{word}");
        }
    }
}
