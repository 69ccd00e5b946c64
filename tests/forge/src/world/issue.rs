//! Issues; a pull request is an issue with a [`Pull`] in it.

use jiff::Timestamp;

use super::World;
use super::event::What;
use super::ids::{CommentId, IssueId, RepoId, UserId};
use super::pull::Pull;
use super::telling::Heard;

/// An issue or pull request.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) id: IssueId,
    pub(crate) repo: RepoId,
    pub(crate) number: i64,
    pub(crate) poster: UserId,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) open: bool,
    pub(crate) locked: bool,
    /// As shown: counted when a plain comment comes or goes, not when a review does.
    pub(crate) comments: i64,
    /// What was shown before the last count.
    pub(crate) comments_before: i64,
    /// Plain comments and reviews.
    pub(crate) conversation: i64,
    pub(crate) events: Vec<CommentId>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) closed: Option<Timestamp>,
    /// How often title or body were changed.
    pub(crate) content_version: i64,
    pub(crate) pull: Option<Pull>,
}

/// What a new issue is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewIssue<'a> {
    pub(crate) repo: RepoId,
    pub(crate) by: UserId,
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
}

impl Issue {
    /// Counts what came or went.
    pub(in crate::world) fn count(&mut self, what: &What, by: i64) {
        if matches!(what, What::Comment | What::Review(_)) {
            self.conversation += by;
        }
        if *what == What::Comment {
            self.comments_before = self.comments;
            self.comments = self.conversation;
        }
    }

    /// Whether it is a pull request whose head is in that repository.
    pub(crate) fn comes_from(&self, repo: RepoId) -> bool {
        self.pull
            .as_ref()
            .is_some_and(|pull| pull.head_repo == Some(repo))
    }
}

impl World {
    /// A plain issue.
    pub(crate) fn open_issue(&mut self, new: &NewIssue<'_>) -> IssueId {
        let id = self.insert_issue(new);
        self.notify_watchers(id, new.by, None);
        id
    }

    pub(in crate::world) fn insert_issue(&mut self, new: &NewIssue<'_>) -> IssueId {
        let id = self.next_issue();
        let now = self.now();
        let numbers = self.repos.get_mut(&new.repo).map(|repo| &mut repo.numbers);
        let number = numbers.map_or(1, |numbers| {
            let number = numbers.keys().next_back().map_or(1, |last| last + 1);
            numbers.insert(number, id);
            number
        });
        let issue = Issue {
            id,
            repo: new.repo,
            number,
            poster: new.by,
            title: new.title.to_owned(),
            body: new.body.to_owned(),
            open: true,
            locked: false,
            comments: 0,
            comments_before: 0,
            conversation: 0,
            events: Vec::new(),
            created: now,
            updated: now,
            closed: None,
            content_version: 0,
            pull: None,
        };
        self.issues.insert(id, issue);
        id
    }

    pub(crate) fn issue_numbered(&self, repo: RepoId, number: i64) -> Option<&Issue> {
        self.issues
            .get(self.repos.get(&repo)?.numbers.get(&number)?)
    }

    pub(crate) fn retitle(&mut self, issue: IssueId, by: UserId, title: &str) {
        let Some(row) = self.issues.get_mut(&issue).filter(|row| row.title != title) else {
            return;
        };
        let old = std::mem::replace(&mut row.title, title.to_owned());
        self.record(issue, by, What::Title(old.clone(), title.to_owned()));
        self.tell_of_pull(
            issue,
            by,
            Heard::Edited {
                field: "title",
                from: old,
            },
        );
    }

    pub(crate) fn rewrite(&mut self, issue: IssueId, by: UserId, body: &str) {
        let now = self.now();
        let Some(row) = self.issues.get_mut(&issue).filter(|row| row.body != body) else {
            return;
        };
        let old = std::mem::replace(&mut row.body, body.to_owned());
        row.content_version += 1;
        row.updated = now;
        self.tell_of_pull(
            issue,
            by,
            Heard::Edited {
                field: "body",
                from: old,
            },
        );
    }

    /// Closes or reopens; nothing happens when it is so already.
    pub(crate) fn set_open(&mut self, issue: IssueId, by: UserId, open: bool) {
        if let Some(repo) = self.issues.get(&issue).map(|row| row.repo) {
            self.with_old_count(repo, |world| world.change_open(issue, by, open));
        }
    }

    fn change_open(&mut self, issue: IssueId, by: UserId, open: bool) {
        let now = self.now();
        let Some(row) = self.issues.get_mut(&issue).filter(|row| row.open != open) else {
            return;
        };
        row.open = open;
        row.closed = (!open).then_some(now);
        self.record(issue, by, if open { What::Reopen } else { What::Close });
        self.tell_of_pull(
            issue,
            by,
            if open { Heard::Reopened } else { Heard::Closed },
        );
        self.notify_watchers(issue, by, None);
    }

    /// Locked (for that reason), only those who may write can comment; `None` unlocks.
    pub(crate) fn set_lock(&mut self, issue: IssueId, by: UserId, reason: Option<&str>) {
        let locked = reason.is_some();
        let Some(row) = self
            .issues
            .get_mut(&issue)
            .filter(|row| row.locked != locked)
        else {
            return;
        };
        row.locked = locked;
        let what = if locked { What::Lock } else { What::Unlock };
        self.record(issue, by, what.saying(reason.unwrap_or_default()));
    }
}
