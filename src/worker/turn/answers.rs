//! Which comments are answered now, and with what.

use super::{Turn, asked};
use crate::decide::alike::together;
use crate::decide::answer::{Asked, gates_of};
use crate::decide::conclude::Told;
use crate::decide::record::OpenAnswer;
use crate::decide::reply::Addressee;
use crate::decide::scope::Scope;
use crate::gate::Answers;
use crate::gate::facts::Facts;
use crate::gate::verdict::GateVerdict;
use crate::worker::judge::{self, Judged};

impl Turn<'_> {
    /// Comments that want an answer and have none to what they say now.
    pub(super) fn fresh(&self) -> Vec<Asked> {
        let born = self.found.pull.repository.created_at;
        let ids = self.found.unanswered.union(&self.errand.restore);
        let live = ids.filter_map(|id| self.found.asked.get(id));
        let wanted = live.filter(|comment| comment.created_at >= born);
        let asked = wanted.filter_map(|comment| asked(self.shared, comment, &self.found.joined));
        let replied = self.errand.replied(&self.found.replies);
        together(asked.collect(), &self.errand.waited, &replied)
    }

    /// Answers given before that may read differently now: those about gates that were looked at.
    pub(super) fn reopened(&self, scope: &Scope, fresh: &[Asked]) -> Vec<Asked> {
        let record = self.errand.record.as_ref();
        let open = record.into_iter().flat_map(|record| &record.open_answers);
        open.map(|open| self.again(open))
            .filter(|open| !fresh.iter().any(|asked| asked.to == open.to))
            .filter(|open| scope.covers(&gates_of(&open.reading, &self.shared.policy)))
            .collect()
    }

    fn again(&self, open: &OpenAnswer) -> Asked {
        let live = self.found.asked.get(&open.comment);
        let body = live.map_or(&open.body, |comment| &comment.body);
        Asked {
            to: Addressee::Comment(open.comment),
            author: open.author.clone(),
            created_at: open.created_at,
            body: body.clone(),
            reading: commands::parse(body, &self.shared.gates),
            fresh: false,
            also: open.also.clone(),
        }
    }

    pub(super) async fn tell(
        &self,
        facts: &Facts,
        verdicts: &[GateVerdict],
        answers: &mut Answers,
        asked: Vec<Asked>,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        for asked in asked {
            let judged = Judged {
                facts,
                verdicts,
                answers,
            };
            let parts = judge::parts(self.session, &self.shared.policy, judged, &asked).await;
            told.push(Told { asked, parts });
        }
        told
    }
}
