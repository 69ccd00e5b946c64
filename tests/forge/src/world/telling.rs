//! What hooks are to hear.
//!
//! The payload is made when something happens, as Gitea does, so that it shows the state of that
//! moment. Sending is `webhook`'s part; it drains [`World::outbox`].

use serde_json::Value;

use super::World;
use super::event::{Event, What};
use super::hook::{Happening, Place};
use super::ids::{CommentId, HookId, IssueId, RepoId, ReviewId, UserId};
use super::review::ReviewState;
use super::status::Status;
use crate::wire::payload;

/// The exact event, its coarse name, and what one subscribes to in order to hear it (gitea-facts §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventKind {
    pub(crate) exact: &'static str,
    pub(crate) coarse: &'static str,
    subscription: &'static str,
}

const fn kind(exact: &'static str, coarse: &'static str, subscription: &'static str) -> EventKind {
    EventKind {
        exact,
        coarse,
        subscription,
    }
}

const ISSUE_COMMENT: EventKind = kind("issue_comment", "issue_comment", "issue_comment");
const PULL_COMMENT: EventKind = kind(
    "pull_request_comment",
    "issue_comment",
    "pull_request_comment",
);
const PULL: EventKind = kind("pull_request", "pull_request", "pull_request");
const SYNC: EventKind = kind("pull_request_sync", "pull_request", "pull_request_sync");
const REQUEST: EventKind = kind(
    "pull_request_review_request",
    "pull_request",
    "pull_request_review_request",
);
const APPROVED: EventKind = kind(
    "pull_request_review_approved",
    "pull_request_approved",
    "pull_request_review",
);
const REJECTED: EventKind = kind(
    "pull_request_review_rejected",
    "pull_request_rejected",
    "pull_request_review",
);
const REMARK: EventKind = kind(
    "pull_request_review_comment",
    "pull_request_comment",
    "pull_request_review",
);
const PUSH: EventKind = kind("push", "push", "push");
const STATUS: EventKind = kind("status", "status", "status");
const DELETE: EventKind = kind("delete", "delete", "delete");
const REPOSITORY: EventKind = kind("repository", "repository", "repository");

/// What happened to a comment.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    Created,
    /// With the text from before.
    Edited(String),
    Deleted,
}

/// What a pull request's hooks hear.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    Opened,
    Closed,
    Reopened,
    Synchronized,
    Edited { field: &'static str, from: String },
    ReviewRequested(UserId),
}

impl World {
    /// Leaves one delivery for each active hook that listens, the repository's first.
    fn tell(&mut self, repo: RepoId, kind: EventKind, payload: &Value) {
        let Some(owner) = self.repos.get(&repo).map(|repo| repo.owner) else {
            return;
        };
        let Ok(body) = serde_json::to_vec_pretty(payload) else {
            return;
        };
        let places = [
            (Place::Repo(repo), "repository"),
            (Place::Owner(owner), "organization"),
        ];
        for (place, target) in places {
            let hooks = self
                .hooks
                .values()
                .filter(|hook| hook.place == place && hook.active);
            let listening = hooks.filter(|hook| hook.events.contains(kind.subscription));
            let made = listening.map(|hook| Happening {
                hook: hook.clone(),
                target,
                kind,
                body: body.clone(),
            });
            self.outbox.extend(made.collect::<Vec<_>>());
        }
    }

    /// Whether anybody would hear of it; payloads are not made for nobody.
    fn is_heard(&self, repo: RepoId) -> bool {
        let owner = self.repos.get(&repo).map(|repo| repo.owner);
        self.hooks.values().any(|hook| match hook.place {
            Place::Repo(place) => place == repo,
            Place::Owner(place) => Some(place) == owner,
        })
    }

    fn heard_repo(&self, issue: IssueId) -> Option<RepoId> {
        self.issues
            .get(&issue)
            .map(|issue| issue.repo)
            .filter(|repo| self.is_heard(*repo))
    }

