//! Asking for reviews, and whom a pull request shows as asked.

use super::World;
use super::event::What;
use super::ids::{IssueId, ReviewId, UserId};
use super::review::{ReviewState, Whom};
use super::telling::Heard;

impl World {
    /// Asks a person or a team for a review.
    pub(crate) fn request_review(&mut self, issue: IssueId, by: UserId, whom: Whom) -> ReviewId {
        let review = self.insert_review(issue, whom);
        let official = whom
            .user()
            .is_some_and(|user| self.is_official(issue, user));
        if let Some(row) = self.reviews.get_mut(&review) {
            row.official = official;
        }
        self.record(issue, by, What::ReviewRequest { review, whom });
        if let Whom::User(user) = whom {
            self.tell_of_pull(issue, by, Heard::ReviewRequested(user));
        }
        review
    }

    /// Whom one pull request shows as asked: whoever was, and whoever spoke.
    pub(crate) fn requested_of_one(&self, issue: IssueId) -> Vec<UserId> {
        let remarks = self.habits.remarks_request_reviewers;
        self.latest_by_person(issue, |state| remarks || state != ReviewState::Comment)
    }

    /// Whom the list of pull requests shows as asked: not those who only remarked, nor who is gone.
    pub(crate) fn requested_in_list(&self, issue: IssueId) -> Vec<UserId> {
        let mut people = self.latest_by_person(issue, |state| state != ReviewState::Comment);
        people.retain(|user| self.users.contains_key(user));
        people
    }

    /// By their latest review or request of those kinds that stands; drafts never count.
    fn latest_by_person(
        &self,
        issue: IssueId,
        counts: impl Fn(ReviewState) -> bool,
    ) -> Vec<UserId> {
        let mut standing = self.reviews_of(issue);
        standing.retain(|review| !review.dismissed && review.state != ReviewState::Pending);
        standing.retain(|review| counts(review.state));
        standing.sort_by_key(|review| review.updated);
        let mut people: Vec<UserId> = Vec::new();
        for user in standing.into_iter().filter_map(|review| review.reviewer) {
            people.retain(|earlier| *earlier != user);
            people.push(user);
        }
        people
    }
}
