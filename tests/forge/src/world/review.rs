//! Reviews: submitting, dismissing, requesting, deleting.

use jiff::Timestamp;

use super::World;
use super::commit::Sha;
use super::event::What;
use super::ids::{IssueId, ReviewId, TeamId, UserId};

/// A row of the review table.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) id: ReviewId,
    pub(crate) issue: IssueId,
    /// `None` for a request to a team.
    pub(crate) reviewer: Option<UserId>,
    /// Only for a request to a team.
    pub(crate) team: Option<TeamId>,
    pub(crate) state: ReviewState,
    pub(crate) body: String,
    /// Empty for a request.
    pub(crate) commit: Sha,
    pub(crate) stale: bool,
    pub(crate) official: bool,
    pub(crate) dismissed: bool,
    /// When the row was made: a draft keeps it when it is submitted.
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// Whose review it is, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    User(UserId),
    Team(TeamId),
}

impl Whom {
    pub(crate) fn user(self) -> Option<UserId> {
        if let Self::User(user) = self {
            Some(user)
        } else {
            None
        }
    }

    pub(crate) fn team(self) -> Option<TeamId> {
        if let Self::Team(team) = self {
            Some(team)
        } else {
            None
        }
    }
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// It may be merged.
    Approved,
    /// It may not.
    RequestChanges,
    /// Neither.
    Comment,
    /// A draft that only its author (and a site administrator) sees.
    Pending,
    /// Not a review: somebody was asked for one.
    RequestReview,
}

impl ReviewState {
    /// As the API spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::RequestChanges => "REQUEST_CHANGES",
            Self::Comment => "COMMENT",
            Self::Pending => "PENDING",
            Self::RequestReview => "REQUEST_REVIEW",
        }
    }

    /// The event of a request; words that Gitea does not know make a draft (gitea-facts §4).
    pub(crate) fn of_event(event: &str) -> Self {
        match event {
            "APPROVED" => Self::Approved,
            "REQUEST_CHANGES" => Self::RequestChanges,
            "COMMENT" => Self::Comment,
            _ => Self::Pending,
        }
    }

    fn decides(self) -> bool {
        matches!(self, Self::Approved | Self::RequestChanges)
    }
}

/// What is submitted.
#[derive(Debug, Clone)]
pub(crate) struct Submission<'a> {
    pub(crate) issue: IssueId,
    pub(crate) by: UserId,
    pub(crate) state: ReviewState,
    pub(crate) body: &'a str,
    /// `None`: the head that `refs/pull/N/head` names.
    pub(crate) commit: Option<&'a str>,
    /// Comments on lines of code.
    pub(crate) lines: Vec<String>,
}

impl World {
    /// A draft of the same person is submitted instead of making another row.
    pub(crate) fn submit_review(&mut self, new: &Submission<'_>) -> Option<ReviewId> {
        let pull = self.issues.get(&new.issue)?.pull.clone()?;
        let commit = new
            .commit
            .map_or_else(|| pull.ref_head.clone(), str::to_owned);
        let stale = new.state.decides()
            && commit != pull.ref_head
            && self.differs(&pull.base_branch, new.issue, &commit);
        let draft = self.draft_of(new.issue, new.by);
        if new.state.decides() {
            self.supersede(new.issue, new.by, draft.is_none());
        }
        let official = new.state.decides() && self.is_official(new.issue, new.by);
        if new.state != ReviewState::Pending {
            self.clear_requests(new.issue, new.by, new.state);
        }
        let id = draft.unwrap_or_else(|| self.insert_review(new.issue, Whom::User(new.by)));
        let now = self.now();
        let row = self.reviews.get_mut(&id)?;
        (row.state, row.commit, row.stale, row.official) = (new.state, commit, stale, official);
        (row.body, row.updated) = (new.body.to_owned(), now);
        for line in &new.lines {
            self.record(new.issue, new.by, What::Code(id).saying(line));
        }
        self.record(new.issue, new.by, What::Review(id).saying(new.body));
        self.tell_of_review(new.issue, id);
        Some(id)
    }

    /// Whether the diff at that commit is another one than at the head.
    fn differs(&self, base: &str, issue: IssueId, commit: &str) -> bool {
        let Some(row) = self.issues.get(&issue) else {
            return false;
        };
        let (Some(pull), Some(base)) = (&row.pull, self.branch_head(row.repo, base)) else {
            return false;
        };
        let at_commit = self.diff(&self.merge_base(base, commit), commit);
        at_commit != self.diff(&self.merge_base(base, &pull.ref_head), &pull.ref_head)
    }

    fn draft_of(&self, issue: IssueId, by: UserId) -> Option<ReviewId> {
        let mut drafts = self
            .reviews
            .values()
            .filter(|review| review.state == ReviewState::Pending);
        drafts
            .find(|review| review.issue == issue && review.reviewer == Some(by))
            .map(|review| review.id)
    }

    /// Only the latest word of a person counts as official; the earlier ones are dismissed too,
    /// unless the new word was a draft before.
    fn supersede(&mut self, issue: IssueId, by: UserId, dismiss: bool) {
        let now = self.now();
        let own = self
            .reviews
            .values_mut()
            .filter(|review| review.issue == issue && review.reviewer == Some(by));
        for review in own {
            review.official = false;
            if dismiss && review.state.decides() {
                review.dismissed = true;
                review.updated = now;
            }
        }
    }

    /// A review answers the requests to its author; a decision also those to the author's teams.
    fn clear_requests(&mut self, issue: IssueId, by: UserId, state: ReviewState) {
        let teams: Vec<TeamId> = self
            .teams
            .values()
            .filter(|team| team.members.contains(&by))
            .map(|team| team.id)
            .collect();
        self.reviews.retain(|_, review| {
            let request = review.issue == issue && review.state == ReviewState::RequestReview;
            let own = review.reviewer == Some(by);
            let team = state.decides() && review.team.is_some_and(|team| teams.contains(&team));
            !(request && (own || team))
        });
    }

    pub(in crate::world) fn insert_review(&mut self, issue: IssueId, whom: Whom) -> ReviewId {
        let id = self.next_review();
        let now = self.now();
        let review = Review {
            id,
            issue,
            reviewer: whom.user(),
            team: whom.team(),
            state: ReviewState::RequestReview,
            body: String::new(),
            commit: String::new(),
            stale: false,
            official: false,
            dismissed: false,
            created: now,
            updated: now,
        };
        self.reviews.insert(id, review);
        id
    }

    /// Marks a review as dismissed; no webhook tells of it (gitea-facts §6.2).
    pub(crate) fn dismiss(&mut self, review: ReviewId, by: UserId, message: &str) {
        let now = self.now();
        let Some(row) = self.reviews.get_mut(&review) else {
            return;
        };
        row.dismissed = true;
        row.updated = now;
        let issue = row.issue;
        self.record(issue, by, What::Dismissal(review).saying(message));
    }

    /// The row goes, and its events with it.
    pub(crate) fn delete_review(&mut self, review: ReviewId) {
        let Some(gone) = self.reviews.remove(&review) else {
            return;
        };
        let events = self.events_of(gone.issue).into_iter();
        let own: Vec<_> = events
            .filter(|event| event.what.review() == Some(review))
            .map(|event| event.id)
            .collect();
        for id in own {
            self.forget(id);
        }
    }

    /// In order of creation.
    pub(crate) fn reviews_of(&self, issue: IssueId) -> Vec<&Review> {
        let mut reviews: Vec<&Review> = self
            .reviews
            .values()
            .filter(|review| review.issue == issue)
            .collect();
        reviews.sort_by_key(|review| (review.created, review.id));
        reviews
    }
}
