//! The short sentences: descriptions of commit statuses, at most 140 characters.

use super::text::cut;
use crate::decide::record::Held;
use crate::decide::statuses::Left;
use crate::gate::policy::GateName;
use crate::gate::settled::Late;
use crate::gate::verdict::{Because, GateVerdict, Ground, Verdict};
use crate::model::{Diagnosis, PullNumber};

/// Characters of a description.
pub const MOST: usize = 140;

/// What a gate's status says. `elsewhere`: the verdict is that of another pull request with this head.
#[must_use]
pub fn description(verdict: &GateVerdict, elsewhere: Option<PullNumber>) -> String {
    let says = says(verdict);
    match elsewhere {
        Some(number) => cut(&format!("#{number} has the same head: {says}"), MOST),
        None => cut(&says, MOST),
    }
}

fn says(verdict: &GateVerdict) -> String {
    match &verdict.verdict {
        Verdict::Satisfied(Ground::Approval { by, team, .. }) => {
            format!("approved by {} of {team}", by.login)
        }
        Verdict::Satisfied(Ground::Declaration { by, team, .. }) => {
            format!("declared not applicable by {} of {team}", by.login)
        }
        Verdict::Rejected(by) => format!("{} of {} requests changes", by.login, verdict.team),
        Verdict::Missing => format!("waits for an approval by someone of {}", verdict.team),
        Verdict::Unknown(because) => unknown(because, &verdict.gate),
    }
}

fn unknown(because: &[Because], gate: &GateName) -> String {
    match because.first() {
        Some(Because::Probe {
            login, diagnoses, ..
        }) => {
            let why = diagnoses
                .first()
                .map_or("no identity may ask", |one| super::cause::short(one.cause));
            format!(
                "cannot verify whether {login} counts: {why}; type /refire {gate} for the repair"
            )
        }
        Some(Because::Unsettled(Late::Soon)) => {
            String::from("Gitea has not recorded the last push yet; looking again")
        }
        Some(Because::Unsettled(Late::Never)) => String::from(
            "Gitea never recorded the last push: push another commit, an empty one will do",
        ),
        Some(Because::Unsettled(Late::NoHead)) => String::from("the head branch is gone"),
        Some(Because::TooManyShare) => {
            String::from("cannot verify: too many open pull requests have this head")
        }
        Some(Because::Unread(diagnosis)) => {
            let why = super::cause::short(diagnosis.cause);
            match super::repair::brief(&diagnosis.repair) {
                Some(fix) => format!("could not look yet: {why}; {fix}"),
                None => format!("could not look yet: {why}; looking again"),
            }
        }
        None => String::from("could not look yet; looking again"),
    }
}

/// What a gate's status says whose holder has left the team.
#[must_use]
pub fn fallen(held: &Held, verdict: &GateVerdict) -> String {
    let (did, team) = match verdict.waivers.first().filter(|_| held.declared.is_some()) {
        Some(team) => ("declared it not applicable", team),
        None => ("approved", &verdict.team),
    };
    let login = &held.by.login;
    cut(
        &format!("waits for an approval: {login} {did} but is not in {team} any more"),
        MOST,
    )
}

/// The same where no reply can be posted: why, and what repairs it, in short.
#[must_use]
pub fn unanswered(says: &str, why: &Diagnosis) -> String {
    let fix = super::repair::brief(&why.repair);
    let fix = fix.map(|fix| format!(": {fix}")).unwrap_or_default();
    let note = format!("; no reply, {}{fix}", super::cause::short(why.cause));
    let room = MOST.saturating_sub(note.chars().count());
    format!("{}{note}", cut(says, room))
}

/// What a gate's status says before anybody could look.
#[must_use]
pub fn not_looked_at() -> String {
    String::from("not looked at yet")
}

/// What the declarations' status says, gates in configured order.
#[must_use]
pub fn declarations<'a>(gates: impl Iterator<Item = &'a GateName>) -> String {
    let names: Vec<&str> = gates.map(GateName::as_str).collect();
    if names.is_empty() {
        return String::from("N/A: (none)");
    }
    cut(&format!("N/A: {}", names.join(", ")), MOST)
}

/// What a status says once its pull request has left the commit.
#[must_use]
pub fn withdrawn(left: Left) -> String {
    String::from(match left {
        Left::Closed => "withdrawn: the pull request was closed",
        Left::Moved => "withdrawn: the head moved on",
        Left::Retargeted => "withdrawn: the base branch was changed",
    })
}
