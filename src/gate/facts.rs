//! What one look at a pull request found. Everything here was read from Gitea in the same
//! evaluation, but for [`Hearing`] and the revocations, which only a memory can know.

use super::policy::GateName;
use crate::model::{Account, Branch, CommentId, Pull, ReviewId, Reviews, Sha, TimelineId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The facts of one evaluation.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The single answer: the only source of the head.
    pub pull: Pull,
    /// The reviews that may be seen.
    pub reviews: Reviews,
    /// The timeline, reduced to what gates care for.
    pub history: History,
    /// Directives in the conversation, by place.
    pub spoken: Vec<Spoken>,
    /// For each user and gate the newest revocation ever seen: final, even when its comment is gone.
    pub revocations: Revocations,
    /// Accounts of the bot.
    pub bots: Vec<Account>,
    /// Who opened the other open pull requests with the same head: they count for none of them.
    pub openers: Vec<Account>,
    /// When this head was first seen, by our clock.
    pub head_seen_at: Timestamp,
    /// When the facts were read, by our clock.
    pub read_at: Timestamp,
    /// How long after its head was first seen a push may still be written down.
    pub patience: Duration,
}

impl Facts {
    /// Whether this account is one of the bot's.
    #[must_use]
    pub fn is_bot(&self, account: &Account) -> bool {
        self.bots.iter().any(|bot| {
            if bot.id.is_real() {
                bot.id == account.id
            } else {
                bot.login == account.login
            }
        })
    }

    /// Whether this account opened another pull request with the same head.
    #[must_use]
    pub fn opened_another(&self, account: &Account) -> bool {
        self.openers.contains(account)
    }
}

/// Newest revocations by user and gate.
pub type Revocations = BTreeMap<(UserId, GateName), TimelineId>;

/// Pushes, changes of the base and places of reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Every push that the timeline names, or named when it was last read, by place.
    pub pushes: Vec<Push>,
    /// The newest change of the base, or a later place where one was seen that no entry tells of: a
    /// branch was renamed, or the entry is hidden. `None`: it never changed.
    pub retarget: Option<TimelineId>,
    /// The base of which the timeline was last known to tell. `None`: it was not read yet.
    #[serde(default)]
    pub base: Option<Branch>,
    /// Whether the base was changed while it was looked at, so that nothing can be decided yet.
    #[serde(default)]
    pub is_moving: bool,
    /// The newest reopening before anything was remembered: what was withdrawn before that, and was
    /// deleted since, nobody knows any more. `None`: nothing can have been forgotten.
    #[serde(default)]
    pub reopened: Option<TimelineId>,
    /// Where in the timeline each review stands.
    pub reviews: BTreeMap<ReviewId, TimelineId>,
}

impl History {
    /// The newest push. `None`: the timeline names none, which is not "nothing was pushed".
    #[must_use]
    pub fn newest_push(&self) -> Option<&Push> {
        self.pushes.iter().max_by_key(|push| push.id)
    }

    /// Whether this account pushed to the pull request.
    #[must_use]
    pub fn pushed(&self, account: &Account) -> bool {
        self.pushes
            .iter()
            .any(|push| push.pusher == Some(account.id))
    }
}

/// A `pull_push` entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Its place.
    pub id: TimelineId,
    /// When Gitea wrote it down, up to seconds after the push (gitea-facts §13.2).
    pub at: Timestamp,
    /// Who pushed. `None`: no usable account.
    pub pusher: Option<UserId>,
    /// The last commit it names. `None`: it names none.
    pub last: Option<Sha>,
}

/// One comment that holds directives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The comment.
    pub comment: CommentId,
    /// Its writer.
    pub author: Account,
    /// When it was written, whole seconds.
    pub created_at: Timestamp,
    /// When it last changed, whole seconds.
    pub updated_at: Timestamp,
    /// What it says, in order.
    pub directives: Vec<Directive>,
    /// What is known of its way here.
    pub hearing: Hearing,
}

/// A declaration or its withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directive {
    /// The gate it speaks of.
    pub gate: GateName,
    /// What it says of it.
    pub says: Says,
}

/// What a directive says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// The gate does not apply.
    Declare {
        /// The beginning of the commit that it names, seven characters or more, lower case.
        commit: Option<String>,
        /// Why, in the writer's words.
        reason: Option<String>,
    },
    /// The writer's own declaration is withdrawn.
    Revoke,
}

/// How a comment came to be known. Only a signed delivery can tell that a comment is unedited,
/// because equal times prove nothing (gitea-facts §13.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Its `created` event was heard and the live body is the same.
    Heard,
    /// No webhook announced it.
    Unheard,
    /// No webhook announced it, but its writer has confirmed it to us.
    Confirmed,
    /// It was edited; who did it, where an `edited` event said so.
    Edited(Option<String>),
}
