//! What a bot that observes would have posted: the statuses of the head commit, and its newest replies.
//!
//! Both may say who is in a team, so outsiders learn no more than which status would have which state.

use super::Site;
use super::markdown::{Html, blocks};
use crate::decide::record::PullRecord;
use crate::memo::{self, WouldSay};
use crate::model::{CommentId, Posted, PullRef, RepositoryId};
use state::{PullKey, StoreError};

/// Statuses, and replies, that are read at the most.
const MOST: usize = 500;
/// Replies that are shown, the newest.
const REPLIES: usize = 5;
/// The longest reply that is shown whole, in bytes: all of them fit into a page.
const LONGEST: usize = 4 * 1024;

/// What would stand in Gitea.
#[derive(Default)]
pub(super) struct Would {
    statuses: Vec<Posted>,
    replies: Vec<(CommentId, String)>,
}

/// A status that would be posted.
pub(super) struct StatusView {
    pub(super) context: String,
    pub(super) state: String,
    /// For those who may know.
    pub(super) description: Option<String>,
}

/// A reply that would be posted.
pub(super) struct ReplyView {
    /// Where that stands which it answers.
    pub(super) to: String,
    pub(super) says: Html,
}

impl Site {
    /// What is remembered of it.
    pub(super) async fn would(
        &self,
        key: PullKey,
        record: Option<&PullRecord>,
    ) -> Result<Would, StoreError> {
        let store = &*self.shared.store;
        let mut statuses = Vec::new();
        if let Some(head) = record.and_then(|record| record.pull.head.as_ref()) {
            let repository = RepositoryId::new(key.repository);
            let all = memo::of_unposted_status(repository, head, "");
            let all = memo::recall_all::<Posted>(store, &all, MOST).await?;
            statuses.extend(all.into_iter().map(|(_, posted)| posted));
        }
        let said = memo::all_of_pull::<WouldSay>(key);
        let said = memo::recall_all::<WouldSay>(store, &said, MOST).await?;
        let said = said.into_iter();
        let said = said.filter_map(|(key, WouldSay(body))| Some((memo::comment_of(&key)?, body)));
        let mut replies: Vec<_> = said.collect();
        replies.sort_by_key(|(comment, _)| std::cmp::Reverse(*comment));
        replies.truncate(REPLIES);
        Ok(Would { statuses, replies })
    }

    /// The replies as they are shown to members; to others none.
    pub(super) fn replies(&self, pull: &PullRef, would: &Would, inside: bool) -> Vec<ReplyView> {
        let shown = would.replies.iter().filter(|_| inside);
        let shown = shown.map(|(comment, body)| ReplyView {
            to: self.shared.gitea.comment_page(pull, *comment),
            says: blocks(spoken(body)),
        });
        shown.collect()
    }
}

impl Would {
    /// The statuses.
    pub(super) fn statuses(&self, inside: bool) -> Vec<StatusView> {
        let shown = self.statuses.iter().map(|status| StatusView {
            context: status.context.clone(),
            state: status.state.to_string(),
            description: inside.then(|| status.description.clone()),
        });
        shown.collect()
    }
}

/// What a reply says before the evidence, which is folded in it and stands on the page by itself.
fn spoken(body: &str) -> &str {
    let end = body.find("\n<").unwrap_or(body.len());
    let end = end.min(LONGEST);
    let text = &body[..body.floor_char_boundary(end)];
    text.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_shown_without_its_evidence() {
        let body = "**Yes.**\n\nNext: nothing.\n\n<details>\n<summary>Evidence</summary>\n";
        assert_eq!(spoken(body), "**Yes.**\n\nNext: nothing.");
        let long = "ü".repeat(LONGEST);
        assert_eq!(spoken(&long).len(), LONGEST);
        assert_eq!(spoken("a < b"), "a < b");
    }
}
