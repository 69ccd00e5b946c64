//! Repositories.

use super::WireUser;
use crate::gitea::body::BodyError;
use crate::model::{RepoName, Repository, RepositoryId};
use jiff::Timestamp;
use serde::Deserialize;

/// A repository, by itself or within a pull request.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireRepository {
    id: u64,
    full_name: String,
    #[serde(default)]
    owner: Option<WireUser>,
    #[serde(default)]
    private: Option<bool>,
    #[serde(default)]
    internal: Option<bool>,
    #[serde(default)]
    archived: Option<bool>,
    created_at: Timestamp,
}

impl WireRepository {
    /// The repository.
    pub(in crate::gitea) fn repository(&self) -> Result<Repository, BodyError> {
        let name: RepoName = self.full_name.parse().map_err(|_| BodyError::Unreadable)?;
        Ok(Repository {
            id: RepositoryId::new(self.id),
            name,
            created_at: self.created_at,
            hidden: self.is_hidden(),
            archived: self.archived.unwrap_or_default(),
        })
    }

    /// Whether outsiders cannot read it. What is not said counts as open: a reply then reveals less.
    fn is_hidden(&self) -> bool {
        let owner = self
            .owner
            .as_ref()
            .and_then(|owner| owner.visibility.as_deref());
        self.private.unwrap_or_default()
            || self.internal.unwrap_or_default()
            || owner.is_some_and(|visibility| visibility != "public")
    }

    /// Whether it belongs to this owner, compared as Gitea does.
    pub(super) fn belongs_to(&self, owner: &str) -> bool {
        let login = self.owner.as_ref().and_then(WireUser::login);
        login.is_some_and(|login| login.to_lowercase() == owner.to_lowercase())
    }
}

/// A row of a list of repositories. `None`: somebody else's.
pub(in crate::gitea) fn listed_repository(
    json: &[u8],
    owner: &str,
) -> Result<Option<Repository>, BodyError> {
    let row: WireRepository = super::read(json)?;
    row.belongs_to(owner).then(|| row.repository()).transpose()
}

/// What the search for repositories answers.
#[derive(Deserialize)]
pub(in crate::gitea) struct WireSearch {
    #[serde(default)]
    data: Option<Vec<WireRepository>>,
}

impl WireSearch {
    /// Whether nothing was found: the page is beyond the last one.
    pub(in crate::gitea) fn is_empty(&self) -> bool {
        self.data.as_ref().is_none_or(Vec::is_empty)
    }

    /// All that were found.
    pub(in crate::gitea) fn all(&self) -> Result<Vec<Repository>, BodyError> {
        self.data
            .iter()
            .flatten()
            .map(WireRepository::repository)
            .collect()
    }

    /// The repositories of exactly this owner.
    pub(in crate::gitea) fn of_owner(&self, owner: &str) -> Result<Vec<Repository>, BodyError> {
        let rows = self
            .data
            .iter()
            .flatten()
            .filter(|row| row.belongs_to(owner));
        rows.map(WireRepository::repository).collect()
    }
}
