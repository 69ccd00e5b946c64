//! Finds what no webhook announced (I14): per repository one walk over the comments that changed,
//! and one over the pull requests that changed.
//!
//! What it finds goes through the same inbox as deliveries do. **Invariant:** the remembered
//! position moves on only when everything before it is in the inbox.

mod comments;
mod pulls;
mod replies;

use self::comments::Heard;
use super::passed;
use crate::config::RepoPattern;
use crate::decide::record::PullRecord;
use crate::gitea::{CallError, Kind as Server, Session};
use crate::memo::{self, Cursor, Kind, Swept};
use crate::model::{PullNumber, RepoName, Repository};
use crate::worker::{Shared, now};
use jiff::{SignedDuration, Timestamp};
use state::{MemoKey, PullKey, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What happens is committed late, times are whole seconds, and clocks are set right.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// Rows that are removed in one transaction: the store holds all pages that it touches meanwhile.
const FORGOTTEN: usize = 128;
/// How long a listing of repositories is good for.
const REPOSITORIES: Duration = Duration::from_secs(60 * 60);

/// Why a sweep could not be ended. What it has found so far is in the inbox.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Gitea.
    #[error("Gitea: {0}")]
    Call(#[from] CallError),
    /// The inbox is full, or the store fails.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
}

/// What the sweep of one repository put into the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The repository.
    pub repo: RepoName,
    /// Pull requests to be looked at.
    pub pulls: usize,
    /// Comments with commands.
    pub commands: usize,
    /// Those of them that a comment of our own names as answered; whether it answers what they say
    /// now is seen when they are worked on.
    pub answered: usize,
}

/// The sweep of all repositories that are looked after.
#[derive(Debug)]
pub struct Sweep {
    shared: Arc<Shared>,
    patterns: Vec<RepoPattern>,
    lookback: Duration,
    known: Vec<Repository>,
    listed: Option<Timestamp>,
    swept: HashSet<u64>,
    /// Whether no event tells of statuses, whatever hooks there are (gitea-facts §9).
    silent: bool,
    /// When the statuses of which pull request were last looked at, by our clock.
    watched: HashMap<PullKey, Timestamp>,
    /// Deliveries that were missed before the last round began.
    missed: u64,
    /// Whether some were since the round before that.
    has_missed: bool,
    /// Since when the oldest green of each repository was not looked at again. Of one that could not be
    /// swept what was known before.
    oldest: HashMap<u64, Timestamp>,
}

impl Sweep {
    /// A sweep that has not begun.
    #[must_use]
    pub fn new(shared: Arc<Shared>, patterns: Vec<RepoPattern>, lookback: Duration) -> Self {
        Self {
            shared,
            patterns,
            lookback,
            known: Vec::new(),
            listed: None,
            swept: HashSet::new(),
            silent: false,
            watched: HashMap::new(),
            missed: 0,
            has_missed: false,
            oldest: HashMap::new(),
        }
    }

    /// One round over all repositories. One that fails does not hold up the others. With
    /// `everything`, every open pull request is looked at again. `false`: something could not be read
    /// or kept.
    pub async fn round(&mut self, everything: bool) -> bool {
        let session = self.shared.gitea.session();
        self.note_missed();
        let mut whole = true;
        if let Err(error) = self.list(&session).await {
            tracing::warn!(%error, "the repositories could not be listed");
            whole = false;
        }
        for (done, repository) in self.known.clone().into_iter().enumerate() {
            let session = self.shared.gitea.session();
            let first = !self.swept.contains(&repository.id.get());
            let swept = self.sweep(&session, &repository, everything).await;
            if first {
                let of = self.known.len();
                tracing::info!(repo = %repository.name, done = done + 1, of, "swept for the first time");
            }
            if let Err(error) = swept {
                tracing::warn!(repo = %repository.name, %error, "a sweep could not be ended");
                whole = false;
                // It may have another name now, or be gone: no event tells of either.
                self.listed = None;
            }
        }
        self.note_end().await;
        let known: HashSet<u64> = self.known.iter().map(|it| it.id.get()).collect();
        self.oldest.retain(|id, _| known.contains(id));
        let oldest = self.oldest.values().min().copied();
        self.shared.pulse.unverified(oldest);
        if whole {
            self.shared.pulse.swept(Timestamp::now());
        }
        whole
    }

