//! What the running bot says of its identities: whom it passes over, and who is one account.
//!
//! The doctor asks with a client of its own, which was refused nothing yet; only the bot knows whom
//! it does not ask for now.

use super::{AREA, Facts, needed};
use crate::decide::reply::text::code;
use crate::doctor::{Check, Finding, Trouble};
use crate::gitea::{Gitea, PassedOver};
use serde::{Deserialize, Serialize};

/// The identities as the running bot sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Who is not asked for now, and why.
    #[serde(default)]
    pub passed_over: Vec<PassedOver>,
    /// Pairs behind which the same account is: each later one with the first.
    #[serde(default)]
    pub twins: Vec<(String, String)>,
}

impl Running {
    /// As a client has come to know them.
    #[must_use]
    pub fn of(gitea: &Gitea) -> Self {
        Self {
            passed_over: gitea.passed_over(),
            twins: gitea.twins(),
        }
    }
}

/// What is to be said of them beside what the doctor found out by itself, which is `own`.
#[must_use]
pub fn judge(running: &Running, own: &[Facts]) -> Vec<Finding> {
    let passed = running.passed_over.iter();
    let mut findings: Vec<Finding> = passed.map(|passed| skipped(passed, own)).collect();
    let known = super::twins(own);
    let is_known = |pair: &&(String, String)| {
        let mut known = known.iter();
        known.any(|twins| twins.first == pair.0 && twins.second == pair.1)
    };
    let news = running.twins.iter().filter(|pair| !is_known(pair));
    findings.extend(news.map(|(first, second)| one_account(first, second)));
    findings
}

/// It works as long as another identity can do the same, so this is a warning.
fn skipped(passed: &PassedOver, own: &[Facts]) -> Finding {
    let trouble = Trouble::from(passed.why.clone());
    let name = code(&passed.identity);
    let until = passed.until.strftime("%H:%M:%S");
    let what = format!(
        "the running bot does not ask identity {name} until {until} UTC: {}",
        trouble.meaning()
    );
    let finding = Finding::warn(AREA, Check::PassedOver, what);
    let mended = own
        .iter()
        .any(|facts| facts.speaker.name == passed.identity && is_sound(facts));
    if mended {
        let repair = format!(
            "wait until {until} UTC: the doctor was not refused, so the bot takes identity {name} again by itself"
        );
        return finding.repaired_by(repair).because(&trouble);
    }
    finding.because(&trouble)
}

/// Whether an identity can do what it is there for, as far as its own calls say.
fn is_sound(facts: &Facts) -> bool {
    let has_all = |scopes: &crate::gitea::Scopes| needed(facts).iter().all(|s| scopes.allow(*s));
    !facts.is_dead() && facts.scopes.as_ref().is_ok_and(has_all)
}

fn one_account(first: &str, second: &str) -> Finding {
    let what = format!(
        "the identities {} and {} of the running bot are one account: where one may not see a team, neither may",
        code(first),
        code(second)
    );
    Finding::warn(AREA, Check::SharedAccount, what).repaired_by(super::part(second))
}
