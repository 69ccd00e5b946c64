//! What is done about what was found: statuses, replies, records. Worlds come from the tests of the gates.

mod alike;
mod answer;
mod conclude;
mod incidents;
mod letters;
mod needs;
mod pace;
mod reply;
mod scope;
mod statuses;
mod timeline;

use super::answer::{Asides, Ask, Asked, Known, Named, gates_of, parts};
use super::directive::{directives, gate_table};
use super::reply::{Addressee, Letter, Part, render};
use crate::gate::policy::Policy;
use crate::gate::tests::given::{World, person, second};
use crate::gate::verdict::GateVerdict;
use crate::gate::{Answers, Case, Step, evaluate};
use crate::model::{Account, Cause, CommentId, Login, Membership, Sight, Subject, TeamName};
use commands::Reading;

fn read(policy: &Policy, body: &str) -> Reading {
    commands::parse(body, &gate_table(policy))
}

/// A comment of the conversation, what it asks for included.
#[derive(Clone)]
struct Conversation {
    world: World,
    asked: Asked,
}

/// Somebody writes a comment; its id is 500 where it does not declare.
fn writes(world: World, who: &str, body: &str) -> Conversation {
    let reading = read(&world.policy, body);
    let said = directives(&reading);
    let silent = said.is_empty();
    let world = if silent {
        world
    } else {
        world.speaks(who, said)
    };
    let newest = world
        .facts
        .spoken
        .last()
        .map(|spoken| (spoken.comment, spoken.created_at));
    let (comment, created_at) = newest
        .filter(|_| !silent)
        .unwrap_or((CommentId::new(500), second(800)));
    let to = Addressee::Comment(comment);
    let asked = Asked {
        to,
        author: person(who),
        created_at,
        body: body.to_owned(),
        reading,
        fresh: true,
        also: Vec::new(),
    };
    Conversation { world, asked }
}

impl Conversation {
    /// What happens after the comment was written.
    fn then(mut self, happens: impl FnOnce(World) -> World) -> Self {
        self.world = happens(self.world);
        self
    }

    /// The parts of the answer, with every question put to the world.
    fn parts(&self) -> Vec<Part> {
        let (world, mut answers) = (&self.world, Answers::default());
        let verdicts = self.verdicts(&mut answers);
        let mut asides = Asides::default();
        for _ in 0..100 {
            let known = Known {
                policy: &world.policy,
                facts: &world.facts,
                verdicts: &verdicts,
                answers: &answers,
                asides: &asides,
            };
            match parts(known, &self.asked) {
                Ok(parts) => return parts,
                Err(Ask::Membership(team, who)) => answers.add(&team, prove(world, &team, &who)),
                Err(Ask::Sight(team)) => {
                    let sights = sights(&answers, &team, &self.asked.author);
                    asides.sights.push((team, sights));
                }
                Err(Ask::Person(login)) => asides.people.push((login.clone(), named(&login))),
            }
        }
        panic!("the answer does not end")
    }

    fn verdicts(&self, answers: &mut Answers) -> Vec<GateVerdict> {
        let gates = gates_of(&self.asked.reading, &self.world.policy);
        gates
            .iter()
            .map(|gate| judge(&self.world, gate.as_str(), answers))
            .collect()
    }

    fn letter(&self) -> Letter {
        letter(self.asked.to.clone(), self.parts())
    }

    /// The reply without its marker.
    fn reply(&self) -> String {
        shown(&self.letter())
    }
}

fn judge(world: &World, gate: &str, answers: &mut Answers) -> GateVerdict {
    let gate = world
        .policy
        .gate(&crate::gate::tests::given::gate_name(gate))
        .unwrap();
    for _ in 0..100 {
        match evaluate(
            Case {
                policy: &world.policy,
                gate,
                facts: &world.facts,
            },
            answers,
        ) {
            Step::Done(verdict) => return *verdict,
            Step::Ask(team, who) => answers.add(&team, prove(world, &team, &who)),
        }
    }
    panic!("the evaluation does not end")
}

/// The bot sees a team unless it could not tell who is in it.
fn sights(answers: &Answers, team: &TeamName, who: &Account) -> Vec<(String, Sight)> {
    match answers.get(team, who) {
        Some(Membership::Unknown(diagnoses)) => diagnoses
            .iter()
            .map(|why| (why.asked_as.clone(), Sight::Blind(Box::new(why.clone()))))
            .collect(),
        _ => vec![(String::from("refire"), Sight::Sees)],
    }
}

/// Nobody is called `nobody`.
fn named(login: &Login) -> Named {
    if login.as_str() == "nobody" {
        let evidence = crate::gate::tests::given::evidence("refire", 404, None);
        let why = crate::gate::tests::given::diagnosis(
            evidence,
            Subject::User(login.clone()),
            Cause::UserUnknown,
        );
        return Named::Unknown(Box::new(why));
    }
    Named::Account(crate::gate::tests::given::person(login.as_str()))
}

fn prove(world: &World, team: &TeamName, who: &[Account]) -> Vec<(Account, Membership)> {
    who.iter()
        .map(|who| (who.clone(), world.membership(team, who)))
        .collect()
}

fn letter(to: Addressee, parts: Vec<Part>) -> Letter {
    Letter::plain(to, parts)
}

/// The reply without its marker, which would stand at the end of every snapshot.
fn shown(letter: &Letter) -> String {
    let reply = render(letter).body;
    let shown = reply.strip_suffix(&letter.to.marker()).unwrap();
    shown.trim_end().to_owned()
}
