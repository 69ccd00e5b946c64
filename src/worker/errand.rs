//! What a turn is about: the events that wait for a pull request, and what is remembered of it.

use super::pace::Paced;
use crate::decide::evaluation::Trigger;
use crate::decide::record::PullRecord;
use crate::decide::reply::Addressee;
use crate::decide::timeline::OwnReplies;
use crate::effect::{Act, Effect};
use crate::intake::{Event, Told, Topic};
use crate::model::{Account, CommentId, Digest, PullRef, RepositoryId, Trail, Unread};
use jiff::Timestamp;
use state::{Item, ItemId, Memo, Millis, PullKey};
use std::collections::{BTreeSet, HashMap, HashSet};

/// One turn's task.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// Whose turn it is.
    pub key: PullKey,
    /// The same for people.
    pub pull: PullRef,
    /// What brought it about.
    pub triggers: Vec<Trigger>,
    /// The items that are done with it.
    pub items: Vec<ItemId>,
    /// Comments that want an answer, with the time when they were written.
    pub comments: Vec<(CommentId, Timestamp)>,
    /// Reviews whose bodies hold commands.
    pub reviews: Vec<(Account, Digest)>,
    /// Comments on a plain issue that hold commands.
    pub on_issue: Vec<(CommentId, Timestamp)>,
    /// The items that told of those: a delivery may say of a pull request that it is an issue, and the
    /// others are not done with that.
    pub on_issue_items: Vec<ItemId>,
    /// Whether every gate has to be looked at.
    pub look: bool,
    /// When the oldest item came in. `None`: there is none, the clock woke it.
    pub since: Option<Millis>,
    /// What is remembered.
    pub record: Option<PullRecord>,
    /// What those were told who asked while nothing could be read. `None`: nobody was.
    pub unread: Option<Unread>,
    /// Comments that have waited because their writer types too much, and may be answered together.
    pub waited: BTreeSet<CommentId>,
    /// Comments whose answer somebody else has edited or deleted: they are answered again.
    pub restore: BTreeSet<CommentId>,
    /// The same as they were told, with the items that ask for it: whether it was done before is not known
    /// yet.
    pub touched: Vec<(ItemId, CommentId, Timestamp)>,
    /// What is to be remembered when it is done.
    pub memos: Vec<Memo>,
    /// Comments of ours that say again what they said, with the items that ask for it.
    pub rewrites: Vec<(ItemId, CommentId)>,
    /// Comments that were told that they wait, in a reply that will change.
    pub told_to_wait: BTreeSet<CommentId>,
    /// When the first of those that still wait may run.
    pub until: Option<Timestamp>,
    /// Where it comes from.
    pub trail: Trail,
    /// When each comment asked: when it was heard, or typed, where only the sweep found it.
    asked_at: HashMap<CommentId, Timestamp>,
}

impl Errand {
    /// Reads a claim. `None`: there is nothing to do, or nothing that can be understood.
    #[must_use]
    pub(super) fn of(key: PullKey, paced: &Paced, evaluation: u64) -> Option<Self> {
        let claim = &paced.claim;
        let record = claim.record.as_ref();
        let record = record.and_then(|record| PullRecord::read(&record.bytes));
        let read = |item: &Item| {
            Some((
                item.id,
                item.at,
                serde_json::from_slice(&item.payload).ok()?,
            ))
        };
        let events: Vec<(ItemId, Millis, Event)> = claim.items.iter().filter_map(read).collect();
        let named = events.last().map(|(_, _, event)| event.pull());
        let pull = named.or_else(|| record.as_ref().map(|record| record.pull.reference()))?;
        let mut errand = Self {
            key,
            pull,
            triggers: triggers(events.iter().map(|(_, _, event)| event)),
            items: claim.items.iter().map(|item| item.id).collect(),
            comments: Vec::new(),
            reviews: Vec::new(),
            on_issue: Vec::new(),
            on_issue_items: Vec::new(),
            look: claim.items.is_empty(),
            since: claim.items.iter().map(|item| item.at).min(),
            record,
            unread: None,
            waited: paced.waited.clone(),
            restore: BTreeSet::new(),
            touched: Vec::new(),
            memos: Vec::new(),
            rewrites: Vec::new(),
            told_to_wait: paced.told.clone(),
            until: paced.until,
            trail: Trail {
                evaluation: Some(evaluation),
                ..Trail::default()
            },
            asked_at: HashMap::new(),
        };
        for (item, at, event) in events {
            errand.trace(at, &event);
            errand.hear(item, event);
        }
        Some(errand)
    }

