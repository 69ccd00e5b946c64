//! Sentences about reviews.

use jiff::Timestamp;

use super::pull::PullHandle;
use super::{ReviewRow, looks, named};
use crate::world::ids::ReviewId;
use crate::world::review::{ReviewState, Submission};

/// A review with every detail chosen; what is `None` is as Gitea would make it.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// What it says; `None` is an approval.
    pub state: Option<ReviewState>,
    /// The text.
    pub body: String,
    /// The commit it is for; `None` is the head.
    pub commit: Option<String>,
    /// Overrides whether it counts for Gitea.
    pub official: Option<bool>,
    /// Overrides whether the diff changed since.
    pub stale: Option<bool>,
    /// Overrides whether it was dismissed.
    pub dismissed: Option<bool>,
    /// Overrides when it was made, as a migration does.
    pub submitted: Option<Timestamp>,
}

impl PullHandle {
    /// Somebody approves.
    pub fn approved_by(&self, name: &str) -> ReviewId {
        self.review(name, ReviewState::Approved, "")
    }

    /// Somebody requests changes.
    pub fn rejected_by(&self, name: &str) -> ReviewId {
        self.review(name, ReviewState::RequestChanges, "please change this")
    }

    /// Somebody reviews without deciding.
    pub fn commented_by(&self, name: &str, body: &str) -> ReviewId {
        self.review(name, ReviewState::Comment, body)
    }

    /// Somebody means to approve and makes a draft that nobody else sees.
    pub fn draft_review_by(&self, name: &str) -> ReviewId {
        self.review(name, ReviewState::Pending, "looks good")
    }

    fn review(&self, by: &str, state: ReviewState, body: &str) -> ReviewId {
        self.reviewed(
            by,
            &Review {
                state: Some(state),
                body: body.to_owned(),
                ..Review::default()
            },
        )
    }

    /// Somebody reviews in exactly this way.
    ///
    /// # Panics
    /// When it is no pull request any more.
    pub fn reviewed(&self, by: &str, review: &Review) -> ReviewId {
        let id = self.forge.tell(|world| {
            let new = Submission {
                issue: self.issue,
                by: named(world, by),
                state: review.state.unwrap_or(ReviewState::Approved),
                body: &review.body,
                commit: review.commit.as_deref(),
                lines: Vec::new(),
            };
            world.submit_review(&new)
        });
        let Some(id) = id else {
            panic!("{} is no pull request", self.name())
        };
        self.turns(id, review);
        id
    }

    /// A review becomes otherwise without a word; what is `None`, and its state, stay.
    pub fn turns(&self, id: ReviewId, review: &Review) {
        self.forge.with(|world| {
            let Some(row) = world.reviews.get_mut(&id) else {
                return;
            };
            row.official = review.official.unwrap_or(row.official);
            row.stale = review.stale.unwrap_or(row.stale);
            row.dismissed = review.dismissed.unwrap_or(row.dismissed);
            row.updated = review.submitted.unwrap_or(row.updated);
            row.created = review.submitted.unwrap_or(row.created);
        });
    }

    /// Somebody dismisses a review; no webhook tells of it.
    pub fn dismiss(&self, review: ReviewId, by: &str) {
        self.forge.with(|world| {
            let by = named(world, by);
            world.dismiss(review, by, "dismissed");
        });
    }

    /// All reviews, drafts and requests included, in order of creation.
    #[must_use]
    pub fn reviews(&self) -> Vec<ReviewRow> {
        self.forge.with(|world| {
            world
                .reviews_of(self.issue)
                .into_iter()
                .map(|row| looks::review(world, row))
                .collect()
        })
    }
}
