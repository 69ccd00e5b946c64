//! What truly happened: the world after every single change, as the stand-in itself shows it.
//!
//! **Invariant:** nothing here comes from the bot, but for which deliveries it acknowledged.

use crate::history::BASES;
use forge::{Comment, CommentId, Delivery, EntryRow, PullHandle, PullRow, ReviewRow};
use std::collections::{BTreeMap, BTreeSet};

/// Members of each team.
pub(crate) type Teams = BTreeMap<&'static str, BTreeSet<String>>;

/// A pull request as it was at one moment.
#[derive(Clone, Debug)]
pub(crate) struct PullThen {
    pub(crate) row: PullRow,
    pub(crate) entries: Vec<EntryRow>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) reviews: Vec<ReviewRow>,
}

impl PullThen {
    /// Looks at it.
    pub(crate) fn of(pull: &PullHandle) -> Self {
        Self {
            row: pull.look(),
            entries: pull.entries(),
            comments: pull.comments(),
            reviews: pull.reviews(),
        }
    }

    /// Open, and into a branch that is guarded.
    pub(crate) fn is_guarded(&self) -> bool {
        self.row.open && self.row.base != BASES[2]
    }
}

/// The world at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// In the order of their opening.
    pub(crate) pulls: Vec<PullThen>,
    pub(crate) teams: Teams,
    /// How many stores had been lost.
    pub(crate) stores_lost: usize,
    /// Whether a sweep has just ended and the bot was at rest, so that it has seen all of this.
    pub(crate) swept: bool,
}

/// What the bot acknowledged to have heard since its store was last lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Comments with the text of their `created` event.
    pub(crate) created: BTreeMap<i64, String>,
    /// Comments with an `edited` event.
    pub(crate) edited: BTreeSet<i64>,
}

impl Heard {
    /// A delivery was acknowledged.
    pub(crate) fn hear(&mut self, delivery: &Delivery) {
        let payload = &delivery.payload;
        let Some(id) = payload["comment"]["id"].as_i64() else {
            return;
        };
        let body = payload["comment"]["body"].as_str().unwrap_or_default();
        match payload["action"].as_str() {
            Some("created") => drop(self.created.insert(id, body.to_owned())),
            Some("edited") => drop(self.edited.insert(id)),
            _ => {}
        }
    }
}

/// All moments, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) moments: Vec<Moment>,
    /// The entries that opening a pull request made: nobody can have looked at what was before.
    pub(crate) openings: BTreeSet<CommentId>,
}

impl Log {
    /// Every commit that ever was the head of a pull request.
    pub(crate) fn heads(&self) -> BTreeSet<String> {
        let pulls = self.moments.iter().flat_map(|moment| &moment.pulls);
        pulls.map(|pull| pull.row.head.clone()).collect()
    }

    /// The world now.
    pub(crate) fn now(&self) -> &Moment {
        self.moments.last().expect("something has happened")
    }
}
