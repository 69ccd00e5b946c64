//! What a reply said of a refused status is folded once the status gets through.
//!
//! **Invariant:** whoever writes the note remembers that first and then looks whether a status is
//! still refused; whoever posts one, or finds that it stands, forgets the refusal first and then looks who
//! wrote the note. So no note stays, whichever comes first.

use super::about::{about, addressee};
use super::perform::{Ended, Performance};
use super::{Act, Effect};
use crate::decide::reply::{Addressee, posted_after_all, unposted};
use crate::gitea::Lookup;
use crate::memo::{self, Kind, Noted, Unposted, Wrote};
use crate::model::{CommentId, Digest};
use jiff::Timestamp;
use state::{Commit, Memo, MemoKey, Millis, PullKey, Store, StoreError};

/// Replies with the note that are folded in one go; a later status folds the rest.
const MOST: usize = 100;

/// Has the notes of a pull request folded, once none of its statuses is refused any more and that is written
/// down. `effect` says where each fold comes from.
///
/// # Errors
/// The store.
pub(crate) async fn fold_notes(
    store: &dyn Store,
    pull: PullKey,
    effect: impl Fn(Act) -> Effect,
) -> Result<(), StoreError> {
    let all = memo::all_of_pull::<Noted>(pull);
    let noted = memo::recall_all::<Noted>(store, &all, MOST).await?;
    if noted.is_empty() {
        return Ok(());
    }
    let now = Timestamp::now();
    let to = noted.iter().filter_map(|(key, _)| addressee(key));
    let folds = to.map(|to| effect(Act::Fold { to }).queued(now));
    let commit = Commit {
        effects: folds.collect(),
        memos: noted
            .iter()
            .map(|(key, _)| memo::blank(key.clone()))
            .collect(),
        ..Commit::new(pull, Millis::new(now.as_millisecond()))
    };
    store.commit(commit).await
}

impl Performance<'_> {
    /// The reply's body, with the note where a status of its pull request is refused.
    pub(super) async fn with_note(
        &self,
        to: &Addressee,
        body: String,
    ) -> Result<String, StoreError> {
        if self.kept::<Unposted>().await?.is_none() {
            return Ok(body);
        }
        self.keep(vec![Noted.memo(self.noted(to))]).await?;
        Ok(match self.kept::<Unposted>().await? {
            Some(Unposted { why, .. }) => unposted(&body, &why),
            None => body,
        })
    }

    /// A status was posted: that one was refused is forgotten, and folded in the replies.
    pub(super) async fn got_through(&self) -> Result<(), StoreError> {
        let refused = self.told_otherwise::<Unposted>().await?;
        if !refused.is_empty() {
            self.keep(refused).await?;
        }
        let effect = |act| Effect {
            act,
            ..self.effect.clone()
        };
        fold_notes(self.store, self.key(), effect).await
    }

    /// Folds the note in the reply as it stands. A reply that is gone, or has none, is left alone.
    pub(super) async fn fold(&self, to: &Addressee) -> Result<Ended, StoreError> {
        let known = self.known(&self.answered(to)).await?;
        let Some(reply) = known.and_then(|known| known.reply) else {
            return Ok(Ended::Done(Vec::new()));
        };
        let repo = &self.effect.repo;
        let folded = match self.session.fetch_comment(repo, reply).await {
            Ok(Lookup::Plain(comment))
                if Addressee::named_in(&comment.body).as_ref() == Some(to) =>
            {
                posted_after_all(&comment.body, Timestamp::now())
            }
            Ok(_) => None,
            Err(error) if self.is_led_on(&error) => return Ok(Ended::Moved),
            Err(error) => {
                let why = self.why(&error).await;
                return Ok(self.failed(&error, &why, Vec::new()));
            }
        };
        let Some(folded) = folded else {
            return Ok(Ended::Done(Vec::new()));
        };
        Ok(
            match self.session.edit_comment(repo, reply, &folded).await {
                Ok(()) => Ended::Done(self.folded(reply, &folded).await?),
                Err(error) if self.is_led_on(&error) => Ended::Moved,
                Err(error) => {
                    let why = self.why(&error).await;
                    self.failed(&error, &why, Vec::new())
                }
            },
        )
    }

    /// What is remembered of a reply's text, now that it is folded.
    async fn folded(&self, reply: CommentId, body: &str) -> Result<Vec<Memo>, StoreError> {
        let place = memo::of_comment::<Wrote>(self.key(), reply);
        let before = memo::recall::<Wrote>(self.store, &place).await?;
        let after = before.map(|before| Wrote {
            body: Digest::of(body),
            ..before
        });
        Ok(after.map(|after| after.memo(place)).into_iter().collect())
    }

    fn noted(&self, to: &Addressee) -> MemoKey {
        about::<Noted>(self.key(), to)
    }
}
