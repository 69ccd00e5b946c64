//! What the people of a pull request have to know although nobody asked; each is told once.

use super::record::Held;
use crate::gate::verdict::{GateVerdict, Ground, Verdict};
use crate::model::{Account, CommitState, Membership, Posted, PostedStatus, Sha, StatusRow};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Somebody else posted under contexts of ours.
    Forged(Forged),
    /// A gate was satisfied by somebody who has left the team.
    Fell(Box<Fell>),
}

/// Statuses that somebody else posted under contexts of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// Who, where Gitea says so. `None`: a deleted account, or a workflow (gitea-facts §2.1).
    pub by: Option<Account>,
    /// The commit.
    pub sha: Sha,
    /// Under which context, and as which state.
    pub rows: Vec<(String, String)>,
    /// Whether the pull request was merged while they stood.
    pub merged: bool,
}

/// A gate that was satisfied by somebody who is in none of its teams any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fell {
    /// By whom.
    pub held: Held,
    /// How the gate stands now.
    pub now: GateVerdict,
}

impl Notice {
    /// What tells it from every other notice of the same pull request.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Forged(forged) => forged.key(),
            Self::Fell(fell) => {
                let Fell { held, now } = &**fell;
                format!("fell-{}-{}-{}", now.gate, held.by.id, held.head.short())
            }
        }
    }
}

impl Forged {
    /// What tells the account from every other one that forges.
    #[must_use]
    pub fn key(&self) -> String {
        let id = self.by.as_ref().map_or(0, |by| by.id.get());
        format!("forged-{id}")
    }
}

/// Whether the row on top of a context was forged: it is somebody else's, and either stands over one
/// of ours or claims a success that is none. What an arrangement before the bot has left behind is
/// posted over without a word.
#[must_use]
pub fn is_forged(row: &StatusRow, truth: &PostedStatus, posted: &[Posted]) -> bool {
    let ours = posted.iter().any(|ours| ours.context == truth.context);
    let claims = row.state == CommitState::Success.as_str() && truth.state != CommitState::Success;
    ours || claims
}

/// Rows of several contexts, by who posted them.
#[must_use]
pub fn forged<'a>(sha: &Sha, rows: impl Iterator<Item = &'a StatusRow>) -> Vec<Forged> {
    let mut all: Vec<Forged> = Vec::new();
    for row in rows {
        let told = (row.context.clone(), row.state.clone());
        match all.iter_mut().find(|known| known.by == row.creator) {
            Some(known) => known.rows.push(told),
            None => all.push(Forged {
                by: row.creator.clone(),
                sha: sha.clone(),
                rows: vec![told],
                merged: false,
            }),
        }
    }
    all
}

/// Adds forgeries of accounts that are not among these yet: each is told of once.
pub fn join(forged: &mut Vec<Forged>, more: Vec<Forged>) {
    for one in more {
        if forged.iter().all(|known| known.key() != one.key()) {
            forged.push(one);
        }
    }
}

/// Gates that are not satisfied any more because whoever satisfied them has left the team, as far as
/// that was not told yet.
#[must_use]
pub fn fell(held: &[Held], verdicts: &[GateVerdict]) -> Vec<Fell> {
    let fallen = fallen(held, verdicts).filter(|(held, _)| !held.fallen);
    let fell = fallen.map(|(held, now)| Fell {
        held: held.clone(),
        now: now.clone(),
    });
    fell.collect()
}

/// The gates whose holder has left the team, told or not.
pub fn fallen<'a>(
    held: &'a [Held],
    verdicts: &'a [GateVerdict],
) -> impl Iterator<Item = (&'a Held, &'a GateVerdict)> {
    held.iter().filter_map(|held| {
        let now = verdicts.iter().find(|now| now.gate == held.gate)?;
        (is_open(now) && has_left(held, now)).then_some((held, now))
    })
}

fn is_open(now: &GateVerdict) -> bool {
    matches!(now.verdict, Verdict::Missing | Verdict::Rejected(_))
}

/// Whether it was proven that the person is in none of the teams that counted.
fn has_left(held: &Held, now: &GateVerdict) -> bool {
    let teams = if held.declared.is_some() {
        now.waivers.as_slice()
    } else {
        std::slice::from_ref(&now.team)
    };
    let outside = |team| now.membership(team, &held.by) == Some(&Membership::NotMember);
    !teams.is_empty() && teams.iter().all(outside)
}

/// Who holds the gates after an evaluation of some of them: what stays unknown is left as it was.
pub fn remember(held: &mut Vec<Held>, head: Option<&Sha>, verdicts: &[GateVerdict]) {
    for verdict in verdicts {
        if matches!(verdict.verdict, Verdict::Unknown(_)) {
            continue;
        }
        held.retain_mut(|held| {
            let same = held.gate == verdict.gate;
            held.fallen |= same;
            !same || (is_open(verdict) && has_left(held, verdict))
        });
        held.extend(head.and_then(|head| holder(verdict, head)));
    }
}

fn holder(verdict: &GateVerdict, head: &Sha) -> Option<Held> {
    let Verdict::Satisfied(ground) = &verdict.verdict else {
        return None;
    };
    let (by, declared) = match ground {
        Ground::Approval { by, .. } => (by, None),
        Ground::Declaration { by, comment, .. } => (by, Some(*comment)),
    };
    Some(Held {
        gate: verdict.gate.clone(),
        by: by.clone(),
        declared,
        head: head.clone(),
        fallen: false,
    })
}
