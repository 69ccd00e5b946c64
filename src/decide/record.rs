//! What is remembered of one pull request between two looks at it.
//!
//! **Invariant:** it only saves calls, but for the revocations, which are final once seen. Gitea is
//! the truth: a declaration that decides is seen again in the same evaluation.

use super::alike::Joined;
use crate::gate::facts::{Directive, History, Revocations, Says};
use crate::gate::policy::GateName;
use crate::model::{
    Account, CommentId, Digest, Pull, Sha, TeamName, TimelineId, ToldCause, UserId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The memory of a pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PullRecord {
    /// The pull request as it was last read.
    pub pull: Pull,
    /// When its head was first seen, by our clock.
    pub head_seen_at: Timestamp,
    /// The head whose gates have all been posted. `None`: none yet.
    pub evaluated: Option<Sha>,
    /// What the timeline said. `None`: it was never read to its end.
    pub timeline: Option<TimelineMemory>,
    /// Revocations, final once seen.
    #[serde(with = "as_list")]
    pub revocations: Revocations,
    /// Answers that may still change.
    pub open_answers: Vec<OpenAnswer>,
    /// How often it was looked at again without an event.
    pub tries: u32,
    /// The gates that were last asked about and stayed unknown.
    pub unknown: Vec<GateName>,
    /// Since when the verdict of which gate is unknown, whether or not looking again may help.
    #[serde(default)]
    pub unknown_since: BTreeMap<GateName, Timestamp>,
    /// Who was last proven to be in which team: whom to ask about first, and no proof.
    #[serde(default)]
    pub proven: Vec<(TeamName, UserId)>,
    /// Who satisfied which gate when it was last evaluated.
    #[serde(default)]
    pub held: Vec<Held>,
    /// Whether a declaration waits for its writer's confirmation, which nothing announces.
    #[serde(default)]
    pub unconfirmed: bool,
    /// Causes whose diagnosis stands in one of our answers.
    #[serde(default)]
    pub told_causes: Vec<ToldCause>,
    /// When a re-check last posted a gate's status again, by our clock.
    pub refired: BTreeMap<GateName, Timestamp>,
}

impl PullRecord {
    /// Reads what was remembered. `None`: it cannot be read, which is the same as not being there.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// How many gates are unknown, and since when the first of them is. `None`: none is.
    #[must_use]
    pub fn unknown_gates(&self) -> Option<(usize, Timestamp)> {
        let since = self.unknown_since.values().min()?;
        Some((self.unknown_since.len(), *since))
    }

    /// The record of a pull request seen for the first time.
    #[must_use]
    pub const fn new(pull: Pull, now: Timestamp) -> Self {
        Self {
            pull,
            head_seen_at: now,
            evaluated: None,
            timeline: None,
            revocations: BTreeMap::new(),
            open_answers: Vec::new(),
            tries: 0,
            unknown: Vec::new(),
            unknown_since: BTreeMap::new(),
            proven: Vec::new(),
            held: Vec::new(),
            unconfirmed: false,
            told_causes: Vec::new(),
            refired: BTreeMap::new(),
        }
    }
}

/// Somebody by whom a gate was satisfied. It proves nothing: it is what is told when that ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The gate.
    pub gate: GateName,
    /// Who.
    pub by: Account,
    /// The declaration by which. `None`: it was an approval.
    pub declared: Option<CommentId>,
    /// For which commit.
    pub head: Sha,
    /// Whether it was told that the person has left the team.
    #[serde(default)]
    pub fallen: bool,
}

/// The timeline as far as it has been read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TimelineMemory {
    /// Everything that changed before this moment, by the forge's clock, has been read.
    pub read_until: Timestamp,
    /// The newest entry that has been read.
    pub newest: TimelineId,
    /// How many entries have been read.
    pub entries: u64,
    /// Pushes, changes of the base, places of reviews.
    pub history: History,
    /// Comments with directives; the newest of each person and gate.
    pub said: Vec<Said>,
    /// The head whose push was looked for behind entries that are left out. `None`: none was.
    #[serde(default)]
    pub looked_behind: Option<Sha>,
}

impl TimelineMemory {
    /// Nothing is known of later than the pull request itself, as it was read before, changed: what seems
    /// so was written by a clock that has gone back since.
    pub fn is_read_until_at_most(&mut self, updated_at: Timestamp) {
        self.read_until = self.read_until.min(updated_at);
    }

    /// Takes the base that the pull request has, of which an entry told or not. Gitea leaves entries out
    /// of the timeline, of which nobody can tell how many (gitea-facts §3.2), and tells of a renamed
    /// branch in none: so where no entry tells of this base, it was changed later than everything that
    /// was read.
    pub fn is_into(&mut self, base: &str, is_told: bool) {
        let history = &mut self.history;
        let differs = history.base.as_ref().is_some_and(|known| known != base);
        // What was told just now may be newer than the pull request, which was read before.
        history.is_moving = differs && is_told;
        if differs && !is_told {
            history.retarget = history.retarget.max(Some(self.newest));
        }
        if !history.is_moving {
            history.base = Some(base.to_owned());
        }
    }
}

/// A comment with directives, as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The comment.
    pub comment: CommentId,
    /// Its writer.
    pub author: Account,
    /// When it was written, by the forge's clock.
    pub created_at: Timestamp,
    /// When it last changed, by the forge's clock.
    pub updated_at: Timestamp,
    /// What it says.
    pub directives: Vec<Directive>,
    /// Digest of its body.
    pub body: Digest,
    /// How many entries had been read when it was.
    pub entry: u64,
}

impl Said {
    /// Whether it declares a gate not applicable, counting or not.
    #[must_use]
    pub fn declares(&self) -> bool {
        let mut directives = self.directives.iter();
        directives.any(|said| matches!(said.says, Says::Declare { .. }))
    }
}

/// An answer that is told again when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAnswer {
    /// The comment that is answered.
    pub comment: CommentId,
    /// Its writer.
    pub author: Account,
    /// Its text, or the commands found in it where the text is long.
    pub body: String,
    /// When it was written, by the forge's clock.
    pub created_at: Timestamp,
    /// Digest of the outcome last told.
    pub outcome: String,
    /// Comments that are answered with it.
    #[serde(default)]
    pub also: Vec<Joined>,
}

/// JSON has no keys of two parts, so the map is written as a list.
mod as_list {
    use super::{GateName, Revocations, TimelineId, UserId};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(map: &Revocations, to: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Revocations, D::Error> {
        let list = Vec::<((UserId, GateName), TimelineId)>::deserialize(from)?;
        Ok(list.into_iter().collect())
    }
}
