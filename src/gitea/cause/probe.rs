//! Asking further, only to explain: what is asked, how often, and for how long an answer is good.
//!
//! **Invariant:** at most four such calls per evaluation and four within a minute, however many
//! refusals there are; what was told is remembered for a minute, and proves nothing.

use crate::gitea::{
    error::CallError,
    journal::open,
    session::{Ask, Session},
    wire::WireSearch,
};
use crate::model::{Evidence, RepoName, TeamId};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How many calls may be made only to explain, in one evaluation and in one window.
const MOST: usize = 4;
/// How many answers are remembered. They are few: four a minute at most.
const REMEMBERED: usize = 64;

/// A question that tells causes apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::gitea) enum Probe {
    /// `GET /user`: who am I?
    Own,
    /// `GET /admin/hooks`, which a token of the bot's lacks the scope for: the refusal lists the
    /// scopes that it has.
    Scopes,
    /// `GET /repos/{owner}/{repo}`.
    Repository(RepoName),
    /// `GET /orgs/{org}/teams`, the name in lower case.
    Teams(String),
    /// `GET /users/{user}`, the name in lower case.
    User(String),
    /// Whether the repository is found by the search, which asks less than the repository itself.
    Listed(RepoName),
}

/// What a question told.
#[derive(Clone)]
pub(in crate::gitea) enum Told {
    /// What was asked for is there.
    There,
    /// It is not in the answer.
    Absent,
    /// An organisation's teams.
    Teams(Arc<Vec<(TeamId, String)>>),
    /// The question was refused itself.
    No(Arc<CallError>),
}

/// How many calls one evaluation may still make only to explain.
pub(in crate::gitea) struct Budget(AtomicUsize);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST))
    }
}

impl Budget {
    fn take(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// What was told lately, and when was asked.
pub(in crate::gitea) struct Recollection {
    good_for: Duration,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    told: HashMap<(usize, Probe), (Instant, Told, Evidence)>,
    asked: VecDeque<Instant>,
}

impl Recollection {
    /// Answers are good for so long, and so long is the window of the budget.
    pub(in crate::gitea) fn new(good_for: Duration) -> Self {
        Self {
            good_for,
            kept: Mutex::default(),
        }
    }

    fn recall(&self, by: usize, probe: &Probe) -> Option<(Told, Evidence)> {
        let kept = open(&self.kept);
        let (at, told, evidence) = kept.told.get(&(by, probe.clone()))?;
        (at.elapsed() < self.good_for).then(|| (told.clone(), evidence.clone()))
    }

    /// Whether one more call may be made within the window; it counts at once.
    fn take(&self) -> bool {
        let mut kept = open(&self.kept);
        while kept
            .asked
            .front()
            .is_some_and(|at| at.elapsed() >= self.good_for)
        {
            kept.asked.pop_front();
        }
        if kept.asked.len() >= MOST {
            return false;
        }
        kept.asked.push_back(Instant::now());
        true
    }

    fn note(&self, by: usize, probe: &Probe, told: &Told, evidence: &Evidence) {
        let mut kept = open(&self.kept);
        let good_for = self.good_for;
        kept.told.retain(|_, (at, ..)| at.elapsed() < good_for);
        if kept.told.len() < REMEMBERED {
            let noted = (Instant::now(), told.clone(), evidence.clone());
            kept.told.insert((by, probe.clone()), noted);
        }
    }

    /// What an identity was told is overtaken: it got an answer that it could not have got then.
    pub(in crate::gitea) fn forget(&self, by: usize) {
        open(&self.kept).told.retain(|(other, _), _| *other != by);
    }
}

impl Session {
    /// Asks, or remembers. `None`: that was done often enough for now.
    pub(super) async fn find_out(&self, by: usize, probe: &Probe) -> Option<(Told, Evidence)> {
        if let Some(seen) = self.seen_already(by, probe) {
            return Some(seen);
        }
        let recollection = &self.gitea().inner().recollection;
        if let Some(remembered) = recollection.recall(by, probe) {
            return Some(remembered);
        }
        if !self.notes().budget.take() || !recollection.take() {
            return None;
        }
        let (told, evidence) = self.ask(by, probe).await;
        recollection.note(by, probe, &told, &evidence);
        Some((told, evidence))
    }

    /// A list of teams that this evaluation has read anyway.
    fn seen_already(&self, by: usize, probe: &Probe) -> Option<(Told, Evidence)> {
        let Probe::Teams(org) = probe else {
            return None;
        };
        let seen = self.recall_teams(by, org)?;
        Some(self.told_teams(by, org, seen))
    }

    fn told_teams(
        &self,
        by: usize,
        org: &str,
        seen: crate::gitea::inquiry::Seen,
    ) -> (Told, Evidence) {
        match seen {
            Ok(teams) => {
                let evidence = self.answered(by, format!("/orgs/{org}/teams"));
                (Told::Teams(teams), evidence)
            }
            Err(error) => {
                let evidence = Evidence::clone(&error.evidence);
                (Told::No(error), evidence)
            }
        }
    }

    async fn ask(&self, by: usize, probe: &Probe) -> (Told, Evidence) {
        match probe {
            Probe::Own => self.is_there(by, Ask::of("/user", &[])).await,
            Probe::Scopes => self.is_there(by, Ask::of("/admin/hooks", &[])).await,
            Probe::Repository(repo) => {
                let values = [repo.owner(), repo.name()];
                let ask = Ask::of("/repos/{owner}/{repo}", &values);
                self.is_there(by, ask).await
            }
            Probe::User(user) => self.is_there(by, Ask::of("/users/{user}", &[user])).await,
            Probe::Teams(org) => {
                let seen = self.teams_seen(by, org).await;
                self.told_teams(by, org, seen)
            }
            Probe::Listed(repo) => self.is_listed(by, repo).await,
        }
    }

    async fn is_there(&self, by: usize, ask: Ask<'_>) -> (Told, Evidence) {
        let path = crate::gitea::path::path(ask.route, ask.values)
            .unwrap_or_else(|_| ask.route.to_owned());
        match self.get::<Value>(by, ask).await {
            Ok(_) => (Told::There, self.answered(by, path)),
            Err(error) => refused(error),
        }
    }

    async fn is_listed(&self, by: usize, repo: &RepoName) -> (Told, Evidence) {
        let query = [
            ("q", repo.to_string()),
            ("page", "1".to_owned()),
            ("limit", "50".to_owned()),
        ];
        let ask = Ask {
            route: "/repos/search",
            values: &[],
            query: &query,
        };
        match self.get::<WireSearch>(by, ask).await {
            Ok(found) => {
                let rows = found.of_owner(repo.owner()).unwrap_or_default();
                let told = match rows.iter().any(|row| row.name == *repo) {
                    true => Told::There,
                    false => Told::Absent,
                };
                (told, self.answered(by, format!("/repos/search?q={repo}")))
            }
            Err(error) => refused(error),
        }
    }
}

fn refused(error: CallError) -> (Told, Evidence) {
    let evidence = Evidence::clone(&error.evidence);
    (Told::No(Arc::new(error)), evidence)
}
