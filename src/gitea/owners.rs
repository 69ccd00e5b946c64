//! All repositories of an owner, for the pattern `owner/*`.

use super::{
    body::BodyError,
    error::{CallError, ErrorKind},
    pages::Walk,
    session::{Ask, Session},
    splitter::Element,
    wire::{self, WireSearch},
};
use crate::model::{Account, Repository, TeamName};

const OF_ORGANISATION: &str = "/orgs/{org}/repos";
const SEARCH: &str = "/repos/search";
/// No owner has more repositories than this many pages.
const PAGES: u64 = 200;
const MEMBERS: &str = "/teams/{id}/members";

impl Session {
    /// All repositories of an owner that the reading identity may see.
    ///
    /// # Errors
    /// Any [`CallError`]. An owner that does not exist has no repositories.
    pub async fn fetch_repositories(&self, owner: &str) -> Result<Vec<Repository>, CallError> {
        let values = [owner];
        let walk = Walk {
            by: self.reader(),
            ask: Ask::of(OF_ORGANISATION, &values),
            pages: PAGES,
            grows: false,
        };
        let parse = |row: Element<'_>| wire::listed_repository(row.json, owner);
        let found: Vec<Repository> = match self.rows(walk, parse).await {
            // A person, or a token without read:organization.
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => {
                self.search_repositories(owner).await
            }
            answer => answer.map(|(rows, _)| rows.into_iter().flatten().collect()),
        }?;
        if let Some(first) = found.first() {
            self.saw_owner_of(&first.name);
        }
        Ok(found)
    }

    /// The way that needs no scope but `repository`: the search takes `owner/` for a part of the
    /// owner's name, so that others' repositories are to be left out.
    async fn search_repositories(&self, owner: &str) -> Result<Vec<Repository>, CallError> {
        self.search(&format!("{owner}/"), |found| found.of_owner(owner))
            .await
    }

    /// All repositories of all owners that the reading identity may see.
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn fetch_all_repositories(&self) -> Result<Vec<Repository>, CallError> {
        self.search("", WireSearch::all).await
    }

    async fn search(
        &self,
        words: &str,
        rows: impl Fn(&WireSearch) -> Result<Vec<Repository>, BodyError>,
    ) -> Result<Vec<Repository>, CallError> {
        let mut repositories = Vec::new();
        for page in 1..=PAGES {
            let query = [
                ("q", words.to_owned()),
                ("sort", "id".to_owned()),
                ("page", page.to_string()),
                ("limit", "50".to_owned()),
            ];
            let ask = Ask {
                route: SEARCH,
                values: &[],
                query: &query,
            };
            let found: WireSearch = self.get(self.reader(), ask).await?;
            if found.is_empty() {
                break;
            }
            repositories.extend(rows(&found).map_err(|_| self.senseless(SEARCH))?);
        }
        Ok(repositories)
    }

    /// Up to 50 members of a team, to name who could help. `None`: no identity may see them.
    pub async fn fetch_members(&self, team: &TeamName) -> Option<Vec<Account>> {
        let id = self.resolve(team).await.ok()?.to_string();
        let values = [id.as_str()];
        for by in self.team_askers() {
            let walk = Walk {
                by,
                ask: Ask::of(MEMBERS, &values),
                pages: 1,
                grows: false,
            };
            let members = self
                .rows(walk, |row: Element<'_>| wire::member(row.json))
                .await;
            if let Ok((members, _)) = members {
                return Some(members);
            }
        }
        None
    }
}
