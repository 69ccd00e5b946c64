//! Reactions to comments; they change no times and send no webhooks (gitea-facts §3.5).

use jiff::Timestamp;

use super::World;
use super::ids::{CommentId, UserId};

/// The reactions that Gitea allows unless configured otherwise.
pub(crate) const ALLOWED: [&str; 8] = [
    "+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes",
];

/// One user's reaction.
#[derive(Debug, Clone)]
pub(crate) struct Reaction {
    pub(crate) user: UserId,
    pub(crate) content: String,
    pub(crate) created: Timestamp,
}

impl World {
    /// The reaction, and whether it is new.
    pub(crate) fn react(
        &mut self,
        comment: CommentId,
        user: UserId,
        content: &str,
    ) -> Option<(Reaction, bool)> {
        let created = self.now();
        let row = self.events.get_mut(&comment)?;
        let mut own = row
            .reactions
            .iter()
            .filter(|reaction| reaction.user == user);
        if let Some(old) = own.find(|reaction| reaction.content == content) {
            return Some((old.clone(), false));
        }
        let reaction = Reaction {
            user,
            content: content.to_owned(),
            created,
        };
        row.reactions.push(reaction.clone());
        Some((reaction, true))
    }

    pub(crate) fn unreact(&mut self, comment: CommentId, user: UserId, content: &str) {
        if let Some(row) = self.events.get_mut(&comment) {
            row.reactions
                .retain(|reaction| !(reaction.user == user && reaction.content == content));
        }
    }
}
