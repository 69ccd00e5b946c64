//! Where secrets are, and reading them at the last moment.
//!
//! **Invariant:** the configuration holds sources, never secrets; what is read is a
//! `SecretString`, and no error repeats it.

use super::{Environment, bounded, words::quoted};
use secrecy::SecretString;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// No secret is larger, and no file is read further: in KiB.
const LARGEST: u64 = 64;

/// Where one secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In this variable.
    Variable(VariableName),
    /// In this file; one line's end after it does not belong to it.
    File(PathBuf),
}

/// The name of a variable: letters, digits and `_`, and nothing that looks like a secret itself.
#[derive(Clone, PartialEq, Eq)]
pub struct VariableName(String);

/// The secrets, read.
#[derive(Debug)]
pub struct Secrets {
    /// The tokens, in the order of the identities.
    pub tokens: Vec<SecretString>,
    /// The webhook's secrets, each of which a delivery may be signed with. Empty: no webhook.
    pub webhook: Vec<SecretString>,
    /// The secret of the application with which people sign in. `None`: nobody signs in.
    pub oauth: Option<SecretString>,
}

impl SecretSource {
    /// Understands the name of a variable.
    pub(super) fn variable(text: &str) -> Result<Self, String> {
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let only = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if starts && only && !looks_like_a_token(text) {
            return Ok(Self::Variable(VariableName(text.to_owned())));
        }
        Err("must be the name of a variable, never the secret itself; write for example \"REFIRE_TOKEN\"".to_owned())
    }

    /// Understands the path of a file.
    pub(super) fn file(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() || looks_like_a_token(text) {
            return Err("must be the path of a file, never the secret itself; write for example \"/run/secrets/refire\"".to_owned());
        }
        Ok(Self::File(text.into()))
    }

    /// A variable that this program knows by name.
    pub(super) fn known_variable(name: &str) -> Self {
        Self::Variable(VariableName(name.to_owned()))
    }

    /// The variable's name. `None`: the secret is in a file.
    pub(super) fn variable_name(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(&name.0),
            Self::File(_) => None,
        }
    }

    /// Reads the secret. The error is the rest of a sentence.
    pub(super) fn read(&self, environment: &Environment) -> Result<SecretString, String> {
        match self {
            Self::Variable(name) => match environment.get(&name.0) {
                Some(Ok(text)) => self.secret_of(text),
                Some(Err(_)) => Err(format!("{self} is not a text in UTF-8")),
                None => Err(format!("{self} is not set")),
            },
            Self::File(path) => self.read_file(path),
        }
    }

    fn read_file(&self, path: &Path) -> Result<SecretString, String> {
        let text = bounded::read(path, LARGEST);
        let text = text.map_err(|error| format!("{self} cannot be read: {error}"))?;
        self.secret_of(&text)
    }

    fn secret_of(&self, text: &str) -> Result<SecretString, String> {
        match text.trim_end_matches(['\n', '\r']) {
            "" => Err(format!("{self} is empty")),
            secret => Ok(secret.to_owned().into()),
        }
    }

    /// Reads a file's secret again. `None`: it is in a variable, which stays as it is, or cannot be
    /// read now.
    pub(crate) fn read_again(&self) -> Option<SecretString> {
        match self {
            Self::Variable(_) => None,
            Self::File(path) => self.read_file(path).ok(),
        }
    }

    /// `set (env …)`, `not set (file …)`.
    pub(super) fn shown(&self, environment: &Environment) -> String {
        let state = if self.read(environment).is_ok() {
            "set"
        } else {
            "not set"
        };
        match self {
            Self::Variable(name) => format!("{state} (env {name})"),
            Self::File(path) => format!("{state} (file {})", path.display()),
        }
    }
}

/// Gitea's tokens are forty hexadecimal digits (gitea-facts §7.2); no variable and no file that
/// people name looks like that.
fn looks_like_a_token(text: &str) -> bool {
    text.len() >= 32 && text.chars().all(|c| c.is_ascii_hexdigit())
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "the file {}", quoted(&path.display().to_string())),
        }
    }
}

impl fmt::Display for VariableName {
    /// Only names in capitals are repeated: somebody may have written a password where a name was
    /// asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capitals = !self.0.contains(|c: char| c.is_ascii_lowercase());
        f.write_str(if capitals { &self.0 } else { "named there" })
    }
}

impl fmt::Debug for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
