//! From a stream of entries to what is remembered of it. Entries come one by one and are let go, so
//! a conversation of ten thousand comments needs no more memory than one of ten (I9).

use super::alike::Joined;
use super::directive::directives;
use super::record::{Said, TimelineMemory};
use super::reply::{self, Addressee};
use crate::gate::facts::{Push, Revocations, Says};
use crate::gate::policy::Policy;
use crate::model::{Account, Comment, CommentId, Digest, Entry, EntryKind, TimelineId};
use commands::GateTable;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Comments with directives that are remembered of one pull request.
const MOST_SAID: usize = 500;
/// Pushes that are remembered of one pull request, the newest.
const MOST_PUSHES: usize = 2_000;

/// Our own replies in a conversation, by what they answer: each with its id and when it was last written.
pub type OwnReplies = HashMap<Addressee, (CommentId, Timestamp)>;

/// Who is who while a timeline is read.
#[derive(Clone, Copy, Debug)]
pub struct Ears<'a> {
    /// The rules, for service accounts.
    pub policy: &'a Policy,
    /// The gates that commands may name.
    pub gates: &'a GateTable,
    /// The bot's own accounts.
    pub bots: &'a [Account],
}

impl Ears<'_> {
    /// Whether this account is listened to: a real one, not the bot's, not a machine's.
    #[must_use]
    pub fn listens_to(&self, account: &Account) -> bool {
        account.id.is_real()
            && !self.is_bot(account)
            && !self.policy.is_service_account(account.login.as_str())
    }

    /// Whether it is one of the bot's accounts.
    #[must_use]
    pub fn is_bot(&self, account: &Account) -> bool {
        self.bots.iter().any(|bot| {
            if bot.id.is_real() {
                bot == account
            } else {
                bot.login == account.login
            }
        })
    }
}

/// A reply of ours as it stands.
#[derive(Debug)]
struct OwnReply {
    id: CommentId,
    updated_at: Timestamp,
    /// What it answers.
    to: Addressee,
    /// Comments that are asked about and that it answers too; all of them, where its own is asked about.
    joined: Vec<Joined>,
    /// Digest of what it says. `None`: that is longer than what is read.
    digest: Option<Digest>,
    /// What it says, where its comment is asked about.
    told: Option<String>,
}

/// What was read of a timeline.
#[derive(Debug)]
pub struct Reading<'a> {
    ears: Ears<'a>,
    /// What to remember.
    pub memory: TimelineMemory,
    /// Revocations, those seen before included.
    pub revocations: Revocations,
    /// Comments that are asked about, as they stand.
    pub asked: HashMap<CommentId, Comment>,
    /// Our own replies, by what they answer: the reply's id and when it was last written; known at the
    /// end.
    pub replies: OwnReplies,
    /// Comments that a reply to another one answers, by that other one, as far as it is asked about; known
    /// at the end.
    pub joined: HashMap<CommentId, Vec<Joined>>,
    /// Our own replies as they were read.
    own: Vec<OwnReply>,
    /// Those of `asked` that no reply answers as they stand; known at the end.
    pub unanswered: BTreeSet<CommentId>,
    wanted: BTreeSet<CommentId>,
    seen: BTreeSet<CommentId>,
    /// Whether nothing was remembered.
    is_first: bool,
    /// Whether an entry told of another base than was known.
    is_retargeted: bool,
}

impl<'a> Reading<'a> {
    /// Begins with what is remembered; `wanted` are the comments to be kept whole.
    #[must_use]
    pub fn new(
        ears: Ears<'a>,
        (memory, revocations): (TimelineMemory, Revocations),
        wanted: BTreeSet<CommentId>,
    ) -> Self {
        let is_first = memory.entries == 0;
        let (asked, replies) = (HashMap::new(), HashMap::new());
        Self {
            ears,
            memory,
            revocations,
            asked,
            replies,
            joined: HashMap::new(),
            own: Vec::new(),
            unanswered: BTreeSet::new(),
            wanted,
            seen: BTreeSet::new(),
            is_first,
            is_retargeted: false,
        }
    }

    /// Takes one entry.
    pub fn take(&mut self, entry: Entry) {
        if entry.id > self.memory.newest {
            self.memory.newest = entry.id;
            self.memory.entries += 1;
        }
        // Not when it was edited: what was written before that may stand on a page that was not read.
        self.memory.read_until = self.memory.read_until.max(entry.created_at);
        let history = &mut self.memory.history;
        match entry.kind {
            EntryKind::Comment(comment) => self.take_comment(comment),
            EntryKind::Push { pusher, last } => {
                history.pushes.retain(|push| push.id != entry.id);
                let pusher = pusher.map(|pusher| pusher.id);
                history.pushes.push(Push {
                    id: entry.id,
                    at: entry.created_at,
                    pusher,
                    last,
                });
            }
            EntryKind::Retarget { to } => {
                if history.retarget.is_none_or(|known| known <= entry.id) {
                    history.retarget = Some(entry.id);
                    self.is_retargeted |= history.base != to;
                    history.base = to;
                }
            }
            EntryKind::Review(review) => {
                history.reviews.insert(review, entry.id);
            }
            EntryKind::Reopen if self.is_first => {
                history.reopened = history.reopened.max(Some(entry.id));
            }
            EntryKind::Reopen | EntryKind::Other => {}
        }
    }

