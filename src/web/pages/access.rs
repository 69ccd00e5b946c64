//! What somebody may see: what Gitea shows to that account, asked with its token and remembered for a
//! minute.
//!
//! **Invariant:** the bot's own tokens decide nothing here, and what one account was shown is never
//! taken for what another may see.

use super::Site;
use super::place;
use super::session::Session;
use crate::gitea::{PullSeen, Unheard};
use crate::model::{PullRef, RepoName, RepositoryId};
use std::sync::Arc;
use std::time::Instant;

/// A pull request that may be seen, and by whom.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// The pull request.
    pub(super) pull: PullSeen,
    organisations: Arc<[String]>,
}

impl Sight {
    /// Whether the visitor belongs to an organisation.
    pub(super) fn is_member_of(&self, organisation: &str) -> bool {
        self.organisations.contains(&organisation.to_lowercase())
    }
}

/// Why nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// It is not there, or not for this account: the two are never told apart.
    Closed,
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// It has another name now.
    Moved(PullRef),
    /// Gitea did not answer.
    Away,
    /// This session has asked too much.
    TooMany,
}

impl Site {
    /// Whether a pull request may be seen.
    pub(super) async fn sight(&self, session: &Session, pull: &PullRef) -> Result<Sight, Barred> {
        let name = pull.to_string().to_lowercase();
        let seen = match session.pulls.get(&name) {
            Some(seen) => seen,
            None => {
                let _place = self.question(session).await?;
                let seen = session.visitor.fetch_pull(pull).await;
                if is_lasting(seen.as_ref()) {
                    session.pulls.put(name, self.soon(), seen.clone());
                }
                seen
            }
        };
        let pull = seen.map_err(|why| self.barred(session, why))?;
        Ok(Sight {
            pull,
            organisations: self.organisations(session).await?,
        })
    }

    /// Whether a repository may be seen, and is still the one that had this name.
    pub(super) async fn may_see(
        &self,
        session: &Session,
        repository: RepositoryId,
        repo: &RepoName,
    ) -> Result<bool, Barred> {
        let name = repo.to_string().to_lowercase();
        let seen = match session.repositories.get(&name) {
            Some(seen) => seen,
            None => {
                let _place = self.question(session).await?;
                let seen = session.visitor.fetch_repository(repo).await;
                if is_lasting(seen.as_ref()) {
                    session.repositories.put(name, self.soon(), seen.clone());
                }
                seen
            }
        };
        match seen {
            Ok(id) => Ok(id == repository),
            Err(Unheard::Closed | Unheard::Moved(_)) => Ok(false),
            Err(why) => Err(self.barred(session, why)),
        }
    }

    /// The organisations of the visitor. What could not be found out is none: less is shown.
    async fn organisations(&self, session: &Session) -> Result<Arc<[String]>, Barred> {
        const ALL: &str = "";
        if let Some(known) = session.organisations.get(ALL) {
            return Ok(known);
        }
        let _place = self.question(session).await?;
        let found: Arc<[String]> = match session.visitor.fetch_organisations().await {
            Ok(found) => found.into(),
            Err(Unheard::SignedOut) => return Err(self.barred(session, Unheard::SignedOut)),
            Err(Unheard::Away) => return Ok(Arc::default()),
            Err(_) => Arc::default(),
        };
        let row = Arc::clone(&found);
        session.organisations.put(ALL.to_owned(), self.soon(), row);
        Ok(found)
    }

    /// A place among those who ask Gitea for visitors, so that they never take all of the bot's.
    pub(super) async fn question(
        &self,
        session: &Session,
    ) -> Result<tokio::sync::SemaphorePermit<'_>, Barred> {
        if !session.questions.spend() {
            return Err(Barred::TooMany);
        }
        self.questions.acquire().await.map_err(|_| Barred::Away)
    }

    pub(super) fn soon(&self) -> Instant {
        Instant::now() + self.shared.tempo.seen
    }

    /// A token that is not good any more ends its session.
    fn barred(&self, session: &Session, why: Unheard) -> Barred {
        match why {
            Unheard::Closed => Barred::Closed,
            Unheard::SignedOut => {
                self.sessions.take(&session.id);
                Barred::SignedOut
            }
            Unheard::Moved(to) => moved(&to).map_or(Barred::Closed, Barred::Moved),
            Unheard::Away => Barred::Away,
        }
    }
}

/// Whether an answer is one for a minute.
fn is_lasting<T>(seen: Result<&T, &Unheard>) -> bool {
    !matches!(seen, Err(Unheard::Away | Unheard::SignedOut))
}

/// The pull request that a path of the API names.
fn moved(to: &str) -> Option<PullRef> {
    match place::Place::of(to.strip_prefix("/repos")?) {
        place::Place::Pull(pull) => Some(pull),
        place::Place::Index => None,
    }
}
