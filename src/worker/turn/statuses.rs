//! How this pull request and those that share its head stand, and which statuses have to be posted.

use super::Turn;
use crate::decide::answer::Asked;
use crate::decide::notice;
use crate::decide::scope::Scope;
use crate::decide::statuses::{Standing, Wanted, wanted};
use crate::gate::Answers;
use crate::gate::verdict::GateVerdict;
use crate::model::{Posted, Pull};
use crate::worker::neighbours::{self, Neighbour};
use crate::worker::{Trouble, judge, look, post, restore};
use std::time::Duration;

impl Turn<'_> {
    /// The statuses to be posted; none on the head while it rests from a refusal.
    pub(super) async fn needed(
        &self,
        standings: &[Standing],
        scope: &Scope,
        posted: &[Posted],
        asked: &[Asked],
    ) -> Result<restore::Needed, Trouble> {
        let rest = self.rest().await?;
        let mut needed = self.statuses(standings, scope, posted, asked).await?;
        if rest.is_some() {
            let head = self.found.pull.head.as_ref();
            let elsewhere = |wanted: &Wanted| Some(&wanted.status.sha) != head;
            needed.post.retain(elsewhere);
        } else if self.errand.look {
            let (post, blanks) = self.step().missed(self.errand.key).await?;
            needed.post.extend(post);
            needed.memos.extend(blanks);
            if needed.post.is_empty() {
                post::nothing_refused(self.shared, self.errand).await?;
            }
        }
        needed.wait = needed.wait.into_iter().chain(rest).min();
        // One that could not be read holds the commit for no reason of its own; of too many, some never are.
        let others = standings.get(1..).unwrap_or_default();
        let unread = others.iter().any(|other| other.verdicts.is_empty());
        if unread && others.len() <= neighbours::MOST && !scope.gates.is_empty() {
            let again = self.shared.tempo.then;
            needed.wait = needed.wait.into_iter().chain([again]).min();
        }
        Ok(needed)
    }

    /// How the other pull requests with this head stand.
    pub(super) async fn others(
        &self,
        neighbours: &[Neighbour],
        scope: &Scope,
        answers: &mut Answers,
    ) -> Result<Vec<Standing>, Trouble> {
        let mut standings = Vec::new();
        for other in neighbours {
            let mut openers: Vec<_> = neighbours.iter().map(|n| n.pull.author.clone()).collect();
            openers.push(self.found.pull.author.clone());
            let verdicts = match &other.found {
                Some(found) => {
                    let facts = look::facts(self.shared, other.key, found, openers).await?;
                    let policy = &self.shared.policy;
                    judge::verdicts(self.session, policy, &facts, &scope.gates, answers).await
                }
                None => Vec::new(),
            };
            standings.push(standing(&other.pull, verdicts));
        }
        Ok(standings)
    }

    /// How long refused statuses rest. Whoever asks has them tried at once.
    async fn rest(&self) -> Result<Option<Duration>, Trouble> {
        if self.errand.comments.is_empty() {
            post::rests(self.shared, self.errand.key).await
        } else {
            Ok(None)
        }
    }

    fn step(&self) -> post::Step<'_> {
        post::Step {
            shared: self.shared,
            session: self.session,
            pull: &self.found.pull,
            record: self.errand.record.as_ref(),
            look: self.errand.look,
        }
    }

    async fn statuses(
        &self,
        standings: &[Standing],
        scope: &Scope,
        posted: &[Posted],
        asked: &[Asked],
    ) -> Result<restore::Needed, Trouble> {
        let Some(head) = &self.found.pull.head else {
            return Ok(restore::Needed::default());
        };
        let mut wanted = wanted(&self.shared.policy, head, standings, scope.declarations);
        let record = self.errand.record.as_ref();
        let held = record.map_or(&[][..], |record| &record.held);
        let own = standings.first().map_or(&[][..], |own| &own.verdicts);
        for (held, now) in notice::fallen(held, own) {
            for wanted in &mut wanted {
                wanted.say_fallen(held, now);
            }
        }
        if let Some(why) = post::refused_reply(self.shared, self.errand.key).await? {
            for wanted in &mut wanted {
                wanted.say_for_the_reply(&why);
            }
        }
        let step = self.step();
        let mut needed = step.needed(wanted, posted, asked, standings).await;
        needed.post.extend(
            step.left_behind(self.errand.key, &self.found.memory.history)
                .await?,
        );
        Ok(needed)
    }
}

pub(super) fn standing(pull: &Pull, verdicts: Vec<GateVerdict>) -> Standing {
    Standing {
        number: pull.number,
        base: pull.base.clone(),
        verdicts,
    }
}
