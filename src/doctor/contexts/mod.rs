//! Every configured context held against what the branches require, by Gitea's own rules (I5).
//!
//! Called by `examine`. What one branch demands is judged in `branch`, whose approvals are official
//! in `official`.

mod branch;
mod official;

use super::{Area, Check, Finding, Trouble};
use crate::decide::reply::text::{code, counted, listed};
use crate::doctor::repositories::{Looked, Owner};
use crate::gate::policy::Policy;
use crate::gitea::{Branches, GuardedBranch, Kind, RepoTeam, Rights, Rule, Session, Version};
use crate::model::RepoName;

pub(super) const AREA: Area = Area::Contexts;
/// Of more branches than these only the number is said.
const NAMED: usize = 3;

/// What is known of one repository's branches.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The repository.
    pub repo: RepoName,
    /// Where pull requests go by default.
    pub default_branch: String,
    /// Whether workflows may post statuses there.
    pub has_actions: bool,
    /// Its branches and what each requires.
    pub branches: Result<Branches, Trouble>,
    /// Its rules. `None`: nobody of ours administers the repository.
    pub rules: Option<Vec<Rule>>,
    /// The teams with access. `None`: it belongs to a person, or they cannot be read.
    pub teams: Option<Vec<RepoTeam>>,
}

/// How this version decides where a pattern matches several statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// The first that is found decides (gitea-facts §2.3: up to 1.23, and Forgejo).
    First,
    /// All of them together.
    All,
}

impl Several {
    /// By version. What is not known is taken for the stricter reading of a set-up.
    #[must_use]
    pub fn of(version: &Version) -> Self {
        match (version.kind, version.major, version.minor) {
            (Kind::Gitea, Some(1), Some(24..)) | (Kind::Gitea, Some(2..), _) => Self::All,
            _ => Self::First,
        }
    }
}

/// Reads a repository's branches, and its rules if somebody of ours may.
pub async fn fetch(session: &Session, rights: &Rights, looked: &Looked) -> Facts {
    let repo = &rights.name;
    let branches = session.fetch_branches(repo).await;
    let rules = match looked.administrator() {
        Some(speaker) => session.fetch_rules(speaker, repo).await.ok(),
        None => None,
    };
    Facts {
        default_branch: rights.default_branch.clone(),
        has_actions: rights.has_actions,
        branches: branches.map_err(|error| Trouble::of(&error, None)),
        rules,
        teams: match &looked.owner {
            Owner::Organisation(teams) => Some(teams.clone()),
            Owner::Person | Owner::Unknown => None,
        },
        repo: repo.clone(),
    }
}

/// What is to be said of all repositories.
#[must_use]
pub fn judge(all: &[Facts], policy: &Policy, several: Several) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all
        .iter()
        .flat_map(|facts| judge_one(facts, policy, several))
        .collect();
    findings.extend(actions_shape(all, policy));
    findings.extend(official::unread(all, policy));
    findings
}

fn judge_one(facts: &Facts, policy: &Policy, several: Several) -> Vec<Finding> {
    let branches = match &facts.branches {
        Ok(branches) => branches,
        Err(trouble) => {
            let repo = code(&facts.repo);
            let what = format!(
                "the branches of {repo} cannot be read: {}",
                trouble.meaning()
            );
            return vec![Finding::fail(AREA, Check::Required, what).because(trouble)];
        }
    };
    let in_scope: Vec<&GuardedBranch> = branches
        .rows
        .iter()
        .filter(|branch| policy.guards(&branch.name))
        .collect();
    let mut findings = Vec::new();
    let (guarded, open): (Vec<_>, Vec<_>) = in_scope.into_iter().partition(|branch| branch.checks);
    for branch in &guarded {
        let one = branch::Demand {
            facts,
            branch,
            policy,
            several,
        };
        findings.extend(one.judge());
    }
    findings.extend(official::judge(facts, &guarded, policy));
    findings.extend(left_out(facts, branches));
    if !branches.rows.is_empty() {
        findings.extend(unguarded(facts, policy, &guarded, &open));
    }
    findings
}

/// Of more branches than are read nothing is known, and the doctor does not keep that to itself.
fn left_out(facts: &Facts, branches: &Branches) -> Option<Finding> {
    let beyond = branches.beyond?;
    let repo = code(&facts.repo);
    let (read, were) = match branches.rows.len() {
        1 => (1, "was"),
        read => (read, "were"),
    };
    let what = match beyond.of {
        Some(of) => {
            format!("of the {of} branches of {repo} only the first {read} {were} looked at")
        }
        None => {
            format!("{repo} has more branches than the first {read}, which alone {were} looked at")
        }
    };
    let repair = format!(
        "let one branch rule of {repo} with a pattern cover every branch of `pulls.base_branches`, so that the others require the gates' contexts too"
    );
    Some(Finding::warn(AREA, Check::Branches, what).repaired_by(repair))
}

