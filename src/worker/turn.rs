//! The way of one comment, on one screen.

use super::errand::Errand;
use super::judge::{self, Judged};
use super::look::{self, Before, Found};
use super::neighbours::Neighbour;
use super::pace::{self, Paced};
use super::shown::Outcome;
use super::{
    Shared, Trouble, able, neighbours, now, observed, post, refuse, restore, shown, unread,
};
use crate::decide::alike::{Joined, together};
use crate::decide::answer::{Asked, gates_of};
use crate::decide::conclude::{Decision, Findings, Told, conclude};
use crate::decide::notice;
use crate::decide::record::{OpenAnswer, PullRecord};
use crate::decide::reply::{Addressee, cause};
use crate::decide::scope::{Scope, contradicts, scope};
use crate::decide::statuses::{Standing, Wanted, shares, still_open, wanted};
use crate::gate::Answers;
use crate::gate::facts::Facts;
use crate::gate::verdict::GateVerdict;
use crate::gitea::Session;
use crate::memo::{self, Confirmed, Kind};
use crate::model::{Comment, CommentId, Posted, Pull, PullState, TeamName, UserId};
use jiff::Timestamp;
use state::{Commit, Millis, PullKey, Record, Wake};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Claim, read, judge, decide, commit. Everything that is decided from one look is committed in one
/// transaction; the dispatcher does the rest.
pub(super) async fn turn(shared: &Shared, key: PullKey) -> Result<(), Trouble> {
    shared
        .epoch
        .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let paced = pace::claim(shared, key).await?;
    if paced.is_idle() {
        return pace::rest(shared, key, &paced).await;
    }
    let Some(mut errand) = Errand::of(key, &paced) else {
        return discard(shared, key, &paced).await;
    };
    errand.unread = unread::remembered(shared, key).await?;
    post::with_eyes(shared, &errand, run(shared, &errand)).await?;
    if paced.more {
        shared.board.wake(key);
    }
    Ok(())
}

