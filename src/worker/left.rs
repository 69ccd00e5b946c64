//! What a pull request leaves behind: successes on a commit, or under a context, that are its own no more.

use super::post::{Step, posted_on, success};
use super::{Trouble, neighbours};
use crate::decide::statuses::{Left, Wanted, withdrawn};
use crate::gate::facts::History;
use crate::intake::Told;
use crate::memo::{self, Missed};
use crate::model::{Branch, Posted, PullRef, PullState, Sha, StatusRow};
use state::{Memo, PullKey, StoreError};

/// Commits that one look takes back from; a later one takes the rest.
const MOST: usize = 16;

/// The contexts of a commit for which others answer.
#[derive(Debug)]
pub(super) enum Kept {
    /// All of them: more pull requests have it as their head than are read.
    All,
    /// These.
    These(Vec<String>),
}

impl Kept {
    /// Whether somebody else answers for the context.
    pub(super) fn keeps(&self, context: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(contexts) => contexts.iter().any(|kept| kept == context),
        }
    }
}

impl Step<'_> {
    /// Successes on commits that this pull request has left: the head moved on, or the base changed.
    ///
    /// # Errors
    /// The store.
    pub(super) async fn left_behind(
        &self,
        key: PullKey,
        history: &History,
    ) -> Result<Vec<Wanted>, Trouble> {
        let Some(record) = self.record.filter(|record| record.timeline.is_some()) else {
            return match self.left_unseen(history) {
                Some(left) => self.withdraw_unremembered(key, left, Left::Moved).await,
                None => Ok(Vec::new()),
            };
        };
        match &record.pull.head {
            Some(left) if self.pull.head.as_ref() != Some(left) => {
                self.withdraw(key, left, Left::Moved).await
            }
            Some(head) if record.pull.base != self.pull.base => {
                self.withdraw_base(key, head, &record.pull.base).await
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The head before the present one, of a pull request that had no turn yet: the one that a
    /// listing named, or else the one that the timeline names.
    fn left_unseen<'h>(&'h self, history: &'h History) -> Option<&'h Sha> {
        let listed = self.record.and_then(|record| record.pull.head.as_ref());
        listed
            .filter(|listed| self.pull.head.as_ref() != Some(*listed))
            .or_else(|| self.left_by_push(history))
    }

    /// The head before the present one, where the timeline still names it.
    fn left_by_push<'h>(&self, history: &'h History) -> Option<&'h Sha> {
        let head = self.pull.head.as_ref()?;
        history
            .pushes
            .iter()
            .rev()
            .filter_map(|push| push.last.as_ref())
            .find(|last| *last != head)
    }

    /// Takes back what we posted on a commit, but for what another open pull request with that head
    /// answers for: that one gets a turn of its own.
    ///
    /// # Errors
    /// The store, or the call that reads what stands there, where that is not remembered.
    pub(super) async fn withdraw(
        &self,
        key: PullKey,
        sha: &Sha,
        left: Left,
    ) -> Result<Vec<Wanted>, Trouble> {
        let standing = posted_on(self.shared, self.pull, sha).await?;
        // What was posted long ago is forgotten, and so is what was refused: that stands no less.
        let base = self.record.map_or(&self.pull.base, |it| &it.pull.base);
        if !are_in(&standing, &self.contexts(base)) {
            return self.withdraw_unremembered(key, sha, left).await;
        }
        self.take_back(key, sha, standing, left).await
    }

    async fn withdraw_unremembered(
        &self,
        key: PullKey,
        sha: &Sha,
        left: Left,
    ) -> Result<Vec<Wanted>, Trouble> {
        let standing = self.green_on(sha).await?;
        self.take_back(key, sha, standing, left).await
    }

    /// What is taken back on commits where a status was not posted, and that were left since, or under
    /// contexts of another base there; and what forgets those commits. One that cannot be read is kept.
    ///
    /// # Errors
    /// The store.
    pub(super) async fn missed(&self, key: PullKey) -> Result<(Vec<Wanted>, Vec<Memo>), Trouble> {
        if self.shared.writing.mode.observes() {
            return Ok(Default::default());
        }
        let all = memo::all_of_pull::<Missed>(key);
        let missed = memo::recall_all::<Missed>(&*self.shared.store, &all, MOST).await?;
        let (mut post, mut blanks) = (Vec::new(), Vec::new());
        for (place, _) in missed {
            let Some(sha) = memo::text_of(&place).and_then(|sha| sha.parse().ok()) else {
                blanks.push(memo::blank(place));
                continue;
            };
            match self.withdraw_missed(key, &sha).await {
                Ok(wanted) => {
                    post.extend(wanted);
                    blanks.push(memo::blank(place));
                }
                Err(Trouble::Call(error)) => {
                    tracing::debug!(%error, %sha, "what stands there could not be read");
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok((post, blanks))
    }

    async fn withdraw_missed(&self, key: PullKey, sha: &Sha) -> Result<Vec<Wanted>, Trouble> {
        if self.pull.head.as_ref() != Some(sha) {
            return self.withdraw_unremembered(key, sha, Left::Moved).await;
        }
        let mut contexts = self.shared.policy.contexts();
        let own = self.contexts(&self.pull.base);
        if self.pull.state != PullState::Open
            || contexts.all(|it| it.for_base("") == it.for_base("?"))
        {
            return Ok(Vec::new());
        }
        let mut standing = self.green_on(sha).await?;
        standing.retain(|posted| !own.contains(&posted.context));
        self.take_back(key, sha, standing, Left::Retargeted).await
    }

    /// All of these but what others answer for.
    ///
    /// # Errors
    /// The store.
    pub(super) async fn take_back(
        &self,
        key: PullKey,
        sha: &Sha,
        mut standing: Vec<Posted>,
        left: Left,
    ) -> Result<Vec<Wanted>, Trouble> {
        let kept = self.kept(key, sha).await?;
        standing.retain(|posted| !kept.keeps(&posted.context));
        Ok(withdrawn(&self.shared.policy, sha, &standing, left))
    }

    /// Our successes that stand on a commit.
    async fn green_on(&self, sha: &Sha) -> Result<Vec<Posted>, Trouble> {
        let rows = self
            .session
            .fetch_statuses(&self.pull.repository.name, sha, &[])
            .await?;
        let newest = |row: &&StatusRow| {
            StatusRow::newest(&rows, &row.context).is_some_and(|top| top.id == row.id)
        };
        let ours = rows
            .iter()
            .filter(newest)
            .filter(|row| self.shared.gitea.has_posted(row));
        Ok(ours.filter_map(success).collect())
    }

    /// What other open pull requests with this head answer for. Each that is remembered with it gets a
    /// turn of its own, unless there are too many: their gates are unknown anyway.
    ///
    /// # Errors
    /// The store.
    pub(super) async fn kept(&self, key: PullKey, sha: &Sha) -> Result<Kept, Trouble> {
        let others = match neighbours::others(self.shared, key, sha).await {
            Err(StoreError::TooMany(_)) => return Ok(Kept::All),
            others => others?,
        };
        let mut kept = Vec::new();
        for (_, other) in &others {
            let pull = PullRef {
                repo: self.pull.repository.name.clone(),
                number: other.pull.number,
            };
            let id = self.pull.repository.id;
            self.shared.look_again(id, &pull, Told::Self_).await?;
            let known = self.contexts(&other.pull.base);
            if !known.iter().all(|context| kept.contains(context))
                && let Some(base) = self.base_with(&pull, sha).await
            {
                kept.extend(self.contexts(&base));
            }
        }
        Ok(Kept::These(kept))
    }

    /// Its base, if it has this head, as Gitea says: two that leave a commit in the same moment remember
    /// each other with it. One that cannot be read is not counted on; what is taken back for nothing, its
    /// own turn posts again.
    async fn base_with(&self, pull: &PullRef, sha: &Sha) -> Option<Branch> {
        let pull = self.session.fetch_pull(pull).await.ok()?;
        let has = pull.head.as_ref() == Some(sha) && self.shared.policy.gates_apply_to(&pull);
        has.then_some(pull.base)
    }

    fn contexts(&self, base: &str) -> Vec<String> {
        let contexts = self.shared.policy.contexts();
        contexts.map(|context| context.for_base(base)).collect()
    }

    /// Contexts that name the base: those of the old base are left behind on the same commit.
    async fn withdraw_base(
        &self,
        key: PullKey,
        head: &Sha,
        old: &str,
    ) -> Result<Vec<Wanted>, Trouble> {
        let templates = self.shared.policy.contexts();
        let left: Vec<String> = templates
            .filter(|template| template.for_base(old) != template.for_base(&self.pull.base))
            .map(|template| template.for_base(old))
            .collect();
        let mut standing = posted_on(self.shared, self.pull, head).await?;
        if !are_in(&standing, &left) {
            standing = self.green_on(head).await?;
        }
        standing.retain(|posted| left.contains(&posted.context));
        if standing.is_empty() {
            return Ok(Vec::new());
        }
        self.take_back(key, head, standing, Left::Retargeted).await
    }
}

/// Whether something is known to stand under each of these contexts.
fn are_in(standing: &[Posted], contexts: &[String]) -> bool {
    let stands = |context: &String| standing.iter().any(|it| it.context == *context);
    contexts.iter().all(stands)
}
