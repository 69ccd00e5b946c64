//! Access tokens and their scopes.

use jiff::Timestamp;
use sha1::{Digest, Sha1};

use super::World;
use super::ids::UserId;

/// A personal access token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    /// The 40 hex characters that are presented.
    pub(crate) secret: String,
    pub(crate) scopes: Scopes,
    /// When it ends. `None`: never, as personal ones do not.
    pub(crate) until: Option<Timestamp>,
}

/// What a token may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes {
    all: bool,
    public_only: bool,
    writes: Vec<Category>,
    reads: Vec<Category>,
}

/// A group of routes that a scope opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    Activitypub,
    Admin,
    Misc,
    Notification,
    Organization,
    Package,
    Issue,
    Repository,
    User,
}

const CATEGORIES: [(Category, &str); 9] = [
    (Category::Activitypub, "activitypub"),
    (Category::Admin, "admin"),
    (Category::Misc, "misc"),
    (Category::Notification, "notification"),
    (Category::Organization, "organization"),
    (Category::Package, "package"),
    (Category::Issue, "issue"),
    (Category::Repository, "repository"),
    (Category::User, "user"),
];

impl Category {
    pub(crate) fn name(self) -> &'static str {
        CATEGORIES
            .iter()
            .find(|(category, _)| *category == self)
            .map_or("", |(_, name)| name)
    }
}

impl Scopes {
    /// `None` when a word is not a scope.
    pub(crate) fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut scopes = Self {
            all: false,
            public_only: false,
            writes: Vec::new(),
            reads: Vec::new(),
        };
        for word in words {
            match word.split_once(':') {
                None if word == "all" => scopes.all = true,
                None if word == "public-only" => scopes.public_only = true,
                Some(("read", name)) => scopes.reads.push(category(name)?),
                Some(("write", name)) => scopes.writes.push(category(name)?),
                _ => return None,
            }
        }
        Some(scopes)
    }

    /// Write includes read.
    pub(crate) fn allow(&self, category: Category, write: bool) -> bool {
        self.all || self.writes.contains(&category) || (!write && self.reads.contains(&category))
    }

    pub(crate) fn is_public_only(&self) -> bool {
        self.public_only
    }

    /// As the 403 spells them: in the order of the categories.
    pub(crate) fn spell(&self) -> String {
        if self.all {
            return "all".to_owned();
        }
        let words = CATEGORIES.iter().filter_map(|(category, name)| {
            let verb = if self.writes.contains(category) {
                "write"
            } else if self.reads.contains(category) {
                "read"
            } else {
                return None;
            };
            Some(format!("{verb}:{name}"))
        });
        let public = self.public_only.then(|| "public-only".to_owned());
        public
            .into_iter()
            .chain(words)
            .collect::<Vec<_>>()
            .join(",")
    }
}

fn category(name: &str) -> Option<Category> {
    CATEGORIES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(category, _)| *category)
}

impl World {
    pub(crate) fn add_token(&mut self, owner: UserId, name: &str, scopes: Scopes) -> Token {
        let id = self.next_token();
        let secret = hex::encode(Sha1::digest(format!("token {id} of {owner}: {name}")));
        let token = Token {
            id,
            name: name.to_owned(),
            owner,
            secret,
            scopes,
            until: None,
        };
        self.tokens.push(token.clone());
        token
    }

    pub(crate) fn token_by_secret(&self, secret: &str) -> Option<&Token> {
        let now = self.now();
        let is_good = |token: &&Token| token.until.is_none_or(|until| now < until);
        let mut tokens = self.tokens.iter().filter(is_good);
        tokens.find(|token| token.secret == secret)
    }
}
