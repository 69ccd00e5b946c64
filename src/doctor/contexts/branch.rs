//! What one branch demands, against what we post there.

use super::{AREA, Check, Facts, Finding, Several};
use crate::decide::reply::text::{code, listed};
use crate::doctor::glob::{Glob, escaped};
use crate::gate::policy::{Gate, Policy};
use crate::gitea::GuardedBranch;

/// One branch whose rule looks at statuses.
pub(super) struct Demand<'a> {
    pub(super) facts: &'a Facts,
    pub(super) branch: &'a GuardedBranch,
    pub(super) policy: &'a Policy,
    pub(super) several: Several,
}

impl Demand<'_> {
    pub(super) fn judge(&self) -> Vec<Finding> {
        let required: Vec<Glob> = self
            .branch
            .required
            .iter()
            .map(|pattern| Glob::of_contexts(pattern))
            .collect();
        if required.is_empty() {
            return vec![self.everything()];
        }
        let mut findings: Vec<Finding> = required
            .iter()
            .filter_map(|pattern| self.judge_pattern(pattern, &required))
            .collect();
        findings.extend(self.judge_gates(&required));
        findings
    }

    /// Which contexts we post for pull requests into this branch.
    fn posted(&self, gate: &Gate) -> Vec<String> {
        let contexts = gate.contexts.iter();
        contexts.map(|c| c.for_base(&self.branch.name)).collect()
    }

    fn informative(&self) -> String {
        let template = &self.policy.declarations.context;
        template.for_base(&self.branch.name)
    }

    fn is_required(&self, gate: &Gate, required: &[Glob]) -> bool {
        let posted = self.posted(gate);
        required
            .iter()
            .any(|pattern| posted.iter().any(|c| pattern.matches(c)))
    }

    fn place(&self) -> String {
        format!("{} of {}", code(&self.branch.name), code(&self.facts.repo))
    }

    /// Status checks are on and nothing is named: all statuses together must be green.
    fn everything(&self) -> Finding {
        let what = format!(
            "{} requires all statuses and none by name: before the bot has looked, any other green is enough",
            self.place()
        );
        let repair = require(self.facts, self.policy, &self.branch.name);
        Finding::warn(AREA, Check::Broad, what).repaired_by(repair)
    }

    /// `None`: it is somebody else's, or right.
    fn judge_pattern(&self, pattern: &Glob, required: &[Glob]) -> Option<Finding> {
        let gates = self.policy.gates.iter();
        let ours: Vec<String> = gates.flat_map(|gate| self.posted(gate)).collect();
        let informative = self.informative();
        if pattern.matches(&informative) && !pattern.is_exact() {
            return self.broad(pattern, required);
        }
        let all = || ours.iter().chain([&informative]);
        if all().any(|context| pattern.matches(context)) {
            return None;
        }
        if let Some(context) = all().find(|context| *context == pattern.as_str()) {
            return Some(self.unescaped(context));
        }
        let meant = all().find(|context| is_near(pattern.as_str(), context))?;
        Some(self.misspelt(pattern, meant))
    }

    /// I5: a context is required that nobody posts.
    fn misspelt(&self, pattern: &Glob, meant: &str) -> Finding {
        let what = format!(
            "{} requires {}, which is never posted, and every pull request there stays pending; the bot posts {}",
            self.place(),
            code(pattern.as_str()),
            code(meant)
        );
        let repair = format!(
            "in the branch rule of {}, require {} instead of {}; or configure {} among the gate's `contexts`",
            self.place(),
            code(escaped(meant)),
            code(pattern.as_str()),
            code(pattern.as_str())
        );
        Finding::fail(AREA, Check::Misspelt, what).repaired_by(repair)
    }

    fn unescaped(&self, context: &str) -> Finding {
        let what = format!(
            "{} requires {} as a pattern, which does not match that very text: `[ ] {{ }} * ? \\` are special",
            self.place(),
            code(context)
        );
        let repair = format!(
            "in the branch rule of {}, write {}",
            self.place(),
            code(escaped(context))
        );
        Finding::fail(AREA, Check::Escapes, what).repaired_by(repair)
    }

    /// The declarations' context is always green, so a pattern that it meets asks for too little,
    /// unless each gate is required apart.
    fn broad(&self, pattern: &Glob, required: &[Glob]) -> Option<Finding> {
        let informative = self.informative();
        let strict: Vec<Glob> = required
            .iter()
            .filter(|pattern| !pattern.matches(&informative))
            .cloned()
            .collect();
        let mut gates = self.policy.gates.iter();
        if gates.all(|gate| self.is_required(gate, &strict)) {
            return None;
        }
        let then = match self.several {
            Several::First => "and in this version the first status that matches decides",
            Several::All => "so before the gates are posted it is enough",
        };
        let what = format!(
            "the pattern {} of {} is met by {}, which only informs and is always green, {then}",
            code(pattern.as_str()),
            self.place(),
            code(&informative)
        );
        let repair = require(self.facts, self.policy, &self.branch.name);
        let finding = match self.several {
            Several::First => Finding::fail(AREA, Check::Broad, what),
            Several::All => Finding::warn(AREA, Check::Broad, what),
        };
        Some(finding.repaired_by(repair))
    }

    /// Which gates the branch waits for, and which are posted for nobody.
    fn judge_gates(&self, required: &[Glob]) -> Vec<Finding> {
        let (guarding, idle): (Vec<&Gate>, Vec<&Gate>) = self
            .policy
            .gates
            .iter()
            .partition(|gate| self.is_required(gate, required));
        let names = |gates: &[&Gate]| {
            let names: Vec<String> = gates.iter().map(|gate| code(&gate.name)).collect();
            listed(&names, "and")
        };
        let mut findings = Vec::new();
        if !guarding.is_empty() {
            let what = format!("{} waits for {}", self.place(), names(&guarding));
            findings.push(Finding::ok(AREA, Check::Required, what));
        }
        if !idle.is_empty() {
            let what = format!(
                "{} does not require {}: posted, and guarding nothing",
                self.place(),
                names(&idle)
            );
            let contexts: Vec<String> = idle
                .iter()
                .filter_map(|gate| self.posted(gate).into_iter().next())
                .map(|context| code(escaped(&context)))
                .collect();
            let repair = format!(
                "in the branch rule of {}, require {} too",
                self.place(),
                listed(&contexts, "and")
            );
            let finding = if self.branch.name == self.facts.default_branch {
                Finding::fail(AREA, Check::Required, what)
            } else {
                Finding::warn(AREA, Check::Required, what)
            };
            findings.push(finding.repaired_by(repair));
        }
        findings
    }
}

