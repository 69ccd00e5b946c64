//! Finding out why a team cannot be seen, with as few calls as that takes.
//!
//! Gitea's 404 on a team has three meanings (gitea-facts §1.3); the list of the organisation's
//! teams tells them apart. **Invariant:** per evaluation each identity lists each organisation
//! at most once, and at most four lists are asked for only to explain.

use super::{
    cause::cause_of,
    error::{CallError, ErrorKind},
    journal::open,
    pages::Walk,
    path,
    session::{Ask, Session},
    splitter::Element,
    wire,
};
use crate::model::{Attempt, Cause, Evidence, Outcome, TeamId, TeamName};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const TEAMS: &str = "/orgs/{org}/teams";
/// No organisation has more teams than this many pages.
const TEAM_PAGES: u64 = 40;
/// How many lists may be asked for in one evaluation only to explain a refusal.
const EXPLANATIONS: usize = 4;

/// An organisation's teams as one identity sees them.
pub(super) type Seen = Result<Arc<Vec<(TeamId, String)>>, Arc<CallError>>;

/// What one evaluation found out about organisations.
pub(super) struct Inquiries {
    left: AtomicUsize,
    seen: Mutex<HashMap<(usize, String), Seen>>,
}

impl Default for Inquiries {
    fn default() -> Self {
        Self {
            left: AtomicUsize::new(EXPLANATIONS),
            seen: Mutex::default(),
        }
    }
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
    pub(super) async fn explain(&self, by: usize, team: &TeamName, error: &CallError) -> Attempt {
        if error.kind != ErrorKind::NotFound {
            return self.attempt(team, cause_of(error), Evidence::clone(&error.evidence));
        }
        match self.inquire(by, team.org()).await {
            None => self.attempt(team, Cause::Unexplained, Evidence::clone(&error.evidence)),
            Some(Err(list)) => self.explain_list(team, &list),
            Some(Ok(teams)) => {
                let cause = match id_of(&teams, team) {
                    None => Cause::TeamUnknown,
                    Some(_) => Cause::Unexplained,
                };
                self.attempt(team, cause, Evidence::clone(&error.evidence))
            }
        }
    }

    /// Why an identity could not list an organisation's teams.
    pub(super) fn explain_list(&self, team: &TeamName, error: &CallError) -> Attempt {
        let cause = match cause_of(error) {
            // Only where the owner is known to exist can it be a person; else there is nobody
            // of that name, or nobody who may be seen.
            Cause::OwnerNotAnOrganisation if !self.has_seen_owner(team.org()) => Cause::TeamUnknown,
            cause => cause,
        };
        self.attempt(team, cause, Evidence::clone(&error.evidence))
    }

    /// The list was answered, and the team is not in it.
    pub(super) fn not_listed(&self, by: usize, team: &TeamName) -> Attempt {
        let path = path::path(TEAMS, &[team.org()]).unwrap_or_else(|_| TEAMS.to_owned());
        let evidence = self.answered(by, path);
        self.attempt(team, Cause::TeamUnknown, evidence)
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
        }
    }

    pub(super) fn attempt(&self, team: &TeamName, cause: Cause, evidence: Evidence) -> Attempt {
        let login = self.gitea().inner().login_named(&evidence.asked_as);
        Attempt {
            asked_as: evidence.asked_as.clone(),
            login,
            team: team.clone(),
            cause,
            evidence,
        }
    }

    /// What an identity saw of an organisation in this evaluation already.
    pub(super) fn recall_teams(&self, by: usize, org: &str) -> Option<Seen> {
        open(&self.notes().inquiries.seen)
            .get(&(by, org.to_lowercase()))
            .cloned()
    }

    /// Lists teams only to explain. `None`: that was done often enough.
    async fn inquire(&self, by: usize, org: &str) -> Option<Seen> {
        if let Some(seen) = self.recall_teams(by, org) {
            return Some(seen);
        }
        let left = &self.notes().inquiries.left;
        let take = |left: usize| left.checked_sub(1);
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .ok()?;
        Some(self.teams_seen(by, org).await)
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
