//! Which statuses a commit shall carry: the one mapping from verdicts to what is posted.
//!
//! Statuses belong to a commit, not to a pull request, so what is posted is the worst verdict over
//! all open pull requests in scope with that head. What is not success goes out before what is,
//! and the declarations last.

use super::record::Held;
use super::reply::status as words;
use crate::gate::policy::{Gate, GateName, Policy};
use crate::gate::verdict::{GateVerdict, Verdict};
use crate::model::{CommitState, Diagnosis, Posted, PostedStatus, PullNumber, Sha, StatusRow};

/// One pull request with a head, and how its gates stand.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its number.
    pub number: PullNumber,
    /// Its base branch, which contexts may name.
    pub base: String,
    /// The verdicts of the gates that were looked at.
    pub verdicts: Vec<GateVerdict>,
}

/// Another open pull request with the same head, as a reply speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its number.
    pub number: PullNumber,
    /// The gates that are not satisfied there, so that the commit waits for it.
    pub open: Vec<GateName>,
}

/// The others that share the head of the first standing, and what they hold back: a gate that was
/// looked at, under a context that both have.
#[must_use]
pub fn shares(policy: &Policy, standings: &[Standing]) -> Vec<Share> {
    let Some((own, others)) = standings.split_first() else {
        return Vec::new();
    };
    let share = |other: &Standing| Share {
        number: other.number,
        open: own
            .verdicts
            .iter()
            .map(|verdict| &verdict.gate)
            .filter(|gate| meet(policy, gate, own, other) && !other.satisfies(gate))
            .cloned()
            .collect(),
    };
    others.iter().map(share).collect()
}

/// Whether a gate has the same context on both.
fn meet(policy: &Policy, gate: &GateName, one: &Standing, other: &Standing) -> bool {
    let mut contexts = policy
        .gate(gate)
        .into_iter()
        .flat_map(|gate| &gate.contexts);
    contexts.any(|template| template.for_base(&one.base) == template.for_base(&other.base))
}

impl Standing {
    fn satisfies(&self, gate: &GateName) -> bool {
        let is_it = |verdict: &&GateVerdict| verdict.gate == *gate;
        let found = self.verdicts.iter().find(is_it);
        found.is_some_and(|verdict| matches!(verdict.verdict, Verdict::Satisfied(_)))
    }
}

/// The gates that are not green, with what their status says: as the look has found them, or, where it
/// did not look, as far as that is remembered of this head.
#[must_use]
pub fn still_open(
    policy: &Policy,
    base: &str,
    posted: &[Posted],
    verdicts: &[GateVerdict],
) -> Vec<(GateName, String)> {
    let as_found = |verdict: &GateVerdict| {
        let open = verdict.verdict.state() != CommitState::Success;
        open.then(|| (verdict.gate.clone(), words::description(verdict, None)))
    };
    let as_remembered = |gate: &Gate| {
        let of_gate = |row: &&Posted| {
            gate.contexts
                .iter()
                .any(|c| c.for_base(base) == row.context)
        };
        let mut rows = posted.iter().filter(of_gate);
        let open = rows.find(|row| row.state != CommitState::Success)?;
        Some((gate.name.clone(), open.description.clone()))
    };
    let gates = policy.gates.iter();
    gates
        .filter_map(|gate| {
            let found = verdicts.iter().find(|verdict| verdict.gate == gate.name);
            found.map_or_else(|| as_remembered(gate), as_found)
        })
        .collect()
}

/// A status that the commit shall carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The status.
    pub status: PostedStatus,
    /// The same verdict in the words of the other pull requests with this head. Where one of these
    /// stands it is left standing: two that share a head must not write over each other for ever.
    pub alike: Vec<String>,
    /// The gate it speaks of. `None`: the declarations.
    pub gate: Option<GateName>,
    /// Its turn: lower goes out first.
    pub rank: u8,
    /// Whether we meant to post it before, so that it may be on its way: looked for before it is
    /// posted again.
    pub again: bool,
    /// Whether it is posted over a stranger's.
    pub restores: bool,
}

