//! One look at a pull request: the only place of the worker that reads facts.

use super::{Shared, consent};
use crate::decide::alike::Joined;
use crate::decide::needs::{Needs, needs};
use crate::decide::record::{PullRecord, Said, TimelineMemory};
use crate::decide::timeline::{OwnReplies, Reading};
use crate::gate::approval::are_unplaced;
use crate::gate::facts::{Facts, Hearing, History, Revocations, Spoken};
use crate::gitea::{CallError, ErrorKind, Lookup, Session};
use crate::memo::{self, Created, Edited, Revoked, Wrote};
use crate::model::{Account, Comment, CommentId, Pull, PullRef, Reviews, TimelineId};
use jiff::Timestamp;
use state::{PullKey, StoreError};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Revocations of one pull request that are remembered by themselves.
const MOST_REVOKED: usize = 10_000;

/// What one look found.
#[derive(Debug)]
pub(super) struct Found {
    /// The pull request.
    pub pull: Pull,
    /// Its reviews.
    pub reviews: Reviews,
    /// What is remembered of its timeline from now on.
    pub memory: TimelineMemory,
    /// Revocations, those seen before included.
    pub revocations: Revocations,
    /// The comments that ask, as they stand.
    pub asked: HashMap<CommentId, Comment>,
    /// Those of them that no reply answers as they stand.
    pub unanswered: BTreeSet<CommentId>,
    /// Our own replies.
    pub replies: OwnReplies,
    /// Comments that a reply to another one answers, by that other one.
    pub joined: HashMap<CommentId, Vec<Joined>>,
    /// Unheard declarations that their writers have confirmed.
    pub confirmed: BTreeSet<CommentId>,
    /// What asks in a reply to a line of code or the like.
    pub inline: BTreeSet<CommentId>,
    /// When the head was first seen.
    pub head_seen_at: Timestamp,
    /// When the look ended.
    pub read_at: Timestamp,
}

/// Reads the reviews and the timeline of a pull request that was just read: everything that is not
/// known yet, and every declaration that may decide.
///
/// # Errors
/// The call that failed; nothing of the look may be used then.
pub(super) async fn look(
    shared: &Shared,
    session: &Session,
    pull: Pull,
    before: Before<'_>,
) -> Result<Found, CallError> {
    let reviews = session.fetch_reviews(&pull.reference()).await?;
    let before = Before {
        left_out: reviews.inline_comments(),
        ..before
    };
    let mut heard = listen(shared, session, &pull, before).await?;
    let head_seen_at = head_seen_at(before.record, &pull);
    let lost =
        is_lost(shared, &pull, &heard.memory, head_seen_at) && !was_lost(before.record, &pull);
    if lost || are_unplaced(&pull, &reviews.rows, &heard.memory.history) {
        let whole = Before {
            hidden: true,
            ..before
        };
        heard = listen(shared, session, &pull, whole).await?;
    }
    if lost {
        heard.memory.looked_behind.clone_from(&pull.head);
    }
    let confirmed =
        consent::confirmed(shared, session, &pull, (&heard.memory, &heard.replies)).await?;
    Ok(Found {
        confirmed,
        head_seen_at,
        pull,
        reviews,
        memory: heard.memory,
        revocations: heard.revocations,
        asked: heard.asked,
        unanswered: heard.unanswered,
        replies: heard.replies,
        joined: heard.joined,
        inline: heard.inline,
        read_at: Timestamp::now(),
    })
}

/// What the conversation holds.
#[derive(Debug)]
pub(super) struct Conversation {
    /// What is remembered of the timeline from now on.
    pub memory: TimelineMemory,
    /// Revocations, those seen before included.
    pub revocations: Revocations,
    /// The comments that ask, as they stand.
    pub asked: HashMap<CommentId, Comment>,
    /// Those of them that no reply answers as they stand.
    pub unanswered: BTreeSet<CommentId>,
    /// Our own replies.
    pub replies: OwnReplies,
    /// Comments that a reply to another one answers, by that other one.
    pub joined: HashMap<CommentId, Vec<Joined>>,
    /// What asks in a reply to a line of code or the like.
    pub inline: BTreeSet<CommentId>,
}

