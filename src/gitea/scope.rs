//! Scopes of tokens, as Gitea spells them (gitea-facts §7.1).

use std::{collections::BTreeSet, fmt, str::FromStr};

/// A group of routes that a scope opens (gitea-facts §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// The fediverse.
    Activitypub,
    /// Site administration.
    Admin,
    /// Comments, reactions, the timeline.
    Issue,
    /// Odds and ends.
    Misc,
    /// Notifications.
    Notification,
    /// Organisations and teams.
    Organization,
    /// Packages.
    Package,
    /// Pull requests, reviews, statuses, hooks, branches.
    Repository,
    /// Accounts.
    User,
}

const CATEGORIES: [(Category, &str); 9] = [
    (Category::Activitypub, "activitypub"),
    (Category::Admin, "admin"),
    (Category::Issue, "issue"),
    (Category::Misc, "misc"),
    (Category::Notification, "notification"),
    (Category::Organization, "organization"),
    (Category::Package, "package"),
    (Category::Repository, "repository"),
    (Category::User, "user"),
];

/// A right to read or to write within a category; writing includes reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Which category.
    pub category: Category,
    /// Whether it may write.
    pub write: bool,
}

impl Scope {
    /// May read.
    #[must_use]
    pub const fn read(category: Category) -> Self {
        Self {
            category,
            write: false,
        }
    }

    /// May write, and read.
    #[must_use]
    pub const fn write(category: Category) -> Self {
        Self {
            category,
            write: true,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.write { "write" } else { "read" };
        let name = CATEGORIES.iter().find(|(known, _)| *known == self.category);
        write!(f, "{verb}:{}", name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (verb, name) = text.split_once(':').ok_or(())?;
        let known = CATEGORIES.iter().find(|(_, known)| *known == name);
        let category = known.ok_or(())?.0;
        match verb {
            "read" => Ok(Self::read(category)),
            "write" => Ok(Self::write(category)),
            _ => Err(()),
        }
    }
}

/// What a token may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// The scopes that it has.
    pub held: BTreeSet<Scope>,
    /// Whether it may do everything.
    pub all: bool,
    /// Whether it is limited to what is public. `None`: the server does not say.
    pub public_only: Option<bool>,
}

impl Scopes {
    /// Whether the token may do that.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.all
            || self.held.contains(&Scope::write(scope.category))
            || (!scope.write && self.held.contains(&scope))
    }

    /// From words as Gitea spells them.
    pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut scopes = Self {
            public_only: Some(false),
            ..Self::default()
        };
        for word in words.map(str::trim) {
            match word.parse() {
                Ok(scope) => {
                    scopes.held.insert(scope);
                }
                Err(()) if word == "all" => scopes.all = true,
                Err(()) if word == "public-only" => scopes.public_only = Some(true),
                Err(()) => {}
            }
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_spelt_as_gitea_does() {
        for (category, name) in CATEGORIES {
            for scope in [Scope::read(category), Scope::write(category)] {
                assert!(scope.to_string().ends_with(name));
                assert_eq!(scope.to_string().parse(), Ok(scope));
            }
        }
    }
}