    /// Fills an empty store with everything that waits: every open pull request, and every command
    /// that is young enough. `told` hears of each repository, of how many. Ends at the first failure,
    /// because half of everything is not worth having.
    ///
    /// # Errors
    /// What could not be read, or kept.
    pub async fn fill(
        &mut self,
        mut told: impl FnMut(&Found, usize),
    ) -> Result<Vec<Found>, SweepError> {
        let session = self.shared.gitea.session();
        self.list(&session).await?;
        let mut all = Vec::new();
        for repository in self.known.clone() {
            let session = self.shared.gitea.session();
            let found = self.sweep(&session, &repository, true).await?;
            told(&found, self.known.len());
            all.push(found);
        }
        self.note_end().await;
        Ok(all)
    }

    /// A delivery that was missed may have told of a status, of which nothing else does, or of what
    /// hides behind a later comment, or within the second of the last look.
    fn note_missed(&mut self) {
        let missed = self.shared.pulse.all_missed();
        self.has_missed = std::mem::replace(&mut self.missed, missed) != missed;
        if self.has_missed {
            self.watched.clear();
        }
    }

    /// So that the doctor can tell when that was.
    async fn note_end(&self) {
        let swept = Swept {
            at: Timestamp::now(),
        };
        let memo = swept.memo(memo::of_everything::<Swept>());
        if let Err(error) = self.shared.store.remember(vec![memo], now()).await {
            tracing::warn!(%error, "the end of a sweep could not be noted");
        }
    }

    /// The repositories that the patterns name, asked again every hour. Of a pattern that cannot be
    /// asked for, as when the repository that it names was renamed, those that were known are kept: it
    /// does not hold up the others, and is told at the end.
    async fn list(&mut self, session: &Session) -> Result<(), CallError> {
        let age = self.listed.map(|at| Timestamp::now().duration_since(at));
        let fresh = age
            .and_then(|age| Duration::try_from(age).ok())
            .is_some_and(|a| a < REPOSITORIES);
        if fresh {
            return Ok(());
        }
        let mut found: Vec<Repository> = Vec::new();
        let mut failed = None;
        for pattern in &self.patterns {
            let matching = match fetch_matching(session, pattern).await {
                Ok(matching) => matching,
                Err(error) => {
                    failed = failed.or(Some(error));
                    let known = self.known.iter();
                    known
                        .filter(|it| pattern.matches(&it.name))
                        .cloned()
                        .collect()
                }
            };
            for repository in matching {
                if !repository.archived && !found.iter().any(|known| known.id == repository.id) {
                    found.push(repository);
                }
            }
        }
        let version = session.fetch_version().await;
        self.silent = version.is_ok_and(|version| version.kind == Server::Forgejo);
        self.known = found;
        if let Some(error) = failed {
            return Err(error);
        }
        self.listed = Some(Timestamp::now());
        Ok(())
    }

    async fn sweep(
        &mut self,
        session: &Session,
        repository: &Repository,
        everything: bool,
    ) -> Result<Found, SweepError> {
        let key = memo::of_repository::<Cursor>(repository.id);
        let cursor = memo::recall::<Cursor>(&*self.shared.store, &key).await?;
        let shared = Arc::clone(&self.shared);
        let round = Round {
            shared: &shared,
            session,
            repository,
        };
        // Whoever may comment may write comments that cannot be read. They hold up no more than that.
        let comments = round.comments(cursor.as_ref(), self.lookback).await;
        let (mut heard, failed) = match comments {
            Ok(heard) => (Some(heard), None),
            Err(error) => (None, Some(error)),
        };
        let went_back = heard.as_ref().is_some_and(|heard| heard.went_back);
        let everything = everything || went_back;
        // What happened while nobody listened may hide behind a later comment.
        let first = heard.is_none() || self.swept.insert(repository.id.get());
        let bumps = heard.as_mut().map(|heard| std::mem::take(&mut heard.bumps));
        let explained = bumps.filter(|_| !first).unwrap_or_default();
        let (pulls, looks) = round
            .pulls(
                cursor.as_ref().filter(|_| !everything),
                (!self.has_missed).then_some(&explained),
                everything,
            )
            .await?;
        let found = Found {
            repo: repository.name.clone(),
            pulls: looks,
            commands: heard.as_ref().map_or(0, |heard| heard.commands),
            answered: heard.as_ref().map_or(0, |heard| heard.answered),
        };
        match heard {
            Some(heard) => round.passes(key, pulls, heard).await?,
            None => round.waits(key, pulls, cursor).await?,
        }
        self.look_after(&round, everything).await?;
        failed.map_or(Ok(found), Err)
    }

