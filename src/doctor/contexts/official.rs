//! Whether the approvals of a gate's team are official, which Gitea decides when a review is
//! submitted (gitea-facts §4).

use super::{AREA, Check, Facts, Finding};
use crate::decide::reply::text::{code, counted};
use crate::doctor::glob::Glob;
use crate::gate::policy::Policy;
use crate::gitea::{GuardedBranch, Rule};
use crate::model::TeamName;

/// What is to be said of a repository's gates.
pub(super) fn judge(facts: &Facts, guarded: &[&GuardedBranch], policy: &Policy) -> Vec<Finding> {
    if !policy.approvals.require_official {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for gate in &policy.gates {
        let team = gate.team.resolve(&facts.repo);
        let mut branches = guarded.iter().map(|branch| branch.name.as_str());
        let found = branches.find_map(|branch| judge_team(facts, &team, branch));
        findings.extend(found);
    }
    findings
}

/// One line for all repositories whose rules nobody of ours may read.
pub(super) fn unread(all: &[Facts], policy: &Policy) -> Option<Finding> {
    let unread = all.iter().filter(|facts| facts.rules.is_none()).count() as u64;
    if unread == 0 || !policy.approvals.require_official {
        return None;
    }
    let what = format!(
        "whose approvals the branch rules of {} call official",
        counted(unread, "repository", "repositories")
    );
    Some(Finding::skip(
        AREA,
        Check::Official,
        &what,
        "an administrator of the repository; a reply says so where it matters",
    ))
}

fn judge_team(facts: &Facts, team: &TeamName, branch: &str) -> Option<Finding> {
    let name = code(team);
    let repo = code(&facts.repo);
    let writes = writes(facts, team);
    let list = facts.rules.as_ref().map(|rules| rule_of(rules, branch));
    let (level, why): (fn(_, _, _) -> Finding, String) = match list {
        Some(Some(Rule {
            approvers: Some(approvers),
            ..
        })) => {
            let own = team.org().eq_ignore_ascii_case(facts.repo.owner());
            let is_listed = |known: &String| own && known.eq_ignore_ascii_case(team.team());
            if approvers.teams.iter().any(is_listed) {
                return None;
            }
            let why = format!("it is not on the approvals whitelist of {}", code(branch));
            if approvers.users.is_empty() {
                (fail, why)
            } else {
                (warn, why)
            }
        }
        Some(_) if writes == Some(false) => (fail, format!("it may not write to {repo}")),
        None if writes == Some(false) => (
            warn,
            format!(
                "it may not write to {repo}, unless it is on the branch rule's approvals whitelist, which only an administrator sees"
            ),
        ),
        _ => return None,
    };
    let what = format!(
        "Gitea calls approvals of {name} not official in {repo}, and so they do not count: {why}"
    );
    let repair = format!(
        "an administrator of {repo} puts {name} on the approvals whitelist of {}, or gives it write access to the code; or set `approvals.require_official = false`",
        code(branch)
    );
    Some(level(AREA, Check::Official, what).repaired_by(repair))
}

fn fail(area: super::Area, check: Check, what: String) -> Finding {
    Finding::fail(area, check, what)
}

fn warn(area: super::Area, check: Check, what: String) -> Finding {
    Finding::warn(area, check, what)
}

/// Whether the team may write code there. `None`: not known.
fn writes(facts: &Facts, team: &TeamName) -> Option<bool> {
    if !team.org().eq_ignore_ascii_case(facts.repo.owner()) {
        return None;
    }
    let teams = facts.teams.as_ref()?;
    let own = teams
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(team.team()));
    Some(own.is_some_and(|known| known.writes))
}

/// The rule for a branch: by its exact name first, then the first that matches.
fn rule_of<'a>(rules: &'a [Rule], branch: &str) -> Option<&'a Rule> {
    let exact = rules.iter().find(|rule| rule.name == branch);
    exact.or_else(|| {
        rules
            .iter()
            .find(|rule| Glob::of_branches(&rule.name).matches(branch))
    })
}
