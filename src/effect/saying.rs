//! Replies: posted, brought up to date, or found to stand already.

use super::about::about;
use super::perform::{Ended, Performance};
use crate::decide::reply::{Addressee, link_to};
use crate::gitea::{CallError, ErrorKind};
use crate::memo::{self, Answered, Kind, Unanswered, Wrote};
use crate::model::{Cause, CommentId, Diagnosis, Digest};
use jiff::Timestamp;
use state::{Memo, MemoKey, StoreError};

/// How often an answer waits for another one that it points to.
const LINK_TRIES: u32 = 3;

/// What is to be told to whom.
#[derive(Clone, Copy)]
pub(super) struct Saying<'a> {
    /// What it answers.
    pub(super) to: &'a Addressee,
    /// When that was written.
    pub(super) since: Timestamp,
    /// The Markdown, with places in it that stand for addresses.
    pub(super) body: &'a str,
    /// Digest of the outcome.
    pub(super) outcome: &'a str,
    /// The reply that stands already, where that is known.
    pub(super) standing: Option<CommentId>,
    /// Whether to look for one.
    pub(super) search: bool,
    /// Whether to write it again should it have been deleted.
    pub(super) anew: bool,
}

impl Performance<'_> {
    pub(super) async fn reply(&self, saying: Saying<'_>) -> Result<Ended, StoreError> {
        let Some(body) = self.with_links(saying.body).await? else {
            return Ok(Ended::Later(self.tempo.wait(self.queued.attempts)));
        };
        // What answers a comment says what is true when it is written, so it is not kept.
        let text = saying.to.comment().is_none().then(|| body.clone());
        let body = self.with_note(saying.to, body).await?;
        let standing = match self.standing(saying).await? {
            Ok(standing) => standing,
            Err(error) if self.is_led_on(&error) => return Ok(Ended::Moved),
            Err(error) => {
                let why = self.why(&error).await;
                return Ok(self.failed(&error, &why, Vec::new()));
            }
        };
        if let (None, Some(left)) = (standing, self.landing.left(self.queued)) {
            return Ok(Ended::Later(left));
        }
        // What is said to a review never changes, so a reply that stands has said it.
        let mut written = match (saying.to, standing) {
            (Addressee::Review(_), Some(id)) if !saying.anew => Ok(id),
            _ => self.write(standing, &body).await,
        };
        let is_gone = |error: &CallError| error.kind == ErrorKind::NotFound;
        if saying.anew && standing.is_some() && written.as_ref().is_err_and(is_gone) {
            written = self.write(None, &body).await;
        }
        let wrote = self.wrote(saying, (text, &body), standing, &written);
        self.written(saying, standing, written, wrote).await
    }

    /// What is remembered of the reply's text, and what is not any more because that reply is gone.
    /// Nothing is where the writing may yet be tried again.
    fn wrote(
        &self,
        saying: Saying<'_>,
        (text, body): (Option<String>, &str),
        standing: Option<CommentId>,
        written: &Result<CommentId, CallError>,
    ) -> Vec<Memo> {
        let place = |id| memo::of_comment::<Wrote>(self.key(), id);
        let gone = match written {
            Ok(id) => standing.filter(|standing| standing != id),
            Err(error) => standing.filter(|_| error.kind == ErrorKind::NotFound),
        };
        let mut memos: Vec<Memo> = gone.map(place).map(memo::blank).into_iter().collect();
        if let Ok(id) = written {
            let wrote = Wrote {
                to: saying.to.clone(),
                since: saying.since,
                body: Digest::of(body),
                text,
            };
            memos.push(wrote.memo(place(*id)));
        }
        memos
    }

    /// The reply that stands: as the effect or the store know it, or as the conversation shows it.
    async fn standing(
        &self,
        saying: Saying<'_>,
    ) -> Result<Result<Option<CommentId>, CallError>, StoreError> {
        if saying.anew && self.queued.maybe_performed {
            return Ok(self.find(saying.to, saying.since).await);
        }
        let known = self.known(&self.answered(saying.to)).await?;
        let standing = saying.standing.or(known.and_then(|known| known.reply));
        if standing.is_none() && (saying.search || self.queued.maybe_performed) {
            return Ok(self.find(saying.to, saying.since).await);
        }
        Ok(Ok(standing))
    }

    async fn write(&self, standing: Option<CommentId>, body: &str) -> Result<CommentId, CallError> {
        match standing {
            Some(id) => {
                let edited = self.session.edit_comment(&self.effect.repo, id, body);
                edited.await.map(|()| id)
            }
            None => {
                let pull = self.pull();
                let posted = self.session.post_comment(&pull, body);
                posted.await.map(|comment| comment.id)
            }
        }
    }

    /// What follows from how the writing ended.
    async fn written(
        &self,
        saying: Saying<'_>,
        standing: Option<CommentId>,
        written: Result<CommentId, CallError>,
        wrote: Vec<Memo>,
    ) -> Result<Ended, StoreError> {
        let told = |reply| {
            let outcome = saying.outcome.to_owned();
            Answered { reply, outcome }.memo(self.answered(saying.to))
        };
        Ok(match written {
            Ok(id) => {
                let mut memos: Vec<Memo> = self.told_otherwise::<Unanswered>().await?;
                if !memos.is_empty() {
                    (self.look)(self.effect.clone()).await?;
                }
                memos.push(told(Some(id)));
                memos.extend(wrote);
                Ended::Done(memos)
            }
            Err(error) if self.is_led_on(&error) => Ended::Moved,
            // Somebody removed the reply; it is not forced upon them again.
            Err(error) if standing.is_some() && error.kind == ErrorKind::NotFound => {
                let memos = [vec![told(standing)], wrote].concat();
                Ended::GivenUp(memos, "the reply was deleted")
            }
            Err(error) => {
                if standing.is_none() || saying.anew {
                    self.landing.note(self.queued, &error);
                }
                let why = self.why(&error).await;
                // Who asks for quiet hears no status either, and the reply follows when it is over.
                if !error.asks_for_quiet() {
                    self.leave_it_to_the_statuses(&why).await?;
                }
                self.failed(&error, &why, vec![told(standing)])
            }
        })
    }

    /// What a reply would have said in short, the statuses say as soon as it is refused.
    async fn leave_it_to_the_statuses(&self, why: &Diagnosis) -> Result<(), StoreError> {
        let known = self.kept::<Unanswered>().await?;
        if why.cause == Cause::ForgeUnavailable || known.is_some_and(|it| it.0.key() == why.key()) {
            return Ok(());
        }
        let key = memo::all_of_pull::<Unanswered>(self.key());
        self.keep(vec![Unanswered(why.clone()).memo(key)]).await?;
        (self.look)(self.effect.clone()).await
    }

    /// The body with the addresses of the answers that it points to. `None`: one of them is on its way
    /// and worth waiting for. What was never answered is pointed to itself.
    async fn with_links(&self, body: &str) -> Result<Option<String>, StoreError> {
        let mut body = body.to_owned();
        while let Some((comment, placeholder)) = link_to(&body) {
            let key = self.answered(&Addressee::Comment(comment));
            let place = match self.known(&key).await? {
                Some(answered) => answered.reply.unwrap_or(comment),
                None if self.queued.attempts < LINK_TRIES => return Ok(None),
                None => comment,
            };
            let page = self.session.gitea().comment_page(&self.pull(), place);
            body = body.replace(&format!("({placeholder})"), &format!("({page})"));
        }
        Ok(Some(body))
    }

    pub(super) async fn known(&self, key: &MemoKey) -> Result<Option<Answered>, StoreError> {
        memo::recall(self.store, key).await
    }

    /// Our own reply in the conversation, by its marker: the latest, should there be several. The
    /// comments are asked for and not the timeline, which may be what cannot be read.
    async fn find(&self, to: &Addressee, since: Timestamp) -> Result<Option<CommentId>, CallError> {
        let own = self.session.fetch_own_comments(&self.pull(), since).await?;
        let answers = |body: &str| Addressee::named_in(body).as_ref() == Some(to);
        let mut replies = own.iter().filter(|comment| answers(&comment.body));
        Ok(replies.next_back().map(|reply| reply.id))
    }

    pub(super) fn answered(&self, to: &Addressee) -> MemoKey {
        about::<Answered>(self.key(), to)
    }
}
