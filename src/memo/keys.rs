//! The keys under which memos stand: what each is about, and the way back from a key to that.

use super::{Kind, WOULD_POST};
use crate::model::{CommentId, Posted, PullNumber, RepositoryId, Sha, UserId};
use state::{MemoKey, PullKey};

/// Under what everything about one pull request (or issue) stands: the repository's number, which stays
/// when its name does not, and its own.
#[must_use]
pub const fn pull_key(repository: RepositoryId, number: PullNumber) -> PullKey {
    PullKey {
        repository: repository.get(),
        number: number.get(),
    }
}

/// The beginning of all keys of a kind that belong to one pull request.
#[must_use]
pub const fn all_of_pull<K: Kind>(pull: PullKey) -> MemoKey {
    MemoKey {
        repository: pull.repository,
        pull: Some(pull.number),
        kind: K::KIND,
        id: Vec::new(),
    }
}

/// The comment that a key made by [`of_comment`] is about.
#[must_use]
pub fn comment_of(key: &MemoKey) -> Option<CommentId> {
    let id: [u8; 8] = key.id.as_slice().try_into().ok()?;
    Some(CommentId::new(u64::from_be_bytes(id)))
}

/// The text that a key made by [`of_text`] is about.
#[must_use]
pub fn text_of(key: &MemoKey) -> Option<String> {
    String::from_utf8(key.id.clone()).ok()
}

/// The key of what is known about one comment.
#[must_use]
pub fn of_comment<K: Kind>(pull: PullKey, comment: CommentId) -> MemoKey {
    MemoKey {
        id: comment.get().to_be_bytes().to_vec(),
        ..all_of_pull::<K>(pull)
    }
}

/// The key of an answer to something that is not a comment, named by a digest.
#[must_use]
pub fn of_text<K: Kind>(pull: PullKey, digest: &str) -> MemoKey {
    MemoKey {
        id: digest.as_bytes().to_vec(),
        ..all_of_pull::<K>(pull)
    }
}

/// The key of what is known about one person on a pull request.
#[must_use]
pub fn of_person<K: Kind>(pull: PullKey, person: UserId) -> MemoKey {
    MemoKey {
        id: person.get().to_be_bytes().to_vec(),
        ..all_of_pull::<K>(pull)
    }
}

/// The key of what is known about one person in a whole repository.
#[must_use]
pub fn of_person_in<K: Kind>(repository: RepositoryId, person: UserId) -> MemoKey {
    MemoKey {
        id: person.get().to_be_bytes().to_vec(),
        ..of_repository::<K>(repository)
    }
}

/// The key of a status; with an empty context the beginning of all keys of that commit.
#[must_use]
pub fn of_status(repository: RepositoryId, sha: &Sha, context: &str) -> MemoKey {
    let id = [sha.as_str().as_bytes(), b"\0", context.as_bytes()].concat();
    MemoKey {
        repository: repository.get(),
        pull: None,
        kind: Posted::KIND,
        id,
    }
}

/// The same for a status that would have been posted by a bot that observes.
#[must_use]
pub fn of_unposted_status(repository: RepositoryId, sha: &Sha, context: &str) -> MemoKey {
    MemoKey {
        kind: WOULD_POST,
        ..of_status(repository, sha, context)
    }
}

/// The key of what is known about a whole repository.
#[must_use]
pub const fn of_repository<K: Kind>(repository: RepositoryId) -> MemoKey {
    MemoKey {
        repository: repository.get(),
        pull: None,
        kind: K::KIND,
        id: Vec::new(),
    }
}

/// The key of what is known about the bot itself: Gitea's repositories begin at 1.
#[must_use]
pub const fn of_everything<K: Kind>() -> MemoKey {
    of_repository::<K>(RepositoryId::new(0))
}
