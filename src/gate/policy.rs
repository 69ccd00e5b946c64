//! What a deployment demands: the gates and the rules by which they count. Made by `config`.

use crate::model::{Pull, PullState, RepoName, TeamName};
use globset::GlobMatcher;
use regex::RegexSet;
use std::{fmt, time::Duration};

/// A gate's name: a letter or digit, then letters, digits, `.`, `_` or `-`, 64 at most.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GateName(String);

/// The text is not a gate's name.
#[derive(Debug, thiserror::Error)]
#[error(
    "a gate's name is 1 to 64 letters, digits, `.`, `_` or `-`, beginning with a letter or digit"
)]
pub struct GateNameError;

impl GateName {
    /// The name as the configuration spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for GateName {
    type Error = GateNameError;

    fn try_from(text: String) -> Result<Self, GateNameError> {
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let only = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if starts && only && text.len() <= 64 {
            Ok(Self(text))
        } else {
            Err(GateNameError)
        }
    }
}

impl From<GateName> for String {
    fn from(name: GateName) -> Self {
        name.0
    }
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A team as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamRef {
    /// A team of whoever owns the repository.
    OfOwner(String),
    /// `organisation/team`.
    Named(TeamName),
}

impl TeamRef {
    /// Which team that is for a repository.
    #[must_use]
    pub fn resolve(&self, repo: &RepoName) -> TeamName {
        match self {
            Self::OfOwner(team) => TeamName::new(repo.owner(), team.as_str()),
            Self::Named(name) => name.clone(),
        }
    }
}

/// A status context, in which `{base}` stands for the base branch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContextTemplate(String);

impl ContextTemplate {
    /// Takes a template; blanks around it are dropped, as Gitea drops them (gitea-facts §2.1).
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The template itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some base branch makes this context of the template.
    #[must_use]
    pub fn covers(&self, context: &str) -> bool {
        let Some((before, _)) = self.0.split_once("{base}") else {
            return self.0 == context;
        };
        let Some(rest) = context.strip_prefix(before) else {
            return false;
        };
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.filter_map(|end| rest.get(..end))
            .any(|base| self.for_base(base) == context)
    }

    /// The context for a pull request into this base branch.
    #[must_use]
    pub fn for_base(&self, base: &str) -> String {
        self.0.replace("{base}", base)
    }
}

/// One named requirement.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub name: GateName,
    /// Other words that people may type for it.
    pub aliases: Vec<String>,
    /// Whose approval satisfies it.
    pub team: TeamRef,
    /// Whose declaration waives it; never empty.
    pub waivers: Vec<TeamRef>,
    /// Under which contexts its verdict is posted; never empty.
    pub contexts: Vec<ContextTemplate>,
}

/// What a declaration is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// To the head commit: a push ends it.
    Head,
    /// To the pull request: it survives pushes, never a change of the base.
    PullRequest,
}

/// What becomes of a declaration that no webhook announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// It counts, and the reply mentions its writer so that a forgery is seen.
    Mention,
    /// It counts once its writer has given our reply a thumb up.
    Confirm,
    /// It does not count.
    Refuse,
}

/// How declarations count.
#[derive(Clone, Debug)]
pub struct DeclarationPolicy {
    /// The context under which the declared gates are listed.
    pub context: ContextTemplate,
    /// What a declaration is bound to.
    pub bind: Bind,
    /// How long after a push nobody can have looked at it yet.
    pub grace: Duration,
    /// What becomes of a declaration that was found, not heard.
    pub unheard: Unheard,
    /// Whether a reason must be given.
    pub require_reason: bool,
}

/// How approvals count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalPolicy {
    /// Whether Gitea must call the review official.
    pub require_official: bool,
    /// Whether those who pushed to the pull request are excluded.
    pub exclude_pushers: bool,
}

/// Everything that the core needs to know of a deployment.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The gates in configured order; names and aliases are unique without regard to case.
    pub gates: Vec<Gate>,
    /// How declarations count.
    pub declarations: DeclarationPolicy,
    /// How approvals count.
    pub approvals: ApprovalPolicy,
    /// Searched in logins without case: these accounts never count and are never listened to.
    pub service_accounts: RegexSet,
    /// Which base branches are guarded; `*` also matches `/`.
    pub base_branches: Vec<GlobMatcher>,
}

impl Policy {
    /// The gate of that exact name.
    #[must_use]
    pub fn gate(&self, name: &GateName) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.name == *name)
    }

    /// Every context that the bot posts under: the gates', and that of the declarations' list.
    pub fn contexts(&self) -> impl Iterator<Item = &ContextTemplate> {
        let gates = self.gates.iter().flat_map(|gate| &gate.contexts);
        gates.chain([&self.declarations.context])
    }

    /// Whether a pull request into this branch is guarded.
    #[must_use]
    pub fn guards(&self, base: &str) -> bool {
        self.base_branches
            .iter()
            .any(|pattern| pattern.is_match(base))
    }

    /// Whether a pull request has gates as it stands: it is open, and into a guarded branch.
    #[must_use]
    pub fn gates_apply_to(&self, pull: &Pull) -> bool {
        pull.state == PullState::Open && self.guards(&pull.base)
    }

    /// Whether this login belongs to a machine.
    #[must_use]
    pub fn is_service_account(&self, login: &str) -> bool {
        self.service_accounts.is_match(login)
    }
}
