//! The outbox of the reference: one list, searched through for every answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{Due, Effect, EffectId, Millis, NewEffect, PullKey};

/// The queued effects by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    effects: BTreeMap<EffectId, Effect>,
}

impl Outbox {
    pub(super) fn queue(&mut self, id: EffectId, pull: PullKey, new: NewEffect) {
        let replaced = self.take(&new.lane, &new.key);
        let effect = Effect {
            id,
            pull,
            after: new.after.filter(|after| *after != new.lane),
            lane: new.lane,
            key: new.key,
            rank: new.rank,
            payload: new.payload,
            queued_at: new.at,
            attempts: 0,
            not_before: Millis::EPOCH,
            maybe_performed: replaced.is_some_and(|replaced| replaced.maybe_performed),
        };
        self.effects.insert(id, effect);
    }

    pub(super) fn cancel(&mut self, cancelled: &[(Vec<u8>, Vec<u8>)]) {
        for (lane, key) in cancelled {
            self.take(lane, key);
        }
    }

    fn take(&mut self, lane: &[u8], key: &[u8]) -> Option<Effect> {
        let found = self
            .effects
            .values()
            .find(|effect| effect.lane == lane && effect.key == key);
        let id = found?.id;
        self.effects.remove(&id)
    }

    pub(super) fn due(&mut self, now: Millis, limit: usize, busy: &HashSet<Vec<u8>>) -> Due {
        let startable = |effect: &&Effect| {
            !busy.contains(&effect.lane) && self.is_first(effect) && !self.waits(effect)
        };
        let (ready, later): (Vec<&Effect>, Vec<&Effect>) = self
            .effects
            .values()
            .filter(startable)
            .partition(|effect| effect.not_before <= now);
        let next = later.iter().map(|effect| effect.not_before).min();
        let effects = self.fair(ready, limit, busy);
        for Effect { id, .. } in &effects {
            if let Some(effect) = self.effects.get_mut(id) {
                effect.maybe_performed = true;
            }
        }
        Due { effects, next }
    }

    /// One after the other of the pull request that has the fewest under way.
    fn fair(&self, mut ready: Vec<&Effect>, limit: usize, busy: &HashSet<Vec<u8>>) -> Vec<Effect> {
        let mut under_way: HashMap<PullKey, usize> = HashMap::new();
        for effect in self.effects.values() {
            if busy.contains(&effect.lane) && self.is_first(effect) {
                *under_way.entry(effect.pull).or_default() += 1;
            }
        }
        let mut picked: Vec<Effect> = Vec::new();
        while picked.len() < limit && !ready.is_empty() {
            let turn = |effect: &Effect| (under_way.get(&effect.pull).copied(), effect.id);
            let Some(next) = (0..ready.len()).min_by_key(|at| ready.get(*at).map(|it| turn(it)))
            else {
                break;
            };
            let effect = ready.remove(next);
            *under_way.entry(effect.pull).or_default() += 1;
            picked.push(effect.clone());
        }
        picked.sort_by_key(|effect| effect.id);
        picked
    }

    fn is_first(&self, effect: &Effect) -> bool {
        let mut lane = self
            .effects
            .values()
            .filter(|other| other.lane == effect.lane);
        lane.all(|other| (other.rank, other.id) >= (effect.rank, effect.id))
    }

    fn waits(&self, effect: &Effect) -> bool {
        let mut older = self.effects.values().filter(|other| other.id < effect.id);
        older.any(|other| Some(&other.lane) == effect.after.as_ref())
    }

    pub(super) fn finish(&mut self, id: EffectId) {
        self.effects.remove(&id);
    }

    pub(super) fn postpone(&mut self, id: EffectId, until: Millis) {
        if let Some(effect) = self.effects.get_mut(&id) {
            effect.attempts = effect.attempts.saturating_add(1);
            effect.not_before = until;
            effect.maybe_performed = true;
        }
    }

    pub(super) fn suspect_all(&mut self) {
        for effect in self.effects.values_mut() {
            effect.maybe_performed = true;
        }
    }

    pub(super) fn forget_repository(&mut self, repository: u64) {
        self.effects
            .retain(|_, effect| effect.pull.repository != repository);
    }

    pub(super) fn len(&self) -> usize {
        self.effects.len()
    }

    pub(super) fn oldest(&self) -> Option<Millis> {
        self.effects.values().map(|effect| effect.queued_at).min()
    }
}
