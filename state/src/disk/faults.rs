//! What a test has the disk refuse.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::StoreError;

/// A disk that refuses: for tests of whoever has to live with that. Clones are
/// switched together. Nothing is refused by default.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<AtomicU8>);

/// What is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Writes: nothing of them is on disk.
    Write,
    /// Flushes: what was written before may or may not be on disk.
    Flush,
    /// Everything, opening too, because there is no room.
    Full,
}

impl Faults {
    /// From now on this is refused.
    pub fn refuse(&self, fault: Fault) {
        let number = match fault {
            Fault::Write => 1,
            Fault::Flush => 2,
            Fault::Full => 3,
        };
        self.0.store(number, Ordering::SeqCst);
    }

    /// From now on nothing is refused.
    pub fn heal(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    pub(super) fn open(&self) -> Result<(), StoreError> {
        self.check(|fault| fault == Fault::Full)
    }

    pub(super) fn write(&self) -> Result<(), StoreError> {
        self.check(|fault| fault != Fault::Flush)
    }

    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.check(|fault| fault != Fault::Write)
    }

    fn check(&self, refused: impl Fn(Fault) -> bool) -> Result<(), StoreError> {
        let (fault, words) = match self.0.load(Ordering::SeqCst) {
            1 => (Fault::Write, "the disk refused to write"),
            2 => (Fault::Flush, "the disk refused to flush"),
            3 => (Fault::Full, "no room is left on the disk"),
            _ => return Ok(()),
        };
        if refused(fault) {
            return Err(StoreError::Failed(words.to_owned()));
        }
        Ok(())
    }
}

/// The same disk.
impl PartialEq for Faults {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Faults {}
