//! The questions that a proof of membership takes, in their order.
//!
//! Identities are asked about a candidate until one answers; a 404 is set aside until its
//! identity was seen to see the team, and passes the candidate on to the next one if it does not.
//! Called by [`super::membership`] only.

use super::{
    error::ErrorKind,
    membership::Look,
    session::{Ask, Session},
    wire::WireUser,
};
use crate::model::{Account, Diagnosis, Membership, Outcome, TeamId, TeamName};

const MEMBER: &str = "/teams/{id}/members/{login}";

/// One team, its candidates, and the identities that can be asked.
pub(super) struct Proof<'a> {
    session: &'a Session,
    team: &'a TeamName,
    id: TeamId,
    askers: Vec<usize>,
    candidates: Vec<Candidate>,
}

/// Where one candidate stands.
struct Candidate {
    account: Account,
    /// Which of the identities is to be asked next.
    next: usize,
    blind: Vec<Diagnosis>,
    state: State,
}

enum State {
    Open,
    /// This identity answered 404.
    Denied(usize),
    Settled(Membership),
}

/// What one identity answered about one candidate.
enum Asked {
    Member,
    AnotherUser,
    /// 404: a "no", unless the identity cannot see the team.
    No,
    Inconclusive(Box<Diagnosis>),
}

impl<'a> Proof<'a> {
    /// Before the first question.
    pub(super) fn new(
        session: &'a Session,
        team: &'a TeamName,
        id: TeamId,
        accounts: &[Account],
    ) -> Self {
        let open = |account: &Account| Candidate {
            account: account.clone(),
            next: 0,
            blind: Vec::new(),
            state: State::Open,
        };
        let candidates = accounts.iter().map(open).collect();
        Self {
            session,
            team,
            id,
            askers: session.askers_of(team),
            candidates,
        }
    }

    /// Asks until somebody is proven or everything was tried. `false`: the id is outdated.
    /// Ends, because each round uses up an identity of every candidate that is left.
    pub(super) async fn run(&mut self, outdated_is_final: bool) -> bool {
        while !self.ask_everybody().await {
            let denying = self.denying();
            if denying.is_empty() {
                return true;
            }
            for (asker, by) in denying {
                match self.session.look(by, self.team, self.id).await {
                    Look::Outdated(_) if !outdated_is_final => return false,
                    Look::Sees => self.settle(asker, None),
                    Look::Blind(blind) | Look::Outdated(blind) => {
                        self.settle(asker, Some(&blind));
                    }
                }
            }
        }
        true
    }

    /// Whether somebody is proven.
    async fn ask_everybody(&mut self) -> bool {
        for place in 0..self.candidates.len() {
            while let Some((by, account)) = self.next_question(place) {
                let asked = self.ask(by, &account).await;
                if self
                    .candidates
                    .get_mut(place)
                    .is_some_and(|candidate| candidate.hear(asked))
                {
                    return true;
                }
            }
        }
        false
    }

    /// Whom to ask next about a candidate. `None`: there is an answer, or nobody left.
    fn next_question(&self, place: usize) -> Option<(usize, Account)> {
        let candidate = self.candidates.get(place)?;
        let by = *self.askers.get(candidate.next)?;
        matches!(candidate.state, State::Open).then(|| (by, candidate.account.clone()))
    }

    async fn ask(&self, by: usize, account: &Account) -> Asked {
        let id = self.id.to_string();
        let values = [id.as_str(), account.login.as_str()];
        let error = match self
            .session
            .get::<WireUser>(by, Ask::of(MEMBER, &values))
            .await
        {
            Ok(user) if user.account() == *account => {
                self.session.gitea().inner().roster.saw(self.team, by);
                return Asked::Member;
            }
            Ok(_) => return Asked::AnotherUser,
            Err(error) => error,
        };
        match &error.kind {
            ErrorKind::NotFound => Asked::No,
            ErrorKind::Moved { status: 307, to } if to.starts_with(&format!("/teams/{id}/")) => {
                Asked::AnotherUser
            }
            _ => Asked::Inconclusive(Box::new(self.session.explain(self.team, &error).await)),
        }
    }

    /// The identities whose "no"s are to be confirmed, each with its place among the askers.
    fn denying(&self) -> Vec<(usize, usize)> {
        let denied = |(asker, _): &(usize, usize)| {
            let by = |state: &State| matches!(state, State::Denied(by) if by == asker);
            self.candidates.iter().any(|candidate| by(&candidate.state))
        };
        self.askers
            .iter()
            .copied()
            .enumerate()
            .filter(denied)
            .collect()
    }

    /// The "no"s of an identity count, or are as inconclusive as its sight of the team.
    fn settle(&mut self, asker: usize, blind: Option<&Diagnosis>) {
        for candidate in &mut self.candidates {
            if !matches!(candidate.state, State::Denied(by) if by == asker) {
                continue;
            }
            candidate.state = match blind {
                None => State::Settled(Membership::NotMember),
                Some(_) => State::Open,
            };
            candidate.blind.extend(blind.cloned());
            candidate.next = asker + 1;
        }
    }

    /// Whether nothing is known and the team was not found behind its id: then the next evaluation
    /// begins with the team's name.
    pub(super) fn has_lost_sight(&self) -> bool {
        let is_absence = |blind: &Diagnosis| {
            let told = blind.refused().map(|evidence| &evidence.outcome);
            told == Some(&Outcome::Status(404))
        };
        let mut candidates = self.candidates.iter();
        candidates.all(|candidate| {
            let unsettled = !matches!(candidate.state, State::Settled(_));
            unsettled && candidate.blind.iter().any(is_absence)
        })
    }

    /// What is known of each candidate for whom anything is.
    pub(super) fn into_answers(self) -> Vec<(Account, Membership)> {
        let askers = self.askers.len();
        let answer = |candidate: Candidate| match candidate.state {
            State::Settled(membership) => Some((candidate.account, membership)),
            State::Open if candidate.next >= askers => {
                Some((candidate.account, Membership::Unknown(candidate.blind)))
            }
            State::Open | State::Denied(_) => None,
        };
        self.candidates.into_iter().filter_map(answer).collect()
    }
}

impl Candidate {
    /// Takes an answer; whether it proves membership.
    fn hear(&mut self, asked: Asked) -> bool {
        match asked {
            Asked::Member => self.state = State::Settled(Membership::Member),
            Asked::AnotherUser => self.state = State::Settled(Membership::AnotherUser),
            Asked::No => self.state = State::Denied(self.next),
            Asked::Inconclusive(blind) => {
                self.blind.push(*blind);
                self.next += 1;
            }
        }
        matches!(self.state, State::Settled(Membership::Member))
    }
}
