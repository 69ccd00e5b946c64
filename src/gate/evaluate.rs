//! From facts to a verdict, one question at a time.
//!
//! The core cannot ask Gitea, so it says what it needs next: [`Step::Ask`]. Whoever drives it finds
//! out, puts the answers in and calls again. An answer that is inconclusive never grants and never
//! ends the evaluation (I1); when nobody is proven and anything was inconclusive, the verdict is
//! [`Verdict::Unknown`] and never "missing" (I2). Organisation membership is not asked for at all (I3).

use super::approval::{self, Discount, Judged, Voice};
use super::declaration::{self, Declared};
use super::facts::Facts;
use super::policy::{Gate, Policy};
use super::settled::{Late, Settled, settled};
use super::verdict::{Because, GateVerdict, Ground, Verdict};
use crate::model::{Account, Membership, TeamName, UserId};

/// What has been found out about people so far in this evaluation. Never kept for another one.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    found: Vec<(TeamName, Account, Membership)>,
    likely: Vec<(TeamName, UserId)>,
}

impl Answers {
    /// No answers yet, but a guess who will turn out to be in which team. It saves questions, and
    /// proves nothing.
    #[must_use]
    pub const fn guessing(likely: Vec<(TeamName, UserId)>) -> Self {
        let found = Vec::new();
        Self { found, likely }
    }

    /// The candidates with those first who are likely to be in the team.
    #[must_use]
    pub fn likely_first(&self, team: &TeamName, candidates: &[Account]) -> Vec<Account> {
        let guessed = |who: &Account| self.likely.iter().any(|(t, id)| t == team && *id == who.id);
        let mut candidates = candidates.to_vec();
        candidates.sort_by_key(|who| !guessed(who));
        candidates
    }

    /// Adds what was found out.
    pub fn add(&mut self, team: &TeamName, found: Vec<(Account, Membership)>) {
        self.found.extend(
            found
                .into_iter()
                .map(|(who, membership)| (team.clone(), who, membership)),
        );
    }

    /// Puts an answer before all others about that person and team. It is an assumption, and no
    /// evaluation that is acted upon makes one.
    pub fn assume(&mut self, team: &TeamName, who: &Account, membership: Membership) {
        let assumed = (team.clone(), who.clone(), membership);
        self.found.insert(0, assumed);
    }

    /// What was answered. `None`: not asked yet.
    #[must_use]
    pub fn get(&self, team: &TeamName, who: &Account) -> Option<&Membership> {
        self.found
            .iter()
            .find(|(t, a, _)| t == team && a == who)
            .map(|(_, _, membership)| membership)
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Find out which of these is the first who is in that team.
    Ask(TeamName, Vec<Account>),
    /// Nothing more is needed.
    Done(Box<GateVerdict>),
}

/// One gate of one pull request before the court.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The deployment's rules.
    pub policy: &'a Policy,
    /// The gate.
    pub gate: &'a Gate,
    /// What is known of the pull request.
    pub facts: &'a Facts,
}

/// Decides the case, or says which membership it needs to know first.
#[must_use]
pub fn evaluate(case: Case<'_>, answers: &Answers) -> Step {
    let repo = &case.facts.pull.repository.name;
    let hearing = Hearing {
        case,
        answers,
        team: case.gate.team.resolve(repo),
        waivers: case
            .gate
            .waivers
            .iter()
            .map(|team| team.resolve(repo))
            .collect(),
        reviews: approval::judge(case.policy, case.facts),
        declarations: declaration::judge(case.policy, case.facts, &case.gate.name),
    };
    match hearing.verdict() {
        Ok(verdict) => Step::Done(Box::new(hearing.close(verdict))),
        Err(Ask(team, candidates)) => Step::Ask(team, candidates),
    }
}

/// A question that must be answered before the case can go on.
struct Ask(TeamName, Vec<Account>);

struct Hearing<'a> {
    case: Case<'a>,
    answers: &'a Answers,
    team: TeamName,
    waivers: Vec<TeamName>,
    reviews: Vec<Judged>,
    declarations: Vec<Declared>,
}

