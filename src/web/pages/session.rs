//! Who is signed in, for how long, and what they were seen to be allowed to see.
//!
//! **Invariant:** sessions and visitors' tokens are in memory only and end with the process.

use super::budget::Budget;
use super::kept::Kept;
use crate::gitea::{PullSeen, Unheard, Verifier, Visitor};
use crate::model::{Login, RepositoryId};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Nobody is signed in for longer.
pub(super) const LONGEST: Duration = Duration::from_secs(8 * 60 * 60);
/// Whoever wants to sign in has so long to say yes in Gitea.
pub(super) const SIGN_IN: Duration = Duration::from_secs(10 * 60);
/// Sessions, and sign-ins under way.
pub(super) const MOST: usize = 10_000;
/// Sessions of one account: another one ends its oldest.
pub(super) const OF_ONE: usize = 16;
/// What is remembered of a session's access.
const PULLS: usize = 64;
const REPOSITORIES: usize = 256;
/// Questions to Gitea that a session may cause in a minute.
const QUESTIONS: u32 = 90;
/// Pages of one session that may wait for changes at the same time: half of all.
const LISTENERS: usize = 128;

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Session {
    /// What the cookie holds.
    pub(super) id: String,
    /// The account.
    pub(super) login: Login,
    /// Asks in its name.
    pub(super) visitor: Visitor,
    /// When it ends by itself.
    pub(super) until: Instant,
    /// Pull requests that were asked for.
    pub(super) pulls: Kept<Result<PullSeen, Unheard>>,
    /// Repositories that were asked for.
    pub(super) repositories: Kept<Result<RepositoryId, Unheard>>,
    /// The account's organisations: one row.
    pub(super) organisations: Kept<Arc<[String]>>,
    /// What it may cause Gitea to be asked.
    pub(super) questions: Budget,
    /// Pages that may wait for changes.
    pub(super) listeners: Arc<Semaphore>,
}

impl Session {
    /// A new one.
    pub(super) fn new(id: String, login: Login, visitor: Visitor, good_for: Duration) -> Self {
        Self {
            id,
            login,
            visitor,
            until: Instant::now() + good_for.min(LONGEST),
            pulls: Kept::new(PULLS),
            repositories: Kept::new(REPOSITORIES),
            organisations: Kept::new(1),
            questions: Budget::new(QUESTIONS),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
        }
    }
}

/// A sign-in under way.
#[derive(Clone, Debug)]
pub(super) struct UnderWay {
    /// Its secret half.
    pub(super) verifier: Verifier,
    /// Where it goes on.
    pub(super) to: super::place::Place,
}
