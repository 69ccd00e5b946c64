//! The way of one comment, on one screen.

mod answers;
mod statuses;

use super::commit::{commit, discard};
use super::errand::Errand;
use super::look::{self, Before, Found};
use super::place::{self, Missing};
use super::{
    Shared, Trouble, able, judge, neighbours, observed, pace, post, refuse, restore, rewrite,
    unread,
};
use crate::decide::alike::Joined;
use crate::decide::answer::Asked;
use crate::decide::conclude::{Findings, conclude};
use crate::decide::notice;
use crate::decide::record::PullRecord;
use crate::decide::reply::{Addressee, cause};
use crate::decide::scope::{Scope, contradicts, scope};
use crate::decide::statuses::{shares, still_open};
use crate::gate::Answers;
use crate::gate::facts::Facts;
use crate::gate::verdict::{GateVerdict, Verdict};
use crate::gitea::Session;
use crate::memo::{self, Confirmed, Kind};
use crate::model::{Comment, CommentId, Posted, Pull, TeamName, UserId};
use crate::numbers;
use crate::spans;
use jiff::Timestamp;
use state::{PullKey, StoreError};
use statuses::standing;
use std::collections::{BTreeSet, HashMap};
use tracing::{Instrument as _, Span};

/// Claim, read, judge, decide, commit. Everything that is decided from one look is committed in one
/// transaction; the dispatcher does the rest. `owed`: everything is looked at, whatever the inbox holds.
/// `span` becomes that of the turn, as soon as it is known what that is about.
pub(super) async fn turn(
    shared: &Shared,
    key: PullKey,
    owed: bool,
    span: &mut Span,
) -> Result<(), Trouble> {
    let before = shared
        .epoch
        .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let paced = pace::claim(shared, key).await?;
    if paced.is_idle() && !owed {
        return pace::rest(shared, key, &paced).await;
    }
    let Some(mut errand) = Errand::of(key, &paced, before.wrapping_add(1)) else {
        return discard(shared, key, &paced).await;
    };
    errand.look |= owed;
    *span = spans::pull_request(&errand.pull.repo, errand.pull.number, &errand.trail);
    rewrite::queue(shared, &mut errand).await?;
    if errand.is_over() {
        if paced.more {
            shared.board.wake(key);
        }
        return pace::rest(shared, key, &paced).await;
    }
    errand.unread = unread::remembered(shared, key).await?;
    post::with_eyes(shared, &errand, run(shared, &errand))
        .instrument(span.clone())
        .await?;
    if paced.more {
        shared.board.wake(key);
    }
    Ok(())
}

async fn run(shared: &Shared, errand: &Errand) -> Result<(), Trouble> {
    let session = shared.gitea.session();
    if !errand.on_issue.is_empty() {
        return on_issue(shared, &session, errand).await;
    }
    let here = match place::find(&session, errand).await {
        Ok(here) => here,
        Err(Missing::Unread(error)) => return unread::pull(shared, &session, errand, error).await,
        Err(Missing::Elsewhere) => return unread::elsewhere(shared, errand).await,
    };
    look_and_decide(shared, &session, &here.errand, here.pull).await
}

/// What was said on a plain issue, wherever its repository is now.
async fn on_issue(shared: &Shared, session: &Session, errand: &Errand) -> Result<(), Trouble> {
    match refuse::on_issue(shared, session, errand).await {
        Err(Trouble::Call(error)) if error.has_left() => {
            match place::follow(session, errand).await {
                Some(moved) => refuse::on_issue(shared, session, &moved).await,
                None => unread::pull(shared, session, errand, error).await,
            }
        }
        Err(Trouble::Call(error)) => unread::pull(shared, session, errand, error).await,
        ended => ended,
    }
}

async fn look_and_decide(
    shared: &Shared,
    session: &Session,
    errand: &Errand,
    pull: Pull,
) -> Result<(), Trouble> {
    if !shared.policy.gates_apply_to(&pull) {
        return match refuse::out_of_scope(shared, session, errand, pull).await {
            Err(Trouble::Call(error)) => unread::pull(shared, session, errand, error).await,
            ended => ended,
        };
    }
    let head = pull
        .head
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _turn = shared.turns.turn((errand.repository(), head)).await;
    let before = Before {
        record: errand.record.as_ref(),
        asked: &errand.comments,
        ..Before::default()
    };
    match look::look(shared, session, pull.clone(), before).await {
        Ok(mut found) => {
            observed::pass_over(shared, errand.key, &found.asked, &mut found.unanswered).await?;
            observed::pass_over_inline(shared, errand.key, &mut found.inline).await?;
            let turn = Turn {
                shared,
                session,
                errand,
                found: &found,
            };
            match turn.take().await {
                // What could not be read after the look leaves the gates as unknown as the look.
                Err(Trouble::Call(error)) => {
                    unread::facts(shared, session, errand, &pull, error).await
                }
                ended => ended,
            }
        }
        Err(error) => unread::facts(shared, session, errand, &pull, error).await,
    }
}

struct Turn<'a> {
    shared: &'a Shared,
    session: &'a Session,
    errand: &'a Errand,
    found: &'a Found,
}

