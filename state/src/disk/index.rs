//! What waits, in memory: which items of which pull request, and the order of
//! the effects.
//!
//! **Invariant:** it shows what is on disk, and nothing that is not: changes
//! are published after the flush that made them durable.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{Millis, PullKey, Stats};

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Index {
    items: BTreeMap<PullKey, BTreeMap<u64, Millis>>,
    lanes: BTreeMap<Vec<u8>, Lane>,
}

/// The effects of one lane, in the order in which they are performed.
type Lane = BTreeMap<(u8, u64), Slot>;

/// Where an effect is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) lane: Vec<u8>,
    pub(super) rank: u8,
    pub(super) id: u64,
}

/// What the order depends on, beside the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) pull: PullKey,
    pub(super) after: Option<Vec<u8>>,
    pub(super) queued_at: Millis,
    pub(super) not_before: Millis,
    pub(super) maybe_performed: bool,
}

/// A difference that a transaction has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// An item waits.
    Arrived { pull: PullKey, id: u64, at: Millis },
    /// An item waits no more.
    Left {
        pull: PullKey,
        id: u64,
        /// The key of its identity.
        identity: Vec<u8>,
    },
    /// An effect is queued, in place of another.
    Queued {
        place: Place,
        slot: Slot,
        replaces: Option<Place>,
    },
    /// An effect is queued no more.
    Dropped(Place),
    /// An effect was tried and is to be tried again.
    Postponed { place: Place, until: Millis },
}

/// Effects to be handed out, and when to ask again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picked {
    /// Their numbers, the oldest first, and whether each was maybe performed.
    pub(super) effects: Vec<(u64, bool)>,
    pub(super) next: Option<Millis>,
}

impl Index {
    pub(super) fn publish(&mut self, change: Change) {
        match change {
            Change::Arrived { pull, id, at } => {
                self.items.entry(pull).or_default().insert(id, at);
            }
            Change::Left { pull, id, .. } => self.remove_item(pull, id),
            Change::Queued {
                place,
                mut slot,
                replaces,
            } => {
                let replaced = replaces.and_then(|replaced| self.remove_slot(&replaced));
                slot.maybe_performed |= replaced.is_some_and(|replaced| replaced.maybe_performed);
                self.lanes
                    .entry(place.lane)
                    .or_default()
                    .insert((place.rank, place.id), slot);
            }
            Change::Dropped(place) => {
                self.remove_slot(&place);
            }
            Change::Postponed { place, until } => self.put_off(&place, until),
        }
    }

    fn remove_item(&mut self, pull: PullKey, id: u64) {
        if let Some(items) = self.items.get_mut(&pull) {
            items.remove(&id);
            if items.is_empty() {
                self.items.remove(&pull);
            }
        }
    }

    fn remove_slot(&mut self, place: &Place) -> Option<Slot> {
        let lane = self.lanes.get_mut(&place.lane)?;
        let slot = lane.remove(&(place.rank, place.id));
        if lane.is_empty() {
            self.lanes.remove(&place.lane);
        }
        slot
    }

    fn put_off(&mut self, place: &Place, until: Millis) {
        let lane = self.lanes.get_mut(&place.lane);
        if let Some(slot) = lane.and_then(|lane| lane.get_mut(&(place.rank, place.id))) {
            slot.not_before = until;
            slot.maybe_performed = true;
        }
    }

    pub(super) fn waiting(&self) -> Vec<PullKey> {
        self.items.keys().copied().collect()
    }

    /// The oldest items of a pull request.
    pub(super) fn items(&self, pull: PullKey, limit: usize) -> Vec<u64> {
        let items = self.items.get(&pull).into_iter().flat_map(BTreeMap::keys);
        items.take(limit).copied().collect()
    }

    /// Chooses what can be performed now. What is handed out once may have
    /// been performed when it is handed out again, or replaced.
    pub(super) fn pick(&mut self, now: Millis, limit: usize, busy: &HashSet<Vec<u8>>) -> Picked {
        let (mut ready, later): (Vec<_>, Vec<_>) = self
            .startable(busy)
            .partition(|(_, slot)| slot.not_before <= now);
        let next = later.iter().map(|(_, slot)| slot.not_before).min();
        ready.sort_unstable_by_key(|(place, _)| place.id);
        let mut turns = self.under_way(busy);
        ready.sort_by_cached_key(|(_, slot)| {
            let turn = turns.entry(slot.pull).or_default();
            *turn += 1;
            *turn
        });
        ready.truncate(limit);
        ready.sort_unstable_by_key(|(place, _)| place.id);
        let places: Vec<Place> = ready
            .into_iter()
            .map(|(place, _)| place.to_place())
            .collect();
        Picked {
            effects: places
                .iter()
                .filter_map(|place| self.hand_out(place))
                .collect(),
            next,
        }
    }

    /// How many effects of each pull request are being performed.
    fn under_way(&self, busy: &HashSet<Vec<u8>>) -> HashMap<PullKey, usize> {
        let lanes = busy.iter().filter_map(|lane| self.lanes.get(lane));
        let firsts = lanes.filter_map(|lane| lane.first_key_value());
        firsts.fold(HashMap::new(), |mut counts, (_, slot)| {
            *counts.entry(slot.pull).or_default() += 1;
            counts
        })
    }

    /// The first of every free lane, unless it waits for another lane.
    fn startable<'a>(
        &'a self,
        busy: &'a HashSet<Vec<u8>>,
    ) -> impl Iterator<Item = (PlaceRef<'a>, &'a Slot)> {
        let free = self.lanes.iter().filter(|(lane, _)| !busy.contains(*lane));
        let firsts = free.filter_map(|(lane, queue)| {
            let (&(rank, id), slot) = queue.first_key_value()?;
            Some((PlaceRef { lane, rank, id }, slot))
        });
        firsts.filter(|(place, slot)| !self.waits(place.id, slot))
    }

    fn waits(&self, id: u64, slot: &Slot) -> bool {
        let awaited = slot.after.as_ref().and_then(|lane| self.lanes.get(lane));
        awaited.is_some_and(|lane| lane.keys().any(|(_, other)| *other < id))
    }

    fn hand_out(&mut self, place: &Place) -> Option<(u64, bool)> {
        let slot = self
            .lanes
            .get_mut(&place.lane)?
            .get_mut(&(place.rank, place.id))?;
        let before = slot.maybe_performed;
        slot.maybe_performed = true;
        Some((place.id, before))
    }

    pub(super) fn stats(&self) -> Stats {
        let items = || self.items.values().flat_map(BTreeMap::values);
        let effects = || self.lanes.values().flat_map(BTreeMap::values);
        Stats {
            inbox: items().count() as u64,
            outbox: effects().count() as u64,
            oldest_item: items().min().copied(),
            oldest_effect: effects().map(|slot| slot.queued_at).min(),
        }
    }
}

/// A place whose lane is not copied until it must be.
struct PlaceRef<'a> {
    lane: &'a [u8],
    rank: u8,
    id: u64,
}

impl PlaceRef<'_> {
    fn to_place(&self) -> Place {
        Place {
            lane: self.lane.to_vec(),
            rank: self.rank,
            id: self.id,
        }
    }
}