async fn run(shared: &Shared, errand: &Errand) -> Result<(), Trouble> {
    let session = shared.gitea.session();
    if !errand.on_issue.is_empty() {
        return refuse::on_issue(shared, &session, errand).await;
    }
    let pull = match session.fetch_pull(&errand.pull).await {
        Ok(pull) => pull,
        Err(error) => return unread::pull(shared, &session, errand, error).await,
    };
    if pull.state != PullState::Open || !shared.policy.guards(&pull.base) {
        return match refuse::out_of_scope(shared, &session, errand, pull).await {
            Err(Trouble::Call(error)) => unread::pull(shared, &session, errand, error).await,
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
    match look::look(shared, &session, pull.clone(), before).await {
        Ok(mut found) => {
            observed::pass_over(shared, errand.key, &found.asked, &mut found.unanswered).await?;
            observed::pass_over_inline(shared, errand.key, &mut found.inline).await?;
            let turn = Turn {
                shared,
                session: &session,
                errand,
                found: &found,
            };
            match turn.take().await {
                // What could not be read after the look leaves the gates as unknown as the look.
                Err(Trouble::Call(error)) => {
                    unread::facts(shared, &session, errand, &pull, error).await
                }
                ended => ended,
            }
        }
        Err(error) => unread::facts(shared, &session, errand, &pull, error).await,
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
        let neighbours = neighbours::find(shared, session, errand.key, &found.pull).await?;
        let openers = neighbours.iter().map(|other| other.pull.author.clone());
        let facts = look::facts(shared, errand.key, found, openers.collect()).await?;
        let mut asked = self.fresh();
        let posted = post::remembered(shared, &found.pull).await?;
        let mut answers = Answers::guessing(self.proven_before());
        let (scope, verdicts) = self.judge(&facts, &asked, &posted, &mut answers).await;
        log(errand, &verdicts);
        let mut standings = vec![standing(&found.pull, verdicts.clone())];
        standings.extend(self.others(&neighbours, &scope, &mut answers).await?);
        let needed = self.needed(&standings, &scope, &posted, &asked).await?;
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
        commit_with(shared, errand, decision, further).await
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

    /// The statuses to be posted; none on the head while it rests from a refusal.
    async fn needed(
        &self,
        standings: &[Standing],
        scope: &Scope,
        posted: &[Posted],
        asked: &[Asked],
    ) -> Result<restore::Needed, Trouble> {
        let rest = self.rest().await?;
        let mut needed = self.statuses(standings, scope, posted, asked).await?;
        if rest.is_some() {
            let head = self.found.pull.head.as_ref();
            let elsewhere = |wanted: &Wanted| Some(&wanted.status.sha) != head;
            needed.post.retain(elsewhere);
        } else if self.errand.look && needed.post.is_empty() {
            post::nothing_refused(self.shared, self.errand.key).await?;
        }
        needed.wait = needed.wait.into_iter().chain(rest).min();
        Ok(needed)
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

    /// Comments that want an answer and have none to what they say now.
    fn fresh(&self) -> Vec<Asked> {
        let born = self.found.pull.repository.created_at;
        let ids = self.found.unanswered.union(&self.errand.restore);
        let live = ids.filter_map(|id| self.found.asked.get(id));
        let wanted = live.filter(|comment| comment.created_at >= born);
        let asked = wanted.filter_map(|comment| asked(self.shared, comment, &self.found.joined));
        let replied = self.errand.replied(&self.found.replies);
        together(asked.collect(), &self.errand.waited, &replied)
    }

    /// Answers given before that may read differently now: those about gates that were looked at.
    fn reopened(&self, scope: &Scope, fresh: &[Asked]) -> Vec<Asked> {
        let record = self.errand.record.as_ref();
        let open = record.into_iter().flat_map(|record| &record.open_answers);
        open.map(|open| self.again(open))
            .filter(|open| !fresh.iter().any(|asked| asked.to == open.to))
            .filter(|open| scope.covers(&gates_of(&open.reading, &self.shared.policy)))
            .collect()
    }

    fn again(&self, open: &OpenAnswer) -> Asked {
        let live = self.found.asked.get(&open.comment);
        let body = live.map_or(&open.body, |comment| &comment.body);
        Asked {
            to: Addressee::Comment(open.comment),
            author: open.author.clone(),
            created_at: open.created_at,
            body: body.clone(),
            reading: commands::parse(body, &self.shared.gates),
            fresh: false,
            also: open.also.clone(),
        }
    }

    async fn tell(
        &self,
        facts: &Facts,
        verdicts: &[GateVerdict],
        answers: &mut Answers,
        asked: Vec<Asked>,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        for asked in asked {
            let judged = Judged {
                facts,
                verdicts,
                answers,
            };
            let parts = judge::parts(self.session, &self.shared.policy, judged, &asked).await;
            told.push(Told { asked, parts });
        }
        told
    }

    /// How the other pull requests with this head stand.
    async fn others(
        &self,
        neighbours: &[Neighbour],
        scope: &Scope,
        answers: &mut Answers,
    ) -> Result<Vec<Standing>, Trouble> {
        let mut standings = Vec::new();
        for other in neighbours {
            let mut openers: Vec<_> = neighbours.iter().map(|n| n.pull.author.clone()).collect();
            openers.push(self.found.pull.author.clone());
            let verdicts = match &other.found {
                Some(found) => {
                    let facts = look::facts(self.shared, other.key, found, openers).await?;
                    let policy = &self.shared.policy;
                    judge::verdicts(self.session, policy, &facts, &scope.gates, answers).await
                }
                None => Vec::new(),
            };
            standings.push(standing(&other.pull, verdicts));
        }
        Ok(standings)
    }

    /// How long refused statuses rest. Whoever asks has them tried at once.
    async fn rest(&self) -> Result<Option<Duration>, Trouble> {
        if self.errand.comments.is_empty() {
            post::rests(self.shared, self.errand.key).await
        } else {
            Ok(None)
        }
    }

    async fn statuses(
        &self,
        standings: &[Standing],
        scope: &Scope,
        posted: &[Posted],
        asked: &[Asked],
    ) -> Result<restore::Needed, Trouble> {
        let Some(head) = &self.found.pull.head else {
            return Ok(restore::Needed::default());
        };
        let mut wanted = wanted(&self.shared.policy, head, standings, scope.declarations);
        let record = self.errand.record.as_ref();
        let held = record.map_or(&[][..], |record| &record.held);
        let own = standings.first().map_or(&[][..], |own| &own.verdicts);
        for (held, now) in notice::fallen(held, own) {
            for wanted in &mut wanted {
                wanted.say_fallen(held, now);
            }
        }
        if let Some(why) = post::refused_reply(self.shared, self.errand.key).await? {
            for wanted in &mut wanted {
                wanted.say_for_the_reply(&why);
            }
        }
        let step = post::Step {
            shared: self.shared,
            session: self.session,
            pull: &self.found.pull,
            record,
        };
        let mut needed = step.needed(wanted, posted, asked, standings).await;
        needed.post.extend(
            step.left_behind(
                self.errand.key,
                &self.found.memory.history,
                self.errand.look,
            )
            .await?,
        );
        Ok(needed)
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

/// What could not be found out is logged in the words of the reply.
fn log(errand: &Errand, verdicts: &[GateVerdict]) {
    for verdict in verdicts {
        for why in verdict.diagnoses() {
            tracing::warn!(pull = %errand.pull, gate = %verdict.gate, cause = %why.cause, "{}", cause::line(why));
        }
    }
}

fn standing(pull: &Pull, verdicts: Vec<GateVerdict>) -> Standing {
    Standing {
        number: pull.number,
        base: pull.base.clone(),
        verdicts,
    }
}

/// Record, effects, memos and finished items in one transaction; then those are told who wait.
pub(super) async fn commit(
    shared: &Shared,
    errand: &Errand,
    decision: Decision,
) -> Result<(), Trouble> {
    commit_with(shared, errand, decision, Vec::new()).await
}

/// The same with further memos.
async fn commit_with(
    shared: &Shared,
    errand: &Errand,
    mut decision: Decision,
    further: Vec<state::Memo>,
) -> Result<(), Trouble> {
    let at = Timestamp::now();
    observed::leave_unsaid(shared, &mut decision.record);
    let again = errand.comes_back(decision.again.map(super::after));
    let open = decision.record.pull.state == PullState::Open
        && shared.policy.guards(&decision.record.pull.base);
    let head = decision
        .record
        .pull
        .head
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let effects = decision.effects.iter().map(|effect| effect.queued(at));
    let effects: Vec<_> = effects.collect();
    let shown = shown::keep(shared, errand, Outcome::of(&decision), &effects).await?;
    let memos = decision.posted.iter().map(|(sha, posted)| {
        posted.memo(shared.status_key(errand.repository(), sha, &posted.context))
    });
    let record = Record {
        bytes: serde_json::to_vec(&decision.record).unwrap_or_default(),
        head: head.into_bytes(),
        open,
    };
    let commit = Commit {
        record: Some(record),
        wake: wake_at(again),
        done: errand.items.clone(),
        effects,
        memos: memos
            .chain(unread::over(errand))
            .chain(shown)
            .chain(further)
            .collect(),
        ..Commit::new(errand.key, now())
    };
    shared.store.commit(commit).await?;
    come_back(shared, errand.key, again);
    shared.dispatcher.wake();
    Ok(())
}

/// Items that nothing can be made of are not kept.
async fn discard(shared: &Shared, key: PullKey, paced: &Paced) -> Result<(), Trouble> {
    let done = paced.claim.items.iter().map(|item| item.id).collect();
    shared
        .store
        .commit(Commit {
            done,
            wake: wake_at(paced.until),
            ..Commit::new(key, now())
        })
        .await?;
    come_back(shared, key, paced.until);
    if paced.more {
        shared.board.wake(key);
    }
    Ok(())
}

/// When the store shall bring the pull request back.
pub(super) fn wake_at(at: Option<Timestamp>) -> Wake {
    at.map_or(Wake::Clear, |at| Wake::At(Millis::new(at.as_millisecond())))
}

/// The same on the board.
pub(super) fn come_back(shared: &Shared, key: PullKey, at: Option<Timestamp>) {
    match at {
        Some(at) => shared.board.wake_at(key, at),
        None => shared.board.forget(key),
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
