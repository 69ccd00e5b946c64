//! What can happen to a webhook between the forge and whoever hears it.
//!
//! **Invariant:** what happens to a delivery depends on the seed, on what it is about and on how many
//! like it there were, and on nothing that others do meanwhile: a bot that answers sooner or later, and is
//! told of by deliveries of its own, changes nothing for those of people.

use std::collections::HashMap;
use std::time::Duration;

use sha1::{Digest, Sha1};

use crate::odds::Odds;
use crate::webhook::Delivery;

/// How often which mishap strikes deliveries, each by itself; none, unless told.
#[derive(Debug, Clone)]
pub struct Mishaps {
    seed: u64,
    only: String,
    never: u64,
    twice: u64,
    overtaken: u64,
    late: (u64, Duration),
    counts: HashMap<String, u64>,
}

/// How one copy of a delivery travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trip {
    Straight,
    /// It leaves when a later one about the same thing has arrived.
    Overtaken,
    Late(Duration),
}

/// The copies that are sent; one that is lost has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) trips: Vec<Trip>,
    /// A second one has an id of its own, as one that is sent again by hand, and else the same, as
    /// one that a proxy sends again.
    pub(crate) anew: bool,
}

impl Fate {
    pub(crate) fn straight() -> Self {
        Self {
            trips: vec![Trip::Straight],
            anew: false,
        }
    }

    pub(crate) fn lost() -> Self {
        Self {
            trips: Vec::new(),
            anew: false,
        }
    }
}

impl Mishaps {
    /// Which deliveries are struck is the same with every run of one seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            only: String::new(),
            never: 0,
            twice: 0,
            overtaken: 0,
            late: (0, Duration::ZERO),
            counts: HashMap::new(),
        }
    }

    /// Only deliveries whose exact event begins so are struck, e.g. `pull_request_comment`.
    #[must_use]
    pub fn only(mut self, event: &str) -> Self {
        event.clone_into(&mut self.only);
        self
    }

    /// So many of a hundred are lost.
    #[must_use]
    pub fn never(mut self, percent: u64) -> Self {
        self.never = percent;
        self
    }

    /// So many of a hundred come twice; of those, one half under the same id.
    #[must_use]
    pub fn twice(mut self, percent: u64) -> Self {
        self.twice = percent;
        self
    }

    /// So many of a hundred come after a later one to the same hook about the same pull request or issue;
    /// when none comes any more, at the latest while somebody waits in [`crate::Forge::deliveries_idle`].
    #[must_use]
    pub fn overtaken(mut self, percent: u64) -> Self {
        self.overtaken = percent;
        self
    }

    /// So many of a hundred come so much later.
    #[must_use]
    pub fn late(mut self, percent: u64, by: Duration) -> Self {
        self.late = (percent, by);
        self
    }

    /// What becomes of the next delivery.
    pub(crate) fn fate(&mut self, delivery: &Delivery) -> Fate {
        if !delivery.event.starts_with(&self.only) {
            return Fate::straight();
        }
        let mut odds = self.odds(delivery);
        if odds.strike(self.never) {
            return Fate::lost();
        }
        let copies = 1 + usize::from(odds.strike(self.twice));
        Fate {
            anew: odds.strike(50),
            trips: (0..copies).map(|_| self.trip(&mut odds)).collect(),
        }
    }

    fn trip(&self, odds: &mut Odds) -> Trip {
        let (late, by) = self.late;
        if odds.strike(self.overtaken) {
            Trip::Overtaken
        } else if odds.strike(late) {
            Trip::Late(by)
        } else {
            Trip::Straight
        }
    }

    fn odds(&mut self, delivery: &Delivery) -> Odds {
        let sender = &delivery.payload["sender"]["login"];
        let like = format!("{} {} {sender}", delivery.hook, delivery.event);
        let count = self.counts.entry(like.clone()).or_default();
        *count += 1;
        let hash = Sha1::digest(format!("{} {like} {count}", self.seed));
        let bytes = hash.iter().take(8);
        Odds::of(bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ids::HookId;
    use serde_json::json;

    fn delivery(sender: &str, event: &str) -> Delivery {
        Delivery {
            hook: HookId(1),
            event: event.to_owned(),
            uuid: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            payload: json!({"sender": {"login": sender}}),
            status: None,
            answer: String::new(),
            lost: false,
        }
    }

    fn bad(seed: u64) -> Mishaps {
        let late = Duration::from_millis(1);
        let mishaps = Mishaps::with_seed(seed).never(20).twice(20);
        mishaps.overtaken(20).late(20, late)
    }

    fn fates(mut mishaps: Mishaps, between: usize) -> Vec<Fate> {
        let next = |_| {
            for _ in 0..between {
                mishaps.fate(&delivery("refire", "issue_comment"));
            }
            mishaps.fate(&delivery("bob", "issue_comment"))
        };
        (0..1_000).map(next).collect()
    }

    #[test]
    fn one_seed_has_one_history_whatever_others_do_meanwhile() {
        assert_eq!(fates(bad(7), 0), fates(bad(7), 3));
        assert_ne!(fates(bad(7), 0), fates(bad(8), 0));
    }

    #[test]
    fn each_strikes_as_often_as_it_is_told() {
        let fates = fates(bad(7), 0);
        let times = |so: fn(&Fate) -> bool| fates.iter().filter(|fate| so(fate)).count();
        let lost = times(|fate| fate.trips.is_empty());
        assert!((150..=250).contains(&lost), "{lost} of 1,000 are lost");
        let twice = times(|fate| fate.trips.len() == 2);
        assert!((110..=210).contains(&twice), "{twice} of 800 come twice");
        let anew = times(|fate| fate.trips.len() == 2 && fate.anew);
        assert!((50..=110).contains(&anew), "{anew} under another id");
        let overtaken = times(|fate| fate.trips.first() == Some(&Trip::Overtaken));
        assert!((110..=210).contains(&overtaken), "{overtaken} of 800");
        let late = times(|fate| matches!(fate.trips.first(), Some(Trip::Late(_))));
        assert!((80..=180).contains(&late), "{late} of 640 are late");
    }

    #[test]
    fn nothing_happens_to_events_that_are_not_meant() {
        let mut mishaps = Mishaps::with_seed(1)
            .never(100)
            .only("pull_request_comment");
        let mut fate = |event| mishaps.fate(&delivery("bob", event));
        assert_eq!(fate("pull_request_comment"), Fate::lost());
        assert_eq!(fate("pull_request_sync"), Fate::straight());
    }
}