impl Hearing<'_> {
    /// Declarations first: they are what the declarations' status lists, so they are needed anyway.
    fn verdict(&self) -> Result<Verdict, Ask> {
        if let Some(ground) = self.declared()? {
            return Ok(Verdict::Satisfied(ground));
        }
        if let Some(ground) = self.approved()? {
            return Ok(Verdict::Satisfied(ground));
        }
        let because = self.doubts();
        if !because.is_empty() {
            return Ok(Verdict::Unknown(because));
        }
        Ok(
            match self.first_member(&self.team, &self.voices(Voice::Rejects))? {
                Some(by) => Verdict::Rejected(by),
                None => self.missing(),
            },
        )
    }

    fn declared(&self) -> Result<Option<Ground>, Ask> {
        let counting = self
            .declarations
            .iter()
            .filter(|said| said.standing.is_ok());
        let candidates: Vec<Account> = distinct(counting.map(|said| said.by.clone()));
        for team in &self.waivers {
            if let Some(by) = self.first_member(team, &candidates)? {
                return Ok(self.declaration_of(&by, team));
            }
        }
        Ok(None)
    }

    fn declaration_of(&self, by: &Account, team: &TeamName) -> Option<Ground> {
        let said = self
            .declarations
            .iter()
            .find(|said| said.by == *by && said.standing.is_ok())?;
        Some(Ground::Declaration {
            by: by.clone(),
            team: team.clone(),
            comment: said.comment,
            reason: said.reason.clone(),
            heard: said.heard,
        })
    }

    fn approved(&self) -> Result<Option<Ground>, Ask> {
        let Some(head) = self.case.facts.pull.head.clone() else {
            return Ok(None);
        };
        let by = self.first_member(&self.team, &self.voices(Voice::Approves))?;
        Ok(by.map(|by| Ground::Approval {
            by,
            team: self.team.clone(),
            head,
        }))
    }

    /// Who says so with a review that counts.
    fn voices(&self, voice: Voice) -> Vec<Account> {
        let latest = approval::latest(&self.reviews).into_iter();
        distinct(
            latest
                .filter(|row| row.voice == voice)
                .map(|row| row.reviewer.clone()),
        )
    }

    /// The first proven member among the candidates, or the question that is still open.
    fn first_member(
        &self,
        team: &TeamName,
        candidates: &[Account],
    ) -> Result<Option<Account>, Ask> {
        let asked = |who: &&Account| self.answers.get(team, who) == Some(&Membership::Member);
        if let Some(member) = candidates.iter().find(asked) {
            return Ok(Some(member.clone()));
        }
        let open: Vec<Account> = candidates
            .iter()
            .filter(|who| self.answers.get(team, who).is_none())
            .cloned()
            .collect();
        if open.is_empty() {
            Ok(None)
        } else {
            Err(Ask(team.clone(), open))
        }
    }

    /// Everything that was left open and could have satisfied the gate.
    fn doubts(&self) -> Vec<Because> {
        let mut doubts: Vec<Because> = self
            .lateness()
            .map(Because::Unsettled)
            .into_iter()
            .collect();
        let declarers = self
            .declarations
            .iter()
            .filter(|d| d.standing.is_ok())
            .map(|d| &d.by);
        let approvers = self.voices(Voice::Approves);
        let waived = declarers.flat_map(|who| self.waivers.iter().map(move |team| (team, who)));
        let approved = approvers.iter().map(|who| (&self.team, who));
        for (team, who) in waived.chain(approved) {
            doubts.extend(
                self.doubt(team, who)
                    .filter(|doubt| !doubts.contains(doubt)),
            );
        }
        doubts
    }

    fn doubt(&self, team: &TeamName, who: &Account) -> Option<Because> {
        let Some(Membership::Unknown(diagnoses)) = self.answers.get(team, who) else {
            return None;
        };
        let login = who.login.to_string();
        Some(Because::Probe {
            who: who.id,
            login,
            diagnoses: diagnoses.clone(),
        })
    }

    /// Whether anything that would count otherwise waits for the timeline.
    fn lateness(&self) -> Option<Late> {
        let waiting = self
            .declarations
            .iter()
            .find_map(|said| match said.standing {
                Err(declaration::Refusal::Unsettled(late)) => Some(late),
                _ => None,
            });
        waiting.or_else(|| {
            self.reviews.iter().find_map(|row| match row.standing {
                Err(Discount::Unsettled(late)) => Some(late),
                _ => None,
            })
        })
    }

    /// Nobody approved; but where a rejection could not be verified, or an approval may have gone to
    /// another commit than its writer saw, that is said.
    fn missing(&self) -> Verdict {
        let rejecting = self.voices(Voice::Rejects);
        let unverified = rejecting
            .iter()
            .filter_map(|who| self.doubt(&self.team, who));
        let doubts: Vec<Because> = unverified
            .chain(self.unrecorded().map(Because::Unsettled))
            .collect();
        if doubts.is_empty() {
            Verdict::Missing
        } else {
            Verdict::Unknown(doubts)
        }
    }

    /// While Gitea has not recorded the push that made the head, it stores new approvals for the
    /// commit before (gitea-facts §13.2): "approve once more" would send people in circles then.
    fn unrecorded(&self) -> Option<Late> {
        let Settled::No(late) = settled(self.case.facts) else {
            return None;
        };
        let is_outdated = |row: &Judged| {
            let outdated = matches!(
                row.standing,
                Err(Discount::OtherCommit(_) | Discount::Stale)
            );
            row.voice == Voice::Approves && outdated
        };
        match late {
            Late::Soon => self.reviews.iter().any(is_outdated).then_some(late),
            Late::Never | Late::NoHead => Some(late),
        }
    }

    fn close(self, verdict: Verdict) -> GateVerdict {
        let ours = |team: &TeamName| *team == self.team || self.waivers.contains(team);
        GateVerdict {
            gate: self.case.gate.name.clone(),
            answers: self
                .answers
                .found
                .iter()
                .filter(|(team, _, _)| ours(team))
                .cloned()
                .collect(),
            team: self.team,
            waivers: self.waivers,
            verdict,
            reviews: self.reviews,
            declarations: self.declarations,
        }
    }
}

fn distinct(accounts: impl Iterator<Item = Account>) -> Vec<Account> {
    let mut seen: Vec<Account> = Vec::new();
    for account in accounts {
        if !seen.contains(&account) {
            seen.push(account);
        }
    }
    seen
}
