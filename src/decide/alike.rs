//! Comments that waited and ask the same are answered together, in one reply.
//!
//! Alike are comments of one person that read the same. The newest of them is answered, and its reply
//! names the others. **Invariant:** whoever has a reply of the own already, such as that there is no
//! answer yet, has that one brought up to date, so no comment is left with half an answer.

use super::answer::Asked;
use super::reply::Addressee;
use crate::model::{CommentId, Digest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// Characters of a digest that tell one text from another here.
const SHORT: usize = 12;

/// A comment that the reply to another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The comment.
    pub comment: CommentId,
    /// The beginning of the digest of what it said.
    pub text: String,
}

impl Joined {
    /// A comment with this text.
    #[must_use]
    pub fn new(comment: CommentId, body: &str) -> Self {
        let text = Digest::of(body).as_str().chars().take(SHORT).collect();
        Self { comment, text }
    }

    /// Whether this is what a comment says now.
    #[must_use]
    pub fn says(&self, body: &str) -> bool {
        Digest::of(body).as_str().starts_with(&self.text)
    }
}

/// Puts those that are alike together: what is left has the others in `also`. `waited` are those that
/// may be joined, `replied` those that have a reply of their own.
#[must_use]
pub fn together(
    mut asked: Vec<Asked>,
    waited: &BTreeSet<CommentId>,
    replied: &HashSet<CommentId>,
) -> Vec<Asked> {
    // Those with a reply come first, then the newest, so that each finds its holder before it.
    asked.sort_by_key(|one| {
        let id = one.to.comment();
        let has_reply = id.is_some_and(|id| replied.contains(&id));
        (!has_reply, std::cmp::Reverse(id))
    });
    let mut left: Vec<Asked> = Vec::new();
    for one in asked {
        let joins = |id: &CommentId| waited.contains(id) && !replied.contains(id);
        let joining = one.to.comment().filter(joins);
        let is_holder = |other: &Asked| is_alike(other, &one) && has_waited(other, waited);
        let holder = joining.and_then(|_| left.iter().position(is_holder));
        match joining.zip(holder.and_then(|at| left.get_mut(at))) {
            Some((id, holder)) => join(holder, id, &one),
            None => left.push(one),
        }
    }
    left.sort_by_key(|one| one.to.comment());
    left
}

fn join(holder: &mut Asked, id: CommentId, one: &Asked) {
    holder.also.retain(|joined| joined.comment != id);
    holder.also.push(Joined::new(id, &one.body));
    holder.also.sort_by_key(|joined| joined.comment);
}

fn has_waited(one: &Asked, waited: &BTreeSet<CommentId>) -> bool {
    matches!(&one.to, Addressee::Comment(id) if waited.contains(id))
}

fn is_alike(one: &Asked, other: &Asked) -> bool {
    one.author == other.author && one.reading == other.reading
}