    pub(in crate::world) fn tell_of_pull(&mut self, issue: IssueId, by: UserId, heard: Heard) {
        let Some(repo) = self.heard_repo(issue) else {
            return;
        };
        if self
            .issues
            .get(&issue)
            .is_none_or(|issue| issue.pull.is_none())
        {
            return;
        }
        let kind = match heard {
            Heard::Synchronized => SYNC,
            Heard::ReviewRequested(_) => REQUEST,
            _ => PULL,
        };
        let payload = payload::pull(self, issue, by, &heard);
        self.tell(repo, kind, &payload);
    }

    pub(in crate::world) fn tell_of_comment(
        &mut self,
        comment: CommentId,
        by: UserId,
        said: &Said,
    ) {
        if let Some(event) = self.events.get(&comment).cloned() {
            self.tell_of_comment_event(&event, by, said);
        }
    }

    pub(in crate::world) fn tell_of_deleted_comment(&mut self, gone: &Event, by: UserId) {
        if gone.what == What::Comment {
            self.tell_of_comment_event(gone, by, &Said::Deleted);
        }
    }

    /// Until 1.25 nobody hears of changes to a comment whose author is gone (gitea-facts §3.4).
    fn tell_of_comment_event(&mut self, event: &Event, by: UserId, said: &Said) {
        let Some(repo) = self.heard_repo(event.issue) else {
            return;
        };
        if self.habits.ghost_comment_fails && !self.users.contains_key(&event.author) {
            return;
        }
        let is_pull = self
            .issues
            .get(&event.issue)
            .is_some_and(|issue| issue.pull.is_some());
        let payload = payload::comment(self, event, by, said);
        self.tell(
            repo,
            if is_pull { PULL_COMMENT } else { ISSUE_COMMENT },
            &payload,
        );
    }

    pub(in crate::world) fn tell_of_review(&mut self, issue: IssueId, review: ReviewId) {
        let Some(repo) = self.heard_repo(issue) else {
            return;
        };
        let kind = match self.reviews.get(&review).map(|review| review.state) {
            Some(ReviewState::Approved) => APPROVED,
            Some(ReviewState::RequestChanges) => REJECTED,
            Some(ReviewState::Comment) => REMARK,
            _ => return,
        };
        let payload = payload::review(self, issue, review, kind.exact);
        self.tell(repo, kind, &payload);
    }

    pub(in crate::world) fn tell_of_status(&mut self, repo: RepoId, status: &Status) {
        if self.is_heard(repo) {
            let payload = payload::status(self, repo, status);
            self.tell(repo, STATUS, &payload);
        }
    }

    pub(in crate::world) fn tell_of_push(&mut self, push: &payload::Push<'_>) {
        if self.is_heard(push.repo) {
            let payload = payload::push(self, push);
            self.tell(push.repo, PUSH, &payload);
        }
    }

    pub(in crate::world) fn tell_of_deleted_branch(
        &mut self,
        repo: RepoId,
        branch: &str,
        by: UserId,
    ) {
        if self.is_heard(repo) {
            let payload = payload::deleted_branch(self, repo, branch, by);
            self.tell(repo, DELETE, &payload);
        }
    }

    pub(in crate::world) fn tell_of_deleted_repo(&mut self, repo: RepoId, by: UserId) {
        if self.is_heard(repo) {
            let payload = payload::deleted_repo(self, repo, by);
            self.tell(repo, REPOSITORY, &payload);
        }
    }

    /// What `POST …/hooks/{id}/tests` sends: a push that did not happen.
    pub(crate) fn test_hook(&mut self, hook: HookId, repo: RepoId, by: UserId) {
        let Some(row) = self.hooks.get(&hook).cloned() else {
            return;
        };
        let Some(main) = self
            .repos
            .get(&repo)
            .map(|repo| repo.default_branch.clone())
        else {
            return;
        };
        let Some(head) = self.branch_head(repo, &main).cloned() else {
            return;
        };
        let payload = payload::push(
            self,
            &payload::Push {
                repo,
                branch: &main,
                old: &head,
                new: &head,
                by,
            },
        );
        let Ok(body) = serde_json::to_vec_pretty(&payload) else {
            return;
        };
        if row.events.contains(PUSH.subscription) {
            let target = if matches!(row.place, Place::Repo(_)) {
                "repository"
            } else {
                "organization"
            };
            self.outbox.push_back(Happening {
                hook: row,
                target,
                kind: PUSH,
                body,
            });
        }
    }
}
