//! A look at every row when a store is opened: it builds the index, and it
//! finds damage before the work begins.
//!
//! The library may drop what it cannot read without saying so. Rows of
//! different tables were written together, so a lost one is missed by another.

use super::index::{Change, Index};
use super::rows::{BatchRow, EffectRow, IdentityRow, ItemRow, MemoRow, RecordRow, decode};
use super::tables::{Tables, number};
use super::waiting::Waiting;
use super::{keys, read};
use crate::{Millis, StoreError};

/// What the writing goes on from.
#[derive(Debug)]
pub(super) struct Standing {
    /// The number of the last batch.
    pub(super) landed: u64,
    /// The keys of the identities of all items that wait.
    pub(super) waiting: Waiting,
    /// How many identities of what is done are remembered.
    pub(super) remembered: u64,
    /// How many effects are queued.
    pub(super) effects: usize,
}

/// The index of what waits, and what writing goes on from after this batch.
/// Whatever is queued may have been performed.
/// [`StoreError::Damaged`] if rows are missing or cannot be understood.
pub(super) fn audit(tables: &Tables, last: BatchRow) -> Result<(Index, Standing), StoreError> {
    let mut index = Index::default();
    let waiting = audit_items(tables, last, &mut index)?;
    let remembered = audit_identities(tables)?;
    let effects = audit_outbox(tables, &mut index)?;
    agree("queued", effects, tables.queued.count()?)?;
    let (records, open) = audit_records(tables)?;
    agree("heads", records, tables.heads.count()?)?;
    agree("open", open, tables.open.count()?)?;
    for row in tables.memos.scan(&[]) {
        decode::<MemoRow<'_>>("memos", &row?.1)?;
    }
    tables.wakes.count()?;
    let standing = Standing {
        landed: last.number,
        waiting,
        remembered,
        effects,
    };
    Ok((index, standing))
}

/// As many are remembered as were counted with the last batch: nothing else
/// would miss them. Returns how many.
fn audit_identities(tables: &Tables) -> Result<u64, StoreError> {
    let mut remembered = 0;
    for row in tables.identities.scan(&[]) {
        decode::<IdentityRow>("identities", &row?.1)?;
        remembered += 1;
    }
    let counted = tables.remembered()?.unwrap_or(remembered);
    agree("identities", remembered, counted)?;
    Ok(remembered)
}

/// No identity waits twice, and as many wait as the last batch has counted.
/// Returns them.
fn audit_items(tables: &Tables, last: BatchRow, index: &mut Index) -> Result<Waiting, StoreError> {
    let mut waiting = Waiting::default();
    for row in tables.items.scan(&[]) {
        let (key, row) = row?;
        let (pull, id) = keys::parse_pull(&key).ok_or(StoreError::Damaged("items"))?;
        let id = number("items", id)?;
        let row: ItemRow<'_> = decode("items", &row)?;
        let first = waiting.insert(pull, keys::identity(pull, row.identity));
        agree("items", first, true)?;
        index.publish(Change::Arrived {
            pull,
            id,
            at: Millis::new(row.at),
        });
    }
    agree("items", waiting.len() as u64, last.items)?;
    Ok(waiting)
}

/// Every effect is found by its lane and key. Returns how many there are.
fn audit_outbox(tables: &Tables, index: &mut Index) -> Result<usize, StoreError> {
    let mut effects = 0;
    for row in tables.outbox.scan(&[]) {
        let (key, row) = row?;
        let id = number("outbox", &key)?;
        let row: EffectRow<'_> = decode("outbox", &row)?;
        let found = tables.queued.get(keys::queued(row.lane, row.key))?;
        agree("queued", found.as_deref(), Some(&key[..]))?;
        index.publish(Change::Queued {
            place: row.place(id),
            slot: row.slot(true),
            replaces: None,
        });
        effects += 1;
    }
    Ok(effects)
}

/// Every record is found by its head. Returns how many there are, and how many
/// are open.
fn audit_records(tables: &Tables) -> Result<(usize, usize), StoreError> {
    let (mut records, mut open) = (0, 0);
    for row in tables.records.scan(&[]) {
        let (key, row) = row?;
        let pull = read::pull_of("records", &key)?;
        let row: RecordRow<'_> = decode("records", &row)?;
        let found = tables.heads.contains_key(keys::head(pull, row.head))?;
        agree("heads", found, true)?;
        let listed = tables.open.contains_key(&key)?;
        agree("open", listed, row.open)?;
        records += 1;
        open += usize::from(row.open);
    }
    Ok((records, open))
}

fn agree<T: PartialEq>(what: &'static str, found: T, expected: T) -> Result<(), StoreError> {
    if found == expected {
        Ok(())
    } else {
        Err(StoreError::Damaged(what))
    }
}
