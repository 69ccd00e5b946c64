//! Which identities are passed over for now, and which one saw a team last.
//!
//! An identity whose token is not valid, or lacks a scope for what it is used for, is not asked again
//! for some minutes while another one can be; what it was told stays known, so that replies, health and
//! doctor can say so. **Invariant:** this only decides whom to ask first; it proves nothing.

use super::{
    error::{CallError, ErrorKind},
    journal::open,
    settings::Uses,
};
use crate::model::{Cause, Diagnosis, TeamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How many teams are remembered with who saw them last.
const LIMIT: usize = 10_000;

/// What an identity is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Reads,
    Teams,
    Writes,
}

/// An identity that is not asked for now. Told by `/readyz?verbose` and the doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Its name in the configuration.
    pub identity: String,
    /// Until when, by our clock.
    pub until: Timestamp,
    /// What it was told.
    pub why: Diagnosis,
}

/// What is remembered of the identities.
pub(super) struct Roster {
    skipped_for: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    refused: HashMap<(usize, Purpose), (Instant, Diagnosis)>,
    saw: HashMap<TeamName, usize>,
}

impl Purpose {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Reads, Self::Teams, Self::Writes];

    /// What a call is made for. `None`: it only finds something out about the asking account.
    fn of(error: &CallError) -> Option<Self> {
        let route = error.route;
        match error.evidence.method.as_str() {
            "GET" if route.starts_with("/teams") || route.starts_with("/orgs") => Some(Self::Teams),
            "GET" if route.starts_with("/repos/{owner}") => Some(Self::Reads),
            "GET" => None,
            _ => Some(Self::Writes),
        }
    }

    /// Whether an identity is there for it.
    pub(super) const fn is_in(self, uses: Uses) -> bool {
        match self {
            Self::Reads => uses.reads,
            Self::Teams => uses.teams,
            Self::Writes => uses.writes,
        }
    }
}

impl Roster {
    /// Identities are passed over for so long.
    pub(super) fn new(skipped_for: Duration) -> Self {
        Self {
            skipped_for,
            kept: Mutex::default(),
        }
    }

    /// Takes note of a refusal that asking again will not change.
    pub(super) fn note(&self, by: usize, error: &CallError) {
        let why = super::cause::diagnosis_of(error);
        let purposes: Vec<Purpose> = match (&error.kind, why.cause) {
            (ErrorKind::Unauthorized, _) => Purpose::ALL.to_vec(),
            (ErrorKind::Refused, Cause::ScopeMissing) => Purpose::of(error).into_iter().collect(),
            _ => return,
        };
        let mut kept = open(&self.kept);
        for purpose in purposes {
            kept.refused
                .insert((by, purpose), (Instant::now(), why.clone()));
        }
    }

    /// The identity has another token.
    pub(super) fn readmit(&self, by: usize) {
        open(&self.kept)
            .refused
            .retain(|(other, _), _| *other != by);
    }

    /// Why an identity is not asked for this now, and for how much longer. `None`: it may be asked.
    pub(super) fn refusal(&self, by: usize, purpose: Purpose) -> Option<(Duration, Diagnosis)> {
        let kept = open(&self.kept);
        let (at, why) = kept.refused.get(&(by, purpose))?;
        let left = self.skipped_for.checked_sub(at.elapsed())?;
        Some((left, why.clone()))
    }

    /// Those who may be asked; everybody, where nobody may: to ask is better than to know nothing.
    pub(super) fn present(&self, purpose: Purpose, all: Vec<usize>) -> Vec<usize> {
        let is_here = |by: &usize| self.refusal(*by, purpose).is_none();
        let present: Vec<usize> = all.iter().copied().filter(is_here).collect();
        if present.is_empty() { all } else { present }
    }

    /// An identity saw a team just now.
    pub(super) fn saw(&self, team: &TeamName, by: usize) {
        let mut kept = open(&self.kept);
        if kept.saw.len() >= LIMIT && !kept.saw.contains_key(team) {
            kept.saw.clear();
        }
        kept.saw.insert(team.clone(), by);
    }

    /// The same identities, the one first that saw the team last.
    pub(super) fn seers_first(&self, team: &TeamName, mut askers: Vec<usize>) -> Vec<usize> {
        let seer = open(&self.kept).saw.get(team).copied();
        askers.sort_by_key(|by| Some(*by) != seer);
        askers
    }
}