    /// Whether a comment was there, whoever wrote it.
    #[must_use]
    pub fn has_seen(&self, comment: CommentId) -> bool {
        self.seen.contains(&comment)
    }

    /// Takes a comment that was asked for by itself.
    pub fn take_comment(&mut self, comment: Comment) {
        self.seen.insert(comment.id);
        let Some(author) = comment.author.clone() else {
            return;
        };
        if self.ears.is_bot(&author) {
            self.take_reply(comment);
            return;
        }
        if !self.ears.listens_to(&author) {
            return;
        }
        self.hear(&comment, author);
        if self.wanted.contains(&comment.id) {
            self.asked.insert(comment.id, comment);
        }
    }

    fn take_reply(&mut self, reply: Comment) {
        let Some(to) = Addressee::named_in(&reply.body) else {
            return;
        };
        let digest = (reply.body.len() <= Comment::BODY_LIMIT).then(|| Digest::of(&reply.body));
        let mut joined = reply::joined_in(&reply.body);
        let is_asked = to.comment().is_some_and(|it| self.wanted.contains(&it));
        if !is_asked {
            joined.retain(|it| self.wanted.contains(&it.comment));
        }
        self.own.retain(|own| own.id != reply.id);
        self.own.push(OwnReply {
            id: reply.id,
            updated_at: reply.updated_at,
            to,
            joined,
            digest,
            told: is_asked.then_some(reply.body),
        });
    }

    /// Our own replies with digests of what they say. Others may have written that: what is remembered of
    /// them tells.
    pub fn own(&self) -> impl Iterator<Item = (CommentId, &Digest)> {
        let own = self.own.iter();
        own.filter_map(|own| Some((own.id, own.digest.as_ref()?)))
    }

    /// What these say, others have written: they answer nothing.
    pub fn distrust(&mut self, edited: &BTreeSet<CommentId>) {
        self.own.retain(|own| !edited.contains(&own.id));
    }

    /// Whether a reply answers what a comment says now, its own or that to one alike.
    fn is_answered(&self, comment: &Comment) -> bool {
        self.own.iter().any(|own| {
            let is_to = own.to == Addressee::Comment(comment.id);
            let told = own.told.as_ref().filter(|_| is_to);
            let mut joined = own.joined.iter().filter(|it| it.comment == comment.id);
            told.is_some_and(|told| reply::answers(told, &comment.body))
                || joined.any(|joined| joined.says(&comment.body))
        })
    }

    fn hear(&mut self, comment: &Comment, author: Account) {
        self.memory.said.retain(|said| said.comment != comment.id);
        let directives = directives(&commands::parse(&comment.body, self.ears.gates));
        if directives.is_empty() {
            return;
        }
        let place = TimelineId::from(comment.id);
        for said in directives.iter().filter(|said| said.says == Says::Revoke) {
            let newest = self
                .revocations
                .entry((author.id, said.gate.clone()))
                .or_insert(place);
            *newest = (*newest).max(place);
        }
        self.memory.said.push(Said {
            comment: comment.id,
            author,
            created_at: comment.created_at,
            updated_at: comment.updated_at,
            directives,
            body: Digest::of(&comment.body),
            entry: self.memory.entries,
        });
    }

    /// Holds what was read against the base that the pull request has.
    pub fn is_into(&mut self, base: &str) {
        self.memory.is_into(base, self.is_retargeted);
    }

    /// Ends the reading: what should have been seen again and was not is gone.
    pub fn close(&mut self, since: Option<Timestamp>, verified: &[CommentId]) {
        let seen = &self.seen;
        let covered = |said: &Said| {
            since.is_none_or(|since| said.updated_at >= since) || verified.contains(&said.comment)
        };
        self.memory
            .said
            .retain(|said| seen.contains(&said.comment) || !covered(said));
        self.own.sort_by_key(|own| own.id);
        for own in &self.own {
            let reply = (own.id, own.updated_at);
            self.replies.insert(own.to.clone(), reply);
            if let Some(asked) = own.to.comment().filter(|_| own.told.is_some()) {
                self.joined.insert(asked, own.joined.clone());
            }
        }
        self.unanswered = self
            .asked
            .values()
            .filter(|comment| !self.is_answered(comment))
            .map(|comment| comment.id)
            .collect();
        self.memory.said.sort_by_key(|said| said.comment);
        self.memory.history.pushes.sort_by_key(|push| push.id);
        keep_newest(&mut self.memory.said, MOST_SAID);
        keep_pushers(&mut self.memory.history.pushes);
    }
}

/// Keeps the newest pushes, and of every pusher the newest: nobody is forgotten by being outnumbered.
fn keep_pushers(pushes: &mut Vec<Push>) {
    let surplus = pushes.len().saturating_sub(MOST_PUSHES);
    let mut pushers = HashSet::new();
    let mut place = pushes.len();
    let mut kept = Vec::new();
    for push in pushes.drain(..).rev() {
        place -= 1;
        if pushers.insert(push.pusher) || place >= surplus {
            kept.push(push);
        }
    }
    kept.reverse();
    *pushes = kept;
}

fn keep_newest<T>(list: &mut Vec<T>, most: usize) {
    let surplus = list.len().saturating_sub(most);
    list.drain(..surplus);
}
