//! The declaration rule: which `/sop-n/a` counts, and of each that does not exactly why not.
//!
//! "Before" and "after" are told by places in the timeline, never by clocks; a clock is only asked
//! how soon after a push something was written. **Invariant:** an edited comment never declares.

use super::facts::{Directive, Facts, Hearing, Says, Spoken};
use super::policy::{Bind, GateName, Policy, Unheard};
use super::settled::{Late, Settled, settled};
use crate::model::{Account, CommentId, Sha, TimelineId};
use std::time::Duration;

/// Why a declaration does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The writer opened the pull request (I16).
    Author,
    /// The writer opened another open pull request with the same head.
    OpenedAnother,
    /// The writer is the bot.
    Bot,
    /// The writer is a machine by the configuration.
    ServiceAccount,
    /// The writer was deleted or never was a person (I18).
    NobodyReal,
    /// The comment is older than the repository: migrated, and perhaps under a wrong name.
    Migrated,
    /// The comment was edited; by whom, where that was heard.
    Edited(Option<String>),
    /// No webhook announced it and the configuration refuses such ones.
    Unheard,
    /// No webhook announced it, and its writer has not confirmed it yet.
    Unconfirmed,
    /// The configuration asks for a reason and there is none.
    NoReason,
    /// The writer took it back.
    Revoked,
    /// The writer said it again later.
    Superseded,
    /// The writer pushed to the pull request.
    Pusher,
    /// The base branch was changed afterwards.
    Retargeted,
    /// The pull request was opened again afterwards, and whether it was taken back or edited before is
    /// not remembered.
    Reopened,
    /// It names another commit than the head.
    OtherCommit {
        /// The beginning that was typed.
        named: String,
        /// The head.
        head: Sha,
    },
    /// Something was pushed afterwards.
    PushedAfter {
        /// The head now.
        head: Sha,
    },
    /// The head moved so shortly before that nobody can have looked.
    TooSoon {
        /// Whole seconds between the push and the comment.
        seconds: u64,
        /// The head.
        head: Sha,
    },
    /// The pull request has no commits.
    Empty,
    /// The timeline has not caught up: whether something was pushed is not known yet.
    Unsettled(Late),
}

impl Refusal {
    /// Whether it is not known yet rather than refused.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unsettled(_))
    }

    /// Whether looking again without an event may change it.
    #[must_use]
    pub const fn may_heal(&self) -> bool {
        matches!(self, Self::Unsettled(Late::Soon))
    }
}

/// A declaration with the judgement on it; membership is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The comment.
    pub comment: CommentId,
    /// Its writer.
    pub by: Account,
    /// The writer's reason.
    pub reason: Option<String>,
    /// Whether a webhook announced it.
    pub heard: bool,
    /// `Ok`: it counts if the writer is in one of the gate's waiver teams.
    pub standing: Result<(), Refusal>,
}

/// Judges every declaration for the gate, in the order of the conversation.
#[must_use]
pub fn judge(policy: &Policy, facts: &Facts, gate: &GateName) -> Vec<Declared> {
    let of_gate = |spoken: &Spoken| {
        let directive = spoken
            .directives
            .iter()
            .rfind(|said| said.gate == *gate)?
            .clone();
        Some((spoken.clone(), directive))
    };
    facts
        .spoken
        .iter()
        .filter_map(of_gate)
        .filter_map(|(spoken, directive)| judge_one(policy, facts, &spoken, &directive))
        .collect()
}

fn judge_one(
    policy: &Policy,
    facts: &Facts,
    spoken: &Spoken,
    said: &Directive,
) -> Option<Declared> {
    let Says::Declare { commit, reason } = &said.says else {
        return None;
    };
    let standing = person(policy, facts, &spoken.author)
        .and_then(|()| comment(policy, facts, spoken))
        .and_then(|()| words(policy, facts, spoken, said))
        .and_then(|()| code(policy, facts, spoken, commit.as_deref()));
    Some(Declared {
        comment: spoken.comment,
        by: spoken.author.clone(),
        reason: reason.clone(),
        heard: matches!(spoken.hearing, Hearing::Heard | Hearing::Confirmed),
        standing,
    })
}

fn person(policy: &Policy, facts: &Facts, by: &Account) -> Result<(), Refusal> {
    refuse_if(!by.id.is_real(), Refusal::NobodyReal)?;
    refuse_if(*by == facts.pull.author, Refusal::Author)?;
    refuse_if(facts.is_bot(by), Refusal::Bot)?;
    refuse_if(
        policy.is_service_account(by.login.as_str()),
        Refusal::ServiceAccount,
    )?;
    refuse_if(facts.opened_another(by), Refusal::OpenedAnother)
}

