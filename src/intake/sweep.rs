//! Finds what no webhook announced (I14): per repository one walk over the comments that changed,
//! and one over the pull requests that changed.
//!
//! What it finds goes through the same inbox as deliveries do. **Invariant:** the remembered
//! position moves on only when everything before it is in the inbox.

use super::{Event, Told, Topic};
use crate::config::RepoPattern;
use crate::decide::record::PullRecord;
use crate::decide::reply::{Addressee, joined_in};
use crate::decide::timeline::Ears;
use crate::gitea::{CallError, Kind as Server, Listing, RepoComment, Session, Which};
use crate::memo::{self, Created, Cursor, Kind, Listed, Swept};
use crate::model::{CommentId, Digest, Pull, PullNumber, PullState, RepoName, Repository};
use crate::worker::{Shared, note_listing, now};
use jiff::{SignedDuration, Timestamp};
use state::{PullKey, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Comments are committed late, and times are whole seconds.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);
/// How long a listing of repositories is good for.
const REPOSITORIES: Duration = Duration::from_secs(60 * 60);
/// Pages of 50 pull requests that one walk reads.
const PAGES: u64 = 200;

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
    /// The last pull request of each repository whose statuses were looked at.
    watched: HashMap<u64, PullNumber>,
    /// Since when a green gate was not looked at again, of those that wait for it.
    oldest: Option<Timestamp>,
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
            oldest: None,
        }
    }

    /// One round over all repositories. One that fails does not hold up the others. With
    /// `everything`, every open pull request is looked at again. `false`: something could not be read
    /// or kept.
    pub async fn round(&mut self, everything: bool) -> bool {
        let session = self.shared.gitea.session();
        let mut whole = true;
        if let Err(error) = self.list(&session).await {
            tracing::warn!(%error, "the repositories could not be listed");
            whole = false;
        }
        for repository in self.known.clone() {
            let session = self.shared.gitea.session();
            if let Err(error) = self.sweep(&session, &repository, everything).await {
                tracing::warn!(repo = %repository.name, %error, "a sweep could not be ended");
                whole = false;
            }
        }
        self.note_end().await;
        self.tell_oldest();
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

    /// How old the oldest confirmation of a green gate is, for whoever watches the numbers.
    fn tell_oldest(&mut self) {
        let age = self
            .oldest
            .take()
            .map(|at| Timestamp::now().duration_since(at));
        let seconds = age.map_or(0.0, |age| age.as_secs_f64().max(0.0));
        metrics::gauge!("refire_oldest_verification_seconds").set(seconds);
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

    /// The repositories that the patterns name, asked again every hour.
    async fn list(&mut self, session: &Session) -> Result<(), CallError> {
        let age = self.listed.map(|at| Timestamp::now().duration_since(at));
        let fresh = age
            .and_then(|age| Duration::try_from(age).ok())
            .is_some_and(|a| a < REPOSITORIES);
        if fresh {
            return Ok(());
        }
        let mut found: Vec<Repository> = Vec::new();
        for pattern in self.patterns.clone() {
            for repository in fetch_matching(session, &pattern).await? {
                if !repository.archived && !found.iter().any(|known| known.id == repository.id) {
                    found.push(repository);
                }
            }
        }
        let version = session.fetch_version().await;
        self.silent = version.is_ok_and(|version| version.kind == Server::Forgejo);
        self.known = found;
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
        let cursor = self
            .shared
            .store
            .recall(&key)
            .await?
            .and_then(|bytes| Cursor::read(&bytes));
        let shared = Arc::clone(&self.shared);
        let round = Round {
            shared: &shared,
            session,
            repository,
        };
        let heard = round.comments(cursor.as_ref(), self.lookback).await?;
        // What happened while nobody listened may hide behind a later comment.
        let first = self.swept.insert(repository.id.get());
        let explained = if first { HashMap::new() } else { heard.bumps };
        let (pulls, looks) = round
            .pulls(
                cursor.as_ref().filter(|_| !everything),
                &explained,
                everything,
            )
            .await?;
        let moved = Cursor {
            comments: heard.until,
            pulls,
        };
        self.shared
            .store
            .remember(vec![moved.memo(key)], now())
            .await?;
        self.look_after(&round, everything).await?;
        Ok(Found {
            repo: repository.name.clone(),
            pulls: looks,
            commands: heard.commands,
            answered: heard.answered,
        })
    }

    /// What no delivery tells: greens that may have fallen, and statuses of others where nobody
    /// tells of those.
    async fn look_after(&mut self, round: &Round<'_>, everything: bool) -> Result<(), SweepError> {
        let id = round.repository.id.get();
        let open = self.shared.store.open_pulls(id).await?;
        let open = open.into_iter();
        let open = open.filter_map(|(key, record)| Some((key, PullRecord::read(&record.bytes)?)));
        let open: Vec<_> = open.collect();
        if !everything {
            let oldest = round.verify(&open).await?;
            self.oldest = self.oldest.into_iter().chain(oldest).min();
        }
        // Whoever observes leaves the statuses of others alone.
        let watches = !self.shared.writing.mode.observes();
        if watches && (self.silent || !round.is_heard().await?) {
            let after = self.watched.get(&id).copied();
            let after = after.unwrap_or(PullNumber::new(0));
            self.watched.insert(id, round.watch(&open, after).await?);
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

/// When a pull request last changed by a comment that a webhook announced.
type Bumps = HashMap<PullNumber, Timestamp>;

/// What the walk over the comments found.
struct Heard {
    /// What changed before this (server time) was seen.
    until: Timestamp,
    bumps: Bumps,
    commands: usize,
    answered: usize,
}

impl Round<'_> {
    /// Comments that changed: those with commands go into the inbox.
    async fn comments(
        &self,
        cursor: Option<&Cursor>,
        lookback: Duration,
    ) -> Result<Heard, SweepError> {
        let since = match cursor {
            Some(cursor) => cursor.comments.saturating_sub(OVERLAP),
            None => Timestamp::now().saturating_sub(lookback),
        };
        let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
        let bots = self.shared.gitea.own_accounts();
        let ears = self.shared.ears(&bots);
        let mut found: Vec<(Event, Digest)> = Vec::new();
        let mut answers: HashSet<CommentId> = HashSet::new();
        let mut rows: Vec<(PullNumber, PullKey, crate::model::CommentId, Timestamp)> = Vec::new();
        let sink = |row: RepoComment| {
            if let Some(pull) = row.pull {
                let key = PullKey {
                    repository: self.repository.id.get(),
                    number: pull.get(),
                };
                rows.push((pull, key, row.comment.id, row.comment.updated_at));
            }
            answers.extend(self.answers(&row));
            answers.extend(self.joined(&row));
            found.extend(self.heard(ears, &row, cursor.is_none().then_some(since)));
        };
        let name = &self.repository.name;
        let until = self.session.fetch_comments_since(name, since, sink).await?;
        for (event, body) in &found {
            self.shared.put(event, body).await?;
        }
        let asks = found.iter().filter_map(|(event, _)| event.topic.comment());
        Ok(Heard {
            until,
            bumps: self.bumps(rows).await?,
            commands: found.len(),
            answered: asks.filter(|comment| answers.contains(comment)).count(),
        })
    }

    /// The comment that one of ours answers.
    fn answers(&self, row: &RepoComment) -> Option<CommentId> {
        let author = row.comment.author.as_ref()?;
        let own = self.shared.gitea.is_own(author);
        match Addressee::named_in(&row.comment.body).filter(|_| own)? {
            Addressee::Comment(comment) => Some(comment),
            Addressee::Review(_) | Addressee::All(_) => None,
        }
    }

    /// The comments that one of ours answers beside that one.
    fn joined(&self, row: &RepoComment) -> Vec<CommentId> {
        let answers = self.answers(row).map(|_| joined_in(&row.comment.body));
        let joined = answers.unwrap_or_default().into_iter();
        joined.map(|joined| joined.comment).collect()
    }

    /// The event of a comment that holds commands. `born_after`: with an empty store, older ones
    /// are left alone.
    fn heard(
        &self,
        ears: Ears<'_>,
        row: &RepoComment,
        born_after: Option<Timestamp>,
    ) -> Option<(Event, Digest)> {
        let comment = &row.comment;
        let author = comment
            .author
            .as_ref()
            .filter(|author| ears.listens_to(author))?;
        let old = born_after.is_some_and(|limit| comment.created_at < limit);
        let migrated = comment.created_at < self.repository.created_at;
        if old || migrated || commands::parse(&comment.body, ears.gates).is_empty() {
            return None;
        }
        tracing::debug!(comment = %comment.id, author = %author.login, "a comment was found");
        let topic = Topic::Comment {
            comment: comment.id,
            created_at: comment.created_at,
            on_issue: row.pull.is_none(),
            by: Some(author.id),
            typed_at: Some(comment.updated_at),
        };
        let number = row.pull.or(row.issue)?;
        let (repository, repo) = (self.repository.id, self.repository.name.clone());
        let event = Event {
            repository,
            repo,
            number,
            topic,
            told: Told::Sweep,
        };
        Some((event, Digest::of(&comment.body)))
    }

    /// A comment that was heard by webhook shows that deliveries arrive, so that it explains why its
    /// pull request changed.
    async fn bumps(
        &self,
        rows: Vec<(PullNumber, PullKey, crate::model::CommentId, Timestamp)>,
    ) -> Result<Bumps, StoreError> {
        let mut bumps = Bumps::new();
        for (number, key, comment, at) in rows {
            let memo = memo::of_comment::<Created>(key, comment);
            if self.shared.store.recall(&memo).await?.is_some() {
                let last = bumps.entry(number).or_insert(at);
                *last = (*last).max(at);
            }
        }
        Ok(bumps)
    }

    /// Pull requests that changed, and those whose head has not been evaluated; also gives how many.
    async fn pulls(
        &self,
        cursor: Option<&Cursor>,
        explained: &Bumps,
        everything: bool,
    ) -> Result<(Timestamp, usize), SweepError> {
        let name = &self.repository.name;
        let listing = match cursor {
            Some(cursor) => Listing {
                which: Which::All,
                until: Some(cursor.pulls),
                pages: PAGES,
            },
            None => Listing {
                which: Which::Open,
                until: None,
                pages: PAGES,
            },
        };
        let pulls = self.session.fetch_pulls(name, listing).await?;
        if cursor.is_none() {
            note_listing(self.shared, self.repository.id, &pulls).await?;
        } else {
            self.still_listed().await?;
        }
        let mut newest = cursor.map_or(Timestamp::UNIX_EPOCH, |cursor| cursor.pulls);
        let mut looks = 0;
        for pull in &pulls {
            newest = newest.max(pull.updated_at);
            if everything || self.is_news(pull, explained).await? {
                self.look(pull).await?;
                looks += 1;
            }
        }
        Ok((newest, looks))
    }

    /// A walk over what changed keeps the knowledge of all open pull requests as good as new.
    async fn still_listed(&self) -> Result<(), StoreError> {
        let key = memo::of_repository::<Listed>(self.repository.id);
        if self.shared.store.recall(&key).await?.is_none() {
            return Ok(());
        }
        let listed = Listed {
            at: Timestamp::now(),
        };
        self.shared
            .store
            .remember(vec![listed.memo(key)], now())
            .await
    }

    async fn look(&self, pull: &Pull) -> Result<(), StoreError> {
        let reference = crate::model::PullRef {
            repo: self.repository.name.clone(),
            number: pull.number,
        };
        self.shared
            .look_again(self.repository.id, &reference, Told::Sweep)
            .await
    }

    async fn is_news(&self, pull: &Pull, explained: &Bumps) -> Result<bool, StoreError> {
        let key = PullKey {
            repository: self.repository.id.get(),
            number: pull.number.get(),
        };
        let record = self.shared.store.pull(key).await?;
        let record = record.and_then(|record| PullRecord::read(&record.bytes));
        let guarded = pull.state == PullState::Open && self.shared.policy.guards(&pull.base);
        let Some(record) = record else {
            return Ok(guarded);
        };
        let was_guarded =
            record.pull.state == PullState::Open && self.shared.policy.guards(&record.pull.base);
        if !guarded {
            return Ok(was_guarded);
        }
        let unevaluated = record.evaluated.is_none() || record.evaluated != pull.head;
        let moved = record.pull.state != pull.state || record.pull.base != pull.base;
        let changed = pull.updated_at > record.pull.updated_at
            && explained
                .get(&pull.number)
                .is_none_or(|at| *at < pull.updated_at);
        Ok(unevaluated || moved || changed)
    }
}

/// The repositories of a configuration, for the webhook's scope.
#[must_use]
pub fn matches(patterns: &[RepoPattern], repo: &RepoName) -> bool {
    patterns.iter().any(|pattern| pattern.matches(repo))
}