    /// Notes where it comes from, and since when who waits for an answer.
    fn trace(&mut self, heard: Millis, event: &Event) {
        let comment = event.topic.comment();
        self.trail.add(event.delivery.as_ref(), comment);
        let typed = match event.topic {
            Topic::Comment { typed_at, .. } => typed_at,
            _ => None,
        };
        let heard = Timestamp::from_millisecond(heard.get()).ok();
        if let (Some(comment), Some(at)) = (comment, heard.into_iter().chain(typed).min()) {
            self.asked_at.entry(comment).or_insert(at);
        }
    }

    fn hear(&mut self, item: ItemId, event: Event) {
        match event.topic {
            Topic::Comment {
                comment,
                created_at,
                on_issue: true,
                ..
            } => {
                self.on_issue.push((comment, created_at));
                self.on_issue_items.push(item);
            }
            Topic::Comment {
                comment,
                created_at,
                on_issue: false,
                ..
            } => {
                self.comments.push((comment, created_at));
            }
            Topic::ReviewBody { reviewer, digest } => {
                self.look = true;
                self.reviews.push((reviewer, digest));
            }
            Topic::Restore {
                comment,
                replied_at,
            } => {
                self.touched.push((item, comment, replied_at));
            }
            Topic::Rewrite { reply, .. } => self.rewrites.push((item, reply)),
            Topic::Look => self.look = true,
        }
    }

    /// Whether nothing is left to be done: it was neither woken by the clock, nor has it items.
    #[must_use]
    pub(super) const fn is_over(&self) -> bool {
        self.items.is_empty() && !self.look
    }

    /// Something to be written about the pull request (or issue) of this errand.
    #[must_use]
    pub(super) fn effect(&self, act: Act) -> Effect {
        self.traced(Effect {
            repository: self.repository(),
            repo: self.pull.repo.clone(),
            number: self.pull.number,
            act,
            trail: Trail::default(),
        })
    }

    /// The same effect with where it comes from.
    #[must_use]
    pub(super) fn traced(&self, effect: Effect) -> Effect {
        let answered = effect.act.answers();
        let trail = Trail {
            asked_at: answered.and_then(|comment| self.asked_at.get(&comment).copied()),
            ..self.trail.clone()
        };
        Effect { trail, ..effect }
    }

    /// The record, from which those who were told that nothing could be read are told what became of
    /// it. `None`: nothing is remembered.
    #[must_use]
    pub(super) fn told(&self, mut record: PullRecord) -> PullRecord {
        let causes = self.unread.iter().flat_map(|unread| &unread.causes);
        record.told_causes.extend(causes.cloned());
        record
    }

    /// When the pull request is looked at again, given when the turn wants to: not later than the first
    /// of those that wait may run.
    #[must_use]
    pub(super) fn comes_back(&self, again: Option<Timestamp>) -> Option<Timestamp> {
        again.into_iter().chain(self.until).min()
    }

    /// Comments that have a reply of their own, on its way or standing, which is brought up to date.
    #[must_use]
    pub(super) fn replied(&self, replies: &OwnReplies) -> HashSet<CommentId> {
        let told = self.unread.iter().flat_map(|unread| &unread.told).copied();
        replies
            .keys()
            .filter_map(Addressee::comment)
            .chain(told)
            .chain(self.told_to_wait.iter().copied())
            .collect()
    }

    /// The repository's number.
    #[must_use]
    pub(super) const fn repository(&self) -> RepositoryId {
        RepositoryId::new(self.key.repository)
    }
}

/// What brought a turn about, each once.
fn triggers<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Trigger> {
    let mut triggers: Vec<Trigger> = Vec::new();
    for event in events {
        let trigger = trigger(event);
        if !triggers.contains(&trigger) {
            triggers.push(trigger);
        }
    }
    if triggers.is_empty() {
        triggers.push(Trigger::Clock);
    }
    triggers
}

/// What an event brings a turn about as.
pub(super) fn trigger(event: &Event) -> Trigger {
    match (&event.topic, event.told) {
        (Topic::Comment { comment, .. }, _) => Trigger::Comment { comment: *comment },
        (Topic::ReviewBody { reviewer, .. }, _) => Trigger::Review {
            by: reviewer.login.to_string(),
        },
        (Topic::Restore { comment, .. }, _) => Trigger::Restore { comment: *comment },
        (Topic::Rewrite { .. } | Topic::Look, Told::Webhook) => Trigger::Delivery,
        (Topic::Rewrite { .. } | Topic::Look, Told::Sweep) => Trigger::Sweep,
        (Topic::Rewrite { .. } | Topic::Look, Told::Self_) => Trigger::Clock,
    }
}