impl Wanted {
    /// The turn of the declarations' status.
    const LAST: u8 = 2;

    /// Takes over what a reply would have said, in short, where the gate waits for something.
    pub fn say_for_the_reply(&mut self, why: &Diagnosis) {
        if self.gate.is_some() && self.status.state != CommitState::Success {
            self.status.description = words::unanswered(&self.status.description, why);
        }
    }

    /// Says why the gate waits again, where the verdict is that of the pull request itself.
    pub fn say_fallen(&mut self, held: &Held, now: &GateVerdict) {
        let own = words::description(now, None);
        let waits = now.verdict == Verdict::Missing;
        if waits && self.gate.as_ref() == Some(&now.gate) && self.status.description == own {
            self.status.description = words::fallen(held, now);
        }
    }

    fn of_gate(gate: &GateName, status: PostedStatus) -> Self {
        let rank = u8::from(status.state == CommitState::Success);
        Self {
            status,
            alike: Vec::new(),
            gate: Some(gate.clone()),
            rank,
            again: false,
            restores: false,
        }
    }

    /// Whether it has to be posted.
    #[must_use]
    pub fn need(&self, rows: Rows<'_>, is_own: &dyn Fn(&StatusRow) -> bool) -> Need {
        let alike = self.alike.iter().map(|description| PostedStatus {
            description: description.clone(),
            ..self.status.clone()
        });
        let all = std::iter::once(self.status.clone()).chain(alike);
        let mut needs = all.map(|status| need(&status, rows, is_own));
        needs.find(|need| *need != Need::Post).unwrap_or(Need::Post)
    }
}

/// What the head shall carry for the gates that were looked at. The first standing is the pull
/// request in question; the others share its head. `list`: with the list of declarations.
#[must_use]
pub fn wanted(policy: &Policy, head: &Sha, standings: &[Standing], list: bool) -> Vec<Wanted> {
    let Some(own) = standings.first() else {
        return Vec::new();
    };
    let mut wanted = Vec::new();
    for verdict in &own.verdicts {
        let Some(gate) = policy.gate(&verdict.gate) else {
            continue;
        };
        for template in &gate.contexts {
            let context = template.for_base(&own.base);
            let shared = standings
                .iter()
                .filter(|s| template.for_base(&s.base) == context);
            let shared: Vec<&Standing> = shared.collect();
            let seen_from = |own: PullNumber| worst(head, &context, &verdict.gate, &shared, own);
            let others = shared
                .iter()
                .map(|other| other.number)
                .filter(|it| *it != own.number);
            wanted.push(Wanted {
                alike: others.map(|other| seen_from(other).description).collect(),
                ..Wanted::of_gate(&verdict.gate, seen_from(own.number))
            });
        }
    }
    wanted.extend(list.then(|| declared(policy, head, standings)));
    wanted.sort_by_key(|wanted| wanted.rank);
    wanted
}

/// The worst verdict in the words of one of those that share the head: its own comes first, then the
/// lowest number.
fn worst(
    head: &Sha,
    context: &str,
    gate: &GateName,
    standings: &[&Standing],
    own: PullNumber,
) -> PostedStatus {
    let mut standings = standings.to_vec();
    standings.sort_by_key(|standing| (standing.number != own, standing.number));
    let verdicts = standings.iter().map(|standing| {
        let mut verdicts = standing.verdicts.iter();
        (
            standing.number,
            verdicts.find(|verdict| verdict.gate == *gate),
        )
    });
    let worst = verdicts.min_by_key(|(_, verdict)| verdict.map(|v| badness(&v.verdict)));
    let (state, description) = match worst {
        Some((number, Some(verdict))) => {
            let elsewhere = (number != own).then_some(number);
            (
                verdict.verdict.state(),
                words::description(verdict, elsewhere),
            )
        }
        _ => (CommitState::Pending, words::not_looked_at()),
    };
    PostedStatus {
        sha: head.clone(),
        context: context.to_owned(),
        state,
        description,
    }
}

