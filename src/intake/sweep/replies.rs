//! Our own replies and notices that somebody edited or deleted, of which no delivery told: they are
//! written again as if one had, once.

use super::{OVERLAP, Round};
use crate::decide::record::PullRecord;
use crate::gitea::RepoComment;
use crate::intake::{Event, Told, Topic};
use crate::memo::{self, Wrote};
use crate::model::{Comment, CommentId, Digest, PullNumber, PullRef};
use crate::worker::now;
use jiff::Timestamp;
use state::{MemoKey, PullKey, StoreError};
use std::collections::HashSet;

/// Replies of one pull request that are looked for.
const MOST: usize = 1_000;

/// A reply of ours as the walk over the comments met it.
pub(super) struct OwnReply {
    pull: PullNumber,
    reply: CommentId,
    updated_at: Timestamp,
    body: Digest,
}

impl Round<'_> {
    /// A comment of our own on a pull request.
    pub(super) fn own_reply(&self, row: &RepoComment) -> Option<OwnReply> {
        let author = row.comment.author.as_ref()?;
        let is_own = self.shared.gitea.is_own(author);
        Some(OwnReply {
            pull: row.pull.filter(|_| is_own)?,
            reply: row.comment.id,
            updated_at: row.comment.updated_at,
            body: Digest::of(&row.comment.body),
        })
    }

    /// Those of them that do not say what was written. What changed a moment ago is left to the next
    /// round, which meets it again: what we wrote ourselves may not be noted yet.
    pub(super) async fn restore_edited(
        &self,
        own: Vec<OwnReply>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let settled = until.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        for met in own.into_iter().filter(|met| met.updated_at <= settled) {
            let place = memo::of_comment::<Wrote>(self.key_of(met.pull), met.reply);
            let wrote = memo::recall::<Wrote>(&*self.shared.store, &place).await?;
            if let Some(wrote) = wrote.filter(|wrote| wrote.body != met.body) {
                tracing::info!(repo = %self.repository.name, number = %met.pull, reply = %met.reply,
                    "a reply was edited by somebody else");
                self.restore(met.pull, met.reply, &wrote).await?;
            }
        }
        Ok(())
    }

    /// Those that are not in their conversations any more: a deletion changes nothing else
    /// (gitea-facts §9), so each conversation in which we have replied is asked, with one call. One that
    /// cannot be read is left to the next time, and does not hold up the others.
    pub(super) async fn restore_deleted(
        &self,
        open: &[(PullKey, PullRecord)],
    ) -> Result<(), StoreError> {
        for (key, _) in open {
            let replies = memo::all_of_pull::<Wrote>(*key);
            let replies = memo::recall_all::<Wrote>(&*self.shared.store, &replies, MOST).await?;
            let Some(since) = replies.iter().map(|(_, wrote)| wrote.since).min() else {
                continue;
            };
            let pull = PullRef {
                repo: self.repository.name.clone(),
                number: PullNumber::new(key.number),
            };
            match self.session.fetch_own_comments(&pull, since).await {
                Ok(own) => self.restore_missing(&pull, replies, &own).await?,
                Err(error) => {
                    tracing::warn!(%pull, %error, "whether replies were deleted is not known");
                }
            }
        }
        Ok(())
    }

    /// Of the replies that were written those that do not stand any more. What is remembered of them
    /// goes, so that they are missed once.
    async fn restore_missing(
        &self,
        pull: &PullRef,
        wrote: Vec<(MemoKey, Wrote)>,
        own: &[Comment],
    ) -> Result<(), StoreError> {
        let stand: HashSet<CommentId> = own.iter().map(|comment| comment.id).collect();
        for (place, wrote) in wrote {
            let Some(reply) = memo::comment_of(&place).filter(|reply| !stand.contains(reply))
            else {
                continue;
            };
            tracing::info!(%pull, %reply, "a reply was deleted by somebody else");
            let is_new = self.restore(pull.number, reply, &wrote).await?;
            // What is to be said again is read where it is queued, and is missed once all the same.
            if !(is_new && wrote.text.is_some()) {
                let gone = vec![memo::blank(place)];
                self.shared.store.remember(gone, now()).await?;
            }
        }
        Ok(())
    }

    async fn restore(
        &self,
        number: PullNumber,
        reply: CommentId,
        wrote: &Wrote,
    ) -> Result<bool, StoreError> {
        let event = Event {
            repository: self.repository.id,
            repo: self.repository.name.clone(),
            number,
            topic: Topic::again(&wrote.to, reply, wrote.since),
            told: Told::Sweep,
            delivery: None,
        };
        self.shared.put(&event, &Digest::of("")).await
    }
}
