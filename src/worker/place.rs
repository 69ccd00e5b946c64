//! Where a pull request is now.
//!
//! A repository is its number. The name that an event or the record tells may lead on to another one,
//! after a rename or a transfer, or may have passed to another repository meanwhile; no event tells of
//! either. **Invariant:** nothing is read, and nothing said, in a repository with another number.

use super::errand::Errand;
use crate::gitea::{CallError, Session};
use crate::model::Pull;
use std::borrow::Cow;

/// A pull request where it is.
#[derive(Debug)]
pub(super) struct Here<'a> {
    /// The errand, which names that place.
    pub errand: Cow<'a, Errand>,
    /// The pull request.
    pub pull: Pull,
}

/// Why a pull request was not found.
#[derive(Debug)]
pub(super) enum Missing {
    /// It could not be read.
    Unread(CallError),
    /// Another repository has the name of its own, which is out of sight: nobody can be told there.
    Elsewhere,
}

/// Reads the pull request of an errand, where its repository is now.
///
/// # Errors
/// It was not found.
pub(super) async fn find<'a>(session: &Session, errand: &'a Errand) -> Result<Here<'a>, Missing> {
    let told = session.fetch_pull(&errand.pull).await;
    let left = match told {
        Ok(pull) if pull.repository.id == errand.repository() => {
            let errand = Cow::Borrowed(errand);
            return Ok(Here { errand, pull });
        }
        Ok(_) => None,
        Err(error) if error.has_left() => Some(error),
        Err(error) => return Err(Missing::Unread(error)),
    };
    let Some(moved) = follow(session, errand).await else {
        return Err(left.map_or(Missing::Elsewhere, Missing::Unread));
    };
    let pull = session.fetch_pull(&moved.pull).await;
    let pull = pull.map_err(Missing::Unread)?;
    if pull.repository.id != errand.repository() {
        return Err(Missing::Elsewhere);
    }
    let errand = Cow::Owned(moved);
    Ok(Here { errand, pull })
}

/// The errand with the name that its repository has now. `None`: it is out of sight.
pub(super) async fn follow(session: &Session, errand: &Errand) -> Option<Errand> {
    let now = session.fetch_repository_by_id(errand.repository()).await;
    let now = now.inspect_err(|error| {
        tracing::warn!(pull = %errand.pull, %error, "it is not where it was, and nowhere to be seen");
    });
    let mut moved = errand.clone();
    moved.pull.repo = now.ok()?.name;
    tracing::info!(was = %errand.pull, is = %moved.pull, "its repository has another name");
    Some(moved)
}