/// The lower the worse; a pull request without a verdict is worse than all (`None`).
const fn badness(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Rejected(_) => 0,
        Verdict::Unknown(_) => 1,
        Verdict::Missing => 2,
        Verdict::Satisfied(_) => 3,
    }
}

/// The declarations' status: always success, because it informs and does not block (I11).
fn declared(policy: &Policy, head: &Sha, standings: &[Standing]) -> Wanted {
    let template = &policy.declarations.context;
    let context = standings
        .first()
        .map_or_else(String::new, |own| template.for_base(&own.base));
    let everywhere = |gate: &GateName| {
        let mut shared = standings
            .iter()
            .filter(|s| template.for_base(&s.base) == context);
        shared.all(|s| {
            s.verdicts
                .iter()
                .any(|v| v.gate == *gate && v.is_declared())
        })
    };
    let gates = policy
        .gates
        .iter()
        .map(|gate| &gate.name)
        .filter(|gate| everywhere(gate));
    let description = words::declarations(gates);
    let status = PostedStatus {
        sha: head.clone(),
        context,
        state: CommitState::Success,
        description,
    };
    Wanted {
        status,
        alike: Vec::new(),
        gate: None,
        rank: Wanted::LAST,
        again: false,
        restores: false,
    }
}

/// What is known of the rows that stand on a commit now.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// What we posted last, as far as that is remembered; somebody else may have posted since.
    Remembered(&'a [Posted]),
    /// The newest row of each context, just read.
    Read(&'a [StatusRow]),
}

/// Whether a status has to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It differs from what we posted.
    Post,
    /// It is the newest row already.
    Nothing,
    /// The rows have to be read first.
    Look,
}

/// Compares what shall stand with what stands.
#[must_use]
pub fn need(wanted: &PostedStatus, rows: Rows<'_>, is_own: &dyn Fn(&StatusRow) -> bool) -> Need {
    match rows {
        Rows::Remembered(posted) => {
            let ours = posted
                .iter()
                .find(|posted| posted.context == wanted.context);
            let differs =
                ours.is_some_and(|ours| !says_same(wanted, ours.state.as_str(), &ours.description));
            if differs { Need::Post } else { Need::Look }
        }
        Rows::Read(rows) => {
            let newest = StatusRow::newest(rows, &wanted.context);
            let equal = newest
                .is_some_and(|row| is_own(row) && says_same(wanted, &row.state, &row.description));
            if equal { Need::Nothing } else { Need::Post }
        }
    }
}

fn says_same(wanted: &PostedStatus, state: &str, description: &str) -> bool {
    wanted.state.as_str() == state && wanted.description == description
}

/// Why the successes on a commit are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The pull request was closed without a merge.
    Closed,
    /// The head moved on.
    Moved,
    /// The base branch was changed.
    Retargeted,
}

/// Takes back the successes that stand on a commit which a pull request has left.
#[must_use]
pub fn withdrawn(policy: &Policy, sha: &Sha, standing: &[Posted], left: Left) -> Vec<Wanted> {
    let successes = standing
        .iter()
        .filter(|posted| posted.state == CommitState::Success);
    successes
        .filter_map(|posted| withdraw(policy, sha, posted, left))
        .collect()
}

fn withdraw(policy: &Policy, sha: &Sha, posted: &Posted, left: Left) -> Option<Wanted> {
    let matches =
        |template: &crate::gate::policy::ContextTemplate| template.covers(&posted.context);
    let status = |state, description| PostedStatus {
        sha: sha.clone(),
        context: posted.context.clone(),
        state,
        description,
    };
    if let Some(gate) = policy
        .gates
        .iter()
        .find(|gate| gate.contexts.iter().any(matches))
    {
        let status = status(CommitState::Pending, words::withdrawn(left));
        return Some(Wanted::of_gate(&gate.name, status));
    }
    let none = words::declarations(std::iter::empty());
    let told = matches(&policy.declarations.context) && posted.description != none;
    let status = status(CommitState::Success, none);
    told.then_some(Wanted {
        status,
        alike: Vec::new(),
        gate: None,
        rank: Wanted::LAST,
        again: false,
        restores: false,
    })
}
