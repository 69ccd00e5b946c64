//! The approval rule: which reviews count, and of each that does not exactly why not.
//!
//! Reviews are validated first and reduced second, so that a later invalid row can never mask or
//! erase an earlier valid one of the same person (I7). Membership comes last, in `evaluate`, because
//! asking costs a call. Only review objects count, never a comment's words (I8).

use super::facts::{Facts, History};
use super::policy::Policy;
use super::settled::{Late, Settled, settled};
use crate::model::{Account, Pull, Review, ReviewId, ReviewState, Sha, TimelineId};

/// Why a review does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discount {
    /// The reviewer opened the pull request.
    Author,
    /// The reviewer opened another open pull request with the same head.
    OpenedAnother,
    /// The reviewer is the bot.
    Bot,
    /// The reviewer is a machine by the configuration.
    ServiceAccount,
    /// The reviewer was deleted or never was a person (I18).
    NobodyReal,
    /// Older than the repository: migrated, and perhaps under a wrong name.
    Migrated,
    /// Dismissed.
    Dismissed,
    /// Given for an older commit, or for none.
    OtherCommit(Option<Sha>),
    /// The code changed since.
    Stale,
    /// Given before the base branch was changed.
    BeforeRetarget,
    /// The timeline does not tell when it was given, so that it may have been for another base branch.
    Unplaced,
    /// Gitea does not call it official.
    Unofficial,
    /// The reviewer pushed to the pull request.
    Pusher,
    /// The pull request has no commits: nothing is there to approve.
    Empty,
    /// The timeline has not caught up: who pushed the head is not known yet.
    Unsettled(Late),
}

/// What a counting review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// It approves.
    Approves,
    /// It requests changes.
    Rejects,
}

/// A review with the judgement on it; membership is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which review.
    pub review: ReviewId,
    /// Whose.
    pub reviewer: Account,
    /// What it says.
    pub voice: Voice,
    /// For which commit it was given.
    pub commit: Option<Sha>,
    /// `Ok`: it counts if the reviewer is a member.
    pub standing: Result<(), Discount>,
    place: Option<TimelineId>,
}

/// Judges every approval and every request for changes; all other reviews say nothing.
#[must_use]
pub fn judge(policy: &Policy, facts: &Facts) -> Vec<Judged> {
    facts
        .reviews
        .rows
        .iter()
        .filter_map(|review| judge_one(policy, facts, review))
        .collect()
}

/// Whether an approval of this person would count, membership aside.
#[must_use]
pub fn may_approve(policy: &Policy, facts: &Facts, who: &Account) -> bool {
    person(policy, facts, who)
        .and_then(|()| pusher(policy, facts, who))
        .is_ok()
}

/// Of the valid rows each person's latest, in the order in which they were given.
#[must_use]
pub fn latest(judged: &[Judged]) -> Vec<&Judged> {
    let mut valid: Vec<&Judged> = judged.iter().filter(|row| row.standing.is_ok()).collect();
    valid.sort_by_key(|row| row.place_in_doubt());
    let mut latest: Vec<&Judged> = Vec::new();
    for row in valid {
        latest.retain(|earlier| earlier.reviewer != row.reviewer);
        latest.push(row);
    }
    latest
}

impl Judged {
    /// Where it stands; a row that the timeline does not name is taken for the earliest approval
    /// or the latest rejection, whichever closes the gate.
    fn place_in_doubt(&self) -> TimelineId {
        let doubt = match self.voice {
            Voice::Approves => TimelineId::new(0),
            Voice::Rejects => TimelineId::new(u64::MAX),
        };
        self.place.unwrap_or(doubt)
    }
}

