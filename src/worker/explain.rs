//! How a pull request stands, and how it would stand: one look, and the real rules on facts as they
//! would be. Nothing is written, and nothing is decided for anybody.

use super::once::Once;
use super::{Trouble, judge};
use crate::decide::evaluation::{GateShown, PersonShown};
use crate::decide::reply;
use crate::decide::statuses::{Standing, wanted};
use crate::decide::whatif::{Assumption, Deed, World};
use crate::gate::Answers;
use crate::gate::policy::GateName;
use crate::gate::verdict::GateVerdict;
use crate::gitea::{CallError, Session};
use crate::model::{Account, CommitState, Evidence, Login, Membership, PostedStatus, TeamName};

/// How it stands, and how it would.
#[derive(Debug)]
pub struct Explained {
    /// The gates now.
    pub now: Vec<GateShown>,
    /// The gates as they would be, with what that depends on; empty where nothing was assumed.
    pub then: Vec<Then>,
    /// What the person asked about could do. Empty where nobody was.
    pub deeds: Vec<Could>,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
}

/// One way in which it could turn out.
#[derive(Debug)]
pub struct Then {
    /// What nobody can know before: who is in a team that the bot cannot see. `None`: nothing is open.
    pub provided: Option<String>,
    /// The gates.
    pub gates: Vec<GateShown>,
    /// Statuses that would be posted, and are not the ones of now.
    pub changes: Vec<Change>,
}

/// A status that would be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The context.
    pub context: String,
    /// What is due now.
    pub before: CommitState,
    /// What would be posted.
    pub after: CommitState,
    /// What it would say.
    pub description: String,
}

/// What somebody could do about a gate, and whether it would count.
#[derive(Debug)]
pub struct Could {
    /// The gate.
    pub gate: GateName,
    /// The deed with the judgement on it.
    pub deed: PersonShown,
}

impl Once {
    /// Explains these gates. All assumptions hold together. `person`: what could that person do?
    ///
    /// # Errors
    /// The call that failed; nobody can say anything then.
    pub async fn explain(
        &self,
        gates: &[GateName],
        assumptions: &[Assumption],
        person: Option<&Login>,
    ) -> Result<Explained, Trouble> {
        let _ = self.gitea.introduce(&[]).await;
        let session = self.gitea.session();
        let facts = self.look(&session).await?;
        let mut asking = Asking {
            once: self,
            session: &session,
            gates,
        };
        let mut now = World {
            facts,
            answers: Answers::default(),
        };
        let verdicts = asking.judge(&mut now).await;
        let then = asking.then(&now, &verdicts, assumptions).await?;
        let deeds = match person {
            Some(login) => asking.deeds(&now, login).await?,
            None => Vec::new(),
        };
        Ok(Explained {
            now: shown(&verdicts),
            then,
            deeds,
            calls: session.evidence(),
        })
    }
}

struct Asking<'a> {
    once: &'a Once,
    session: &'a Session,
    gates: &'a [GateName],
}

