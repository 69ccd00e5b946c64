//! The addresses of Gitea's web pages, which people open.

use super::path::path;
use crate::model::{CommentId, PullRef, RepoName, TeamName};
use std::sync::Arc;

/// Where Gitea's pages are.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The address that people use, without a slash at its end.
    base: Arc<str>,
    /// Where the bot's own pages are, likewise. `None`: nowhere.
    own: Option<Arc<str>>,
}

impl Pages {
    /// The pages of the Gitea at this address, which ends without a slash.
    pub(super) fn at(base: &str) -> Self {
        Self {
            base: base.into(),
            own: None,
        }
    }

    /// The same with pages of the bot's own.
    pub(super) fn with_own(&mut self, base: &str) {
        self.own = Some(base.into());
    }

    /// Where they begin, without a slash at its end.
    pub(super) fn base(&self) -> &str {
        &self.base
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

    /// Where people read why its gates stand as they do: a page of ours has the path of Gitea's.
    pub(super) fn explanation(&self, pull: &PullRef) -> String {
        let base = self.own.as_ref().unwrap_or(&self.base);
        Self::at(base).pull(pull)
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
