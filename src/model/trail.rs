//! Where something comes from: ids that logs name, from the delivery to the effect. They decide nothing.

use super::CommentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};

/// So many ids of one kind are named; a turn may answer hundreds of comments.
const MOST: usize = 4;

/// The longest id of a delivery that is kept; Gitea's have 36 characters.
const LONGEST: usize = 64;

/// The id that Gitea gave to a delivery. It is not signed, so that it is good for logs only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(String);

impl DeliveryId {
    /// The id in a header. `None`: whatever that is, it is no id that a line of a log may hold.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an evaluation, and everything that follows from it, comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The evaluation. `None`: it does not come from one.
    #[serde(default)]
    pub evaluation: Option<u64>,
    /// The first deliveries that it answers.
    #[serde(default)]
    pub deliveries: Vec<DeliveryId>,
    /// The first comments that it answers.
    #[serde(default)]
    pub comments: Vec<CommentId>,
    /// When that was asked which an effect answers, by our clock. `None`: it answers nothing.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
}

impl Trail {
    /// Adds what an event names, as long as there is room.
    pub fn add(&mut self, delivery: Option<&DeliveryId>, comment: Option<CommentId>) {
        add(&mut self.deliveries, delivery.cloned());
        add(&mut self.comments, comment);
    }

    /// The deliveries for a line of a log. `None`: there is none.
    #[must_use]
    pub fn delivery(&self) -> Option<String> {
        listed(&self.deliveries)
    }

    /// The comments for a line of a log. `None`: there is none.
    #[must_use]
    pub fn comment(&self) -> Option<String> {
        listed(&self.comments)
    }
}

fn add<T: PartialEq>(ids: &mut Vec<T>, id: Option<T>) {
    ids.extend(id.filter(|id| !ids.contains(id)));
    ids.truncate(MOST);
}

fn listed<T: Display>(ids: &[T]) -> Option<String> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_break_a_line_is_none() {
        assert!(DeliveryId::parse("4e2b7e0a-0d0c-4d0e-8a3c-000000000000").is_some());
        for wrong in ["", "a b", "a\nb", "a\"b", "a,b", &"a".repeat(LONGEST + 1)] {
            assert_eq!(DeliveryId::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_trail_names_the_first_few_once() {
        let mut trail = Trail::default();
        let delivery = DeliveryId::parse("one");
        for comment in 1..9 {
            trail.add(delivery.as_ref(), Some(CommentId::new(comment)));
        }
        assert_eq!(trail.delivery().as_deref(), Some("one"));
        assert_eq!(trail.comment().as_deref(), Some("1,2,3,4"));
        assert_eq!(Trail::default().comment(), None);
    }

    #[test]
    fn what_was_queued_without_a_trail_has_none() {
        let trail: Trail = serde_json::from_str("{}").unwrap();
        assert_eq!(trail, Trail::default());
    }
}
