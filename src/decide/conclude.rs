//! What a turn ends in: effects, and what is remembered.
//!
//! This is the one place where findings become things to be done. Nothing is fetched any more.

use super::answer::{Asked, refired, stays_open};
use super::evaluation::GateShown;
use super::notice::{self, Forged, Notice};
use super::record::{OpenAnswer, PullRecord};
use super::reply::{self, Addressee, Letter, Part};
use super::scope::Scope;
use super::statuses::{Share, Wanted};
use super::timeline::OwnReplies;
use super::told;
use crate::effect::{Act, Effect};
use crate::gate::declaration::Refusal;
use crate::gate::policy::{GateName, Policy};
use crate::gate::verdict::GateVerdict;
use crate::model::{
    Account, CommentId, Evidence, Membership, Posted, Pull, PullState, TeamName, Trail,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Answers of one pull request that are kept up to date.
const MOST_OPEN: usize = 20;
/// A comment's text that is kept whole.
const MOST_KEPT: usize = 4096;

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
    pub posted: Vec<(crate::model::Sha, Posted)>,
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

fn remember_verdicts(findings: &Findings<'_>, record: &mut PullRecord) {
    let looked_at = |gate: &GateName| findings.scope.gates.contains(gate);
    record.unknown.retain(|gate| !looked_at(gate));
    let unknown = findings
        .verdicts
        .iter()
        .filter(|verdict| verdict.verdict.may_heal());
    record
        .unknown
        .extend(unknown.map(|verdict| verdict.gate.clone()));
    remember_unknowns(findings, &mut record.unknown_since);
    let mut declared = findings.verdicts.iter().flat_map(|it| &it.declarations);
    let waits = declared.any(|said| said.standing == Err(Refusal::Unconfirmed));
    record.unconfirmed = waits || (record.unconfirmed && !findings.scope.all);
    remember_members(findings.verdicts, record);
    notice::remember(
        &mut record.held,
        findings.pull.head.as_ref(),
        findings.verdicts,
    );
    if findings.scope.all && findings.scope.declarations {
        record.evaluated.clone_from(&findings.pull.head);
    }
    for told in findings.told.iter().filter(|told| told.asked.fresh) {
        for gate in refired(&told.asked.reading, findings.policy) {
            record.refired.insert(gate, findings.now);
        }
    }
}

/// Since when which gate is unknown: that of the first look that could not find out.
fn remember_unknowns(findings: &Findings<'_>, since: &mut BTreeMap<GateName, Timestamp>) {
    let verdict = |gate: &GateName| findings.verdicts.iter().find(|it| it.gate == *gate);
    since.retain(|gate, _| {
        let exists = findings.policy.gates.iter().any(|it| it.name == *gate);
        exists && verdict(gate).is_none_or(|it| it.verdict.is_unknown())
    });
    let unknown = findings.verdicts.iter();
    for it in unknown.filter(|it| it.verdict.is_unknown()) {
        since.entry(it.gate.clone()).or_insert(findings.now);
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

/// One member of each team, so that the next look asks about that one first.
fn remember_members(verdicts: &[GateVerdict], record: &mut PullRecord) {
    for (team, who, membership) in verdicts.iter().flat_map(|verdict| &verdict.answers) {
        if *membership == Membership::Member {
            record.proven.retain(|(known, _)| known != team);
            record.proven.push((team.clone(), who.id));
        }
    }
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

fn posted(wanted: &Wanted, now: Timestamp) -> (crate::model::Sha, Posted) {
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

fn replies(
    findings: &Findings<'_>,
    record: &mut PullRecord,
    again: Option<Duration>,
) -> Vec<Effect> {
    told::settle(record, &findings.told, findings.now);
    let told = in_order(&findings.told);
    let elsewhere: Vec<_> = told
        .iter()
        .map(|told| told::elsewhere(record, told, findings.now))
        .collect();
    let mut replies = Replies::default();
    for (told, elsewhere) in told.into_iter().zip(elsewhere) {
        let held = told::held(record, told);
        let bearing = told::Bearing {
            elsewhere,
            held,
            ..told::Bearing::default()
        };
        replies.tell(findings, record, (told, bearing), again);
    }
    keep_few(record);
    replies.effects
}

/// Comments by age, so that the first that meets a cause holds its diagnosis and is posted first.
fn in_order(told: &[Told]) -> Vec<&Told> {
    let mut told: Vec<&Told> = told.iter().filter(|told| !told.parts.is_empty()).collect();
    told.sort_by_key(|told| told.asked.to.comment());
    told
}

/// The replies of one turn.
#[derive(Default)]
struct Replies {
    effects: Vec<Effect>,
    /// Whose answers are written in this turn.
    written: Vec<Addressee>,
}

impl Replies {
    fn tell(
        &mut self,
        findings: &Findings<'_>,
        record: &mut PullRecord,
        (told, bearing): (&Told, told::Bearing),
        again: Option<Duration>,
    ) {
        let holder = bearing.elsewhere.first().map(|(_, holder)| *holder);
        let reply = reply::render(&letter(findings, told, again, bearing));
        let before = remove_open(record, &told.asked.to);
        let is_news = before
            .as_ref()
            .is_none_or(|before| before.outcome != reply.outcome);
        if told.asked.fresh || is_news {
            let holder = holder.map(Addressee::Comment);
            let behind = holder.filter(|holder| self.written.contains(holder));
            self.written.push(told.asked.to.clone());
            self.effects
                .push(effect(findings, act(findings, told, &reply, behind)));
        }
        if stays_open(&told.parts) {
            record
                .open_answers
                .extend(open_answer(&told.asked, reply.outcome));
        }
    }
}

/// The oldest answers are not kept up to date any more, but for those that others point to.
fn keep_few(record: &mut PullRecord) {
    let holders: Vec<CommentId> = record.told_causes.iter().map(|told| told.holder).collect();
    let mut surplus = record.open_answers.len().saturating_sub(MOST_OPEN);
    record.open_answers.retain(|open| {
        let goes = surplus > 0 && !holders.contains(&open.comment);
        surplus = surplus.saturating_sub(usize::from(goes));
        !goes
    });
    record.open_answers.truncate(2 * MOST_OPEN);
}

fn letter(
    findings: &Findings<'_>,
    told: &Told,
    again: Option<Duration>,
    bearing: told::Bearing,
) -> Letter {
    Letter {
        to: told.asked.to.clone(),
        also: told.asked.also.clone(),
        parts: told.parts.clone(),
        shares: findings.shares.clone(),
        able: findings.able.clone(),
        open: findings.open.clone(),
        hidden_drafts: findings.hidden_drafts,
        looks_again: again.is_some(),
        promise: findings.promise,
        calls: findings.calls.clone(),
        bearing,
    }
}

fn act(
    findings: &Findings<'_>,
    told: &Told,
    reply: &reply::Reply,
    behind: Option<Addressee>,
) -> Act {
    Act::Reply {
        to: told.asked.to.clone(),
        since: told.asked.created_at,
        body: reply.to(&told.asked.body),
        outcome: reply.outcome.clone(),
        reply: findings.replies.get(&told.asked.to).map(|(id, _)| *id),
        // No time is known of a review, so that its reply may stand before what was read.
        search: matches!(told.asked.to, Addressee::Review(_)),
        anew: told
            .asked
            .to
            .comment()
            .is_some_and(|id| findings.anew.contains(&id)),
        after: findings.pull.head.as_ref().map(ToString::to_string),
        behind,
    }
}

fn remove_open(record: &mut PullRecord, to: &Addressee) -> Option<OpenAnswer> {
    let at = record
        .open_answers
        .iter()
        .position(|open| Addressee::Comment(open.comment) == *to)?;
    Some(record.open_answers.remove(at))
}

fn open_answer(asked: &Asked, outcome: String) -> Option<OpenAnswer> {
    let Addressee::Comment(comment) = asked.to else {
        return None;
    };
    let body = if asked.body.len() <= MOST_KEPT {
        asked.body.clone()
    } else {
        asked
            .reading
            .commands
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (author, created_at) = (asked.author.clone(), asked.created_at);
    Some(OpenAnswer {
        comment,
        author,
        body,
        created_at,
        outcome,
        also: asked.also.clone(),
    })
}