/// Reads the timeline alone.
///
/// # Errors
/// The call that failed.
pub(super) async fn listen(
    shared: &Shared,
    session: &Session,
    pull: &Pull,
    before: Before<'_>,
) -> Result<Conversation, CallError> {
    let times: Vec<Timestamp> = before.asked.iter().map(|(_, at)| *at).collect();
    let needs = needs(before.record, pull.updated_at, &times);
    let (updated_at, base) = (pull.updated_at, pull.base.clone());
    let key = memo::pull_key(pull.repository.id, pull.number);
    let pull = &pull.reference();
    let bots = session.gitea().own_accounts();
    let ears = shared.ears(&bots);
    let wanted = before.asked.iter().map(|(id, _)| *id).collect();
    let mut reading = Reading::new(ears, remembered(before.record), wanted);
    let needs = if before.hidden {
        session
            .fetch_hidden_timeline(pull, |entry| reading.take(entry))
            .await?;
        Needs::default()
    } else {
        session
            .fetch_timeline(pull, needs.since, before.left_out, |entry| {
                reading.take(entry)
            })
            .await?;
        needs
    };
    if !verify(session, pull, &mut reading, &needs.verify).await? {
        session
            .fetch_timeline(pull, None, before.left_out, |entry| reading.take(entry))
            .await?;
    }
    let inline = strays(session, pull, &mut reading, before.asked).await?;
    distrust(shared, key, &mut reading).await;
    reading.is_into(&base);
    reading.close(needs.since, &needs.verify);
    reading.memory.is_read_until_at_most(updated_at);
    Ok(Conversation {
        inline,
        ..Conversation::of(reading)
    })
}

