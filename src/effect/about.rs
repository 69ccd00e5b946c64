//! What is remembered of a reply is kept under what the reply answers.

use crate::decide::reply::Addressee;
use crate::memo::{self, Kind};
use state::{MemoKey, PullKey};

/// How the text of a notice's key begins; a review's is a digest.
const NOTICE: &str = "notice-";

/// The key of what is known about a reply to somebody on a pull request.
pub(crate) fn about<K: Kind>(pull: PullKey, to: &Addressee) -> MemoKey {
    match to {
        Addressee::Comment(id) => memo::of_comment::<K>(pull, *id),
        Addressee::Review(digest) => memo::of_text::<K>(pull, digest),
        Addressee::All(notice) => memo::of_text::<K>(pull, &format!("{NOTICE}{notice}")),
    }
}

/// The inverse of [`about`]. `None`: this is no such key.
pub(super) fn addressee(key: &MemoKey) -> Option<Addressee> {
    if let Some(comment) = memo::comment_of(key) {
        return Some(Addressee::Comment(comment));
    }
    let text = memo::text_of(key)?;
    Some(match text.strip_prefix(NOTICE) {
        Some(notice) => Addressee::All(notice.to_owned()),
        None => Addressee::Review(text),
    })
}
