//! What a turn ends in: effects, and what is remembered.
//!
//! This is the one place where findings become things to be done. Nothing is fetched any more.

mod remembered;
mod replies;

use self::remembered::remember_verdicts;
use self::replies::{act, letter, replies};
use super::answer::Asked;
use super::evaluation::GateShown;
use super::notice::{self, Forged, Notice};
use super::record::PullRecord;
use super::reply::{self, Addressee, Part};
use super::scope::Scope;
use super::statuses::{Share, Wanted};
use super::timeline::OwnReplies;
use super::told;
use crate::effect::{Act, Effect};
use crate::gate::policy::{GateName, Policy};
use crate::gate::verdict::GateVerdict;
use crate::model::{
    Account, CommentId, Evidence, Membership, Posted, Pull, PullState, Sha, TeamName, Trail,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// One comment with what it is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The comment.
    pub asked: Asked,
    /// Its parts.
    pub parts: Vec<Part>,
}

impl Told {
    /// A part for somebody whose words are not judged.
    #[must_use]
    pub fn plain(to: Addressee, created_at: Timestamp, part: Part) -> Self {
        let asked = Asked {
            to,
            author: Account::new(0, ""),
            created_at,
            body: String::new(),
            reading: commands::Reading::default(),
            fresh: true,
            also: Vec::new(),
        };
        Self {
            asked,
            parts: vec![part],
        }
    }
}

/// Everything that a turn found.
pub struct Findings<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// When the facts were read.
    pub facts_at: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// The pull request.
    pub pull: &'a Pull,
    /// What was looked at.
    pub scope: &'a Scope,
    /// The verdicts of this pull request.
    pub verdicts: &'a [GateVerdict],
    /// What is told to whom.
    pub told: Vec<Told>,
    /// Statuses that have to be posted, with the withdrawals.
    pub post: Vec<Wanted>,
    /// Statuses of others under contexts of ours, as far as that was not told yet.
    pub forged: Vec<Forged>,
    /// Other open pull requests with the same head.
    pub shares: Vec<Share>,
    /// Who could approve what is missing, where that may be told.
    pub able: Vec<(TeamName, Vec<Account>)>,
    /// Gates that are not green, with what their status says.
    pub open: Vec<(GateName, String)>,
    /// Drafts that only their authors see.
    pub hidden_drafts: u64,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
    /// Our replies that were found standing.
    pub replies: &'a OwnReplies,
    /// Comments whose reply is written again if it was deleted.
    pub anew: &'a BTreeSet<CommentId>,
    /// What makes the bot look again.
    pub promise: reply::Promise,
    /// How long to wait before an unknown is looked at again, by the number of tries.
    pub wait: &'a dyn Fn(u32) -> Duration,
}

/// What is to be committed.
#[derive(Debug)]
pub struct Decision {
    /// What to write to Gitea.
    pub effects: Vec<Effect>,
    /// Statuses that will stand, to be remembered, with their commit.
    pub posted: Vec<(Sha, Posted)>,
    /// The record.
    pub record: PullRecord,
    /// After what to look again. `None`: with the next event.
    pub again: Option<Duration>,
    /// The gates that were looked at, for those who ask later.
    pub gates: Vec<GateShown>,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
}

/// Makes the decision from the findings and the record as the look has left it.
#[must_use]
pub fn conclude(findings: Findings<'_>, mut record: PullRecord) -> Decision {
    let notices = notices(&findings, &record);
    remember_verdicts(&findings, &mut record);
    let unknown = !record.unknown.is_empty() || findings.told.iter().any(|told| waits(&told.parts));
    let open = findings.pull.state == PullState::Open;
    let again = (unknown && open).then(|| (findings.wait)(record.tries));
    record.tries = if again.is_some() {
        record.tries.saturating_add(1)
    } else {
        0
    };
    let mut effects: Vec<Effect> = findings
        .post
        .iter()
        .map(|wanted| status(&findings, wanted))
        .collect();
    effects.extend(replies(&findings, &mut record, again));
    effects.extend(notices);
    let posted = findings
        .post
        .iter()
        .map(|wanted| posted(wanted, findings.now))
        .collect();
    let gates = reply::shown::gates(findings.verdicts, &findings.shares, &findings.able);
    Decision {
        effects,
        posted,
        record,
        again,
        gates,
        calls: findings.calls,
    }
}

/// What nobody asked about, unless it stands in the conversation already.
fn notices(findings: &Findings<'_>, record: &PullRecord) -> Vec<Effect> {
    let fell = notice::fell(&record.held, findings.verdicts);
    let fell = fell.into_iter().map(|fell| Notice::Fell(Box::new(fell)));
    let forged = findings.forged.iter().cloned().map(Notice::Forged);
    forged
        .chain(fell)
        .map(|notice| (Addressee::All(notice.key()), notice))
        .filter(|(to, _)| !findings.replies.contains_key(to))
        .map(|(to, notice)| {
            let told = Told::plain(to, findings.pull.updated_at, Part::Notice(notice));
            let reply = reply::render(&letter(findings, &told, None, told::Bearing::default()));
            effect(findings, act(findings, &told, &reply, None))
        })
        .collect()
}

/// Whether an answer waits for something that no event may announce.
fn waits(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Gate(verdict) => verdict.verdict.may_heal(),
        Part::Declaration(said) => {
            match said.declared.as_ref().map(|declared| &declared.standing) {
                Some(Ok(())) => matches!(said.membership, Membership::Unknown(_)),
                Some(Err(refusal)) => refusal.may_heal(),
                None => false,
            }
        }
        Part::CannotLook(..) => true,
        _ => false,
    })
}

fn status(findings: &Findings<'_>, wanted: &Wanted) -> Effect {
    let act = Act::Status {
        status: wanted.status.clone(),
        rank: wanted.rank,
        facts_at: findings.facts_at,
        again: wanted.again,
    };
    effect(findings, act)
}

fn effect(findings: &Findings<'_>, act: Act) -> Effect {
    let repository = &findings.pull.repository;
    Effect {
        repository: repository.id,
        repo: repository.name.clone(),
        number: findings.pull.number,
        act,
        trail: Trail::default(),
    }
}

fn posted(wanted: &Wanted, now: Timestamp) -> (Sha, Posted) {
    let status = &wanted.status;
    let posted = Posted {
        context: status.context.clone(),
        state: status.state,
        description: status.description.clone(),
        at: now,
        restored: wanted.restores.then_some(now),
    };
    (status.sha.clone(), posted)
}