    /// What no delivery tells: greens that may have fallen, and statuses of others, in turn where
    /// deliveries tell of those and with every round where nobody does.
    async fn look_after(&mut self, round: &Round<'_>, everything: bool) -> Result<(), SweepError> {
        let id = round.repository.id.get();
        let open = self.shared.store.open_pulls(id).await?;
        let open = open.into_iter();
        let open = open.filter_map(|(key, record)| Some((key, PullRecord::read(&record.bytes)?)));
        let open: Vec<_> = open.collect();
        for (key, record) in &open {
            self.shared.pulse.remembered(*key, record.unknown_gates());
        }
        let oldest = match everything {
            true => round.oldest(&open).await?,
            false => round.verify(&open).await?,
        };
        match oldest {
            Some(at) => drop(self.oldest.insert(id, at)),
            None => drop(self.oldest.remove(&id)),
        }
        // Whoever observes leaves the statuses of others alone.
        let watches = !self.shared.writing.mode.observes();
        if watches && everything {
            round.restore_deleted(&open).await?;
        }
        if watches {
            let is_told = !self.silent && round.is_heard().await?;
            round.watch(&open, is_told, &mut self.watched).await?;
        }
        Ok(())
    }
}

async fn fetch_matching(
    session: &Session,
    pattern: &RepoPattern,
) -> Result<Vec<Repository>, CallError> {
    if let Some(name) = pattern.exact() {
        return session
            .fetch_repository(&name)
            .await
            .map(|repository| vec![repository]);
    }
    let all = match pattern.owner_literal() {
        Some(owner) => session.fetch_repositories(owner).await?,
        None => session.fetch_all_repositories().await?,
    };
    Ok(all
        .into_iter()
        .filter(|repository| pattern.matches(&repository.name))
        .collect())
}

/// One repository's turn in a round.
pub(super) struct Round<'a> {
    pub(super) shared: &'a Shared,
    pub(super) session: &'a Session,
    pub(super) repository: &'a Repository,
}

impl Round<'_> {
    /// Moves on, and forgets what was heard of plain comments that the round before has met.
    async fn passes(&self, key: MemoKey, pulls: Timestamp, heard: Heard) -> Result<(), SweepError> {
        let id = self.repository.id;
        let moved = Cursor {
            comments: heard.until,
            pulls: pulls.min(heard.until),
        };
        let before = self.passing().await?;
        let forgotten = passed::over(id, &before, &heard.met);
        for some in forgotten.chunks(FORGOTTEN) {
            self.shared.store.remember(some.to_vec(), now()).await?;
        }
        let mut memos = vec![moved.memo(key)];
        memos.extend(passed::kept(id, &before, heard.plain));
        self.shared.store.remember(memos, now()).await?;
        Ok(())
    }

    /// Moves on with the pull requests alone: the comments are read again from where they were.
    async fn waits(
        &self,
        key: MemoKey,
        pulls: Timestamp,
        cursor: Option<Cursor>,
    ) -> Result<(), SweepError> {
        if let Some(cursor) = cursor {
            let moved = Cursor { pulls, ..cursor };
            let memos = vec![moved.memo(key)];
            self.shared.store.remember(memos, now()).await?;
        }
        Ok(())
    }

    const fn key_of(&self, number: PullNumber) -> PullKey {
        memo::pull_key(self.repository.id, number)
    }
}

/// The repositories of a configuration, for the webhook's scope.
#[must_use]
pub fn matches(patterns: &[RepoPattern], repo: &RepoName) -> bool {
    patterns.iter().any(|pattern| pattern.matches(repo))
}
