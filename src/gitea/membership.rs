//! Proof of membership: the only one there is, asked of Gitea each time.
//!
//! `GET /teams/{id}/members/{login}` answers 404 for four different things (gitea-facts §1.3), so
//! a 404 is a "no" only if afterwards the same identity sees the team under its expected name.
//! **Invariant:** nothing inconclusive grants or denies anything, organisation membership is never
//! asked for, and no answer outlives the evaluation.
//!
//! One call proves a member when the team's id is known, two when it is not; a further candidate,
//! identity or refused probe costs one more, and so does the look at the team that settles the
//! "no"s of an identity. The questions themselves are in [`super::proof`].

use super::{
    directory::Remembered,
    error::{CallError, ErrorKind},
    inquiry::id_of,
    proof::Proof,
    session::{Ask, Session},
    wire::WireTeam,
};
use crate::model::{Account, Diagnosis, Membership, Sight, TeamId, TeamName};

const TEAM: &str = "/teams/{id}";

/// What one identity sees of a team, given the id that its name had.
pub(super) enum Look {
    Sees,
    Blind(Box<Diagnosis>),
    /// The id belongs to another name by now, or the name to another id.
    Outdated(Box<Diagnosis>),
}

impl Session {
    /// Asks about candidates in order until one is a proven member, and says what is known of
    /// each. Whoever is after that one, or was only denied by a 404 that nothing has confirmed
    /// yet, does not appear; nor do accounts that nobody can own.
    pub async fn prove(
        &self,
        team: &TeamName,
        candidates: &[Account],
    ) -> Vec<(Account, Membership)> {
        let candidates = askable(candidates);
        if candidates.is_empty() {
            return Vec::new();
        }
        for outdated_is_final in [false, true] {
            let id = match self.resolve(team).await {
                Ok(id) => id,
                Err(blind) => return all_unknown(candidates, &self.with_absent(team, blind)),
            };
            let mut proof = Proof::new(self, team, id, &candidates);
            let ended = proof.run(outdated_is_final).await;
            if !ended || proof.has_lost_sight() {
                self.gitea().inner().teams.forget(team);
            }
            if ended {
                let answers = proof.into_answers().into_iter();
                let told = answers.map(|(who, answer)| (who, self.told(team, answer)));
                return told.collect();
            }
        }
        Vec::new()
    }

    /// What each identity that asks about teams sees of this one, in their order.
    pub async fn fetch_sight(&self, team: &TeamName) -> Vec<(String, Sight)> {
        let named = |blind: Box<Diagnosis>| (blind.asked_as.clone(), Sight::Blind(blind));
        let id = match self.resolve(team).await {
            Ok(id) => id,
            Err(blind) => {
                let blind = self.with_absent(team, blind).into_iter();
                return blind.map(Box::new).map(named).collect();
            }
        };
        let mut sights: Vec<(String, Sight)> = Vec::new();
        for by in self.team_askers() {
            sights.push(match self.look(by, team, id).await {
                Look::Sees => (self.gitea().inner().name_of(by), Sight::Sees),
                Look::Blind(blind) | Look::Outdated(blind) => named(blind),
            });
        }
        let absent = self.absent_from(team).into_iter();
        sights.extend(absent.map(Box::new).map(named));
        sights.sort_by_key(|(name, _)| self.gitea().inner().named(name));
        sights
    }

    /// What is not known, with what those were told before who are passed over.
    fn told(&self, team: &TeamName, answer: Membership) -> Membership {
        match answer {
            Membership::Unknown(blind) => Membership::Unknown(self.with_absent(team, blind)),
            known => known,
        }
    }

    /// Every identity's reason, in the order of the identities.
    fn with_absent(&self, team: &TeamName, mut blind: Vec<Diagnosis>) -> Vec<Diagnosis> {
        let is_told = |name: &String| blind.iter().any(|one| one.asked_as == *name);
        let mut absent = self.absent_from(team);
        absent.retain(|one| !is_told(&one.asked_as));
        blind.extend(absent);
        blind.sort_by_key(|one| self.gitea().inner().named(&one.asked_as));
        blind
    }

    /// The id behind a team's name, checked within the last ten minutes.
    ///
    /// # Errors
    /// One diagnosis for each identity, when none could find it.
    pub(super) async fn resolve(&self, team: &TeamName) -> Result<TeamId, Vec<Diagnosis>> {
        let directory = &self.gitea().inner().teams;
        let remembered = directory.recall(team);
        if let Remembered::Fresh(id) = remembered {
            return Ok(id);
        }
        let mut blind = Vec::new();
        for by in self.askers_of(team) {
            match self.teams_seen(by, team.org()).await {
                Err(error) => blind.push(self.explain(team, &error).await),
                Ok(teams) => match id_of(&teams, team) {
                    None => blind.push(self.not_listed(by, team)),
                    Some(id) => {
                        directory.checked(team, id);
                        return Ok(id);
                    }
                },
            }
        }
        match remembered {
            Remembered::Old(id) if self.is_still(team, id).await => Ok(id),
            _ => Err(blind),
        }
    }

    /// Whether an id still belongs to the name, where no list says so: Gitea 1.27 leaves private
    /// teams out of them, and a public-only token may not list at all (gitea-facts §1.5, §13.2).
    async fn is_still(&self, team: &TeamName, id: TeamId) -> bool {
        for by in self.team_askers() {
            if matches!(self.fetch_team(by, id).await, Ok(Some(name)) if name == *team) {
                self.gitea().inner().teams.checked(team, id);
                return true;
            }
        }
        false
    }

    /// A team's name and organisation. `None`: the answer names no organisation.
    async fn fetch_team(&self, by: usize, id: TeamId) -> Result<Option<TeamName>, CallError> {
        let id = id.to_string();
        let team: WireTeam = self.get(by, Ask::of(TEAM, &[&id])).await?;
        Ok(team.full_name())
    }

    /// What an identity sees of the team that has this id.
    pub(super) async fn look(&self, by: usize, team: &TeamName, id: TeamId) -> Look {
        let error = match self.fetch_team(by, id).await {
            Ok(Some(name)) if name == *team => {
                self.gitea().inner().recollection.forget(by);
                self.gitea().inner().roster.saw(team, by);
                return Look::Sees;
            }
            Ok(Some(_)) => {
                let gone = self.no_such_team(by, team, format!("/teams/{id}"));
                return Look::Outdated(Box::new(gone));
            }
            Ok(None) => self.senseless(TEAM),
            Err(error) => error,
        };
        let blind = Box::new(self.explain(team, &error).await);
        let outdated = error.kind == ErrorKind::NotFound && self.has_other_id(by, team, id);
        if outdated {
            Look::Outdated(blind)
        } else {
            Look::Blind(blind)
        }
    }

    /// Whether the list that explained a 404 gives the name another id. Costs no call.
    fn has_other_id(&self, by: usize, team: &TeamName, id: TeamId) -> bool {
        let Some(Ok(teams)) = self.recall_teams(by, team.org()) else {
            return false;
        };
        id_of(&teams, team).is_some_and(|listed| listed != id)
    }
}

/// Each real account once, in order.
fn askable(candidates: &[Account]) -> Vec<Account> {
    let mut askable: Vec<Account> = Vec::new();
    for account in candidates.iter().filter(|account| account.id.is_real()) {
        if !askable.contains(account) {
            askable.push(account.clone());
        }
    }
    askable
}

fn all_unknown(candidates: Vec<Account>, blind: &[Diagnosis]) -> Vec<(Account, Membership)> {
    let unknown = |account| (account, Membership::Unknown(blind.to_vec()));
    candidates.into_iter().map(unknown).collect()
}
