//! Cleaning up, a bounded amount at a time so that nobody waits long behind it.

use sled::IVec;

use super::index::Change;
use super::ledger::Ledger;
use super::rows::{EffectRow, IdentityRow, MemoRow, RecordRow, decode};
use super::tables::{Table, Tx, number};
use super::{keys, read};
use crate::{KEPT, Millis, Purged, StoreError};

/// How many rows one call looks at, of each sort when a repository is forgotten.
const AT_ONCE: usize = 2_000;

/// How far the current walk through what may have expired has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    part: Part,
    /// The first key that was not looked at.
    from: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Part {
    #[default]
    Identities,
    Records,
    Memos,
}

impl Part {
    /// `None`: this was the last.
    fn next(self) -> Option<Self> {
        match self {
            Self::Identities => Some(Self::Records),
            Self::Records => Some(Self::Memos),
            Self::Memos => None,
        }
    }
}

impl Ledger {
    pub(super) fn purge(&mut self, now: Millis) -> Result<Purged, StoreError> {
        let (mut removed, mut left) = (0, AT_ONCE);
        loop {
            // Memos go with the last record of their pull request, which the part before may have removed.
            self.land()?;
            let Cursor { part, from } = self.cursor.clone();
            let page = self.page(part, &from, left)?;
            removed += self.remove_expired(part, &page, now)?;
            if page.len() == left {
                let from = page.last().map(|(last, _)| [last, &[0][..]].concat());
                self.cursor = Cursor {
                    part,
                    from: from.unwrap_or_default(),
                };
                return Ok(Purged {
                    removed,
                    more: true,
                });
            }
            left -= page.len();
            self.cursor = Cursor {
                part: part.next().unwrap_or_default(),
                from: Vec::new(),
            };
            if part.next().is_none() {
                return Ok(Purged {
                    removed,
                    more: false,
                });
            }
        }
    }

    fn page(&self, part: Part, from: &[u8], most: usize) -> Result<Vec<(IVec, IVec)>, StoreError> {
        let table = match part {
            Part::Identities => &self.tables.identities,
            Part::Records => &self.tables.records,
            Part::Memos => &self.tables.memos,
        };
        table.scan_from(from).take(most).collect()
    }

    fn remove_expired(
        &mut self,
        part: Part,
        page: &[(IVec, IVec)],
        now: Millis,
    ) -> Result<usize, StoreError> {
        let mut expired = Vec::new();
        for row in page {
            if self.is_expired(part, row, now)? {
                expired.push(&row.0);
            }
        }
        if !expired.is_empty() {
            self.transact(|tx| expired.iter().try_for_each(|key| tx.expire(part, key)))?;
        }
        Ok(expired.len())
    }

    fn is_expired(
        &self,
        part: Part,
        (key, row): &(IVec, IVec),
        now: Millis,
    ) -> Result<bool, StoreError> {
        let old = |since: i64| now >= Millis::new(since).plus(KEPT);
        match part {
            Part::Identities => {
                let row: IdentityRow = decode("identities", row)?;
                Ok(old(row.done))
            }
            Part::Records => {
                let row: RecordRow<'_> = decode("records", row)?;
                Ok(!row.open && old(row.written))
            }
            Part::Memos => {
                let row: MemoRow<'_> = decode("memos", row)?;
                Ok(old(row.written) && !self.belongs_to_known_pull(key)?)
            }
        }
    }

    fn belongs_to_known_pull(&self, memo: &[u8]) -> Result<bool, StoreError> {
        let key = keys::parse_memo(memo).ok_or(StoreError::Damaged("memos"))?;
        let known = key
            .pull_key()
            .map(|pull| self.tables.records.contains_key(keys::pull(pull)));
        known.unwrap_or(Ok(false))
    }

    pub(super) fn forget_repository(&mut self, repository: u64) -> Result<Purged, StoreError> {
        self.land()?;
        let of_repository = |table: &Table| -> Result<Vec<IVec>, StoreError> {
            let rows = table.scan(&repository.to_be_bytes()).take(AT_ONCE);
            rows.map(|row| row.map(|(key, _)| key)).collect()
        };
        let tables = &self.tables;
        let doomed = Doomed {
            items: of_repository(&tables.items)?,
            identities: of_repository(&tables.identities)?,
            records: of_repository(&tables.records)?,
            wakes: of_repository(&tables.wakes)?,
            memos: of_repository(&tables.memos)?,
            effects: self.effects_of(repository)?,
        };
        let changes = self.transact(|tx| tx.remove_all(&doomed))?;
        self.note(changes);
        Ok(doomed.purged())
    }

    fn effects_of(&self, repository: u64) -> Result<Vec<u64>, StoreError> {
        let mut found = Vec::new();
        for row in self.tables.outbox.scan(&[]) {
            let (id, row) = row?;
            let row: EffectRow<'_> = decode("outbox", &row)?;
            if row.repository == repository && found.len() < AT_ONCE {
                found.push(number("outbox", &id)?);
            }
        }
        Ok(found)
    }
}

/// What one call of forgetting a repository removes.
struct Doomed {
    items: Vec<IVec>,
    identities: Vec<IVec>,
    records: Vec<IVec>,
    wakes: Vec<IVec>,
    memos: Vec<IVec>,
    effects: Vec<u64>,
}

impl Doomed {
    fn purged(&self) -> Purged {
        let Self {
            items,
            identities,
            records,
            wakes,
            memos,
            effects,
        } = self;
        let keys = [items, identities, records, wakes, memos].map(Vec::len);
        let removed = keys.iter().sum::<usize>() + effects.len();
        let more = keys.contains(&AT_ONCE) || effects.len() == AT_ONCE;
        Purged { removed, more }
    }
}

impl Tx<'_> {
    fn expire(&self, part: Part, key: &IVec) -> Result<(), StoreError> {
        match part {
            Part::Identities => self.identities.remove(key),
            Part::Records => {
                self.remove_record(read::pull_of("records", key)?)?;
            }
            Part::Memos => {
                self.memos.remove(key);
            }
        }
        Ok(())
    }

    fn remove_all(&self, doomed: &Doomed) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for key in &doomed.items {
            let found = keys::parse_pull(key).ok_or(StoreError::Damaged("items"));
            let (pull, id) = found?;
            let id = number("items", id)?;
            if let Some((identity, _)) = self.take_item(pull, id)? {
                changes.push(Change::Left { pull, id, identity });
            }
        }
        for key in &doomed.records {
            self.remove_record(read::pull_of("records", key)?)?;
        }
        let plain = [
            (&self.identities, &doomed.identities),
            (&self.wakes, &doomed.wakes),
            (&self.memos, &doomed.memos),
        ];
        for (table, keys) in plain {
            for key in keys {
                table.remove(key);
            }
        }
        for id in &doomed.effects {
            changes.extend(self.remove_effect(*id)?.map(Change::Dropped));
        }
        Ok(changes)
    }
}
