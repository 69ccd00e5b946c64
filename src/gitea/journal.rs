//! What was called: the evidence of one evaluation, and the count of all calls by route.

use crate::model::Evidence;
use crate::numbers;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many calls of one evaluation are remembered: the latest ones, which decided.
pub(super) const JOURNAL_LIMIT: usize = 200;

/// The calls of one evaluation, oldest first.
#[derive(Default)]
pub(super) struct Journal(Mutex<VecDeque<Evidence>>);

impl Journal {
    pub(super) fn note(&self, evidence: Evidence) {
        let mut calls = open(&self.0);
        if calls.len() == JOURNAL_LIMIT {
            calls.pop_front();
        }
        calls.push_back(evidence);
    }

    pub(super) fn copy(&self) -> Vec<Evidence> {
        open(&self.0).iter().cloned().collect()
    }
}

/// How often each route was called since the start.
#[derive(Default)]
pub(super) struct Tally(Mutex<BTreeMap<String, u64>>);

impl Tally {
    pub(super) fn count(&self, method: &str, route: &'static str, status: String) {
        *open(&self.0)
            .entry(format!("{method} {route}"))
            .or_default() += 1;
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status),
        ];
        metrics::counter!(numbers::FORGE_CALLS, &labels).increment(1);
    }

    pub(super) fn copy(&self) -> Vec<(String, u64)> {
        open(&self.0)
            .iter()
            .map(|(route, count)| (route.clone(), *count))
            .collect()
    }
}

/// Takes a lock whose data cannot be left half changed.
pub(super) fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
