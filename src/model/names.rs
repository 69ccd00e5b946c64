//! Names of repositories and teams, each in two parts.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The text is not two names with a slash between.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not of the form {1}")]
pub struct NameError(String, &'static str);

/// `owner/name` of a repository, as Gitea writes it. Compared without case, as Gitea does.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// Who owns the repository: an organisation or a person.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepoName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (owner, name) = two_parts(text, "owner/name")?;
        Ok(Self { owner, name })
    }
}

/// `organisation/team`. Compared without case, as Gitea does.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TeamName {
    org: String,
    team: String,
}

impl TeamName {
    /// A team of an organisation.
    pub fn new(org: impl Into<String>, team: impl Into<String>) -> Self {
        Self {
            org: org.into(),
            team: team.into(),
        }
    }

    /// The organisation's name.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org
    }

    /// The team's name within it.
    #[must_use]
    pub fn team(&self) -> &str {
        &self.team
    }
}

impl FromStr for TeamName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (org, team) = two_parts(text, "organisation/team")?;
        Ok(Self { org, team })
    }
}

fn two_parts(text: &str, form: &'static str) -> Result<(String, String), NameError> {
    match text.split_once('/') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() && !right.contains('/') => {
            Ok((left.to_owned(), right.to_owned()))
        }
        _ => Err(NameError(text.to_owned(), form)),
    }
}

macro_rules! two_part_name {
    ($name:ident, $left:ident, $right:ident) => {
        impl $name {
            fn folded(&self) -> (String, String) {
                (self.$left.to_lowercase(), self.$right.to_lowercase())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.folded() == other.folded()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.folded().cmp(&other.folded())
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.folded().hash(state);
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.$left, self.$right)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

two_part_name!(RepoName, owner, name);
two_part_name!(TeamName, org, team);
