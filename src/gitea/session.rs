//! One evaluation's view of Gitea: every call it makes is written down as evidence.
//!
//! The calls themselves are in the files beside this one, by subject. Called by whoever fetches
//! facts or performs effects.

use super::{
    body::{Body, Object, Row},
    client::Gitea,
    error::{CallError, ErrorKind},
    exchange::{Answer, Call},
    journal::{Journal, open},
    path,
    roster::Purpose,
};
use crate::model::{Diagnosis, Evidence, Outcome, RepoName, Subject, TeamName};
use jiff::Timestamp;
use reqwest::Method;
use serde::de::DeserializeOwned;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

/// One evaluation's view of Gitea. Clones share the evidence.
#[derive(Clone)]
pub struct Session {
    gitea: Gitea,
    notes: Arc<Notes>,
}

/// What an evaluation remembers of itself.
#[derive(Default)]
pub(super) struct Notes {
    journal: Journal,
    /// Whose repositories were read: such an owner exists.
    owners_seen: Mutex<HashSet<String>>,
    /// What was found out about organisations, so that it is asked once.
    pub(super) inquiries: super::inquiry::Inquiries,
    /// What may still be asked only to explain.
    pub(super) budget: super::cause::Budget,
}

/// What to ask for; the rest of a [`Call`] follows from it.
pub(super) struct Ask<'a> {
    pub(super) route: &'static str,
    pub(super) values: &'a [&'a str],
    pub(super) query: &'a [(&'a str, String)],
}

impl<'a> Ask<'a> {
    pub(super) fn of(route: &'static str, values: &'a [&'a str]) -> Self {
        Self {
            route,
            values,
            query: &[],
        }
    }
}

impl Session {
    pub(super) fn new(gitea: Gitea) -> Self {
        Self {
            gitea,
            notes: Arc::default(),
        }
    }

    /// The calls made so far, oldest first: the latest 200.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        self.notes.journal.copy()
    }

    /// The client behind this view.
    #[must_use]
    pub fn gitea(&self) -> &Gitea {
        &self.gitea
    }

    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Who reads.
    pub(super) fn reader(&self) -> usize {
        self.first(Purpose::Reads)
    }

    /// Who posts.
    pub(super) fn writer(&self) -> usize {
        self.first(Purpose::Writes)
    }

    /// Who asks about teams, in the configured order, without those that are passed over for now.
    pub(super) fn team_askers(&self) -> Vec<usize> {
        let roster = &self.gitea.inner().roster;
        roster.present(Purpose::Teams, self.all_with(Purpose::Teams))
    }

    /// The same for one team, whoever saw it last first.
    pub(super) fn askers_of(&self, team: &TeamName) -> Vec<usize> {
        let roster = &self.gitea.inner().roster;
        roster.seers_first(team, self.team_askers())
    }

    /// Why those that are passed over cannot be asked about a team: what they were told before.
    pub(super) fn absent_from(&self, team: &TeamName) -> Vec<Diagnosis> {
        let asked = self.team_askers();
        let all = self.all_with(Purpose::Teams).into_iter();
        let absent = all.filter(|by| !asked.contains(by));
        let told = absent.filter_map(|by| {
            let (_, why) = self.gitea.inner().roster.refusal(by, Purpose::Teams)?;
            Some(Diagnosis {
                login: self.gitea.inner().login_of(by),
                about: Subject::Team(team.clone()),
                passed_over: true,
                ..why
            })
        });
        told.collect()
    }

    /// The first identity that may be asked; there is one, or the client would not have been built.
    fn first(&self, purpose: Purpose) -> usize {
        let present = self
            .gitea
            .inner()
            .roster
            .present(purpose, self.all_with(purpose));
        present.first().copied().unwrap_or_default()
    }

    fn all_with(&self, purpose: Purpose) -> Vec<usize> {
        let identities = self.gitea.inner().identities.iter().enumerate();
        identities
            .filter(|(_, known)| purpose.is_in(known.uses))
            .map(|(by, _)| by)
            .collect()
    }

    /// Reads one object.
    pub(super) async fn get<T: DeserializeOwned + Send>(
        &self,
        by: usize,
        ask: Ask<'_>,
    ) -> Result<T, CallError> {
        let call = self.reading(by, &ask, &[200])?;
        let mut object = Object::new();
        self.call(&call, &mut object).await?;
        object.value.ok_or_else(|| self.unreadable(&call))
    }

    /// Reads one object with texts that people write.
    pub(super) async fn get_row<T: DeserializeOwned + Send>(
        &self,
        by: usize,
        ask: Ask<'_>,
    ) -> Result<T, CallError> {
        let call = self.reading(by, &ask, &[200])?;
        let mut row = Row::new();
        self.call(&call, &mut row).await?;
        row.into_value().ok_or_else(|| self.unreadable(&call))
    }

    pub(super) async fn call(
        &self,
        call: &Call,
        body: &mut impl Body,
    ) -> Result<Answer, CallError> {
        self.gitea.call(call, &self.notes.journal, body).await
    }

    pub(super) fn reading(
        &self,
        by: usize,
        ask: &Ask<'_>,
        due: &'static [u16],
    ) -> Result<Call, CallError> {
        let path = path::path(ask.route, ask.values)
            .map_err(|_| self.error(by, ask.route, ErrorKind::Unaskable))?;
        let path = path::with_query(path, ask.query);
        Ok(Call {
            method: Method::GET,
            route: ask.route,
            path,
            json: None,
            due,
            by,
        })
    }

    /// An answer that came but does not say what it should.
    pub(super) fn unreadable(&self, call: &Call) -> CallError {
        let mut error = self.error(call.by, call.route, ErrorKind::Unreadable);
        error.evidence.path.clone_from(&call.path);
        error.evidence.method = call.method.to_string();
        error
    }

    /// A failed read for which no single answer stands.
    pub(super) fn error(&self, by: usize, route: &'static str, kind: ErrorKind) -> CallError {
        let evidence = Evidence {
            at: Timestamp::now(),
            asked_as: self.gitea.inner().name_of(by),
            method: "GET".to_owned(),
            path: route.to_owned(),
            outcome: Outcome::Unreadable,
            message: None,
            headers: Vec::new(),
        };
        CallError {
            evidence: Box::new(evidence),
            kind,
            route,
            signed: false,
            pages: self.gitea.inner().pages.clone(),
        }
    }

    /// Remembers that a repository of this owner could be read.
    pub(super) fn saw_owner_of(&self, repo: &RepoName) {
        open(&self.notes.owners_seen).insert(repo.owner().to_lowercase());
    }

    /// Whether a repository of this owner was read in this evaluation.
    pub(super) fn has_seen_owner(&self, owner: &str) -> bool {
        open(&self.notes.owners_seen).contains(&owner.to_lowercase())
    }
}
