//! One evaluation without store or webhook: the same look and the same core as a turn.
//!
//! Nothing is written unless it is asked for. Without a memory no comment has been heard, so that
//! declarations count as the configuration says of unheard ones.

use super::look::{self, Before};
use super::{Shared, Trouble, Writing, judge, tempo::Tempo};
use crate::decide::reply::{self, Addressee, Letter, Part};
use crate::decide::statuses::{Standing, shares, wanted};
use crate::effect::Effect;
use crate::gate::Answers;
use crate::gate::facts::Facts;
use crate::gate::policy::{GateName, Policy};
use crate::gate::verdict::GateVerdict;
use crate::gitea::{CallError, Gitea, Listing, Session, Which};
use crate::memo;
use crate::model::{CommentId, Diagnosis, Pull, PullRef, PullState};
use state::{Limits, MemoryStore};
use std::sync::Arc;

/// Pages of 50 open pull requests that are searched for the same head.
const PAGES: u64 = 200;

/// One evaluation.
#[derive(Debug)]
pub struct Once {
    /// The forge.
    pub gitea: Gitea,
    /// The rules.
    pub policy: Arc<Policy>,
    /// The pull request.
    pub pull: PullRef,
}

/// What came out of it.
#[derive(Debug)]
pub struct Report {
    /// The head. `None`: it could not be read.
    pub head: Option<String>,
    /// Each gate that was asked for.
    pub verdicts: Vec<GateReport>,
    /// The same in sentences.
    pub told: String,
    /// Whether a status that was to be posted could not be.
    pub unposted: bool,
}

/// One gate in words.
#[derive(Debug)]
pub struct GateReport {
    /// Its name.
    pub gate: String,
    /// `satisfied`, `rejected`, `missing` or `unknown`.
    pub word: &'static str,
    /// Why, sentence by sentence.
    pub reasons: Vec<String>,
}

impl Once {
    /// Evaluates these gates; with `post`, their statuses are posted too.
    pub async fn evaluate(&self, gates: &[GateName], post: bool) -> Report {
        let _ = self.gitea.introduce(&[]).await;
        let session = self.gitea.session();
        match self.judge(&session, gates).await {
            Ok((pull, standings)) => self.report(&session, &pull, standings, post).await,
            Err(error) => unread(gates, session.diagnose(&error).await),
        }
    }

    async fn judge(
        &self,
        session: &Session,
        gates: &[GateName],
    ) -> Result<(Pull, Vec<Standing>), CallError> {
        let pull = session.fetch_pull(&self.pull).await?;
        let mut pulls = vec![pull.clone()];
        pulls.extend(self.neighbours(session, &pull).await?);
        let shared = self.shared();
        let mut standings = Vec::new();
        let mut answers = Answers::default();
        for one in &pulls {
            let before = Before {
                record: None,
                ..Before::default()
            };
            let found = look::look(&shared, session, one.clone(), before).await?;
            let openers = pulls.iter().filter(|other| other.number != one.number);
            let openers = openers.map(|other| other.author.clone()).collect();
            let key = memo::pull_key(one.repository.id, one.number);
            let verdicts = match look::facts(&shared, key, &found, openers).await {
                Ok(facts) => {
                    judge::verdicts(session, &self.policy, &facts, gates, &mut answers).await
                }
                Err(_) => Vec::new(),
            };
            standings.push(Standing {
                number: one.number,
                base: one.base.clone(),
                verdicts,
            });
        }
        Ok((pull, standings))
    }

    /// The facts of this pull request alone, with who opened others that share its head.
    ///
    /// # Errors
    /// The call that failed.
    pub(super) async fn look(&self, session: &Session) -> Result<Facts, Trouble> {
        let pull = session.fetch_pull(&self.pull).await?;
        let others = self.neighbours(session, &pull).await?;
        let openers = others.iter().map(|other| other.author.clone()).collect();
        let key = memo::pull_key(pull.repository.id, pull.number);
        let shared = self.shared();
        let before = Before {
            record: None,
            ..Before::default()
        };
        let found = look::look(&shared, session, pull, before).await?;
        Ok(look::facts(&shared, key, &found, openers).await?)
    }

    /// Other open pull requests in scope with the same head.
    async fn neighbours(&self, session: &Session, pull: &Pull) -> Result<Vec<Pull>, CallError> {
        if pull.state != PullState::Open {
            return Ok(Vec::new());
        }
        let listing = Listing {
            which: Which::Open,
            until: None,
            pages: PAGES,
        };
        let open = session.fetch_pulls(&pull.repository.name, listing).await?;
        let same = open.into_iter().filter(|other| {
            other.number != pull.number
                && other.head == pull.head
                && self.policy.guards(&other.base)
        });
        Ok(same.collect())
    }

    /// The parts of a turn that the same look needs; its store remembers nothing.
    fn shared(&self) -> Arc<Shared> {
        let store = Arc::new(MemoryStore::new(Limits::default()));
        Shared::new(
            self.gitea.clone(),
            store,
            Arc::clone(&self.policy),
            Tempo::default(),
            Writing::default(),
        )
    }

    async fn report(
        &self,
        session: &Session,
        pull: &Pull,
        standings: Vec<Standing>,
        post: bool,
    ) -> Report {
        let own = standings
            .first()
            .map(|own| own.verdicts.clone())
            .unwrap_or_default();
        let shares = shares(&self.policy, &standings);
        let unposted = post && !self.post(session, pull, &standings).await;
        let letter = Letter {
            shares,
            calls: session.evidence(),
            ..letter(own.iter().cloned().map(Part::Gate).collect())
        };
        Report {
            head: pull.head.as_ref().map(ToString::to_string),
            verdicts: own
                .iter()
                .map(|verdict| gate_report(verdict, &letter))
                .collect(),
            told: reply::tell(&letter),
            unposted,
        }
    }

    /// Posts what differs from what stands. `false`: something could not be posted.
    async fn post(&self, session: &Session, pull: &Pull, standings: &[Standing]) -> bool {
        let Some(head) = pull.head.as_ref().filter(|_| pull.state == PullState::Open) else {
            return false;
        };
        let mut posted = true;
        for wanted in wanted(&self.policy, head, standings, false) {
            let done = Effect::post_now(session, &pull.reference(), &wanted.status).await;
            if let Err(error) = done {
                tracing::error!(%error, "a status could not be posted");
                posted = false;
            }
        }
        posted
    }
}

fn gate_report(verdict: &GateVerdict, letter: &Letter) -> GateReport {
    let reasons = reply::reasons(verdict, letter);
    GateReport {
        gate: verdict.gate.to_string(),
        word: verdict.verdict.word(),
        reasons,
    }
}

/// Nobody asked in a comment, so nobody is answered by name.
const fn letter(parts: Vec<Part>) -> Letter {
    Letter::plain(Addressee::Comment(CommentId::new(0)), parts)
}

fn unread(gates: &[GateName], why: Diagnosis) -> Report {
    let part = Part::CannotLook(Box::new(why));
    let told = reply::tell(&letter(vec![part]));
    let verdicts = gates.iter().map(|gate| GateReport {
        gate: gate.to_string(),
        word: "unknown",
        reasons: vec![told.clone()],
    });
    Report {
        head: None,
        verdicts: verdicts.collect(),
        told,
        unposted: false,
    }
}
