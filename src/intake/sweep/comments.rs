//! The comments of a repository that changed since the last sweep: those with commands go into the
//! inbox.

use super::{OVERLAP, Round, SweepError};
use crate::decide::reply::{Addressee, joined_in};
use crate::decide::timeline::Ears;
use crate::gitea::RepoComment;
use crate::intake::{Event, Told, Topic, version};
use crate::memo::{self, Created, Cursor, Passing};
use crate::model::{CommentId, Digest, PullNumber};
use jiff::Timestamp;
use state::StoreError;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// When a pull request last changed by a comment that a webhook announced.
pub(super) type Bumps = HashMap<PullNumber, Timestamp>;

/// From where the walk over the comments goes, by the forge's clock.
#[derive(Clone, Copy)]
struct Since {
    at: Timestamp,
    /// Older comments are left alone, even if they changed since.
    born_after: Option<Timestamp>,
}

impl Since {
    /// From where the last walk ended.
    fn last(cursor: &Cursor) -> Self {
        let at = cursor.comments.saturating_sub(OVERLAP);
        Self {
            at: at.unwrap_or(Timestamp::UNIX_EPOCH),
            born_after: None,
        }
    }

    /// As far back as commands are answered that nobody remembers.
    fn begin(now: Timestamp, lookback: Duration) -> Self {
        let at = now.saturating_sub(lookback);
        let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            at,
            born_after: Some(at),
        }
    }
}

/// A comment on a pull request, and when it last changed.
struct Changed {
    pull: PullNumber,
    comment: CommentId,
    at: Timestamp,
}

/// What the walk over the comments found.
pub(super) struct Heard {
    /// What changed before this (server time) was seen.
    pub(super) until: Timestamp,
    pub(super) bumps: Bumps,
    /// Comments on pull requests, by pull request.
    pub(super) met: BTreeSet<(u64, CommentId)>,
    /// Those of them that are without commands.
    pub(super) plain: BTreeSet<(u64, CommentId)>,
    pub(super) commands: usize,
    pub(super) answered: usize,
    /// Whether the forge's clock has gone back, so that what is new may be older than what is known.
    pub(super) went_back: bool,
}

impl Round<'_> {
    /// Comments that changed: those with commands go into the inbox.
    pub(super) async fn comments(
        &self,
        cursor: Option<&Cursor>,
        lookback: Duration,
    ) -> Result<Heard, SweepError> {
        let Some(cursor) = cursor else {
            let since = Since::begin(Timestamp::now(), lookback);
            return self.walk(since).await;
        };
        let since = Since::last(cursor);
        let heard = self.walk(since).await?;
        if heard.until >= since.at {
            return Ok(heard);
        }
        tracing::warn!(repo = %self.repository.name, now = %heard.until, before = %cursor.comments,
            "the forge's clock has gone back: everything is looked at");
        let since = Since::begin(heard.until, lookback);
        Ok(Heard {
            went_back: true,
            ..self.walk(since).await?
        })
    }

    async fn walk(&self, since: Since) -> Result<Heard, SweepError> {
        let bots = self.shared.gitea.own_accounts();
        let ears = self.shared.ears(&bots);
        let mut found: Vec<(Event, Digest)> = Vec::new();
        let mut answers: HashSet<CommentId> = HashSet::new();
        let mut plain = BTreeSet::new();
        let mut own = Vec::new();
        let mut changed: Vec<Changed> = Vec::new();
        let sink = |row: RepoComment| {
            if let Some(pull) = row.pull {
                let comment = row.comment.id;
                let at = row.comment.updated_at;
                changed.push(Changed { pull, comment, at });
                if commands::parse(&row.comment.body, ears.gates).is_empty() {
                    plain.insert((pull.get(), comment));
                }
            }
            own.extend(self.own_reply(&row));
            answers.extend(self.answers(&row));
            answers.extend(self.joined(&row));
            found.extend(self.heard(ears, &row, since.born_after));
        };
        let name = &self.repository.name;
        let until = self
            .session
            .fetch_comments_since(name, since.at, sink)
            .await?;
        let full = self.put(&found).await?;
        if !self.shared.writing.mode.observes() {
            self.restore_edited(own, until).await?;
        }
        if let Some(full) = full {
            return Err(full.into());
        }
        let met = changed.iter().map(|row| (row.pull.get(), row.comment));
        let met = met.collect();
        // What a clock that was ahead has written explains nothing that comes after.
        changed.retain(|row| row.at <= until);
        let asks = found.iter().filter_map(|(event, _)| event.topic.comment());
        Ok(Heard {
            until,
            bumps: self.bumps(changed).await?,
            met,
            plain,
            commands: found.len(),
            answered: asks.filter(|comment| answers.contains(comment)).count(),
            went_back: false,
        })
    }

    /// Puts them into the inbox. One that is full holds up no other; what it says is given back, so that
    /// its comments are read again with the next round.
    async fn put(&self, found: &[(Event, Digest)]) -> Result<Option<StoreError>, StoreError> {
        let mut full = None;
        for (event, body) in found {
            match self.shared.put(event, body).await {
                Err(error @ StoreError::InboxFull(_)) => full = Some(error),
                put => drop(put?),
            }
        }
        Ok(full)
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
            delivery: None,
        };
        Some((event, version(&comment.body, comment.updated_at)))
    }

    /// The plain comments that the round before has met.
    pub(super) async fn passing(&self) -> Result<Passing, StoreError> {
        let key = memo::of_repository::<Passing>(self.repository.id);
        let passing = memo::recall(&*self.shared.store, &key).await?;
        Ok(passing.unwrap_or_default())
    }

    /// A comment that was heard by webhook shows that deliveries arrive, so that it explains why its
    /// pull request changed.
    async fn bumps(&self, changed: Vec<Changed>) -> Result<Bumps, StoreError> {
        let mut bumps = Bumps::new();
        for Changed { pull, comment, at } in changed {
            let heard = memo::of_comment::<Created>(self.key_of(pull), comment);
            if self.shared.store.recall(&heard).await?.is_some() {
                let last = bumps.entry(pull).or_insert(at);
                *last = (*last).max(at);
            }
        }
        Ok(bumps)
    }
}
