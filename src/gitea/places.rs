//! The addresses of Gitea's web pages, which people open.

use super::path::path;
use crate::model::{CommentId, PullRef, RepoName, TeamName};
use std::sync::Arc;

/// Where Gitea's pages are.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The address that people use, without a slash at its end.
    base: Arc<str>,
}

impl Pages {
    /// The pages of the Gitea at this address, which ends without a slash.
    pub(super) fn at(base: &str) -> Self {
        Self { base: base.into() }
    }

    pub(super) fn team(&self, team: &TeamName) -> String {
        self.page("/org/{org}/teams/{team}", &[team.org(), team.team()])
    }

    pub(super) fn repository(&self, repo: &RepoName) -> String {
        self.page("/{owner}/{repo}", &[repo.owner(), repo.name()])
    }

    /// Who may do what in a repository.
    pub(super) fn access(&self, repo: &RepoName) -> String {
        let values = [repo.owner(), repo.name()];
        self.page("/{owner}/{repo}/settings/collaboration", &values)
    }

    pub(super) fn pull(&self, pull: &PullRef) -> String {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        self.page("/{owner}/{repo}/pulls/{number}", &values)
    }

    pub(super) fn comment(&self, pull: &PullRef, comment: CommentId) -> String {
        format!("{}#issuecomment-{comment}", self.pull(pull))
    }

    /// Where an account's own tokens are issued.
    pub(super) fn tokens(&self) -> String {
        format!("{}/user/settings/applications", self.base)
    }

    /// Where an account enrols its second factor.
    pub(super) fn security(&self) -> String {
        format!("{}/user/settings/security", self.base)
    }

    /// Where a site administrator sees all accounts.
    pub(super) fn accounts(&self) -> String {
        format!("{}/-/admin/users", self.base)
    }

    fn page(&self, route: &'static str, values: &[&str]) -> String {
        let path = path(route, values).unwrap_or_default();
        format!("{}{path}", self.base)
    }
}