/// Branches in scope that ask for no status at all: the one that most pull requests go to, or all.
fn unguarded(
    facts: &Facts,
    policy: &Policy,
    guarded: &[&GuardedBranch],
    open: &[&GuardedBranch],
) -> Option<Finding> {
    let is_all = facts
        .branches
        .as_ref()
        .is_ok_and(|branches| branches.beyond.is_none());
    if guarded.is_empty() && open.is_empty() {
        return is_all.then(|| nothing_in_scope(&code(&facts.repo)));
    }
    let default = open.iter().find(|b| b.name == facts.default_branch);
    let only = open.first().filter(|_| guarded.is_empty() && is_all);
    if let Some(bare) = default.or(only) {
        let what = format!(
            "{} of {} requires no status: whatever the gates say, everything merges",
            code(&bare.name),
            code(&facts.repo)
        );
        let repair = branch::require(facts, policy, &bare.name);
        return Some(Finding::fail(AREA, Check::Unguarded, what).repaired_by(repair));
    }
    let by_base = |gate: &crate::gate::policy::Gate| {
        gate.contexts.iter().all(|c| c.as_str().contains("{base}"))
    };
    let harmless = open.is_empty() || policy.gates.iter().all(by_base);
    (!harmless).then(|| side_doors(&code(&facts.repo), guarded, open))
}

fn nothing_in_scope(repo: &str) -> Finding {
    let what = format!(
        "no branch of {repo} is within `pulls.base_branches`: no pull request there is looked at"
    );
    let repair = format!(
        "add a branch of {repo} to `pulls.base_branches`, or leave {repo} out of `forge.repositories`"
    );
    Finding::warn(AREA, Check::Unguarded, what).repaired_by(repair)
}

/// Branches in scope where a green can be had that counts elsewhere.
fn side_doors(repo: &str, guarded: &[&GuardedBranch], open: &[&GuardedBranch]) -> Finding {
    let names: Vec<String> = open.iter().take(NAMED).map(|b| code(&b.name)).collect();
    let more = and_more(open.len().saturating_sub(NAMED));
    let (n, verb) = match open.len() as u64 {
        1 => (1, "requires"),
        n => (n, "require"),
    };
    let what = format!(
        "{} of {repo} within `pulls.base_branches` {verb} no status ({}{more}): an author can collect a green there and change the base",
        counted(n, "branch", "branches"),
        names.join(", ")
    );
    let keep: Vec<String> = guarded.iter().map(|b| format!("\"{}\"", b.name)).collect();
    let repair = format!(
        "set `pulls.base_branches = [{}]`, or put `{{base}}` into the gates' `contexts`",
        keep.join(", ")
    );
    Finding::warn(AREA, Check::Unguarded, what).repaired_by(repair)
}

/// Contexts that a workflow can post as well, where Actions is on (gitea-facts §2.4).
fn actions_shape(all: &[Facts], policy: &Policy) -> Option<Finding> {
    let on: Vec<String> = all
        .iter()
        .filter(|facts| facts.has_actions)
        .map(|facts| code(&facts.repo))
        .collect();
    let shaped = policy.gates.iter().filter(|gate| {
        let mut contexts = gate.contexts.iter();
        contexts.any(|context| is_actions_shape(context.as_str()))
    });
    let shaped: Vec<_> = shaped.collect();
    let (first, gate) = (on.first()?, shaped.first()?);
    let context = gate
        .contexts
        .iter()
        .find(|c| is_actions_shape(c.as_str()))?;
    let others = on.len() - 1;
    let others = and_more(others);
    let what = format!(
        "Actions is on in {first}{others}: a workflow can post {} as well, by its own name and that of its job",
        code(context.as_str())
    );
    let better: Vec<String> = shaped
        .iter()
        .map(|gate| format!("`contexts = [\"refire: {0}\"]` for {0}", gate.name))
        .collect();
    let repair = format!(
        "use contexts of another shape, {}, and require those; or switch Actions off there",
        listed(&better, "and")
    );
    Some(Finding::warn(AREA, Check::ActionsShape, what).repaired_by(repair))
}

fn and_more(n: usize) -> String {
    match n {
        0 => String::new(),
        n => format!(" and {n} more"),
    }
}

/// `workflow / job (event)`.
fn is_actions_shape(context: &str) -> bool {
    const EVENTS: [&str; 6] = [
        "push",
        "pull_request",
        "pull_request_target",
        "release",
        "schedule",
        "workflow_dispatch",
    ];
    let Some((names, event)) = context.strip_suffix(')').and_then(|c| c.rsplit_once(" (")) else {
        return false;
    };
    names.contains(" / ") && EVENTS.contains(&event)
}
