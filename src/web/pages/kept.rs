//! A map that forgets: so many rows, each for so long, and of too many the oldest goes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Rows by their names.
#[derive(Debug)]
pub(super) struct Kept<T> {
    most: usize,
    rows: Mutex<Rows<T>>,
}

#[derive(Debug)]
struct Rows<T> {
    by_name: HashMap<String, (Instant, T)>,
    /// The oldest first; some are gone already.
    order: VecDeque<String>,
}

impl<T: Clone> Kept<T> {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            rows: Mutex::new(Rows {
                by_name: HashMap::new(),
                order: VecDeque::new(),
            }),
        }
    }

    /// Keeps a row until then; the oldest makes room.
    pub(super) fn put(&self, name: String, until: Instant, row: T) {
        let mut rows = self.rows();
        if rows.by_name.remove(&name).is_some() {
            rows.order.retain(|known| *known != name);
        }
        let now = Instant::now();
        while let Some(oldest) = rows.order.front() {
            let over = rows.by_name.get(oldest).is_none_or(|(end, _)| *end <= now);
            if !over && rows.by_name.len() < self.most {
                break;
            }
            if let Some(oldest) = rows.order.pop_front() {
                rows.by_name.remove(&oldest);
            }
        }
        rows.order.push_back(name.clone());
        rows.by_name.insert(name, (until, row));
    }

    /// A row whose time is not over.
    pub(super) fn get(&self, name: &str) -> Option<T> {
        let rows = self.rows();
        let (until, row) = rows.by_name.get(name)?;
        (*until > Instant::now()).then(|| row.clone())
    }

    /// Takes a row out, so that nobody else has it.
    pub(super) fn take(&self, name: &str) -> Option<T> {
        let mut rows = self.rows();
        let (until, row) = rows.by_name.remove(name)?;
        rows.order.retain(|known| known != name);
        (until > Instant::now()).then_some(row)
    }

    /// Of the rows that are alike, only so many of the newest stay.
    pub(super) fn thin(&self, most: usize, alike: impl Fn(&T) -> bool) {
        let mut rows = self.rows();
        let Rows { by_name, order } = &mut *rows;
        let is_alike = |name: &&String| by_name.get(*name).is_some_and(|(_, row)| alike(row));
        let found: Vec<String> = order.iter().filter(is_alike).cloned().collect();
        let many = found.len().saturating_sub(most);
        for name in found.iter().take(many) {
            by_name.remove(name);
        }
        order.retain(|name| by_name.contains_key(name));
    }

    fn rows(&self) -> MutexGuard<'_, Rows<T>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let kept = Kept::new(2);
        for name in ["a", "b", "c"] {
            kept.put(name.to_owned(), later(), name);
        }
        assert_eq!(
            ["a", "b", "c"].map(|name| kept.get(name)),
            [None, Some("b"), Some("c")]
        );
    }

    #[test]
    fn what_is_taken_or_over_is_gone() {
        let kept = Kept::new(2);
        kept.put("a".to_owned(), later(), 1);
        kept.put("b".to_owned(), Instant::now(), 2);
        assert_eq!((kept.take("a"), kept.take("a")), (Some(1), None));
        assert_eq!((kept.get("b"), kept.take("b")), (None, None));
    }

    #[test]
    fn only_the_newest_of_those_alike_stay() {
        let kept = Kept::new(9);
        for (name, row) in [("a", 1), ("b", 2), ("c", 1), ("d", 1)] {
            kept.put(name.to_owned(), later(), row);
        }
        kept.thin(2, |row| *row == 1);
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| kept.get(name)),
            [None, Some(2), Some(1), Some(1)]
        );
    }
}