fn judge_one(policy: &Policy, facts: &Facts, review: &Review) -> Option<Judged> {
    let voice = match review.state {
        ReviewState::Approved => Voice::Approves,
        ReviewState::RequestChanges => Voice::Rejects,
        ReviewState::Other(_) => return None,
    };
    let reviewer = review.reviewer.clone()?;
    let standing = person(policy, facts, &reviewer)
        .and_then(|()| row(facts, review, voice))
        .and_then(|()| pusher(policy, facts, &reviewer))
        .and_then(|()| official(policy, review))
        .and_then(|()| settles(facts));
    let place = facts.history.reviews.get(&review.id).copied();
    Some(Judged {
        review: review.id,
        reviewer,
        voice,
        commit: review.commit.clone(),
        standing,
        place,
    })
}

fn person(policy: &Policy, facts: &Facts, reviewer: &Account) -> Result<(), Discount> {
    refuse_if(!reviewer.id.is_real(), Discount::NobodyReal)?;
    refuse_if(*reviewer == facts.pull.author, Discount::Author)?;
    refuse_if(facts.is_bot(reviewer), Discount::Bot)?;
    refuse_if(
        policy.is_service_account(reviewer.login.as_str()),
        Discount::ServiceAccount,
    )?;
    refuse_if(facts.opened_another(reviewer), Discount::OpenedAnother)
}

fn row(facts: &Facts, review: &Review, voice: Voice) -> Result<(), Discount> {
    given(&facts.pull, review)?;
    for_this_base(facts, review.id, voice)
}

/// Whether it was given here, for this head, and stands.
fn given(pull: &Pull, review: &Review) -> Result<(), Discount> {
    let born = pull.repository.created_at;
    refuse_if(
        review.submitted_at.is_none_or(|at| at < born),
        Discount::Migrated,
    )?;
    refuse_if(review.dismissed != Some(false), Discount::Dismissed)?;
    let head = pull.head.as_ref();
    refuse_if(
        head.is_none() || review.commit.as_ref() != head,
        Discount::OtherCommit(review.commit.clone()),
    )?;
    refuse_if(review.stale != Some(false), Discount::Stale)
}

/// An entry of the timeline that is hidden hides what stands around it. Where that closes the gate, a
/// review without one counts.
fn for_this_base(facts: &Facts, review: ReviewId, voice: Voice) -> Result<(), Discount> {
    match (facts.history.reviews.get(&review), facts.history.retarget) {
        (Some(place), retarget) => refuse_if(
            retarget.is_some_and(|retarget| *place <= retarget),
            Discount::BeforeRetarget,
        ),
        (None, Some(_)) => Err(Discount::BeforeRetarget),
        (None, None) => refuse_if(voice == Voice::Approves, Discount::Unplaced),
    }
}

/// Approvals of the head of which the timeline does not tell, though it does of every one that was given
/// in this repository (gitea-facts §3.2): what stands around them is hidden too.
#[must_use]
pub fn are_unplaced(pull: &Pull, reviews: &[Review], history: &History) -> bool {
    reviews.iter().any(|review| {
        review.state == ReviewState::Approved
            && given(pull, review).is_ok()
            && !history.reviews.contains_key(&review.id)
    })
}

fn pusher(policy: &Policy, facts: &Facts, reviewer: &Account) -> Result<(), Discount> {
    let pushed = policy.approvals.exclude_pushers && facts.history.pushed(reviewer);
    refuse_if(pushed, Discount::Pusher)
}

/// After everything that no repair of the right to approve would mend.
fn official(policy: &Policy, review: &Review) -> Result<(), Discount> {
    let official = !policy.approvals.require_official || review.official == Some(true);
    refuse_if(!official, Discount::Unofficial)
}

/// Until the timeline has caught up nothing is known of pushes, and a change of the base may be
/// missing too. Last, because it is the only doubt that time removes.
fn settles(facts: &Facts) -> Result<(), Discount> {
    match settled(facts) {
        Settled::Yes { .. } => Ok(()),
        Settled::Empty => Err(Discount::Empty),
        Settled::No(late) => Err(Discount::Unsettled(late)),
    }
}

fn refuse_if(wrong: bool, why: Discount) -> Result<(), Discount> {
    if wrong { Err(why) } else { Ok(()) }
}