/// Reads the comments that may decide, each by itself. `false`: one of them cannot be read so.
async fn verify(
    session: &Session,
    pull: &PullRef,
    reading: &mut Reading<'_>,
    comments: &[CommentId],
) -> Result<bool, CallError> {
    let mut all = true;
    for id in comments {
        match session.fetch_comment(&pull.repo, *id).await {
            Ok(Lookup::Plain(comment)) => reading.take_comment(comment),
            Ok(_) => {}
            Err(error) if is_perhaps_deleted(&error) => all = false,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Whoever may write may edit our replies too, and what those say of themselves with them. One of which
/// nothing is remembered is believed: it may be all that is left of what was answered.
async fn distrust(shared: &Shared, key: PullKey, reading: &mut Reading<'_>) {
    let mut edited = BTreeSet::new();
    for (reply, digest) in reading.own() {
        let place = memo::of_comment::<Wrote>(key, reply);
        let wrote = memo::recall::<Wrote>(&*shared.store, &place).await;
        // Where the store cannot be read, nothing of this can be committed.
        if wrote.is_ok_and(|wrote| wrote.is_some_and(|wrote| wrote.body != *digest)) {
            edited.insert(reply);
        }
    }
    reading.distrust(&edited);
}

/// Up to Gitea 1.25 a comment of a deleted account cannot be read by itself (gitea-facts §3.4); only
/// the timeline tells that from a server in trouble.
fn is_perhaps_deleted(error: &CallError) -> bool {
    error.kind == ErrorKind::Server(500)
}

/// Comments that ask but were not seen in the timeline. Those that stand all the same are taken;
/// given back are those that are no comments of the conversation.
async fn strays(
    session: &Session,
    pull: &PullRef,
    reading: &mut Reading<'_>,
    asked: &[(CommentId, Timestamp)],
) -> Result<BTreeSet<CommentId>, CallError> {
    let mut inline = BTreeSet::new();
    for (id, _) in asked {
        if reading.has_seen(*id) {
            continue;
        }
        match session.fetch_comment(&pull.repo, *id).await? {
            Lookup::Plain(comment) => reading.take_comment(comment),
            Lookup::OtherKind => {
                inline.insert(*id);
            }
            Lookup::Gone => {}
        }
    }
    Ok(inline)
}

/// Reads a conversation of which nothing is remembered, from a moment on.
///
/// # Errors
/// The call that failed.
pub(super) async fn listen_since(
    shared: &Shared,
    session: &Session,
    pull: &PullRef,
    since: Option<Timestamp>,
    wanted: BTreeSet<CommentId>,
) -> Result<Conversation, CallError> {
    let bots = session.gitea().own_accounts();
    let ears = shared.ears(&bots);
    let mut reading = Reading::new(ears, remembered(None), wanted);
    session
        .fetch_timeline(pull, since, 0, |entry| reading.take(entry))
        .await?;
    reading.close(since, &[]);
    Ok(Conversation::of(reading))
}

impl Conversation {
    fn of(reading: Reading<'_>) -> Self {
        let Reading {
            memory,
            revocations,
            asked,
            unanswered,
            replies,
            joined,
            ..
        } = reading;
        Self {
            memory,
            revocations,
            asked,
            unanswered,
            replies,
            joined,
            inline: BTreeSet::new(),
        }
    }
}

/// What is known before a look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before<'a> {
    /// What is remembered.
    pub record: Option<&'a PullRecord>,
    /// Comments that want an answer, with the time when they were written.
    pub asked: &'a [(CommentId, Timestamp)],
    /// How many entries the timeline leaves out.
    pub left_out: u64,
    /// Whether something is missing that has to be there, so that entries behind those are looked for.
    pub hidden: bool,
}

/// What is remembered of a conversation, to go on reading it. One that was never read was into the branch
/// that its pull request was seen with.
pub(super) fn remembered(record: Option<&PullRecord>) -> (TimelineMemory, Revocations) {
    let Some(record) = record else {
        return (TimelineMemory::default(), Revocations::default());
    };
    let unread = || TimelineMemory {
        history: History {
            base: Some(record.pull.base.clone()),
            ..History::default()
        },
        ..TimelineMemory::default()
    };
    let memory = record.timeline.clone().unwrap_or_else(unread);
    (memory, record.revocations.clone())
}

/// Whether the push that made the head should have been written down long ago, and was not seen.
fn is_lost(shared: &Shared, pull: &Pull, memory: &TimelineMemory, head_seen_at: Timestamp) -> bool {
    let newest = memory.history.newest_push();
    let is_named = newest.is_some_and(|push| push.last == pull.head);
    let waited = Duration::try_from(Timestamp::now().duration_since(head_seen_at));
    let is_late = waited.is_ok_and(|waited| waited > shared.tempo.recorded_within);
    pull.head.is_some() && !pull.empty && !is_named && is_late
}

/// Whether it was looked for already, as far as entries can be hidden.
fn was_lost(record: Option<&PullRecord>, pull: &Pull) -> bool {
    let memory = record.and_then(|record| record.timeline.as_ref());
    memory.is_some_and(|memory| memory.looked_behind == pull.head)
}

/// A clock that was ahead has seen nothing later than now.
fn head_seen_at(record: Option<&PullRecord>, pull: &Pull) -> Timestamp {
    let same = record.filter(|record| record.pull.head == pull.head);
    let now = Timestamp::now();
    same.map_or(now, |record| record.head_seen_at.min(now))
}

/// Makes facts of what was found; what was heard of the comments comes from the store.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn facts(
    shared: &Shared,
    key: PullKey,
    found: &Found,
    openers: Vec<Account>,
) -> Result<Facts, StoreError> {
    let mut spoken = Vec::new();
    for said in &found.memory.said {
        spoken.push(Spoken {
            comment: said.comment,
            author: said.author.clone(),
            created_at: said.created_at,
            updated_at: said.updated_at,
            directives: said.directives.clone(),
            hearing: match hearing(shared, key, said).await? {
                Hearing::Unheard if found.confirmed.contains(&said.comment) => Hearing::Confirmed,
                other => other,
            },
        });
    }
    Ok(Facts {
        pull: found.pull.clone(),
        reviews: found.reviews.clone(),
        history: found.memory.history.clone(),
        revocations: revocations(shared, key, found, &spoken).await?,
        spoken,
        bots: shared.gitea.own_accounts(),
        openers,
        head_seen_at: found.head_seen_at,
        read_at: found.read_at,
        patience: shared.tempo.recorded_within,
    })
}

/// Those that were found, and those that were heard.
async fn revocations(
    shared: &Shared,
    key: PullKey,
    found: &Found,
    spoken: &[Spoken],
) -> Result<Revocations, StoreError> {
    let mut revocations = found.revocations.clone();
    let revoked = memo::all_of_pull::<Revoked>(key);
    let revoked = memo::recall_all::<Revoked>(&*shared.store, &revoked, MOST_REVOKED).await?;
    if revoked.len() >= MOST_REVOKED {
        tracing::warn!(pull = %found.pull.reference(), most = MOST_REVOKED,
            "more revocations were heard than are read: no declaration is known to stand");
        for said in spoken {
            for directive in &said.directives {
                let place = (said.author.id, directive.gate.clone());
                revocations.insert(place, TimelineId::new(u64::MAX));
            }
        }
    }
    for (key, Revoked { by, gates }) in revoked {
        let Some(comment) = memo::comment_of(&key) else {
            continue;
        };
        for gate in gates {
            let newest = revocations.entry((by, gate)).or_insert(comment.into());
            *newest = (*newest).max(comment.into());
        }
    }
    Ok(revocations)
}

/// An `edited` event once heard is final; so is a body that differs from the one that was heard.
async fn hearing(shared: &Shared, key: PullKey, said: &Said) -> Result<Hearing, StoreError> {
    if said.directives.is_empty() {
        return Ok(Hearing::Unheard);
    }
    let place = memo::of_comment::<Edited>(key, said.comment);
    if let Some(edited) = memo::recall::<Edited>(&*shared.store, &place).await? {
        return Ok(Hearing::Edited(edited.by));
    }
    let place = memo::of_comment::<Created>(key, said.comment);
    Ok(match memo::recall(&*shared.store, &place).await? {
        Some(Created(heard)) if heard == said.body => Hearing::Heard,
        Some(_) => Hearing::Edited(None),
        None => Hearing::Unheard,
    })
}
