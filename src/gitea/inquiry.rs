//! The teams of an organisation as each identity sees them, and why an identity cannot see one.
//!
//! **Invariant:** per evaluation each identity lists each organisation at most once. Why something
//! cannot be seen is said by [`super::cause`].

use super::{
    error::CallError,
    journal::open,
    pages::Walk,
    path,
    session::{Ask, Session},
    splitter::Element,
    wire,
};
use crate::model::{Cause, Diagnosis, Evidence, Outcome, Subject, TeamId, TeamName};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

const TEAMS: &str = "/orgs/{org}/teams";
/// No organisation has more teams than this many pages.
const TEAM_PAGES: u64 = 40;

/// An organisation's teams as one identity sees them.
pub(super) type Seen = Result<Arc<Vec<(TeamId, String)>>, Arc<CallError>>;

/// What one evaluation found out about organisations.
#[derive(Default)]
pub(super) struct Inquiries {
    seen: Mutex<HashMap<(usize, String), Seen>>,
}

impl Session {
    /// The teams of an organisation as the first identity that asks about teams sees them.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_teams(&self, org: &str) -> Result<Vec<(TeamId, String)>, CallError> {
        let by = self.team_askers().first().copied().unwrap_or_default();
        self.fetch_teams_as(by, org).await
    }

    /// The same as one identity sees them, asked once per evaluation.
    pub(super) async fn teams_seen(&self, by: usize, org: &str) -> Seen {
        if let Some(seen) = self.recall_teams(by, org) {
            return seen;
        }
        let seen = self
            .fetch_teams_as(by, org)
            .await
            .map(Arc::new)
            .map_err(Arc::new);
        let key = (by, org.to_lowercase());
        open(&self.notes().inquiries.seen).insert(key, seen.clone());
        seen
    }

    /// Why an identity could not see a team, from the answer that it got.
    pub(super) async fn explain(&self, team: &TeamName, error: &CallError) -> Diagnosis {
        self.diagnose_about(error, Subject::Team(team.clone()))
            .await
    }

    /// The list was answered, and the team is not in it.
    pub(super) fn not_listed(&self, by: usize, team: &TeamName) -> Diagnosis {
        let path = path::path(TEAMS, &[team.org()]).unwrap_or_else(|_| TEAMS.to_owned());
        self.no_such_team(by, team, path)
    }

    /// An answer that shows the team not to be there.
    pub(super) fn no_such_team(&self, by: usize, team: &TeamName, path: String) -> Diagnosis {
        let evidence = vec![self.answered(by, path)];
        self.diagnosis(Cause::TeamUnknown, Subject::Team(team.clone()), evidence)
    }

    /// The evidence of a read that was answered.
    pub(super) fn answered(&self, by: usize, path: String) -> Evidence {
        Evidence {
            at: Timestamp::now(),
            asked_as: self.gitea().inner().name_of(by),
            method: "GET".to_owned(),
            path,
            outcome: Outcome::Status(200),
            message: None,
            headers: Vec::new(),
        }
    }

    /// What an identity saw of an organisation in this evaluation already.
    pub(super) fn recall_teams(&self, by: usize, org: &str) -> Option<Seen> {
        open(&self.notes().inquiries.seen)
            .get(&(by, org.to_lowercase()))
            .cloned()
    }

    async fn fetch_teams_as(
        &self,
        by: usize,
        org: &str,
    ) -> Result<Vec<(TeamId, String)>, CallError> {
        let values = [org];
        let walk = Walk {
            by,
            ask: Ask::of(TEAMS, &values),
            pages: TEAM_PAGES,
            grows: false,
        };
        let (teams, _) = self
            .rows(walk, |row: Element<'_>| wire::team(row.json))
            .await?;
        Ok(teams)
    }
}

/// The id of a team by its exact name, compared as Gitea does.
pub(super) fn id_of(teams: &[(TeamId, String)], wanted: &TeamName) -> Option<TeamId> {
    let is_it = |name: &String| TeamName::new(wanted.org(), name) == *wanted;
    teams
        .iter()
        .find(|(_, name)| is_it(name))
        .map(|(id, _)| *id)
}