/// What a repository's administrator has to do so that a branch waits for all gates.
pub(super) fn require(facts: &Facts, policy: &Policy, branch: &str) -> String {
    let contexts: Vec<String> = policy
        .gates
        .iter()
        .filter_map(|gate| gate.contexts.first())
        .map(|context| code(escaped(&context.for_base(branch))))
        .collect();
    format!(
        "an administrator of {} adds a branch rule for {} with status checks on that requires {}",
        code(&facts.repo),
        code(branch),
        listed(&contexts, "and")
    )
}

/// Whether somebody who wrote one probably meant the other: another event behind the same names,
/// another case, another end of the same gate's name, or a slip of the pen. What CI requires of its
/// own is not near: a slip is short against the whole.
fn is_near(pattern: &str, context: &str) -> bool {
    let (pattern, context) = (pattern.to_lowercase(), context.to_lowercase());
    let head = |text: &str| {
        text.split_once(" / ")
            .map(|(head, _)| head.trim().to_owned())
    };
    let stem = |text: &str| {
        text.rsplit_once(" (")
            .map_or(text.to_owned(), |(s, _)| s.to_owned())
    };
    let slips = (context.chars().count() / 8).min(3);
    stem(&pattern) == stem(&context)
        || head(&pattern).is_some_and(|one| head(&context) == Some(one))
        || strsim::osa_distance(&pattern, &context) <= slips
}
