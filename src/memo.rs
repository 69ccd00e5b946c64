//! What the store remembers beside records: small typed values, each with its key.
//!
//! The store only sees bytes; this is the one place that knows what they mean. **Invariant:** a
//! memo may be lost: it saves calls or narrows what counts, and never grants anything.

mod keys;

pub use keys::{
    all_of_pull, comment_of, of_comment, of_everything, of_person, of_person_in, of_repository,
    of_status, of_text, of_unposted_status, pull_key, text_of,
};

use crate::decide::evaluation::Shown;
use crate::decide::reply::Addressee;
use crate::gate::policy::GateName;
use crate::model::{CommentId, Diagnosis, Digest, Posted, Sha, Unread, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use state::{Memo, MemoKey, Store, StoreError, Write};
use std::collections::BTreeSet;

/// A kind of memo: which key it has and what it holds.
pub trait Kind: Serialize + DeserializeOwned {
    /// The kind's number in the store; never re-used for another meaning.
    const KIND: u8;
    /// `IfAbsent`: the first telling stands.
    const WRITE: Write = Write::Always;

    /// The memo to write under this key.
    fn memo(&self, key: MemoKey) -> Memo {
        let value = serde_json::to_vec(self).unwrap_or_default();
        Memo {
            key,
            value,
            write: Self::WRITE,
        }
    }

    /// Reads what was written. `None`: it cannot be read, which is the same as not being there.
    #[must_use]
    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// A comment as its signed `created` event told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created(pub Digest);

impl Kind for Created {
    const KIND: u8 = 1;
    const WRITE: Write = Write::IfAbsent;
}

/// An `edited` event was heard: whatever the comment declares is void for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// The login of whoever edited it, as the first event told.
    pub by: Option<String>,
}

impl Kind for Edited {
    const KIND: u8 = 2;
    const WRITE: Write = Write::IfAbsent;
}

/// A reply that stands in the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The reply's own id. `None`: it was given up.
    pub reply: Option<CommentId>,
    /// Digest of the outcome that it tells.
    pub outcome: String,
}

impl Kind for Answered {
    const KIND: u8 = 3;
}

impl Kind for Posted {
    const KIND: u8 = 4;
}

/// How far the sweep of a repository has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Comments that changed before this (server time) were seen.
    pub comments: Timestamp,
    /// Pull requests that changed before this (server time) were seen.
    pub pulls: Timestamp,
}

impl Kind for Cursor {
    const KIND: u8 = 5;
}

/// Plain comments that the last sweep of a repository has met, by pull request: what was heard of them
/// goes with the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passing(pub BTreeSet<(u64, CommentId)>);

impl Kind for Passing {
    const KIND: u8 = 22;
}

/// When all open pull requests of a repository were last known, by our clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The moment.
    pub at: Timestamp,
}

impl Kind for Listed {
    const KIND: u8 = 6;
}

/// A comment that was given the reaction `eyes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eyed;

impl Kind for Eyed {
    const KIND: u8 = 7;
}

/// A revocation that a signed `created` event told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Who wrote it.
    pub by: UserId,
    /// The gates whose declarations it withdraws.
    pub gates: Vec<GateName>,
}

impl Kind for Revoked {
    const KIND: u8 = 8;
    const WRITE: Write = Write::IfAbsent;
}

/// When a signed delivery of a repository was last verified, to the hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The moment, by our clock.
    pub at: Timestamp,
}

impl Kind for Verified {
    const KIND: u8 = 20;
}

/// When a sweep of all repositories last ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// The moment, by our clock.
    pub at: Timestamp,
}

impl Kind for Swept {
    const KIND: u8 = 21;
}

/// A reply to this pull request was refused, so that its statuses have to say why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered(pub Diagnosis);

impl Kind for Unanswered {
    const KIND: u8 = 9;
}

/// A status of this pull request was refused, so that its replies have to say why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unposted {
    /// Why.
    pub why: Diagnosis,
    /// How often in a row.
    pub tries: u32,
    /// Since when, by our clock.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Not before this, by our clock, are its statuses posted again by themselves.
    pub again: Timestamp,
}

impl Kind for Unposted {
    const KIND: u8 = 10;
}

/// A status of the pull request was not posted on the commit that the key names, so that another one may
/// stand there after it has left the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed;

impl Kind for Missed {
    const KIND: u8 = 24;
}

/// The reply to what the key names says that a status could not be posted, until one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted;

impl Kind for Noted {
    const KIND: u8 = 12;
}

/// Somebody posted statuses under contexts of ours, when that was first seen; the key names the
/// account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgedBy {
    /// Who. `None`: Gitea does not say.
    pub login: Option<String>,
    /// The commit.
    pub sha: Sha,
    /// The contexts, and the states under them.
    pub rows: Vec<(String, String)>,
    /// When, by our clock.
    pub at: Timestamp,
}

impl Kind for ForgedBy {
    const KIND: u8 = 13;
    const WRITE: Write = Write::IfAbsent;
}

/// What a reply of ours says, under the reply's own id: so it shows when somebody of whom no delivery
/// told has edited or deleted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrote {
    /// What it answers.
    pub to: Addressee,
    /// When that was written, by the forge's clock; the reply is younger.
    pub since: Timestamp,
    /// Digest of the reply's body.
    pub body: Digest,
    /// What it says, where that is said once and for all. `None`: it answers a comment, and says what is
    /// true when it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Kind for Wrote {
    const KIND: u8 = 16;
}

/// Our answer to what the key names was written again because others had touched it. That happens once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored;

impl Kind for Restored {
    const KIND: u8 = 23;
}

/// When every gate of a pull request was last found to stand as it is posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The moment, by our clock.
    pub at: Timestamp,
}

impl Kind for Confirmed {
    const KIND: u8 = 14;
}

/// What a bot that observes would have said to what the key names, in the place of the reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldSay(pub String);

impl Kind for WouldSay {
    const KIND: u8 = 40;
}

/// A bot that observes has worked with this store, and none that acts has looked at everything since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observing;

impl Kind for Observing {
    const KIND: u8 = 41;
}

/// The kind of statuses that would have been posted.
const WOULD_POST: u8 = 42;

/// What the page of a pull request shows.
impl Kind for Shown {
    const KIND: u8 = 15;
}

impl Kind for Unread {
    const KIND: u8 = 11;
}

/// What is remembered under this key. `None`: nothing, or nothing that can be read.
///
/// # Errors
/// The store's.
pub async fn recall<K: Kind>(store: &dyn Store, key: &MemoKey) -> Result<Option<K>, StoreError> {
    let bytes = store.recall(key).await?;
    Ok(bytes.and_then(|bytes| K::read(&bytes)))
}

/// What is remembered under the keys that begin like this one, `most` of them at most. What cannot be
/// read is left out.
///
/// # Errors
/// The store's.
pub async fn recall_all<K: Kind>(
    store: &dyn Store,
    beginning: &MemoKey,
    most: usize,
) -> Result<Vec<(MemoKey, K)>, StoreError> {
    let all = store.recall_all(beginning, most).await?.into_iter();
    Ok(all
        .filter_map(|(key, bytes)| Some((key, K::read(&bytes)?)))
        .collect())
}

/// What removes the memo under this key.
#[must_use]
pub const fn blank(key: MemoKey) -> Memo {
    Memo {
        key,
        value: Vec::new(),
        write: Write::Remove,
    }
}
