//! Patterns of repositories, branches and logins.

use super::words::quoted;
use crate::model::RepoName;
use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use std::fmt;

/// `owner/name` with `*` and `?` within a part. Compared without case, as Gitea does.
#[derive(Clone)]
pub struct RepoPattern {
    owner: Part,
    name: Part,
}

#[derive(Clone)]
struct Part {
    text: String,
    glob: GlobMatcher,
}

impl RepoPattern {
    /// Whether the repository is one of these.
    #[must_use]
    pub fn matches(&self, repo: &RepoName) -> bool {
        self.owner.glob.is_match(repo.owner()) && self.name.glob.is_match(repo.name())
    }

    /// The one repository that is meant. `None`: there is a wildcard.
    #[must_use]
    pub fn exact(&self) -> Option<RepoName> {
        if self.name.is_literal() && self.owner.is_literal() {
            self.to_string().parse().ok()
        } else {
            None
        }
    }

    /// The one owner that is meant. `None`: the owner has a wildcard.
    #[must_use]
    pub fn owner_literal(&self) -> Option<&str> {
        self.owner.is_literal().then_some(self.owner.text.as_str())
    }

    /// Understands a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{} is not a pattern of repositories; write owner/name with * and ? within a part, for example \"acme/*\"",
                quoted(text)
            )
        };
        let (owner, name) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self {
            owner: Part::parse(owner).ok_or_else(wrong)?,
            name: Part::parse(name).ok_or_else(wrong)?,
        })
    }
}

impl Part {
    /// Only what Gitea takes in names, and the two wildcards: nothing else of the glob's own
    /// grammar can slip in.
    fn parse(text: &str) -> Option<Self> {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '?');
        if text.is_empty() || !text.chars().all(known) {
            return None;
        }
        let glob = GlobBuilder::new(text)
            .literal_separator(true)
            .case_insensitive(true)
            .build()
            .ok()?;
        Some(Self {
            text: text.to_owned(),
            glob: glob.compile_matcher(),
        })
    }

    fn is_literal(&self) -> bool {
        !self.text.contains(['*', '?'])
    }
}

impl fmt::Display for RepoPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner.text, self.name.text)
    }
}

impl fmt::Debug for RepoPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A pattern of base branches; `*` also matches `/`.
pub(super) fn branches(text: &str) -> Result<GlobMatcher, String> {
    let wrong = || {
        format!(
            "{} is not a pattern of branches; write for example \"release/*\"",
            quoted(text)
        )
    };
    if text.is_empty() {
        return Err(wrong());
    }
    let glob = GlobBuilder::new(text)
        .literal_separator(false)
        .build()
        .map_err(|_| wrong())?;
    Ok(glob.compile_matcher())
}

/// A regular expression that is searched in logins, as it was written.
pub(super) fn logins(text: &str) -> Result<String, String> {
    let search: Regex = RegexBuilder::new(text)
        .case_insensitive(true)
        .build()
        .map_err(|_| {
            format!(
                "{} is not a regular expression; write for example \"^ci-\"",
                quoted(text)
            )
        })?;
    if search.is_match("") {
        return Err(format!(
            "{} is found in every login, so nobody's review would count; write for example \"^ci-\"",
            quoted(text)
        ));
    }
    Ok(text.to_owned())
}
