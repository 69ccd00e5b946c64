//! Which of the items that wait for a pull request may run now.
//!
//! How long a command waits is decided in `decide::pace`; here is what that needs to be remembered,
//! and when the board has to come back. **Invariant:** what waits stays in the inbox, and it is
//! written down who has typed how much before anything of it is run, so that a crash changes nothing.

use super::errand::trigger;
use super::{Shared, Trouble, now, shown};
use crate::decide::pace::{Admission, Arrived, Hour, Pace, Rules, admit, is_held, waits};
use crate::decide::reply::{Addressee, Later, Letter, Part, render};
use crate::effect::{Act, Effect};
use crate::intake::{Event, Told, Topic};
use crate::memo::{self, Eyed, Kind, Revoked};
use crate::model::{CommentId, RepositoryId, Trail, UserId};
use jiff::Timestamp;
use state::{Claim, Commit, Item, Millis, PullKey, Wake};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Items of one pull request that one turn takes: with as many whole comments a turn needs 16 MiB.
const AT_ONCE: usize = 256;

impl Kind for Pace {
    const KIND: u8 = 30;
}

impl Kind for Hour {
    const KIND: u8 = 31;
}

/// What may run now, and what may not yet.
#[derive(Debug)]
pub(super) struct Paced {
    /// The items that may, with what is remembered of the pull request.
    pub claim: Claim,
    /// The comments among them that have waited.
    pub waited: BTreeSet<CommentId>,
    /// Comments that were told that they wait.
    pub told: BTreeSet<CommentId>,
    /// When the first of those that may not yet may.
    pub until: Option<Timestamp>,
    /// Whether there is more in the inbox than one turn takes.
    pub more: bool,
}

impl Paced {
    /// Whether there is nothing to do but to wait.
    pub(super) fn is_idle(&self) -> bool {
        let is_due = |wake: Millis| wake <= now();
        self.claim.items.is_empty() && self.until.is_some() && !self.claim.wake.is_some_and(is_due)
    }
}

/// Claims what may run. Those who wait do not stand in the way of what came after them.
///
/// # Errors
/// The store.
pub(super) async fn claim(shared: &Shared, key: PullKey) -> Result<Paced, Trouble> {
    let mut limit = AT_ONCE;
    loop {
        let claim = shared.store.claim(key, limit).await?;
        let more = claim.items.len() >= limit;
        let paced = match &shared.tempo.pace {
            Some(rules) => sort(shared, rules, claim, more).await?,
            None => Paced::all(claim, more),
        };
        if !(more && paced.claim.items.is_empty()) {
            return Ok(paced);
        }
        limit = limit.saturating_mul(2);
    }
}

/// Comes back when the first of those who wait may run.
///
/// # Errors
/// The store.
pub(super) async fn rest(shared: &Shared, key: PullKey, paced: &Paced) -> Result<(), Trouble> {
    let wake = paced.claim.wake.map(|wake| wake.get());
    let until = paced.until.map(|until| until.as_millisecond());
    let Some(next) = wake.into_iter().chain(until).min() else {
        return Ok(());
    };
    let commit = Commit {
        wake: Wake::At(Millis::new(next)),
        ..Commit::new(key, now())
    };
    shared.store.commit(commit).await?;
    let at = Timestamp::from_millisecond(next).unwrap_or_else(|_| Timestamp::now());
    shared.board.wake_at(key, at);
    Ok(())
}

impl Paced {
    fn all(claim: Claim, more: bool) -> Self {
        Self {
            claim,
            waited: BTreeSet::new(),
            told: BTreeSet::new(),
            until: None,
            more,
        }
    }
}

/// A command as it waits in the inbox.
struct Typed {
    item: u64,
    by: UserId,
    /// When it was typed, not later than it was heard.
    at: Timestamp,
    event: Event,
}

impl Typed {
    /// `None`: it is no command, or nobody knows whose it is.
    fn of(item: &Item) -> Option<Self> {
        let event: Event = serde_json::from_slice(&item.payload).ok()?;
        let heard = Timestamp::from_millisecond(item.at.get()).ok()?;
        let at = match event.topic {
            Topic::Comment {
                typed_at: Some(at), ..
            } => heard.min(at),
            _ => heard,
        };
        let (item, by) = (item.id.get(), event.topic.typist()?);
        Some(Self {
            item,
            by,
            at,
            event,
        })
    }
}