impl Asking<'_> {
    async fn judge(&mut self, world: &mut World) -> Vec<GateVerdict> {
        let World { facts, answers } = world;
        judge::verdicts(self.session, &self.once.policy, facts, self.gates, answers).await
    }

    async fn then(
        &mut self,
        now: &World,
        verdicts: &[GateVerdict],
        assumptions: &[Assumption],
    ) -> Result<Vec<Then>, CallError> {
        if assumptions.is_empty() {
            return Ok(Vec::new());
        }
        let mut world = now.clone();
        for assumption in assumptions {
            let who = match assumption.login() {
                Some(login) => Some(self.session.fetch_account(login).await?),
                None => None,
            };
            world = world.with(assumption, who.as_ref());
        }
        let opened: Vec<&TeamName> = assumptions.iter().filter_map(opened).collect();
        let before = self.statuses(now, verdicts);
        let mut ways = Vec::new();
        for (provided, mut world) in self.ways(world, &opened).await {
            let verdicts = self.judge(&mut world).await;
            let after = self.statuses(&world, &verdicts);
            ways.push(Then {
                provided,
                gates: shown(&verdicts),
                changes: changes(&before, &after),
            });
        }
        Ok(ways)
    }

    /// The bot would be allowed to ask about a team, and nobody knows what it would be told: both
    /// answers, where anybody waits for one.
    async fn ways(&mut self, world: World, opened: &[&TeamName]) -> Vec<(Option<String>, World)> {
        let mut asked = world.clone();
        let verdicts = self.judge(&mut asked).await;
        let answers = verdicts.iter().flat_map(|verdict| &verdict.answers);
        let mut open: Vec<(TeamName, Account)> = Vec::new();
        for (team, who, membership) in answers {
            let waits = matches!(membership, Membership::Unknown(_)) && opened.contains(&team);
            let asked = (team.clone(), who.clone());
            if waits && !open.contains(&asked) {
                open.push(asked);
            }
        }
        if open.is_empty() {
            return vec![(None, world)];
        }
        let people: Vec<String> = open
            .iter()
            .map(|(team, who)| format!("{} in {team}", who.login))
            .collect();
        let people = people.join(", ");
        [
            (Membership::Member, "is"),
            (Membership::NotMember, "is not"),
        ]
        .into_iter()
        .map(|(membership, is)| {
            let mut world = world.clone();
            for (team, who) in &open {
                world.answers.assume(team, who, membership.clone());
            }
            (Some(format!("provided that it {is} so: {people}")), world)
        })
        .collect()
    }

    fn statuses(&self, world: &World, verdicts: &[GateVerdict]) -> Vec<PostedStatus> {
        let pull = &world.facts.pull;
        let standing = Standing {
            number: pull.number,
            base: pull.base.clone(),
            verdicts: verdicts.to_vec(),
        };
        let head = pull.head.as_ref();
        let wanted = head.map(|head| wanted(&self.once.policy, head, &[standing], false));
        let wanted = wanted.unwrap_or_default().into_iter();
        wanted.map(|wanted| wanted.status).collect()
    }

    /// What this person could do about each gate: approve, and declare it not applicable.
    async fn deeds(&mut self, now: &World, login: &Login) -> Result<Vec<Could>, CallError> {
        let who = self.session.fetch_account(login).await?;
        let mut could = Vec::new();
        for gate in self.gates {
            for deed in [Deed::Approve, Deed::Declare(gate.clone())] {
                let assumption = Assumption::Acts(login.clone(), deed);
                let mut world = now.clone().with(&assumption, Some(&who));
                // What others have done would decide before this person is asked about.
                world
                    .facts
                    .reviews
                    .rows
                    .retain(|row| row.reviewer.as_ref() == Some(&who));
                world.facts.spoken.retain(|said| said.author == who);
                let verdicts = self.judge(&mut world).await;
                let shown = shown(&verdicts).into_iter().find(|it| it.gate == *gate);
                could.extend(
                    shown
                        .and_then(|it| last(it, &assumption))
                        .map(|deed| Could {
                            gate: gate.clone(),
                            deed,
                        }),
                );
            }
        }
        Ok(could)
    }
}

/// The deed that was assumed is the last of its kind.
fn last(gate: GateShown, assumption: &Assumption) -> Option<PersonShown> {
    match assumption {
        Assumption::Acts(_, Deed::Declare(_)) => gate.declarations.into_iter().next_back(),
        _ => gate.reviews.into_iter().next_back(),
    }
}

const fn opened(assumption: &Assumption) -> Option<&TeamName> {
    match assumption {
        Assumption::BotJoins(team) => Some(team),
        _ => None,
    }
}

/// Nobody is named who could approve, and the other pull requests are left out.
fn shown(verdicts: &[GateVerdict]) -> Vec<GateShown> {
    reply::shown::gates(verdicts, &[], &[])
}

fn changes(before: &[PostedStatus], after: &[PostedStatus]) -> Vec<Change> {
    let change = |after: &PostedStatus| {
        let before = before.iter().find(|it| it.context == after.context);
        let before = before.map_or(CommitState::Pending, |it| it.state);
        (before != after.state).then(|| Change {
            context: after.context.clone(),
            before,
            after: after.state,
            description: after.description.clone(),
        })
    };
    after.iter().filter_map(change).collect()
}