fn comment(policy: &Policy, facts: &Facts, spoken: &Spoken) -> Result<(), Refusal> {
    refuse_if(
        spoken.created_at < facts.pull.repository.created_at,
        Refusal::Migrated,
    )?;
    if let Hearing::Edited(by) = &spoken.hearing {
        return Err(Refusal::Edited(by.clone()));
    }
    refuse_if(
        spoken.updated_at != spoken.created_at,
        Refusal::Edited(None),
    )?;
    let unheard = spoken.hearing == Hearing::Unheard;
    match policy.declarations.unheard {
        Unheard::Refuse => refuse_if(
            unheard || spoken.hearing == Hearing::Confirmed,
            Refusal::Unheard,
        ),
        Unheard::Confirm => refuse_if(unheard, Refusal::Unconfirmed),
        Unheard::Mention => Ok(()),
    }
}

fn words(policy: &Policy, facts: &Facts, spoken: &Spoken, said: &Directive) -> Result<(), Refusal> {
    let place = TimelineId::from(spoken.comment);
    let revoked = facts
        .revocations
        .get(&(spoken.author.id, said.gate.clone()));
    refuse_if(
        revoked.is_some_and(|revocation| *revocation > place),
        Refusal::Revoked,
    )?;
    refuse_if(said_again(facts, spoken, &said.gate), Refusal::Superseded)?;
    let Says::Declare { reason, .. } = &said.says else {
        return Ok(());
    };
    refuse_if(
        policy.declarations.require_reason && reason.is_none(),
        Refusal::NoReason,
    )
}

/// The newest directive of a person for a gate wins, so an older one says nothing any more.
fn said_again(facts: &Facts, spoken: &Spoken, gate: &GateName) -> bool {
    facts.spoken.iter().any(|other| {
        other.author == spoken.author
            && other.comment > spoken.comment
            && other.directives.iter().any(|said| said.gate == *gate)
    })
}

fn code(
    policy: &Policy,
    facts: &Facts,
    spoken: &Spoken,
    commit: Option<&str>,
) -> Result<(), Refusal> {
    let place = TimelineId::from(spoken.comment);
    refuse_if(facts.history.pushed(&spoken.author), Refusal::Pusher)?;
    refuse_if(
        facts.history.retarget.is_some_and(|at| at > place),
        Refusal::Retargeted,
    )?;
    refuse_if(
        facts.history.reopened.is_some_and(|at| at > place),
        Refusal::Reopened,
    )?;
    let head = match settled(facts) {
        Settled::Yes { head, .. } => head,
        Settled::Empty => return Err(Refusal::Empty),
        Settled::No(late) => return Err(Refusal::Unsettled(late)),
    };
    names_head(commit, head)?;
    match policy.declarations.bind {
        Bind::PullRequest => Ok(()),
        Bind::Head => looked_at(policy, facts, spoken, commit.is_some()),
    }
}

fn names_head(commit: Option<&str>, head: &Sha) -> Result<(), Refusal> {
    let Some(named) = commit else { return Ok(()) };
    let other = !head.as_str().starts_with(named);
    refuse_if(
        other,
        Refusal::OtherCommit {
            named: named.to_owned(),
            head: head.clone(),
        },
    )
}

/// Whether the writer can have looked at what stands there now.
fn looked_at(policy: &Policy, facts: &Facts, spoken: &Spoken, named: bool) -> Result<(), Refusal> {
    let Settled::Yes { head, push } = settled(facts) else {
        return Ok(());
    };
    refuse_if(
        push.id > TimelineId::from(spoken.comment),
        Refusal::PushedAfter { head: head.clone() },
    )?;
    if named || is_opening(facts, push.id) {
        return Ok(());
    }
    let passed = seconds_between(push.at, spoken.created_at);
    let soon = Duration::from_secs(passed) < policy.declarations.grace;
    refuse_if(
        soon,
        Refusal::TooSoon {
            seconds: passed,
            head: head.clone(),
        },
    )
}

/// Gitea writes the first push within seconds of the opening (gitea-facts §13.2).
const OPENING: u64 = 3;

/// Opening a pull request changes nothing that somebody could have looked at before. A change of
/// the base writes the pushes anew (gitea-facts §13.2), so that what stands behind one is no opening.
fn is_opening(facts: &Facts, push: TimelineId) -> bool {
    if facts.history.retarget.is_some_and(|at| at < push) {
        return false;
    }
    let first = facts.history.pushes.iter().min_by_key(|push| push.id);
    first.is_some_and(|first| {
        first.id == push && seconds_between(facts.pull.created_at, first.at) <= OPENING
    })
}

/// Whole seconds from the one to the other; 0 where the other is earlier.
fn seconds_between(from: jiff::Timestamp, to: jiff::Timestamp) -> u64 {
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0)
}

fn refuse_if(wrong: bool, why: Refusal) -> Result<(), Refusal> {
    if wrong { Err(why) } else { Ok(()) }
}