/// Parts those who wait from those who may run.
async fn sort(shared: &Shared, rules: &Rules, claim: Claim, more: bool) -> Result<Paced, Trouble> {
    let typed: Vec<Typed> = claim.items.iter().filter_map(Typed::of).collect();
    let mut paced = Paced::all(claim, more);
    let mut paces: HashMap<UserId, Pace> = HashMap::new();
    let people: HashSet<UserId> = typed.iter().map(|one| one.by).collect();
    for by in people {
        let pace = count(shared, rules, by, &typed).await?;
        paced.told.extend(pace.told);
        paces.insert(by, pace);
    }
    let now = Timestamp::now();
    let end = |one: &Typed| waits(rules, paces.get(&one.by)?, one.item, now);
    let ends = typed.iter().filter_map(|one| Some((one.item, end(one)?)));
    let mut waiting: HashMap<u64, Timestamp> = ends.collect();
    if waiting.len() > rules.most {
        waiting.clear();
    }
    paced.until = waiting.values().min().copied();
    let held = |one: &&Typed| {
        paces
            .get(&one.by)
            .is_some_and(|pace| is_held(pace, one.item))
    };
    let runs = |one: &&Typed| !waiting.contains_key(&one.item);
    let waited = typed.iter().filter(runs).filter(held);
    paced.waited = waited.filter_map(|one| one.event.topic.comment()).collect();
    let items = &mut paced.claim.items;
    items.retain(|item| !waiting.contains_key(&item.id.get()));
    paced.more |= items.len() > AT_ONCE;
    items.truncate(AT_ONCE);
    Ok(paced)
}

/// Counts what this person has typed since the last time, and writes that down.
async fn count(
    shared: &Shared,
    rules: &Rules,
    by: UserId,
    typed: &[Typed],
) -> Result<Pace, Trouble> {
    let Some(key) = typed.first().map(|one| one.event.pull_key()) else {
        return Ok(Pace::default());
    };
    let of_pull = memo::of_person::<Pace>(key, by);
    let of_hour = memo::of_person_in::<Hour>(RepositoryId::new(key.repository), by);
    // Another pull request's turn may count the same person.
    let _turn = shared.typists.turn((key.repository, by)).await;
    let mut pace = memo::recall::<Pace>(&*shared.store, &of_pull)
        .await?
        .unwrap_or_default();
    let newer = |one: &&Typed| one.by == by && one.item > pace.counted;
    let fresh: Vec<&Typed> = typed.iter().filter(newer).collect();
    if fresh.is_empty() {
        return Ok(pace);
    }
    let mut hour = memo::recall::<Hour>(&*shared.store, &of_hour)
        .await?
        .unwrap_or_default();
    let mut commit = Commit::new(key, now());
    for one in fresh {
        let arrived = Arrived {
            item: one.item,
            at: one.at,
            now: Timestamp::now(),
        };
        let admission = admit(rules, &mut pace, &mut hour, arrived);
        if let Admission::Waits { tell, .. } = admission {
            let event = &one.event;
            if takes_back(shared, one).await? {
                let pull = event.pull();
                shared
                    .look_again(event.repository, &pull, Told::Self_)
                    .await?;
            }
            pace.told = event.topic.comment().filter(|_| tell).or(pace.told);
        }
        if let Some(effect) = sign(&mut commit, rules, one, admission) {
            let (pull, by) = (one.event.pull(), [trigger(&one.event)]);
            shown::answered(shared, (&pull, &by), Vec::new(), &[effect]).await?;
        }
    }
    commit.memos.push(pace.memo(of_pull));
    commit.memos.push(hour.memo(of_hour));
    shared.store.commit(commit).await?;
    shared.dispatcher.wake();
    Ok(pace)
}

/// Whether a comment was heard to withdraw a declaration. Its answer may wait; a status that is green
/// because of the declaration may not.
async fn takes_back(shared: &Shared, one: &Typed) -> Result<bool, Trouble> {
    let Some(comment) = one.event.topic.comment() else {
        return Ok(false);
    };
    let key = memo::of_comment::<Revoked>(one.event.pull_key(), comment);
    Ok(shared.store.recall(&key).await?.is_some())
}

/// A sign that it was heard: the first of a round is given eyes, or is told when it is answered.
fn sign(commit: &mut Commit, rules: &Rules, one: &Typed, admission: Admission) -> Option<Effect> {
    let Admission::Waits { until, first, tell } = admission else {
        return None;
    };
    let Topic::Comment {
        comment,
        created_at,
        ..
    } = one.event.topic
    else {
        return None;
    };
    if until <= Timestamp::now() || !(tell || first) {
        return None;
    }
    let act = if tell {
        let later = Later {
            until,
            repo: one.event.repo.clone(),
            hourly: rules.hourly,
        };
        told_later(comment, created_at, later)
    } else {
        let eyed = memo::of_comment::<Eyed>(one.event.pull_key(), comment);
        commit.memos.push(Eyed.memo(eyed));
        Act::React { comment }
    };
    let effect = one.effect(act);
    commit.effects.push(effect.queued(Timestamp::now()));
    Some(effect)
}

impl Typed {
    fn effect(&self, act: Act) -> Effect {
        let mut trail = Trail::default();
        trail.add(self.event.delivery.as_ref(), self.event.topic.comment());
        Effect {
            repository: self.event.repository,
            repo: self.event.repo.clone(),
            number: self.event.number,
            act,
            trail,
        }
    }
}

fn told_later(comment: CommentId, since: Timestamp, later: Later) -> Act {
    let to = Addressee::Comment(comment);
    let reply = render(&Letter::plain(to.clone(), vec![Part::Later(later)]));
    Act::Reply {
        to,
        since,
        body: reply.body,
        outcome: reply.outcome,
        reply: None,
        search: false,
        anew: false,
        after: None,
        behind: None,
    }
}
