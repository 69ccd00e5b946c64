//! Which id a team's name had when that was last checked.
//!
//! A team keeps its id when it is renamed, and another one may take the name (gitea-facts
//! §13.2). **Invariant:** an id is used for ten minutes at most, then name and organisation are
//! checked again by [`super::membership`].

use super::journal::open;
use crate::model::{TeamId, TeamName};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long an id may be used without a check.
const TRUSTED_FOR: Duration = Duration::from_secs(600);
/// How many names are remembered. Their number comes from the configuration, times the owners.
const LIMIT: usize = 10_000;

/// What is remembered of a team's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remembered {
    Nothing,
    /// Checked within the last ten minutes.
    Fresh(TeamId),
    /// To be checked before it is used.
    Old(TeamId),
}

/// The ids of teams by name.
#[derive(Default)]
pub(super) struct Directory(Mutex<HashMap<TeamName, (TeamId, Option<Instant>)>>);

impl Directory {
    pub(super) fn recall(&self, team: &TeamName) -> Remembered {
        match open(&self.0).get(team) {
            None => Remembered::Nothing,
            Some((id, Some(at))) if at.elapsed() < TRUSTED_FOR => Remembered::Fresh(*id),
            Some((id, _)) => Remembered::Old(*id),
        }
    }

    /// Remembers an id whose name and organisation were seen just now.
    pub(super) fn checked(&self, team: &TeamName, id: TeamId) {
        let mut teams = open(&self.0);
        if teams.len() >= LIMIT && !teams.contains_key(team) {
            teams.clear();
        }
        teams.insert(team.clone(), (id, Some(Instant::now())));
    }

    /// The name has another id now, or none.
    pub(super) fn forget(&self, team: &TeamName) {
        open(&self.0).remove(team);
    }

    /// Makes everything old, as ten minutes would.
    #[cfg(test)]
    pub(super) fn age(&self) {
        open(&self.0).values_mut().for_each(|(_, at)| *at = None);
    }
}