impl Turn<'_> {
    async fn take(&self) -> Result<(), Trouble> {
        let Self {
            shared,
            session,
            errand,
            found,
        } = *self;
        let policy = &shared.policy;
        let neighbours = neighbours::find(shared, session, errand.key, &found.pull).await;
        let crowded = matches!(neighbours, Err(Trouble::Store(StoreError::TooMany(_))));
        let neighbours = if crowded { Vec::new() } else { neighbours? };
        let openers = neighbours.iter().map(|other| other.pull.author.clone());
        let facts = look::facts(shared, errand.key, found, openers.collect()).await?;
        let mut asked = self.fresh();
        let posted = post::remembered(shared, &found.pull).await?;
        let mut answers = Answers::guessing(self.proven_before());
        let (scope, mut verdicts) = self.judge(&facts, &asked, &posted, &mut answers).await;
        if crowded {
            judge::crowded(&mut verdicts);
        }
        tell_of(errand, &verdicts);
        let mut standings = vec![standing(&found.pull, verdicts.clone())];
        standings.extend(self.others(&neighbours, &scope, &mut answers).await?);
        let mut needed = self.needed(&standings, &scope, &posted, &asked).await?;
        let covered = restore::untold(shared, errand.key, &needed.covered).await?;
        notice::join(&mut needed.forged, covered);
        asked.extend(self.reopened(&scope, &asked));
        let mut told = self.tell(&facts, &verdicts, &mut answers, asked).await;
        told.extend(refuse::inline(errand, found));
        told.extend(refuse::reviews(errand));
        let able = able::find(session, policy, &facts, &told).await;
        let findings = Findings {
            policy,
            facts_at: found.read_at,
            now: Timestamp::now(),
            pull: &found.pull,
            scope: &scope,
            verdicts: &verdicts,
            told,
            post: needed.post,
            forged: restore::untold(shared, errand.key, &needed.forged).await?,
            shares: shares(policy, &standings),
            able,
            open: still_open(policy, &found.pull.base, &posted, &verdicts),
            hidden_drafts: found.reviews.hidden_drafts,
            calls: session.evidence(),
            replies: &found.replies,
            anew: &errand.restore,
            promise: shared.tempo.promise,
            wait: &|tries| shared.tempo.wait(tries),
        };
        let mut decision = conclude(findings, self.record());
        decision.again = decision.again.into_iter().chain(needed.wait).min();
        let mut further = restore::records(errand, &needed.forged);
        further.extend(scope.all.then(|| confirmed(errand.key)));
        further.extend(needed.memos);
        commit(shared, errand, decision, further).await
    }

    /// The verdicts of the gates that have to be looked at, and which those are: all, where what was
    /// found contradicts what stands.
    async fn judge(
        &self,
        facts: &Facts,
        asked: &[Asked],
        posted: &[Posted],
        answers: &mut Answers,
    ) -> (Scope, Vec<GateVerdict>) {
        let (session, policy) = (self.session, &self.shared.policy);
        let scope = self.scope(facts, asked);
        let verdicts = judge::verdicts(session, policy, facts, &scope.gates, answers).await;
        let declared: Vec<_> = verdicts
            .iter()
            .map(|v| (v.gate.clone(), v.is_declared()))
            .collect();
        if scope.declarations || !contradicts(policy, facts, posted, &declared) {
            return (scope, verdicts);
        }
        let scope = Scope::everything(policy);
        let verdicts = judge::verdicts(session, policy, facts, &scope.gates, answers).await;
        (scope, verdicts)
    }

    fn proven_before(&self) -> Vec<(TeamName, UserId)> {
        let record = self.errand.record.as_ref();
        record
            .map(|record| record.proven.clone())
            .unwrap_or_default()
    }

    fn scope(&self, facts: &Facts, asked: &[Asked]) -> Scope {
        let policy = &self.shared.policy;
        if self.errand.look {
            return Scope::everything(policy);
        }
        scope(policy, facts, asked, self.errand.record.as_ref())
    }

    /// The record as this look leaves it.
    fn record(&self) -> PullRecord {
        let found = self.found;
        let mut record = self
            .errand
            .record
            .clone()
            .unwrap_or_else(|| PullRecord::new(found.pull.clone(), found.head_seen_at));
        record.pull = found.pull.clone();
        record.head_seen_at = found.head_seen_at;
        record.timeline = Some(found.memory.clone());
        record.revocations = found.revocations.clone();
        self.errand.told(record)
    }
}

/// Every gate was looked at just now.
fn confirmed(key: PullKey) -> state::Memo {
    let at = Timestamp::now();
    Confirmed { at }.memo(memo::all_of_pull::<Confirmed>(key))
}

/// What came out is counted, and what could not be found out is logged in the words of the reply.
fn tell_of(errand: &Errand, verdicts: &[GateVerdict]) {
    count(verdicts);
    for verdict in verdicts {
        for why in verdict.diagnoses() {
            tracing::warn!(pull = %errand.pull, gate = %verdict.gate, cause = %why.cause, "{}", cause::line(why));
        }
    }
}

/// Counts what came out.
pub(super) fn count(verdicts: &[GateVerdict]) {
    for verdict in verdicts {
        let word = match verdict.verdict {
            Verdict::Satisfied(_) => "satisfied",
            Verdict::Rejected(_) | Verdict::Missing => "not_satisfied",
            Verdict::Unknown(_) => "unknown",
        };
        metrics::counter!(numbers::EVALUATIONS, "verdict" => word).increment(1);
    }
}

/// A comment as it asks now. `None`: it asks nothing of us, or nobody does.
pub(super) fn asked(
    shared: &Shared,
    comment: &Comment,
    joined: &HashMap<CommentId, Vec<Joined>>,
) -> Option<Asked> {
    let reading = commands::parse(&comment.body, &shared.gates);
    let asked = Asked {
        to: Addressee::Comment(comment.id),
        author: comment.author.clone()?,
        created_at: comment.created_at,
        body: comment.body.clone(),
        reading,
        fresh: true,
        also: joined.get(&comment.id).cloned().unwrap_or_default(),
    };
    Some(asked).filter(|asked| !asked.reading.is_empty())
}

/// Comments that ask, by id.
pub(super) fn ids(comments: &[(CommentId, Timestamp)]) -> BTreeSet<CommentId> {
    comments.iter().map(|(id, _)| *id).collect()
}
